"""What every recorded answer says, read from the files by hand with plain JSON.

Owns: the table that test_recordings.py holds the package against. Texts that are not short are
given by their length; the recordings are third-party data and are not copied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ANSWERS", "CONVERSATIONS", "ERRORS", "HEADERS", "LINES", "PIECES", "Said", "settings_of",
    "tools_of",
]  # fmt: skip


class Said(NamedTuple):
    """What an answer says.

    Attributes:
        content: The text, or its length where it is long.
        finish: The finish reason; "tool_calls" wherever a call was made, also where vLLM says
            "stop" (b-09, n-02, c-08-compl).
        usage: Tokens of the prompt, of the answer, the sum, cached ones, reasoning.
        reasoning: The text, or its length.
        calls: id, name, arguments, and whether the call is complete.
    """

    content: str | int
    finish: str
    usage: tuple[int, int, int, int, int] | None
    reasoning: str | int = ""
    calls: tuple[tuple[str, str, str, bool], ...] = ()


def _weather(arguments: str, *, complete: bool = True) -> tuple[tuple[str, str, str, bool], ...]:
    return (("functions.get_weather:0", "get_weather", arguments, complete),)


_SUM = (
    ("functions.add:0", "add", '{"a":2,"b":3}', True),
    ("functions.multiply:1", "multiply", '{"a":2,"b":3}', True),
)
_FLORENCE = (("functions.weather:0", "weather", '{"location":"Florence,Italy"}', True),)
_PERSON = '{"age":32,"name":"Alex Johnson","occupation":"software engineer"}'
_PARIS = '{"city": "Paris"}'
_THOUGHT = " The user asks about the weather; I should call a tool."

_GROQ: dict[str, Said] = {
    "fantasy-groq-simple-1.json": Said("Olá!", "stop", (20, 4, 24, 0, 0)),
    "fantasy-groq-simple-streaming-1.sse": Said("Olá!", "stop", (20, 4, 24, 0, 0)),
    "fantasy-groq-tool-1.json": Said(50, "tool_calls", (93, 32, 125, 0, 0), "", _FLORENCE),
    "fantasy-groq-tool-2.json": Said(51, "stop", (143, 13, 156, 0, 0)),
    "fantasy-groq-tool-streaming-1.sse": Said(50, "tool_calls", (93, 32, 125, 0, 0), "", _FLORENCE),
    "fantasy-groq-tool-streaming-2.sse": Said(51, "stop", (143, 13, 156, 0, 0)),
    "fantasy-groq-multi-tool-1.json": Said(38, "tool_calls", (205, 53, 258, 0, 0), "", _SUM),
    "fantasy-groq-multi-tool-2.json": Said(79, "stop", (295, 31, 326, 0, 0)),
    "fantasy-groq-multi-tool-streaming-1.sse": Said(
        77, "tool_calls", (201, 58, 259, 0, 0), "", _SUM
    ),
    "fantasy-groq-multi-tool-streaming-2.sse": Said(71, "stop", (296, 30, 326, 0, 0)),
    "reqllm-groq-0905-object-streaming.sse": Said(
        "",
        "tool_calls",
        (168, 33, 201, 0, 0),
        "",
        (("functions.structured_output:0", "structured_output", _PERSON, True),),
    ),
    "reqllm-groq-0905-streaming.sse": Said(48, "stop", (28, 15, 43, 0, 0)),
    "reqllm-groq-0905-token-limit.json": Said(342, "length", (34, 100, 134, 0, 0)),
}

_FLORENCE_1 = (("functions.weather:0", "weather", '{"location": "Florence"}', True),)
_FLORENCE_2 = (("functions.weather:0", "weather", '{"location": "Florence,Italy"}', True),)
_OPENROUTER: dict[str, Said] = {
    "fantasy-openrouter-simple-1.json": Said(130, "stop", (21, 202, 223, 0, 166), 596),
    "fantasy-openrouter-simple-streaming-1.sse": Said(46, "stop", (21, 173, 194, 0, 165), 610),
    "fantasy-openrouter-tool-1.json": Said(
        "", "tool_calls", (69, 66, 135, 0, 47), 219, _FLORENCE_1
    ),
    "fantasy-openrouter-tool-2.json": Said(80, "stop", (108, 67, 175, 0, 46), 201),
    "fantasy-openrouter-tool-streaming-1.sse": Said(
        "", "tool_calls", (69, 87, 156, 0, 66), 268, _FLORENCE_2
    ),
    "fantasy-openrouter-tool-streaming-2.sse": Said(149, "stop", (110, 66, 176, 0, 31), 137),
}

_ZEBRA = (("functions.lookup_rate:0", "lookup_rate", ' {"code":"ZEBRA"} ', True),)
_VENICE: dict[str, Said] = {
    "opencode-venice-k26-toolloop-1.sse": Said(
        "", "tool_calls", (133, 109, 242, 96, 0), 339, _ZEBRA
    ),
    "opencode-venice-k26-toolloop-2.sse": Said(" 400", "stop", (206, 79, 285, 0, 0), 259),
    "opencode-venice-k26-toolloop-3.sse": Said(" 407", "stop", (143, 43, 186, 32, 0), 150),
}

_K3_WEATHER = (("get_weather_0", "get_weather", _PARIS, True),)
_FIRST_PARTY: dict[str, Said] = {
    "moonshot-k2-0905-stream-abridged.sse": Said(
        "I can:\n\nhelp you", "stop", (4796, 174, 4970, 0, 0)
    ),
    "moonshot-k25-stream-long.sse": Said(8008, "stop", (14, 1760, 1774, 0, 0)),
    "moonshot-kimicli-k2-turbo-final-chunk.chunks.jsonl": Said("", "stop", (8, 11, 19, 8, 0)),
    "vercel-moonshot-k26-image-file-ref.json": Said("IMAGE_OK", "stop", (18, 5, 23, 6, 1)),
    "vercel-moonshot-k26-length-in-reasoning.json": Said("", "length", (41, 32, 73, 0, 31), 143),
    "vercel-moonshot-k3-stream-reasoning-tool.chunks.jsonl": Said(
        "", "tool_calls", (213, 99, 312, 213, 46), 207, _K3_WEATHER
    ),
    "vercel-moonshot-k3-text.json": Said("323", "stop", (101, 32, 133, 101, 16), 56),
    "vercel-moonshot-k3-tool-choice-required.json": Said(
        "", "tool_calls", (189, 51, 240, 0, 15), 58, (("ping_0", "ping", "{}", True),)
    ),
    "vercel-moonshot-k3-tool.json": Said("", "tool_calls", (191, 97, 288, 0, 44), 202, _K3_WEATHER),
    "vercel-moonshot-k3-usage.json": Said("OK", "stop", (90, 34, 124, 90, 17), 74),
    "vercel-moonshot-v1-8k-stream.chunks.jsonl": Said("OK", "stop", (11, 2, 13, 0, 0)),
    "vercel-moonshot-v1-8k-text.json": Said("OK", "stop", (11, 2, 13, 0, 0)),
    "vercel-moonshot-v1-structured-output.json": Said(20, "stop", (17, 11, 28, 0, 0)),
}

_CALLED = Said("", "tool_calls", (78, 33, 111, 0, 13), _THOUGHT, _weather(_PARIS))
_REQUIRED = _CALLED._replace(usage=(143, 33, 176, 0, 13))
_GREETED = Said("Hello from scripted Kimi!", "stop", (78, 21, 99, 0, 13), _THOUGHT)
_NOT_THOUGHT = Said("", "tool_calls", (79, 19, 98, 0, 0), "", _weather(_PARIS))
_CUT = Said("", "length", (78, 27, 105, 0, 13), _THOUGHT, _weather('{"city": "', complete=False))
_VLLM: dict[str, Said] = {
    # No reasoning parser, and cut inside the thought, which no tag ends.
    "a-03-chat-stream-usage.sse": Said("", "length", (15, 12, 27, 0, 0), 47),
    "b-01-tools-auto.json": _CALLED,
    "b-02-tools-auto-stream.sse": _CALLED,
    "b-03-tools-auto-nothink.json": _NOT_THOUGHT,
    "b-04-tools-auto-nothink-stream.sse": _NOT_THOUGHT,
    "b-05-tools-auto-content-by-logit-bias.json": _GREETED,
    "b-06-tools-auto-content-stream.sse": _GREETED,
    "b-07-no-tools-model-calls-anyway.json": Said("", "stop", (15, 33, 48, 0, 13), _THOUGHT),
    "b-07-no-tools-model-calls-anyway-stream.sse": Said("", "stop", (15, 33, 48, 0, 13), _THOUGHT),
    "b-09-named.json": _CALLED,
    "b-09-named-stream.sse": _CALLED,
    "b-10-required.json": _REQUIRED,
    "b-10-required-stream.sse": _REQUIRED,
    "b-11-max-tokens-cuts-in-args-stream.sse": _CUT,
    # vLLM 0.32.0 reports the cut call as whole here, and half a name with empty arguments below.
    "b-11-max-tokens-cuts-in-args.json": _CUT._replace(finish="tool_calls"),
    "b-11-max-tokens-cuts-in-name.json": Said(
        "",
        "tool_calls",
        (78, 19, 97, 0, 13),
        _THOUGHT,
        (("functions.functions.get_we:0", "functions.get_we", "{}", True),),
    ),
    "c-08-chat-structural-tag-token-with-tools-auto-stream.sse": Said(
        "",
        "tool_calls",
        (144, 49, 193, 0, 0),
        "",
        (
            *_weather('{\n"city": "北京"}'),
            ("functions.add:1", "add", '{ "a":25\t,\n"b":73 }', True),
        ),
    ),
    "c-08-compl-structural-tag-token-stream.sse": Said(
        "",
        "tool_calls",
        (16, 50, 66, 0, 0),
        "",
        (
            *_weather('{"city":\r"Paris"\n}'),
            ("functions.add:1", "add", '{"a":12,"b":12\r}', True),
        ),
    ),
    "n-02-chat-raw-markers-stream.sse": Said(
        "", "tool_calls", (15, 33, 48, 0, 0), _THOUGHT, _weather(_PARIS)
    ),
}

ANSWERS: Mapping[str, Said] = {
    **_GROQ,
    **_OPENROUTER,
    **_VENICE,
    **_FIRST_PARTY,
    **{f"engines/{name}": said for name, said in _VLLM.items()},
}

ERRORS: Mapping[str, tuple[int, str]] = {
    "engines/a-04-chat-tools-auto-noparser.json": (400, "BadRequest"),
    "engines/a-05-chat-tools-named-noparser.json": (400, "BadRequest"),
    "engines/e-01-context-too-long.json": (400, "ContextOverflow"),
    "engines/e-02-max-tokens-too-large.json": (400, "ContextOverflow"),
    "engines/e-04-bad-model.json": (404, "ModelNotFound"),
    "engines/e-12-stream-context-too-long.json": (400, "ContextOverflow"),
    "reqllm-groq-error-400-tool-choice.json": (400, "BadRequest"),
    "vercel-moonshot-error-400-json-schema-mfjs.json": (400, "BadRequest"),
    "vercel-moonshot-error-400-k3-temperature.json": (400, "BadRequest"),
    "vercel-moonshot-error-400-svg-image.json": (400, "BadRequest"),
    "vercel-moonshot-error-400-tool-choice-required.json": (400, "BadRequest"),
    "vercel-moonshot-error-404-model.json": (404, "ModelNotFound"),
}

# Conversations of LangChain messages -> how many tool calls they make; each has its result.
CONVERSATIONS: Mapping[str, int] = {
    "deerflow-langchain-k25-thread-parallel.json": 17,
    "deerflow-langchain-k25-thread-single.json": 3,
}

HEADERS = frozenset({"reqllm-groq-ratelimit-headers.json"})

# Files of one thing a line -> how many lines; each line has its own expectation in the tests.
LINES: Mapping[str, int] = {
    "errors-quoted-from-issues.jsonl": 12,
    "leaks-raw-markers.jsonl": 6,
    "moonshot-k25-first-chunk-and-anthropic-start.jsonl": 2,
    "vllm-and-others-excerpts.jsonl": 6,
}

# Pieces of answers, as they were quoted: file and line -> what had come when each broke off, or a
# word of the sentence about a body that is cut. Lines 3 to 5 of the excerpts are prose or Python.
PIECES: Mapping[tuple[str, int], str] = {
    ("moonshot-k25-first-chunk-and-anthropic-start.jsonl", 0): "",
    ("moonshot-k25-first-chunk-and-anthropic-start.jsonl", 1): "",
    ("vllm-and-others-excerpts.jsonl", 0): " A",
    ("vllm-and-others-excerpts.jsonl", 1): "**925**",
    ("vllm-and-others-excerpts.jsonl", 2): "",
}

# Who must be asked how, so that the answer is read as the one who was asked meant it.
_SETTINGS: tuple[tuple[str, dict[str, str]], ...] = (
    ("fantasy-openrouter-", {"endpoint": "openrouter", "model": "moonshotai/kimi-k2.5"}),
    ("vercel-moonshot-k3-", {"endpoint": "moonshot", "model": "kimi-k3"}),
    ("vercel-moonshot-k26-", {"endpoint": "moonshot", "model": "kimi-k2.6"}),
    ("opencode-venice-", {"model": "kimi-k2-6"}),
    ("engines/a-", {"model": "/m/kimi-k2.5", "tool_call_parser": "client"}),
    ("engines/n-", {"model": "/m/kimi-k2.5", "tool_call_parser": "client"}),
    ("engines/c-08-compl-", {"api": "completions", "tool_call_parser": "client"}),
    ("engines/", {"model": "/m/kimi-k2.5"}),
)


def settings_of(name: str) -> dict[str, str]:
    """Return the settings for a replay; without any it is a vLLM with K2-Instruct."""
    return next((given for prefix, given in _SETTINGS if name.startswith(prefix)), {})


def tools_of(name: str) -> dict[str, Any]:
    """Return the tools that a recorded answer calls, as a keyword; text becomes no other call."""
    called = dict.fromkeys(call[1] for call in ANSWERS[name].calls)
    tools = [{"type": "function", "function": {"name": tool, "parameters": {}}} for tool in called]
    return {"tools": tools} if tools else {}
