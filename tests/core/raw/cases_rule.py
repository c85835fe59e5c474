"""Which text may become a call, a think block or an end of turn, where tools are given.

Owns: texts of K2 and what they mean, and `RULE`, of both dialects. May know: `cases_common`,
`cases_rule_frames`, `cases_rule_k3`.
What a text is that no tool is offered for stands in tests/core/test_text_rule.py.
"""

from __future__ import annotations

from typing import Any

from tests.core.raw.cases_common import AB, CB, CE, READ, SB, SE, WEATHER, Case, call, section
from tests.core.raw.cases_rule_frames import FRAMED
from tests.core.raw.cases_rule_k3 import K3

_X = '{"city": "Rome"}'
_PAGE = '{"city": "<script></script> \u00bb"}'
_LONG = f'{{"city": "{"x" * 66_000}</script>"}}'
_W = "functions.get_weather:0"
_ONE: dict[str, Any] = {"tools": [WEATHER]}
_TWO: dict[str, Any] = {"tools": [WEATHER, READ]}
_THINKING = {**_ONE, "thinking": True}
_SECTION = section(call(_X, _W))
_MADE = ((_W, "get_weather", _X),)
_UNKNOWN = section(call("{}", "functions.nope:0"))
_HEADER = f"{_W}{AB}{_X}"


def _same(row: str, text: str, **options: Any) -> Case:
    """Return a case whose text is an answer and nothing else."""
    return Case(row, text, text, options={**_ONE, **options})


def _called(row: str, before: str, after: str = "", *kinds: str) -> Case:
    """Return a case in which a section between two texts is a call."""
    return Case(row, before + _SECTION + after, before + after, "", _MADE, kinds, _ONE)


