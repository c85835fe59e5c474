"""One case or more for each row on K3's calls.

Owns: texts and what they mean; the row's number is the case's name. May know: `cases_common`.
Rows 86 and 87 are not here: they are about grammars and prompts.
"""

from __future__ import annotations

from tests.core.raw.cases_common import READ, WEATHER
from tests.core.raw.cases_k3 import (
    CALL,
    DONE,
    K3,
    LENGTH,
    LONG,
    NUMBER,
    ONE,
    STRING,
    THINKING,
    X,
    argument,
    call,
    case,
    channel,
    closed,
    head,
    one,
    opened,
    tools,
)

_END = closed("argument")
_QUOTE, _ESCAPED = '"', '\\"'

CALLS = [
    *[
        case(
            f"73-{name}",
            opened("tools") + head() + argument("x") + rest,
            content,
            reasoning,
            calls,
            ("missing_call_end", *more),
        )
        for name, rest, content, reasoning, calls, more in (
            ("call", CALL + closed("tools"), "", "", (*X, ("f:1", "f", '{"a":"x"}')), ()),
            ("tools", closed("tools"), "", "", X, ()),
            ("think", closed("think"), "", "", X, ("missing_section_end",)),
            ("response", closed("response"), "", "", X, ("missing_section_end",)),
            ("open-response", channel("response", "b"), "b", "", X, ("missing_section_end",)),
            ("open-think", channel("think", "b"), "", "b", X, ("missing_section_end",)),
            ("end", DONE, "", "", X, ("missing_section_end",)),
            ("eof", "", "", "", X, ("missing_section_end",)),
        )
    ],
    case(
        "73-in-reasoning",
        f"a{head()}{argument('x')}{closed('think')}b",
        "b",
        "a",
        X,
        ("bare_call", "missing_call_end", "text_outside"),
        options=THINKING,
    ),
    case(
        "73-opener-in-reasoning",
        f"a{head()}{argument('x')}{channel('response', 'b')}",
        "b",
        "a",
        X,
        ("bare_call", "missing_call_end", "unclosed_reasoning"),
        options=THINKING,
    ),
    case(
        "73-nothing-closed",
        f"{opened('tools')}{head()}{closed('tools')}",
        calls=one("", complete=False),
        diagnostics=("incomplete_call",),
    ),
    case(
        "73-argument",
        tools(
            head()
            + opened("argument", ' key="a" type="number"')
            + "1"
            + argument("x", "b")
            + closed("call")
        ),
        calls=one('{"a":1,"b":"x"}'),
        diagnostics=("missing_argument_end",),
    ),
    case(
        "74",
        f'{channel("response", "a")}{opened("tools")}<|open|>call tool="f" ind',
        "a",
        diagnostics=("incomplete_call", "missing_section_end"),
    ),
    case(
        "74-header",
        f"{opened('tools')}{head()}",
        calls=one("", complete=False),
        diagnostics=("incomplete_call",),
        options=LENGTH,
    ),
    case(
        "74-value",
        f'{opened("tools")}{head()}{STRING}xy"',
        calls=one('{"a":"xy\\"', complete=False),
        diagnostics=("incomplete_call",),
        options=LENGTH,
    ),
    case(
        "74-number",
        f"{opened('tools')}{head()}{NUMBER}4",
        calls=one('{"a":4', complete=False),
        diagnostics=("incomplete_call",),
        options=LENGTH,
    ),
    case(
        "74-closer",
        f"{opened('tools')}{head()}{STRING}x<|close|>arg",
        calls=one('{"a":"x', complete=False),
        diagnostics=("incomplete_marker", "incomplete_call"),
        options=LENGTH,
    ),
    case(
        "74-json-closer",
        f"{opened('tools')}{head()}{NUMBER}4<|close|>",
        calls=one('{"a":4', complete=False),
        diagnostics=("incomplete_marker", "incomplete_call"),
        options=LENGTH,
    ),
    case(
        "74-whole-arguments",
        f"{opened('tools')}{head()}{argument('x')}",
        calls=one('{"a":"x"}', complete=False),
        diagnostics=("incomplete_call",),
        options=LENGTH,
    ),
    case(
        "74-block",
        f'{opened("tools")}{head()}{opened("json")}{{"a":',
        calls=one('{"a":', complete=False),
        diagnostics=("incomplete_call", "missing_section_end"),
    ),
    case(
        "74-whole-block",
        f"{opened('tools')}{head()}{opened('json')}{{}} ",
        calls=one("{} "),
        diagnostics=("missing_section_end",),
    ),
    case(
        "75",
        tools(head("bad") + "not-an-argument" + CALL),
        calls=X,
        diagnostics=("malformed_call", "text_in_call"),
    ),
    case(
        "75-text",
        tools(call("noise", argument("5", kind="number"), "more")),
        calls=one('{"a":5}'),
        diagnostics=("text_in_call", "text_in_call"),
    ),
    case("75-closed", tools(call("noise")), calls=one("{}"), diagnostics=("text_in_call",)),
    case(
        "75-orphans",
        tools(call(closed("argument"), argument("5", kind="null"), opened("json"))),
        calls=one('{"a":5}'),
        diagnostics=("orphan_marker", "orphan_marker"),
    ),
    *[
        case(
            f"76-{number}",
            tools(call(argument(value))),
            calls=one(f'{{"a":"{value.replace(_QUOTE, _ESCAPED)}"}}'),
        )
        for number, value in enumerate(
            (
                f"b{_END}c",
                f"b{_END}{{c",
                f"b{_END}[{{}}]",
                _END,
                f"b{_END}{closed('call')}c",
                f"b{closed('call')}{closed('tools')}{DONE}c",
                f"b{call(argument('c'))}d",
                f"b{_END}{'<|close|>'}c",
            )
        )
    ],
    case(
        "76-heuristic",
        tools(call(argument(f"b{closed('argument')}{closed('call')}{closed('tools')}c"))),
        calls=one(f'{{"a":"b{closed("argument")}{closed("call")}{closed("tools")}c"}}'),
    ),
    case(
        "76-heuristic-text",
        f"{tools(call(argument('b')))}c{tools(call(argument('d')))}",
        "c",
        calls=(("f:0", "f", '{"a":"b"}'), ("f:1", "f", '{"a":"d"}')),
        diagnostics=("text_outside",),
    ),
    case(
        "76-bare",
        f"{call(argument('b'))}c",
        "c",
        calls=one('{"a":"b"}'),
        diagnostics=("bare_call",),
    ),
    *[
        case(
            f"77-{number}",
            tools(call(argument(value, kind="object"))),
            calls=one(f'{{"a":{value}}}'),
        )
        for number, value in enumerate(
            (
                f'{{"b":"{closed("argument")}"}}',
                f'["\\"{closed("argument")}{closed("call")}"]',
                f'{{"b":"{closed("call")}<|close|>"}}',
                '"}"',
                f'"{opened("call")}"',
            )
        )
    ],
    case(
        "77-never-closed",
        tools(call(argument('{"b":"c', kind="object"))),
        calls=one('{"a":"{\\"b\\":\\"c"}'),
        diagnostics=("invalid_argument",),
    ),
    case(
        "77-never-closed-next-argument",
        tools(call(argument('{"b":"c', kind="object"), argument("x", "d"))),
        calls=one('{"a":"{\\"b\\":\\"c","d":"x"}'),
        diagnostics=("invalid_argument",),
    ),
    case(
        "77-never-closed-cut",
        head()
        + opened("argument", ' key="a" type="object"')
        + f'{{"b":"c{_END}<|open|>argument k="',
        calls=one('{"a":"{\\"b\\":\\"c"}', complete=False),
        diagnostics=("bare_call", "invalid_argument", "incomplete_marker", "incomplete_call"),
        options=LENGTH,
    ),
    case("78", tools(call(channel("json", ' {"b": [1]} '))), calls=one('{"b": [1]}')),
    case(
        "78-quoted",
        tools(call(channel("json", f'{{"b":"{closed("json")}{closed("call")}c"}}'))),
        calls=one(f'{{"b":"{closed("json")}{closed("call")}c"}}'),
    ),
    case(
        "78-invalid",
        tools(call(channel("json", "{"))),
        calls=one("{"),
        diagnostics=("invalid_json",),
    ),
    case(
        "78-no-object",
        tools(call(channel("json", " []"))),
        calls=one("[]"),
        diagnostics=("arguments_not_object",),
    ),
    case("78-empty", tools(call(channel("json", ""))), calls=one("{}")),
    case(
        "78-then-argument",
        tools(call(channel("json", "{}"), argument("x"))),
        calls=one("{}"),
        diagnostics=("orphan_marker", "text_in_call", "orphan_marker"),
    ),
    case(
        "78-not-closed",
        tools(head() + opened("json") + "{}"),
        calls=one("{}"),
        diagnostics=("missing_argument_end", "missing_call_end"),
    ),
    case(
        "79",
        tools(call(argument("so so", kind="number"))),
        calls=one('{"a":"so so"}'),
        diagnostics=("invalid_argument",),
    ),
    case(
        "79-not-a-number",
        tools(call(argument("NaN", kind="number"))),
        calls=one('{"a":"NaN"}'),
        diagnostics=("invalid_argument",),
    ),
    case(
        "79-empty",
        tools(call(argument("", kind="null"))),
        calls=one('{"a":""}'),
        diagnostics=("invalid_argument",),
    ),
    case(
        "79-long",
        tools(call(argument(f"[{LONG * 70}]", kind="array"))),
        calls=one(f'{{"a":[{LONG * 70}]}}'),
        diagnostics=("invalid_json",),
    ),
    case(
        "80",
        tools(call(argument("x"), argument("y"))),
        calls=one('{"a":"x","a":"y"}'),
        diagnostics=("duplicate_key",),
    ),
    *[
        case(
            f"81-{index or 'missing'}",
            tools(opened("call", f' tool="f"{index}') + closed("call"), call()),
            calls=(("f:0", "f", "{}"), ("f:1", "f", "{}")),
        )
        for index in ("", ' index="0"', ' index="-2"', ' index="x"', ' index="1"')
    ],
    case(
        "82",
        tools(
            opened("call", ' index="1" more="" tool="a&amp;b&quot;&lt;<c"')
            + opened("argument", ' type="string" key="k&amp;quot;"')
            + "&amp;"
            + closed("argument")
            + closed("call")
        ),
        calls=(('a&b"&lt;<c:0', 'a&b"&lt;<c', '{"k&quot;":"&amp;"}'),),
    ),
    *[
        case(
            f"83-{name}",
            tools(call(opened("argument", attributes) + "5" + closed("argument"))),
            calls=one(arguments),
            options=ONE,
        )
        for name, attributes, arguments in (
            ("schema", ' key="n"', '{"n":5}'),
            ("schema-string", ' key="a"', '{"a":"5"}'),
            ("unknown-key", ' key="z"', '{"z":"5"}'),
            ("attribute-wins", ' key="n" type="string"', '{"n":"5"}'),
            ("unknown-type", ' key="n" type="date"', '{"n":"5"}'),
            ("no-key", "", '{"":"5"}'),
        )
    ],
    case("84", tools(call(argument(""))), calls=one('{"a":""}')),
    case("84-none", tools(call()), calls=one("{}")),
    case("85", tools(call(argument(' \n"\\é\x01 '))), calls=one('{"a":" \\n\\"\\\\é\\u0001 "}')),
    case(
        "44",
        tools(call(name="nope")),
        tools(call(name="nope")),
        options=ONE,
    ),
    case(
        "40",
        tools(call(name="get-weather")),
        calls=(("get_weather:0", "get_weather", "{}"),),
        diagnostics=("repaired_name",),
        options={**K3, "tools": [WEATHER, READ]},
    ),
    case(
        "38",
        tools(opened("call") + argument("p", "path") + closed("call")),
        calls=(("read_file:0", "read_file", '{"path":"p"}'),),
        diagnostics=("inferred_name",),
        options={**K3, "tools": [WEATHER, READ]},
    ),
]
