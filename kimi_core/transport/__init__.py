"""The openai SDK as transport, and what stands round it.

Owns: the names of the room that have no module of their own. May know: its own files, lazy.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kimi_core.transport._transport import Transport
else:
    from kimi_core.lazy import lazily

    __getattr__, __dir__ = lazily(__name__, {"kimi_core.transport._transport": "Transport"})

__all__ = ["Transport"]
