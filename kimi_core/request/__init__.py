"""Messages, tools and options -> the payload of one request.

Owns: the public names of this room. May know: its own files.
"""

from kimi_core.request._build import build_request
from kimi_core.request._options import Options, Request

__all__ = ["Options", "Request", "build_request"]
