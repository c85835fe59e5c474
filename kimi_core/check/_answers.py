"""Probes of plain answers: a whole one, a streamed one, their token counts, the context.

Owns: `ANSWERS`. May know: its own files, chat, errors, models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kimi_core.chat import stated_context
from kimi_core.check._probe import Outcome, Probe, Verdict, outcome
from kimi_core.errors import KimiStreamTruncatedError
from kimi_core.models import get_model

if TYPE_CHECKING:
    from kimi_core.check._session import Session

__all__ = ["ANSWERS"]

_COUNT = [{"role": "user", "content": "Count from 1 to 5, with commas."}]
_SHOWN = 40


def _chat(session: Session) -> Outcome:
    answer = session.ready()
    content = answer.message.content.strip()
    if content:
        return outcome("answers", text=_shown(content))
    return outcome("empty", finish=answer.finish_reason)


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= _SHOWN else f"{line[:_SHOWN]}...")


def _stream(session: Session) -> Outcome:
    try:
        answer = session.streamed = session.ask(_COUNT, stream=True)
    except KimiStreamTruncatedError as error:
        return outcome("truncated", text=_shown(error.partial.content))
    key = "streams" if answer.pieces > 1 else "one_piece"
    return outcome(key, pieces=answer.pieces)


def _count(session: Session) -> Outcome:
    whole, streamed = session.ready().usage, session.streamed
    if whole is None:
        of_before = session.endpoint.name == "ktransformers" and not session.ready().finish_reason
        return outcome("old_ktransformers" if of_before else "missing")
    if streamed is not None and streamed.usage is None:
        return outcome("not_streamed")
    return outcome("counted", prompt=whole.prompt_tokens, completion=whole.completion_tokens)


def _context(session: Session) -> Outcome:
    stated = stated_context(session.row())
    info, said = session.chat.capabilities.info, session.chat.settings.context_window
    model = get_model(info.name) or info  # as it is, and not as the server states it
    wanted = said or model.context_window
    if stated is None:
        return outcome("unstated", wanted=wanted)
    return outcome("shorter" if stated < wanted else "whole", stated=stated, wanted=wanted)


ANSWERS = (
    Probe(
        name="chat",
        question="Does it answer a message?",
        ask=_chat,
        needs=("model",),
        verdicts={
            "answers": Verdict("green", "it answers: {text}"),
            "empty": Verdict(
                "amber",
                "the answer is empty (finish reason {finish})",
                "Thinking may have used up the token limit, or the server's parser swallowed it.",
                "Raise max_tokens; if that does not help, {reasoning_flag}.",
            ),
        },
    ),
    Probe(
        name="streaming",
        question="Does an answer come in pieces, and come to its end?",
        ask=_stream,
        verdicts={
            "streams": Verdict("green", "{pieces} pieces, and a proper end"),
            "one_piece": Verdict(
                "amber",
                "the stream came in {pieces} piece",
                "Something between collects the answer: users wait for all of it.",
                "Turn off buffering in the proxy (nginx: proxy_buffering off).",
            ),
            "truncated": Verdict(
                "red",
                "the stream broke off after {text}: no finish reason, no [DONE]",
                "Answers are cut; KimiStreamTruncatedError holds what had come.",
                "Raise the read timeout of the proxy between (nginx: proxy_read_timeout, a load "
                "balancer's idle timeout), and look for a crash in the server's log.",
            ),
        },
    ),
    Probe(
        name="usage",
        question="Are tokens counted?",
        ask=_count,
        verdicts={
            "counted": Verdict("green", "counted ({prompt} in, {completion} out for one word)"),
            "not_streamed": Verdict(
                "amber",
                "whole answers state their tokens, streamed ones do not",
                "usage_metadata is empty for streams; budgets and traces miss them.",
                "Let the server honour stream_options.include_usage (vLLM can be told to always: "
                "--enable-force-include-usage).",
            ),
            "old_ktransformers": Verdict(
                "red",
                "neither tokens nor a finish reason: this is KTransformers' server of before, "
                "which is archived",
                "On its chat route Kimi never sees a tool, and its calls are not found.",
                "Start kt-kernel with sglang-kt (kimi-k2 launch ktransformers, port 30000); until "
                "then set api='completions'.",
            ),
            "missing": Verdict(
                "amber",
                "the server does not state tokens",
                "usage_metadata is empty; budgets and traces miss this server.",
                "Update the server; a proxy may have removed `usage` from its answers.",
            ),
        },
    ),
    Probe(
        name="context",
        question="How much context is served?",
        ask=_context,
        verdicts={
            "whole": Verdict("green", "{stated} tokens, as {base_model} has"),
            "shorter": Verdict(
                "amber",
                "{stated} tokens are served; {base_model} has {wanted}",
                "Longer prompts are refused, and frameworks that trim history need to know.",
                "Set context_window={stated}; or, for all of it, {context_flag}.",
            ),
            "unstated": Verdict(
                "skipped", "the server does not state it; {base_model} has {wanted} tokens"
            ),
        },
    ),
)
"""Chat, streaming, usage, context."""
