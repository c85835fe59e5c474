"""Connections are shared: one for each server, key and event loop, however many models ask.

Owns: instances and copies of both adapters, threads and loops, and the end of it all. How a pool
is kept is in kimi_core/transport/pools.py; forks are in core/test_processes.py.
"""

from __future__ import annotations

import asyncio
import copy
import gc
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from langchain_core.runnables import ConfigurableField

import langchain_kimi
import llama_index_kimi
from tests.scripted import ScriptedServer, body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.usefixtures("own_garbage")

# In one write: where the end of a body comes late, on busy cores, its connection is given up.
SPOKEN = replace(
    body({"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]}), at_once=True
)


class Framework(NamedTuple):
    """One adapter: how a model is made, asked, and asked in an event loop."""

    name: str
    make: Callable[..., Any]
    ask: Callable[[Any], object]
    aask: Callable[[Any], Any]


FRAMEWORKS = [
    Framework(
        "langchain",
        langchain_kimi.ChatKimiK2,
        lambda llm: llm.invoke("Hi"),
        lambda llm: llm.ainvoke("Hi"),
    ),
    Framework(
        "llama-index",
        llama_index_kimi.ChatKimiK2,
        lambda llm: llm.complete("Hi"),
        lambda llm: llm.acomplete("Hi"),
    ),
]
both = pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda one: one.name)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(repeats=True) as running:
        running.will(SPOKEN)
        yield running


def settings(server: ScriptedServer, **more: Any) -> dict[str, Any]:
    said = {"endpoint": "vllm", "base_url": server.base_url, "model": "kimi-k2.6", "api_key": "k"}
    return {**said, **more}


def ports(server: ScriptedServer) -> set[int]:
    return {seen.port for seen in server.seen}


@both
def test_twenty_instances_open_one_connection(framework: Framework, server: ScriptedServer) -> None:
    models = [framework.make(**settings(server, temperature=n / 10)) for n in range(10)]
    models += [framework.make(**settings(server, timeout=n)) for n in range(10, 15)]
    models += [framework.make(**settings(server, max_retries=n)) for n in range(5)]
    for model in models:
        framework.ask(model)
    assert (len(server.seen), len(ports(server))) == (20, 1)


@both
def test_an_instance_that_lives_keeps_the_connection_of_those_that_go(
    framework: Framework, server: ScriptedServer
) -> None:
    """LangChain's configurable_fields makes a model for every call, and drops it."""
    kept = framework.make(**settings(server))
    for _ in range(20):
        framework.ask(framework.make(**settings(server)))
        gc.collect()
    for copied in (copy.copy(kept), copy.deepcopy(kept), kept.model_copy(update={"seed": 1})):
        framework.ask(copied)
    assert (len(server.seen), len(ports(server))) == (23, 1)


def test_twenty_copies_by_configurable_fields_open_one_connection(server: ScriptedServer) -> None:
    llm = langchain_kimi.ChatKimiK2(**settings(server)).configurable_fields(
        temperature=ConfigurableField(id="t"), model_name=ConfigurableField(id="m")
    )
    for number in range(20):
        llm.with_config(configurable={"t": number / 20, "m": "kimi-k2.5"}).invoke("Hi")
    assert (len(server.seen), len(ports(server))) == (20, 1)


@both
def test_thirty_async_instances_open_one_connection_in_each_loop(
    framework: Framework, server: ScriptedServer
) -> None:
    models = [framework.make(**settings(server)) for _ in range(30)]

    async def ask_all() -> None:
        for model in models:
            await framework.aask(model)

    for loops in (1, 2, 3):
        asyncio.run(ask_all())
        assert (len(server.seen), len(ports(server))) == (30 * loops, loops)


@both
def test_threads_with_loops_of_their_own_share_nothing_but_their_loop(
    framework: Framework, server: ScriptedServer
) -> None:
    models = [framework.make(**settings(server)) for _ in range(10)]

    def in_a_thread(_number: int) -> None:
        async def ask_all() -> None:
            for model in models:
                await framework.aask(model)

        asyncio.run(ask_all())

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(in_a_thread, range(4)))
    assert (len(server.seen), len(ports(server))) == (40, 4)


@both
def test_threads_use_as_many_connections_as_ask_at_once(
    framework: Framework, server: ScriptedServer
) -> None:
    models = [framework.make(**settings(server)) for _ in range(20)]
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(framework.ask, models))
    assert len(server.seen) == 20
    assert len(ports(server)) <= 3


