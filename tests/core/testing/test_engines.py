"""The simulated engines: each says what the real one said, and the core copes with each.

Owns: profiles against recordings, and one table of requests through the core on every profile. The
profiles of TensorRT-LLM and KTransformers were read from sources: nothing compares them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.chat import KimiChat, Settings
from kimi_core.errors import EmptyAnswerWarning, KimiConfigError, KimiContextOverflowError
from kimi_core.request import Options
from kimi_core.testing import (
    ENGINE_PROFILES,
    EngineProfile,
    EngineSimulator,
    SimulatedReply,
    SimulatedToolCall,
)
from kimi_core.testing._engine_answers import EngineRequest, message_of
from tests.core.asking import HELLO, tool
from tests.core.test_engine_exchanges import exchanges
from tests.scripted import post

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = "kimi-k2.6"
THOUGHT, TEXT = " The user greets.", "Hello."
PARIS = SimulatedToolCall("get_weather", {"city": "Paris"})
CALLED = [("get_weather", {"city": "Paris"})]
WORDS = {
    "[SB]": "<|tool_calls_section_begin|>",
    "[SE]": "<|tool_calls_section_end|>",
    "[CB]": "<|tool_call_begin|>",
    "[CE]": "<|tool_call_end|>",
    "[AB]": "<|tool_call_argument_begin|>",
    "[TH]": "<think>",
    "[/TH]": "</think>",
}
# What a real parser does with these was not worth a rule of its own.
_APART = {"edge double open", "edge bare counter", "edge no section", "edge call inside think"}

pytestmark = [
    pytest.mark.filterwarnings("ignore::kimi_core.ServerSetupWarning"),
    pytest.mark.filterwarnings("ignore::kimi_core.UnknownModelWarning"),
]
everywhere = pytest.mark.parametrize("name", ENGINE_PROFILES)
streamed = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@pytest.fixture
def engine(name: str) -> Iterator[EngineSimulator]:
    with EngineSimulator(name) as running:
        yield running


def endpoint_of(profile: EngineProfile) -> dict[str, Any]:
    """Return the settings by which a user reaches it: the preset, and parsing here where needed."""
    preset = profile.name.removesuffix("-no-reasoning").removesuffix("-raw")
    here = {"tool_call_parser": "client"} if profile.name == "vllm-raw" else {}
    return {"endpoint": preset, **here}


def ask(engine: EngineSimulator, *, stream: bool, tools: Any = None, **options: Any) -> Any:
    settings = endpoint_of(engine.profile)
    chat = KimiChat(Settings(base_url=engine.base_url, max_retries=0, **settings))
    try:
        request = chat.request(HELLO, tools, Options(**options), stream=stream)
        return chat.open(request).read().message()
    finally:
        chat.close()


def calls_of(said: Any) -> list[Any]:
    return [(call.name, json.loads(call.arguments)) for call in said.tool_calls]


@everywhere
@streamed
def test_an_answer(engine: EngineSimulator, stream: bool) -> None:
    engine.reply(SimulatedReply(content=TEXT, reasoning=THOUGHT))
    said = ask(engine, stream=stream)
    assert (said.content, said.reasoning, said.tool_calls) == (TEXT, THOUGHT, ())
    assert engine.requests[-1].body["model"] == MODEL  # as it is listed


@everywhere
def test_an_answer_that_nobody_scripted_has_a_text(engine: EngineSimulator) -> None:
    assert ask(engine, stream=False).content == "Hello."


@everywhere
def test_one_model_can_stand_behind_every_engine(name: str) -> None:
    """It is asked where nothing is scripted, and where it says nothing the engine does."""

    def model(body: Any) -> SimulatedReply | None:
        if not body.get("tools"):
            return None
        return SimulatedReply(reasoning=THOUGHT, tool_calls=[PARIS])

    with EngineSimulator(name, answer=model) as engine:
        engine.reply(SimulatedReply(reasoning=THOUGHT, content="Scripted."))
        said = [ask(engine, stream=False, tools=tools) for tools in ([tool()], [tool()], None)]
    assert said[0].content == "Scripted."
    assert [call.name for call in said[1].tool_calls] == ["get_weather"]
    assert said[2].content == "Hello."


@everywhere
def test_a_prompt_counts_the_reasoning_that_it_reads(engine: EngineSimulator) -> None:
    field = engine.profile.reasoning_field
    other = {"reasoning": "reasoning_content", "reasoning_content": "reasoning"}[field]
    counted = []
    for name in (field, other):
        said = {"role": "assistant", "content": "Yes.", name: "A long thought. " * 20}
        asked = {"model": MODEL, "messages": [*HELLO, said, *HELLO]}
        status, text = post(f"{engine.base_url}/chat/completions", asked)
        counted.append(json.loads(text)["usage"]["prompt_tokens"])
        assert status == 200
    assert counted[0] > counted[1] + 50


@everywhere
@streamed
def test_calls(engine: EngineSimulator, stream: bool) -> None:
    engine.reply(SimulatedReply(reasoning=THOUGHT, tool_calls=[PARIS, PARIS]))
    said = ask(engine, stream=stream, tools=[tool()])
    assert calls_of(said) == CALLED * 2
    assert (said.content, said.reasoning) == ("", THOUGHT)


@everywhere
@streamed
@pytest.mark.parametrize("choice", ["required", "get_weather"])
def test_a_forced_call(engine: EngineSimulator, choice: str, stream: bool) -> None:
    engine.reply(SimulatedReply(reasoning=THOUGHT, tool_calls=[PARIS]))
    said = ask(engine, stream=stream, tools=[tool(), tool("get_time")], tool_choice=choice)
    assert (calls_of(said), said.content) == (CALLED, "")
    sent = engine.requests[-1].body
    named = isinstance(sent.get("tool_choice"), dict)
    assert engine.profile.named_choice or not named


@pytest.mark.parametrize("name", [row.name for row in ENGINE_PROFILES.values() if row.keeps_schema])
@streamed
def test_an_object(engine: EngineSimulator, stream: bool) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}
    engine.reply(SimulatedReply(content='{"a": 1}', reasoning=THOUGHT))
    assert ask(engine, stream=stream, response_format=form).content == '{"a": 1}'


@everywhere
@streamed
def test_a_name_with_a_dash_is_called(engine: EngineSimulator, stream: bool) -> None:
    """Two parsers lose such a call; it is sent under a name that they find."""
    engine.reply(SimulatedReply(raw="</think>"))  # the first answer tells the name that was sent
    dashed = tool("get-weather")
    ask(engine, stream=False, tools=[dashed])
    sent = engine.requests[-1].body["tools"][0]["function"]["name"]
    engine.reply(SimulatedReply(tool_calls=[SimulatedToolCall(sent, {"city": "Ulm"})]))
    said = ask(engine, stream=stream, tools=[dashed])
    assert calls_of(said) == [("get-weather", {"city": "Ulm"})]


@pytest.mark.parametrize("name", ["tensorrt-llm"])
def test_what_a_parser_loses_is_counted(engine: EngineSimulator) -> None:
    """The way out is to start it without the parser, and to parse here."""
    lines = SimulatedToolCall("get_weather", '{\n "city": "Paris"\n}')
    engine.reply(SimulatedReply(tool_calls=[lines]))
    with pytest.warns(EmptyAnswerWarning, match="tool_call_parser='client'"):
        assert calls_of(ask(engine, stream=False, tools=[tool()])) == []


@everywhere
def test_a_prompt_that_is_too_long(name: str) -> None:
    with EngineSimulator(name, context=2) as engine, pytest.raises(KimiContextOverflowError):
        ask(engine, stream=False)


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(KimiConfigError, match=r"'ollama' is not known; it is one of vllm, "):
        EngineSimulator("ollama")
    with pytest.raises(KimiConfigError, match=r"'vllm-raw' leaves .* 'kimi-k3' are not simulated"):
        EngineSimulator("vllm-raw", model="kimi-k3")
    with pytest.raises(RuntimeError, match="not running"):
        _ = EngineSimulator("vllm").base_url


_CALL = "[SB][CB]functions.get_weather:0[AB]{}[CE][CB]functions.get_time:1[AB]{a}[CE][SE]"
_WHOLE = [("get_weather", "{}")]
# A profile, the request, what the model writes -> content, and calls with their arguments.
PARSED: dict[str, tuple[str, dict[str, Any], str, tuple[str, list[tuple[str, str]]]]] = {
    "a call that nobody offered is lost": ("vllm", {}, f"Hm.{_CALL}", ("Hm.", [])),
    "or is text": ("sglang", {}, f"Hm.{_CALL}", (f"Hm.{_CALL}", [])),
    "damaged arguments are lost": ("sglang", {"tools": [tool()]}, _CALL, ("", _WHOLE)),
    "or are handed on": (
        "llama.cpp", {"tools": [tool()]}, _CALL, ("", [*_WHOLE, ("get_time", "{a}")]),
    ),
    "other tools are lost": (
        "tensorrt-llm", {"tools": [tool("get_time")]}, _CALL, ("", []),
    ),
    "a beginning is said again": (
        "llama.cpp", {"messages": [{"role": "assistant", "content": "It is"}]}, " so.",
        ("It is so.", []),
    ),
    "or is not": (
        "vllm", {"messages": [{"role": "assistant", "content": "It is"}]}, " so.", (" so.", []),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "asked", "text", "made"), PARSED.values(), ids=PARSED)
def test_what_a_parser_makes_of_a_text(name: str, asked: Any, text: str, made: Any) -> None:
    request = EngineRequest({"chat_template_kwargs": {"thinking": False}, **asked})
    found = message_of(_spelled(text), request, ENGINE_PROFILES[name])
    calls = [call["function"] for call in found.get("tool_calls") or ()]
    said = (found["content"], [(call["name"], call["arguments"]) for call in calls])
    assert said == (_spelled(made[0]), made[1])


def ask_plainly(engine: EngineSimulator, body: object, route: str = "chat/completions") -> Any:
    """Return the status, and the first choice or the error."""
    status, text = post(f"{engine.base_url}/{route}", body)
    said = json.loads(text)
    return status, said["choices"][0] if status == 200 else said


CHOICE = {"tools": [tool()], "tool_choice": "required"}
ASKED: dict[str, tuple[str, object, int, str]] = {
    "no object": ("vllm", [], 400, "the body is no JSON object"),
    "an unknown model": ("vllm", {"model": "x"}, 404, "The model `x` does not exist."),
    "tools without a parser": ("vllm-raw", {"model": MODEL, "tools": [tool()]}, 400, "--tool-call"),
    "a choice without a parser": (
        "sglang-raw", CHOICE, 200, '[{"name": "get_weather", "parameters": {"city": "Paris"}}]',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "body", "status", "words"), ASKED.values(), ids=ASKED)
def test_what_it_says_to_any_client(
    engine: EngineSimulator, body: object, status: int, words: str
) -> None:
    engine.reply(SimulatedReply(reasoning=THOUGHT, tool_calls=[PARIS]))
    found, said = ask_plainly(engine, body)
    assert found == status
    text = said["message"]["content"] if status == 200 else json.dumps(said)
    assert words in text


@pytest.mark.parametrize("name", ["vllm-raw"])
def test_the_completions_route_gives_the_text_itself(engine: EngineSimulator) -> None:
    for prompt, text in (("Hi<think>", " Hm.</think>Hello."), ("Hi", "<think> Hm.</think>Hello.")):
        engine.reply(*[SimulatedReply(content=TEXT, reasoning=" Hm.")] * 2)
        body = {"model": MODEL, "prompt": prompt}
        assert ask_plainly(engine, body, "completions") == (
            200, {"index": 0, "finish_reason": "stop", "text": text},
        )  # fmt: skip
        chat = KimiChat(Settings(endpoint="vllm", base_url=engine.base_url, api="completions"))
        said = chat.open(chat.request(HELLO, stream=True)).read().message()
        assert (said.content, said.reasoning) == (TEXT, " Hm.")
        chat.close()


@pytest.mark.shared("data/recordings")
@pytest.mark.parametrize(
    ("recording", "name", "least"),
    [("sglang-A", "sglang", 30), ("sglang-B", "sglang-raw", 2), ("llamacpp", "llama.cpp", 50)],
)
def test_a_profile_makes_of_a_text_what_the_engine_made(
    recording: str, name: str, least: int
) -> None:
    profile, seen = ENGINE_PROFILES[name], 0
    for row in exchanges(recording):
        text = _written(row, recording)
        if text is None or row["label"].partition("/")[2].split("/")[-1] in _APART:
            continue
        real = json.loads(row["response"])["choices"][0]["message"]
        made = message_of(text, EngineRequest(row["request"]), profile)
        assert _told(made) == _told(real), row["label"]
        seen += 1
    assert seen >= least, seen


def _written(row: dict[str, Any], recording: str) -> str | None:
    """Return what the scripted model wrote; None where the recording does not say."""
    asked = row["request"]
    plain = row["path"].endswith("/chat/completions") and row["status"] == 200
    if not plain or asked.get("stream") or "max_tokens" in asked or "stop" in asked:
        return None
    if EngineRequest(asked).forced or asked.get("response_format"):
        return None
    question = asked["messages"][-1]
    thinks = EngineRequest(asked).thinks
    if recording == "llamacpp":
        if question["role"] == "assistant":
            return None
        call = _spelled('[SB][CB]functions.get_weather:0[AB]{"city": "Paris"}[CE][SE]')
        thought = " The user asks about the weather; I should call a tool.</think>"
        return (thought if thinks else "") + call
    content = question.get("content")
    if not isinstance(content, str) or "[[say]]" not in content or question["role"] != "user":
        return None
    return _spelled(content.partition("[[say]]")[2].rpartition("[[/say]]")[0])


def _spelled(text: str) -> str:
    for word, token in WORDS.items():
        text = text.replace(word, token)
    return text


def _told(message: dict[str, Any]) -> tuple[Any, ...]:
    calls = [
        (call["function"]["name"], json.loads(call["function"]["arguments"]))
        for call in message.get("tool_calls") or ()
    ]
    return message.get("content") or "", message.get("reasoning_content") or "", calls
