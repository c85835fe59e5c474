"""The eleven oddities of vLLM 0.32.0, and that the preset "vllm" copes with each.

Owns: one test for each oddity, in the order of docs/engines.md. Where it shows, the test also asks
vLLM without this package, so that a newer vLLM which no longer is odd fails here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.chat import KimiChat, Settings
from kimi_core.chat.observe import observe
from kimi_core.errors import (
    KimiAPIError,
    KimiBadRequestError,
    KimiContextOverflowError,
    KimiModelNotFoundError,
)
from kimi_core.request import Options
from tests.engines.asking_vllm import prompt_of
from tests.engines.scenario import (
    ALARM,
    ANSWER,
    CALL,
    HERE,
    QUESTION,
    REASONING,
    RENDERED,
    WEATHER,
    tool,
)

if TYPE_CHECKING:
    from tests.engines.conftest import Connect


def on(name: str) -> pytest.MarkDecorator:
    """Run a test on one server."""
    return pytest.mark.parametrize("engine", [name], indirect=True)


streamed = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


class Seen:
    """An observer that keeps what was sent last."""

    payload: dict[str, Any]

    def on_request(self, request: Any) -> None:
        self.payload = request.payload

    def on_chunk(self, *_: object) -> None:
        """Chunks are of no interest."""

    def on_close(self, *_: object) -> None:
        """Nor is the end."""


def history(arguments: str, identity: str = "functions.get_weather:0") -> list[dict[str, Any]]:
    """Return a conversation in which the model has called get_weather."""
    function = {"name": "get_weather", "arguments": arguments}
    call = {"id": identity, "type": "function", "function": function}
    return [
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": "", "reasoning_content": "Hm.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": identity, "content": "18 degrees"},
    ]


def sent(
    settings: dict[str, Any], messages: list[dict[str, Any]], **further: Any
) -> dict[str, Any]:
    """Return the payload of a request with the weather tool."""
    chat = KimiChat(Settings(**{**settings, **further}))
    return chat.request(messages, [WEATHER], Options(max_tokens=9), stream=False).payload


@on("vllm")
def test_1_reasoning_is_sent_back_under_the_name_that_vllm_reads(
    engine: tuple[str, str], connect: Connect
) -> None:
    """Under ``reasoning_content``, the name elsewhere, it is dropped."""
    conversation, seen = connect(), Seen()
    conversation.ask(QUESTION, [WEATHER])
    with observe(seen):
        conversation.tell("18 degrees", [WEATHER])
    assert f"<think>{REASONING}</think>" in prompt_of(engine, seen.payload)
    answer = seen.payload["messages"][1]
    answer["reasoning_content"] = answer.pop("reasoning")
    assert "<think></think>" in prompt_of(engine, seen.payload)


@on("vllm")
@pytest.mark.parametrize(
    ("written", "rewritten"),
    [('{"city":"Paris",  "n": 1}', '{"city": "Paris", "n": 1}')],
    ids=["other blanks"],
)
def test_2_arguments_are_kept_as_written_where_the_prompt_is_rendered_here(
    engine: tuple[str, str], settings: dict[str, Any], written: str, rewritten: str
) -> None:
    """VLLM reads and writes them again; the model then sees what it never wrote."""
    marker = "<|tool_call_argument_begin|>"
    theirs = prompt_of(engine, sent(settings, history(written)))
    assert f"{marker}{rewritten}<|tool_call_end|>" in theirs
    ours = sent(settings, history(written), **RENDERED)["prompt"]
    assert f"{marker}{written}<|tool_call_end|>" in ours


@on("vllm")
def test_3_tools_are_declared_as_upstream_does_where_the_prompt_is_rendered_here(
    engine: tuple[str, str], settings: dict[str, Any]
) -> None:
    """VLLM's chat template alone declares them as JSON; all else of the prompt is the same."""
    theirs = prompt_of(engine, sent(settings, history('{"city": "Paris"}')))
    ours = sent(settings, history('{"city": "Paris"}'), **RENDERED)["prompt"]
    end = "<|im_end|>"
    declared, _, rest = theirs.partition(end)
    assert declared.startswith('<|im_system|>tool_declare<|im_middle|>[{"type":')
    assert ours.partition(end)[0].startswith("<|im_system|>tool_declare<|im_middle|># Tools")
    assert ours.partition(end)[2] == rest


@on("vllm")
@streamed
@pytest.mark.parametrize("limit", [16, 18, 20, 25], ids=["name", "number", "nothing", "arguments"])
def test_4_a_call_cut_by_the_token_limit_is_not_run(
    connect: Connect, limit: int, stream: bool
) -> None:
    """VLLM reports it as a whole call, with half a name or ``{}`` as arguments, unless streamed."""
    said = connect(max_tokens=limit).ask(QUESTION, [WEATHER], stream=stream)
    assert (said.calls, said.finish) == ((), "length")
    assert len(said.damaged) == 1


@on("vllm-raw")
@streamed
@pytest.mark.parametrize("choice", [None, "required", "get_weather"])
def test_5_without_a_tool_parser_calls_are_refused_unless_parsed_here(
    connect: Connect, choice: str | None, stream: bool
) -> None:
    """A 400 that names the launch flag; that a named call finishes with "stop" is no matter."""
    options = {"tool_choice": choice} if choice else {}
    with pytest.raises(KimiBadRequestError, match="tool-call-parser"):
        connect().ask(QUESTION, [WEATHER], stream=stream, **options)
    said = connect(**HERE).ask(QUESTION, [WEATHER], stream=stream, **options)
    assert ([call[1:] for call in said.calls], said.finish) == ([CALL], "tool_calls")


