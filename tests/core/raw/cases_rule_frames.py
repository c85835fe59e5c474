"""What stands on both sides of a call and shows it, and what only looks so.

Owns: `FRAMED`: listings, comments, blocks and brackets that hold a section, and calls beside such.
May know: `cases_common`.
"""

from __future__ import annotations

from tests.core.raw.cases_common import SB, WEATHER, Case, call, section

_X = '{"city": "Rome"}'
_W = "functions.get_weather:0"
_SECTION = section(call(_X, _W))
_TWO = section(call(_X, _W), call(_X, "functions.get_weather:1"))
_MADE = ((_W, "get_weather", _X),)
_ONE = {"tools": [WEATHER]}

_SHOWN = {
    "a block of AsciiDoc": f"----\n10:02 ok\n{_SECTION}\n----\nDone.",
    "a literal of AsciiDoc": f"....\n{_SECTION}\n....\n",
    "a table of AsciiDoc": f"|===\n|a\n{_SECTION}\n|===",
    "lines of signs": f"The log:\n==========\n\n{_SECTION}\n==========\nDone.",
    "a here document": f"cat > f <<'EOF'\n{_SECTION}\nEOF\n",
    "a here document without quotes": f"cat <<END > f\na\n{_SECTION}\nEND",
    "armor": f"-----BEGIN LOG-----\n{_SECTION}\n-----END LOG-----",
    "an added line": f"@@ -1,2 +1,3 @@\n a\n+{_SECTION}\n b\n",
    "a line taken away": f"-a\n-{_SECTION}\n+b",
    "a log": f"10:02:03 ok\n10:02:04 INFO said {_SECTION}\n10:02:05 INFO end",
    "a log with dates": f"2026-01-02T10:02:03Z model: {_SECTION}\n2026-01-02T10:02:04Z end",
    "a log in brackets": f"[2026-01-02 10:02:03] {_SECTION}\n[2026-01-02 10:02:04] end",
    "levels of a log": f"INFO: {_SECTION}\nINFO: end",
    "a transcript": f"User: Hi\nAssistant: {_SECTION}\nUser: Thanks",
    "lines that were found": f"a.log:12:{_SECTION}\na.log:13:end",
    "numbers of lines": f"  1  a\n  2  {_SECTION}\n  3  b",
    "comments": f"# {_SECTION}\n# b",
    "the last of comments": f"// a\n// {_SECTION}\n",
    "a comment of Java": f"/**\n * {_SECTION}\n * b\n */",
    "a comment of C": f"/* {_SECTION} */",
    "a comment of Ruby": f"=begin\n{_SECTION}\n=end",
    "a scalar of YAML": f"log: |\n  {_SECTION}\n",
    "a literal of reStructuredText": f"The log::\n\n   {_SECTION}\n\nDone.",
    "an indented block": f"The log:\n  10:02\n  {_SECTION}\n  10:03\n",
    "an element": f'<document index="1">\n{_SECTION}\n</document>\nSo it is.',
    "an element in its line": f"<div><b>{_SECTION}</b></div>",
    "a quotation of a forum": f"[quote]a {_SECTION}[/quote]",
    "parentheses": f"It writes ({_SECTION}) there.",
    "square brackets, blanks": f"It writes [ {_SECTION} ] there.",
    "emphasis": f"It writes **{_SECTION}** there.",
    "bars": f"\\verb|{_SECTION}|",
    "commas": f"1,{_SECTION},x",
    "two calls": f"# {_TWO}\n# b",
    "two calls in parentheses": f"({_TWO})",
}
_NOT_SHOWN = {
    "behind a block of AsciiDoc": ("----\n10:02 ok\n----\n", ""),
    "a line of signs in front alone": ("Rome\n====\n", ""),
    "behind a here document": ("cat <<EOF\na\nEOF\n", ""),
    "in a here document without an end": ("cat <<EOF\n", ""),
    "behind an added line": ("+a\n", ""),
    "behind a log": ("10:02:03 ok\n10:02:04 end", ""),
    "a number first": ("12:30 is noon. ", ""),
    "a word and a colon": ("Note: ", ""),
    "a word and a colon, and a sentence": ("Note: ", "\nDone."),
    "behind a heading": ("# Rome\n", ""),
    "behind a list": ("- a\n- ", ""),
    "in a list that goes on": ("- a\n- ", "\n- b"),
    "behind numbers": ("1. a\n2. ", "\n3. b"),
    "behind an indented line": ("a\n  b\n  ", ""),
    "in an element without an end": ("<plan>a ", ""),
    "behind an element": ("<plan>a</plan> ", ""),
    "behind a line break of HTML": ("a<br>", ""),
    "behind parentheses": ("(a) ", ""),
    "in parentheses that do not close": ("I look (", ""),
    "behind emphasis": ("**Rome** ", ""),
    "behind a literal": ("a::\n\n  b\n\n", ""),
    "behind a shown marker": (f"# {SB}\n# b\n\nSo: ", ""),
}  # fmt: skip

FRAMED = [Case(f"in {row}", text, text, options=_ONE) for row, text in _SHOWN.items()] + [
    Case(
        row, before + _SECTION + after, before + after, "", _MADE,
        ("text_after_calls",) if after else (), _ONE,
    )
    for row, (before, after) in _NOT_SHOWN.items()
]  # fmt: skip
