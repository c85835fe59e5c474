"""Tools of LlamaIndex: into a request, and out of a response, or why there are none in it.

Owns: the arguments of a chat with tools, `ToolSelection`s, and the errors about damaged answers.
May know: its own files, events, response; llama_index. What makes an answer one of these is decided
in the core.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.tools.types import BaseTool

from kimi_core.events.arguments import as_dict
from kimi_core.response import uncalled_error, unrun_call_error
from llama_index_kimi._base import KimiBase
from llama_index_kimi._messages import calls_of, spoken, wire_tools
from llama_index_kimi._responses import is_growing

__all__ = ["ToolCalling"]


class ToolCalling(KimiBase):
    """The methods of `llama_index_kimi.ChatKimiK2` about tools."""

    def _prepare_chat_with_tools(  # noqa: PLR0913 - LlamaIndex's signature
        self,
        tools: Sequence[BaseTool],
        user_msg: str | ChatMessage | None = None,
        chat_history: list[ChatMessage] | None = None,
        verbose: bool = False,
        allow_parallel_tool_calls: bool = False,
        tool_required: bool = False,
        *,
        tool_choice: str | bool | Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Return the keyword arguments of a chat with tools.

        parallel_tool_calls is not derived from allow_parallel_tool_calls: the framework passes the
        latter with every call, and servers differ in taking the former. More than one call is cut
        here, in streams too.
        """
        said = ChatMessage(user_msg) if isinstance(user_msg, str) else user_msg
        choice = ("required" if tool_required else None) if tool_choice is None else tool_choice
        return {
            "messages": [*(chat_history or ()), *([] if said is None else [said])],
            "tools": wire_tools(tools),
            "tool_choice": choice,
            "allow_parallel_tool_calls": allow_parallel_tool_calls,
            **kwargs,
        }

    def get_tool_calls_from_response(
        self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any
    ) -> list[ToolSelection]:
        """Return the calls of a response, or of a stream so far, with their arguments as dicts.

        Args:
            response: From this package or from any other LLM class.
            error_on_no_tool_call: Whether an answer without calls is an error.
            **kwargs: Ignored.

        Raises:
            ValueError: Where there is no call and one was expected; where that is because the
                answer was cut or withheld, it is a `KimiIncompleteAnswerError`.
            KimiToolCallError: Where the arguments of a call are not one whole JSON object, whatever
                the finish reason; no call of that answer is returned, and ``.partial`` holds all of
                them. A FunctionAgent's run ends with this error: there is no other way in which it
                would not run a tool, or take the answer for its last.
        """
        calls, growing = calls_of(response.message), is_growing(response)
        if not calls and error_on_no_tool_call:
            raise uncalled_error(
                spoken(response.message),
                response.raw,
                force="tool_required=True",
                accept="error_on_no_tool_call=False",
            )
        if not growing:
            error = unrun_call_error(spoken(response.message), response.raw)
            if error is not None:
                raise error
        return [
            ToolSelection(
                tool_id=call_id or name, tool_name=name, tool_kwargs=as_dict(given, growing=growing)
            )
            for call_id, name, given in calls
        ]
