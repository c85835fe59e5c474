"""Tools of LlamaIndex: into a request, and out of a response.

Owns: `ToolSelection`s from responses, and the keyword arguments of a chat with tools.
May know: its own files, events, request, response; llama_index. Which tool_choice a model may be
given is decided in the core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.types import ChatMessage, MessageRole, ToolCallBlock
from llama_index.core.llms.llm import ToolSelection

from kimi_core.events.arguments import read_arguments, read_growing
from kimi_core.request.blocks import plain_call
from kimi_core.response import incomplete_answer, spoken_message, tool_call_error, uncalled_error
from llama_index_kimi._messages import reasoning_of
from llama_index_kimi._responses import is_growing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llama_index.core.base.llms.types import ChatResponse
    from llama_index.core.tools.types import BaseTool

    from kimi_core.events import ParsedMessage

__all__ = [
    "conversation",
    "refuse_damaged_calls",
    "refuse_incomplete",
    "select_tools",
    "tool_choice_of",
    "wire_tools",
]


def wire_tools(tools: Sequence[BaseTool]) -> list[dict[str, Any]]:
    """Return OpenAI-style tool dicts; descriptions may have any length.

    Names are the tools' own: LlamaIndex writes another one for what OpenAI refuses, and then finds
    no tool for the call that says it.
    """
    return [_wire_tool(tool) for tool in tools]


def _wire_tool(tool: BaseTool) -> dict[str, Any]:
    wire = tool.metadata.to_openai_tool(skip_length_check=True)
    return {**wire, "function": {**wire["function"], "name": tool.metadata.get_name()}}


def conversation(
    chat_history: Sequence[ChatMessage] | None, user_msg: str | ChatMessage | None
) -> list[ChatMessage]:
    """Return a new list: the history, which is not changed, and the user's message after it."""
    messages = list(chat_history or ())
    if isinstance(user_msg, str):
        user_msg = ChatMessage(role=MessageRole.USER, content=user_msg)
    if user_msg is not None:
        messages.append(user_msg)
    return messages


def tool_choice_of(
    tool_choice: str | bool | Mapping[str, Any] | None,  # noqa: FBT001 - as in Options
    *,
    tool_required: bool,
) -> str | bool | Mapping[str, Any] | None:
    """Return what is asked for: an explicit choice first, then "required", then nothing."""
    if tool_choice is None and tool_required:
        return "required"
    return tool_choice


def select_tools(response: ChatResponse, *, error_on_no_tool_call: bool) -> list[ToolSelection]:
    """Return the calls of a response, or of a stream so far, with their arguments as dicts.

    Args:
        response: From this package or from any other LLM class.
        error_on_no_tool_call: Whether an answer without calls is an error.

    Raises:
        ValueError: Where there is no call and one was expected; where that is because the answer
            was cut or withheld, it is a `KimiIncompleteAnswerError`.
        KimiToolCallError: Where the arguments of a call are not one whole JSON object, whatever the
            finish reason; no call of that answer is returned, and ``.partial`` holds all of them. A
            FunctionAgent's run ends with this error: there is no other way in which it would not
            run a tool, or take the answer for its last.
    """
    blocks = _blocks_of(response.message)
    if not blocks and error_on_no_tool_call:
        raise uncalled_error(
            _spoken(response.message),
            response.raw,
            force="tool_required=True",
            accept="error_on_no_tool_call=False",
        )
    growing = is_growing(response)
    if not growing:
        refuse_damaged_calls(response)
    return [
        ToolSelection(
            tool_id=block.tool_call_id or block.tool_name,
            tool_name=block.tool_name,
            tool_kwargs=_kwargs(block.tool_kwargs, growing=growing),
        )
        for block in blocks
    ]


def refuse_incomplete(response: ChatResponse, wanted: str, *, as_json: bool) -> None:
    """Raise for a whole response that was cut or filtered; arguments as for the core's decision.

    Raises:
        KimiIncompleteAnswerError: With the answer in ``partial`` and ``raw_message``.
    """
    said = _spoken(response.message)
    error = incomplete_answer(said, response.raw, wanted=wanted, as_json=as_json)
    if error is not None:
        error.raw_message = response.message
        raise error


def refuse_damaged_calls(response: ChatResponse) -> None:
    """Raise for a whole response with a call that cannot be run.

    Raises:
        KimiToolCallError: As for `select_tools`.
    """
    raw = response.raw
    finish_reason = raw.get("finish_reason") if isinstance(raw, dict) else None
    error = tool_call_error(_spoken(response.message), finish_reason)
    if error is not None:
        raise error


def _spoken(message: ChatMessage) -> ParsedMessage:
    """Return what a message of a model says, in the core's words."""
    # These may look whole all the same: kimi-k3 writes argument by argument.
    invalid = {call["id"] for call in message.additional_kwargs.get("invalid_tool_calls") or ()}
    calls = [
        (block.tool_call_id, block.tool_name, block.tool_kwargs, block.tool_call_id not in invalid)
        for block in _blocks_of(message)
    ]
    return spoken_message(message.content, reasoning_of(message), calls)


def _kwargs(given: dict[str, Any] | str, *, growing: bool) -> dict[str, Any]:
    if isinstance(given, dict):
        return dict(given)
    found = read_growing(given) if growing else read_arguments(given)
    assert isinstance(found, dict)  # noqa: S101 - what is damaged was refused
    return found


def _blocks_of(message: ChatMessage) -> list[ToolCallBlock]:
    blocks = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
    if blocks:
        return blocks
    older = map(plain_call, message.additional_kwargs.get("tool_calls") or ())
    return [
        ToolCallBlock(tool_call_id=call_id, tool_name=name, tool_kwargs=arguments)
        for call_id, name, arguments in older
    ]
