"""Nothing that Moonshot's own API refuses is sent to it: never a 400 that could be foreseen.

Owns: what is checked before a request is sent, and the contract with the strict simulator:
whatever a caller sets, a request either fails before it is sent, with a sentence, or is accepted.
What the simulator's rules rest on is said in `kimi_core.testing`.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kimi_core import IgnoredSettingWarning
from kimi_core.chat import KimiChat, Settings
from kimi_core.errors import KimiConfigError
from kimi_core.request import Options
from kimi_core.schema import normalize_schema
from kimi_core.testing import MoonshotSimulator
from tests.core.asking import HELLO, call, named, payload, result, tool

if TYPE_CHECKING:
    from collections.abc import Iterator

MOONSHOT = ["moonshot", "moonshot-cn"]

PAIR = {"type": "array", "items": [{"type": "integer"}, {"type": "integer"}]}
ROW = {"type": "object", "properties": {"pair": PAIR}}


def with_parameters(name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return a tool with these parameters."""
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


@pytest.mark.parametrize("endpoint", MOONSHOT)
def test_schemas_are_written_in_moonshots_flavour(endpoint: str) -> None:
    tools = [with_parameters("plot", ROW), {"type": "builtin_function", "function": {"name": "$x"}}]
    wanted = {"type": "json_schema", "json_schema": {"name": "row", "schema": ROW}}
    brought = [with_parameters("draw", ROW)]
    messages = [{"role": "system", "tools": brought}, *HELLO]
    sent = payload(endpoint, "kimi-k3", messages=messages, tools=tools, response_format=wanted)
    flavoured = normalize_schema(ROW)
    assert flavoured != ROW
    assert sent["tools"] == [with_parameters("plot", flavoured), tools[1]]
    assert sent["messages"][0]["tools"] == [with_parameters("draw", flavoured)]
    assert sent["response_format"]["json_schema"] == {"name": "row", "schema": flavoured}
    # Others take JSON schema as it is.
    plot = tools[:1]
    kept = payload("vllm", "kimi-k3", messages=messages, tools=plot, response_format=wanted)
    assert (kept["tools"], kept["messages"][0]["tools"]) == (plot, brought)
    assert kept["response_format"] == wanted


@pytest.mark.parametrize(
    "tools",
    [[tool("")], [tool(), tool()], [with_parameters("f", {"type": "string"})]],
    ids=["name", "twice", "no object"],
)
def test_a_tool_that_moonshot_refuses_is_refused_here(tools: list[dict[str, Any]]) -> None:
    with pytest.raises(KimiConfigError, match=r"Tool name ''|get_weather|Tool 'f'"):
        payload("moonshot", tools=tools)
    assert payload("vllm", tools=tools)["tools"] == tools


# What forbids several calls -> whether a warning says that nothing forbids them.
PARALLEL: list[tuple[dict[str, Any], bool]] = [
    ({"parallel_tool_calls": True}, False),
    ({"parallel_tool_calls": False}, True),
    ({"parallel_tool_calls": False, "tool_choice": "auto"}, True),
    ({"parallel_tool_calls": False, "tool_choice": "required"}, True),
    ({"parallel_tool_calls": False, "tool_choice": "get_weather"}, False),
]


@pytest.mark.parametrize(("options", "warns"), PARALLEL)
def test_parallel_tool_calls_have_no_field(options: dict[str, Any], *, warns: bool) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = payload("moonshot", "kimi-k3", tools=[tool(), tool("get_time")], **options)
    assert "parallel_tool_calls" not in found
    assert [warning.category for warning in caught] == [IgnoredSettingWarning] * warns


@pytest.fixture(scope="module")
def simulator() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator() as running:
        yield running


@pytest.fixture(scope="module")
def chat(simulator: MoonshotSimulator) -> Iterator[KimiChat]:
    found = KimiChat(
        Settings(
            endpoint="moonshot",
            base_url=simulator.base_url,
            api_key=simulator.api_key,
            max_retries=0,
        )
    )
    yield found
    found.close()


CONTENTS = st.sampled_from(
    ["Hi", "", None, [], [{"type": "text", "text": ""}, {"type": "text", "text": "x"}]]
)
IDS = st.sampled_from(["a_0", "a_1", "functions.get_weather:0", "call_x"])


def _said(content: Any, reasoning: str | None, identities: list[str]) -> list[dict[str, Any]]:
    """Return an assistant's message, and results for most of its calls."""
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if reasoning is not None:
        message["reasoning_content"] = reasoning
    if identities:
        message["tool_calls"] = [call(identity) for identity in identities]
    return [message, *(result(identity, "") for identity in identities if identity != "call_x")]


ASSISTANT = st.builds(
    _said, CONTENTS, st.sampled_from([None, "", "why"]), st.lists(IDS, max_size=2)
)
OTHERS = st.builds(
    lambda role, content: [{"role": role, "content": content}],
    st.sampled_from(["user", "system", "developer"]),
    CONTENTS,
)
HISTORIES = st.lists(st.one_of(ASSISTANT, OTHERS), max_size=4).map(
    lambda turns: [message for turn in turns for message in turn] + HELLO
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.sampled_from([0.0, 0.6, 1.0]),
        "top_p": st.sampled_from([0.95, 1.0]),
        "n": st.just(1),
        "presence_penalty": st.just(0),
        "max_tokens": st.just(64),
        "stop": st.sampled_from(["END", ["a", "b"], []]),
        "thinking": st.booleans(),
        "keep_thinking": st.booleans(),
        "reasoning_effort": st.sampled_from(["low", "high"]),
        "tool_choice": st.sampled_from(["auto", "none", "required", "get_weather", named()]),
        "parallel_tool_calls": st.booleans(),
        "response_format": st.sampled_from(
            [
                {"type": "json_object"},
                {"type": "json_schema", "json_schema": {"name": "row", "schema": ROW}},
            ]
        ),
        "prompt_cache_key": st.just("session"),
        "safety_identifier": st.just("user"),
    },
)
MODELS = st.sampled_from(
    ["kimi-k3", "kimi-k2.7-code", "kimi-k2.7-code-highspeed", "kimi-k2.6", "moonshotai/Kimi-K2.6"]
)
TOOLS = st.sampled_from(
    [[], [tool()], [tool(), tool("get_time")], [with_parameters("plot", ROW)], [tool("a b")]]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(model=MODELS, messages=HISTORIES, streamed=st.booleans())
def test_no_history_of_a_framework_is_refused(
    chat: KimiChat, model: str, messages: list[dict[str, Any]], *, streamed: bool
) -> None:
    request = chat.request(messages, [tool()], stream=streamed, model=model)
    assert chat.open(request).read().finish_reason in {"stop", "tool_calls"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(model=MODELS, messages=HISTORIES, tools=TOOLS, options=OPTIONS, streamed=st.booleans())
@pytest.mark.filterwarnings("ignore::kimi_core.ToolChoiceWarning")
@pytest.mark.filterwarnings("ignore::kimi_core.IgnoredSettingWarning")
def test_a_request_is_refused_here_or_accepted_there(
    chat: KimiChat,
    model: str,
    messages: list[dict[str, Any]],
    tools: list[dict[str, Any]],
    options: dict[str, Any],
    *,
    streamed: bool,
) -> None:
    try:
        request = chat.request(messages, tools, Options(**options), stream=streamed, model=model)
    except KimiConfigError:
        return
    reader = chat.open(request).read()
    assert reader.finish_reason in {"stop", "tool_calls", "length"}
