"""Messages, tools and options -> the payload of one request.

Owns: what a caller may ask for, the decisions about it, and how each is written in a request.
May know: its own files, lazy.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kimi_core.request._build import build_request
    from kimi_core.request._call_policy import CallPolicy
    from kimi_core.request._options import PAYLOAD_FIELDS, CallOptions, Options, option_names
    from kimi_core.request._read import read_settings
    from kimi_core.request._request import Asked, Request
    from kimi_core.request.structured import schema_format
else:
    from kimi_core.lazy import lazily

    _HOMES = {
        "kimi_core.request._build": "build_request",
        "kimi_core.request._call_policy": "CallPolicy",
        "kimi_core.request._options": "PAYLOAD_FIELDS CallOptions Options option_names",
        "kimi_core.request._read": "read_settings",
        "kimi_core.request._request": "Asked Request",
        "kimi_core.request.structured": "schema_format",
    }
    __getattr__, __dir__ = lazily(__name__, _HOMES)

__all__ = [
    "PAYLOAD_FIELDS",
    "Asked",
    "CallOptions",
    "CallPolicy",
    "Options",
    "Request",
    "build_request",
    "option_names",
    "read_settings",
    "schema_format",
]
