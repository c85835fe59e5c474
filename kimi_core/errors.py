"""What can go wrong, in words that say what to do.

Owns: the `KimiError` tree, and the one place where SDK and HTTP errors become ours.
May know: the standard library; the openai SDK lazily, so that importing this costs nothing.

The tree::

    KimiError
    ├── KimiConfigError (ValueError)      refused before any request: setting, value, rule, way out
    ├── KimiProtocolError                 the server or the model broke the protocol
    │   └── KimiStreamTruncatedError      a stream ended early; .partial holds what had come
    └── KimiAPIError                      a request failed
        ├── KimiConnectionError           no answer at all
        │   └── KimiTimeoutError
        └── KimiStatusError               an answer that says no
            ├── KimiAuthenticationError   401, 403
            ├── KimiNotFoundError         404: a file, a batch, a route
        │   └── KimiModelNotFoundError
            ├── KimiRateLimitError        429: .retry_after in seconds
            │   ├── KimiQuotaError        402, 403, 429: money, retrying is useless
            │   └── KimiOverloadedError   429, 503: the server is busy
            ├── KimiBadRequestError       400 and other 4xx
            │   ├── KimiContextOverflowError
            │   └── KimiContentFilterError
            └── KimiServerError           5xx

An error that comes from the SDK is also an instance of the SDK's own class, so that code which
catches ``openai.RateLimitError`` today goes on catching it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from kimi_core._error_facts import (
    CONTEXT_WORDS,
    FILTER_WORDS,
    OVERLOAD_WORDS,
    QUOTA_WORDS,
    ErrorFacts,
    read_error,
    redacted,
    sentence,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kimi_core.raw.events import ParsedMessage

__all__ = [
    "KimiAPIError",
    "KimiAuthenticationError",
    "KimiBadRequestError",
    "KimiConfigError",
    "KimiConnectionError",
    "KimiContentFilterError",
    "KimiContextOverflowError",
    "KimiError",
    "KimiModelNotFoundError",
    "KimiNotFoundError",
    "KimiOverloadedError",
    "KimiProtocolError",
    "KimiQuotaError",
    "KimiRateLimitError",
    "KimiServerError",
    "KimiStatusError",
    "KimiStreamTruncatedError",
    "KimiTimeoutError",
    "error_from_body",
    "is_final",
    "map_error",
]

_Error = TypeVar("_Error", bound="KimiAPIError")


class KimiError(Exception):
    """Base of all errors of this package.

    Every one can be copied and pickled, as multiprocessing, LangGraph and Ray do. The copy has no
    ``request`` and no ``response`` of the SDK: they hold the key.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to make it again; a class of both trees has no name to be found under."""
        kind = type(self)
        kinds = kind.__bases__ if kind in _BOTH.values() else (kind,)
        # None, not absent: the SDK's own code reads both.
        state = {
            name: None if name in {"request", "response"} else value
            for name, value in self.__dict__.items()
        }
        return _remade, (kinds, self.args, state)


class KimiConfigError(KimiError, ValueError):
    """A setting that cannot work; raised before any request is made."""


class KimiProtocolError(KimiError):
    """The server or the model did not keep to the protocol."""


class KimiStreamTruncatedError(KimiProtocolError):
    """A stream ended with neither a finish reason nor ``[DONE]``.

    Attributes:
        partial: What had been received, so that nothing the model said is lost.
    """

    def __init__(self, message: str, partial: ParsedMessage) -> None:
        super().__init__(message)
        self.partial = partial


class KimiAPIError(KimiError):
    """A request failed.

    Attributes:
        endpoint: Name of the endpoint.
        model: The model that was asked for.
        body: The server's error body as it was parsed, or None; keys in it are hidden.
        partial: What had come of the answer before an error inside it; None without an answer.
    """

    endpoint: str = ""
    model: str = ""
    body: object | None = None
    partial: ParsedMessage | None = None


class KimiConnectionError(KimiAPIError):
    """The server did not answer."""


class KimiTimeoutError(KimiConnectionError):
    """The server did not answer in time."""


class KimiStatusError(KimiAPIError):
    """The server answered with an error.

    Attributes:
        status_code: The HTTP status.
        request_id: The server's id of the request, or None.
        server_message: The server's own sentence.
        error_type: The server's own type of error, e.g. ``invalid_request_error``.
        retry_after: Seconds to wait before a retry, where the server said so.
    """

    status_code: int = 0
    request_id: str | None = None
    server_message: str = ""
    error_type: str = ""
    retry_after: float | None = None


class KimiAuthenticationError(KimiStatusError):
    """The key is missing, wrong, or may not do this."""


class KimiNotFoundError(KimiStatusError):
    """The endpoint has no such file, batch or route."""


class KimiModelNotFoundError(KimiNotFoundError):
    """The endpoint does not serve this model."""


class KimiRateLimitError(KimiStatusError):
    """Too many requests or tokens; wait `retry_after` seconds.

    Attributes:
        limit: Which limit, as Moonshot names them: "concurrency", "RPM", "TPM" or "TPD" (requests
            and tokens per minute, tokens per day); None where the server did not say.
    """

    limit: str | None = None


class KimiQuotaError(KimiRateLimitError):
    """The account has no balance left; retrying is useless."""


class KimiOverloadedError(KimiRateLimitError):
    """The server is busy; a retry may succeed."""


class KimiBadRequestError(KimiStatusError):
    """The server refused the request."""


class KimiContextOverflowError(KimiBadRequestError):
    """The prompt and the answer together do not fit the context window."""


class KimiContentFilterError(KimiBadRequestError):
    """The provider's content filter refused the request or the answer."""


class KimiServerError(KimiStatusError):
    """The server failed."""


