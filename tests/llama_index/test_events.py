"""LlamaIndex's events and callbacks: told to whoever listens, and made for nobody else.

Owns: handlers of both kinds, a rate limiter, and what is left out where there is none of them.
"""

from __future__ import annotations

import asyncio
import inspect
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core.bridge.pydantic import Field
from llama_index.core.callbacks import CallbackManager, LlamaDebugHandler
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.llms import ChatMessage, callbacks
from llama_index.core.rate_limiter import BaseRateLimiter

import llama_index_kimi
from kimi_core.errors import KimiConfigError
from tests.pieces import clients
from tests.scripted import chunk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_index.core.instrumentation.events.base import BaseEvent

WORDS = ["It ", "is ", "sunny."]
WAYS = [
    "chat", "achat", "stream_chat", "astream_chat",
    "complete", "acomplete", "stream_complete", "astream_complete",
]  # fmt: skip


def make(**settings: Any) -> llama_index_kimi.ChatKimiK2:
    events = [*(chunk(content=word) for word in WORDS), chunk("stop")]
    url = "http://127.0.0.1:9/v1"
    return llama_index_kimi.ChatKimiK2(endpoint="vllm", base_url=url, **clients(events), **settings)


def ask(llm: llama_index_kimi.ChatKimiK2, way: str) -> list[str]:
    """Ask in one of the eight ways, and return what was said, piece by piece."""
    question: Any = "How is it?" if "complete" in way else [ChatMessage("How is it?")]
    answered = getattr(llm, way)(question)
    if not inspect.isawaitable(answered):
        return [one.delta for one in answered] if "stream" in way else [str(answered)]

    async def read() -> list[str]:
        said: Any = await answered
        return [one.delta async for one in said] if "stream" in way else [str(said)]

    return asyncio.run(read())


class Noted(BaseEventHandler):
    """Keeps the names of what it is told."""

    names: list[str] = Field(default_factory=list)

    def handle(self, event: BaseEvent, **_: Any) -> None:
        self.names.append(event.class_name())


@contextmanager
def listening(name: str) -> Iterator[list[str]]:
    dispatcher, handler = get_dispatcher(name), Noted()
    before = list(dispatcher.event_handlers)
    dispatcher.add_event_handler(handler)
    try:
        yield handler.names
    finally:
        dispatcher.event_handlers = before


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["root", "llama_index.core.llms.callbacks"])
def test_a_handler_of_events_is_told_of_each_chunk(way: str, name: str) -> None:
    with listening(name) as told:
        said = ask(make(), way)

    kind = "LLMCompletion" if "complete" in way else "LLMChat"
    between = [f"{kind}InProgressEvent"] * len(said) if "stream" in way else []
    assert [one for one in told if one.startswith(("LLMCompletion", "LLMChat"))] == [
        f"{kind}StartEvent", *between, f"{kind}EndEvent",
    ]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_callback_handler_is_told_of_begin_and_end(way: str) -> None:
    handler = LlamaDebugHandler(print_trace_on_end=False)

    ask(make(callback_manager=CallbackManager([handler])), way)

    ((begun, ended),) = handler.get_llm_inputs_outputs()
    assert (begun.event_type, ended.event_type) == ("llm", "llm")


@pytest.mark.parametrize("way", WAYS)
def test_a_rate_limiter_is_asked_although_nobody_listens(way: str) -> None:
    asked: list[str] = []

    class Limiter(BaseRateLimiter):
        def acquire(self, num_tokens: int = 0) -> None:  # noqa: ARG002 - as the base has it
            asked.append("acquire")

        async def async_acquire(self, num_tokens: int = 0) -> None:  # noqa: ARG002 - as above
            asked.append("async_acquire")

    ask(make(rate_limiter=Limiter()), way)

    assert asked == ["async_acquire" if way.startswith("a") else "acquire"]


@pytest.mark.parametrize("way", WAYS)
def test_no_event_is_made_where_nobody_listens(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    for name in [name for name in vars(callbacks) if name.endswith("Event")]:
        monkeypatch.setattr(callbacks, name, lambda **event: made.append(event))

    said = ask(make(), way)

    assert made == []
    assert "".join(said).removeprefix("assistant: ") == "".join(WORDS)


def test_who_begins_to_listen_is_told_of_the_next_request() -> None:
    llm = make()
    ask(llm, "chat")
    with listening("root") as told:
        ask(llm, "chat")
    assert told == ["LLMChatStartEvent", "LLMChatEndEvent"]


@pytest.mark.parametrize("way", WAYS)
def test_signatures_are_those_of_the_methods(way: str) -> None:
    signature = inspect.signature(getattr(make(), way))
    assert "prompt" in signature.parameters or "messages" in signature.parameters
    assert inspect.iscoroutinefunction(getattr(make(), way)) == way.startswith("a")


@pytest.mark.parametrize("way", [way for way in WAYS if "chat" in way])
@pytest.mark.parametrize(
    ("messages", "name"),
    [
        ("How is it?", "str"),
        ("", "str"),
        (["How is it?"], "str"),
        ([ChatMessage("How is it?"), "And now?"], "str"),
        ([{"role": "user", "content": "How is it?"}], "dict"),
        (ChatMessage("How is it?"), "ChatMessage"),
        (None, "NoneType"),
        (3, "int"),
    ],
    ids=[
        "text",
        "empty text",
        "texts",
        "a text among messages",
        "dicts",
        "one message",
        "nothing",
        "a number",
    ],
)
def test_what_is_no_list_of_messages_is_refused_in_a_sentence(
    way: str, messages: Any, name: str
) -> None:
    async def asked() -> None:
        answered = getattr(make(), way)(messages)
        if inspect.isawaitable(answered):
            await answered

    with pytest.raises(KimiConfigError, match=f"a list of ChatMessage, and is or holds a {name};"):
        asyncio.run(asked())


def test_a_conversation_may_be_read_once() -> None:
    llm = make()
    answer = llm.chat(message for message in [ChatMessage("How is it?")])  # type: ignore[arg-type]  # what a caller may do
    assert answer.message.content == "".join(WORDS)
