"""The messages of a conversation, made fit to be sent.

Owns: what happens to history before a request: media, roles, reasoning, empty contents, arguments,
prefixes, tools that a message brings. May know: its own files, _json, capabilities, errors, events,
raw, schema. Never changes the caller's messages. Reads files only where the caller allowed it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core._json import as_mapping, as_sequence
from kimi_core.errors import KimiConfigError
from kimi_core.events.arguments import history_arguments
from kimi_core.raw.tool_ids import normalize_tool_call_ids
from kimi_core.request._call_ids import with_ids
from kimi_core.request._prefix import is_prefix
from kimi_core.request._tool_results import (
    is_in_order,
    with_echoes,
    with_results,
    with_unique_ids,
)
from kimi_core.request.media import prepare_media
from kimi_core.schema import normalize_tools, plain_tools

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from os import PathLike

    from kimi_core.capabilities import Capabilities

__all__ = ["brought_tools", "prepare_history"]

# "" counts as missing; one blank is the least that is accepted (kimi-k2.6, live, 2026-05-05).
_REASONING_PLACEHOLDER = " "


def prepare_history(
    messages: Sequence[Mapping[str, Any]],
    capabilities: Capabilities,
    *,
    thinks: bool,
    keep: bool,
    fetch: Callable[[str], bytes] | None = None,
    folder: str | PathLike[str] | None = None,
) -> list[dict[str, Any]]:
    """Return new messages that this model at this endpoint accepts.

    Args:
        messages: OpenAI-style dicts; ``reasoning_content`` holds an assistant's reasoning whatever
            the server called it.
        capabilities: What the model at this endpoint can do.
        thinks: Whether the model will think in this turn.
        keep: Whether the caller wants the reasoning of every turn sent back.
        fetch: Called with each http(s) URL of a picture or video; see `kimi_core.request.media`.
        folder: Where files that a message names may be read.

    Returns:
        New dicts: the results of tool calls right behind their calls, the rest in the same order.
        A call without a result has got one; see `kimi_core.request._tool_results.with_results`.

    Raises:
        KimiConfigError: For what the model or the server would refuse: media, a result without its
            call, tools that a message may not bring.
    """
    endpoint = capabilities.endpoint
    prepared = prepare_media(messages, capabilities, fetch=fetch, folder=folder)
    _make_fit(prepared, capabilities, thinks=thinks, keep=keep)
    native = endpoint.rewrites_tool_call_ids or capabilities.api == "completions"
    answered = (
        prepared
        if is_in_order(prepared, native=native)
        else _in_order(prepared, native=native, refuse_strays=not endpoint.takes_stray_results)
    )
    return with_echoes(answered) if endpoint.takes_builtin_tools else answered


def _make_fit(
    messages: Sequence[dict[str, Any]], capabilities: Capabilities, *, thinks: bool, keep: bool
) -> None:
    """Correct each message by itself; of a thousand most are asked whether there is need to."""
    raw = capabilities.api == "completions"
    whole = raw or keep or capabilities.info.keeps_reasoning
    for position, message in enumerate(messages):
        role, content = message.get("role"), message.get("content")
        if role == "developer":
            # OpenAI's newer name for it; Moonshot's list of roles does not have it.
            message["role"] = "system"
        if message.get("tools"):
            _bring_tools(message, position, capabilities)
        if role == "assistant":
            _carry_reasoning(message, capabilities, thinks=thinks, whole=whole)
        if "partial" in message and (message is not messages[-1] or not is_prefix(message)):
            del message["partial"]  # only an answer at the end can be continued
        if raw:
            continue
        if not content or not isinstance(content, str):
            _fill_content(message)
        if calls := as_sequence(message.get("tool_calls")):
            message["tool_calls"] = [_with_legal_arguments(call) for call in calls]


def _in_order(
    messages: Sequence[dict[str, Any]], *, native: bool, refuse_strays: bool
) -> list[dict[str, Any]]:
    """Return messages in which each call has an id of its own, and its results behind it."""
    whole_ids = with_ids(messages)
    named = normalize_tool_call_ids(whole_ids) if native else with_unique_ids(whole_ids)
    return with_results(named, refuse_strays=refuse_strays)


def brought_tools(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the tools that messages bring, in their order."""
    listed = [as_sequence(tools) or () for one in messages if (tools := one.get("tools"))]
    return [tool for tools in listed for one in tools if (tool := as_mapping(one)) is not None]


