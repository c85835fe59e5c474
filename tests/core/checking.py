"""Short ways to check a server, shared by the tests of `kimi_core.check`.

Owns: `check_server`. May know: kimi_core, the simulated engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core.chat import Settings
from kimi_core.check import run_check
from tests.core.simulated_engine import MODEL, Setup, SimulatedEngine, serving

if TYPE_CHECKING:
    from kimi_core.check import Report

__all__ = ["ask", "check_engine", "statuses"]


def ask(base_url: str, **settings: Any) -> Report:
    """Check a server; a vLLM with K2.6 unless the test says otherwise."""
    defaults = {"endpoint": "vllm", "base_url": base_url, "model": MODEL, "max_retries": 0}
    return run_check(Settings(**{**defaults, **settings}))


def check_engine(settings: dict[str, Any] | None = None, **setup: Any) -> Report:
    """Check a simulated engine that is set up as said."""
    with serving(SimulatedEngine(Setup(**{"lists": {"max_model_len": 262_144}, **setup}))) as at:
        return ask(at.base_url, **(settings or {}))


def statuses(report: Report, status: str) -> set[str]:
    """Return the probes with a status."""
    return {finding.probe for finding in report.findings if finding.status == status}