@both
@pytest.mark.parametrize(
    "other",
    [{"api_key": "another"}, {"default_headers": {"x-tenant": "2"}}],
    ids=["key", "headers"],
)
def test_another_account_has_connections_of_its_own(
    framework: Framework, server: ScriptedServer, other: dict[str, Any]
) -> None:
    """Cookies of one account are not for another."""
    models = [framework.make(**settings(server)), framework.make(**settings(server, **other))]
    for model in models:
        framework.ask(model)
    assert len(ports(server)) == 2


@both
def test_the_last_one_that_closes_closes(framework: Framework, server: ScriptedServer) -> None:
    first, second = (framework.make(**settings(server)) for _ in range(2))
    framework.ask(first)
    client = first._chat.transport._pool._client
    first.close()
    first.close()
    assert not client.is_closed
    framework.ask(second)
    assert len(ports(server)) == 1
    second.close()
    assert client.is_closed
    framework.ask(first)
    assert len(ports(server)) == 2


@both
def test_a_copy_that_closes_leaves_its_original_alone(
    framework: Framework, server: ScriptedServer
) -> None:
    model = framework.make(**settings(server))
    framework.ask(model)
    client = model._chat.transport._pool._client
    for update in ({"seed": 1}, {"max_retries": 0}):
        with model.model_copy(update=update) as copied:
            framework.ask(copied)
        assert not client.is_closed
    assert len(ports(server)) == 1


@both
def test_the_last_one_that_is_forgotten_closes(
    framework: Framework, server: ScriptedServer
) -> None:
    first, second = (framework.make(**settings(server)) for _ in range(2))
    framework.ask(first)
    client = first._chat.transport._pool._client
    del first
    gc.collect()
    assert not client.is_closed
    del second
    gc.collect()
    assert client.is_closed


@both
def test_the_last_one_of_a_loop_closes_what_is_the_loops(
    framework: Framework, server: ScriptedServer
) -> None:
    async def run() -> None:
        first, second = (framework.make(**settings(server)) for _ in range(2))
        await framework.aask(first)
        pool = first._chat.transport._pool
        [client] = [one.client for one in pool._loops.values()]
        await first.aclose()
        assert not client.is_closed
        await framework.aask(second)
        await second.aclose()
        assert client.is_closed
        await framework.aask(first)  # which opens anew
        [client] = [one.client for one in pool._loops.values()]
        await second.aclose()
        assert not client.is_closed
        await first.aclose()
        assert client.is_closed

    asyncio.run(run())
    assert len(ports(server)) == 2


@both
def test_what_nobody_closes_in_a_loop_is_closed_when_it_is_forgotten(
    framework: Framework, server: ScriptedServer
) -> None:
    async def run() -> Any:
        model = framework.make(**settings(server))
        await framework.aask(model)
        [client] = [one.client for one in model._chat.transport._pool._loops.values()]
        del model
        gc.collect()
        for _ in range(5):
            await asyncio.sleep(0)
        return client

    assert asyncio.run(run()).is_closed


@both
@pytest.mark.parametrize("last", ["return", "drop", "close"])
def test_the_last_line_of_a_loop_may_be_the_last_that_holds_a_model(
    framework: Framework, server: ScriptedServer, last: str
) -> None:
    """The loop ended before the task that closed ten connections: sockets stayed open."""

    async def run() -> None:
        model = framework.make(**settings(server))
        await asyncio.gather(*(framework.aask(model) for _ in range(10)))
        if last == "drop":
            del model
            gc.collect()
            await asyncio.sleep(0)
        elif last == "close":
            closing.append(asyncio.create_task(model.aclose()))

    closing: list[asyncio.Task[None]] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(run())
        gc.collect()
    assert [str(w.message) for w in caught if w.category is ResourceWarning] == []
    assert len(ports(server)) > 1


@both
def test_one_that_closes_in_its_loop_leaves_another_loop_alone(
    framework: Framework, server: ScriptedServer
) -> None:
    first, second = (framework.make(**settings(server)) for _ in range(2))
    here, there = asyncio.new_event_loop(), asyncio.new_event_loop()
    for loop in (here, there):
        loop.run_until_complete(framework.aask(first))
    here.run_until_complete(first.aclose())
    there.run_until_complete(second.aclose())
    there.run_until_complete(framework.aask(first))
    assert len(ports(server)) == 2
    for loop in (here, there):
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
