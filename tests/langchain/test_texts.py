"""What is a message of text is sent as LangChain's own conversion would send it.

Owns: that. A message of a subclass goes the way of LangChain's conversion, and so does each of
these, once as it is and once as one of a subclass.
"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    ToolMessage,
)

from langchain_kimi import ChatKimiK2

ODD = 'é 文 "\\ \x7f\n'
CALL: Any = {"name": "f", "args": {"city": ODD, "n": [1, 1.0, True, None]}, "id": "functions.f:0"}
KEPT = {"tool_call_arguments": {CALL["id"]: json.dumps(CALL["args"], ensure_ascii=True)}}
OPENAI = {"id": "functions.f:0", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CUT: Any = {"name": "f", "args": '{"a', "id": "functions.f:0", "error": "cut"}
RESULT = ToolMessage("21", tool_call_id=CALL["id"])

MESSAGES: dict[str, BaseMessage] = {
    "a question": HumanMessage(ODD, id="1"),
    "nothing asked": HumanMessage(""),
    "one with a name": HumanMessage("x", name="Ada"),
    "one with an empty name": HumanMessage("x", name=""),
    "one with a name beside it": HumanMessage("x", additional_kwargs={"name": "Ada", "a": 1}),
    "one in blocks": HumanMessage([{"type": "text", "text": "x"}]),
    "an answer": AIMessage(ODD),
    "no answer": AIMessage(""),
    "an answer with a name": AIMessage("x", name="agent"),
    "one that thought": AIMessage("x", additional_kwargs={"reasoning_content": ODD}),
    "one that thought elsewhere": AIMessage("x", additional_kwargs={"reasoning": "so"}),
    "a beginning": AIMessage("x", additional_kwargs={"partial": True}),
    "no beginning": AIMessage("x", additional_kwargs={"partial": False}),
    "one that did not refuse": AIMessage("x", additional_kwargs={"refusal": None}),
    "one that refused": AIMessage("", additional_kwargs={"refusal": "No."}),
    "one that spoke": AIMessage("", additional_kwargs={"audio": {"id": "1", "transcript": "x"}}),
    "a call": AIMessage("", tool_calls=[CALL]),
    "a call with a text": AIMessage("x", tool_calls=[CALL]),
    "a call with a thought": AIMessage(
        "", tool_calls=[CALL], additional_kwargs={"reasoning_content": "so"}
    ),
    "a call as the model wrote it": AIMessage("", tool_calls=[CALL], additional_kwargs=KEPT),
    "a call that is said twice": AIMessage(
        "", tool_calls=[CALL], additional_kwargs={"tool_calls": [OPENAI]}
    ),
    "a call in OpenAI's words": AIMessage("", additional_kwargs={"tool_calls": [OPENAI]}),
    "a call of before": AIMessage(
        "", additional_kwargs={"function_call": {"name": "f", "arguments": "{}"}}
    ),
    "a damaged call": AIMessage("", invalid_tool_calls=[CUT]),
    "a damaged one beside another": AIMessage("", tool_calls=[CALL], invalid_tool_calls=[CUT]),
    "a sum of chunks": AIMessageChunk("x") + AIMessageChunk("y", chunk_position="last"),
    "a result": ToolMessage(ODD, tool_call_id=CALL["id"], name="f", artifact=object()),
    "a failed result": ToolMessage("x", tool_call_id=CALL["id"], status="error"),
    "a result in blocks": ToolMessage([{"type": "text", "text": "x"}], tool_call_id=CALL["id"]),
}


def of_a_subclass(message: BaseMessage) -> BaseMessage:
    kind: Any = type(message)

    class Own(kind):  # type: ignore[misc]  # made for each of them
        pass

    own = message.model_copy()
    own.__class__ = Own
    return own


def sent(llm: ChatKimiK2, message: BaseMessage) -> str:
    """Return what is sent of one message, as text, so that the order of its fields counts."""
    before = [AIMessage("", tool_calls=[CALL])] if isinstance(message, ToolMessage) else []
    behind = [RESULT] if isinstance(message, AIMessage) and message.invalid_tool_calls else []
    payload = llm._get_request_payload([HumanMessage("Hi"), *before, message, *behind])
    return json.dumps(payload["messages"])


@pytest.fixture(scope="module")
def llm() -> ChatKimiK2:
    return ChatKimiK2(endpoint="vllm", base_url="http://127.0.0.1:9/v1", model="kimi-k2.6")


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_a_text_is_sent_as_langchain_converts_it(llm: ChatKimiK2, message: BaseMessage) -> None:
    before = copy.copy(vars(message))
    assert sent(llm, message) == sent(llm, of_a_subclass(message))
    assert vars(message) == before


def test_a_message_that_was_changed_is_sent_as_it_is_now(llm: ChatKimiK2) -> None:
    """A middleware may change a message in place, and what it holds."""
    message = AIMessage("", tool_calls=[copy.deepcopy(CALL)])
    sent(llm, message)
    message.tool_calls[0]["args"]["n"][2] = 1
    assert (
        "[1, 1.0, 1, null]"
        in json.loads(sent(llm, message))[1]["tool_calls"][0]["function"]["arguments"]
    )
    message.content = "I look."
    assert json.loads(sent(llm, message))[1]["content"] == "I look."
