"""A row for each model and each endpoint that no row names, read from its own row of facts.

Owns: what a plain model at Moonshot, and a plain endpoint, make of a token limit. A rule beyond
that, a route, a switch, a field, wants a row that is written by hand. May know: kimi_core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kimi_core.endpoints import ENDPOINTS
from kimi_core.models import MODELS
from tests.payloads.row import Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kimi_core.endpoints import Endpoint

__all__ = ["rows"]

_LIMIT = 9


def rows(by_hand: Iterable[Row]) -> dict[str, Row]:
    """Return the rows that are missing beside those that were written by hand."""
    written = list(by_hand)
    models = MODELS.keys() - {row.model for row in written}
    endpoints = ENDPOINTS.keys() - {row.endpoint for row in written}
    return {
        f"max_tokens of {name}": row
        for name, row in (
            *((name, _of_model(name)) for name in sorted(models) if _is_served(name)),
            *((name, _at(ENDPOINTS[name])) for name in sorted(endpoints)),
        )
        if row is not None
    }


def _is_served(model: str) -> bool:
    return MODELS[model].prompt_style is not None and MODELS[model].retired is None


def _of_model(name: str) -> Row:
    return Row(
        model=name,
        options={"max_tokens": _LIMIT},
        sent={"model": name, "max_completion_tokens": _LIMIT},
    )


def _at(endpoint: Endpoint) -> Row | None:
    """Return the row of an endpoint; None where a prompt is rendered for it."""
    if endpoint.api == "completions":
        return None
    model = endpoint.default_model or endpoint.base_model
    return Row(
        endpoint=endpoint.name,
        model=model,
        options={"max_tokens": _LIMIT},
        sent={
            "model": endpoint.spellings.get(model, model),
            endpoint.max_tokens_field: _LIMIT,
            **endpoint.chat_fields,
        },
    )
