"""Where no model was named, or a short name, a self-hosted server is asked once what it serves.

Owns: `kimi_core.chat._served`, through `KimiChat`.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core import endpoints
from kimi_core.chat import KimiChat, Settings, _served
from kimi_core.errors import KimiConfigError
from tests.core.asking import HELLO, call, result
from tests.scripted import Answer, ScriptedServer, body, error, listing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Connect = Callable[..., KimiChat]
    Ask = Callable[[KimiChat], str | None]

FALLBACK = "moonshotai/Kimi-K2-Instruct"
THINKING = "moonshotai/Kimi-K2-Thinking"
SPOKEN = body({"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]})


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that lists what the test tells it to, and answers 30 requests."""
    with ScriptedServer() as running:
        running.will(*[SPOKEN] * 30)
        yield running


def ask(chat: KimiChat) -> str | None:
    """Ask and read to the end."""
    return chat.open(chat.request(HELLO, stream=False)).read().message().content


def ask_async(chat: KimiChat) -> str | None:
    """Ask and read to the end in an event loop of its own."""

    async def reading() -> str | None:
        reply = await chat.aopen(chat.request(HELLO, stream=False))
        content = (await reply.read()).message().content
        await chat.aclose()
        return content

    return asyncio.run(reading())


both = pytest.mark.parametrize("ask_for", [ask, ask_async], ids=["sync", "async"])


def models_asked(server: ScriptedServer) -> list[str]:
    """Return the models of the requests so far."""
    return [seen.json["model"] for seen in server.seen]


@pytest.mark.filterwarnings("ignore::kimi_core.UnknownModelWarning")  # a name of its own
@both
@pytest.mark.parametrize(
    ("answer", "model"),
    [
        pytest.param(listing("kimi"), "kimi", id="one-of-any-name"),
        pytest.param(listing("/models/Kimi-K2.5-Q4_K_M.gguf"), "/models/Kimi-K2.5-Q4_K_M.gguf"),
        pytest.param(listing("kimi-k2.5"), "kimi-k2.5", id="kimis-own-name-as-it-is-listed"),
        pytest.param(body([{"id": "kimi"}]), "kimi", id="a-bare-list"),
        pytest.param(listing("bge-m3", THINKING), THINKING, id="one-kimi-among-others"),
        pytest.param(listing(THINKING, "moonshotai/Kimi-K2.5"), FALLBACK, id="two-kimis"),
        pytest.param(listing("bge-m3", "qwen"), FALLBACK, id="several-strangers"),
        pytest.param(listing(), FALLBACK, id="none"),
        pytest.param(listing(" "), FALLBACK, id="no-name"),
        pytest.param(body({"data": ["kimi"]}), FALLBACK, id="rows-of-text"),
        pytest.param(body({"data": [{"id": 7}]}), FALLBACK, id="a-number-for-a-name"),
        pytest.param(body({"data": "kimi"}), FALLBACK, id="data-is-no-list"),
        pytest.param(body(["kimi"]), FALLBACK, id="no-object"),
        pytest.param(Answer((b"<html>",)), FALLBACK, id="no-json"),
        pytest.param(error(404, "no such route", "not_found"), FALLBACK, id="404"),
        pytest.param(error(500, "broken", "server_error"), FALLBACK, id="500"),
    ],
)
def test_the_model_that_is_asked(
    server: ScriptedServer, connect: Connect, ask_for: Ask, answer: Answer, model: str
) -> None:
    server.listings = [answer]
    chat = connect(max_retries=2)
    assert chat.capabilities.model == FALLBACK
    assert [ask_for(chat), ask_for(chat)] == ["Hi.", "Hi."]
    assert (models_asked(server), server.looks) == ([model, model], 1)
    assert chat.capabilities.model == model


@both
def test_a_silent_server_holds_up_the_first_request_only(
    server: ScriptedServer, connect: Connect, ask_for: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_served, "_SECONDS", 0.5)
    server.listings = [Answer(stalls=True)]
    chat = connect()
    assert [ask_for(chat), ask_for(chat)] == ["Hi.", "Hi."]
    assert (models_asked(server), server.looks) == ([FALLBACK, FALLBACK], 1)


@pytest.mark.filterwarnings("ignore::kimi_core.UnknownModelWarning")  # a name of its own
@both
def test_a_connection_that_breaks_has_answered_nothing(
    server: ScriptedServer, connect: Connect, ask_for: Ask
) -> None:
    server.listings = [Answer((b'{"data"',), breaks=True), listing("kimi")]
    chat = connect()
    ask_for(chat)
    ask_for(chat)
    assert (models_asked(server), server.looks) == ([FALLBACK, "kimi"], 2)


NAMED: dict[str, dict[str, Any]] = {
    "named": {"model": THINKING},
    "named, a name of its own": {"model": "kimi"},
    "hosted": {"endpoint": "moonshot"},
    "own-default": {"endpoint": endpoints.vllm(default_model="mine")},
    "own-key": {"endpoint": endpoints.vllm(needs_key=True)},
}


@pytest.mark.filterwarnings("ignore::kimi_core.UnknownModelWarning")  # a name of its own
@both
@pytest.mark.parametrize("settings", NAMED.values(), ids=NAMED)
def test_a_server_that_is_not_asked(
    server: ScriptedServer, connect: Connect, ask_for: Ask, settings: dict[str, Any]
) -> None:
    server.listings = [listing("kimi")]
    chat = connect(**settings)
    ask_for(chat)
    assert (models_asked(server), server.looks) == ([chat.capabilities.model], 0)


