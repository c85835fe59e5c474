"""What is measured of chat models of LangChain.

Owns: how each of them is made, and what each action does with it. May know: `langchain_kimi` and
the peers, each imported where it is made. Every action returns a function that does the work once
and says how many units that was; the import of what it needs is no part of it.
"""

from __future__ import annotations

import asyncio
import tracemalloc
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[[], float]

KEY = "not needed"
MOST_RUNS = 12
LOOP = asyncio.new_event_loop()


# -- models ----------------------------------------------------------------------------------------


def _kimi(url: str, *, raw: bool = False, aiohttp: bool = False) -> Any:
    from langchain_kimi import ChatKimiK2

    model = "kimi-k2-instruct" if raw else "kimi-k2.6"
    parser: Any = "client" if raw else "server"
    asks: dict[str, Any] = {"endpoint": "vllm", "model": model, "base_url": url}
    over = "aiohttp" if aiohttp else None
    return ChatKimiK2(**asks, tool_call_parser=parser, http_async_client=over)


def _openai(url: str, **_: Any) -> Any:
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(model="kimi-k2.6", api_key=KEY, base_url=url)  # type: ignore[arg-type]  # as users write it


def _deepseek(url: str, **_: Any) -> Any:
    from langchain_deepseek import ChatDeepSeek

    return ChatDeepSeek(model="kimi-k2.6", api_key=KEY, api_base=url)


def _moonshot(url: str, **_: Any) -> Any:
    from langchain_moonshot import ChatMoonshot

    return ChatMoonshot(model="kimi-k2.6", api_key=KEY, base_url=url)


def _openrouter(url: str, **_: Any) -> Any:
    from langchain_openrouter import ChatOpenRouter

    return ChatOpenRouter(model="kimi-k2.6", api_key=KEY, base_url=url)


def _litellm(url: str, **_: Any) -> Any:
    from langchain_litellm import ChatLiteLLM

    return ChatLiteLLM(model="openai/kimi-k2.6", api_key=KEY, api_base=url)


MODELS: dict[str, Callable[..., Any]] = {
    "ChatKimiK2": _kimi,
    "ChatOpenAI": _openai,
    "ChatDeepSeek": _deepseek,
    "ChatMoonshot": _moonshot,
    "ChatOpenRouter": _openrouter,
    "ChatLiteLLM": _litellm,
}


# -- streams ---------------------------------------------------------------------------------------


def write(code: str) -> str:
    """Write a program."""
    return f"{len(code)} characters"


class Document(BaseModel):
    """What a structured answer is asked for."""

    code: str


def stream(model: Any) -> Run:
    """Stream one answer."""
    return lambda: sum(1 for _ in model.stream("Go."))


def astream(model: Any, at_once: int = 1) -> Run:
    """Stream so many answers at once, in one event loop: ChatOpenAI fails in a second one."""

    async def one() -> int:
        return sum([1 async for _ in model.astream("Go.")])

    async def run() -> int:
        return sum(await asyncio.gather(*(one() for _ in range(at_once))))

    return lambda: LOOP.run_until_complete(run())


def structured(model: Any) -> Run:
    """Stream an object that grows."""
    made = model.with_structured_output(Document, method="json_schema")
    return lambda: max(1, sum(1 for _ in made.stream("Go.")))


def agent(model: Any, chunks: int) -> Run:
    """Run an agent: a streamed call, its execution, a streamed answer."""
    from langchain.agents import create_agent

    made = create_agent(model, [write])
    question: Any = {"messages": [{"role": "user", "content": "Go."}]}

    def run() -> int:
        for _ in made.stream(question, stream_mode="messages"):
            pass
        return 2 * chunks

    return run


# -- whole answers ---------------------------------------------------------------------------------


def invoke(model: Any, count: int) -> Run:
    """Ask for whole answers, one after the other."""

    def run() -> int:
        for _ in range(count):
            model.invoke("Go.")
        return count

    return run


