"""What an answer says in the end whose calls could not be run, after the model was asked again.

Owns: streams of a scripted server, where they hang on what was told before. What users of the
frameworks see of it is in tests/parity/test_retries.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.errors import KimiStreamTruncatedError
from kimi_core.request import Options
from tests.core.asking import HELLO
from tests.scripted import Answer, ScriptedServer, chunk, stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from kimi_core.chat import KimiChat
    from kimi_core.response import ResponseReader

    Connect = Callable[..., KimiChat]

MOVE: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "move",
        "parameters": {
            "type": "object",
            "properties": {
                "to": {"type": "string"},
                "steps": {"type": "integer"},
                "note": {"type": "string"},
            },
            "required": ["to", "steps"],
        },
    },
}
NORTH, SOUTH = '{"to": "north", "steps": 6}', '{"to": "south", "steps": 1}'
SIX = '{"to": "north", "steps": "six"}'


def calling(*calls: tuple[str, str | list[str]], usage: Any = None, done: bool = True) -> Answer:
    """Stream calls, each of a name and of the pieces of its arguments."""
    deltas: list[dict[str, Any]] = []
    for index, (name, text) in enumerate(calls):
        deltas.append({"index": index, "id": f"{name}:{index}", "function": {"name": name}})
        pieces = [text] if isinstance(text, str) else text
        deltas += [{"index": index, "function": {"arguments": piece}} for piece in pieces]
    chunks = [chunk(tool_calls=[delta]) for delta in deltas]
    counted = [{"choices": [], "usage": usage}] if usage else []
    return stream(*chunks, *([chunk("tool_calls")] if done else []), *counted, done=done)


def ask(chat: KimiChat, messages: Any = HELLO, tools: Any = (MOVE,), **options: Any) -> Any:
    """Return the reader, and its calls: name, arguments, and why one is not run."""
    reader: ResponseReader = chat.open(
        chat.request(messages, tools, Options(**options), stream=True)
    ).read()
    calls = reader.message().tool_calls
    return reader, [(c.name, c.arguments, c.invalid and c.invalid.kind) for c in calls]


# What was told of a call before it was damaged, what the model said instead -> what is run.
BEGUN: dict[str, tuple[list[str], str, str]] = {
    "it goes on": (['{"to": "nor'], NORTH, NORTH),
    "it is written in another way": (
        ['{"to":"nor', 'th","steps":"six"}'], NORTH, '{"to":"north", "steps": 6}',
    ),
    "its text goes on in another way": (['{"to": "nor'], SOUTH, SOUTH),
    "one of its values is another one": (['{"steps": 6, "to": "nor'], SOUTH, SOUTH),
    "one of its names is gone": (['{"note": "x", "to": "nor'], NORTH, NORTH),
    "it was whole, and more came": ([NORTH, SOUTH], SOUTH, SOUTH),
}  # fmt: skip


@pytest.mark.parametrize(("pieces", "second", "run"), BEGUN.values(), ids=BEGUN)
def test_what_was_told_is_continued_where_the_new_call_begins_so(
    server: ScriptedServer, connect: Connect, pieces: list[str], second: str, run: str
) -> None:
    server.will(calling(("move", pieces)), calling(("move", second)))
    reader, calls = ask(connect())
    assert calls == [("move", run, None)]
    assert reader.finish_reason == "tool_calls"
    assert len(server.seen) == 2


def test_one_call_may_stand_for_two(server: ScriptedServer, connect: Connect) -> None:
    server.will(calling(("walk", SIX), ("run", SIX)), calling(("move", NORTH)))
    assert ask(connect())[1] == [("move", NORTH, None)]


def test_a_call_that_was_kept_stands_for_no_other_in_any_answer(
    server: ScriptedServer, connect: Connect
) -> None:
    wrong = calling(("move", SIX))
    server.will(calling(("move", SOUTH), ("move", SIX)), wrong, calling(("move", SOUTH)))
    _, calls = ask(connect(), tool_call_retries=2)
    assert [(text, why) for _, text, why in calls] == [(SOUTH, None), (SIX, "schema")]
    assert len(server.seen) == 3


def test_true_is_not_the_call_of_one(server: ScriptedServer, connect: Connect) -> None:
    switch = {"type": "function", "function": {"name": "switch", "parameters": {"type": "object"}}}
    first = calling(("switch", '{"on": 1}'), ("move", SIX))
    server.will(first, calling(("switch", '{"on": true}')))
    _, calls = ask(connect(), tools=[MOVE, switch])
    assert [text for _, text, why in calls if why is None] == ['{"on": 1}', '{"on": true}']


def test_an_answer_that_breaks_off_tells_the_calls_that_waited(
    server: ScriptedServer, connect: Connect
) -> None:
    server.will(calling(("move", SIX), ("move", SOUTH), ("walk", NORTH[:9]), done=False))
    with pytest.raises(KimiStreamTruncatedError) as caught:
        ask(connect())
    calls = caught.value.partial.tool_calls
    assert [call.arguments for call in calls] == [SIX, SOUTH, NORTH[:9]]
    assert [isinstance(call.parsed(), dict) for call in calls] == [False, True, False]
    assert len(server.seen) == 1


def test_what_has_come_of_calls_that_wait_can_be_seen(
    server: ScriptedServer, connect: Connect
) -> None:
    server.will(calling(("move", SIX), ("move", SOUTH)), calling(("move", NORTH)))
    chat = connect()
    reply = chat.open(chat.request(HELLO, [MOVE], Options(), stream=True))
    seen = [[call.arguments for call in reply.reader.message().tool_calls] for _ in reply]
    assert [SIX, SOUTH] in seen
    assert seen[-1] == [NORTH, SOUTH]


def test_tools_that_only_the_server_knows_are_not_forced(
    server: ScriptedServer, connect: Connect
) -> None:
    server.will(*[calling(("move", SIX)), calling(("move", NORTH))] * 2)
    chat = connect()
    for sent, choice in (({"tools": [MOVE]}, {}), ({"extra": {"tools": [MOVE]}, "tools": ()}, {})):
        assert ask(chat, **sent, **choice)[1] == [("move", NORTH, None)]
    first, second = (seen.json.get("tool_choice") for seen in server.seen[1::2])
    assert (first, second) == ("required", None)


def test_a_prefix_is_not_asked_for_again(server: ScriptedServer, connect: Connect) -> None:
    server.will(calling(("move", SIX)))
    prefix = {"role": "assistant", "content": "I", "partial": True}
    _, calls = ask(connect(), [*HELLO, prefix])
    assert calls == [("move", SIX, "schema")]
    assert len(server.seen) == 1


COUNTED = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7, "tier": "a", "cost": 0.5}


@pytest.mark.parametrize(
    ("first", "second", "total"),
    [(None, None, None), (COUNTED, None, 7), (None, COUNTED, 7), (COUNTED, COUNTED, 14)],
    ids=["nobody", "the first", "the second", "both"],
)
def test_usage_of_both_answers_is_summed_where_it_is_counted(
    server: ScriptedServer, connect: Connect, first: Any, second: Any, total: int | None
) -> None:
    server.will(calling(("move", SIX), usage=first), calling(("move", NORTH), usage=second))
    reader, _ = ask(connect())
    assert (reader.usage and reader.usage.total_tokens) == total
    if total == 14:
        assert reader.usage.extra == {"tier": "a", "cost": 1.0}
    assert len(reader.metadata()["usage_of_requests"]) == 2
