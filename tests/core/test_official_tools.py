"""Tools that Moonshot hosts, through `KimiClient`: what they are, a run, and what can go wrong.

Owns: the two routes and the answers that they may give. Agents are in parity.
"""

from __future__ import annotations

import asyncio
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core import errors
from kimi_core.chat import KimiChat, Settings
from kimi_core.platform import OFFICIAL_TOOLS, KimiClient, OfficialTool, client_of
from kimi_core.testing import MoonshotSimulator
from tests.scripted import ScriptedServer, body, post

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Ask = Callable[..., Any]

TOOL = OfficialTool(uri="moonshot/date:latest", name="date")


@pytest.fixture
def moonshot() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator() as server:
        yield server


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest, moonshot: MoonshotSimulator) -> Ask:
    settings = {"base_url": moonshot.base_url, "api_key": moonshot.api_key, "max_retries": 0}

    async def in_a_loop(name: str, *args: Any) -> Any:
        async with KimiClient(**settings) as client:
            return await getattr(client, f"a{name}")(*args)

    def run(name: str, *args: Any) -> Any:
        if request.param == "async":
            return asyncio.run(in_a_loop(name, *args))
        with KimiClient(**settings) as client:
            return getattr(client, name)(*args)

    return run


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("web-search", "moonshot/web-search:latest"),
        ("web_search", "moonshot/web-search:latest"),
        ("fetch:latest", "moonshot/fetch:latest"),
        ("moonshot/date:latest", "moonshot/date:latest"),
    ],
)
def test_a_tool_is_described_by_the_server(
    ask: Ask, moonshot: MoonshotSimulator, name: str, path: str
) -> None:
    [tool] = ask("official_tools", name)
    assert moonshot.requests[-1].path == f"/v1/formulas/{path}/tools"
    assert tool.uri == path
    assert tool.definition["function"]["parameters"] == tool.parameters


def test_a_misspelt_name_is_said_before_the_request(ask: Ask, moonshot: MoonshotSimulator) -> None:
    """It was a 404 that asked for an id and a route."""
    with pytest.raises(
        errors.KimiConfigError, match=r"'websearch' is not known\. Did you mean 'web-"
    ):
        ask("official_tools", "websearch")
    with pytest.raises(errors.KimiConfigError, match=r"need a name, or several: .*web-search"):
        ask("official_tools")
    assert moonshot.requests == []
    with pytest.raises(errors.KimiNotFoundError):
        ask("official_tools", "moonshot/websearch:latest")


def test_one_name_may_be_several_functions(ask: Ask) -> None:
    tools = ask("official_tools", "base64", "date")
    assert [tool.name for tool in tools] == ["base64_encode", "base64_decode", "date"]


def test_a_run_gets_the_words_of_the_model(ask: Ask, moonshot: MoonshotSimulator) -> None:
    words = '{ "operation":"heute, Zürich" }'
    assert ask("run_official_tool", TOOL, words) == f"Simulated date of {words}"
    assert moonshot.requests[-1].body == {"name": "date", "arguments": words}
    assert "Zürich" in ask("run_official_tool", TOOL, {"operation": "Zürich"})


def test_web_search_of_the_model_itself_needs_no_request(
    ask: Ask, moonshot: MoonshotSimulator
) -> None:
    [tool] = ask("official_tools", "$web_search")
    assert tool.definition == {"type": "builtin_function", "function": {"name": "$web_search"}}
    assert ask("run_official_tool", tool, '{ "a":1}') == '{ "a":1}'
    assert moonshot.requests == []


