"""``kimi-k2 models`` and ``kimi-k2 endpoints``: what is known.

Owns: which facts people see. May know: its own files, endpoints, models; rich.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
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
        as_json: Every fact as JSON, in place of the common ones.
    """
    if as_json:
        print_json([plain(row) for row in ENDPOINTS.values()])
        return
    # No table: at 80 columns addresses and variables were broken, and could not be copied.
    screen, width = console(), max(map(len, ENDPOINTS))
    for row in ENDPOINTS.values():
        screen.print(Text(f"{row.name:{width}} {row.base_url or '-'}", style="bold"))
        screen.print(Padding(Text(_told(row)), (0, 0, 0, width + 1)))


def _told(row: Endpoint) -> str:
    keys = " or ".join(row.api_key_names)
    wanted = f"Key from {keys}{'' if row.needs_key else ', if it has one'}." if keys else ""
    return f"{wanted} {row.notes}".strip()
