"""What can go wrong, in words that say what to do.

Owns: the public names of errors and warnings; `_tree` and `_warnings` show how they hang together.
May know: its own files.
"""

from kimi_core.errors._extras import needs_extra
from kimi_core.errors._facts import error_in, request_id_of
from kimi_core.errors._sdk import error_from_body, is_final, map_error
from kimi_core.errors._settings import check_setting, nearest_setting, setting_error
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
    become,
    both,
)
from kimi_core.errors._warnings import (
    IgnoredSettingWarning,
    KimiWarning,
    Line,
    PromptInjectionWarning,
    RetiredModelWarning,
    ToolChoiceWarning,
    UnknownModelWarning,
    UnknownSettingWarning,
    line_of_user,
    warn,
    warnings_at,
)

__all__ = [
    "IgnoredSettingWarning",
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
    "KimiWarning",
    "Line",
    "PromptInjectionWarning",
    "RetiredModelWarning",
    "ToolChoiceWarning",
    "UnknownModelWarning",
    "UnknownSettingWarning",
    "become",
    "both",
    "check_setting",
    "error_from_body",
    "error_in",
    "is_final",
    "line_of_user",
    "map_error",
    "nearest_setting",
    "needs_extra",
    "request_id_of",
    "setting_error",
    "warn",
    "warnings_at",
]