QUOTED = [
    _same("fence", f"Look:\n```\n{_SECTION}\n```\nThat is it."),
    _same("fence with a language", f"```text\n{_SECTION}\n```"),
    _same("fence of tildes", f"~~~\n{_SECTION}\n~~~"),
    _same("fence with a backtick in the text of tildes", f"~~~ a`b\n{_SECTION}\n~~~"),
    _same("fence that is longer than what it holds", f"````\n```\n{_SECTION}\n```\n````"),
    _same("fence that other runs do not close", f"```\n~~~\n``` x\n{_SECTION}"),
    _same("fence in a list", f"1. Look:\n\n    ```\n    {_SECTION}\n    ```"),
    _same("fence behind a bullet", f"- ```\n  {_SECTION}\n  ```"),
    _same("fence in a quotation", f"> ```\n> {_SECTION}\n> ```"),
    _same("fence that is never closed", f"```\n{_SECTION}"),
    _same("fence that begins with the marker", f"```{_SECTION}\n```"),
    _same("inline code", f"Kimi writes `{_SECTION}` then."),
    _same("inline code of two backticks", f"Kimi writes ``{_SECTION}`` then."),
    _same("inline code of three, in one line", f"```a {_SECTION}``` it is."),
    _same("inline code over two lines", f"Kimi `writes\n{_SECTION}` then."),
    _same("inline code that holds a backtick", f"``a ` b {_SECTION}`` then."),
    _same("inline code at the end", f"It is `{_SECTION}`"),
    _same("two quotations", f"`{_SECTION}` and `{_SECTION}`."),
    _same("a quoted call without section", f"It is `{call(_X, _W)}`."),
    _same("a quoted id without marker", f"It is `{_HEADER}`."),
    _same("indented code", f"The log:\n\n    10:02 ok\n    {_SECTION}\n"),
    _same("code indented by a tab", f"The log:\n\n\t{_SECTION}"),
    _same("a quoted line", f"The page says:\n> {_SECTION}\n> and so on"),
    _same("a quoted line of a quotation", f"> > {_SECTION}"),
    _same("pre", f'<pre class="log">\n10:02 ok\n\n{_SECTION}\n</pre>'),
    _same("code of HTML", f"It writes <code>a {_SECTION}</code> then."),
    _same("code of HTML in upper case", f"<CODE>{_SECTION}</CODE >"),
    _same("code in pre, and a backtick", f"<pre>a ` b\n\n<code>c</code>{_SECTION}</pre>"),
    _same("quotation marks", f'The page says "{_SECTION}", and no more.'),
    _same("quotation marks of print", f"It says “{_SECTION}”."),
    _same("pre with an empty line", f"<pre>{_SECTION}\n\nx</pre>"),
    _same("quotation marks over two lines", f'It says "{SB}\n{call(_X, _W)}\n{SE}".'),
    _same("quotation marks at the beginning", f"'{_SECTION}' it says"),
    _same("a value of JSON", f'{{"page":"{_SECTION}"}}'),
    _same("quotation marks, text on both sides", f'It says "please run {_SECTION} now".'),
    _same("quotation marks of a language, and blanks", f"Il écrit « {_SECTION} »."),
    _same("quotation marks that open and close the other way", f"Das »bitte {_SECTION} danke«."),
    _same("quotation marks without blanks around", f"他写了「{_SECTION}」。"),
    _same(
        "two calls in a quotation", f"“Do {SB}{call(_X, _W)}{call(_X, 'get_weather:1')}{SE} now”"
    ),
    _same("a value of JSON, text in front", f'{{"page": "10:02 {_SECTION}"}}'),
    _same("a string of Python", f'page = """\n\n{_SECTION}\n"""'),
    _same("LaTeX", f"\\begin{{verbatim}}\n10:02 ok\n\n{_SECTION}\n\\end{{verbatim}}\n"),
    _same(
        "listings of LaTeX", f"\\begin{{lstlisting}}[language=x]\n{_SECTION}\n\\end{{lstlisting}}"
    ),
    _same("a block of Org", f"#+begin_src text\n10:02 ok\n{_SECTION}\n#+end_src\n"),
    _same("an example of Org", f"#+BEGIN_EXAMPLE\n{_SECTION}\n#+END_EXAMPLE\nDone."),
    _same("code of a forum", f"[code]\n{_SECTION}\n[/code]"),
    _same("a comment of HTML", f"<!-- the log:\n\n{_SECTION}\n\n-->\nDone."),
    _same("a quotation of HTML", f"<blockquote>It is {_SECTION}</blockquote>"),
    _same("a row of a table", f"| token | is |\n|---|---|\n| {_SECTION} | a call |"),
    _same("two cells of a row", f"| {_SECTION} | {_SECTION} |"),
    _same("a lone backtick and much text", f"a ` b {_SECTION}{'x' * 4200}"),
    Case(
        "quoted reasoning",
        f"So `{_SECTION}`.</think>b",
        "b",
        f"So `{_SECTION}`.",
        (),
        (),
        _THINKING,
    ),
    Case(
        "in quotation marks first, then made",
        f'It says "{_SECTION}". {_SECTION}',
        f'It says "{_SECTION}". ',
        calls=_MADE,
        options=_ONE,
    ),
    Case(
        "quoted first, then made",
        f"`{_SECTION}`\n{_SECTION}",
        f"`{_SECTION}`\n",
        calls=_MADE,
        options=_ONE,
    ),
]

