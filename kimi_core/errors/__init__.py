"""What can go wrong, in words that say what to do.

Owns: the public names of the errors; `_tree` shows how they hang together. May know: its own files.
"""

from kimi_core.errors._facts import error_in, request_id_of
from kimi_core.errors._sdk import error_from_body, is_final, map_error
from kimi_core.errors._tree import (
    KimiAPIError,
    KimiAuthenticationError,
    KimiBadRequestError,
    KimiConfigError,
    KimiConnectionError,
    KimiContentFilterError,
    KimiContextOverflowError,
    KimiError,
    KimiModelNotFoundError,
    KimiNotFoundError,
    KimiOverloadedError,
    KimiProtocolError,
    KimiQuotaError,
    KimiRateLimitError,
    KimiServerError,
    KimiStatusError,
    KimiStreamTruncatedError,
    KimiTimeoutError,
    both,
)

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
    "both",
    "error_from_body",
    "error_in",
    "is_final",
    "map_error",
    "request_id_of",
]
