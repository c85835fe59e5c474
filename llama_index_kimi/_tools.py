"""Tools of LlamaIndex: into a request, and out of a response.

Owns: `ToolSelection`s from responses, and the keyword arguments of a chat with tools.
May know: llama_index.core's tool and message types. Which tool_choice a model may be given is
decided in the core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.types import ChatMessage, MessageRole, ToolCallBlock
from llama_index.core.llms.llm import ToolSelection

from kimi_core.errors import KimiProtocolError
from llama_index_kimi._arguments import is_whole, read_arguments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llama_index.core.base.llms.types import ChatResponse
    from llama_index.core.tools.types import BaseTool

__all__ = ["conversation", "select_tools", "tool_choice_of", "wire_tools"]


def wire_tools(tools: Sequence[BaseTool]) -> list[dict[str, Any]]:
    """Return OpenAI-style tool dicts; descriptions may have any length."""
    return [tool.metadata.to_openai_tool(skip_length_check=True) for tool in tools]


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
        ValueError: Where there is no call and one was expected.
        KimiProtocolError: Where the answer was cut by its token limit within a call: to run a tool
            with half of its arguments could do anything.
    """
    calls = _calls_of(response.message)
    if not calls and error_on_no_tool_call:
        message = (
            "the model called no tool and answered with text: "
            f"{(response.message.content or '')[:200]!r}. Pass tool_required=True to force a call, "
            "or error_on_no_tool_call=False to accept text."
        )
        raise ValueError(message)
    if calls and _was_cut(response):
        _refuse_half_a_call(calls[-1])
    return [_selection(block) for block in calls]


def _calls_of(message: ChatMessage) -> list[ToolCallBlock]:
    blocks = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
    if blocks:
        return blocks
    return [_block_of(call) for call in message.additional_kwargs.get("tool_calls") or ()]


def _block_of(call: Any) -> ToolCallBlock:  # noqa: ANN401 - a dict, or the openai SDK's model
    plain = call if isinstance(call, dict) else call.model_dump()
    function = plain["function"]
    return ToolCallBlock(
        tool_call_id=plain.get("id"),
        tool_name=function["name"],
        tool_kwargs=function.get("arguments") or "{}",
    )


def _selection(block: ToolCallBlock) -> ToolSelection:
    given = block.tool_kwargs
    return ToolSelection(
        tool_id=block.tool_call_id or block.tool_name,
        tool_name=block.tool_name,
        tool_kwargs=read_arguments(given) if isinstance(given, str) else dict(given),
    )


def _was_cut(response: ChatResponse) -> bool:
    return isinstance(response.raw, dict) and response.raw.get("finish_reason") == "length"


def _refuse_half_a_call(block: ToolCallBlock) -> None:
    arguments = block.tool_kwargs
    if isinstance(arguments, dict) or (arguments and is_whole(arguments)):
        return
    message = (
        f"the call of tool {block.tool_name!r} was cut off by the token limit after "
        f"{len(arguments)} characters of arguments: {arguments[-200:]!r}. Raise max_tokens."
    )
    raise KimiProtocolError(message)
