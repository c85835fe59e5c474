"""One case or more for each row on K2's framing that the parser decides.

Owns: texts and what they mean; the row's number is the case's name. May know: `cases_common`.

Row 32 is not here: it is about request fields.
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
)

_F = ("functions.f:0", "f", "{}")
_X = '{"city":"X"}'
_WEATHER = ("functions.get_weather:0", "get_weather", _X)
_W = "functions.get_weather:0"
_LONG = "word " * 200
_THINKING = {"thinking": True}
_ONE = {"tools": [WEATHER]}
_TWO = {"tools": [WEATHER, READ]}

FRAMING = [
    Case("4-nothing-said", section(call("{}")), calls=(_F,), options=_THINKING),
    Case("1", f"Hi {section(call(_X, _W))}", "Hi ", calls=(_WEATHER,)),
    Case(
        "2",
        section(call("{}"), call("{}", "g:1")) + section(call("{}", "h:2")),
        calls=(_F, ("g:1", "g", "{}"), ("h:2", "h", "{}")),
    ),
    Case("3", section(call(_X, _W)), calls=(_WEATHER,)),
    Case("4", f"<think>a{section(call('{}'))}", "", "a", (_F,), ("unclosed_reasoning",)),
    Case("5", f"<think>a{call('{}')}", "", "a", (_F,), ("bare_call", "unclosed_reasoning")),
    Case(
        "5-no-call-end",
        f"<think>a{CB}functions.f:0{AB}{{}}</think>b",
        "b",
        "a",
        (_F,),
        (
            "bare_call",
            "unclosed_reasoning",
            "missing_call_end",
            "orphan_marker",
            "text_after_calls",
        ),
    ),
    Case(
        "6",
        f"<think>a{section(call('{}'))}</think>b",
        "b",
        "a",
        (_F,),
        ("unclosed_reasoning", "orphan_marker", "text_after_calls"),
    ),
    Case("7", "a</think>b", "b", "a", options=_THINKING),
    Case("8", "a", "", "a", (), ("unclosed_reasoning",), _THINKING),
    Case("8-length", "a", "", "a", options={**_THINKING, "finish_reason": "length"}),
    Case("8-end-of-turn", "a<|im_end|>", "", "a", (), ("unclosed_reasoning",), _THINKING),
    Case("9", " <think>a</think>b", "b", " a", (), ("orphan_marker",), _THINKING),
    Case("9-repeated", "<think>a</think>b<think>c</think>d", "bd", "ac"),
    Case("9-inside", "<think>say <think> twice</think>b", "b", "say <think> twice"),
    Case("10", SB + call("{}"), calls=(_F,), diagnostics=("missing_section_end",)),
    Case("10-length", SB + call("{}"), calls=(_F,), options={"finish_reason": "length"}),
    Case(
        "11",
        f"{SB}{CB}functions.f:0{AB}{{}}{SE}",
        calls=(_F,),
        diagnostics=("missing_call_end",),
    ),
    Case(
        "12",
        f"{SB}{CB}functions.f:0{AB}{{}}{call('[1]', 'g:1')}{SE}",
        calls=(_F, ("g:1", "g", "[1]")),
        diagnostics=("missing_call_end", "arguments_not_object"),
    ),
    *[
        Case(
            f"13-{name}",
            section(call(f'{{"a":"x{marker}y"}}')),
            calls=(("functions.f:0", "f", f'{{"a":"x{marker}y"}}'),),
        )
        for name, marker in {
            "call-end": CE,
            "section-end": SE,
            "call-begin": CB,
            "section-begin": SB,
            "end-of-turn": "<|im_end|>",
            "whole-section": section(call("{}")),
        }.items()
    ],
    Case(
        "13-key",
        section(call(f'{{"{CE}{SE}":1}}')),
        calls=(("functions.f:0", "f", f'{{"{CE}{SE}":1}}'),),
    ),
    Case(
        "13-before-4096-characters",
        section(call(f'{{"a":"{CE}{SE}{_LONG * 5}"}}')),
        calls=(("functions.f:0", "f", f'{{"a":"{CE}{SE}{_LONG * 5}"}}'),),
    ),
    Case(
        "14",
        section(call('{"a":"x')),
        calls=(("functions.f:0", "f", '{"a":"x'),),
        diagnostics=("invalid_json",),
    ),
    Case(
        "14-next-call",
        section(call('{"a":"x'), call('{"b":"y"}', "g:1")),
        calls=(("functions.f:0", "f", '{"a":"x'), ("g:1", "g", '{"b":"y"}')),
        diagnostics=("invalid_json",),
    ),
    Case(
        "14-last-plausible",
        f'{CB}f:0{AB}{{"a":"x{CE}y{CE}{SE}',
        calls=(("f:0", "f", f'{{"a":"x{CE}y'),),
        diagnostics=("bare_call", "invalid_json", "orphan_marker"),
    ),
    Case(
        "14-never-closed",
        f'{CB}f:0{AB}{{"a":"x{CE}y',
        "y",
        calls=(("f:0", "f", '{"a":"x'),),
        diagnostics=("bare_call", "invalid_json", "text_after_calls"),
    ),
    Case(
        "14-only-section-end",
        f'{SB}{CB}f:0{AB}{{"a":"x{SE}',
        calls=(("f:0", "f", '{"a":"x', False),),
        diagnostics=("incomplete_call",),
    ),
    Case("15", f"a{call('{}')}b", "ab", calls=(_F,), diagnostics=("bare_call", "text_after_calls")),
    Case("15-prose", f"The token {CB} opens a call.", f"The token {CB} opens a call."),
    Case(
        "15-prose-in-reasoning",
        f"{CB} opens a call.</think>b",
        "b",
        f"{CB} opens a call.",
        options=_THINKING,
    ),
    Case("15-prose-without-space", f"{CB}{'x' * 600}", f"{CB}{'x' * 600}"),
    Case(
        "15-prose-before-marker",
        f"{CB}, then {SB}{SE}.",
        f"{CB}, then .",
        diagnostics=("empty_section", "text_after_calls"),
    ),
    *[
        Case(f"16-{name}", f"a{marker}b", "ab", diagnostics=("orphan_marker",))
        for name, marker in {"section-end": SE, "call-end": CE, "argument-begin": AB}.items()
    ],
    Case("16-reasoning", f"<think>a{CE}b</think>", "", "ab", diagnostics=("orphan_marker",)),
    Case(
        "16-in-section",
        f"{SB}{CE}{AB}{SB}{call('{}')}{SE}",
        calls=(_F,),
        diagnostics=("orphan_marker",) * 3,
    ),
    Case(
        "17",
        f"{section(call('{}'))} after",
        " after",
        calls=(_F,),
        diagnostics=("text_after_calls",),
    ),
    Case("17-blank", f"{section(call('{}'))}\n", "\n", calls=(_F,)),
    Case(
        "18",
        section(call("{}")) + "mid" + section(call("{}", "g:1")),
        "mid",
        calls=(_F, ("g:1", "g", "{}")),
        diagnostics=("text_after_calls",),
    ),
    Case(
        "19",
        f"{SB} noise {call('{}')}\nmore\n{SE}",
        calls=(_F,),
        diagnostics=("text_in_section", "text_in_section"),
    ),
    Case("19-blank", f"{SB}\n {call('{}')}\n {SE}", calls=(_F,)),
    Case("19-at-the-end", f"{SB} noise", "noise", diagnostics=("empty_section",)),
    Case("19-end-of-turn", f"{SB} noise<|im_end|>", "noise", diagnostics=("empty_section",)),
    Case("19-too-much", f"{SB} {_LONG}{SE}", _LONG, diagnostics=("empty_section", "orphan_marker")),
    Case(
        "19-too-much-in-pieces",
        f"{SB} a{CE}{_LONG}",
        _LONG,
        diagnostics=("text_in_section", "orphan_marker", "empty_section"),
    ),
    Case(
        "19-much-after-a-call",
        f"{SB}{call('{}')}{_LONG}{SE}",
        calls=(_F,),
        diagnostics=("text_in_section",),
    ),
    Case("20", f"a{SB}{SE}b", "ab", diagnostics=("empty_section", "text_after_calls")),
    Case(
        "21",
        f"{SB} {CB} functions.f:0 {AB} {{}} {CE} {SE}",
        calls=(_F,),
    ),
    Case(
        "21-broken",
        section(call(' {"a":1 ')),
        calls=(("functions.f:0", "f", '{"a":1'),),
        diagnostics=("invalid_json",),
    ),
    Case(
        "21-scalar",
        section(call(" 42 ")),
        calls=(("functions.f:0", "f", "42"),),
        diagnostics=("arguments_not_object",),
    ),
    Case(
        "21-more-than-128",
        section(call('{"a":1' + " " * 140)),
        calls=(("functions.f:0", "f", '{"a":1' + " " * 12),),
        diagnostics=("invalid_json",),
    ),
    Case("22", f"{SB}{CB}\nfunctions.f:0\n{AB}\n{{}}\n{CE}{SE}", calls=(_F,)),
    Case(
        "23",
        f"<|tool_call_section_begin|>{CB}f:0<|tool_arguments_begin|>{{}}{CE}"
        "<|tool_call_section_end|>",
        calls=(("f:0", "f", "{}"),),
    ),
    Case("24", f"{section(call('{}'))}<|im_end|>[EOS]", calls=(_F,)),
    *[
        Case(f"24-{name}", f"a{marker}", "a")
        for name, marker in {"im-end": "<|im_end|>", "eos": "[EOS]", "eot": "[EOT][EOS]"}.items()
    ],
    Case("24-text-after", "a<|im_end|>\nb", "a", diagnostics=("text_after_end",)),
    Case("24-named", "The [EOS] token, [EO and [EOT].", "The [EOS] token, [EO and [EOT]."),
    Case("24-named-last", "[EOS][EO", "[EOS][EO"),
    Case(
        "24-in-section",
        f"{SB}{call('{}')}[EOS]",
        calls=(_F,),
        diagnostics=("missing_section_end",),
    ),
    Case("25", "a < b <", "a < b <"),
    Case("25-marker", "a <|tool_calls_section_beg", "a <|tool_calls_section_beg"),
    Case("25-reasoning", "<", "", "<", (), ("unclosed_reasoning",), _THINKING),
    Case("26", "<|foo|> </b> </think> <|tool_call|>", "<|foo|> </b> </think> <|tool_call|>"),
    Case("27-off", f"{_W}{_X}", f"{_W}{_X}", options=_ONE),
    Case(
        "27",
        f"a{_W}{_X}\n functions.get_weather:1 {_X}b",
        "a\n b",
        calls=(_WEATHER, ("functions.get_weather:1", "get_weather", _X)),
        diagnostics=("stripped_markers", "stripped_markers", "text_after_calls"),
        options={**_ONE, "recover_stripped": True},
    ),
    Case(
        "27-undeclared",
        "functions.nope:0{} functions.get_weather: functions.get_weather:1 a",
        "functions.nope:0{} functions.get_weather: functions.get_weather:1 a",
        options={**_ONE, "recover_stripped": True},
    ),
    Case("27-at-the-end", f"a {_W}", f"a {_W}", options={**_ONE, "recover_stripped": True}),
    Case(
        "27-reasoning",
        f"a{_W}{_X}",
        "",
        "a",
        (_WEATHER,),
        ("stripped_markers", "unclosed_reasoning"),
        {**_ONE, **_THINKING, "recover_stripped": True},
    ),
    Case(
        "28",
        f"{SB}{CB} {_W} {_X}{CE}{SE}",
        calls=(_WEATHER,),
        diagnostics=("missing_argument_marker",),
    ),
    Case(
        "28-no-arguments",
        f"{SB}{CB}functions.f:0{CE}{SE}",
        calls=(_F,),
        diagnostics=("missing_argument_marker",),
    ),
    Case(
        "28-bare",
        f"{CB}functions.f:0{CE}",
        calls=(_F,),
        diagnostics=("bare_call", "missing_argument_marker"),
    ),
    Case(
        "28-nothing-closed",
        f"{SB}{CB}functions.f:0{SE}",
        calls=(("functions.f:0", "f", "", False),),
        diagnostics=("missing_argument_marker", "incomplete_call"),
    ),
    Case("29", "\t\n  \t", "\t\n  \t"),
    Case("29-reasoning", " \n", "", " \n", options=_THINKING),
    Case("30", section(call(_X, _W)), calls=(_WEATHER,), options={"tools": []}),
    Case("31", "<think>a</think>b", "b", "a"),
    Case("31-implicit", "Let me think. 4", "Let me think. 4"),
]
