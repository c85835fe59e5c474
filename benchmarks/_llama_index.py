"""What is measured of LLMs of LlamaIndex.

Owns: how each of them is made, and what each action does with it, likewise as in `_langchain`.
May know: `llama_index_kimi` and the peers, each imported where it is made.
"""

from __future__ import annotations

import asyncio
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[[], float]

KEY = "not needed"
MOST_RUNS = 12
LOOP = asyncio.new_event_loop()
QUESTION = [ChatMessage("Go.")]


# -- models ----------------------------------------------------------------------------------------


def _kimi(url: str, *, raw: bool = False, aiohttp: bool = False) -> Any:
    from llama_index_kimi import ChatKimiK2

    model = "kimi-k2-instruct" if raw else "kimi-k2.6"
    parser: Any = "client" if raw else "server"
    asks: dict[str, Any] = {"endpoint": "vllm", "model": model, "base_url": url}
    over = "aiohttp" if aiohttp else None
    return ChatKimiK2(**asks, tool_call_parser=parser, http_async_client=over)


def _openai_like(url: str, **_: Any) -> Any:
    from llama_index.llms.openai_like import OpenAILike

    can: Any = {"is_chat_model": True, "is_function_calling_model": True}
    return OpenAILike(model="kimi-k2.6", api_base=url, api_key=KEY, **can)


def _openai(url: str, **_: Any) -> Any:
    from llama_index.llms.openai import OpenAI

    # It knows the context windows of OpenAI's models alone, and refuses other names.
    return OpenAI(model="gpt-4o", api_base=url, api_key=KEY)


MODELS: dict[str, Callable[..., Any]] = {
    "ChatKimiK2": _kimi,
    "OpenAILike": _openai_like,
    "OpenAI": _openai,
}


# -- streams ---------------------------------------------------------------------------------------


def write(code: str) -> str:
    """Write a program."""
    return f"{len(code)} characters"


TOOL = FunctionTool.from_defaults(write)


class Document(BaseModel):
    """What a structured answer is asked for."""

    code: str


def stream(llm: Any) -> Run:
    """Stream one answer."""
    return lambda: sum(1 for _ in llm.stream_chat(QUESTION))


def astream(llm: Any, at_once: int = 1) -> Run:
    """Stream so many answers at once."""

    async def one() -> int:
        return sum([1 async for _ in await llm.astream_chat(QUESTION)])

    async def run() -> int:
        return sum(await asyncio.gather(*(one() for _ in range(at_once))))

    return lambda: LOOP.run_until_complete(run())


def structured(llm: Any) -> Run:
    """Stream an object that grows."""
    prompt = PromptTemplate("Go.")
    return lambda: max(1, sum(1 for _ in llm.stream_structured_predict(Document, prompt)))


def agent(llm: Any, chunks: int) -> Run:
    """Run an agent: a streamed call, its execution, a streamed answer."""

    async def run() -> int:
        handler = FunctionAgent(tools=[TOOL], llm=llm).run("Go.")
        async for _ in handler.stream_events():
            pass
        await handler
        return 2 * chunks

    return lambda: LOOP.run_until_complete(run())


# -- whole answers ---------------------------------------------------------------------------------


def invoke(llm: Any, count: int) -> Run:
    """Ask for whole answers, one after the other."""

    def run() -> int:
        for _ in range(count):
            llm.chat(QUESTION)
        return count

    return run


def batch(llm: Any, at_once: int) -> Run:
    """Ask for whole answers, so many at once, in threads."""
    count = max(64, at_once)

    def run() -> int:
        with ThreadPoolExecutor(at_once) as pool:
            return len(list(pool.map(lambda _: llm.chat(QUESTION), range(count))))

    return run


def abatch(llm: Any, at_once: int) -> Run:
    """Ask for whole answers, so many at once, in one event loop."""
    count = max(64, at_once)

    async def run() -> int:
        free = asyncio.Semaphore(at_once)

        async def one() -> None:
            async with free:
                await llm.achat(QUESTION)

        await asyncio.gather(*(one() for _ in range(count)))
        return count

    return lambda: LOOP.run_until_complete(run())


# -- requests --------------------------------------------------------------------------------------


def history(count: int) -> list[ChatMessage]:
    """Return a conversation of so many messages, in rounds of four."""
    rounds: list[ChatMessage] = []
    for at in range(count // 4):
        identity = f"functions.tool_1:{at}"
        call = ToolCallBlock(
            tool_call_id=identity, tool_name="tool_1", tool_kwargs={"city": "Rome"}
        )
        result = {"tool_call_id": identity}
        rounds += [
            ChatMessage(f"Question {at}?"),
            ChatMessage(role="assistant", blocks=[call]),
            ChatMessage("21 degrees.", role="tool", additional_kwargs=result),
            ChatMessage("It is warm.", role="assistant"),
        ]
    return rounds


def _look(city: str, limit: int | None = None) -> str:
    return f"{city} {limit}"


def _tools(count: int) -> list[FunctionTool]:
    return [FunctionTool.from_defaults(_look, name=f"tool_{at}") for at in range(count)]


def request(llm: Any, messages: int, offered: int) -> Run:
    """Ask with a conversation that was not seen before, and many tools."""
    given, unseen = _tools(offered), iter([history(messages) for _ in range(MOST_RUNS)])

    def run() -> int:
        llm.chat_with_tools(given, chat_history=next(unseen))
        return 1

    return run


def next_request(llm: Any, messages: int, offered: int) -> Run:
    """Ask with the same conversation again, and one message more."""
    given, said = _tools(offered), history(messages)
    llm.chat_with_tools(given, chat_history=said)

    def run() -> int:
        said.append(ChatMessage("And now?"))
        llm.chat_with_tools(given, chat_history=list(said))
        return 1

    return run


# -- memory ----------------------------------------------------------------------------------------


def kept_chunks(llm: Any) -> float:
    """Return the bytes that a chunk takes that is kept."""
    tracemalloc.start()
    start = tracemalloc.get_traced_memory()[0]
    kept = list(llm.stream_chat(QUESTION))
    grown = tracemalloc.get_traced_memory()[0] - start
    tracemalloc.stop()
    return grown / len(kept)


def open_streams(llm: Any, count: int) -> float:
    """Return the bytes that a stream takes that is open and was read once."""
    tracemalloc.start()
    start = tracemalloc.get_traced_memory()[0]
    held = [llm.stream_chat(QUESTION) for _ in range(count)]
    for one in held:
        next(one)
    grown = tracemalloc.get_traced_memory()[0] - start
    tracemalloc.stop()
    for one in held:
        one.close()
    return grown / count


def first(llm: Any) -> None:
    """Wait for the first piece of an answer, and leave."""
    answer = llm.stream_chat(QUESTION)
    next(answer)
    answer.close()
