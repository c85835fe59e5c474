"""Old place of names that live in `kimi_core.transport.sse`; gone with 1.0."""

from kimi_core.transport.sse import EventStreamDecoder

__all__ = ["EventStreamDecoder"]
