"""What arrived in one read is told in fewer lists, and nothing of it is lost or moved.

Owns: the merging as a function of lists. That a reply does it stands in test_chat.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_core.chat._merge import merged_arguments
from kimi_core.events import (
    ContentDelta,
    ReasoningDelta,
    ToolCallArguments,
    ToolCallEnd,
    ToolCallStart,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kimi_core.events import Event

_FRAGMENTS = st.builds(ToolCallArguments, index=st.integers(0, 2), text=st.text(min_size=1))
_EVENTS = st.one_of(
    st.builds(ContentDelta, text=st.text(min_size=1)),
    st.builds(ReasoningDelta, text=st.text(min_size=1)),
    _FRAGMENTS,
)


@given(st.lists(st.lists(_EVENTS, max_size=3) | st.lists(_FRAGMENTS, min_size=1, max_size=1)))
def test_merging_keeps_every_event_in_its_order(chunks: list[list[Event]]) -> None:
    merged = list(merged_arguments([list(events) for events in chunks]))
    assert [event for events in merged for event in events] == [
        event for events in chunks for event in events
    ]
    assert len(merged) <= len(chunks)


def test_fragments_of_one_call_share_a_list() -> None:
    chunks: list[list[Event]] = [
        [ToolCallStart(0, "functions.write:0", "write")],
        [ToolCallArguments(0, "{")],
        [ToolCallArguments(0, "}")],
        [ToolCallArguments(1, "[")],
        [ToolCallEnd(0, complete=True)],
    ]
    assert list(merged_arguments(chunks)) == [
        chunks[0],
        [ToolCallArguments(0, "{"), ToolCallArguments(0, "}")],
        chunks[3],
        chunks[4],
    ]


def test_text_and_reasoning_stay_as_the_server_cut_them() -> None:
    chunks: list[list[Event]] = [[ContentDelta("a")], [ContentDelta("b")], [ReasoningDelta("c")]]
    assert list(merged_arguments(chunks)) == chunks


@pytest.mark.parametrize("before", [[[ToolCallArguments(0, "{")]], [[ContentDelta("a")]]])
def test_an_error_comes_after_what_was_before_it(before: list[list[Event]]) -> None:
    def broken() -> Iterator[list[Event]]:
        yield from before
        raise ValueError("broken")

    merged = merged_arguments(broken())
    assert [next(merged) for _ in before] == before
    with pytest.raises(ValueError, match="broken"):
        next(merged)
