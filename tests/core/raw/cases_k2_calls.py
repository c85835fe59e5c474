"""One case or more for each row on K2's ids, arguments and transport.

Owns: texts and what they mean; the row's number is the case's name. May know: `cases_common`.

Rows 45, 59, 88, 91 and 92 are not here: they are about prompts, the model and the transport.
"""

from __future__ import annotations

from tests.core.raw.cases_common import (
    AB,
    CB,
    CE,
    READ,
    SB,
    SE,
    WEATHER,
    Case,
    call,
    section,
    tool,
)

_F = ("functions.f:0", "f", "{}")
_X = '{"city":"X"}'
_WEATHER = ("functions.get_weather:0", "get_weather", _X)
_W = "functions.get_weather:0"
_LONG = "word " * 200
_THINKING = {"thinking": True}
_ONE = {"tools": [WEATHER]}
_TWO = {"tools": [WEATHER, READ]}

IDS = [
    Case(
        "33",
        section(call("{}", "functions.api.tools.search:0")),
        calls=(("functions.api.tools.search:0", "api.tools.search", "{}"),),
    ),
    Case(
        "33-declared",
        section(call("{}", "functions.api.tools.search:0")),
        calls=(("functions.api.tools.search:0", "tools.search", "{}"),),
        options={"tools": [tool("search"), tool("tools.search")]},
    ),
    Case(
        "33-last-part-declared",
        section(call("{}", "functions.api.tools.search:0")),
        calls=(("functions.api.tools.search:0", "search", "{}"),),
        options={"tools": [tool("search"), tool("tools")]},
    ),
    Case(
        "34",
        section(call("{}", "functions.mcp__s__a-b:0")),
        calls=(("functions.mcp__s__a-b:0", "mcp__s__a-b", "{}"),),
        options={"tools": [tool("mcp__s__a-b")]},
    ),
    Case(
        "35",
        section(call(_X, "get_weather:7")),
        calls=(("get_weather:7", "get_weather", _X),),
        options=_ONE,
    ),
    Case(
        "36",
        section(call(_X, "functions.get_weather")),
        calls=(("functions.get_weather", "get_weather", _X),),
        diagnostics=("malformed_id",),
        options=_TWO,
    ),
    Case(
        "36-no-tools",
        section(call(_X, "functions.get_weather")),
        calls=(("functions.get_weather", "get_weather", _X),),
        diagnostics=("malformed_id",),
    ),
    *[
        Case(
            f"37-{raw}",
            section(call('{"path":"p"}', raw)),
            calls=((raw, "read_file", '{"path":"p"}'),),
            diagnostics=("inferred_name",),
            options=_TWO,
        )
        for raw in ("call_6f9619ff-8b86", "toolu_01AbC", "chatcmpl-tool-9a", "call_abc")
    ],
    Case(
        "37-no-tools",
        section(call(_X, "call_6f9619ff")),
        calls=(("call_6f9619ff", "call_6f9619ff", _X),),
        diagnostics=("ambiguous_name",),
    ),
    *[
        Case(
            f"38-{raw or 'empty'}",
            section(call('{"path":"p"}', raw)),
            calls=((raw, "read_file", '{"path":"p"}'),),
            diagnostics=("inferred_name",),
            options=_TWO,
        )
        for raw in ("3", "call00003", "call_3", "functions.3", "functions:3", "3:0", "")
    ],
    Case(
        "38-one-tool",
        section(call(_X, "3")),
        calls=(("3", "get_weather", _X),),
        diagnostics=("inferred_name",),
        options=_ONE,
    ),
    *[
        Case(
            f"38-{name}",
            section(call(arguments, "3")),
            section(call(arguments, "3")),
            options=_TWO,
        )
        for name, arguments in (
            ("wrong-type", '{"path":5}'),
            ("unknown-key", '{"nope":"p"}'),
            ("missing-key-of-one-all-of-none", '{"city":"c","path":"p"}'),
            ("no-object", "[]"),
            ("no-json", "{"),
            ("too-long", f'{{"path":"{"x" * 65_536}"}}'),
        )
    ],
    Case(
        "38-two-fit",
        section(call("{}", "3")),
        section(call("{}", "3")),
        options={"tools": [tool("a"), tool("b")]},
    ),
    *[
        Case(
            f"39-{raw}",
            section(call("{}", raw)),
            calls=((raw, name, "{}"),),
            diagnostics=("repaired_name",),
            options={"tools": [tool("bash"), tool("file_read"), tool("search")]},
        )
        for raw, name in {
            "functions.bash30": "bash",
            "functions(file_read):2.0": "file_read",
            "functions_search_0": "search",
            "functions.bash(1)": "bash",
        }.items()
    ],
    Case(
        "39-declared",
        section(call("{}", "functions.Task")),
        calls=(("functions.Task", "Task", "{}"),),
        diagnostics=("malformed_id",),
        options={"tools": [tool("Task"), tool("x")]},
    ),
    Case(
        "39-undeclared",
        section(call("{}", "functions.bash30")),
        section(call("{}", "functions.bash30")),
        options=_TWO,
    ),
    Case(
        "39-two-possible",
        section(call("{}", "functions.bash30")),
        section(call("{}", "functions.bash30")),
        options={"tools": [tool("bash"), tool("bash3")]},
    ),
    Case(
        "40",
        section(call("{}", "functions.pending-tracker:0")),
        calls=(("functions.pending-tracker:0", "pending_tracker", "{}"),),
        diagnostics=("repaired_name",),
        options={"tools": [tool("pending_tracker"), tool("x")]},
    ),
    Case(
        "40-two-possible",
        section(call("{}", "functions.a-b-c:0")),
        section(call("{}", "functions.a-b-c:0")),
        options={"tools": [tool("a_b-c"), tool("a-b_c")]},
    ),
    Case(
        "41",
        section(call("{}", "f:5"), call("{}", "f:6")),
        calls=(("f:5", "f", "{}"), ("f:6", "f", "{}")),
    ),
    Case(
        "42",
        section(call("{}"), call("{}"), call("{}")),
        calls=(_F, ("functions.f:0__2", "f", "{}"), ("functions.f:0__3", "f", "{}")),
        diagnostics=("duplicate_id", "duplicate_id"),
    ),
    Case(
        "43",
        section(call("{}", "f:0"), call("{}", "f:9")),
        calls=(("f:0", "f", "{}"), ("f:9", "f", "{}")),
    ),
    Case(
        "44",
        section(call("{}", "functions.nope:0")),
        section(call("{}", "functions.nope:0")),
        options=_ONE,
    ),
    Case(
        "46-doubled",
        f"{SB}{CB}{call('{}')}{SE}",
        calls=(_F,),
        diagnostics=("malformed_call",),
    ),
    Case("46", f"{SB}{CB} {CE}{call('{}')}{SE}", calls=(_F,), diagnostics=("malformed_call",)),
    Case(
        "46-endless",
        f"{SB}{CB}{'x' * 600}{call('{}')}{SE}",
        f"{CB}{'x' * 600}",
        calls=(_F,),
        diagnostics=("empty_section", "bare_call", "orphan_marker"),
    ),
    Case(
        "46-endless-after-a-call",
        f"{SB}{call('{}')}{CB}{'x' * 600}{CB}f:1{AB}{{}}{CE}{SE}",
        calls=(_F, ("f:1", "f", "{}")),
        diagnostics=("text_in_section",),
    ),
    Case(
        "46-punctuation",
        section(call("{}", ":::0")),
        calls=((":::0", ":::0", "{}"),),
        diagnostics=("ambiguous_name",),
    ),
]

