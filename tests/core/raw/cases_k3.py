"""One case or more for each row of the table of edge cases that the K3 parser decides.

Owns: texts and what they mean; the row's number is the case's name. May know: `cases_common`.

Rows 86 and 87 are not here: they are about grammars and prompts.
"""

from __future__ import annotations

from typing import Any

from tests.core.raw.cases_common import READ, WEATHER, Case, tool


def opened(tag: str, attributes: str = "") -> str:
    """Return an opening tag."""
    return f"<|open|>{tag}{attributes}<|sep|>"


def closed(tag: str) -> str:
    """Return a closing tag."""
    return f"<|close|>{tag}<|sep|>"


def channel(tag: str, body: str) -> str:
    """Return a channel with a body."""
    return opened(tag) + body + closed(tag)


def head(name: str = "f") -> str:
    """Return a call's opening tag."""
    return opened("call", f' tool="{name}" index="1"')


def argument(value: str, key: str = "a", kind: str = "string") -> str:
    """Return one argument."""
    return opened("argument", f' key="{key}" type="{kind}"') + value + closed("argument")


def call(*parts: str, name: str = "f") -> str:
    """Return one call."""
    return head(name) + "".join(parts) + closed("call")


def tools(*parts: str) -> str:
    """Return the tool channel."""
    return channel("tools", "".join(parts))


def one(arguments: str, *rest: Any) -> tuple[tuple[Any, ...], ...]:
    """Return what a message with one call of ``f`` holds."""
    return (("f:0", "f", arguments, *rest),)


_K3 = {"dialect": "k3"}
_THINKING = {**_K3, "thinking": True}
_LENGTH = {**_K3, "finish_reason": "length"}
_ASSISTANT = opened("message", ' role="assistant"')
_USER = opened("message", ' role="user"')
_NUMBER = opened("argument", ' key="a" type="number"')
_STRING = opened("argument", ' key="a"')
_DONE = closed("message") + "<|end_of_msg|>"
_ENDLESS = opened("call", ' tool="' + "x" * 3000 + '"')
_CALL = call(argument("x"))
_X = one('{"a":"x"}')
_ONE = {**_K3, "tools": [tool("f", a="string", n="integer", o="object")]}
_LONG = "word " * 200


def _case(row: str, text: str, *values: Any, **named: Any) -> Case:
    return Case(row, text, *values, **{"options": _K3, **named})


