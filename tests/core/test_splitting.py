"""Reasoning that a server leaves in the content never reaches a user as an answer.

Owns: servers without a reasoning parser, whole and streamed, by both dialects; what an instance
learns of its server; and calls that come as a JSON list, from a server without a tool parser.
"""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_core.errors import IgnoredSettingWarning, ServerSetupWarning
from kimi_core.events import ContentDelta, ReasoningDelta
from kimi_core.request import Options
from kimi_core.response import ResponseReader
from tests.core.asking import HELLO, ask, named, tool
from tests.core.reading import delta, read, whole
from tests.core.test_engine_exchanges import exchanges
from tests.scripted import Answer, ScriptedServer, body, chunk, sse, stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kimi_core.chat import KimiChat

K2, K3 = "kimi-k2.6", "kimi-k3"
THOUGHT = "A greeting, so I greet."
CALL = (
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0"
    '<|tool_call_argument_begin|>{"city": "Rome"}<|tool_call_end|><|tool_calls_section_end|>'
)
MADE = [("get_weather", '{"city": "Rome"}', True)]
AS_JSON = {"response_format": {"type": "json_object"}}
OBJECT = '{"city": "Rome"}'
K3_ANSWER = "<|close|>think<|sep|><|open|>response<|sep|>Hello.<|close|>response<|sep|>"
K3_CALL = (
    '<|open|>tools<|sep|><|open|>call tool="get_weather" index="1"<|sep|>'
    '<|open|>argument key="city" type="string"<|sep|>Rome<|close|>argument<|sep|>'
    "<|close|>call<|sep|><|close|>tools<|sep|><|close|>message<|sep|>"
)
LISTED = '[{"name": "get_weather","parameters":{"city": "Rome"}}]'

# model, what was asked, content, finish reason -> content, reasoning, calls
UNSPLIT: dict[str, tuple[str, dict[str, Any], str, str, tuple[str, str, list[Any]]]] = {
    "an answer": (K2, {}, f"{THOUGHT}</think>Hello.", "stop", ("Hello.", THOUGHT, [])),
    "no thought": (K2, {}, "</think>Hello.", "stop", ("Hello.", "", [])),
    "its own tag": (K2, {}, f"<think>{THOUGHT}</think>Hello.", "stop", ("Hello.", THOUGHT, [])),
    "a call": (K2, {}, f"{THOUGHT}</think>{CALL}", "stop", ("", THOUGHT, MADE)),
    "a call at once": (K2, {}, CALL, "stop", ("", "", MADE)),
    "text and a call": (K2, {}, f"{THOUGHT}</think>Hm.{CALL}", "stop", ("Hm.", THOUGHT, MADE)),
    "cut in the thought": (K2, {}, THOUGHT, "length", ("", THOUGHT, [])),
    "nothing that ends a thought": (K2, {}, "Hello.", "stop", ("Hello.", "", [])),
    "JSON at once": (K2, AS_JSON, OBJECT, "stop", (OBJECT, "", [])),
    "JSON at once, cut": (K2, AS_JSON, OBJECT[:9], "length", (OBJECT[:9], "", [])),
    "JSON behind a thought": (K2, AS_JSON, f"{THOUGHT}</think>{OBJECT}", "stop",
                              (OBJECT, THOUGHT, [])),
    "a list of calls": (K2, {"tool_choice": "required"}, LISTED, "stop", ("", "", MADE)),
    "a list of one call": (K2, {"tool_choice": named()}, f"\n {LISTED} ", "stop", ("", "", MADE)),
    "a list behind a thought": (K2, {"tool_choice": "required"}, f"{THOUGHT}</think>{CALL}",
                                "stop", ("", THOUGHT, MADE)),
    "a list that nobody forced": (K2, {}, LISTED, "stop", (LISTED, "", [])),
    "a list of other tools": (K2, {"tool_choice": "required"}, LISTED.replace("get_w", "set_w"),
                              "stop", (LISTED.replace("get_w", "set_w"), "", [])),
    "a list that ends too soon": (K2, {"tool_choice": "required"}, LISTED[:-9], "stop",
                                  (LISTED[:-9], "", [])),
    "a list of a name that is no JSON": (
        K2, {"tool_choice": "required"}, LISTED.replace("_", "\\w"), "stop",
        (LISTED.replace("_", "\\w"), "", []),
    ),
    "a list that is cut": (K2, {"tool_choice": "required"}, LISTED[:-9], "length",
                           ("", "", [("get_weather", LISTED[37:-9], False)])),
    "K3, an answer": (K3, {}, THOUGHT + K3_ANSWER, "stop", ("Hello.", THOUGHT, [])),
    "K3, a call": (K3, {}, f"{THOUGHT}{K3_ANSWER.replace('Hello.', '')}{K3_CALL}", "stop",
                   ("", THOUGHT, [("get_weather", '{"city":"Rome"}', True)])),
    "K3, cut in the thought": (K3, {}, THOUGHT, "length", ("", THOUGHT, [])),
}  # fmt: skip


