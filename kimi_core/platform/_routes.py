"""The requests of the utilities, and what their answers mean. Sans I/O.

Owns: routes, request fields and answer shapes of Moonshot's models, balance, token estimate
and batches (platform.kimi.ai/docs/api, 2026-09). May know: _json, transport. Sending is elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from kimi_core._json import Message
from kimi_core.transport.answers import field_of, json_object, list_of, path_of
from kimi_core.transport.call import Call

__all__ = [
    "Balance",
    "Batch",
    "RemoteModel",
    "balance",
    "batch",
    "batches",
    "cancel_batch",
    "create_batch",
    "estimate_tokens",
    "json_lines",
    "models",
]

_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteModel:
    """A model as the server lists it.

    Attributes:
        id: Its id.
        context_length: Tokens, or None where the server does not say.
        reads_images: Whether it takes pictures.
        reads_videos: Whether it takes videos.
        reasons: Whether it can think.
    """

    id: str
    context_length: int | None
    reads_images: bool
    reads_videos: bool
    reasons: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What an account holds: USD at api.moonshot.ai, CNY at api.moonshot.cn.

    Attributes:
        available: Vouchers and cash together; requests are refused at 0 and below.
        voucher: Vouchers; kimi-k3 cannot be paid with them.
        cash: Cash; negative where the account owes.
    """

    available: float
    voucher: float
    cash: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch as the server reports it.

    Attributes:
        id: Its id.
        input_file_id: The file of its requests, or None where the server does not say.
        status: "validating", "failed", "in_progress", "finalizing", "completed", "expired",
            "cancelling" or "cancelled".
        total: Requests in it; 0 until it was validated.
        completed: Requests answered.
        failed: Requests that failed.
        output_file_id: The file of answers, once there is one.
        error_file_id: The file of failures, once there is one.
        errors: What the server found wrong with the batch itself, one sentence each.
    """

    id: str
    input_file_id: str | None
    status: str
    total: int
    completed: int
    failed: int
    output_file_id: str | None
    error_file_id: str | None
    errors: tuple[str, ...]

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in _ENDED


def models() -> Call[tuple[RemoteModel, ...]]:
    """List the models that the key may use."""
    return Call(method="get", path="/models", read=list_of(_model))


def balance() -> Call[Balance]:
    """Ask for the balance."""
    return Call(method="get", path="/users/me/balance", read=lambda text: _balance(_data(text)))


def estimate_tokens(model: str, messages: Sequence[Message]) -> Call[int]:
    """Ask how many tokens messages are; the route knows no tools."""
    body = {"model": model, "messages": list(messages)}
    return Call(
        method="post",
        path="/tokenizers/estimate-token-count",
        read=lambda text: int(field_of(_data(text), "total_tokens")),
        body=body,
        naming=body,
    )


def create_batch(
    input_file_id: str, *, window: str, metadata: Mapping[str, str] | None
) -> Call[Batch]:
    """Start a batch whose requests were uploaded."""
    body: dict[str, Any] = {
        "input_file_id": input_file_id,
        "endpoint": "/v1/chat/completions",
        "completion_window": window,
    }
    if metadata:
        body["metadata"] = dict(metadata)
    # The SDK asks again where the answer was lost, and the batch would be there, and paid, twice.
    once = {"max_retries": 0}
    return Call(method="post", path="/batches", read=_read_batch, body=body, options=once)


def batch(batch_id: str) -> Call[Batch]:
    """Ask how a batch is doing."""
    return Call(method="get", path=path_of("batches", batch_id), read=_read_batch)


def batches(*, after: str | None, limit: int) -> Call[tuple[Batch, ...]]:
    """List batches, newest first, those behind the id `after`."""
    query: dict[str, object] = {"limit": limit}
    if after is not None:
        query["after"] = after
    return Call(method="get", path="/batches", read=list_of(_batch), query=query)


def cancel_batch(batch_id: str) -> Call[Batch]:
    """Ask for a batch to be stopped."""
    return Call(method="post", path=f"{path_of('batches', batch_id)}/cancel", read=_read_batch)


def json_lines(text: str) -> list[dict[str, Any]]:
    """Read a file of one JSON object a line.

    Raises:
        KimiProtocolError: Where a line is none.
    """
    # Not splitlines: JSON may hold U+2028 and the like inside of a text, and they end a line there.
    return [json_object(line) for line in text.split("\n") if line.strip()]


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _data(text: str) -> Mapping[str, Any]:
    return _mapping(field_of(json_object(text), "data"))


def _model(fields: Mapping[str, Any]) -> RemoteModel:
    return RemoteModel(
        id=str(field_of(fields, "id")),
        context_length=fields.get("context_length"),
        reads_images=bool(fields.get("supports_image_in")),
        reads_videos=bool(fields.get("supports_video_in")),
        reasons=bool(fields.get("supports_reasoning")),
    )


def _balance(fields: Mapping[str, Any]) -> Balance:
    return Balance(
        available=float(field_of(fields, "available_balance")),
        voucher=float(fields.get("voucher_balance") or 0),
        cash=float(fields.get("cash_balance") or 0),
    )


def _read_batch(text: str) -> Batch:
    return _batch(json_object(text))


def _batch(fields: Mapping[str, Any]) -> Batch:
    counts = _mapping(fields.get("request_counts"))
    problems = cast("Sequence[object]", _mapping(fields.get("errors")).get("data") or ())
    return Batch(
        id=str(field_of(fields, "id")),
        input_file_id=fields.get("input_file_id") or None,
        status=str(field_of(fields, "status")),
        total=int(counts.get("total") or 0),
        completed=int(counts.get("completed") or 0),
        failed=int(counts.get("failed") or 0),
        output_file_id=fields.get("output_file_id") or None,
        error_file_id=fields.get("error_file_id") or None,
        errors=tuple(str(_mapping(problem).get("message") or problem) for problem in problems),
    )