def batch(model: Any, at_once: int) -> Run:
    """Ask for whole answers, so many at once, in threads."""
    asked = ["Go."] * max(64, at_once)
    return lambda: len(model.batch(asked, config={"max_concurrency": at_once}))


def abatch(model: Any, at_once: int) -> Run:
    """Ask for whole answers, so many at once, in one event loop."""
    asked = ["Go."] * max(64, at_once)
    config = {"max_concurrency": at_once}
    return lambda: len(LOOP.run_until_complete(model.abatch(asked, config=config)))


# -- requests --------------------------------------------------------------------------------------


def history(count: int) -> list[Any]:
    """Return a conversation of so many messages, in rounds of four."""
    rounds = []
    for at in range(count // 4):
        call: Any = {"name": "tool_1", "args": {"city": "Rome"}, "id": f"functions.tool_1:{at}"}
        rounds += [
            HumanMessage(f"Question {at}?"),
            AIMessage("", tool_calls=[call]),
            ToolMessage("21 degrees.", tool_call_id=call["id"]),
            AIMessage("It is warm."),
        ]
    return rounds


def tools(count: int) -> list[dict[str, Any]]:
    """Return OpenAI's dicts of so many tools."""
    found = []
    for number in range(count):
        properties = {
            "city": {"type": "string", "description": f"Of the {number}th."},
            "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
        }
        parameters = {"type": "object", "properties": properties, "required": ["city"]}
        function = {"name": f"tool_{number}", "description": "Looks.", "parameters": parameters}
        found.append({"type": "function", "function": function})
    return found


def request(model: Any, messages: int, offered: int) -> Run:
    """Ask with a conversation that was not seen before, and many tools."""
    bound = model.bind_tools(tools(offered))
    unseen = iter([history(messages) for _ in range(MOST_RUNS)])

    def run() -> int:
        bound.invoke(next(unseen))
        return 1

    return run


def next_request(model: Any, messages: int, offered: int) -> Run:
    """Ask with the same conversation again, and one message more."""
    bound, said = model.bind_tools(tools(offered)), history(messages)
    bound.invoke(said)

    def run() -> int:
        said.append(HumanMessage("And now?"))
        bound.invoke(list(said))
        return 1

    return run


def payload(model: Any, messages: int, offered: int) -> Run:
    """Build the payload of such a request, and send nothing."""
    bound = model.bind_tools(tools(offered)).kwargs
    unseen = iter([history(messages) for _ in range(MOST_RUNS)])

    def run() -> int:
        model._get_request_payload(next(unseen), **bound)  # noqa: SLF001 - BaseChatOpenAI's own
        return 1

    return run


def count_tokens(model: Any, messages: int) -> Run:
    """Count the tokens of a conversation."""
    said = history(messages)

    def run() -> int:
        model.get_num_tokens_from_messages(said)
        return messages

    return run


# -- memory ----------------------------------------------------------------------------------------


def kept_chunks(model: Any) -> float:
    """Return the bytes that a chunk takes that is kept."""
    tracemalloc.start()
    start = tracemalloc.get_traced_memory()[0]
    kept = list(model.stream("Go."))
    grown = tracemalloc.get_traced_memory()[0] - start
    tracemalloc.stop()
    return grown / len(kept)


def open_streams(model: Any, count: int) -> float:
    """Return the bytes that a stream takes that is open and was read once."""
    tracemalloc.start()
    start = tracemalloc.get_traced_memory()[0]
    held = [model.stream("Go.") for _ in range(count)]
    for one in held:
        next(one)
    grown = tracemalloc.get_traced_memory()[0] - start
    tracemalloc.stop()
    for one in held:
        one.close()
    return grown / count


def first(model: Any) -> None:
    """Wait for the first piece of an answer, and leave."""
    answer = model.stream("Go.")
    next(answer)
    answer.close()