def _bring_tools(message: dict[str, Any], position: int, capabilities: Capabilities) -> None:
    _check_brought_tools(message, position, capabilities)
    if capabilities.endpoint.schema_dialect == "moonshot":
        message.pop("content", None)
        message["tools"] = normalize_tools(message["tools"])
    else:
        message["tools"] = plain_tools(message["tools"])


def _check_brought_tools(
    message: Mapping[str, Any], position: int, capabilities: Capabilities
) -> None:
    """Refuse tools that would be lost: only a system message may bring some, to kimi-k3 alone.

    Moonshot answers the rest with a 400. K3's chat template passes over a content beside tools and
    over tools of a user, K2's over all of it, and a host that does not know such tools drops them.
    """
    endpoint = capabilities.endpoint
    where = f"messages[{position}] brings tools"
    if capabilities.info.dialect != "k3":
        raise KimiConfigError(
            f"{where}, which model {capabilities.model!r} refuses; pass them as the tools of the "
            "request, or use kimi-k3."
        )
    if not endpoint.takes_message_tools and capabilities.api == "chat":
        raise KimiConfigError(
            f"{where}, which nothing says that endpoint {endpoint.name!r} takes; pass them as the "
            "tools of the request, or set takes_message_tools=True in its Endpoint."
        )
    if message.get("role") != "system":
        raise KimiConfigError(
            f"{where} and has role {message.get('role')!r}; only a system message can. Put them "
            "into one."
        )
    if message.get("content"):
        raise KimiConfigError(
            f"{where} and has a content, which Moonshot refuses and K3's template leaves out; put "
            "the content into a system message of its own."
        )


def _carry_reasoning(
    message: dict[str, Any], capabilities: Capabilities, *, thinks: bool, whole: bool
) -> None:
    reasoning = message.pop("reasoning_content", None)
    calls = message.get("tool_calls")
    if not calls:
        message.pop("tool_calls", None)
    if not thinks or not (calls or whole or is_prefix(message)):
        return
    raw = capabilities.api == "completions"
    if calls and not reasoning and not raw:
        # Only the API asks for it; a prompt rendered here has an empty think block of its own.
        reasoning = _REASONING_PLACEHOLDER
    if reasoning:
        message["reasoning_content" if raw else capabilities.endpoint.reasoning_field] = reasoning


def _with_legal_arguments(call: Any) -> Any:  # noqa: ANN401 - whatever stands in a history
    """Replace arguments that are no JSON; a prompt rendered here holds what the model wrote."""
    fields = as_mapping(call) or {}
    function = as_mapping(fields.get("function")) or {}
    text = function.get("arguments")
    legal = history_arguments(text) if isinstance(text, str) else text
    return call if legal == text else {**fields, "function": {**function, "arguments": legal}}


def _fill_content(message: dict[str, Any]) -> None:
    """Replace what a server refuses as empty, and join what is text alone.

    Beside calls an empty string is accepted, and a list with an empty text part is a 400; without
    calls an empty message is a 400 and one blank is accepted. A prefix to be continued may be
    empty, and a system message that brings tools must not have a content. Models that take text
    only, and many chat templates, want a string and not a list of texts (LiteLLM joins them, too).
    """
    if message.get("tools"):
        return
    content = message.get("content")
    parts = as_sequence(content)
    if parts is not None:
        content = message["content"] = _joined(parts)
    if not content:
        empty = is_prefix(message) or message.get("tool_calls")
        message["content"] = "" if empty else " "


def _joined(parts: Sequence[Any]) -> str | list[Any]:
    fields = [as_mapping(part) or {} for part in parts]
    texts = [str(part.get("text") or "") for part in fields if part.keys() == {"type", "text"}]
    if len(texts) == len(parts):
        return "".join(texts)
    said = zip(parts, fields, strict=True)
    return [part for part, field in said if field.get("type") != "text" or field.get("text")]