BARE = [
    _called("prose", "The page says: ", " Done.", "text_after_calls"),
    _called("behind a fence", "```py\nx\n```\n"),
    _called("behind a fence, in its last line", "```py\nx\n```"),
    _called("behind inline code", "Run `x` and ``a ` b``. "),
    _called("behind a lone backtick", "Press ` now. "),
    Case(
        "behind inline code of three",
        f"```{_SECTION}``` {_SECTION}",
        f"```{_SECTION}``` ",
        calls=_MADE,
        options=_ONE,
    ),
    _called("behind an escaped backtick", "Press \\` and ", " and `", "text_after_calls"),
    _called("behind a paragraph with a backtick", "Press ` now.\n\n", "`", "text_after_calls"),
    _called("a blank line before the next backtick", "Press ` now. ", "\n\n`", "text_after_calls"),
    _called("behind a line of tildes that closes", "~~~\nx\n~~~\n"),
    _called("behind a fence that held inline code", "```\n`\n```\n", " `", "text_after_calls"),
    _called("a run of another length follows", "Press ` now. ", " ``", "text_after_calls"),
    _called("behind a quotation", '> Rain "today".\n'),
    _called("behind a word in quotation marks", 'The page says "rain"'),
    _called("behind a marker in quotation marks", f'It ends with "{SE}". '),
    _called("in the paragraph behind a quotation", f'It says "{SB} and so on.\n\n'),
    _called("in the line behind a quoted one", f"> {SB}\n"),
    _called("at the end of a quoted line", "> Rain today. "),
    _called("behind a bullet", "- "),
    _called("indented a little", "Look:\n   "),
    _called("behind code of HTML", "<pre>x</pre> and <code>y</code> "),
    _called("behind an end without its tag", "a</code> "),
    _called("behind a quotation that is not closed", 'He said "hi, and so I look. '),
    _called("behind a quotation in quotation marks", "„Ja“ und »nein«, “so” 「や」. "),
    _called("a mark closes in another paragraph", "It says “a. ", "\n\nb”", "text_after_calls"),
    _called("a mark closes much later", "It says “a. ", f"{'b' * 4200}”", "text_after_calls"),
    _called("behind a measure", 'A 5" pipe. ', ' 5"', "text_after_calls"),
    _called("behind the last cell of a row", "| a | b |"),
    _called("behind a table", "| a | b |\n", "| c", "text_after_calls"),
    _called("behind LaTeX", "\\begin{verbatim}x\\end{verbatim}\n"),
    _called("behind a block of Org", "#+BEGIN_SRC\nx\n#+end_src\n"),
    _called("in LaTeX without an end", "Use \\begin{verbatim} here. "),
    _called("behind a comment", "<!-- a --> and a lone --> end "),
    _called("behind a tag without its end", "Use <code> here. ", " </pre>", "text_after_calls"),
    _called("behind a tag in inline code", "Use `<pre>` here. ", " </pre>", "text_after_calls"),
    Case(
        "behind a tag that the arguments close", f"I add a <script>.\n{section(call(_PAGE, _W))}",
        "I add a <script>.\n", calls=((_W, "get_weather", _PAGE),), options=_ONE,
    ),
    Case(
        "behind a tag, and long", f"I add a <script>.\n{section(call(_LONG, _W))}",
        "I add a <script>.\n", calls=((_W, "get_weather", _LONG),), options=_ONE,
    ),
    Case("named, and several are declared", _SECTION, calls=_MADE, options=_TWO),
]  # fmt: skip

OFFERED = [
    _same("unknown", f"a{_UNKNOWN}b"),
    _same("unknown without section", f"a{call('{}', 'functions.nope:0')}b"),
    _same("unknown in reasoning", _UNKNOWN),
    Case("unknown in reasoning, closed", f"{_UNKNOWN}</think>b", "b", _UNKNOWN, (), (), _THINKING),
    Case(
        "unknown behind a call",
        f"{SB}{call(_X, _W)}{call('{}', 'functions.nope:1')}{SE}",
        f"{call('{}', 'functions.nope:1')}{SE}",
        calls=_MADE,
        diagnostics=("text_after_calls",),
        options=_ONE,
    ),
    Case(
        "unknown before a call",
        f"{SB}{call('{}', 'functions.nope:1')}{call(_X, _W)}{SE}",
        f"{SB}{call('{}', 'functions.nope:1')}",
        calls=_MADE,
        diagnostics=("bare_call", "orphan_marker"),
        options=_ONE,
    ),
    Case(
        "unknown behind a call that is not closed",
        f"{SB}{CB}{_W}{AB}{_X}{call('{}', 'functions.nope:1')}{SE}",
        f"{call('{}', 'functions.nope:1')}{SE}",
        calls=_MADE,
        diagnostics=("missing_call_end", "text_after_calls"),
        options=_ONE,
    ),
    Case(
        "unknown without begin behind a call",
        f"{SB}{call(_X, _W)} nope:1{AB}{{}}{CE}{SE}",
        f"nope:1{AB}{{}}{CE}{SE}",
        calls=_MADE,
        diagnostics=("text_after_calls",),
        options=_ONE,
    ),
    _same("an empty section", f"a{SB}{SE}b"),
    _same("a section of text", f"a{SB} noise {SE}b"),
    _same("a section of much text", f"{SB}{'x' * 600}{call(_X, _W)}{SE}".replace(CB, "")),
    _same("a section in a section", f"{SB}{SB}{SE}"),
    _same("a section that ends", f"a{SB}"),
    _same("a header that ends", f"{SB}{CB}{_W}"),
    _same("a header of prose", f"{CB} opens a call, {AB} its arguments."),
    _same("a header without end", f"{CB}{'x' * 600}"),
    _same("a header without number", f"{SB}{CB}get_weather{SE}"),
    _same("orphans", f"a{SE}b{CE}c{AB}d"),
    Case(
        "a header and no arguments", f"{SB}{CB}{_W}{CE}{SE}", calls=((_W, "get_weather", "{}"),),
        diagnostics=("missing_argument_marker",), options=_ONE,
    ),
    Case(
        "no argument marker", f"{SB}{CB}{_W}{_X}{CE}{SE}", calls=_MADE,
        diagnostics=("missing_argument_marker",), options=_ONE,
    ),
    Case(
        "no name, told at the end of the text", f'{CB}3{AB}{{"path":"p"}}',
        calls=(("3", "read_file", '{"path":"p"}'),),
        diagnostics=("bare_call", "missing_call_end", "inferred_name"), options=_TWO,
    ),
]  # fmt: skip

