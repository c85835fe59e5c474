"""What the simulator says of models and money.

Owns: two answers that never change. Simulated. May know: models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core.models import MODELS

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BALANCE", "model_list"]

_CREATED = 1_787_762_060


def model_list(served: Iterable[str]) -> dict[str, Any]:
    """Return the body of the models route for the ids that are served."""
    rows = [
        {
            "id": name,
            "object": "model",
            "created": _CREATED,
            "owned_by": "moonshot",
            "context_length": MODELS[name].context_window,
            "supports_image_in": "image" in MODELS[name].inputs,
            "supports_video_in": "video" in MODELS[name].inputs,
            "supports_reasoning": MODELS[name].thinking != "none",
        }
        for name in served
    ]
    return {"object": "list", "data": rows}


BALANCE: dict[str, Any] = {
    "code": 0,
    "data": {"available_balance": 49.58, "voucher_balance": 46.58, "cash_balance": 3.0},
    "scode": "0x0",
    "status": True,
}
