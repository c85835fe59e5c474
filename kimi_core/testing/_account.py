"""What the simulator says of models and money.

Owns: two answers that never change. Simulated. May know: `kimi_core.models`.
"""

from __future__ import annotations

from typing import Any

from kimi_core.models import MODELS
from kimi_core.testing._request import SERVED_MODELS

__all__ = ["BALANCE", "model_list"]

_CREATED = 1_787_762_060


def model_list() -> dict[str, Any]:
    """Return the body of the models route."""
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
        for name in SERVED_MODELS
    ]
    return {"object": "list", "data": rows}


BALANCE: dict[str, Any] = {
    "code": 0,
    "data": {"available_balance": 49.58, "voucher_balance": 46.58, "cash_balance": 3.0},
    "scode": "0x0",
    "status": True,
}
