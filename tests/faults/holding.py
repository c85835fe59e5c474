"""One row, one way to ask: whether the law holds.

Owns: `hold`, which every test of a row runs, and the settings of the models that are asked. May
know: kimi_core and tests.faults, no framework.
"""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import openai
import pytest
from openai._base_client import BaseClient

from kimi_core.errors import KimiError
from kimi_core.events import ParsedMessage
from tests.faults.row import ANSWER, Fault
from tests.faults.table import FAULTS
from tests.faults.wire import FaultServer, Wire
from tests.patience import patiently

__all__ = ["FINE", "Ask", "Told", "every", "hold", "settings_of", "waits_of"]

FINE: Wire = FAULTS["Events: a byte order mark"].says
NOBODY = "http://127.0.0.1:9/v1"  # the discard port
_SDK = int(openai.__version__.partition(".")[0])


@dataclass
class Told:
    """What a way of asking told its user."""

    content: str = ""
    reasoning: str = ""
    calls: dict[Any, str] = field(default_factory=dict)
    streamed: bool = False

    @property
    def arguments(self) -> str:
        """The arguments of all calls."""
        return "".join(self.calls.values())


Ask = Callable[[dict[str, Any], str, Told], None]
"""Asks a model with these settings this question, and notes down what it tells."""


every = pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))


def settings_of(fault: Fault, server: FaultServer) -> dict[str, Any]:
    """Return the settings of a model that runs into a fault."""
    return {
        "endpoint": "vllm",
        "model": "moonshotai/Kimi-K2-Thinking",
        "api_key": "sk-made-up-and-secret",
        "base_url": NOBODY if fault.refuses else server.base_url,
        "default_headers": {"x-secret": "made-up-header"},
        "max_retries": 1,
        **dict(fault.settings),
    }


def waits_of(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let no retry wait; return the list of how long each would have."""
    waits: list[float] = []
    theirs = BaseClient._calculate_retry_timeout

    def noted(self: Any, *args: Any, **kwargs: Any) -> float:
        waits.append(theirs(self, *args, **kwargs))
        return 0.0

    monkeypatch.setattr(BaseClient, "_calculate_retry_timeout", noted)
    return waits


def hold(
    fault: Fault, ways: dict[str, Ask], server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """See that a fault ends as its row says, whichever way is asked.

    Raises:
        AssertionError: Where it does not.
    """
    if fault.sdk > _SDK:
        pytest.skip(f"of openai {fault.sdk} and later")
    waits = waits_of(monkeypatch)
    if all(seconds >= 1 for _, seconds in fault.settings):
        for way, ask in ways.items():
            _hold(fault, way, ask, server, waits)
        return

    def at_once(limit: float) -> None:
        # What waits for a limit does so all ways at once, or it would take most of the time.
        given = replace(fault, settings=tuple((name, limit) for name, _ in fault.settings))
        with ThreadPoolExecutor(len(ways)) as threads:
            for held in [threads.submit(_hold_alone, given, *way, waits) for way in ways.items()]:
                held.result()

    patiently(at_once, min(seconds for _, seconds in fault.settings))


def _hold_alone(fault: Fault, way: str, ask: Ask, waits: list[float]) -> None:
    with FaultServer() as server:
        _hold(fault, way, ask, server, waits)


def _hold(fault: Fault, way: str, ask: Ask, server: FaultServer, waits: list[float]) -> None:
    waits.clear()
    server.will(fault.says, unread=fault.unread)
    told, error, warned = _ended(fault, ask, server)
    _compare(fault, way, told, error)
    assert warned == ([fault.warns] if fault.warns else []), way
    assert (len(server.asked), server.elsewhere) == (fault.requests, 0), way
    if fault.waits is not None:
        assert tuple(waits) == fault.waits, way
    if fault.requests > 1:  # a fault that passes is no fault
        server.will(fault.says, FINE, unread=fault.unread)
        told, error, _ = _ended(fault, ask, server)
        assert (error, told.content, len(server.asked)) == (None, "Hello", 2), way


def _ended(fault: Fault, ask: Ask, server: FaultServer) -> tuple[Told, KimiError | None, list[str]]:
    told = Told()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            ask(settings_of(fault, server), "x" * fault.asks, told)
        except KimiError as error:
            return told, error, [one.category.__name__ for one in caught]
    return told, None, [one.category.__name__ for one in caught]


def _compare(fault: Fault, way: str, told: Told, error: KimiError | None) -> None:
    assert (ANSWER if error is None else type(error).__name__) == fault.gets, way
    wanted = (fault.content, fault.reasoning, fault.arguments)
    if error is None or told.streamed:
        assert (told.content, told.reasoning, told.arguments) == wanted, way
    if error is not None:
        partial = getattr(error, "partial", None) or ParsedMessage()
        arguments = "".join(call.arguments for call in partial.tool_calls)
        assert (partial.content, partial.reasoning or "", arguments) == wanted, way
        assert type(pickle.loads(pickle.dumps(error))) is type(error)  # noqa: S301 - our own
        assert "sk-made-up" not in f"{error!r}"
