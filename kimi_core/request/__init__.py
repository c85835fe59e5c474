"""Messages, tools and options -> the payload of one request.

Owns: what a caller may ask for, the decisions about it, and how each is written in a request.
May know: its own files.
"""

from kimi_core.request._build import build_request
from kimi_core.request._call_policy import CallPolicy
from kimi_core.request._options import (
    PAYLOAD_FIELDS,
    Asked,
    CallOptions,
    Options,
    Request,
    option_names,
)
from kimi_core.request._read import read_settings
from kimi_core.request.structured import schema_format

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