_TEXT_BEHIND = ("missing_call_end", "text_after_calls")

WITHOUT_BEGIN = [
    Case(
        f"begin lost, {name}", text, content, "", calls,
        ("missing_call_begin", "bare_call", *kinds), _ONE,
    )
    for name, text, content, calls, kinds in (
        ("section end", _HEADER + SE, "", _MADE, ("missing_call_end",)),
        ("call end", _HEADER + CE + SE, "", _MADE, ("orphan_marker",)),
        ("nothing closed", _HEADER, "", _MADE, ("missing_call_end",)),
        ("end of turn", f"{_HEADER}<|im_end|>", "", _MADE, ("missing_call_end",)),
        ("short id", f"get_weather:7{AB}{_X}{CE}", "", (("get_weather:7", "get_weather", _X),), ()),
        ("blanks", f"{_W} {AB} {_X} {CE} {SE}", " ", _MADE, ("orphan_marker",)),
        ("behind a sentence", f"I look.{_HEADER}{CE}", "I look.", _MADE, ()),
        ("text behind", f"{_HEADER}\nDone.", "Done.", _MADE, _TEXT_BEHIND),
        ("like a marker behind", f"{_HEADER}<b>", "<b>", _MADE, _TEXT_BEHIND),
        (
            "another object behind", f"{_HEADER} {{}}{CE}", "",
            ((_W, "get_weather", f"{_X} {{}}"),), ("invalid_json",),
        ),
        (
            "then another", f"{_HEADER}functions.get_weather:1{AB}{{}}{SE}", "",
            (*_MADE, ("functions.get_weather:1", "get_weather", "{}")),
            ("missing_call_end", "missing_call_begin", "bare_call", "missing_call_end"),
        ),
    )
] + [
    Case(
        "begin lost in a section", f"{SB} {_HEADER}{CE}{SE}", calls=_MADE,
        diagnostics=("missing_call_begin",), options=_ONE,
    ),
    Case(
        "begin lost in a section, behind a call",
        f"{SB}{call(_X, _W)}functions.get_weather:1{AB}{{}}{CE}{SE}",
        calls=(*_MADE, ("functions.get_weather:1", "get_weather", "{}")),
        diagnostics=("missing_call_begin",), options=_ONE,
    ),
    Case(
        "begin lost in reasoning", f"So.{_HEADER}{CE}", "", "So.", _MADE,
        ("missing_call_begin", "bare_call", "unclosed_reasoning"), _THINKING,
    ),
    Case(
        "begin lost in all of the reasoning", f"{_HEADER}{CE}", "", "", _MADE,
        ("missing_call_begin", "bare_call", "unclosed_reasoning"), _THINKING,
    ),
    Case(
        "argument marker behind a call", f"{_SECTION} {AB}", " ", calls=_MADE,
        diagnostics=("orphan_marker",), options=_ONE,
    ),
    _same("begin lost, unknown", f"nope:0{AB}{{}}{CE}"),
    _same("begin lost, in a longer word", f"my_get_weather:0{AB}{_X} api.get_weather:0{AB}{_X}"),
    _same("begin lost, no number", f"functions.get_weather:{AB}{_X} get_weather{AB}{_X}"),
    _same("begin lost, no object", f"{_W}{AB} and then the arguments"),
    _same("begin lost, nothing follows", f"{_W}{AB} "),
    _same("begin lost, blanks follow", f"{_W}{AB}{' ' * 140}{{}}"),
    _same("an id in prose", f"The id is {_W} and get_weather:1, functions.get_weather:12"),
    _same("an id in a section of nothing", f"{SB}{_W}{AB}x"),
]  # fmt: skip

