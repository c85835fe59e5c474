"""One model at one endpoint: from messages to events. What both adapters drive.

Owns: putting the rooms together: settings -> capabilities -> request -> transport -> events; here
the names that other rooms may use. May know: its own files, lazy, transport. It holds no rule of
its own.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kimi_core.chat._account import AccountRate
    from kimi_core.chat._chat import KimiChat
    from kimi_core.chat._decorated import decorated_where
    from kimi_core.chat._documented import documented, documented_as
    from kimi_core.chat._instance import (
        AlsoCalled,
        ClosesItself,
        Instance,
        UnsaidDict,
        written_setting,
    )
    from kimi_core.chat._keywords import ModelKeywords
    from kimi_core.chat._reply import AsyncReply, Opened, Reply, Writer
    from kimi_core.chat._served import listed_models, stated_context
    from kimi_core.chat._settings import Settings
    from kimi_core.transport.processes import nested, running_loop
else:
    from kimi_core.lazy import lazily

    _HOMES = {
        "kimi_core.chat._account": "AccountRate",
        "kimi_core.chat._chat": "KimiChat",
        "kimi_core.chat._decorated": "decorated_where",
        "kimi_core.chat._documented": "documented documented_as",
        "kimi_core.chat._instance": "AlsoCalled ClosesItself Instance UnsaidDict written_setting",
        "kimi_core.chat._keywords": "ModelKeywords",
        "kimi_core.chat._reply": "AsyncReply Opened Reply Writer",
        "kimi_core.chat._served": "listed_models stated_context",
        "kimi_core.chat._settings": "Settings",
        "kimi_core.transport.processes": "nested running_loop",
    }
    __getattr__, __dir__ = lazily(__name__, _HOMES)

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
    "UnsaidDict",
    "Writer",
    "decorated_where",
    "documented",
    "documented_as",
    "listed_models",
    "nested",
    "running_loop",
    "stated_context",
    "written_setting",
]
