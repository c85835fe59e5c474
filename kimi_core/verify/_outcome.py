"""What an answer comes to, as the server sent it and as this package hands it on.

Owns: `Outcome`, the raw and the repaired reading of a row, and where in an answer Kimi's tokens
leak. May know: its own files, _json, chat, errors, events, raw, request, response.

Both readings are judged by the same rule, so that the two columns of a report compare.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kimi_core._json import Tool, as_mapping
from kimi_core.chat import KimiChat
from kimi_core.errors import KimiError
from kimi_core.events import ParsedMessage, ToolCall
from kimi_core.raw.special_tokens import SPECIAL_TOKEN_PATTERN
from kimi_core.request import Options, Request
from kimi_core.response import ResponseReader
from kimi_core.verify._rows import Row
from kimi_core.verify._samples import Sample
from kimi_core.verify._valid import all_valid, reason_of

__all__ = ["Outcome", "leaks", "raw_outcome", "repaired_outcome"]

# A call whose marker tokens the server has taken out: nothing but Kimi's own id is left of it.
_BARE_CALL = re.compile(r"\bfunctions\.[\w.-]+:\d+\s*\{")
_REPAIRED = Options(tool_call_policy="repair", tool_call_retries=0)
_ASKED: list[dict[str, Any]] = [{"role": "user", "content": "."}]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one answer comes to.

    Attributes:
        finish_reason: Why it ended; None where the request failed.
        valid: Whether all its calls fit; None where it does not end in calls, or holds none.
        calls: Its calls as they would be run.
        misfits: Why calls do not fit, a line for each that does not.
        run_wrongly: How many calls do not fit and are run all the same: of the raw answer by a
            client that looks at no schema, of the repaired one by this package.
        leaked: Whether Kimi's tokens stand in what the user reads, or in the reasoning.
        empty: Whether it holds neither text nor a call.
        reasoning: Whether it has reasoning apart from its text.
        repairs: Kinds of what this package changed or found odd.
    """

    finish_reason: str | None
    valid: bool | None
    calls: Sequence[Mapping[str, Any]] = ()
    misfits: tuple[str, ...] = ()
    run_wrongly: int = 0
    leaked: bool = False
    empty: bool = False
    reasoning: bool = False
    repairs: tuple[str, ...] = ()

    @property
    def ends_in_calls(self) -> bool:
        """Whether it says that it holds calls."""
        return self.finish_reason == "tool_calls"


def leaks(text: str) -> bool:
    """Whether a text holds tokens of Kimi's that no user should see.

    Tokens in square brackets do not count: ``[PAD]`` and ``[EOS]`` stand in many a text.

    Args:
        text: Content or reasoning of an answer.
    """
    found = (match.group() for match in SPECIAL_TOKEN_PATTERN.finditer(text))
    return any(token.startswith("<") for token in found) or bool(_BARE_CALL.search(text))


def raw_outcome(row: Row, tools: Sequence[Tool], *, parsed_here: bool = False) -> Outcome:
    """Return what the server's own answer comes to.

    Args:
        row: The answer.
        tools: What was offered.
        parsed_here: Whether the answer is raw text, in which tokens are no leak.
    """
    message, calls = row.message, row.calls
    said = [_text(message.get(name)) for name in ("reasoning_content", "reasoning", "content")]
    return Outcome(
        finish_reason=row.finish_reason if row.succeeded else None,
        valid=row.tool_calls_valid,
        calls=calls,
        misfits=_misfits(calls, tools),
        run_wrongly=_run_wrongly(filter(_is_object, calls), tools),
        leaked=row.succeeded and not parsed_here and any(map(leaks, said)),
        empty=row.succeeded and not calls and not said[2].strip(),
        reasoning=bool(said[0] or said[1]),
    )


def repaired_outcome(row: Row, sample: Sample, chat: KimiChat) -> Outcome:
    """Return what this package's users get of the same answer.

    Args:
        row: The answer.
        sample: What was asked.
        chat: Of the model that was asked; nothing is sent.
    """
    tools = sample.body.get("tools") or ()
    raw = chat.capabilities.api == "completions"
    if not row.succeeded:
        return Outcome(finish_reason=None, valid=None)
    try:
        request = _reading_request(sample, chat)
        message, finish = _read_again(_spoken(row, raw=raw), request)
    except KimiError as error:
        # What raises reaches no tool: it is as if there were no answer.
        return Outcome(finish_reason=None, valid=None, repairs=(type(error).__name__,))
    return _outcome_of(message, finish, tools)


def _reading_request(sample: Sample, chat: KimiChat) -> Request:
    body, raw = sample.body, chat.capabilities.api == "completions"
    messages = sample.prepared("")["messages"] if raw else _ASKED
    return chat.request(messages, body.get("tools"), _REPAIRED, stream=False)


def _read_again(body: Mapping[str, Any], request: Request) -> tuple[ParsedMessage, str | None]:
    reader = ResponseReader(request)
    reader.feed(body)
    reader.close()
    return reader.message(), reader.finish_reason


def _spoken(row: Row, *, raw: bool) -> Mapping[str, Any]:
    """Return the body as it came; of a raw answer its text, without the calls that we added."""
    if not raw:
        return row.response or {}
    finish = "stop" if row.finish_reason == "tool_calls" else row.finish_reason
    text = _text(row.message.get("content"))
    return {**(row.response or {}), "choices": [{"text": text, "finish_reason": finish}]}


def _outcome_of(message: ParsedMessage, finish: str | None, tools: Sequence[Tool]) -> Outcome:
    calls = [_wire_call(call) for call in message.tool_calls]
    run = [_wire_call(call) for call in message.tool_calls if isinstance(call.parsed(), dict)]
    return Outcome(
        finish_reason=finish,
        valid=all_valid(finish, calls, tools),
        calls=calls,
        misfits=_misfits(calls, tools),
        run_wrongly=_run_wrongly(run, tools),
        leaked=leaks(message.content) or leaks(message.reasoning),
        empty=not calls and not message.content.strip(),
        reasoning=bool(message.reasoning),
        repairs=tuple(found.kind for found in message.diagnostics),
    )


def _wire_call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "function": {"name": call.name, "arguments": call.arguments}}


def _is_object(call: Mapping[str, Any]) -> bool:
    """Whether any client finds arguments in a call."""
    said = (as_mapping(call.get("function")) or {}).get("arguments")
    try:
        return as_mapping(json.loads(said) if isinstance(said, str) else said) is not None
    except ValueError:
        return False


def _run_wrongly(calls: Iterable[Mapping[str, Any]], tools: Sequence[Tool]) -> int:
    """Count calls of declared tools with a schema, which refuses them.

    Nobody can run a tool that is not declared, and one without a schema takes anything, though the
    published rule counts both as failures.
    """
    functions = [as_mapping(tool.get("function")) or {} for tool in tools]
    judged = {function.get("name") for function in functions if function.get("parameters")}
    return sum(
        call["function"]["name"] in judged and reason_of(call, tools) is not None
        for call in calls
        if "name" in call["function"]
    )


def _misfits(calls: Sequence[Mapping[str, Any]], tools: Sequence[Tool]) -> tuple[str, ...]:
    reasons = (reason_of(call, tools) for call in calls)
    return tuple(reason for reason in reasons if reason is not None)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
