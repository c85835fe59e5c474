"""``kimi-k2 models`` and ``kimi-k2 endpoints``: what is known, as tables.

Owns: which columns people see. May know: its own files, endpoints, models; rich.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from kimi_core.cli._output import console, plain, print_json, table
from kimi_core.endpoints import ENDPOINTS
from kimi_core.models import MODELS

if TYPE_CHECKING:
    from kimi_core.endpoints import Endpoint
    from kimi_core.models import ModelInfo

__all__ = ["show_endpoints", "show_models"]


def show_models(*, as_json: bool) -> None:
    """Print all models.

    Args:
        as_json: Every fact as JSON, in place of a table of the common ones.
    """
    if as_json:
        print_json([plain(info) for info in MODELS.values()])
        return
    made = table("model", "context", "thinking", "forced tool", "retired")
    for info in MODELS.values():
        made.add_row(*map(Text, _model(info)))
    console().print(made)


def _model(info: ModelInfo) -> tuple[str, ...]:
    return (
        info.name,
        f"{info.context_window:,}",
        info.thinking,
        ", ".join(info.forced_tool_choice) or "not while thinking",
        info.retired or "",
    )


def show_endpoints(*, as_json: bool) -> None:
    """Print all endpoints.

    Args:
        as_json: Every fact as JSON, in place of a table of the common ones.
    """
    if as_json:
        print_json([plain(row) for row in ENDPOINTS.values()])
        return
    made = table("endpoint", "base URL", "key from")
    for row in ENDPOINTS.values():
        made.add_row(*map(Text, _endpoint(row)))
    console().print(made)


def _endpoint(row: Endpoint) -> tuple[str, ...]:
    keys = " or ".join(row.api_key_names)
    return (
        row.name,
        f"{row.base_url or '-'}\n{row.notes}".strip(),
        keys if row.needs_key or not keys else f"{keys}, if it has one",
    )
