"""What can go wrong, in words that say what to do.

Owns: the `KimiError` tree, how its errors are copied, and classes that are ours and other
libraries' at once. May know: events.

The tree::

    KimiError
    ├── KimiConfigError (ValueError)      refused before any request: setting, value, rule, way out
    ├── KimiProtocolError                 the server or the model broke the protocol
    │   ├── KimiStreamTruncatedError      a stream ended early; .partial holds what had come
    │   ├── KimiToolCallError             a tool call that cannot be run; .partial holds the answer
    │   └── KimiIncompleteAnswerError     (ValueError) cut or filtered where an object was asked for
    ├── KimiHostedToolError               a tool that Moonshot hosts ran and failed; .tool names it
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

An error that comes from the SDK is also an instance of the SDK's own class, and in a framework of
the framework's, so that code which catches ``openai.RateLimitError`` today goes on catching it.
"""

from __future__ import annotations

from pkgutil import resolve_name
from typing import Any, TypeVar, cast

from kimi_core.events import ParsedMessage

__all__ = [
    "KimiAPIError",
    "KimiAuthenticationError",
    "KimiBadRequestError",
    "KimiConfigError",
    "KimiConnectionError",
    "KimiContentFilterError",
    "KimiContextOverflowError",
    "KimiError",
    "KimiHostedToolError",
    "KimiIncompleteAnswerError",
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
    "KimiToolCallError",
    "become",
    "both",
]

_Error = TypeVar("_Error", bound="KimiError")


class KimiError(Exception):
    """Base of all errors of this package.

    Every one can be copied and pickled, as multiprocessing, LangGraph and Ray do. The copy has no
    ``request`` and no ``response`` of the SDK: they hold the key. Where it is read without the SDK
    or the framework whose error it was as well, it is ours alone.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to make it again; a class of several trees has no name to be found under."""
        kind, *theirs = _PARTS.get(type(self), (type(self),))
        # None, not absent: the SDK's own code reads both.
        state = {
            name: None if name in {"request", "response"} else value
            for name, value in self.__dict__.items()
        }
        names = [f"{part.__module__}:{part.__qualname__}" for part in theirs]
        return _remade, (kind, names, self.args, state)


class KimiConfigError(KimiError, ValueError):
    """A setting that cannot work; raised before any request is made."""


class KimiProtocolError(KimiError):
    """The server or the model did not keep to the protocol.

    Attributes:
        partial: What had come of the answer before it; empty where nothing had.
    """

    partial: ParsedMessage = ParsedMessage()


class KimiStreamTruncatedError(KimiProtocolError):
    """A stream ended with neither a finish reason nor ``[DONE]``.

    Args:
        message: One sentence: where it broke off, and the way out.

    Attributes:
        partial: What had been received, so that nothing the model said is lost.
    """

    def __init__(self, message: str, partial: ParsedMessage) -> None:
        super().__init__(message)
        self.partial = partial


class KimiToolCallError(KimiProtocolError):
    """The model called a tool with arguments that are not one whole JSON object.

    To run a tool with half of its arguments, or with a guess, could do anything; so it is not run.

    Args:
        message: One sentence: which call, and what is wrong with its arguments.

    Attributes:
        partial: The answer; its tool calls hold the text of the arguments as it was received.
    """

    def __init__(self, message: str, partial: ParsedMessage) -> None:
        super().__init__(message)
        self.partial = partial


class KimiIncompleteAnswerError(KimiProtocolError, ValueError):
    """An answer that should hold an object, or a call, ended before it was whole.

    The token limit cut it, the provider's filter withheld it (then it is a `KimiContentFilterError`
    as well), or the server gave it up. What is there may look like a whole object and is none.

    Attributes:
        partial: The answer so far: its text, its reasoning, its calls with their arguments.
        finish_reason: Why the answer ended: "length", "content_filter", "abort", "repetition";
            otherwise the text itself breaks off.
        max_tokens: The token limit of the request; None where there was none.
        reasoning_tokens: Tokens that were spent on reasoning; None where the server did not say.
        raw_message: The framework's message, of the adapter that raised it; otherwise None.
    """

    finish_reason: str | None = None
    max_tokens: int | None = None
    reasoning_tokens: int | None = None
    raw_message: Any = None


class KimiHostedToolError(KimiError):
    """A tool that Moonshot hosts was run, and failed.

    Args:
        message: One sentence, with what the tool said.

    Attributes:
        tool: The name that the model calls it by; empty where nobody knows it.
    """

    def __init__(self, message: str, tool: str = "") -> None:
        super().__init__(message)
        self.tool = tool


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


def _remade(
    kind: type[KimiError], names: list[str], args: tuple[Any, ...], state: dict[str, Any]
) -> KimiError:
    made = both(kind, *[part for name in names if (part := _found(name)) is not None])
    error = made.__new__(made, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def _found(name: str) -> type[Exception] | None:
    try:
        return cast("type[Exception]", resolve_name(name))
    except (ImportError, AttributeError):
        return None


_MADE: dict[tuple[type, ...], type] = {}
_PARTS: dict[type, tuple[type, ...]] = {}


def both(kind: type[_Error], *theirs: type[Exception]) -> type[_Error]:
    """Return a class that is our `kind` and other libraries' (`theirs`) at once, under our name."""
    parts = (kind, *theirs)
    made = _MADE.get(parts) if theirs else kind
    if made is None:
        body = {"__module__": kind.__module__, "__init__": _init}
        # A subclass of the class without the last part. Python 3.10 remembers the class of an error
        # that is on its way: one that became something else there was made anew from its text,
        # without its attributes and without `theirs`.
        bases = (both(kind, *theirs[:-1]), theirs[-1])
        made = _MADE[parts] = type(kind.__name__, bases, body)
        _PARTS[made] = parts
    return cast("type[_Error]", made)


def become(error: KimiError, theirs: type[Exception]) -> None:
    """Make an error an instance of another library's class, `theirs`, as well.

    The object stays the one that was raised, with its traceback, cause and attributes.
    """
    if not isinstance(error, theirs):
        kind, *others = _PARTS.get(type(error), (type(error),))
        error.__class__ = both(kind, *others, theirs)


def _init(self: Exception, message: str) -> None:
    # The SDK's constructors want a live response object; its attributes are copied afterwards.
    Exception.__init__(self, message)
