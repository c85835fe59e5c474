"""What the scripted model of SGLang says to a prompt, as text.

Owns: the script of `tests.engines.scenario` for a prompt that is read whole. May know: the standard
library, the scenario.
"""

from __future__ import annotations

import json

from tests.engines.scenario import ANSWER, CALL, OBJECT, REASONING

__all__ = ["reply"]

_END = "<|im_end|>"
_CALLED = (
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.{name}:{number}"
    "<|tool_call_argument_begin|>{arguments}<|tool_call_end|><|tool_calls_section_end|>"
)


def reply(prompt: str) -> str:
    """Return what the model says: a thought where the prompt opens one, and then what is asked.

    A question between ``[[`` and ``]]`` is said as it is, with ``{section}`` and the like for the
    markers. With tools it calls get_weather until it has two results; where JSON is asked for it
    writes an object; otherwise it answers, or goes on with an answer that was begun.
    """
    question = prompt[prompt.rfind("<|im_user|>") :]
    begun = next((n for n in range(len(ANSWER), 0, -1) if prompt.endswith(ANSWER[:n])), 0)
    if begun:
        return ANSWER[begun:] + _END
    thought = f"{REASONING}</think>" if prompt.endswith("<think>") else ""
    if "[[" in question:
        return thought + _spelled(question[question.index("[[") + 2 : question.index("]]")]) + _END
    if "tool_declare" in prompt and question.count("## Return of") < 2:
        called = _CALLED.format(
            name=CALL[0],
            number=prompt.count("<|tool_call_begin|>"),
            arguments=json.dumps(CALL[1]),
        )
        return thought + called + _END
    return thought + (json.dumps(OBJECT) if "JSON" in question else ANSWER) + _END


def _spelled(text: str) -> str:
    for name in ("section_begin", "section_end"):
        text = text.replace(f"{{{name}}}", f"<|tool_calls_{name}|>")
    for name in ("begin", "argument_begin", "end"):
        text = text.replace(f"{{{name}}}", f"<|tool_call_{name}|>")
    return text
