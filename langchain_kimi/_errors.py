"""The core's errors, which are LangChain's errors too.

Owns: which of ours is which of LangChain's. May know: errors; langchain_core.

Retry and fallback middleware decides by LangChain's classes (``ModelRateLimitError.is_retryable``),
summarisation by ``ContextOverflowError``; whoever catches ours goes on catching ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from langchain_core import exceptions
from langchain_core.messages import AIMessage

from kimi_core import errors

__all__ = ["langchain_errors", "parsing_error"]

# Ordered: the first that fits. Names, not classes: one that a supported langchain-core does not
# have yet (ModelRefusalError came with 1.7.5) is passed over for the next.
_THEIRS: tuple[tuple[type[errors.KimiError], str], ...] = (
    (errors.KimiContextOverflowError, "ContextOverflowError"),
    (errors.KimiContentFilterError, "ModelRefusalError"),
    (errors.KimiContentFilterError, "ModelInvalidRequestError"),
    (errors.KimiBadRequestError, "ModelInvalidRequestError"),
    (errors.KimiModelNotFoundError, "ModelNotFoundError"),
    (errors.KimiRateLimitError, "ModelRateLimitError"),
    (errors.KimiServerError, "ModelAPIError"),
    (errors.KimiTimeoutError, "ModelTimeoutError"),
    (errors.KimiConnectionError, "ModelConnectionError"),
    (errors.KimiStreamTruncatedError, "ModelConnectionError"),
    (errors.KimiAuthenticationError, "ModelAuthenticationError"),
)
_FORBIDDEN = 403


def _adopt(error: errors.KimiError) -> None:
    names = [name for ours, name in _THEIRS if isinstance(error, ours)]
    if "ModelAuthenticationError" in names and getattr(error, "status_code", 0) == _FORBIDDEN:
        names.insert(0, "ModelPermissionDeniedError")
    theirs = next((found for name in names if (found := getattr(exceptions, name, None))), None)
    if theirs is not None:
        errors.become(error, theirs)
    if isinstance(error, errors.KimiContentFilterError):
        vars(error).setdefault("raw_message", None)  # what ModelRefusalError's constructor sets
    if isinstance(error, errors.KimiQuotaError):
        error.is_retryable = False  # type: ignore[attr-defined]  # LangChain's attribute


@contextmanager
def langchain_errors() -> Iterator[None]:
    """Let every error of the core that passes through be LangChain's as well."""
    try:
        yield
    except errors.KimiError as error:
        _adopt(error)
        raise


def parsing_error(error: errors.KimiError, message: AIMessage) -> errors.KimiError:
    """Let an error about an answer be LangChain's error of parsing, too."""
    _adopt(error)
    errors.become(error, exceptions.OutputParserException)
    # What the constructor of OutputParserException sets.
    vars(error).update(llm_output=message.text, observation=None, send_to_llm=False)
    return error
