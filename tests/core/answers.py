"""What answers with Kimi's markers in their text mean, as a table.

Owns: answers, how they were asked for, and what of them is text and what is a call. Both the core
and the adapters are held to it, however the text is cut. May know: the cases of the raw parser.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.core.asking import HELLO, named, tool
from tests.core.raw.cases_common import AB, CE, SE, call, cut, section
from tests.core.raw.cases_k3 import argument, channel, closed, opened
from tests.core.raw.cases_k3 import call as k3_call
from tests.core.raw.cases_k3 import tools as k3_tools

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ANSWERS", "TextAnswer"]

_ID = "functions.get_weather:0"
_ROME = '{"city": "Rome"}'
_RAW = section(call(_ROME, _ID))
_K3 = k3_tools(k3_call(argument("Rome", "city"), name="get_weather"))
_MADE = ((_ID, "get_weather", {"city": "Rome"}),)
_K3_MADE = (("get_weather:0", "get_weather", {"city": "Rome"}),)
_CLIENT = {"tool_call_parser": "client"}
_COMPLETIONS = {"api": "completions"}
_THINKS = {"model": "kimi-k2.6"}
_ON_K3 = {"model": "kimi-k3"}
_TAGS = "re.sub(r'<think>.*?</think>', '', text)"


def _server_call(name: str, arguments: str, identity: str = "call_1") -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"index": 0, "id": identity, "type": "function", "function": function}


_SAME = _server_call("get_weather", '{"city":"Rome"}')
_OSLO = _server_call("get_weather", '{"city": "Oslo"}')


@dataclass(frozen=True)
class TextAnswer:
    """An answer, how it was asked for, and what it means.

    Attributes:
        said: The fields of the message as the server sends them.
        content: The answer that the user gets.
        reasoning: Likewise.
        calls: Ids, names and arguments.
        settings: How the model was made; a vLLM with K2-Instruct where nothing else is said.
        asked: What the call asks for besides; the tool where nothing is said.
        messages: The conversation.
        finish: The finish reason that the server gives.
    """

    said: Mapping[str, Any]
    content: str = ""
    reasoning: str = ""
    calls: Sequence[tuple[str, str, dict[str, Any]]] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    asked: Mapping[str, Any] = field(default_factory=lambda: {"tools": [tool()]})
    messages: Sequence[Mapping[str, Any]] = tuple(HELLO)
    finish: str = "stop"

    @property
    def endpoint(self) -> dict[str, Any]:
        """Return how the model is made."""
        return {"endpoint": "vllm", "model": "kimi-k2-instruct", **self.settings}

    def whole(self) -> dict[str, Any]:
        """Return the body of an answer that is not streamed."""
        if "text" in self.said:
            return _with_choice({**self.said, "finish_reason": self.finish})
        message = {"role": "assistant", "content": None, **self.said}
        return _with_choice({"message": message, "finish_reason": self.finish})

    def chunks(self, size: int) -> list[dict[str, Any]]:
        """Return the chunks of a streamed answer, its texts cut to a size."""
        deltas = [
            {name: piece}
            for name in ("reasoning_content", "content", "text")
            for piece in cut(self.said.get(name, ""), size)
        ]
        deltas += [{"tool_calls": [one]} for one in self.said.get("tool_calls", ())]
        bare = "text" in self.said
        chunks = [_with_choice(one if bare else {"delta": one}) for one in deltas]
        return [*chunks, _with_choice({"delta": {}, "finish_reason": self.finish})]


def _with_choice(choice: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": "x", "model": "m", "choices": [{"index": 0, "finish_reason": None, **choice}]}


def _text(text: str, **rest: Any) -> TextAnswer:
    """Return an answer whose content comes through whole."""
    return TextAnswer({"content": text}, text, **rest)


def _made(text: str, content: str = "", **rest: Any) -> TextAnswer:
    """Return an answer whose content holds a call."""
    return TextAnswer({"content": text}, content, calls=_MADE, **rest)


_FIRST_PARTY = {
    f"{endpoint} {name}": TextAnswer(
        {"reasoning_content": f"So `x`.{_RAW}", "content": text},
        text,
        f"So `x`.{_RAW}",
        settings={"endpoint": endpoint, "model": "kimi-k2.6"},
        asked=asked,
    )
    for endpoint in ("moonshot", "moonshot-cn")
    for name, text, asked in (
        ("quotes a call of a declared tool", f'The page says: "{_RAW}".', {"tools": [tool()]}),
        ("quotes a call without tools", f'The page says: "{_RAW}".', {}),
        ("speaks of think tags", _TAGS, {}),
        ("begins with a think tag", "<think>a</think>b", {}),
        ("speaks of the end", "It ends with <|im_end|>", {"tools": [tool()]}),
    )
}

_ASKED = {
    "call": _made(f"I look.{_RAW}", "I look."),
    "call, choice auto": _made(_RAW, asked={"tools": [tool()], "tool_choice": "auto"}),
    "call, choice of the tool": _made(_RAW, asked={"tools": [tool()], "tool_choice": named()}),
    "call, one of two tools": _made(_RAW, asked={"tools": [tool("other"), tool()]}),
    "choice none": _text(_RAW, asked={"tools": [tool()], "tool_choice": "none"}),
    "no tools": _text(_RAW, asked={}),
    "another tool": _text(f"a{_RAW}b", asked={"tools": [tool("get_weather_now")]}),
    "own field tools": _made(_RAW, asked={"extra_body": {"tools": [tool()]}}),
    "own field tool_choice": _text(
        _RAW, asked={"tools": [tool()], "extra_body": {"tool_choice": "none"}}
    ),
    "client, call": _made(_RAW, settings=_CLIENT),
    "client, no tools": _made(f"I look.\n {_RAW}", "I look.\n ", asked={}, settings=_CLIENT),
    "client, no tools, in a line": _text(f'It says: "{_RAW}".', asked={}, settings=_CLIENT),
    "client, no tools, quoted": _text(f"```\n{_RAW}\n```", asked={}, settings=_CLIENT),
    "client, no tools, no name": _text(
        _RAW.replace(_ID, ""), asked={}, settings=_CLIENT
    ),
    "client, no tools, choice none": _text(
        _RAW, asked={"tool_choice": "none"}, settings=_CLIENT
    ),
    "client, no tools, K3": TextAnswer(
        {"content": f"So.{closed('think')}{channel('response', 'I look.')}{_K3}"}, "I look.",
        "So.", _K3_MADE, settings={**_CLIENT, **_ON_K3}, asked={},
    ),
    "client, choice none": _text(
        _RAW, asked={"tools": [tool()], "tool_choice": "none"}, settings=_CLIENT
    ),
    "client, another tool": _text(_RAW, asked={"tools": [tool("x")]}, settings=_CLIENT),
    "a log": _text(f"10:02:03 said {_RAW}\n10:02:04 end"),
    "an added line": _text(f"+{_RAW}\n+b\n", settings=_CLIENT),
    "K3, comments": TextAnswer(
        {"reasoning_content": "So.", "content": f"# {_K3}\n# b\n"}, f"# {_K3}\n# b\n", "So.",
        settings=_ON_K3,
    ),
    "client, quoted": _text(f"`{_RAW}`", settings=_CLIENT),
    "client at Moonshot": _made(
        _RAW, settings={**_CLIENT, "endpoint": "moonshot", "model": "kimi-k2.6", "thinking": False}
    ),
    "server": _text(_RAW, settings={"tool_call_parser": "server"}),
    "relay": _made(_RAW, settings={"endpoint": "openrouter"}),
    "completions, call": TextAnswer(
        {"text": f"I look.{_RAW}"}, "I look.", calls=_MADE, settings=_COMPLETIONS
    ),
    "completions, no tools": TextAnswer({"text": _RAW}, _RAW, settings=_COMPLETIONS, asked={}),
    "completions, choice none": TextAnswer(
        {"text": _RAW}, _RAW, settings=_COMPLETIONS,
        asked={"tools": [tool()], "tool_choice": "none"},
    ),
    "completions, another tool": TextAnswer(
        {"text": _RAW}, _RAW, settings=_COMPLETIONS, asked={"tools": [tool("x")]}
    ),
    "completions, quoted": TextAnswer(
        {"text": f"```\n{_RAW}\n```"}, f"```\n{_RAW}\n```", settings=_COMPLETIONS
    ),
}  # fmt: skip

_REASONING = {
    "call in reasoning": TextAnswer(
        {"reasoning_content": f"So.{_RAW}"}, "", "So.", _MADE, settings=_THINKS
    ),
    "call in reasoning, and text behind it": TextAnswer(
        {"reasoning_content": f"So.{_RAW} Then.", "content": "Hi."}, "Hi.", "So. Then.", _MADE,
        settings=_THINKS,
    ),
    "call in reasoning, quoted": TextAnswer(
        {"reasoning_content": f"So `{_RAW}`.", "content": "Hi."}, "Hi.", f"So `{_RAW}`.",
        settings=_THINKS,
    ),
    "call in reasoning, no tools": TextAnswer(
        {"reasoning_content": f"So.{_RAW}", "content": "Hi."}, "Hi.", f"So.{_RAW}",
        settings=_THINKS, asked={},
    ),
    "call in reasoning, another tool": TextAnswer(
        {"reasoning_content": f"So.{_RAW}", "content": "Hi."}, "Hi.", f"So.{_RAW}",
        settings=_THINKS, asked={"tools": [tool("x")]},
    ),
    "call in reasoning, and of the server": TextAnswer(
        {"reasoning_content": f"So.{_RAW}", "tool_calls": [_OSLO]}, "", f"So.{_RAW}",
        (("call_1", "get_weather", {"city": "Oslo"}),), settings=_THINKS,
    ),
    "client, call in reasoning": TextAnswer(
        {"reasoning_content": f"So.{_RAW}"}, "", "So.", _MADE, settings={**_CLIENT, **_THINKS}
    ),
    "reasoning speaks of tags": TextAnswer(
        {"reasoning_content": _TAGS, "content": _TAGS}, _TAGS, _TAGS, settings=_THINKS
    ),
    "K3, call in reasoning": TextAnswer(
        {"reasoning_content": f"So.{_K3}"}, "", "So.", _K3_MADE, settings=_ON_K3
    ),
    "K3, call in reasoning behind a closed channel": TextAnswer(
        {"reasoning_content": f"So.{closed('think')}{_K3}{closed('message')}"}, "", "So.",
        _K3_MADE, settings=_ON_K3,
    ),
    "K3, call in reasoning, quoted": TextAnswer(
        {"reasoning_content": f"So\n```\n{_K3}\n```\n.", "content": "Hi."}, "Hi.",
        f"So\n```\n{_K3}\n```\n.", settings=_ON_K3,
    ),
    "K3, answer in reasoning": TextAnswer(
        {"reasoning_content": f"So.{channel('response', 'Hi.')}"}, "Hi.",
        f"So.{opened('response')}Hi.", settings=_ON_K3,
    ),
    "K3, answer in reasoning, cut": TextAnswer(
        {"reasoning_content": f"So.{opened('response')}H"}, "", f"So.{opened('response')}H",
        settings=_ON_K3, finish="length",
    ),
    "K3, reasoning speaks of tags": TextAnswer(
        {"reasoning_content": f"So.{opened('response')}?", "content": "Hi."}, "Hi.",
        f"So.{opened('response')}?", settings=_ON_K3,
    ),
    "K3, nothing but reasoning": TextAnswer(
        {"reasoning_content": "So."}, "", "So.", settings=_ON_K3
    ),
    "K3, tools of a message": TextAnswer(
        {"content": f"a{_K3}"}, "a", calls=_K3_MADE, settings=_ON_K3, asked={},
        messages=({"role": "system", "content": "", "tools": [tool()]}, *HELLO),
    ),
}  # fmt: skip

_TWICE = {
    "raw, and the same of the server": TextAnswer(
        {"content": f"a{_RAW}b", "tool_calls": [_SAME]}, "ab",
        calls=(("call_1", "get_weather", {"city": "Rome"}),),
    ),
    "raw, and another of the server": TextAnswer(
        {"content": f"{_RAW}<|im_end|>", "tool_calls": [_OSLO]},
        calls=(("call_1", "get_weather", {"city": "Oslo"}), *_MADE),
    ),
    "raw, and an empty fragment of the server": TextAnswer(
        {"content": _RAW, "tool_calls": [{"index": 0}]}, calls=_MADE
    ),
    "client, raw, and the same of the server": TextAnswer(
        {"content": f"a{_RAW}b", "tool_calls": [_SAME]}, "ab", calls=_MADE, settings=_CLIENT
    ),
    "client, raw, and another of the server": TextAnswer(
        {"content": _RAW, "tool_calls": [_OSLO]},
        calls=(*_MADE, ("call_1", "get_weather", {"city": "Oslo"})), settings=_CLIENT,
    ),
    "client, raw, and two alike of the server": TextAnswer(
        {
            "content": _RAW,
            "tool_calls": [
                _SAME, {**_server_call("get_weather", _ROME, identity="call_2"), "index": 1},
            ],
        },
        calls=(*_MADE, ("call_2", "get_weather", {"city": "Rome"})), settings=_CLIENT,
    ),
    "one section twice": _made(_RAW + _RAW),
    "one call in reasoning and in content": TextAnswer(
        {"reasoning_content": f"So.{_RAW}", "content": _RAW}, "", "So.", _MADE, settings=_THINKS
    ),
    "one id, two calls": TextAnswer(
        {"content": _RAW + section(call('{"city": "Oslo"}', _ID))},
        calls=(*_MADE, (f"{_ID}__2", "get_weather", {"city": "Oslo"})),
    ),
    "two sections": TextAnswer(
        {"content": f"a{_RAW}b{section(call('{}', 'functions.get_weather:1'))}"}, "ab",
        calls=(*_MADE, ("functions.get_weather:1", "get_weather", {})),
    ),
}  # fmt: skip

_BLOCKS = {
    "think tags in prose": _text(_TAGS),
    "think tags in prose, split": TextAnswer(
        {"reasoning_content": "r", "content": _TAGS}, _TAGS, "r", settings=_THINKS
    ),
    "think block first": TextAnswer({"content": "<think>a</think>b"}, "b", "a"),
    "think block first, split": TextAnswer(
        {"reasoning_content": "r", "content": "<think>a</think>b"}, "<think>a</think>b", "r"
    ),
    "think block never closed": TextAnswer({"content": "<think>It is 4."}, "It is 4.", "It is 4."),
    "think block never closed, cut": TextAnswer(
        {"content": "<think>It is 4."}, "", "It is 4.", finish="length"
    ),
    "think block never closed, and a call": TextAnswer(
        {"content": "<think>So.", "tool_calls": [_OSLO]}, "", "So.",
        (("call_1", "get_weather", {"city": "Oslo"}),),
    ),
    "prompt's block never closed": TextAnswer(
        {"text": "It is 4."}, "It is 4.", "It is 4.", settings={**_COMPLETIONS, **_THINKS}
    ),
    "prompt's block": TextAnswer(
        {"text": f"So <think>.</think>{_TAGS}"}, _TAGS, "So <think>.",
        settings={**_COMPLETIONS, **_THINKS},
    ),
    "end in prose": _text("The token <|im_end|> ends a turn."),
    "end last": TextAnswer({"content": "Done.<|im_end|>"}, "Done."),
    "K3, tags in prose": TextAnswer(
        {"reasoning_content": "r", "content": f"a{closed('response')} b{opened('think')} c"},
        f"a{closed('response')} b{opened('think')} c", "r", settings=_ON_K3,
    ),
    "K3, message end leaks": TextAnswer(
        {"reasoning_content": "r", "content": f"Hi.{closed('response')}{closed('message')}"},
        "Hi.", "r", settings=_ON_K3,
    ),
    "K3, prompt's block closed as the answer": TextAnswer(
        {"text": f"It is 4.{closed('response')}"}, "It is 4.", "It is 4.",
        settings={**_COMPLETIONS, **_ON_K3},
    ),
    "K3, channels and the call of the server": TextAnswer(
        {"content": f"a{closed('response')}{_K3}", "tool_calls": [_OSLO]}, "a",
        calls=(("call_1", "get_weather", {"city": "Oslo"}), *_K3_MADE), settings=_ON_K3,
    ),
    "begin lost": _made(f"I look. {_ID}{AB}{_ROME}{CE}{SE}", "I look. "),
    "begin lost, no tools": _text(f"I look. {_ID}{AB}{_ROME}{CE}", asked={}),
}  # fmt: skip

ANSWERS = {**_FIRST_PARTY, **_ASKED, **_REASONING, **_TWICE, **_BLOCKS}
"""All answers by name."""
