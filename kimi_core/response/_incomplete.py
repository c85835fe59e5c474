"""Whether an answer is all that was to come, and what is said where it is not.

Owns: the finish reasons of answers that were cut or withheld, and the one decision on an answer
that should hold an object. May know: its own files, _json, errors, events.

A JSON text that breaks off is no obstacle to a lenient reader: ``{"city": "Pari`` becomes a City
with a wrong name wherever the other fields have defaults (mastra-ai/mastra#24442). Only the finish
reason tells, so both adapters ask here before they read anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kimi_core._json import as_mapping
from kimi_core.errors import KimiContentFilterError, KimiIncompleteAnswerError, both
from kimi_core.events import Diagnostic, ParsedMessage
from kimi_core.events.arguments import InvalidArguments, read_arguments
from kimi_core.response._usage import Usage

__all__ = [
    "finish_reason_in",
    "incomplete_answer",
    "incomplete_details",
    "json_text",
    "lost_answer",
    "refusal_in",
    "uncalled_error",
    "withheld_in",
]

_WITHHELD = ("content_filter", "refusal")
# What each finish reason says of the answer, and the way out. vLLM and SGLang report an answer
# that the server itself gave up as "abort"; vLLM ends one that repeats itself as "repetition".
_ENDS: Mapping[str, tuple[str, str]] = {
    "length": ("was cut off by the token limit", "Raise max_tokens"),
    "content_filter": (
        "was withheld by the provider's content filter",
        "Change the content; the same text is filtered again",
    ),
    "abort": ("was given up by the server (finish reason 'abort')", "Ask again"),
    "refusal": ("was refused by the model", "Change the prompt; the same one is refused again"),
    "repetition": (
        "was ended by the server because it repeated itself (finish reason 'repetition')",
        "Ask again, or with another temperature",
    ),
}
_BROKEN_OFF = (
    "breaks off inside its JSON",
    "Ask again, and see whether a stop string stands in the answer",
)
_QUOTED = 200
# The token that ends an answer, and the one that ends its thought.
_TOKENS_OF_NOTHING = 2


def incomplete_details(
    finish_reason: str | None,
    *,
    limit: int | None,
    completion_tokens: int,
    reasoning_tokens: int,
    refusal: str = "",
) -> dict[str, Any] | None:
    """Return what is known of an answer's early end, as values of JSON; None for a whole answer.

    Args:
        finish_reason: Why the answer ended.
        limit: The token limit of the request, or None.
        completion_tokens: Tokens of the answer; 0 where the server did not say.
        reasoning_tokens: Tokens of it that were reasoning; 0 likewise.
        refusal: What the model says in place of an answer, where the server tells that apart.

    Returns:
        ``reason`` (a finish reason, or "refusal"), and those of ``max_tokens``,
        ``completion_tokens``, ``reasoning_tokens`` and ``refusal`` that are known.
    """
    if finish_reason not in _ENDS and not refusal:
        return None
    known = {
        "max_tokens": limit,
        "completion_tokens": completion_tokens,
        "reasoning_tokens": reasoning_tokens,
        "refusal": refusal,
    }
    reason = finish_reason if finish_reason in _ENDS else "refusal"
    return {"reason": reason, **{name: value for name, value in known.items() if value}}


def lost_answer(
    said: ParsedMessage, finish_reason: str | None, usage: Usage | None
) -> tuple[Diagnostic, ...]:
    """Return a diagnostic for an answer that cost tokens and holds neither text nor a call.

    The parsers of servers drop what they cannot read: SGLang 0.5.23 a call without arguments, with
    broken ones or without its end (where it does not stream), vLLM 0.32.0 a call that was not
    allowed. All that is left of it is what it cost.

    Args:
        said: The answer.
        finish_reason: Why it ended; one that was cut or withheld is told elsewhere.
        usage: Its tokens, or None.
    """
    if said.content or said.tool_calls or finish_reason in _ENDS:
        return ()
    if usage is None:
        called = finish_reason == "tool_calls"
        return (Diagnostic("empty_answer", "unknown tokens", 0),) if called else ()
    tokens = usage.completion_tokens - usage.reasoning_tokens
    if tokens <= _TOKENS_OF_NOTHING:
        return ()
    return (Diagnostic("empty_answer", f"{tokens} tokens", 0),)


def finish_reason_in(metadata: object) -> str | None:
    """Return why an answer ended, wherever a framework kept that; None where nothing says so."""
    return (as_mapping(metadata) or {}).get("finish_reason")


def refusal_in(metadata: object) -> str | None:
    """Return what was said in place of an answer that was withheld; None of any other answer.

    Args:
        metadata: As for `incomplete_answer`.

    Returns:
        The model's words, or an empty string where the provider's filter withheld the answer.
    """
    found = withheld_in(metadata)
    return found and found[1]


def withheld_in(metadata: object) -> tuple[str, str] | None:
    """Return why an answer was withheld, and what `refusal_in` does; None of any other answer."""
    details = _details(metadata)
    reason = details["reason"]
    return (reason, details.get("refusal", "")) if reason in _WITHHELD else None


def incomplete_answer(
    said: ParsedMessage, metadata: object, *, wanted: str = "answer", as_json: bool = False
) -> KimiIncompleteAnswerError | None:
    """Return the error for an answer that is not all that was to come; None where it is.

    Args:
        said: The answer; all of it is in the error's ``partial``.
        metadata: What `ResponseReader.metadata` said of it, wherever a framework kept that; of
            another class's answer its ``finish_reason`` counts.
        wanted: What the answer should have been, for the sentence.
        as_json: Whether the content should be JSON, so that its text can tell as well.
    """
    details = _details(metadata)
    if details["reason"] not in _ENDS and not (as_json and _breaks_off(said.content)):
        return None
    found, way_out = _ENDS.get(details["reason"], _BROKEN_OFF)
    out = _way_out(way_out, details, said)
    sentence = f"the {wanted} {found}{_numbers(details, said)}{_so_far(details, said)}. {out}."
    filtered = (KimiContentFilterError,) if details["reason"] in _WITHHELD else ()
    error = both(KimiIncompleteAnswerError, *filtered)(sentence)
    error.partial = said
    error.finish_reason = details["reason"]
    error.max_tokens = details.get("max_tokens")
    error.reasoning_tokens = details.get("reasoning_tokens")
    return error


def uncalled_error(said: ParsedMessage, metadata: object, *, force: str, accept: str) -> ValueError:
    """Return the error for an answer without a tool call where one was expected.

    Args:
        said: The answer.
        metadata: As for `incomplete_answer`; ``forced_tool_choice`` says what became of a choice.
        force: How a call is forced, in the words of the framework.
        accept: How an answer without one is accepted, likewise.
    """
    error = incomplete_answer(said, metadata, wanted="answer that should call a tool")
    if error is not None:
        return error
    outcome = (as_mapping(metadata) or {}).get("forced_tool_choice")
    reason = _UNCALLED.get(str(outcome), _UNFORCED).format(force=force)
    return ValueError(
        f"the model called no tool and answered with text: {said.content[:_QUOTED]!r}. {reason}, "
        f"or {accept} to accept text."
    )


_UNFORCED = "Pass {force} to force a call"
_UNCALLED = {
    "sent": (
        "A call was forced, and the server did not keep to it: `kimi-k2 check` says what it keeps. "
        "Ask again"
    ),
    "given_up": (
        "{force} could not be kept, because this model refuses it while it thinks, as a "
        "ToolChoiceWarning said. Set thinking=False where the model can"
    ),
}


def _details(metadata: object) -> Mapping[str, Any]:
    kept = as_mapping(metadata) or {}
    return as_mapping(kept.get("incomplete_details")) or {"reason": kept.get("finish_reason")}


def json_text(content: str, *, growing: bool = False) -> str:
    """Return the object in a text; kimi-k2.6 at times puts a fence round the JSON it was to write.

    Args:
        content: The content of an answer.
        growing: Whether more may follow: the last brace is then that of an inner object, behind
            which the outer one goes on.
    """
    end = None if growing else content.rfind("}") + 1 or None
    return content[max(content.find("{"), 0) : end]


def _breaks_off(content: str) -> bool:
    text = content[max(content.find("{"), 0) :].rstrip("` \n\r\t")
    found = read_arguments(text)
    return isinstance(found, InvalidArguments) and found.kind == "cut"


def _way_out(way_out: str, details: Mapping[str, Any], said: ParsedMessage) -> str:
    thought = details["reason"] == "length" and (details.get("reasoning_tokens") or said.reasoning)
    return f"{way_out}, or lower reasoning_effort" if thought else way_out


def _numbers(details: Mapping[str, Any], said: ParsedMessage) -> str:
    if details["reason"] not in _ENDS:
        return f" (finish reason {details['reason']!r})"
    if details["reason"] != "length":
        return ""
    limit, thought = details.get("max_tokens"), details.get("reasoning_tokens")
    known = [f"max_tokens={limit}" if limit else "max_tokens was not set"]
    if thought:
        known.append(f"{thought} tokens were spent on reasoning")
    elif said.reasoning:
        known.append(f"{len(said.reasoning)} characters of it were reasoning")
    return f" ({'; '.join(known)})"


def _so_far(details: Mapping[str, Any], said: ParsedMessage) -> str:
    if "refusal" in details:
        return f": {details['refusal'][-_QUOTED:]!r}"
    text = said.tool_calls[-1].arguments if said.tool_calls else said.content
    if not text:
        return " before any text"
    return f" after {len(text)} characters: {text[-_QUOTED:]!r}"
