"""What is asked of every server, and what a right answer is: the rows of docs/engines.md.

Owns: `ROWS`, and `WAYS`, the servers with the settings by which they are asked. May know: the
scenario.

The servers of vLLM, transformers and llama.cpp have a model of few words, so that what a model
must first have written, such as odd markers, is asked of SGLang alone: its scripted model says what
stands between ``[[`` and ``]]``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.engines.scenario import ALARM, ANSWER, CALL, HERE, OBJECT, QUESTION, RENDERED, WEATHER

__all__ = ["ROWS", "WAYS", "Row"]


@dataclass(frozen=True)
class Row:
    """One kind of request.

    Attributes:
        group: What it is about.
        name: What it is called.
        right: What a right answer is, by the names of `tests.engines.asking.outcome`.
        question: What the user says.
        tools: What is offered.
        stream: Whether the answer is asked for in pieces.
        settings: Of `ChatKimiK2`.
        options: Of the call.
        before: What stands in the history: rows of a method of `Conversation` and its arguments.
        results: Results that are given, each followed by one more request; the last one is judged.
        scripted: Whether only a model that says what it is told can be asked.
        adapter: Through which adapter it is asked; both, by turns, where it is empty.
    """

    group: str
    name: str
    right: dict[str, Any]
    question: str = QUESTION
    tools: tuple[dict[str, Any], ...] = ()
    stream: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    before: tuple[tuple[Any, ...], ...] = ()
    results: tuple[str, ...] = ()
    scripted: bool = False
    adapter: str = ""

    @property
    def title(self) -> str:
        """Its name, with what it is about."""
        return f"{self.group}: {self.name}{', streamed' if self.stream else ''}"


WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "vLLM": ("vllm", {}),
    "vLLM, no reasoning parser": ("vllm-no-reasoning", {}),
    "vLLM, no parsers": ("vllm-raw", HERE),
    "vLLM, rendered here": ("vllm", RENDERED),
    "transformers": ("transformers", {}),
    "SGLang": ("sglang", {}),
    "SGLang, no reasoning parser": ("sglang-no-reasoning", {}),
    "SGLang, no parsers": ("sglang-raw", {}),
    "SGLang, parsed here": ("sglang-raw", HERE),
    "SGLang, rendered here": ("sglang", RENDERED),
    "llama.cpp": ("llama.cpp", {}),
    "llama.cpp, rendered here": ("llama.cpp", RENDERED),
}
"""The columns: a server, and how it is asked."""

_CITY = {
    "type": "object",
    "properties": {"city": {"enum": ["Paris", "Rome"]}},
    "required": ["city"],
    "additionalProperties": False,
}
_FORM = {"type": "json_schema", "json_schema": {"name": "city", "schema": _CITY, "strict": True}}
_PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_CALLED = {"calls": [CALL], "content": "", "thinks": True, "finish": "tool_calls", "counted": True}
_ANSWERED = {"calls": [], "content": ANSWER, "thinks": True, "finish": "stop", "counted": True}
_AT_ONCE: dict[str, Any] = {"thinks": False}
_PLAIN: dict[str, Any] = {"thinking": False}
_BOTH = (WEATHER, ALARM)
_FORCED = {"calls": [CALL], "content": "", "finish": "tool_calls"}
_ALARMED = {**_FORCED, "calls": [("set_alarm", {"day": "Monday", "hour": 7})]}
_MADE = "{{begin}}functions.{name}:{number}{{argument_begin}}{arguments}{{end}}"
_PARIS = '{"city": "Paris"}'


def _section(*calls: tuple[str, str]) -> str:
    """Return the markup of calls, as the script writes it."""
    made = (
        _MADE.format(name=name, number=number, arguments=arguments)
        for number, (name, arguments) in enumerate(calls)
    )
    return f"{{section_begin}}{''.join(made)}{{section_end}}"


def _said(text: str) -> dict[str, Any]:
    return {"question": f"[[{text}]]", "scripted": True}


def _twice(group: str, name: str, right: dict[str, Any], **asked: Any) -> list[Row]:
    return [Row(group, name, right, stream=stream, **asked) for stream in (False, True)]


_FOREIGN = ("remember_call", QUESTION, "call_abc", *CALL)
_BROKEN = ("remember_call", QUESTION, "functions.get_weather:0", "get_weather", '{"city": ')
_TWO = _section(("get_weather", _PARIS), ("get_weather", '{"city": "Rome"}'))
_TWO_CALLS = [CALL, ("get_weather", {"city": "Rome"})]
_QUOTED = f"Write {_section(('get_weather', _PARIS))} to call"
_SPELLED = (
    "Write <|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0"
    '<|tool_call_argument_begin|>{"city": "Paris"}<|tool_call_end|><|tool_calls_section_end|> '
    "to call"
)
_DASHED = {
    "type": "function",
    "function": {**WEATHER["function"], "name": "get-weather"},
}
_DAMAGED = {"calls": [], "damaged": ["get_weather"], "content": ""}

ROWS = [
    *_twice("answer", "thinking", _ANSWERED),
    *_twice("answer", "not thinking", {**_ANSWERED, **_AT_ONCE}, settings=_PLAIN),
    Row("answer", "an earlier answer", _ANSWERED, before=(("remember", "Hello!", "A greeting."),)),
    Row("answer", "other scripts", _ANSWERED, question="Grüße aus 北京 🙂\n\n 1234567 it's"),
    Row("answer", "a long prompt", _ANSWERED, question="a " * 2_000 + QUESTION),
    *_twice("call", "thinking", _CALLED, tools=(WEATHER,)),
    *_twice("call", "not thinking", {**_CALLED, **_AT_ONCE}, tools=(WEATHER,), settings=_PLAIN),
    Row("call", "of two tools", _CALLED, tools=_BOTH),
    *_twice("rounds", "second call", _CALLED, tools=(WEATHER,), results=("18 degrees",)),
    *_twice("rounds", "answer in the end", _ANSWERED, tools=(WEATHER,),
            results=("18 degrees",) * 2),
    *_twice("forced", "required", _FORCED, tools=_BOTH, options={"tool_choice": "required"}),
    *_twice("forced", "named", _FORCED, tools=_BOTH, options={"tool_choice": "get_weather"}),
    *_twice(
        "forced", "a tool the model never calls", _ALARMED, tools=_BOTH,
        options={"tool_choice": "set_alarm"},
    ),
    Row(
        "forced", "the same, not thinking", {**_ALARMED, **_AT_ONCE}, tools=_BOTH,
        settings=_PLAIN, options={"tool_choice": "set_alarm"},
    ),
    *_twice("forced", "none", {"calls": []}, tools=(WEATHER,), options={"tool_choice": "none"}),
    *_twice("parallel", "two calls", {"calls": _TWO_CALLS, "content": ""}, tools=(WEATHER,),
            **_said(_TWO)),
    # The script says the same again: what is proven is that both results are taken.
    Row("parallel", "two results", {"calls": _TWO_CALLS}, tools=(WEATHER,),
        results=("18 degrees",), **_said(_TWO)),
    *_twice("structured", "json_schema", {"object": OBJECT, "thinks": True},
            question="Paris as JSON", options={"response_format": _FORM}),
    *_twice("structured", "json_schema, not thinking", {"object": OBJECT, "thinks": False},
            question="Paris as JSON", settings=_PLAIN, options={"response_format": _FORM}),
    Row("structured", "json_object", {"is_object": True}, question="Paris as JSON",
        settings=_PLAIN, options={"response_format": {"type": "json_object"}}),
    *_twice("prefix", "goes on", {"content": ANSWER[5:], "thinks": False, "finish": "stop"},
            before=(("begin", QUESTION, ANSWER[:5]),), question="", settings=_PLAIN),
    *_twice("limits", "a stop string", {"content": "It is 18 ", "finish": "stop"},
            settings={"stop": ["degrees"]}),
    *_twice("limits", "a thought cut short", {"content": "", "thinks": True, "finish": "length"},
            settings={"max_tokens": 4}),
    *_twice("limits", "a call cut short",
            {"calls": [], "damaged": ["get_weather"], "finish": "length"},
            tools=(WEATHER,), settings={"max_tokens": 24}),
    # Of one adapter: what differs is the server.
    *_twice("logprobs", "of an answer", {"content": ANSWER, "logprobs": True},
            settings={"logprobs": True, "top_logprobs": 2}, adapter="langchain"),
    *_twice("history", "foreign ids", _CALLED, tools=(WEATHER,), before=(_FOREIGN,),
            results=("18 degrees",), question=""),
    Row("history", "arguments that are no JSON", _CALLED, tools=(WEATHER,), before=(_BROKEN,),
        results=("18 degrees",), question=""),
    *_twice("errors", "a prompt too long", {"error": "KimiContextOverflowError"},
            question="a " * 9_000),
    Row("errors", "max_tokens too large", {"error": "KimiContextOverflowError"},
        settings={"max_tokens": 300_000}),
    Row("errors", "an unknown model", {"error": "KimiModelNotFoundError"},
        settings={"model": "kimi-k9"}),
    Row("errors", "a picture", {"error": "KimiBadRequestError"},
        before=(("show", "What is it?", _PIXEL),), question=""),
    *_twice("odd text", "a quoted call, no tools", {"calls": [], "content": _SPELLED},
            **_said(_QUOTED)),
    *_twice("odd text", "a quoted call, another tool", {"calls": [], "content": _SPELLED},
            tools=(ALARM,), **_said(_QUOTED)),
    *_twice("odd text", "half a marker", {"calls": [], "content": "a <|tool_call b <thin"},
            **_said("a <|tool_call b <thin")),
    *_twice("odd calls", "broken arguments", _DAMAGED, tools=(WEATHER,),
            **_said(_section(("get_weather", '{"city": ')))),
    *_twice("odd calls", "no arguments", {"calls": [("get_weather", {})]}, tools=(WEATHER,),
            **_said(_section(("get_weather", "{}")))),
    *_twice("odd calls", "several lines", {"calls": [CALL]}, tools=(WEATHER,),
            **_said(_section(("get_weather", '{\n  "city": "Paris"\n}')))),
    *_twice("odd calls", "a dash in the name", {"calls": [("get-weather", CALL[1])]},
            tools=(_DASHED,), **_said(_section(("get-weather", _PARIS)))),
    *_twice("odd calls", "text behind them", {"calls": [CALL], "content": "Done."},
            tools=(WEATHER,), **_said(_section(("get_weather", _PARIS)) + "Done.")),
    *_twice("odd calls", "in the thought",
            {"calls": [CALL], "finish": "tool_calls"}, tools=(WEATHER,),
            **_said("<think>Hm" + _section(("get_weather", _PARIS)))),
]  # fmt: skip
"""The rows of the table, by group."""
