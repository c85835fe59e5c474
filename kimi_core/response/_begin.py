"""How the content of an answer begins: inside reasoning, as a list of calls, or as itself.

Owns: what is held back of a content until that is known, and what an answer tells of its server.
May know: its own files, _json, events, raw, request.

The prompt of a model that thinks ends inside an opened think block. A server with a reasoning
parser sends what follows in a field of its own; one without it sends ``thought</think>answer`` as
content (SGLang 0.5.23 and vLLM 0.32.0 without ``--reasoning-parser``, recorded), and nothing in
front of the closing tag says which of both it is. So a content that comes before any reasoning is
held back until it says so itself, or is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from kimi_core._json import as_mapping
from kimi_core.events import ContentDelta
from kimi_core.raw.text_policy import CUT_OFF
from kimi_core.response._fence import Fence
from kimi_core.response._formed import FormedCall
from kimi_core.response._listed import ListedCalls
from kimi_core.response._prefix import RepeatedPrefix
from kimi_core.response._text import content_reader, split_reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kimi_core.events import Diagnostic, Event
    from kimi_core.events.open_string import OpenString
    from kimi_core.request import Request

__all__ = ["ContentReader", "Splitting"]

Splitting = Literal["split", "unsplit", "silent"]
"""What is known of a server: it takes the reasoning out, it leaves it in the content, or no
reasoning came though nothing kept the model from thinking (thinking is off at the server)."""

_OPENS = {"k2": "<think>", "k3": "<|open|>think"}
_CLOSES = {"k2": "</think>", "k3": "<|close|>think"}
# A text that begins so has no reasoning in front.
_BEGINS_UNTHINKING = {
    "k2": ("<|tool_calls_section_begin|>", "<|tool_call_begin|>"),
    "k3": ("<|open|>response", "<|open|>tools", "<|close|>response"),
}


class _Search:
    """Looks for where the reasoning of a content ends.

    Attributes:
        held: What has come and belongs to nothing yet.
        thinking: Whether it begins inside reasoning; None as long as nobody knows.
        closed: Whether that was seen, and not only assumed.
    """

    def __init__(self, request: Request, known: Splitting | None) -> None:
        self._dialect = request.capabilities.info.dialect
        self._bound = _is_bound(request)
        self._unsplit = known == "unsplit"
        self.held = ""
        self.thinking: bool | None = None
        self.closed = False

    def feed(self, text: str) -> None:
        """Read more."""
        self.held += text
        begun = self.held.lstrip()
        if not begun or any(one != begun and one.startswith(begun) for one in self._beginnings()):
            return
        if begun.startswith(self._beginnings()[1:]) or (self._bound and begun[0] in "{["):
            # A server without a reasoning parser holds a grammar against the first token, though
            # the prompt has opened a think block (SGLang 0.5.23): such an answer has no thought.
            self.thinking = False
        elif _CLOSES[self._dialect] in self.held or begun.startswith(_OPENS[self._dialect]):
            self.thinking = self.closed = True
        elif self._unsplit:
            self.thinking = True

    def end(self, reason: str | None) -> None:
        """Decide, since nothing more will come; a thought that the token limit cut has no end."""
        self.thinking = (reason in CUT_OFF or self._unsplit) and not self._bound

    def _beginnings(self) -> tuple[str, ...]:
        return (_OPENS[self._dialect], *_BEGINS_UNTHINKING[self._dialect])


class ContentReader:
    """Reads the content of one answer.

    Attributes:
        splitting: What this answer says of its server; None for nothing.
    """

    def __init__(self, request: Request, known: Splitting | None = None) -> None:
        """Start at the beginning.

        Args:
            request: What was asked.
            known: What earlier answers said of the server.
        """
        self._request = request
        self._prefix = RepeatedPrefix(request.repeats)
        self._listed = ListedCalls(request)
        self._formed = FormedCall(request)
        self._fence = Fence(request)
        self._search = _search(request, known)
        self._reader = content_reader(request, thinking=False)
        self._beside = (self._listed, self._formed, self._fence)
        self._is_itself = self._looks_like_itself()
        self.splitting: Splitting | None = None

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What was repaired or odd."""
        found = [odd for one in self._beside for odd in one.diagnostics]
        return (*found, *self._reader.diagnostics)

    @property
    def is_plain(self) -> bool:
        """Whether all that comes from here on is told as it comes."""
        return self._is_itself and self._search is None and self._reader.is_plain

    @property
    def open_string(self) -> OpenString | None:
        """As `TextReader.open_string`."""
        is_read_at_once = self._is_itself and self._search is None
        return self._reader.open_string if is_read_at_once else None

    @property
    def kept(self) -> Sequence[Event]:
        """What waits for the end, as it would be told if this were the end."""
        searched = self._search.held if self._search is not None else ""
        held = searched + self._fence.held + self._formed.held + self._listed.held
        return [*([ContentDelta(held)] if held else ()), *self._reader.kept]

    def feed(self, text: str) -> list[Event]:
        """Read more of the content; never called with nothing."""
        if not self._is_itself:
            text = self._fence.feed(self._formed.feed(self._listed.feed(self._prefix.cut(text))))
            self._is_itself = self._looks_like_itself()
        return self._sorted(text) if text else []

    def _looks_like_itself(self) -> bool:
        """Whether nobody looks for anything in front of the reader, or nobody any more."""
        return not self._request.repeats and not any(one.looks for one in self._beside)

    def passes(self, text: str) -> bool:
        """As `TextReader.passes`."""
        return self._is_itself and self._search is None and self._reader.passes(text)

    def after_reasoning(self) -> list[Event]:
        """Take note that reasoning has come in a field of its own; return what was held for it."""
        self.splitting = "split"
        held = self._search.held if self._search is not None else ""
        self._search = None
        if not self._reader.begun:
            self._reader = split_reader(self._request, reasoning=False)
        return self._reader.feed(held) if held else []

    def flush(self, reason: str | None, *, served: bool = False) -> list[Event]:
        """Return what was held back, since the answer is over.

        Args:
            reason: Its finish reason.
            served: Whether the server has sent calls of its own.
        """
        text = self._listed.feed(self._prefix.rest())
        events, rest = self._listed.end(cut=reason in CUT_OFF)
        formed, rest = self._formed.end(text + rest, cut=reason in CUT_OFF, served=served)
        text = self._fence.feed(rest) + self._fence.end()
        found = self._sorted(text) if text else []
        if self._search is not None and self._search.held:
            if reason not in CUT_OFF:
                self.splitting = "silent"
            self._search.end(reason)
            found += self._sorted("")
        return [*events, *found, *formed]

    def close(self, reason: str | None, *, served: bool, answered: bool) -> list[Event]:
        """End the text; see `TextReader.close`."""
        return self._reader.close(reason, served=served, answered=answered)

    def _sorted(self, text: str) -> list[Event]:
        search = self._search
        if search is None:
            return self._reader.feed(text)
        if text:
            search.feed(text)
        if search.thinking is None:
            return []
        self._search = None
        if search.closed and not self._request.capabilities.gets_raw_text:
            self.splitting = "unsplit"
        if search.thinking:
            self._reader = content_reader(self._request, thinking=True)
        return self._reader.feed(search.held)


def _search(request: Request, known: Splitting | None) -> _Search | None:
    """Return what looks for the end of reasoning; None where the content cannot begin inside it."""
    raw = request.capabilities.api == "completions" and request.text is None
    if raw or not request.opens_reasoning:
        return None
    if request.capabilities.gets_raw_text:
        return _Search(request, "unsplit")
    if request.capabilities.endpoint.splits_reasoning or known == "split":
        return None
    # A body that comes whole costs nobody a wait.
    lets_out = known == "silent" and request.payload.get("stream")
    return None if lets_out else _Search(request, known)


def _is_bound(request: Request) -> bool:
    """Whether a grammar of the server may bind the answer: one to a schema, or to a call."""
    form = as_mapping(request.payload.get("response_format")) or {}
    return form.get("type", "text") != "text" or request.forced_tool_choice == "sent"
