"""What the scripted model of SGLang says to a prompt, as text.

Owns: the script of `tests.engines.scenario` for a prompt that is read whole. May know: the standard
library, the scenario.
"""

from __future__ import annotations

import json

from tests.engines.scenario import ANSWER, CALL, OBJECT, REASONING

__all__ = ["reply"]

_END = "<|im_end|>"
_K3_END = "<|close|>message<|sep|><|end_of_msg|>"
_K3_CALLED = (
    '<|open|>tools<|sep|><|open|>call tool="{name}" index="1"<|sep|>{arguments}'
    "<|close|>call<|sep|><|close|>tools<|sep|>"
)
_K3_QUOTED = "<|close|>argument<|sep|><|close|>call<|sep|><|close|>tools<|sep|>"
_K3_ARGUMENT = '<|open|>argument key="{}" type="string"<|sep|>{}<|close|>argument<|sep|>'
_CALLED = (
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.{name}:{number}"
    "<|tool_call_argument_begin|>{arguments}<|tool_call_end|><|tool_calls_section_end|>"
)


def reply(prompt: str) -> str:
    """Return what the model says: a thought where the prompt opens one, and then what is asked.

    A question between ``[[`` and ``]]`` is said as it is, with ``{section}`` and the like for the
    markers; K3 writes it as the argument of a call of ``write``, with ``{end}`` for a call's end.
    With tools it calls get_weather until it has two results; where JSON is asked for it writes an
    object; otherwise it answers, or goes on with an answer that was begun.
    """
    if "<|open|>message" in prompt:
        return _k3_reply(prompt)
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


def _k3_reply(prompt: str) -> str:
    question = prompt[prompt.rfind('<|open|>message role="user"') :]
    thinks = prompt.endswith("<|open|>think<|sep|>")
    said = f"{REASONING}<|close|>think<|sep|><|open|>response<|sep|>" if thinks else ""
    if "[[" in question:
        text = question[question.index("[[") + 2 : question.index("]]")]
        argument = _K3_ARGUMENT.format("text", text.replace("{end}", _K3_QUOTED))
        called = _K3_CALLED.format(name="write", arguments=argument)
        return f"{said}<|close|>response<|sep|>{called}{_K3_END}"
    if "tool-declare" in prompt and question.count('role="tool"') < 2:
        arguments = "".join(_K3_ARGUMENT.format(*item) for item in CALL[1].items())
        called = _K3_CALLED.format(name=CALL[0], arguments=arguments)
        return f"{said}<|close|>response<|sep|>{called}{_K3_END}"
    answer = json.dumps(OBJECT) if "JSON" in question else ANSWER
    return f"{said}{answer}<|close|>response<|sep|>{_K3_END}"


def _spelled(text: str) -> str:
    for name in ("section_begin", "section_end"):
        text = text.replace(f"{{{name}}}", f"<|tool_calls_{name}|>")
    for name in ("begin", "argument_begin", "end"):
        text = text.replace(f"{{{name}}}", f"<|tool_call_{name}|>")
    return text