ARGUMENTS = [
    Case(
        "47",
        section(call("{bad json}")),
        calls=(("functions.f:0", "f", "{bad json}"),),
        diagnostics=("invalid_json",),
    ),
    Case(
        "47-no-bracket",
        section(call("bad }{ json")),
        calls=(("functions.f:0", "f", "bad }{ json"),),
        diagnostics=("invalid_json",),
    ),
    Case(
        "47-nan",
        section(call('{"a":NaN}')),
        calls=(("functions.f:0", "f", '{"a":NaN}'),),
        diagnostics=("invalid_json",),
    ),
    Case(
        "47-deep",
        section(call("[" * 100_000)),
        calls=(("functions.f:0", "f", "[" * 100_000),),
        diagnostics=("invalid_json",),
    ),
    Case("48", section(call("")), calls=(_F,)),
    Case("48-blank", section(call(" \n")), calls=(_F,)),
    Case(
        "48-not-closed",
        f"{SB}{CB}f:0{AB}{SE}",
        calls=(("f:0", "f", "", False),),
        diagnostics=("incomplete_call",),
    ),
    Case("49", section(call("{}")), calls=(_F,)),
    Case(
        "50",
        f'{SB}{CB}f:0{AB}{{"a": ',
        calls=(("f:0", "f", '{"a": ', False),),
        diagnostics=("incomplete_call",),
        options={"finish_reason": "length"},
    ),
    Case(
        "50-in-string",
        f'{SB}{CB}f:0{AB}{{"a":"x\\',
        calls=(("f:0", "f", '{"a":"x\\', False),),
        diagnostics=("incomplete_call", "missing_section_end"),
    ),
    Case(
        "50-in-id",
        f"{SB}{CB}functions.f:0",
        diagnostics=("incomplete_call",),
        options={"finish_reason": "length"},
    ),
    Case(
        "51",
        f"{SB}{CB}f:0{AB}{{}}",
        calls=(("f:0", "f", "{}"),),
        diagnostics=("missing_call_end", "missing_section_end"),
    ),
    Case(
        "51-scalar",
        f"{CB}f:0{AB}42",
        calls=(("f:0", "f", "42"),),
        diagnostics=("bare_call", "arguments_not_object"),
    ),
    Case(
        "51-length",
        f"{SB}{CB}f:0{AB}{{}}",
        calls=(("f:0", "f", "{}", False),),
        diagnostics=("incomplete_call",),
        options={"finish_reason": "length"},
    ),
    *[
        Case(
            f"52{name}",
            section(call(text)),
            calls=(("functions.f:0", "f", arguments),),
            diagnostics=diagnostics,
        )
        for name, text, arguments, diagnostics in (
            ("", '{"a":1} {"b":2}', '{"a":1} {"b":2}', ("invalid_json",)),
            ("-empty-first", '{}{"a":1}', '{}{"a":1}', ("invalid_json",)),
            ("-open", '{"a":1}{"b"', '{"a":1}{"b"', ("invalid_json",)),
            ("-marked", f"{{}}{{1}}{AB}", "{}{1}", ("orphan_marker", "invalid_json")),
            ("-prose", '{"a":1} {b} c', '{"a":1} {b} c', ("invalid_json",)),
            ("-twice", '{"a":1} {"a":1} ', '{"a":1}', ("text_after_arguments",)),
            ("-brackets", '{"a":1}}]', '{"a":1}', ("text_after_arguments",)),
        )
    ],
    Case(
        "52-end-of-turn",
        f"{SB}{CB}f:0{AB}{{}}<|im_end|>{CE}{SE}",
        calls=(("f:0", "f", "{}"),),
        diagnostics=("missing_call_end", "missing_section_end", "text_after_end"),
    ),
    Case("52-marker", section(call(f"{{}}{AB}")), calls=(_F,), diagnostics=("orphan_marker",)),
    Case(
        "52-think",
        f"{CB}f:0{AB}{{}}<think>a</think>b",
        "b",
        "a",
        (("f:0", "f", "{}"),),
        ("bare_call", "missing_call_end"),
    ),
    Case(
        "53",
        section(call('{ "b":1.0,"a" : 12345678901234567890123, "\\u00e9":"\\/" }')),
        calls=(
            ("functions.f:0", "f", '{ "b":1.0,"a" : 12345678901234567890123, "\\u00e9":"\\/" }'),
        ),
    ),
    Case(
        "53-huge-number",
        section(call('{"a":' + "9" * 5000 + "}")),
        calls=(("functions.f:0", "f", '{"a":' + "9" * 5000 + "}"),),
    ),
    Case(
        "54",
        section(call('{"a":"5"}')),
        calls=(("functions.f:0", "f", '{"a":"5"}'),),
        options={"tools": [tool("f", a="integer")]},
    ),
    Case("55", section(call('{"a":"x\ny\t"}')), calls=(("functions.f:0", "f", '{"a":"x\ny\t"}'),)),
    Case(
        "56",
        section(call(f'{{"a":"{_LONG * 20}"}}')),
        calls=(("functions.f:0", "f", f'{{"a":"{_LONG * 20}"}}'),),
    ),
    Case(
        "57",
        "\U0001f9d1\u200d\U0001f680" + section(call('{"a":"\\uD83D\\uDE00\U0001f600"}')),
        "\U0001f9d1\u200d\U0001f680",
        calls=(("functions.f:0", "f", '{"a":"\\uD83D\\uDE00\U0001f600"}'),),
    ),
    Case(
        "58",
        section(call(f'{{"a":"\\\\","b":"\\"{CE}\\""}}')),
        calls=(("functions.f:0", "f", f'{{"a":"\\\\","b":"\\"{CE}\\""}}'),),
    ),
    *[
        Case(
            f"60-{text}",
            section(call(text)),
            calls=(("functions.f:0", "f", text),),
            diagnostics=("arguments_not_object",),
        )
        for text in ("[1]", "5", '"a"', "null")
    ],
]

TRANSPORT = [
    Case("89", f"a {section(call('{}'))}", "", "a ", (_F,), ("unclosed_reasoning",), _THINKING),
    Case("90", section(call("{}")), calls=(_F,), options={"finish_reason": "tool_calls"}),
]