def test_a_failed_run_says_what_the_tool_said(ask: Ask) -> None:
    with pytest.raises(errors.KimiHostedToolError, match="'date' failed at Moonshot: missing") as e:
        ask("run_official_tool", TOOL, {})
    copy = pickle.loads(pickle.dumps(e.value))  # noqa: S301 - our own bytes
    assert (str(copy), copy.tool) == (str(e.value), "date")


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("nothing", errors.KimiNotFoundError, "moonshot/nothing:latest"),
        ("web search", errors.KimiConfigError, "Did you mean 'web-search'"),
        ("../files", errors.KimiConfigError, "is refused"),
        ("$fetch", errors.KimiConfigError, r"the one that is known is '\$web_search'"),
    ],
    ids=["unknown", "misspelt", "elsewhere", "builtin"],
)
def test_what_is_no_tool_is_said(ask: Ask, name: str, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        ask("official_tools", name)


# What a client that is not ours may post to the simulator -> its status, and words of its answer.
POSTED: dict[str, tuple[str, object, int, str]] = {
    "another route": ("moonshot/date:latest/runs", {}, 404, "runs"),
    "an unknown function": ("moonshot/date:latest/fibers", {"name": "clock"}, 400, "clock"),
    "arguments that are no text": (
        "moonshot/date:latest/fibers", {"name": "date", "arguments": {}}, 400, "must be a string",
    ),
    "arguments that are no JSON": (
        "moonshot/date:latest/fibers", {"name": "date", "arguments": "{"}, 200, "no JSON object",
    ),
    "arguments that are no object": (
        "moonshot/date:latest/fibers", {"name": "date", "arguments": "1"}, 200, "no JSON object",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("path", "body", "status", "words"), POSTED.values(), ids=POSTED)
def test_the_simulator_refuses_what_is_no_run(
    moonshot: MoonshotSimulator, path: str, body: object, status: int, words: str
) -> None:
    url, key = f"{moonshot.base_url}/formulas/{path}", f"Bearer {moonshot.api_key}"
    found, said = post(url, body, authorization=key)
    assert (found, words in said) == (status, True)


def test_another_server_has_none() -> None:
    client = KimiClient(endpoint="vllm", base_url="http://127.0.0.1:9/v1")
    with pytest.raises(errors.KimiConfigError, match="endpoint 'vllm' is another server"):
        client.official_tools("web-search")


@pytest.mark.parametrize(
    ("fiber", "said"),
    [
        ({"status": "succeeded", "context": {"output": "A"}}, "A"),
        ({"status": "succeeded", "context": {"output": {"a": "ü"}}}, '{"a": "ü"}'),
        ({"status": "succeeded", "context": {"output": "", "encrypted_output": "E"}}, "E"),
        ({"status": "succeeded", "context": {}}, ""),
    ],
    ids=["text", "object", "encrypted", "nothing"],
)
def test_what_the_model_is_told(fiber: dict[str, Any], said: str) -> None:
    assert _run(fiber) == said


@pytest.mark.parametrize(
    ("fiber", "said"),
    [
        ({"status": "failed", "error": "A"}, "A"),
        ({"status": "failed", "context": {"error": "B"}}, "B"),
        ({"status": "failed", "context": {"output": {"c": 1}}}, '{"c": 1}'),
        ({"status": "running"}, "no reason given"),
    ],
)
def test_what_a_failed_run_said(fiber: dict[str, Any], said: str) -> None:
    with pytest.raises(errors.KimiHostedToolError) as caught:
        _run(fiber)
    assert str(caught.value).endswith(f"failed at Moonshot: {said}")


def _run(fiber: dict[str, Any]) -> str:
    with ScriptedServer() as server, KimiClient(base_url=server.base_url, api_key="k") as client:
        server.will(body(fiber))
        return client.run_official_tool(TOOL, {})


@pytest.mark.parametrize(
    "described", [{}, {"tools": []}, {"tools": [{"type": "function"}, 1]}], ids=str
)
def test_a_tool_without_a_function_is_an_error(described: dict[str, Any]) -> None:
    with ScriptedServer() as server, KimiClient(base_url=server.base_url, api_key="k") as client:
        server.listings = [body(described)]
        with pytest.raises(errors.KimiProtocolError, match="describes no function of"):
            client.official_tools("date")


def test_a_tool_without_parameters_takes_anything() -> None:
    with ScriptedServer() as server, KimiClient(base_url=server.base_url, api_key="k") as client:
        server.listings = [body({"tools": [{"function": {"name": "f", "description": None}}]})]
        [tool] = client.official_tools("f")
        assert (tool.description, tool.parameters["type"]) == ("", "object")


def test_every_listed_name_is_a_name() -> None:
    with ScriptedServer() as server, KimiClient(base_url=server.base_url, api_key="k") as client:
        server.listings = [body({"tools": [{"function": {"name": "f"}}]})]
        assert len(client.official_tools(*OFFICIAL_TOOLS)) == len(OFFICIAL_TOOLS) == server.looks


def test_the_client_of_another_uses_its_connection(moonshot: MoonshotSimulator) -> None:
    settings = {"base_url": moonshot.base_url, "api_key": moonshot.api_key}
    with KimiClient(**settings) as client:
        client.models()
        assert client_of(client, {}).official_tools("date")
    with pytest.raises(errors.KimiConfigError, match="api_key, base_url would do nothing"):
        client_of(client, settings)


@pytest.mark.parametrize(
    ("model", "thinking", "sent"),
    [
        ("kimi-k2.6", None, {"type": "disabled"}),
        ("kimi-k2.6", False, {"type": "disabled"}),
        ("kimi-k2.6", True, "Set thinking=False"),
        ("kimi-k2.7-code", None, "Use kimi-k3"),
        ("kimi-k3", None, None),
    ],
)
def test_web_search_and_thinking_are_decided_before_the_request(
    moonshot: MoonshotSimulator, model: str, thinking: bool | None, sent: Any
) -> None:
    from kimi_core.request import Options

    chat = KimiChat(
        Settings(
            model=model, endpoint="moonshot", base_url=moonshot.base_url, api_key=moonshot.api_key
        )
    )
    search = [{"type": "builtin_function", "function": {"name": "$web_search"}}]
    question = [{"role": "user", "content": "Hi"}]
    options = Options(thinking=thinking)
    if isinstance(sent, str):
        with pytest.raises(errors.KimiConfigError, match=rf"'\$web_search' does not go.*{sent}"):
            chat.request(question, search, options, stream=False)
        return
    request = chat.request(question, search, options, stream=False)
    assert request.payload.get("thinking") == sent
    chat.open(request).read()
    assert moonshot.refusals == []
