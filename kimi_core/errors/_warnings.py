"""What a user is told beside an answer, at the line that the user wrote.

Owns: the classes of warnings, and whose line a warning names. May know: the standard library.

A fixed ``stacklevel`` names a line of ours or of a framework as soon as a call takes another way
(`invoke`, a chain, an agent), and Python shows a warning once for each line: all users of a
framework's file would share one. So the stack is walked out of this package and the frameworks.
An agent asks in a task or a thread of its own, where no line of the user is to be found; there the
line counts that made the model, because what was set there is what the warning is about.
"""

from __future__ import annotations

import inspect
import sys
import warnings
from contextvars import ContextVar, Token
from types import FrameType
from typing import NamedTuple

__all__ = [
    "EmptyAnswerWarning",
    "IgnoredSettingWarning",
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
    "line_of_user",
    "warn",
    "warnings_at",
]


class KimiWarning(UserWarning):
    """Base of all warnings of this package; ``filterwarnings`` takes it for all of them."""


class EmptyAnswerWarning(KimiWarning):
    """An answer has neither text nor a call: reasoning took all of the token limit, say.

    Or the provider's filter, or the model itself, withheld it. Agents and query engines take such
    an answer for the last word and say nothing of it.
    """


class IgnoredSettingWarning(KimiWarning):
    """A setting that the endpoint has no field for, and that therefore does nothing there."""


class LeftFileWarning(KimiWarning):
    """A file that was uploaded to be read could not be deleted, and counts in the account."""


class PromptInjectionWarning(KimiWarning):
    """The text of a message spells a special token, which a server will take for a real one."""


class RetiredModelWarning(KimiWarning):
    """The model was retired on the endpoint that was chosen, or a date for it is set.

    A request answers 404 from that day on.
    """


class ServerSetupWarning(KimiWarning):
    """The server was started without something that Kimi needs; the text names the flag."""


class UnknownModelWarning(KimiWarning):
    """A model has no row of facts; another model's are taken, which may not fit it."""


class ToolChoiceWarning(KimiWarning):
    """A forced tool_choice could not be kept; the model decides for itself."""


class ToolSchemaWarning(KimiWarning):
    """The schema of a tool is none; what is wrong in it was left out, so that it can be sent."""


class UnknownSettingWarning(KimiWarning):
    """A keyword that is no setting here; it goes into the payload as it is."""


class Line(NamedTuple):
    """A line of source: the file, its number from 1, and the name of the module."""

    file: str
    number: int
    module: str


# What stands between a user's line and ours: this distribution, and the standard library's ways of
# calling something. The event loop is one of them, but see `_is_loop`.
_CALLERS = frozenset(
    {
        "asyncio", "concurrent", "contextlib", "contextvars", "copy", "functools", "threading",
        "kimi_core", "langchain_kimi", "llama_index_kimi",
    }
)  # fmt: skip
# Beginnings of names, counted where they are installed: a user's own langchain_app.py is no
# framework.
_FRAMEWORKS = (
    "anyio", "deepagents", "langchain", "langgraph", "langsmith", "llama_index", "pydantic",
    "tenacity", "workflows", "wrapt",
)  # fmt: skip
_INSTALLED = ("site-packages", "dist-packages")

# A thread that was started with a function of ours: Python says the same where a stack has no more.
_NOBODY = Line("<sys>", 0, "sys")

_otherwise: ContextVar[Line | None] = ContextVar("line of the user", default=None)


def warn(message: str, category: type[KimiWarning]) -> None:
    """Warn, as `warnings.warn` does, at the line of the user.

    Args:
        message: What was set, what becomes of it, and the way out.
        category: The class of the warning.
    """
    found = line_of_user() or _otherwise.get() or _outside(inspect.currentframe()) or _NOBODY
    file, number, module = found
    # Python's own place for what it has shown already; without one it would show it every time.
    known = vars(sys.modules[module]) if module in sys.modules else {}
    registry = known.setdefault("__warningregistry__", {})
    warnings.warn_explicit(message, category, file, number, module, registry)


class warnings_at:  # noqa: N801 - a context manager reads as a word
    """Let warnings name this line where no line of the user is found.

    What was said further out stays: who asked is nearer to the user than who made the model. No
    generator, which takes three times as long: there are five of these around each request.
    """

    __slots__ = ("_line", "_token")

    _token: Token[Line | None]

    def __init__(self, line: Line | None) -> None:
        self._line = line

    def __enter__(self) -> None:
        self._token = _otherwise.set(_otherwise.get() or self._line)

    def __exit__(self, *_: object) -> None:
        _otherwise.reset(self._token)


def line_of_user() -> Line | None:
    """Return the nearest line on the stack that is a user's; None where a task or thread has none.

    Whoever runs the event loop is not looked at: in a notebook or a web server that is no user.
    """
    frame = inspect.currentframe()
    while frame is not None and not _is_loop(frame):
        if _is_user(frame):
            return _line(frame)
        frame = frame.f_back
    return None


def _outside(frame: FrameType | None) -> Line | None:
    while frame is not None:
        if _is_user(frame):
            return _line(frame)
        frame = frame.f_back
    return None


def _line(frame: FrameType) -> Line:
    return Line(frame.f_code.co_filename, frame.f_lineno, _module(frame))


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _is_loop(frame: FrameType) -> bool:
    return _module(frame) == "asyncio.events"  # Handle._run, below every step of a task


def _is_user(frame: FrameType) -> bool:
    root = _module(frame).partition(".")[0]
    if root in _CALLERS:
        return False
    file = frame.f_code.co_filename
    return not (root.startswith(_FRAMEWORKS) and any(place in file for place in _INSTALLED))