@both
@pytest.mark.parametrize(
    ("listed", "model"),
    [
        pytest.param(["kimi-k2-thinking", THINKING], "kimi-k2-thinking", id="as-it-was-named"),
        pytest.param([FALLBACK, THINKING], THINKING, id="as-the-endpoint-spells-it"),
        pytest.param(
            ["org/Kimi-K2-Thinking-FP8", FALLBACK], "org/Kimi-K2-Thinking-FP8", id="the-same-model"
        ),
        pytest.param(["a/kimi-k2-thinking", "b/kimi-k2-thinking"], THINKING, id="two-such"),
        pytest.param(["kimi-k2.5"], THINKING, id="another-model-alone"),
        pytest.param([], THINKING, id="nothing"),
    ],
)
def test_a_short_name_is_asked_as_it_is_listed(
    server: ScriptedServer, connect: Connect, ask_for: Ask, listed: list[str], model: str
) -> None:
    """A vLLM started with --served-model-name kimi-k2-thinking answers 404 to the weights' name."""
    server.listings = [listing(*listed)]
    chat = connect(model="kimi-k2-thinking")
    assert [ask_for(chat), ask_for(chat)] == ["Hi.", "Hi."]
    assert (models_asked(server), server.looks) == ([model, model], 1)
    assert chat.capabilities.info.name == "kimi-k2-thinking"


def test_a_model_named_for_one_call(server: ScriptedServer, connect: Connect) -> None:
    chat = connect()
    chat.open(chat.request(HELLO, stream=False, model="kimi-k2-thinking")).read()
    assert (models_asked(server), server.looks) == ([THINKING], 0)


@pytest.mark.filterwarnings("ignore::kimi_core.UnknownModelWarning")  # a name of its own
def test_the_spelling_that_it_began_with_means_what_is_served(
    server: ScriptedServer, connect: Connect
) -> None:
    server.listings = [listing("kimi")]
    chat = connect()
    for _ in range(2):
        chat.open(chat.request(HELLO, stream=False, model=FALLBACK)).read()
    assert models_asked(server) == ["kimi", "kimi"]


def test_an_engine_without_an_address_is_not_asked() -> None:
    chat = KimiChat(Settings(endpoint=endpoints.local(default_model=None)))
    assert not isinstance(chat.request(HELLO, stream=False), _served.UnnamedRequest)


def test_only_the_embedded_engine_has_no_address() -> None:
    with pytest.raises(KimiConfigError, match="base_url '' of endpoint 'custom' is not an http"):
        KimiChat(Settings(endpoint="custom"))


@pytest.mark.filterwarnings("ignore::kimi_core.UnknownModelWarning")  # a name of its own
def test_threads_ask_once(server: ScriptedServer, connect: Connect) -> None:
    server.listings = [listing("kimi")]
    chat = connect()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, [chat] * 8))
    assert (models_asked(server), server.looks) == (["kimi"] * 8, 1)


@pytest.mark.filterwarnings("ignore::kimi_core.UnknownModelWarning")  # a name of its own
def test_tasks_ask_once(server: ScriptedServer, connect: Connect) -> None:
    server.listings = [listing("kimi")]
    chat = connect()

    async def one() -> None:
        await (await chat.aopen(chat.request(HELLO, stream=False))).read()

    async def all_of_them() -> None:
        await asyncio.gather(*(one() for _ in range(8)))
        await chat.aclose()

    asyncio.run(all_of_them())
    assert (models_asked(server), server.looks) == (["kimi"] * 8, 1)


def test_the_facts_are_those_of_the_model_that_is_served(
    server: ScriptedServer, connect: Connect
) -> None:
    server.listings = [listing(THINKING)]
    chat = connect()
    assert chat.capabilities.info.context_window == 131_072
    identity = "functions.get_weather:0"
    turn = {"role": "assistant", "content": "", "tool_calls": [call(identity)]}
    history = [*HELLO, {**turn, "reasoning_content": "Look it up."}, result(identity)]
    reader = chat.open(chat.request(history, stream=False)).read()
    assert server.seen[0].json["messages"][1]["reasoning"] == "Look it up."
    assert reader.message().content == "Hi."
    assert chat.capabilities.info.name == "kimi-k2-thinking"
    assert chat.capabilities.info.context_window == 262_144


def test_base_model_says_whose_facts_apply(server: ScriptedServer, connect: Connect) -> None:
    server.listings = [listing("my-kimi")]
    chat = connect(base_model="kimi-k2.6")
    ask(chat)
    assert models_asked(server) == ["my-kimi"]
    assert chat.capabilities.info.name == "kimi-k2.6"


def test_a_setting_that_the_served_model_refuses(server: ScriptedServer, connect: Connect) -> None:
    server.listings = [listing("moonshotai/Kimi-K3")]
    chat = connect(api="completions")
    begun = {"role": "assistant", "content": "I am", "partial": True}
    request = chat.request([*HELLO, begun], stream=False)
    with pytest.raises(KimiConfigError, match=r"partial=True .*Kimi-K3"):
        chat.open(request)
    assert server.seen == []
