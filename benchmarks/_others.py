"""What is measured of clients that belong to neither framework: the openai SDK, and pydantic-ai.

Owns: how each of them is made, and what each action does with it, likewise as in `_langchain`; what
one of them cannot do is left out. May know: the peers, each imported where it is made.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[[], float]

KEY = "not needed"
LOOP = asyncio.new_event_loop()
QUESTION: Any = [{"role": "user", "content": "Go."}]
AI = "pydantic-ai"


class _Sdk:
    """Both clients of the openai SDK."""

    def __init__(self, url: str) -> None:
        import openai

        self.sync = openai.OpenAI(base_url=url, api_key=KEY)
        self.one = openai.AsyncOpenAI(base_url=url, api_key=KEY)

    def ask(self, client: Any, **more: Any) -> Any:
        """Ask, or return what is to be awaited."""
        return client.chat.completions.create(model="kimi-k2.6", messages=QUESTION, **more)


def _sdk(url: str, **_: Any) -> Any:
    return _Sdk(url)


def _pydantic_ai(url: str, **_: Any) -> Any:
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    return OpenAIChatModel("kimi-k2.6", provider=OpenAIProvider(base_url=url, api_key=KEY))


MODELS: dict[str, Callable[..., Any]] = {"openai": _sdk, AI: _pydantic_ai}


def _agent(model: Any, **settings: Any) -> Any:
    if isinstance(model, _Sdk):
        raise NotImplementedError("openai")
    from pydantic_ai import Agent

    return Agent(model, **settings)


async def _streamed(model: Any) -> int:
    if isinstance(model, _Sdk):
        return sum([1 async for _ in await model.ask(model.one, stream=True)])
    from pydantic_ai.direct import model_request_stream
    from pydantic_ai.messages import ModelRequest

    async with model_request_stream(model, [ModelRequest.user_text_prompt("Go.")]) as events:
        return sum([1 async for _ in events])


async def _asked(model: Any) -> None:
    if isinstance(model, _Sdk):
        await model.ask(model.one)
        return
    from pydantic_ai.direct import model_request
    from pydantic_ai.messages import ModelRequest

    await model_request(model, [ModelRequest.user_text_prompt("Go.")])


def stream(model: Any) -> Run:
    """Stream one answer; pydantic-ai has async streams only."""
    if isinstance(model, _Sdk):
        return lambda: sum(1 for _ in model.ask(model.sync, stream=True))
    return astream(model)


def astream(model: Any, at_once: int = 1) -> Run:
    """Stream so many answers at once."""

    async def run() -> int:
        return sum(await asyncio.gather(*(_streamed(model) for _ in range(at_once))))

    return lambda: LOOP.run_until_complete(run())


def structured(model: Any) -> Run:
    """Stream an object that grows."""
    from pydantic import BaseModel
    from pydantic_ai import NativeOutput

    class Document(BaseModel):
        code: str

    made = _agent(model, output_type=NativeOutput(Document))

    async def run() -> int:
        async with made.run_stream("Go.") as answer:
            return sum([1 async for _ in answer.stream_output(debounce_by=None)])

    return lambda: LOOP.run_until_complete(run())


def agent(model: Any, chunks: int) -> Run:
    """Run an agent: a streamed call, its execution, a streamed answer."""

    def write(code: str) -> str:
        """Write a program."""
        return f"{len(code)} characters"

    made = _agent(model, tools=[write])

    async def run() -> int:
        async with made.run_stream("Go.") as answer:
            async for _ in answer.stream_text(delta=True, debounce_by=None):
                pass
        return 2 * chunks

    return lambda: LOOP.run_until_complete(run())


def invoke(model: Any, count: int) -> Run:
    """Ask for whole answers, one after the other."""

    async def arun() -> None:
        for _ in range(count):
            await _asked(model)

    def run() -> int:
        if isinstance(model, _Sdk):
            for _ in range(count):
                model.ask(model.sync)
        else:
            LOOP.run_until_complete(arun())
        return count

    return run


def abatch(model: Any, at_once: int) -> Run:
    """Ask for whole answers, so many at once, in one event loop."""
    count = max(64, at_once)

    async def run() -> int:
        free = asyncio.Semaphore(at_once)

        async def one() -> None:
            async with free:
                await _asked(model)

        await asyncio.gather(*(one() for _ in range(count)))
        return count

    return lambda: LOOP.run_until_complete(run())


def first(model: Any) -> None:
    """Wait for the first piece of an answer, and leave."""
    if not isinstance(model, _Sdk):
        raise NotImplementedError(AI)
    answer = model.ask(model.sync, stream=True)
    next(answer)
    answer.close()