CHANNELS = [
    _case("60-plain", channel("response", "Hi ") + _DONE, "Hi "),
    _case(
        "60-everything",
        f"a{closed('think')}{channel('response', 'b')}{tools(_CALL)}{_DONE}", "b", "a", _X,
        options=_THINKING,
    ),
    _case("61", f"a{channel('response', 'b')}", "b", "a", (), ("unclosed_reasoning",),
          options=_THINKING),
    _case("61-tools", f"a{tools(_CALL)}", "", "a", _X, ("unclosed_reasoning",), options=_THINKING),
    _case("61-observed", f"{opened('think')}a{tools(_CALL)}", "", "a", _X,
          ("unclosed_reasoning",)),
    _case("61-end", f"a{_DONE}", "", "a", (), ("unclosed_reasoning",), options=_THINKING),
    _case("61-response", f"{opened('response')}a{tools(_CALL)}", "a", "", _X,
          ("unclosed_response",)),
    _case("62", f"a<|close|>think{channel('response', 'b')}", "b", "a", options=_THINKING),
    _case("62-end", "a<|close|>think", "", "a", options=_THINKING),
    _case("62-text", "<|close|>think about it", "<|close|>think about it"),
    _case("63", channel("response", "Hi"), "Hi", options=_THINKING),
    _case("64", f"a{closed('response')}", "a", "a", (), ("reclassified_reasoning",),
          options=_THINKING),
    _case("64-tools", f" a{closed('response')}{tools(_CALL)}", " a", " a", _X,
          ("reclassified_reasoning",), options=_THINKING),
    _case("65", f"{opened('think')}a{closed('response')}", "", f"a{closed('response')}", (),
          ("unclosed_reasoning",)),
    _case("65-echo", f"{opened('think')}a{closed('response')}b{closed('think')}", "",
          f"a{closed('response')}b", (), ("orphan_marker",), options=_THINKING),
    _case("66", "a", "", "a", options={**_THINKING, "finish_reason": "length"}),
    _case("66-stop", "a", "", "a", (), ("unclosed_reasoning",), options=_THINKING),
    _case("66-blank", " \n", "", " \n", options=_THINKING),
    _case("67", f"a{closed('message')}", "a"),
    _case("67-more", f"a{_DONE}[EOS]\nb", "a", "", (), ("text_after_end",)),
    _case("67-token", "a<|end_of_msg|>", "a"),
    _case("67-named", "the [EOS] token", "the [EOS] token"),
    _case("68", opened("message", ' role="assistant"') + channel("response", "a"), "a"),
    _case("68-thinking", f"\n{_ASSISTANT}a{closed('think')}",
          "", "\na", options=_THINKING),
    _case("68-later", f"a{_USER}",
          f"a{_USER}"),
    _case("69", "a<|close|> think <|sep|> <|open|> response <|sep|> b <|close|> response <|sep|>",
          " b ", "a", options=_THINKING),
    _case(
        "69-call",
        '<|open|> tools <|sep|> <|open|> call tool = "f"  index="1" <|sep|> '
        '<|open|> argument key="a" type="number" <|sep|> 1 <|close|> argument <|sep|> '
        "<|close|> call <|sep|> <|close|> tools <|sep|>", calls=one('{"a":1}'),
    ),
    _case("70", channel("think", "a") + channel("response", "b") + tools(_CALL)
          + channel("think", "c") + channel("response", "d"), "bd", "ac", _X),
    _case("70-echo", channel("response", f"a{opened('response')}b"), "ab", "", (),
          ("orphan_marker",)),
    _case("70-outside", f"{channel('response', 'a')}\n b{closed('think')} c",
          "ab c", "", (), ("text_outside", "orphan_marker", "text_outside")),
    _case("70-nonsense", "<|open|>nothing<|sep|> <|close|>x <|open|> <|sep|>",
          "<|open|>nothing<|sep|> <|close|>x <|open|> <|sep|>"),
    _case("70-endless-tag", _ENDLESS,
          _ENDLESS),
    _case("71", channel("think", f"a{_CALL}b"), "", "ab", _X, ("bare_call",)),
    _case("72", f"a{_CALL}{closed('tools')}b", "ab", "", _X, ("bare_call", "orphan_marker")),
    _case("72-first", f"{_CALL}a", "a", "", _X, ("bare_call",)),
    _case("25-partial", "a<|clo", "a<|clo"),
    _case("25-token", "a<|close|>", "a", "", (), ("incomplete_marker",)),
    _case("25-tag", "a<|open|>resp", "a", "", (), ("incomplete_marker",)),
    _case("25-start", "<|op", "", "<|op", (), ("unclosed_reasoning",), options=_THINKING),
    _case("26", "a < b <|foo|> <|sep|>", "a < b <|foo|> <|sep|>"),
    *[
        _case(f"16-{name}", f"a{tag}b", "ab", "", (), ("orphan_marker",))
        for name, tag in {
            "argument": closed("argument"), "json": closed("json"), "call": closed("call"),
            "tools": closed("tools"), "open-argument": opened("argument", ' key="a"'),
        }.items()
    ],
    _case("17", f"{tools(_CALL)} after", "after", "", _X, ("text_outside",)),
    _case("19", f"{opened('tools')}noise{_CALL}\n{closed('tools')}", calls=_X,
          diagnostics=("text_in_section",)),
    _case("19-at-the-end", f"{opened('tools')} noise", "noise", diagnostics=("empty_section",)),
    _case("19-too-much", f"{opened('tools')} {_LONG}{closed('tools')}", _LONG,
          diagnostics=("empty_section", "text_outside", "orphan_marker")),
    _case("20", f"{channel('response', 'a')}{tools()}", "a", diagnostics=("empty_section",)),
]

