"""Middlewares for ``create_agent`` of the package ``langchain``, which no extra brings.

Owns: `PromptCacheKeyMiddleware`, `ToolSearchMiddleware`.
May know: its own files, errors; langchain, langchain_core, langgraph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any

from kimi_core.errors import needs_package
from langchain_kimi import ChatKimiK2, tools_message

with needs_package("langchain"):
    from langchain.agents.middleware import AgentMiddleware, ModelRequest
    from langchain_core.messages import AnyMessage, ToolMessage
    from langchain_core.tools import BaseTool, InjectedToolCallId, tool
    from langgraph.types import Command

__all__ = ["PromptCacheKeyMiddleware", "ToolSearchMiddleware"]


class _Before(AgentMiddleware[Any, Any, Any]):
    _changed: Callable[[ModelRequest[Any]], ModelRequest[Any]]

    def wrap_model_call(self, request: ModelRequest[Any], handler: Any) -> Any:
        return handler(self._changed(request))

    async def awrap_model_call(self, request: ModelRequest[Any], handler: Any) -> Any:
        return await handler(self._changed(request))


class PromptCacheKeyMiddleware(_Before):
    """Sends a run's ``thread_id`` as `prompt_cache_key`, where model and call have none."""

    def _changed(self, request: ModelRequest[Any]) -> ModelRequest[Any]:
        model, said = request.model, request.model_settings
        thread = getattr(getattr(request.runtime, "execution_info", None), "thread_id", None)
        if thread is None or not isinstance(model, ChatKimiK2) or model.prompt_cache_key:
            return request
        return request.override(model_settings={"prompt_cache_key": str(thread), **said})


class ToolSearchMiddleware(_Before):
    """Offers ``find_tools``, and those of `tools` that an agent found with it from then on.

    They are declared by a system message, which checkpointers keep and kimi-k3 reads; other models
    get them in the request. ``find(query, tools)`` says what fits; None: most words in common.
    """

    def __init__(self, tools: Sequence[Any], find: Callable[..., Any] | None = None) -> None:
        known = [one if isinstance(one, BaseTool) else tool(one) for one in tools]

        @tool
        def find_tools(query: str, call: Annotated[str, InjectedToolCallId]) -> Command[Any]:
            """Find tools by words of what they do; found ones can be called from then on."""
            found = (find or _by_words)(query, known)
            names = ", ".join(one.name for one in found) or "nothing; try other words"
            told = ToolMessage(f"Found: {names}", tool_call_id=call)
            return Command(update={"messages": [told, tools_message(found)] if found else [told]})

        self._known = {one.name: one for one in known}
        self.tools: Sequence[BaseTool] = [find_tools, *known]

    def _changed(self, request: ModelRequest[Any]) -> ModelRequest[Any]:
        found, profile = list[str](), getattr(request.model, "profile", None) or {}
        reads = isinstance(request.model, ChatKimiK2) and profile.get("mid_conversation_tools")
        elsewhere = {} if reads else self._known
        messages = list(_declaring(request.messages, found, elsewhere))
        tools = [one for one in request.tools if getattr(one, "name", "") not in self._known]
        tools += [elsewhere[name] for name in found if name in elsewhere]
        return request.override(messages=messages, tools=tools)


def _declaring(messages: list[Any], found: list[str], elsewhere: Any) -> Iterator[AnyMessage]:
    """Yield messages that declare each tool once (twice is a 400), none of those `elsewhere`."""
    for message in messages:
        tools = message.additional_kwargs.get("tools") if message.type == "system" else None
        told = tools_message(tools or ()).additional_kwargs["tools"]
        new = {name: one for one in told if (name := one["function"]["name"]) not in found}
        found += new
        kept = [one for name, one in new.items() if name not in elsewhere]
        if not tools or kept:
            yield tools_message(kept) if kept else message


def _by_words(query: str, tools: Sequence[BaseTool]) -> list[BaseTool]:
    said = [f"{one.name} {one.description}".lower() for one in tools]
    fits = [sum(word in text for word in query.lower().split()) for text in said]
    return [one for one, fit in zip(tools, fits, strict=True) if fit and fit == max(fits)]
