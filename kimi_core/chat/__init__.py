"""One model at one endpoint: from messages to events. What both adapters drive.

Owns: putting the rooms together: settings -> capabilities -> request -> transport -> events; here
the names that other rooms may use. May know: its own files, transport. It holds no rule of its own.
"""

from kimi_core.chat._account import AccountRate
from kimi_core.chat._chat import KimiChat
from kimi_core.chat._documented import documented, documented_as
from kimi_core.chat._instance import (
    AlsoCalled,
    ClosesItself,
    Instance,
    SpelledText,
    UnsaidDict,
    written_setting,
)
from kimi_core.chat._keywords import ModelKeywords
from kimi_core.chat._reply import AsyncReply, Opened, Reply, Writer
from kimi_core.chat._served import listed_models, stated_context
from kimi_core.chat._settings import Settings
from kimi_core.transport.processes import nested, running_loop

__all__ = [
    "AccountRate",
    "AlsoCalled",
    "AsyncReply",
    "ClosesItself",
    "Instance",
    "KimiChat",
    "ModelKeywords",
    "Opened",
    "Reply",
    "Settings",
    "SpelledText",
    "UnsaidDict",
    "Writer",
    "documented",
    "documented_as",
    "listed_models",
    "nested",
    "running_loop",
    "stated_context",
    "written_setting",
]
