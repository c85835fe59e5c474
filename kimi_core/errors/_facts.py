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
    "ErrorFacts",
    "error_in",
    "read_error",
    "redacted",
    "request_id_of",
    "sentence",
]

# A gateway's HTML page is no sentence (Moonshot's 504 is one); its beginning is enough to tell.
_LONGEST_MESSAGE = 400

# The status that a type stands for, for errors inside a 200; Moonshot's by its documents.
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
    # The classes of the openai SDK and of Python servers that speak like it.
    "BadRequestError": 400,
    "AuthenticationError": 401,
    "PermissionDeniedError": 403,
    "NotFoundError": 404,
    "RateLimitError": 429,
    # The types of Anthropic's route.
    "authentication_error": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "overloaded_error": 529,
}

# As in: request reached organization max RPM: 20, please try again after 1 seconds.
_LIMIT = re.compile(r"\b(concurrency|RPM|TPM|TPD)\b")
_WAIT = re.compile(r"try again after ([0-9]+(?:\.[0-9]+)?) second")

# A server that refuses a key repeats it ("Incorrect API key provided: sk-..."). Keys of Moonshot,
# Kimi Code and OpenRouter all begin alike.
_KEY = re.compile(r"\bsk-[A-Za-z0-9_-]{6,}")
# Of an address that holds a password: a redirection may lead to one.
_CREDENTIALS = re.compile(r"(?<=://)[^\s/@'\"]*:[^\s/@'\"]*(?=@)")
_SHORTEST_KEY = 6
_HIDDEN = "[key hidden]"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorFacts:
    """What is known of a refusal.

    Attributes:
        status: The HTTP status; for an error inside a 200 the one that it stands for.
        message: The server's own sentence, and the one of the provider behind it.
        type: The server's own type of error; empty where it has none.
        code: The server's own code of it, where that is a word; otherwise empty.
        request_id: The server's id of the request, or None.
        retry_after: Seconds to wait, where the server said so.
        limit: Which limit was reached: "concurrency", "RPM", "TPM" or "TPD", or None.
        body: The error as it was parsed.
    """

    status: int
    message: str
    type: str
    code: str
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
    message = _message_of(inner) or _shortened(fallback or str(body))
    if beneath := _message_of(upstream):
        message = f"{message}: {beneath}"
    kind = _type_of(upstream) or _type_of(inner)
    limit = _LIMIT.search(message)
    return ErrorFacts(
        status=status or _status_inside(inner, kind),
        message=message,
        type=kind,
        code=_code_of(inner),
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
        return _CREDENTIALS.sub(_HIDDEN, _KEY.sub(_HIDDEN, value))
    if isinstance(value, Mapping):
        fields = cast("Mapping[object, Any]", value)
        return {name: redacted(inner, api_key) for name, inner in fields.items()}
    if isinstance(value, (list, tuple)):
        items = [redacted(item, api_key) for item in cast("list[Any]", value)]
        kind: Any = cast("Any", value)
        made = kind._make if hasattr(kind, "_make") else kind.__class__  # of a named tuple
        return made(items)
    return value


def error_in(chunk: Mapping[str, Any]) -> object | None:
    """Return the error that an answer holds in place of (or beside) what was asked for, or None.

    Servers report one under many names: ``error`` at the top, in a choice or in its delta,
    ``error_type`` and ``error_message`` (DeepInfra), a flat object (SGLang's ``"object":
    "error"``), ``errors`` (Cloudflare), ``detail`` (FastAPI), a finish reason "error" (OpenRouter).

    Args:
        chunk: A whole body, or the data of one event.
    """
    if chunk.get("error"):
        return chunk
    choices = _choices(chunk)
    if choices:
        return next(filter(None, map(_error_in_choice, choices)), None)
    flat = chunk.get("object") == "error" or chunk.get("type") == "error"
    named = any(chunk.get(name) for name in _NAMES_OF_ERRORS)
    # The first event of Anthropic's route has a message too: an object.
    told = isinstance(chunk.get("message"), str) or isinstance(chunk.get("detail"), (str, list))
    refused = told and "choices" not in chunk
    return chunk if flat or named or refused else None


_NAMES_OF_ERRORS = ("error_type", "error_message", "errors")


def _choices(chunk: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    choices = chunk.get("choices")
    found = cast("list[object]", choices) if isinstance(choices, list) else []
    return list(filter(None, map(_mapping, found)))


def _error_in_choice(choice: Mapping[str, Any]) -> object | None:
    said = _mapping(choice.get("delta")) or _mapping(choice.get("message"))
    found: object = choice.get("error") or said.get("error")
    if choice.get("finish_reason") == "error":
        return found or {"message": "finish_reason is 'error'"}
    return found or None


def _error_object(body: object) -> Mapping[str, Any]:
    inner = _mapping(body).get("error") or body
    return _mapping(inner) or {"message": inner}


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


# Where servers put their sentences; a validation error says in its details which field is meant.
_SENTENCES = ("message", "error_message", "msg")
_DETAILS = ("detail", "details", "errors")


def _message_of(inner: Mapping[str, Any]) -> str:
    """Return all that the server says, the sentence first, then the details that add to it."""
    said = next((str(inner[name]) for name in _SENTENCES if inner.get(name)), "")
    parts = [said] if said else []
    for name in _DETAILS:
        parts += [text for text in _details(inner.get(name)) if text and text not in said]
    return _shortened(": ".join(parts))


def _details(found: object) -> list[str]:
    """Return one text for each detail: a text, an object with a sentence, or a list of these."""
    if isinstance(found, (list, tuple)):
        return [text for item in cast("list[object]", found) for text in _details(item)]
    if isinstance(found, Mapping):
        fields = cast("Mapping[str, Any]", found)
        place = fields.get("loc")
        where = ".".join(map(str, cast("list[object]", place))) if isinstance(place, list) else ""
        said = _message_of(fields)
        return [f"{where}: {said}" if where and said else said or str(dict(fields))]
    return [found] if isinstance(found, str) else []


def _upstream(inner: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the error of the provider that OpenRouter asked: JSON text below ``metadata.raw``."""
    raw = _mapping(inner.get("metadata")).get("raw")
    try:
        return _error_object(json.loads(raw)) if isinstance(raw, str) else {}
    except (ValueError, RecursionError):
        return {"message": raw}


def _type_of(inner: Mapping[str, Any]) -> str:
    # A relay written in Go prints its missing type as "<nil>" (errors-quoted-from-issues).
    kind = inner.get("type") or inner.get("error_type")
    return kind if isinstance(kind, str) and kind not in {"<nil>", "error"} else ""


def _code_of(inner: Mapping[str, Any]) -> str:
    code = inner.get("code")
    return code if isinstance(code, str) else ""


def _status_inside(inner: Mapping[str, Any], kind: str) -> int:
    for name in ("code", "status", "status_code"):
        code = str(inner.get(name))
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
