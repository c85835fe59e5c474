"""The constructor, keys, dumps and copies: nothing secret is ever written down.

Owns: where keys come from, metadata, to_dict, pickle, deepcopy, events, closing, import cost.
"""

from __future__ import annotations

import asyncio
import copy
import pickle
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.llms.llm import LLM
from pydantic import SecretStr

from kimi_core.errors import KimiConfigError
from llama_index_kimi import ChatKimiK2, endpoints
from tests.llama_index.scripted_server import ScriptedServer, answer

if TYPE_CHECKING:
    from collections.abc import Callable

_ROOT = Path(__file__).parents[2]
SECRET = "sk-very-secret"
KEY_NAMES = ("MOONSHOT_API_KEY", "KIMI_API_KEY", "OPENAI_API_KEY", "VLLM_API_KEY")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in KEY_NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_a_missing_key_is_an_error_of_the_constructor_that_says_where_it_looked() -> None:
    with pytest.raises(KimiConfigError, match=r"MOONSHOT_API_KEY or KIMI_API_KEY"):
        ChatKimiK2()


def test_no_key_of_another_vendor_is_ever_used(
    monkeypatch: pytest.MonkeyPatch, server: ScriptedServer
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("OPENAI_ORG_ID", SECRET)
    with pytest.raises(KimiConfigError, match="api_key"):
        ChatKimiK2()
    server.json(answer("ok"))
    with ChatKimiK2(endpoint="vllm", base_url=server.base_url) as llm:
        llm.chat([ChatMessage("x")])

    assert SECRET not in str(server.seen[0].headers)


@pytest.mark.parametrize("name", ["MOONSHOT_API_KEY", "KIMI_API_KEY"])
def test_the_key_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, server: ScriptedServer, name: str
) -> None:
    monkeypatch.setenv(name, SECRET)
    server.json(answer("ok"))

    with ChatKimiK2(endpoint="moonshot", base_url=server.base_url) as llm:
        llm.chat([ChatMessage("x")])

    assert server.seen[0].headers["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda llm: llm.to_dict(), id="to_dict"),
        pytest.param(lambda llm: llm.to_json(), id="to_json"),
        pytest.param(lambda llm: llm.model_dump(), id="model_dump"),
        pytest.param(repr, id="repr"),
        pytest.param(str, id="str"),
        pytest.param(pickle.dumps, id="pickle"),
        pytest.param(lambda llm: llm.to_payload(), id="to_payload"),
    ],
)
def test_no_secret_is_written_down(write: Callable[[ChatKimiK2], Any]) -> None:
    llm = ChatKimiK2(
        api_key=SecretStr(SECRET),
        default_headers={"x-token": SECRET},
        default_query={"token": SECRET},
        endpoint=endpoints.vllm("http://gpu:8000/v1", default_headers={"x": SECRET}),
    )

    assert SECRET not in str(write(llm))


def test_no_secret_is_in_the_instrumentation_events(
    make_llm: Callable[..., ChatKimiK2], server: ScriptedServer
) -> None:
    seen: list[str] = []

    class Listener(BaseEventHandler):
        def handle(self, event: Any, **_: Any) -> None:
            seen.append(f"{event.class_name()} {event.model_dump()}")

    listener, dispatcher = Listener(), get_dispatcher()
    dispatcher.add_event_handler(listener)
    server.json(answer("ok"))
    make_llm(api_key=SECRET, thinking=True).chat([ChatMessage("x")])
    dispatcher.event_handlers.remove(listener)

    starts = [event for event in seen if event.startswith("LLMChatStartEvent")]
    assert len(starts) == 1
    assert "'endpoint': 'moonshot'" in starts[0]
    assert SECRET not in "".join(seen)


