"""The beginning of an answer: what comes back is what is new, whoever continues it.

Owns: answers that repeat the beginning, as llama.cpp's do. How it is asked for at each endpoint is
in the table of payloads.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_core.chat._again import AskingAgain
from kimi_core.endpoints import llama_cpp
from kimi_core.errors import KimiConfigError, ToolChoiceWarning
from kimi_core.events import ContentDelta
from kimi_core.response import ResponseReader
from tests.core.asking import HELLO, ask, call, result, tool
from tests.core.reading import delta, fragment, read, whole

# the beginning, the answer's text -> what is new
ANSWERS = {
    "repeated": ("Once", "Once upon", " upon"),
    "nothing new": ("Once", "Once", ""),
    "not repeated": ("Once", " upon", " upon"),
    "another text": ("Once", "On a hill", "On a hill"),
    "cut inside it": ("Once", "On", "On"),
    "nothing": ("Once", "", ""),
    "an empty beginning": ("", "Once", "Once"),
    "in parts": ([{"type": "text", "text": "On"}, {"type": "text", "text": "ce"}], "Once!", "!"),
    "of a picture": (
        [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}],
        "Once",
        "Once",
    ),
}


def reader_for(content: Any, endpoint: Any = "llama.cpp") -> ResponseReader:
    beginning = {"role": "assistant", "content": content, "partial": True}
    return ResponseReader(ask(endpoint, "kimi-k2.6", messages=[*HELLO, beginning]))


@pytest.mark.parametrize(("content", "text", "new"), ANSWERS.values(), ids=ANSWERS)
def test_a_whole_answer(content: Any, text: str, new: str) -> None:
    reader, _ = read([whole(content=text)], reader_for(content))
    assert reader.message().content == new


@given(cuts=st.lists(st.integers(0, 9), max_size=5), row=st.sampled_from([*ANSWERS.values()]))
def test_a_stream_cut_anywhere(cuts: list[int], row: tuple[Any, str, str]) -> None:
    content, text, new = row
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    chunks = [delta(content=text[a:b]) for a, b in pairwise(edges)]
    reader, _ = read([*chunks, delta("stop")], reader_for(content))
    assert reader.message().content == new


@pytest.mark.parametrize("endpoint", ["moonshot", "vllm", "sglang"])
def test_others_hand_back_what_is_new(endpoint: str) -> None:
    reader, _ = read([whole(content="Once more")], reader_for("Once", endpoint))
    assert reader.message().content == "Once more"


# the endpoint, the chunks of its answer -> what is told of it with prefix="Once"
TOLD = {
    "a text": ("moonshot", [delta(content=" upon"), delta("stop")], "Once upon"),
    "a text that repeats it": ("llama.cpp", [delta(content="Once!"), delta("stop")], "Once!"),
    "a thought before": (
        "moonshot",
        [delta(reasoning_content="Hm."), delta(content="!"), delta("stop")],
        "Once!",
    ),
    "nothing more": ("moonshot", [delta("stop")], "Once"),
    "a call": (
        "moonshot",
        [delta("tool_calls", tool_calls=[fragment(0, "a:0", "f", "{}")])],
        "Once",
    ),
    "an answer that was lost": (
        "moonshot",
        [{**delta("stop"), "usage": {"prompt_tokens": 9, "completion_tokens": 99}}],
        "",
    ),
}


@pytest.mark.parametrize(("endpoint", "chunks", "text"), TOLD.values(), ids=TOLD)
def test_a_setting_is_told_in_front(endpoint: str, chunks: list[Any], text: str) -> None:
    reader = ResponseReader(ask(endpoint, "kimi-k2.6", prefix="Once"))
    assert reader.message().content == ""
    _, events = read(chunks, reader)
    assert reader.message().content == text
    told = [event for event in events if isinstance(event, ContentDelta)]
    assert told[:1] == ([ContentDelta("Once")] if text else [])


def test_a_stream_that_broke_off_at_once_holds_nothing() -> None:
    reader = ResponseReader(ask("moonshot", "kimi-k2.6", prefix="Once", stream=True))
    reader.feed(delta(reasoning_content="Hm."))
    reader.end(done=False)
    assert reader.message().content == ""


def test_what_waits_stands_behind_it() -> None:
    """Content that may be a list of calls is held back until the answer is over."""
    forced = {"tools": [tool()], "tool_choice": "required"}
    reader = ResponseReader(ask("vllm", "kimi-k2.6", prefix="Once", **forced))
    assert reader.feed(delta(content="[1]")) == []
    assert reader.message().content == "Once[1]"


def test_a_call_that_was_made_is_not_wanted_again() -> None:
    """Of a model that cannot be forced the arguments are wanted as the form of its answer."""
    wanted = {"tools": [tool()], "tool_choice": "get_weather", "thinking": True, "prefix": "{"}
    with pytest.warns(ToolChoiceWarning):
        first = ask("moonshot", "kimi-k2.6", **wanted)
    made = {"role": "assistant", "content": "", "tool_calls": [call("a:0")]}
    with pytest.warns(ToolChoiceWarning):
        second = ask("moonshot", "kimi-k2.6", messages=[*HELLO, made, result("a:0")], **wanted)
    assert first.payload.keys() - second.payload.keys() == {"response_format"}


def test_a_call_is_asked_for_again_without_it() -> None:
    """The beginning stands in the turn that was answered; the next one begins anew."""
    wrong = delta("tool_calls", tool_calls=[fragment(0, "a:0", "other", "{}")])
    request = ask("moonshot", "kimi-k2.6", prefix="Once", tools=[tool()])
    reader = ResponseReader(request, asks_again=True)
    read_on = [event for chunk in (delta(content=" upon"), wrong) for event in reader.feed(chunk)]
    reader.close()
    assert read_on
    assert reader.unsettled is not None
    again = AskingAgain(request, reader, reader.unsettled, None).next()
    assert again is not None
    assert [one.get("content") for one in again.payload["messages"][1:2]] == ["Once upon"]
    assert not [one for one in again.payload["messages"] if one.get("partial")]


PREFIX = {"role": "assistant", "content": "Once", "partial": True}


@pytest.mark.parametrize("endpoint", ["vllm", "sglang", "ktransformers"])
@pytest.mark.parametrize("model", ["kimi-k2.6", "kimi-k3"])
def test_what_would_be_continued_as_a_thought_is_continued_without_one(
    endpoint: str, model: str
) -> None:
    """SGLang puts the beginning behind the opened think block of the prompt (recorded)."""
    sent = ask(endpoint, model, messages=[*HELLO, PREFIX]).payload
    assert sent["chat_template_kwargs"] == {"thinking": False}
    assert sent["continue_final_message"] is True
    assert ask(endpoint, model, messages=[*HELLO, PREFIX], thinking=False).payload == sent
    with pytest.raises(KimiConfigError, match="continue it as a thought; set thinking=False"):
        ask(endpoint, model, messages=[*HELLO, PREFIX], thinking=True)


@pytest.mark.parametrize("endpoint", ["llama.cpp", "moonshot"])
def test_elsewhere_thinking_is_left_alone(endpoint: str) -> None:
    sent = ask(endpoint, "kimi-k2.6", messages=[*HELLO, PREFIX]).payload
    assert not {"chat_template_kwargs", "thinking"} & sent.keys()


def test_a_prompt_that_is_rendered_here_is_not_repeated() -> None:
    raw = llama_cpp(api="completions", tool_call_parser="client")
    reader, _ = read(
        [{"choices": [{"text": "Once more", "finish_reason": "stop"}]}], reader_for("Once", raw)
    )
    assert reader.message().content == "Once more"


def test_a_beginning_that_can_be_had_is_kept_where_others_are_left_out() -> None:
    request = ask("moonshot", "kimi-k2.6", prefix="{", unsupported="warn")
    assert request.payload["messages"][-1]["content"] == "{"
    assert request.begins == "{"