CALLS = [
    *[
        _case(f"73-{name}", opened("tools") + head() + argument("x") + rest, content, reasoning,
              calls, ("missing_call_end", *more))
        for name, rest, content, reasoning, calls, more in (
            ("call", _CALL + closed("tools"), "", "", (*_X, ("f:1", "f", '{"a":"x"}')), ()),
            ("tools", closed("tools"), "", "", _X, ()),
            ("think", closed("think"), "", "", _X, ("missing_section_end",)),
            ("response", closed("response"), "", "", _X, ("missing_section_end",)),
            ("open-response", channel("response", "b"), "b", "", _X, ("missing_section_end",)),
            ("open-think", channel("think", "b"), "", "b", _X, ("missing_section_end",)),
            ("end", _DONE, "", "", _X, ("missing_section_end",)),
            ("eof", "", "", "", _X, ("missing_section_end",)),
        )
    ],
    _case("73-in-reasoning", f"a{head()}{argument('x')}{closed('think')}b", "b", "a", _X,
          ("bare_call", "missing_call_end", "text_outside"), options=_THINKING),
    _case("73-opener-in-reasoning", f"a{head()}{argument('x')}{channel('response', 'b')}", "b", "a",
          _X, ("bare_call", "missing_call_end", "unclosed_reasoning"), options=_THINKING),
    _case("73-nothing-closed", f"{opened('tools')}{head()}{closed('tools')}",
          calls=one("", False), diagnostics=("incomplete_call",)),
    _case("73-argument", tools(head() + opened("argument", ' key="a" type="number"') + "1"
                               + argument("x", "b") + closed("call")),
          calls=one('{"a":1,"b":"x"}'), diagnostics=("missing_argument_end",)),
    _case("74", f"{channel('response', 'a')}{opened('tools')}<|open|>call tool=\"f\" ind", "a",
          diagnostics=("incomplete_call", "missing_section_end")),
    _case("74-header", f"{opened('tools')}{head()}", calls=one("", False),
          diagnostics=("incomplete_call",), options=_LENGTH),
    _case("74-value", f"{opened('tools')}{head()}{_STRING}xy\"",
          calls=one('{"a":"xy\\"', False), diagnostics=("incomplete_call",), options=_LENGTH),
    _case("74-number", f"{opened('tools')}{head()}{_NUMBER}4",
          calls=one('{"a":4', False), diagnostics=("incomplete_call",), options=_LENGTH),
    _case("74-closer", f"{opened('tools')}{head()}{_STRING}x<|close|>arg",
          calls=one('{"a":"x', False), diagnostics=("incomplete_marker", "incomplete_call"),
          options=_LENGTH),
    _case("74-json-closer",
          f"{opened('tools')}{head()}{_NUMBER}4<|close|>",
          calls=one('{"a":4', False), diagnostics=("incomplete_marker", "incomplete_call"),
          options=_LENGTH),
    _case("74-whole-arguments", f"{opened('tools')}{head()}{argument('x')}",
          calls=one('{"a":"x"}', False), diagnostics=("incomplete_call",), options=_LENGTH),
    _case("74-block", f"{opened('tools')}{head()}{opened('json')}{{\"a\":",
          calls=one('{"a":', False), diagnostics=("incomplete_call", "missing_section_end")),
    _case("74-whole-block", f"{opened('tools')}{head()}{opened('json')}{{}} ",
          calls=one("{} "), diagnostics=("missing_section_end",)),
    _case("75", tools(head("bad") + "not-an-argument" + _CALL), calls=_X,
          diagnostics=("malformed_call", "text_in_call")),
    _case("75-text", tools(call("noise", argument("5", kind="number"), "more")), calls=one('{"a":5}'),
          diagnostics=("text_in_call", "text_in_call")),
    _case("75-closed", tools(call("noise")), calls=one("{}"), diagnostics=("text_in_call",)),
    _case("75-orphans", tools(call(closed("argument"), argument("5", kind="null"), opened("json"))),
          calls=one('{"a":5}'),
          diagnostics=("orphan_marker", "orphan_marker")),
    *[
        _case(f"76-{number}", tools(call(argument(value))), calls=one(f'{{"a":{expected}}}'))
        for number, (value, expected) in enumerate({
            f"b{closed('argument')}c": f'"b{closed("argument")}c"',
            f"b{closed('argument')}{{c": f'"b{closed("argument")}{{c"',
            closed("argument"): f'"{closed("argument")}"',
            f"b{closed('argument')}{closed('call')}c":
                f'"b{closed("argument")}{closed("call")}c"',
            f"b{closed('call')}{closed('tools')}{_DONE}c":
                f'"b{closed("call")}{closed("tools")}{_DONE}c"',
            f"b{call(argument('c'))}d":
                '"b' + call(argument("c")).replace('"', '\\"') + 'd"',
        }.items())
    ],
    _case("76-heuristic", tools(call(argument(f"b{closed('argument')}{closed('call')}"
                                              f"{closed('tools')}c"))),
          "c", calls=one('{"a":"b"}'),
          diagnostics=("text_outside", *["orphan_marker"] * 3)),
    _case("76-bare", f"{call(argument('b'))}c", "c", calls=one('{"a":"b"}'),
          diagnostics=("bare_call",)),
    *[
        _case(f"77-{number}", tools(call(argument(value, kind="object"))),
              calls=one(f'{{"a":{value}}}'))
        for number, value in enumerate((
            f'{{"b":"{closed("argument")}"}}', f'["\\"{closed("argument")}{closed("call")}"]',
            f'{{"b":"{closed("call")}<|close|>"}}', '"}"', f'"{opened("call")}"',
        ))
    ],
    _case("77-never-closed", tools(call(argument('{"b":"c', kind="object"))),
          calls=one('{"a":"{\\"b\\":\\"c"}'), diagnostics=("invalid_argument",)),
    _case("78", tools(call(channel("json", ' {"b": [1]} '))), calls=one('{"b": [1]}')),
    _case("78-quoted", tools(call(channel("json", f'{{"b":"{closed("json")}{closed("call")}c"}}'))),
          calls=one(f'{{"b":"{closed("json")}{closed("call")}c"}}')),
    _case("78-invalid", tools(call(channel("json", "{"))), calls=one("{"),
          diagnostics=("invalid_json",)),
    _case("78-no-object", tools(call(channel("json", " []"))), calls=one("[]"),
          diagnostics=("arguments_not_object",)),
    _case("78-empty", tools(call(channel("json", ""))), calls=one("{}")),
    _case("78-then-argument", tools(call(channel("json", "{}"), argument("x"))), calls=one("{}"),
          diagnostics=("orphan_marker", "text_in_call", "orphan_marker")),
    _case("78-not-closed", tools(head() + opened("json") + "{}"), calls=one("{}"),
          diagnostics=("missing_argument_end", "missing_call_end")),
    _case("79", tools(call(argument("so so", kind="number"))), calls=one('{"a":"so so"}'),
          diagnostics=("invalid_argument",)),
    _case("79-empty", tools(call(argument("", kind="null"))), calls=one('{"a":""}'),
          diagnostics=("invalid_argument",)),
    _case("79-long", tools(call(argument(f"[{_LONG * 70}]", kind="array"))),
          calls=one(f'{{"a":[{_LONG * 70}]}}'), diagnostics=("invalid_json",)),
    _case("80", tools(call(argument("x"), argument("y"))), calls=one('{"a":"x","a":"y"}'),
          diagnostics=("duplicate_key",)),
    *[
        _case(f"81-{index or 'missing'}",
              tools(opened("call", f' tool="f"{index}') + closed("call"), call()),
              calls=(("f:0", "f", "{}"), ("f:1", "f", "{}")))
        for index in ("", ' index="0"', ' index="-2"', ' index="x"', ' index="1"')
    ],
    _case("82", tools(opened("call", ' index="1" more="" tool="a&amp;b&quot;&lt;<c"')
                      + opened("argument", ' type="string" key="k&amp;quot;"') + "&amp;"
                      + closed("argument") + closed("call")),
          calls=(('a&b"&lt;<c:0', 'a&b"&lt;<c', '{"k&quot;":"&amp;"}'),)),
    *[
        _case(f"83-{name}", tools(call(opened("argument", attributes) + "5" + closed("argument"))),
              calls=one(arguments), options=_ONE)
        for name, attributes, arguments in (
            ("schema", ' key="n"', '{"n":5}'), ("schema-string", ' key="a"', '{"a":"5"}'),
            ("unknown-key", ' key="z"', '{"z":"5"}'), ("attribute-wins", ' key="n" type="string"',
                                                      '{"n":"5"}'),
            ("unknown-type", ' key="n" type="date"', '{"n":"5"}'), ("no-key", "", '{"":"5"}'),
        )
    ],
    _case("84", tools(call(argument(""))), calls=one('{"a":""}')),
    _case("84-none", tools(call()), calls=one("{}")),
    _case("85", tools(call(argument(' \n"\\é\x01 '))), calls=one('{"a":" \\n\\"\\\\é\\u0001 "}')),
    _case("44", tools(call(name="nope")), calls=(("nope:0", "nope", "{}"),),
          diagnostics=("unknown_tool",), options=_ONE),
    _case("40", tools(call(name="get-weather")), calls=(("get_weather:0", "get_weather", "{}"),),
          diagnostics=("repaired_name",), options={**_K3, "tools": [WEATHER, READ]}),
    _case("38", tools(opened("call") + argument("p", "path") + closed("call")),
          calls=(("read_file:0", "read_file", '{"path":"p"}'),), diagnostics=("inferred_name",),
          options={**_K3, "tools": [WEATHER, READ]}),
]
