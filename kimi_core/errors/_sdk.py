"""Errors of the SDK and error bodies of servers -> ours.

Owns: which status and which words make which error, and its way out. May know: its own files;
openai. The openai SDK is imported on first use, so that importing this costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kimi_core.errors._aiohttp import hide_request, is_of_aiohttp, is_timeout
from kimi_core.errors._facts import ErrorFacts, read_error, redacted, sentence
from kimi_core.errors._hiding import hide_key
from kimi_core.errors._tree import (
    KimiAPIError,
    KimiAuthenticationError,
    KimiBadRequestError,
    KimiConnectionError,
    KimiContentFilterError,
    KimiContextOverflowError,
    KimiModelNotFoundError,
    KimiNotFoundError,
    KimiOverloadedError,
    KimiQuotaError,
    KimiRateLimitError,
    KimiServerError,
    KimiStatusError,
    KimiStreamTruncatedError,
    KimiTimeoutError,
    both,
)
from kimi_core.errors._words import Meaning, meaning_of

__all__ = [
    "error_from_body",
    "is_final",
    "map_error",
    "timeout_error",
    "wait_asked",
]

_WAY_OUT: dict[type[KimiStatusError], str] = {
    KimiAuthenticationError: "Check that the key belongs to this endpoint.",
    KimiModelNotFoundError: (
        "Name a model that this endpoint serves, and check that base_url ends in the API's "
        "version, usually /v1."
    ),
    KimiNotFoundError: "Check the id, and that the endpoint has this route.",
    KimiQuotaError: "Recharge the account; a retry cannot succeed.",
    KimiOverloadedError: "Try again later.",
    KimiRateLimitError: "Wait, or lower the request rate.",
    KimiContextOverflowError: "Shorten the messages or lower max_tokens.",
    KimiContentFilterError: "Change the content; a retry of the same text is refused again.",
    KimiServerError: "Try again; an answer that takes minutes is best streamed.",
}

# At Moonshot's own API.
_WAY_OUT_OF_MOONSHOT: dict[type[KimiStatusError], str] = {
    KimiAuthenticationError: (
        "Check that the key belongs to this endpoint: keys of api.moonshot.ai and api.moonshot.cn "
        "are not interchangeable."
    ),
    KimiModelNotFoundError: (
        "Name a model that this endpoint serves (the first-party kimi-k2-* ids are retired), and "
        "check that base_url ends in the API's version, usually /v1."
    ),
}

# Attributes that the SDK's classes promise, besides ``message``.
_OF_THE_SDK: tuple[str, ...] = ("request", "body", "code", "param", "type")

_Kind = type[KimiStatusError]

_BY_MEANING: dict[Meaning, _Kind] = {
    "quota": KimiQuotaError,
    "overloaded": KimiOverloadedError,
    "context": KimiContextOverflowError,
    "filter": KimiContentFilterError,
    "media": KimiBadRequestError,
}
_WAY_OUT_OF_MEDIA = (
    "Send text alone here, or start the server with what reads it (llama-server: --mmproj); "
    "`kimi-k2 check` tells. A retry is refused again."
)
# What no retry can change, whatever the status.
_FINAL: frozenset[Meaning] = frozenset({"quota", "context", "filter", "media"})
_BY_STATUS: dict[int, _Kind] = {
    401: KimiAuthenticationError,
    402: KimiQuotaError,
    403: KimiAuthenticationError,
    404: KimiModelNotFoundError,
    429: KimiRateLimitError,
    503: KimiOverloadedError,
    529: KimiOverloadedError,
}


_SERVER_ERRORS = 500
_REDIRECTS = range(300, 400)


def _meaning(facts: ErrorFacts) -> Meaning | None:
    return meaning_of(facts.status, f"{facts.type} {facts.code} {facts.message}")


def _classify(facts: ErrorFacts) -> _Kind:
    meaning = _meaning(facts)
    if meaning is not None:
        return _BY_MEANING[meaning]
    default = KimiServerError if facts.status >= _SERVER_ERRORS else KimiBadRequestError
    return _BY_STATUS.get(facts.status, default)


def is_final(status: int, text: str) -> bool:
    """Whether an answer to a request says what no retry can change, e.g. that money is missing.

    Args:
        status: The HTTP status.
        text: The body, as text.
    """
    return _meaning(read_error(None, status=status, fallback=text)) in _FINAL


def wait_asked(text: str, headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a refusal asks to wait, in a header or in its text, if it does.

    Args:
        text: The body, as text.
        headers: The response headers.
    """
    return read_error(None, headers=headers, fallback=text).retry_after