TWICE = [
    Case(
        "said twice", _SECTION + _SECTION, calls=_MADE,
        diagnostics=("repeated_call",), options=_ONE,
    ),
    Case(
        "one id, two calls", _SECTION + section(call("{}", _W)),
        calls=(*_MADE, (f"{_W}__2", "get_weather", "{}")),
        diagnostics=("duplicate_id",), options=_ONE,
    ),
    Case(
        "one id, a long second call", _SECTION + section(call(f'{{"city": "{"x" * 66_000}"}}', _W)),
        calls=(*_MADE, (f"{_W}__2", "get_weather", f'{{"city": "{"x" * 66_000}"}}')),
        diagnostics=("duplicate_id",), options=_ONE,
    ),
]  # fmt: skip

BLOCKS = [
    _same("think in prose", "re.sub(r'<think>.*?</think>', '', text)"),
    _same("think behind a word", "A <think> tag opens it, </think> closes it."),
    Case("think first", " \n<think>a</think>b", " \nb", "a", options=_ONE),
    Case("think twice", "<think>a</think><think>b</think>", "<think>b</think>", "a", options=_ONE),
    Case("think inside", " <think>a</think>b", "b", " a", (), ("orphan_marker",), _THINKING),
    Case(
        "think behind a call", f"{_SECTION}<think>a", "<think>a", "", _MADE,
        ("text_after_calls",), _ONE,
    ),
    Case(
        "think in a call that is not closed", f"{CB}{_W}{AB}{_X}<think>a", "<think>a", "", _MADE,
        ("bare_call", "missing_call_end", "text_after_calls"), _ONE,
    ),
    Case(
        "think closed behind a call", f"a{_SECTION}</think>b</think>", "b</think>", "a", _MADE,
        ("unclosed_reasoning", "orphan_marker", "text_after_calls"), _THINKING,
    ),
    Case("never closed", "<think>a", "a", "a", (), ("unclosed_reasoning",), _ONE),
    Case("never closed, blank", "<think> ", "", " ", (), (), _ONE),
    Case("never closed, ended", "<think>a<|im_end|>", "a", "a", (), ("unclosed_reasoning",), _ONE),
    Case("never closed, prompt", "a", "a", "a", (), ("unclosed_reasoning",), _THINKING),
    Case("never closed, cut", "a", "", "a", options={**_THINKING, "finish_reason": "length"}),
    Case("closed", "a</think>", "", "a", options=_THINKING),
    _same("end in prose", "The token <|im_end|> ends a turn."),
    _same("end, then another turn", "a<|im_end|>\n<|im_user|>user<|im_middle|>b<|im_end|>c"),
    Case("end, over and over", f"a{'<|im_end|>' * 40}", f"a{'<|im_end|>' * 14}", options=_ONE),
    Case("end last", "a<|im_end|>[EOS] \n", "a", options=_ONE),
    Case("end behind a call", f"{_SECTION}<|im_end|>\n", calls=_MADE, options=_ONE),
]  # fmt: skip


RULE = [*QUOTED, *BARE, *OFFERED, *WITHOUT_BEGIN, *TWICE, *BLOCKS, *FRAMED, *K3]
