"""What can go wrong, in words that say what to do.

Owns: the tree of errors and warnings, what an SDK's error becomes, and whose line a warning names.
May know: its own files, lazy.
"""

from typing import TYPE_CHECKING

from kimi_core.errors._extras import needs_extra, needs_package, no_aiohttp
from kimi_core.errors._old_names import OLD_NAMES, is_of_a_connection, meant_instead
from kimi_core.errors._settings import (
    check_setting,
    listed_messages,
    nearest_setting,
    setting_error,
)
from kimi_core.errors._tree import (
    KimiAPIError,
    KimiAuthenticationError,
    KimiBadRequestError,
    KimiConfigError,
    KimiConnectionError,
    KimiContentFilterError,
    KimiContextOverflowError,
    KimiError,
    KimiHostedToolError,
    KimiIncompleteAnswerError,
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
    KimiToolCallError,
    become,
    both,
)
from kimi_core.errors._warnings import (
    EmptyAnswerWarning,
    IgnoredSettingWarning,
    KimiWarning,
    LeftFileWarning,
    Line,
    PromptInjectionWarning,
    RetiredModelWarning,
    ServerSetupWarning,
    ToolChoiceWarning,
    ToolSchemaWarning,
    UnknownModelWarning,
    UnknownSettingWarning,
    line_of_user,
    warn,
    warnings_at,
)

if TYPE_CHECKING:
    from kimi_core.errors._aiohttp import is_of_aiohttp, is_timeout
    from kimi_core.errors._facts import error_in, request_id_of
    from kimi_core.errors._hiding import hide_key
    from kimi_core.errors._sdk import (
        error_from_body,
        is_final,
        map_error,
        timeout_error,
        wait_asked,
    )
else:
    from kimi_core.lazy import lazily

    _HOMES = {
        "kimi_core.errors._aiohttp": "is_of_aiohttp is_timeout",
        "kimi_core.errors._facts": "error_in request_id_of",
        "kimi_core.errors._hiding": "hide_key",
        "kimi_core.errors._sdk": "error_from_body is_final map_error timeout_error wait_asked",
    }
    __getattr__, __dir__ = lazily(__name__, _HOMES)

__all__ = [
    "OLD_NAMES",
    "EmptyAnswerWarning",
    "IgnoredSettingWarning",
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
    "KimiWarning",
    "LeftFileWarning",
    "Line",
    "PromptInjectionWarning",
    "RetiredModelWarning",
    "ServerSetupWarning",
    "ToolChoiceWarning",
    "ToolSchemaWarning",
    "UnknownModelWarning",
    "UnknownSettingWarning",
    "become",
    "both",
    "check_setting",
    "error_from_body",
    "error_in",
    "hide_key",
    "is_final",
    "is_of_a_connection",
    "is_of_aiohttp",
    "is_timeout",
    "line_of_user",
    "listed_messages",
    "map_error",
    "meant_instead",
    "nearest_setting",
    "needs_extra",
    "needs_package",
    "no_aiohttp",
    "request_id_of",
    "setting_error",
    "timeout_error",
    "wait_asked",
    "warn",
    "warnings_at",
]
