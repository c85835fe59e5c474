"""The raw completions route, which stands for self-hosted engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai
import pytest

from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall
from tests.core.testing.support import post

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATH = "/v1/completions"
_SECTION = (
    "<|tool_calls_section_begin|>"
    '<|tool_call_begin|>functions.add:0<|tool_call_argument_begin|>{"a": 2}<|tool_call_end|>'
    "<|tool_call_begin|>mine<|tool_call_argument_begin|>{}<|tool_call_end|>"
    "<|tool_calls_section_end|>"
)
_CALLS = [SimulatedToolCall("add", {"a": 2}), SimulatedToolCall("add", id="mine")]


@pytest.fixture
def server() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator() as running:
        yield running


def _prompt(prompt: object = "Hi", **fields: Any) -> dict[str, Any]:
    return {"model": "any", "prompt": prompt, **fields}


@pytest.mark.parametrize(
    ("reply", "prompt", "text"),
    [
        (SimulatedReply(raw="<|im_end|>", content="no"), "Hi", "<|im_end|>"),
        (SimulatedReply(content="Hi"), [1, 2, 3], "Hi"),
        (SimulatedReply(content="Hi", reasoning="Hm."), "Hi", "<think>Hm.</think>Hi"),
        (SimulatedReply(content="Hi", reasoning="Hm."), "Hi<think>\n", "Hm.</think>Hi"),
        (SimulatedReply(content="Hi", tool_calls=_CALLS), "Hi", f"Hi{_SECTION}"),
    ],
    ids=["raw", "ids", "reasoning", "opened reasoning", "calls"],
)
def test_the_text_is_what_a_k2_model_writes(
    server: MoonshotSimulator, reply: SimulatedReply, prompt: object, text: str
) -> None:
    server.reply(reply)
    status, answer = post(server, _prompt(prompt), _PATH)
    assert (status, answer["object"]) == (200, "text_completion")
    assert answer["choices"] == [{"index": 0, "text": text, "finish_reason": "stop"}]


def test_a_stream_is_the_same_text_in_pieces(server: MoonshotSimulator) -> None:
    server.reply(SimulatedReply(content="one two", tool_calls=_CALLS, chunk_size=5))
    with openai.OpenAI(base_url=server.base_url, api_key=server.api_key, timeout=10) as client:
        chunks = list(
            client.completions.create(
                model="any", prompt="Hi", stream=True, stream_options={"include_usage": True}
            )
        )
    *parts, finish, final = chunks
    assert "".join(part.choices[0].text for part in parts) == f"one two{_SECTION}"
    assert (finish.choices[0].finish_reason, finish.choices[0].text) == ("stop", "")
    assert final.choices == []
    assert final.usage is not None
    assert final.usage.total_tokens == final.usage.prompt_tokens + final.usage.completion_tokens


def test_without_a_script_there_is_some_text(server: MoonshotSimulator) -> None:
    assert post(server, _prompt(), _PATH)[1]["choices"][0]["text"] == "A simulated completion."
