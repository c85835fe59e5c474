"""Probes of thinking: does it come, apart from the answer, and is it read when it is sent back.

Owns: `REASONING`. May know: its own files, request.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from kimi_core.check._probe import Outcome, Probe, Verdict, outcome
from kimi_core.request import Options

if TYPE_CHECKING:
    from typing import Any

    from kimi_core.check._session import Session

__all__ = ["REASONING"]

_SUM = [{"role": "user", "content": "What is 17 + 25? Think, then answer with the number."}]
_TAGS = re.compile(r"</?think>|<\|(?:open|close)\|>\s*think")
# A parser of the other family takes these for words, and the answer behind them for reasoning.
_CLOSED = re.compile(r"</think>|<\|close\|>\s*think")
_THOUGHT = "The city is Paris, the tool has been asked, and the answer is in its result. " * 8


def _thinks(session: Session) -> bool:
    return session.chat.capabilities.thinks(None)


def _reason(session: Session) -> Outcome:
    capabilities = session.chat.capabilities
    if not _thinks(session):
        return outcome("no_thinking")
    brief = session.brief()
    answer = session.ask(_SUM, options=replace(brief, thinking=None, max_tokens=2_000))
    if answer.reasoning_field:
        found = _CLOSED.search(answer.text)
        if found is not None:
            return outcome("wrong_parser", tag=found.group())
        return outcome("separate", field=answer.reasoning_field)
    if capabilities.gets_raw_text and answer.message.reasoning:
        return outcome("here")
    return outcome("in_content" if _TAGS.search(answer.text) else "missing")


def _send_back(session: Session) -> Outcome:
    """Count the prompt's tokens with a short and with a long thought in the history.

    A server that renders the thought needs more tokens for the longer one, whatever the model then
    says: no answer has to be interpreted.
    """
    if not _thinks(session):
        return outcome("no_thinking")
    options = Options(max_tokens=16)
    tokens = [
        answer.usage.prompt_tokens if answer.usage else 0
        for answer in (
            session.ask(_history(thought), options=options) for thought in ("Ask.", _THOUGHT)
        )
    ]
    if not all(tokens):
        return outcome("uncounted")
    return outcome("read" if tokens[1] > tokens[0] else "dropped", tokens=tokens[1])


def _history(thought: str) -> list[dict[str, Any]]:
    function = {"name": "get_weather", "arguments": '{"city": "Paris"}'}
    call = {"id": "functions.get_weather:0", "type": "function", "function": function}
    return [
        {"role": "user", "content": "What is the weather in Paris?"},
        {
            "role": "assistant",
            "content": "",
            "reasoning_content": thought,
            "tool_calls": [call],
        },
        {"role": "tool", "tool_call_id": call["id"], "content": "18 degrees, sunny"},
    ]


_NO_THINKING = Verdict("skipped", "{base_model} has no thinking mode")

REASONING = (
    Probe(
        name="reasoning",
        question="Does the reasoning come, apart from the answer?",
        ask=_reason,
        verdicts={
            "no_thinking": _NO_THINKING,
            "separate": Verdict("green", "reasoning comes in the field `{field}`"),
            "here": Verdict("green", "reasoning is split off here, from raw tokens"),
            "wrong_parser": Verdict(
                "red",
                "reasoning comes in its own field, and {tag} with what follows it does, too",
                "The server's parser is that of another family than {base_model}'s: answers are "
                "lost in the reasoning.",
                "Let it split this family's: {reasoning_flag}.",
            ),
            "in_content": Verdict(
                "red",
                "reasoning comes inside the content, with its tags",
                "Answers begin with thoughts, and structured output does not parse.",
                "Let the server split it: {reasoning_flag}; or set tool_call_parser='client' and "
                "api='completions', which parses here.",
            ),
            "missing": Verdict(
                "red",
                "no reasoning came, though {base_model} thinks",
                "What the model thought cannot be sent back: tool loops get worse, and the "
                "first-party API refuses such a history.",
                "Let the server send it: {reasoning_flag}; where thinking is switched off on "
                "purpose, say thinking=False.",
            ),
        },
    ),
    Probe(
        name="reasoning_round_trip",
        question="Is reasoning read when it is sent back?",
        ask=_send_back,
        verdicts={
            "no_thinking": _NO_THINKING,
            "read": Verdict("green", "reasoning in the history reaches the prompt"),
            "dropped": Verdict(
                "red",
                "reasoning sent back as `{reasoning_field}` does not reach the prompt",
                "In a tool loop the model forgets why it called.",
                "Let the prompt hold it: {history_flag}.",
            ),
            "uncounted": Verdict(
                "amber",
                "cannot be told: the server does not count the prompt's tokens",
                "A server may drop reasoning without a word.",
                "Let the server state usage.",
            ),
        },
    ),
)
"""Reasoning, reasoning round trip."""