@pytest.mark.parametrize(
    "endpoint",
    ["vllm", endpoints.vllm(), endpoints.vllm("http://gpu:8000/v1", api="completions")],
    ids=["name", "preset", "changed preset"],
)
def test_an_instance_written_down_is_read_again(endpoint: Any) -> None:
    llm = ChatKimiK2(endpoint=endpoint, temperature=0.5, stop=["x"], timeout=3.0)

    again = ChatKimiK2.from_dict(llm.to_dict())

    assert again.to_dict() == llm.to_dict()
    assert again.metadata == llm.metadata
    assert (again.temperature, again.stop, again.timeout) == (0.5, ["x"], 3.0)


def test_an_instance_read_again_finds_its_key_in_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = ChatKimiK2(api_key=SECRET)
    with pytest.raises(KimiConfigError, match="MOONSHOT_API_KEY"):
        ChatKimiK2.from_dict(written.to_dict())

    monkeypatch.setenv("MOONSHOT_API_KEY", SECRET)

    assert ChatKimiK2.from_dict(written.to_dict()).metadata == written.metadata
    assert pickle.loads(pickle.dumps(written)).metadata == written.metadata  # noqa: S301 - our own bytes


def test_a_copy_of_a_used_instance_works(llm: ChatKimiK2, server: ScriptedServer) -> None:
    server.json(answer("ok"))
    llm.chat([ChatMessage("x")])

    twin = copy.deepcopy(llm)
    twin.max_tokens = 5
    twin.chat([ChatMessage("x")])

    assert server.bodies[1]["max_completion_tokens"] == 5
    assert llm.max_tokens is None


def test_settings_assigned_later_take_effect(llm: ChatKimiK2, server: ScriptedServer) -> None:
    server.json(answer("ok"))

    llm.model = "kimi-k3"
    llm.chat([ChatMessage("x")])

    assert server.bodies[0]["model"] == "kimi-k3"
    assert llm.metadata.model_name == "kimi-k3"


@pytest.mark.parametrize(
    ("settings", "context", "output", "name"),
    [
        pytest.param({"api_key": SECRET}, 1_048_576, 131_072, "kimi-k3.1-pro", id="default"),
        pytest.param(
            {"api_key": SECRET, "max_tokens": 7}, 1_048_576, 7, "kimi-k3.1-pro", id="max_tokens"
        ),
        pytest.param(
            {"endpoint": "vllm"}, 131_072, 4_096, "moonshotai/Kimi-K2-Instruct", id="vllm"
        ),
        pytest.param(
            {
                "endpoint": "vllm",
                "model": "mine",
                "base_model": "kimi-k2.6",
                "context_window": 8_192,
            },
            8_192,
            2_048,
            "mine",
            id="a name of its own",
        ),
    ],
)
def test_metadata_tells_what_the_model_can(
    settings: dict[str, Any], context: int, output: int, name: str
) -> None:
    metadata = ChatKimiK2(**settings).metadata

    assert (metadata.context_window, metadata.model_name) == (context, name)
    assert metadata.num_output == output
    assert metadata.is_chat_model
    assert metadata.is_function_calling_model


def test_a_misspelt_setting_is_an_error() -> None:
    with pytest.raises(
        KimiConfigError, match=r"no setting 'temprature'\. Did you mean 'temperature'"
    ):
        ChatKimiK2(api_key=SECRET, temprature=1)


def test_it_is_an_llm_of_llama_index() -> None:
    assert issubclass(ChatKimiK2, LLM)
    assert ChatKimiK2.class_name() == "ChatKimiK2"


def test_async_context_managers_close(server: ScriptedServer) -> None:
    server.json(answer("ok"))

    async def ask() -> str | None:
        async with ChatKimiK2(api_key=SECRET, endpoint="moonshot", base_url=server.base_url) as llm:
            return (await llm.achat([ChatMessage("x")])).message.content

    assert asyncio.run(ask()) == "ok"


def test_the_openai_sdk_is_not_imported_before_the_first_request() -> None:
    program = (
        "import sys; from llama_index_kimi import ChatKimiK2; ChatKimiK2(api_key='x');"
        "sys.exit('openai' in sys.modules)"
    )

    child = subprocess.run([sys.executable, "-c", program], check=False, cwd=_ROOT)  # noqa: S603 - our own program

    assert child.returncode == 0