@on("vllm-no-reasoning")
@streamed
@pytest.mark.parametrize("choice", [None, "required", "get_weather"])
@pytest.mark.filterwarnings("ignore::kimi_core.ServerSetupWarning")
def test_6_without_a_reasoning_parser_no_call_is_lost(
    connect: Connect, choice: str | None, stream: bool
) -> None:
    """VLLM streams a forced call as raw markers in the content, and leaves reasoning there."""
    options = {"tool_choice": choice} if choice else {}
    said = connect().ask(QUESTION, [WEATHER], stream=stream, **options)
    assert ([call[1:] for call in said.calls], said.finish) == ([CALL], "tool_calls")
    assert (said.content, said.reasoning) == ("", "" if choice else REASONING)
    said = connect(**RENDERED).ask(QUESTION, [WEATHER], stream=stream, **options)
    assert ([call[1:] for call in said.calls], said.content) == ([CALL], "")
    assert said.reasoning == REASONING


@on("vllm")
@streamed
def test_7_a_call_that_was_not_allowed_vanishes(connect: Connect, stream: bool) -> None:
    """With tool_choice "none" the model calls all the same, and vLLM leaves nothing of it."""
    said = connect().ask(QUESTION, [WEATHER], stream=stream, tool_choice="none")
    assert (said.content, said.calls, said.finish) == ("", (), "stop")
    assert said.reasoning == REASONING


@on("vllm")
@streamed
def test_7_what_is_to_be_parsed_here_vanishes_too_where_vllm_parses(
    connect: Connect, stream: bool
) -> None:
    """No client can repair it: raw tokens are asked for by tool_choice "none"."""
    said = connect(**HERE).ask(QUESTION, [WEATHER], stream=stream)
    assert (said.content, said.calls, said.finish) == ("", (), "stop")


@on("vllm-slow")
@streamed
@pytest.mark.parametrize(
    "way",
    [RENDERED, {}],
    ids=["rendered here", "parsed by vLLM"],
)
def test_8_blanks_round_the_markers_of_a_slow_tokenizer(
    connect: Connect, way: dict[str, Any], stream: bool
) -> None:
    """They are not asked for; otherwise vLLM's own blanks would lead reasoning and text."""
    said = connect(**way).ask(QUESTION, [WEATHER], stream=stream)
    assert (said.reasoning, said.content, said.calls[0][1:]) == (REASONING, "", CALL)
    said = connect(**way).ask(QUESTION, stream=stream)
    assert (said.reasoning, said.content) == (REASONING, ANSWER)


@on("vllm")
@pytest.mark.parametrize(
    ("further", "strict", "arguments"),
    [
        ({}, False, {"city": "Paris"}),
        ({}, True, {"day": "Monday", "hour": 7}),
        (RENDERED, False, {"day": "Monday", "hour": 7}),
    ],
    ids=["vLLM", "vLLM, strict tool", "our grammar"],
)
def test_9_arguments_are_bound_to_their_schema_by_strict_or_by_our_grammar(
    connect: Connect, further: dict[str, Any], strict: bool, arguments: dict[str, Any]
) -> None:
    """VLLM's own forced call has the right name, and any JSON as arguments."""
    alarm = tool("set_alarm", strict=True, **ALARM["function"]["parameters"]["properties"])
    said = connect(**further, max_tokens=200).ask(
        QUESTION, [WEATHER, alarm if strict else ALARM], tool_choice="set_alarm"
    )
    assert [call[1:] for call in said.calls] == [("set_alarm", arguments)]


@on("vllm")
def test_10_foreign_ids_of_calls_are_made_native(
    engine: tuple[str, str], settings: dict[str, Any]
) -> None:
    """VLLM invents ``chatcmpl-tool-...`` where a model wrote none; the template prints any id."""
    payload = sent(settings, history('{"city": "Paris"}', "chatcmpl-tool-a1b2"))
    prompt = prompt_of(engine, payload)
    assert "<|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>" in prompt
    assert "## Return of functions.get_weather:0\n18 degrees" in prompt
    assert "chatcmpl" not in prompt


REFUSED: dict[str, tuple[dict[str, Any], str, type[KimiAPIError]]] = {
    "context too long": ({}, "word " * 5000, KimiContextOverflowError),
    "token limit too great": ({"max_tokens": 5000}, QUESTION, KimiContextOverflowError),
    "unknown model": ({"model": "kimi-k9"}, QUESTION, KimiModelNotFoundError),
}


@on("vllm")
@streamed
@pytest.mark.parametrize(("further", "question", "error"), REFUSED.values(), ids=REFUSED)
def test_11_refusals_are_told_apart(
    connect: Connect,
    further: dict[str, Any],
    question: str,
    error: type[KimiAPIError],
    stream: bool,
) -> None:
    """VLLM has its own bodies for them, the same ones where a stream was asked for."""
    with pytest.raises(error):
        connect(**further).ask(question, stream=stream)
