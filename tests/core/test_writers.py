"""What an adapter adds to the core is a writer; here is one without a framework.

Owns: the four ways to ask through a writer, and the small values that writers are made with.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from kimi_core.chat import KimiChat, Settings, documented, documented_as, written_setting
from kimi_core.endpoints import vllm
from kimi_core.endpoints.tiers import Tier
from kimi_core.errors import KimiConfigError, KimiIncompleteAnswerError, KimiToolCallError
from kimi_core.events import MessageBuilder, ParsedMessage, ToolCall
from kimi_core.request.blocks import media_part
from kimi_core.request.documents import document_part, documents_in
from kimi_core.response import answer_error, invalid_calls
from kimi_core.tokenizer import Tokenizer
from tests.core.asking import HELLO
from tests.scripted import Answer, ScriptedServer, body, chunk, stream

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kimi_core.chat import Opened
    from kimi_core.events import Event


class Text:
    """Shows the text so far, and the finish reason at the end."""

    def __init__(self, reply: Opened) -> None:
        self._reader = reply.reader
        self._said = MessageBuilder()

    def write(self, events: list[Event]) -> str | None:
        for event in events:
            self._said.add(event)
        return self._said.message().content or None

    def finish(self, *, streamed: bool) -> str:
        content = self._reader.message().content
        return f"{content} ({self._reader.finish_reason}, {'stream' if streamed else 'whole'})"


def whole(chat: KimiChat) -> list[str]:
    return [chat.answer(chat.request(HELLO, stream=False), Text)]


def awhole(chat: KimiChat) -> list[str]:
    return [asyncio.run(chat.aanswer(chat.request(HELLO, stream=False), Text))]


def streamed(chat: KimiChat) -> list[str]:
    return list(chat.stream(chat.request(HELLO, stream=True), Text))


def astreamed(chat: KimiChat) -> list[str]:
    async def read() -> list[str]:
        return [piece async for piece in chat.astream(chat.request(HELLO, stream=True), Text)]

    return asyncio.run(read())


WHOLE = body(
    {"choices": [{"message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}]}
)
STREAM = stream(
    chunk(reasoning_content="Hm"),
    chunk(content=""),
    chunk(content="Hel"),
    chunk("stop", content="lo"),
)


@pytest.mark.parametrize("ask", [whole, awhole])
def test_a_whole_answer_is_written_once(ask: Callable[[KimiChat], list[str]]) -> None:
    assert _asked(ask, WHOLE) == ["Hello (stop, whole)"]


@pytest.mark.parametrize("ask", [streamed, astreamed])
def test_a_stream_is_written_chunk_by_chunk(ask: Callable[[KimiChat], list[str]]) -> None:
    """A chunk that says nothing to the writer is none."""
    assert _asked(ask, STREAM) == ["Hel", "Hello", "Hello (stop, stream)"]


def _asked(ask: Callable[[KimiChat], list[str]], answer: Answer) -> list[str]:
    with ScriptedServer() as server:
        server.will(answer)
        chat = KimiChat(Settings(endpoint="moonshot", base_url=server.base_url, api_key="key"))
        try:
            return ask(chat)
        finally:
            chat.close()


def test_settings_are_written_as_json() -> None:
    assert written_setting("endpoint", vllm()) == "vllm"
    tier = Tier(concurrency=3, requests_per_minute=20, tokens_per_minute=500_000)
    assert written_setting("rate_limit", tier) == tier.written()
    assert written_setting("rate_limit", None) is None
    assert [written_setting("timeout", given) for given in (3.5, object())] == [3.5, None]
    assert written_setting("max_tokens", 7) == 7


def test_a_document_is_its_name_and_its_text(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Two.")
    part = {"type": "text", "text": "\nnotes:\nTwo.\n"}
    assert document_part("notes", b"Two.") == part
    assert document_part("notes", None, path=tmp_path / "notes.txt", folder=tmp_path) == part
    with pytest.raises(KimiConfigError, match="'notes' is a URL, which Kimi does not fetch"):
        document_part("notes", None)
    unread = document_part("notes", b"\x00", media_type="application/pdf")
    [found] = documents_in([{"role": "user", "content": [unread]}])
    assert (found.name, found.data, found.media_type) == ("notes", b"\x00", "application/pdf")


def test_bytes_and_paths_of_media_stay_what_they_are(tmp_path: Path) -> None:
    for source in (b"?", tmp_path):
        assert media_part("image", source) == {"type": "image_url", "image_url": {"url": source}}
    assert media_part("video", "ms://1") == {"type": "video_url", "video_url": {"url": "ms://1"}}


def test_an_answer_that_is_cut_is_said_to_be_so_before_its_calls_are_read() -> None:
    calls = (ToolCall(0, "a", "find", '{"x": 1'), ToolCall(1, "b", "go", ""))
    said = ParsedMessage(tool_calls=calls)
    cut = answer_error(said, {"finish_reason": "length"}, wanted="City", as_json=False)
    damaged = answer_error(said, {"finish_reason": "tool_calls"}, wanted="City", as_json=False)
    assert isinstance(cut, KimiIncompleteAnswerError)
    assert isinstance(damaged, KimiToolCallError)
    assert invalid_calls(said.tool_calls) == [
        {"id": "a", "name": "find", "arguments": '{"x": 1', "error": "the call was cut off"}
    ]
    assert answer_error(ParsedMessage("{}"), None, wanted="City", as_json=True) is None


def test_tokens_are_as_many_as_are_counted() -> None:
    tokenizer = Tokenizer.estimate()
    assert len(tokenizer.tokens("A few words.")) == tokenizer.count("A few words.") > 1


def test_a_class_without_a_docstring_stays_as_it_is() -> None:
    """As every class is under ``python -OO``."""
    bare = type("Bare", (), {})
    assert documented(bare).__doc__ is None


def test_a_function_shows_the_arguments_of_the_core_s() -> None:
    def source() -> None:
        """Return tools.

        Args:
            names: Their names.

        Raises:
            ValueError: For none.
        """

    def own() -> None:
        """Return tools of a framework."""

    def bare() -> None: ...

    shown = "Return tools of a framework.\n\nArgs:\n    names: Their names.\n\nRaises:\n"
    assert str(documented_as(source)(own).__doc__).startswith(shown)
    assert documented_as(source)(bare).__doc__ is None