def say(
    model: str, asked: dict[str, Any], chunks: Sequence[dict[str, Any]], parser: str = "auto"
) -> tuple[str, str, list[Any]]:
    """Return content, reasoning and calls of an answer of an SGLang."""
    streams = "delta" in chunks[0]["choices"][0]
    overrides = {"tool_call_parser": parser}
    request = ask("sglang", model, tools=[tool()], overrides=overrides, stream=streams, **asked)
    said = read(chunks, ResponseReader(request))[0].message()
    calls = [(call.name, call.arguments, call.complete) for call in said.tool_calls]
    return said.content, said.reasoning, calls


@pytest.mark.parametrize("parser", ["auto", "client"])
@pytest.mark.parametrize(
    ("model", "asked", "text", "finish", "said"), UNSPLIT.values(), ids=UNSPLIT
)
def test_an_answer_is_split_here(
    model: str, asked: dict[str, Any], text: str, finish: str, said: Any, parser: str
) -> None:
    if parser == "client" and not asked and text == said[0]:
        # an opened think block that was never closed is reasoning, and said once more
        said = (text, text, [])
    assert say(model, asked, [whole(finish, content=text)], parser) == said
    assert say(model, asked, [delta(content=c) for c in text] + [delta(finish)], parser) == said


@pytest.mark.parametrize("thinking", [None, False])
@pytest.mark.parametrize(
    ("text", "said"),
    [("Let me see.</think>Hello.", ("Hello.", "Let me see.")), ("Hello.", ("Hello.", ""))],
)
def test_a_server_that_cannot_be_told_not_to_think_may_think(
    text: str, said: tuple[str, str], thinking: bool | None
) -> None:
    """``transformers serve`` has no switch, and its answer began with the thought and its tag."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IgnoredSettingWarning)
        request = ask("custom", "kimi-k2.5", thinking=thinking)
    for chunks in ([whole("stop", content=text)], [delta(content=c) for c in text]):
        message = read(chunks, ResponseReader(request))[0].message()
        assert (message.content, message.reasoning) == said


@given(st.sampled_from([*UNSPLIT]), st.lists(st.integers(1, 40), min_size=1))
def test_no_cut_of_a_stream_changes_what_it_says(name: str, sizes: list[int]) -> None:
    model, asked, text, finish, said = UNSPLIT[name]
    pieces: list[str] = []
    while text:
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(text[:size])
        text = text[size:]
    chunks = [delta(content=piece) for piece in pieces]
    assert say(model, asked, [*chunks, delta(finish)]) == said


@pytest.mark.parametrize("text", ["Say </think> to end it.", "`</think>` ends a thought."])
def test_a_server_that_splits_may_quote_the_tag(text: str) -> None:
    chunks = [delta(reasoning_content=THOUGHT), delta(content=text), delta("stop")]
    assert say(K2, {}, chunks) == (text, THOUGHT, [])
    assert say(K2, {"thinking": False}, [whole(content=text)]) == (text, "", [])
    moonshot = ResponseReader(ask("moonshot", K2))
    assert read([whole(content=text)], moonshot)[0].message().content == text


def test_text_in_front_of_reasoning_is_told_when_the_reasoning_comes() -> None:
    reader = ResponseReader(ask("sglang", K2, stream=True))
    assert reader.feed(delta(content="\nHi.")) == []
    assert reader.message().content == "\nHi."
    late = reader.feed(delta(reasoning_content=THOUGHT))
    assert late == [ContentDelta("\nHi."), ReasoningDelta(THOUGHT)]


def test_an_instance_learns_once_that_its_server_does_not_split(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    events = [chunk(content=text) for text in ("Hm, ", "so.</think>", "Hel", "lo.")]
    server.will(*(stream(*events, chunk("stop")),) * 2)
    chat = connect(endpoint="sglang", model=K2)
    with pytest.warns(ServerSetupWarning, match="SGLang with --reasoning-parser kimi_k2"):
        first = [*chat.open(chat.request(HELLO, stream=True))]
    assert _flat(first)[:2] == [ReasoningDelta("Hm, so."), ContentDelta("Hel")]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        second = [*chat.open(chat.request(HELLO, stream=True))]
    assert _flat(second)[:2] == [ReasoningDelta("Hm, "), ReasoningDelta("so.")]


def test_nothing_is_let_out_before_it_is_known(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    begun = _line(chunk(content="Hm, "), chunk(content="so."))
    rest = _line(chunk(content="</think>Hello."), chunk("stop"))
    server.will(Answer((begun, rest), headers=_EVENTS, holds_after=1))
    chat = connect(endpoint="custom", model="moonshotai/Kimi-K2.6")
    events = iter(chat.open(chat.request(HELLO, stream=True)))
    assert [next(events), next(events)] == [[], []]
    server.released.set()
    assert next(events) == [ReasoningDelta("Hm, so."), ContentDelta("Hello.")]
    with pytest.warns(ServerSetupWarning, match="tell the host"):
        assert _flat([*events]) == []


def test_a_server_that_sends_no_reasoning_is_waited_for_once(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    """Thinking may be switched off at the server, which nobody is told."""
    events = [chunk(content="Hel"), chunk(content="lo."), chunk("stop")]
    server.will(stream(*events), stream(*events))
    chat = connect(endpoint="vllm", model=K2)
    told = [_flat([*chat.open(chat.request(HELLO, stream=True))]) for _ in range(2)]
    assert told == [[ContentDelta("Hello.")], [ContentDelta("Hel"), ContentDelta("lo.")]]


def test_who_leaves_with_the_first_piece_does_not_wait_again(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    """That piece comes with the end of the answer, which has told all by then."""
    events = [chunk(content="Hel"), chunk(content="lo."), chunk("stop")]
    server.will(stream(*events), stream(*events))
    chat = connect(endpoint="vllm", model=K2)
    first = iter(chat.open(chat.request(HELLO, stream=True)))
    assert next(filter(None, first)) == [ContentDelta("Hello.")]
    first.close()
    second = _flat([*chat.open(chat.request(HELLO, stream=True))])
    assert second == [ContentDelta("Hel"), ContentDelta("lo.")]


def test_a_server_that_splits_is_never_waited_for_again(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    text = "Use </think>."
    server.will(body(whole(reasoning_content="Hm.", content="Yes.")), body(whole(content=text)))
    chat = connect(endpoint="vllm", model=K2)
    said = [chat.open(chat.request(HELLO, stream=False)).read().message() for _ in range(2)]
    assert [(one.content, one.reasoning) for one in said] == [("Yes.", "Hm."), (text, "")]


@pytest.mark.shared("data/recordings")
@pytest.mark.filterwarnings("ignore::kimi_core.ServerSetupWarning")
@pytest.mark.filterwarnings("ignore::kimi_core.EmptyAnswerWarning")
@pytest.mark.parametrize("name", ["sglang-A", "sglang-B"])
def test_no_recorded_answer_shows_a_tag(
    server: ScriptedServer, connect: Callable[..., KimiChat], name: str
) -> None:
    """With parsers and with none, streamed and whole, and every forced call is one."""
    seen = 0
    for row in exchanges(name):
        if row["status"] != 200 or row["path"] != "/v1/chat/completions":
            continue
        if "[[say]]" in json.dumps(row["request"]["messages"]):
            continue  # the script said what no Kimi says
        whole = row["response"].startswith("{") or "[DONE]" in row["response"]
        if not whole or not {"lc", "li"} & {*row["label"].replace("/", " ").split()}:
            continue
        said = _replay(server, connect, row)
        assert "</think>" not in said.content, row["label"]
        forced = row["request"].get("tool_choice") not in (None, "auto", "none")
        assert bool(said.tool_calls) or not forced, row["label"]
        form = (row["request"].get("response_format") or {}).get("type")
        assert form != "json_schema" or json.loads(said.content), row["label"]
        seen += 1
    assert seen > 60, seen


def _replay(server: ScriptedServer, connect: Callable[..., KimiChat], row: dict[str, Any]) -> Any:
    asked, kind = row["request"], row["headers"]["content-type"]
    parser = row["label"].partition("/")[0]
    parser = parser if parser in ("client", "server") else "auto"
    said = {name: asked[name] for name in ("tool_choice", "response_format") if name in asked}
    if said.get("tool_choice") and parser != "auto":
        parser = "auto"  # what was sent then is sent no longer
    if "chat_template_kwargs" in asked:
        said |= {"thinking": asked["chat_template_kwargs"]["thinking"]}
    server.will(Answer((row["response"].encode(),), 200, {"content-type": kind}))
    chat = connect(endpoint="sglang", model="kimi-k2.5", tool_call_parser=parser)
    streams = bool(asked.get("stream"))
    request = chat.request(HELLO, asked.get("tools"), Options(**said), stream=streams)
    return chat.open(request).read().message()


_EVENTS = {"content-type": "text/event-stream"}


def _line(*events: dict[str, Any]) -> bytes:
    return sse(*events, done=False)


def _flat(lists: Sequence[Sequence[Any]]) -> list[Any]:
    return [event for events in lists for event in events]


def test_the_old_server_of_ktransformers_is_read_on_its_completions_route(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    """No blank behind ``data:``, no id, no usage, and no finish reason (its archived source)."""
    text = f"{THOUGHT}</think>{CALL}"
    cut = len(text) // 2
    lines = [
        *(json.dumps({"choices": [{"delta": {"content": t}}]}) for t in (text[:cut], text[cut:])),
        json.dumps({"choices": [{"delta": {"content": ""}, "finish_reason": ""}]}),
        "[DONE]",
    ]
    data = "".join(f"data:{line}\n\n" for line in lines).encode()
    server.will(Answer((data,), headers=_EVENTS))
    chat = connect(endpoint="ktransformers", api="completions", model=K2)
    said = chat.open(chat.request(HELLO, [tool()], stream=True)).read()
    calls = [(one.name, one.arguments, one.complete) for one in said.message().tool_calls]
    assert (said.message().reasoning, calls, said.usage) == (THOUGHT, MADE, None)
    assert said.finish_reason == "tool_calls"