_WAY_OUT: dict[type[KimiStatusError], str] = {
    KimiAuthenticationError: (
        "Check that the key belongs to this endpoint: keys of api.moonshot.ai and api.moonshot.cn "
        "are not interchangeable."
    ),
    KimiModelNotFoundError: (
        "Name a model that this endpoint serves (the first-party kimi-k2-* ids are retired), and "
        "check that base_url ends in the API's version, usually /v1."
    ),
    KimiNotFoundError: "Check the id, and that the endpoint has this route.",
    KimiQuotaError: "Recharge the account; a retry cannot succeed.",
    KimiOverloadedError: "Try again later.",
    KimiRateLimitError: "Wait, or lower the request rate.",
    KimiContextOverflowError: "Shorten the messages or lower max_tokens.",
    KimiContentFilterError: "Change the content; a retry of the same text is refused again.",
    KimiServerError: "Try again; an answer that takes minutes is best streamed.",
}

_Kind = type[KimiStatusError]

# One status stands for several things, so words come first. A quota was answered with 403 in 2025
# and with 429 later (Kimi-K2 issue 5), and OpenRouter has 402 for it.
_BY_WORDS: tuple[tuple[frozenset[int], tuple[str, ...], _Kind], ...] = (
    (frozenset({402, 403, 429}), QUOTA_WORDS, KimiQuotaError),
    (frozenset({429, 500, 502, 529}), OVERLOAD_WORDS, KimiOverloadedError),
    (frozenset({400, 413, 422}), CONTEXT_WORDS, KimiContextOverflowError),
    (frozenset({400, 403, 422}), FILTER_WORDS, KimiContentFilterError),
)
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


def _classify(facts: ErrorFacts) -> _Kind:
    text = f"{facts.type} {facts.message}".lower()
    for statuses, words, kind in _BY_WORDS:
        if facts.status in statuses and any(word in text for word in words):
            return kind
    default = KimiServerError if facts.status >= _SERVER_ERRORS else KimiBadRequestError
    return _BY_STATUS.get(facts.status, default)


def is_final(status: int, text: str) -> bool:
    """Whether an answer to a request says that money is missing, so that a retry is useless.

    Args:
        status: The HTTP status.
        text: The body, as text.
    """
    return _classify(read_error(None, status=status, fallback=text)) is KimiQuotaError


def _refusal(
    facts: ErrorFacts, theirs: type[Exception], *, endpoint: str, model: str
) -> KimiStatusError:
    kind = _classify(facts)
    if kind is KimiModelNotFoundError and not model:
        kind = KimiNotFoundError
    error = _also(kind, theirs)(sentence(facts, endpoint, model, _WAY_OUT.get(kind, "")))
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


def _remade(
    kinds: tuple[type[Any], ...], args: tuple[Any, ...], state: dict[str, Any]
) -> BaseException:
    kind: type[Any] = kinds[0] if len(kinds) == 1 else _also(kinds[0], kinds[1])
    error = cast("BaseException", kind.__new__(kind, *args))
    error.args = args
    error.__dict__.update(state)
    return error


_BOTH: dict[tuple[type, type], type] = {}


def _also(kind: type[_Error], theirs: type[Exception]) -> type[_Error]:
    """Return a class that is both ours and the SDK's, under our name."""
    made = _BOTH.get((kind, theirs))
    if made is None:
        body = {"__module__": kind.__module__, "__init__": _init}
        made = _BOTH[kind, theirs] = type(kind.__name__, (kind, theirs), body)
    return cast("type[_Error]", made)


def _init(self: Exception, message: str) -> None:
    # The SDK's constructors want a live response object; its attributes are copied afterwards.
    Exception.__init__(self, message)


def _unanswered(exc: Exception, *, endpoint: str, base_url: str, model: str) -> KimiConnectionError:
    import openai

    kind: type[KimiConnectionError] = KimiConnectionError
    sentence = (
        f"No connection to {endpoint} at {base_url}: {exc.__cause__ or exc}. "
        "Check base_url, and that the server is running."
    )
    if isinstance(exc, openai.APITimeoutError):
        kind = KimiTimeoutError
        sentence = (
            f"{endpoint} at {base_url} did not answer in time. Raise timeout, or check the server."
        )
    error = _also(kind, type(exc))(sentence)
    error.endpoint = endpoint
    error.model = model
    return error


def _hide_keys(exc: Exception, api_key: str | None) -> None:
    # It stays in the chain as the cause, whose sentence a traceback prints too.
    exc.args = redacted(exc.args, api_key)
    for name in {"message", "body"} & exc.__dict__.keys():
        setattr(exc, name, redacted(getattr(exc, name), api_key))


def map_error(
    exc: Exception, *, endpoint: str, base_url: str, model: str, api_key: str | None = None
) -> KimiAPIError:
    """Turn an error of the openai SDK into ours, which is also an instance of its own class.

    Args:
        exc: Any ``openai.APIError``.
        endpoint: Name of the endpoint, for the sentence.
        base_url: Where the request went, for the sentence.
        model: The model that was asked for; empty where none was.
        api_key: The key, to be hidden where the server repeats it.

    Returns:
        The error, to be raised ``from exc`` by the caller.
    """
    import openai

    _hide_keys(exc, api_key)
    if isinstance(exc, openai.APIStatusError):
        facts = read_error(
            exc.body,
            status=exc.status_code,
            headers=exc.response.headers,
            fallback=exc.message,
        )
        error: KimiAPIError = _refusal(facts, type(exc), endpoint=endpoint, model=model)
    else:
        error = _unanswered(exc, endpoint=endpoint, base_url=base_url, model=model)
    # What the SDK's class promises (message, request, response, code) beside what ours does.
    error.__dict__.update({**exc.__dict__, **error.__dict__})
    return error
