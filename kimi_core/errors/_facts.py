"""What an error answer says, whichever server wrote it: body and headers -> facts.

Owns: every shape that servers have for an error body. May know: the standard library. Which class
an error becomes is decided in `kimi_core.errors`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

__all__ = [
    "CONTEXT_WORDS",
    "FILTER_WORDS",
    "OVERLOAD_WORDS",
    "QUOTA_WORDS",
    "ErrorFacts",
    "read_error",
    "redacted",
    "request_id_of",
    "sentence",
]

# A gateway's HTML page is no sentence (Moonshot's 504 is one); its beginning is enough to tell.
_LONGEST_MESSAGE = 400

# The status that Moonshot documents for each of its types, for errors inside a 200.
_STATUS_OF_TYPE = {
    "content_filter": 400,
    "invalid_request_error": 400,
    "invalid_authentication_error": 401,
    "incorrect_api_key_error": 401,
    "permission_denied_error": 403,
    "resource_not_found_error": 404,
    "engine_overloaded_error": 429,
    "exceeded_current_quota_error": 429,
    "rate_limit_reached_error": 429,
    "server_unavailable": 503,
}

# As in: request reached organization max RPM: 20, please try again after 1 seconds.
_LIMIT = re.compile(r"\b(concurrency|RPM|TPM|TPD)\b")
_WAIT = re.compile(r"try again after ([0-9]+(?:\.[0-9]+)?) second")


# Wordings of several servers; each was seen in a recording or is quoted in an issue.
CONTEXT_WORDS = (
    "token length too long",
    "exceeded model token limit",
    "maximum context length",
    "context length exceeded",
    "exceeds the available context size",
    "max_model_len",
    "context_length_exceeded",
)
QUOTA_WORDS = ("insufficient balance", "current quota", "exceeded_current_quota")
OVERLOAD_WORDS = ("overloaded", "server_unavailable")
FILTER_WORDS = ("content_filter", "high risk")

# A server that refuses a key repeats it ("Incorrect API key provided: sk-..."). Keys of Moonshot,
# Kimi Code and OpenRouter all begin alike.
_KEY = re.compile(r"\bsk-[A-Za-z0-9_-]{6,}")
_SHORTEST_KEY = 6
_HIDDEN = "[key hidden]"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorFacts:
    """What is known of a refusal.

    Attributes:
        status: The HTTP status; for an error inside a 200 the one that it stands for.
        message: The server's own sentence, and the one of the provider behind it.
        type: The server's own type of error; empty where it has none.
        request_id: The server's id of the request, or None.
        retry_after: Seconds to wait, where the server said so.
        limit: Which limit was reached: "concurrency", "RPM", "TPM" or "TPD", or None.
        body: The error as it was parsed.
    """

    status: int
    message: str
    type: str
    request_id: str | None
    retry_after: float | None
    limit: str | None
    body: object | None


def read_error(
    body: object,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    fallback: str = "",
) -> ErrorFacts:
    """Read an error.

    Args:
        body: The parsed JSON: the error, or an object with an ``error`` key; or text that is none.
        status: The HTTP status; None for an error inside a 200.
        headers: The response headers, with names in lower case or any case-blind mapping.
        fallback: The sentence where the body has none.
    """
    inner = _error_object(body)
    upstream = _upstream(inner)
    message = _shortened(str(inner.get("message") or inner.get("detail") or fallback or body))
    if upstream.get("message"):
        message = f"{message}: {_shortened(str(upstream['message']))}"
    kind = _type_of(upstream) or _type_of(inner)
    limit = _LIMIT.search(message)
    return ErrorFacts(
        status=status or _status_inside(inner, kind),
        message=message,
        type=kind,
        request_id=request_id_of(headers or {}),
        retry_after=_retry_after(headers or {}, message),
        limit=limit[1] if limit else None,
        body=body,
    )


def request_id_of(headers: Mapping[str, str]) -> str | None:
    """Return the id under which the server's support finds a request (Moonshot: x-trace-id)."""
    return headers.get("x-request-id") or headers.get("x-trace-id")


def redacted(value: Any, api_key: str | None = None) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value whose texts show no key.

    Args:
        value: Text, or lists, tuples and mappings that hold some; other values are kept.
        api_key: The key itself, where it is known; anything that looks like one is hidden anyway.
    """
    if isinstance(value, str):
        if api_key and len(api_key) >= _SHORTEST_KEY:
            value = value.replace(api_key, _HIDDEN)
        return _KEY.sub(_HIDDEN, value)
    if isinstance(value, Mapping):
        fields = cast("Mapping[object, Any]", value)
        return {name: redacted(inner, api_key) for name, inner in fields.items()}
    if isinstance(value, (list, tuple)):
        items = cast("list[Any]", value)
        return type(items)(redacted(item, api_key) for item in items)
    return value


def _error_object(body: object) -> Mapping[str, Any]:
    inner = _mapping(body).get("error", body)
    return _mapping(inner) or {"message": inner}


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _upstream(inner: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the error of the provider that OpenRouter asked: JSON text below ``metadata.raw``."""
    raw = _mapping(inner.get("metadata")).get("raw")
    try:
        return _error_object(json.loads(raw)) if isinstance(raw, str) else {}
    except ValueError:
        return {"message": raw}


def _type_of(inner: Mapping[str, Any]) -> str:
    # A relay written in Go prints its missing type as "<nil>" (errors-quoted-from-issues).
    kind = inner.get("type")
    return kind if isinstance(kind, str) and kind != "<nil>" else ""


def _status_inside(inner: Mapping[str, Any], kind: str) -> int:
    code = str(inner.get("code"))
    if re.fullmatch("[45][0-9][0-9]", code):
        return int(code)
    return _STATUS_OF_TYPE.get(kind, 500)


def _retry_after(headers: Mapping[str, str], message: str) -> float | None:
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    seconds = _number(headers.get("retry-after"))
    waits = _WAIT.search(message)
    return _number(waits[1]) if seconds is None and waits else seconds


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:  # a date
        return None


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}..."


def sentence(facts: ErrorFacts, endpoint: str, model: str, way_out: str) -> str:
    """Say who refused what and why, and the way out."""
    asked = f" for model {model!r}" if model else ""
    parts = [f"{endpoint} refused the request{asked} with status {facts.status}"]
    if facts.type:
        parts.append(f" ({facts.type})")
    parts.append(f": {facts.message}")
    if facts.request_id:
        parts.append(f" [request id {facts.request_id}]")
    if way_out:
        parts.append(f" {way_out}")
    return "".join(parts)
