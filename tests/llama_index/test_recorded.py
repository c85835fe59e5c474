"""Recorded conversations, replayed through LlamaIndex without the server that had them.

Recorded from the embedded engine (its model is a small stand-in, not Kimi); ``make record`` records
again, also from every hosted endpoint whose key is set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel

from llama_index_kimi import ChatKimiK2

if TYPE_CHECKING:
    from tests.conftest import RecordedServer

pytestmark = pytest.mark.vcr


class Place(BaseModel):
    """What to look up."""

    city: Literal["Beijing", "London", "Paris"]


def get_weather(city: str) -> str:
    """Get the current weather of a city."""
    return f"{city}: 18 degrees"


def make(server: RecordedServer) -> ChatKimiK2:
    limits = {"temperature": 0.0, "max_tokens": 160} if server.name == "local" else {}
    return ChatKimiK2(**server.arguments, **limits)


def test_a_streamed_answer(recorded_server: RecordedServer) -> None:
    """The last snapshot is the whole answer, with its usage."""
    question = [ChatMessage(role="user", content="Say hello in one word.")]
    snapshots = list(make(recorded_server).stream_chat(question))
    assert "".join(snapshot.delta or "" for snapshot in snapshots) == snapshots[-1].message.content
    assert snapshots[-1].additional_kwargs["prompt_tokens"] > 0


async def test_an_answer_in_one_piece_async(recorded_server: RecordedServer) -> None:
    """The same without streaming and in an event loop."""
    question = [ChatMessage(role="user", content="Say hello in one word.")]
    answer = await make(recorded_server).achat(question)
    assert answer.message.content


def test_a_tool_is_called_and_executed(recorded_server: RecordedServer) -> None:
    """A required call comes back schema-valid and runs the function."""
    tool = FunctionTool.from_defaults(get_weather, fn_schema=Place)
    llm = make(recorded_server)
    response = llm.predict_and_call(
        [tool], user_msg="What is the weather in Paris?", tool_required=True
    )
    (output,) = response.sources
    assert output.tool_name == "get_weather"
    assert output.content.endswith("18 degrees")
