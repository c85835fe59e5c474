"""Which text may become a call, a think block or an end of turn, in K3's tags, with tools given.

Owns: texts and what they mean. May know: `cases_common`, `cases_k3`.
"""

from __future__ import annotations

from typing import Any

from tests.core.raw.cases_common import READ, WEATHER, Case
from tests.core.raw.cases_k3 import argument, channel, closed, head, opened
from tests.core.raw.cases_k3 import call as k3_call
from tests.core.raw.cases_k3 import tools as k3_tools

_K3: dict[str, Any] = {"tools": [WEATHER], "dialect": "k3"}
_K3_TWO: dict[str, Any] = {"tools": [WEATHER, READ], "dialect": "k3"}
_K3_THINKING = {**_K3, "thinking": True}
_CALL = k3_call(argument("Rome", "city"), name="get_weather")
_TOOLS = k3_tools(_CALL)
_K3_MADE = (("get_weather:0", "get_weather", '{"city":"Rome"}'),)
_NOPE = k3_call(argument("Rome", "city"), name="nope")
_BARE_HEAD = opened("call", ' index="1"')


def _k3_same(row: str, text: str, **options: Any) -> Case:
    return Case(row, text, text, options={**_K3, **options})


K3 = [
    _k3_same("k3, fence", f"```\n{_TOOLS}\n```"),
    _k3_same("k3, inline code", f"It is `{_CALL}`."),
    _k3_same("k3, a quotation with text on both sides", f"It is “so: {_TOOLS} it is”."),
    _k3_same("k3, unknown", f"a{k3_tools(_NOPE)}b"),
    _k3_same("k3, unknown without channel", f"a{_NOPE}b"),
    _k3_same("k3, a channel of text", f"a{opened('tools')} noise {closed('tools')}b"),
    _k3_same("k3, a channel of much text", f"{opened('tools')}{'x' * 600}{closed('tools')}"),
    _k3_same("k3, a channel and another", f"{opened('tools')}{opened('response')}b"),
    _k3_same("k3, a channel with half a tag", f"{opened('tools')}<|open|>x {closed('think')}b"),
    _k3_same("k3, a call in prose", f"The tag {head('get_weather')} opens a call."),
    _k3_same("k3, a call before another tag", f"{head('get_weather')}{opened('tools')}b"),
    _k3_same("k3, tags in prose", f"a{closed('response')} b {opened('think')} c{opened('tools')}"),
    _k3_same("k3, orphans", f"a{closed('call')}b{closed('tools')}c{closed('json')}d"),
    _k3_same("k3, an end in prose", f"a{closed('message')} b <|end_of_msg|> c"),
    _k3_same("k3, closing tags without end", closed("response") * 20 + "b"),
    Case("k3, a call", f"a{_TOOLS}", "a", "", _K3_MADE, ("unclosed_response",), _K3),
    Case("k3, channels", f"a{closed('think')}{channel('response', 'b')}{_TOOLS}{closed('message')}",
         "b", "a", _K3_MADE, (), _K3_THINKING),
    Case("k3, opened by the model", f"{channel('think', 'a')}{channel('response', 'b')}{_TOOLS}",
         "b", "a", _K3_MADE, (), _K3),
    Case("k3, think first", f"\n{channel('think', 'a')}b", "\nb", "a", (), ("text_outside",), _K3),
    Case("k3, think was not closed", f"a{channel('response', 'b')}", "b", "a", (),
         ("unclosed_reasoning",), _K3_THINKING),
    Case("k3, think speaks of tags",
         f"a `{opened('response')}`{closed('think')}{channel('response', 'b')}",
         "b", f"a `{opened('response')}`", (), (), _K3_THINKING),
    Case("k3, think inside", f"{opened('think')}a{closed('think')}b", "b", "a", (),
         ("orphan_marker", "text_outside"), _K3_THINKING),
    Case("k3, closed as a response", f"a{closed('response')}", "a", "a", (),
         ("reclassified_reasoning",), _K3_THINKING),
    Case("k3, channels that repeat", channel("response", "a") + channel("response", "b"), "ab", "",
         (), (), _K3),
    Case("k3, never closed", "a", "a", "a", (), ("unclosed_reasoning",), _K3_THINKING),
    Case("k3, unknown behind a call", k3_tools(_CALL, _NOPE), _NOPE + closed("tools"), "", _K3_MADE,
         ("text_outside",), _K3),
    Case("k3, unknown in a call that is not closed",
         opened("tools") + head("get_weather") + argument("Rome", "city") + _NOPE, _NOPE, "",
         _K3_MADE, ("missing_call_end", "text_outside"), _K3),
    Case("k3, unknown in an argument that is not closed",
         opened("tools") + head("get_weather") + opened("argument", ' key="n" type="number"') + "1"
         + _NOPE, _NOPE, "", (("get_weather:0", "get_weather", '{"n":1}'),),
         ("missing_argument_end", "missing_call_end", "text_outside"), _K3),
    Case("k3, noise in a channel", f"{opened('tools')} x <|open|> {_CALL}{closed('tools')}", "",
         "", _K3_MADE, ("text_in_section",), _K3),
    Case("k3, closing tags behind a call", f"{_CALL} {closed('tools')}{closed('message')}", " ", "",
         _K3_MADE, ("bare_call", "orphan_marker"), _K3),
    Case("k3, no name", k3_tools(_BARE_HEAD + argument("p", "path") + closed("call")),
         calls=(("read_file:0", "read_file", '{"path":"p"}'),), diagnostics=("inferred_name",),
         options=_K3_TWO),
    Case("k3, no name, not closed", _BARE_HEAD + argument("p", "path"),
         calls=(("read_file:0", "read_file", '{"path":"p"}'),),
         diagnostics=("bare_call", "missing_call_end", "inferred_name"), options=_K3_TWO),
    Case("k3, no name, and none fits", k3_tools(_BARE_HEAD + argument("p", "x") + closed("call")),
         k3_tools(_BARE_HEAD + argument("p", "x") + closed("call")), options=_K3_TWO),
    Case("k3, no name, too long", f"{_BARE_HEAD}{argument('p' * 65_600, 'path')}{closed('call')}",
         f"{_BARE_HEAD}{argument('p' * 65_600, 'path')}{closed('call')}", options=_K3_TWO),
    Case("k3, cut", "a<|open|>resp", "a", "", (), ("incomplete_marker",), _K3),
]  # fmt: skip
