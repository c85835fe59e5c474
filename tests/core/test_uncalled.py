"""Text that was meant as a call is told as a diagnostic, and text that only looks like one is not.

Owns: the table of such texts. That the model is asked again for them is in
tests/parity/test_retries.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from kimi_core.errors import KimiToolCallError
from tests.core.asked_calls import reader_of, tool
from tests.scripted import chunk

MOVE = '{"name": "move", "arguments": {"to": "north"}}'
OTHER = MOVE.replace("move", "walk")

# A whole answer -> what of it is told.
TEXTS: dict[str, tuple[str, str | None]] = {
    "JSON": (MOVE, MOVE),
    "a list of them": (f"[{MOVE}, {MOVE}]", f"[{MOVE}, {MOVE}]"),
    "one inside a function": (f'{{"function": {MOVE}}}', f'{{"function": {MOVE}}}'),
    "another tool inside a function": (f'{{"function": {OTHER}}}', None),
    "a name without arguments": ('{"name": "move"}', None),
    "arguments without a name": ('{"arguments": {}}', None),
    "another tool": (OTHER, None),
    "JSON that is cut": (MOVE[:-3], None),
    "a list of numbers": ("[1, 2]", None),
    "a list of a call and a number": (f"[{MOVE}, 1]", None),
    "a list of nothing": ("[{}]", None),
    "brackets without an end": ("[" * 100_000 + "{", None),
    "a tag": (f"Now: <tool_call>{MOVE}</tool_call>", f"<tool_call>{MOVE}</tool_call>"),
    "a tag of another tool": (f"<tool_call>{OTHER}</tool_call>", None),
    "a tag without a name": ("<tool_call></tool_call>", None),
    "a tag behind one of another tool": (
        f"<tool_call>{OTHER}</tool_call>{' ' * 600}<tool_call>{MOVE}</tool_call>",
        f"<tool_call>{MOVE}</tool_call>",
    ),
    "a bare call": ('move({"to": "north"})', 'move({"to": "north"})'),
    "a bare call of another tool": ('walk({"to": "north"})', None),
    "a bare call in a sentence": ('Call move({"to": "north"}).', None),
    "without its markers": ('functions.walk:0 {"to": 1}', 'functions.walk:0 {"to": 1}'),
    "a fence": (f"```json\n{MOVE}\n```", None),
    "a tag in backticks": (f"Write `<tool_call>{MOVE}</tool_call>`.", None),
}  # fmt: skip


@pytest.mark.parametrize(("text", "found"), TEXTS.values(), ids=TEXTS)
def test_a_text_that_was_meant_as_a_call_is_told(text: str, found: str | None) -> None:
    reader = reader_of([tool("move", {"type": "object"})])
    reader.feed(chunk(reasoning_content="Hm."))
    reader.feed(chunk("stop", content=text))
    reader.close()
    told: list[Any] = [(one.kind, one.text) for one in reader.diagnostics]
    assert told == ([("uncalled_text", found)] if found else [])
    assert (reader.message().content, reader.message().tool_calls) == (text, ())


def test_an_agent_does_not_end_with_a_call_without_a_name() -> None:
    nothing = {"type": "object"}
    reader = reader_of([tool("move", nothing), tool("walk", nothing)])
    call = {"index": 0, "id": "x", "function": {"arguments": '{"q": 1}'}}
    reader.feed(chunk(tool_calls=[call]))
    reader.feed(chunk("tool_calls"))
    reader.close()
    with pytest.raises(KimiToolCallError, match=r"named none of this request.*x \{\"q\": 1\}"):
        reader.refuse_silence()