def _refusal(
    facts: ErrorFacts, theirs: type[Exception], *, endpoint: str, model: str
) -> KimiStatusError:
    kind = _classify(facts)
    if kind is KimiModelNotFoundError and not model:
        kind = KimiNotFoundError
    ways = _WAY_OUT | (_WAY_OUT_OF_MOONSHOT if endpoint.startswith("moonshot") else {})
    out = _WAY_OUT_OF_MEDIA if _meaning(facts) == "media" else ways.get(kind, "")
    error = both(kind, theirs)(sentence(facts, endpoint, model, out))
    error.endpoint = endpoint
    error.model = model
    error.body = facts.body
    error.status_code = facts.status
    error.request_id = facts.request_id
    error.server_message = facts.message
    error.error_type = facts.type
    error.retry_after = facts.retry_after
    if isinstance(error, KimiRateLimitError):
        error.limit = facts.limit
    return error


def error_from_body(
    body: object,
    *,
    endpoint: str,
    model: str,
    headers: Mapping[str, str] | None = None,
    status: int | None = None,
) -> KimiStatusError:
    """Turn an error object that came inside a 200 or in the middle of a stream into ours.

    Args:
        body: The parsed JSON, either the error object or an object with an ``error`` key.
        endpoint: Name of the endpoint.
        model: The model that was asked for.
        headers: The response headers, where they are known.
        status: The status that it stands for, where that is known.

    Returns:
        The error, also an ``openai.APIError`` as the SDK's own streams raise it then; to be raised
        by the caller.
    """
    import openai

    facts = read_error(redacted(body), headers=headers, status=status)
    error = _refusal(facts, openai.APIError, endpoint=endpoint, model=model)
    error.__dict__.update(message=facts.message, type=facts.type or None, code=None, param=None)
    return error


def _unanswered(exc: Exception, *, endpoint: str, base_url: str, model: str) -> KimiConnectionError:
    import openai

    kind: type[KimiConnectionError] = KimiConnectionError
    sentence = (
        f"No connection to {endpoint} at {base_url}: {_cause_of(exc)}. "
        "Check base_url, and that the server is running."
    )
    theirs = type(exc)
    if is_timeout(exc):
        kind = KimiTimeoutError
        sentence = (
            f"{endpoint} at {base_url} did not answer in time. Raise timeout, or check the server."
        )
    elif isinstance(exc, openai.APITimeoutError) or is_of_aiohttp(exc):
        theirs = openai.APIConnectionError
    error = both(kind, theirs)(sentence)
    error.endpoint = endpoint
    error.model = model
    return error


def _cause_of(exc: Exception) -> str:
    """Return what broke: an async connection that is reset says so four causes below (anyio)."""
    error = below = exc.__cause__ or exc
    text = str(error)
    while not text and (below.__cause__ or below.__context__):
        below = below.__cause__ or below.__context__ or below
        text = str(below)
    return text.rstrip(".") or type(error).__name__


def timeout_error(
    sentence: str, *, endpoint: str, model: str, begun: bool = False
) -> KimiTimeoutError:
    """Return the error for a request that was given up here, not by the SDK; its class as well.

    Args:
        sentence: What took too long, and the way out.
        endpoint: Name of the endpoint.
        model: The model that was asked for.
        begun: Whether some of the answer had come; then it is a stream that broke off, too.
    """
    import openai

    broken = (KimiStreamTruncatedError,) if begun else ()
    error = both(KimiTimeoutError, *broken, openai.APITimeoutError)(sentence)
    error.endpoint = endpoint
    error.model = model
    error.__dict__.update(dict.fromkeys(_OF_THE_SDK), message=sentence)
    return error


def _redirection(response: Any) -> str:  # noqa: ANN401 - of httpx or httpx2
    if response.status_code not in _REDIRECTS:
        return ""
    where = response.headers.get("location") or "nowhere"
    return (
        f"it leads to {redacted(where)}, and no request is sent on. "
        "If that address is right, set base_url to it."
    )


def map_error(exc: Exception, *, endpoint: str, base_url: str, model: str) -> KimiAPIError:
    """Turn an error of the openai SDK into ours, which is also an instance of its own class.

    Args:
        exc: Any ``openai.APIError``; or aiohttp's ``ClientError``, which the SDK lets through.
        endpoint: Name of the endpoint, for the sentence.
        base_url: Where the request went, for the sentence.
        model: The model that was asked for; empty where none was.

    Returns:
        The error, to be raised ``from exc`` by the caller.
    """
    import openai

    if is_of_aiohttp(exc):
        hide_request(exc)
        lost = _unanswered(exc, endpoint=endpoint, base_url=base_url, model=model)
        lost.__dict__.update(dict.fromkeys(_OF_THE_SDK), message=str(lost))
        return lost
    hide_key(exc, exc)
    if isinstance(exc, openai.APIStatusError):
        facts = read_error(
            exc.body,
            status=exc.status_code,
            headers=exc.response.headers,
            fallback=_redirection(exc.response) or exc.message,
        )
        error: KimiAPIError = _refusal(facts, type(exc), endpoint=endpoint, model=model)
    else:
        error = _unanswered(exc, endpoint=endpoint, base_url=base_url, model=model)
    # What the SDK's class promises (message, request, response, code) beside what ours does.
    error.__dict__.update({**exc.__dict__, **error.__dict__})
    return error
