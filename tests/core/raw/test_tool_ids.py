"""Ids of tool calls: what stays, what is rewritten, and which result belongs to which call.

May know: `normalize_tool_call_ids` only.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_core.raw.tool_ids import normalize_tool_call_ids

Messages = list[dict[str, Any]]


def _calls(*calls: tuple[str | None, str]) -> dict[str, Any]:
    made = [{"id": i, "function": {"name": name, "arguments": "{}"}} for i, name in calls]
    return {"role": "assistant", "content": None, "tool_calls": made}


def _result(identity: str | None, **more: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": identity, "content": "r", **more}


def _ids(messages: Messages) -> list[str]:
    """Return all ids of a conversation, calls and results, in order."""
    found: list[str] = []
    for message in messages:
        found += [call["id"] for call in message.get("tool_calls") or ()]
        if message["role"] == "tool":
            found.append(message.get("tool_call_id"))
    return found


NATIVE = "functions.f:0"
USER = {"role": "user", "content": "q"}


@pytest.mark.parametrize(
    ("messages", "ids"),
    [
        pytest.param([_calls((NATIVE, "f")), _result(NATIVE)], [NATIVE, NATIVE], id="native"),
        pytest.param(
            [_calls(("functions.f:7", "f"), ("functions.f:3", "f"), ("functions.g:3", "g"))],
            ["functions.f:7", "functions.f:3", "functions.g:3"],
            id="native in any order",
        ),
        pytest.param(
            [_calls(("call_a", "f"), ("toolu_b", "g")), _result("toolu_b"), _result("call_a")],
            [NATIVE, "functions.g:1", "functions.g:1", NATIVE],
            id="foreign, results out of order",
        ),
        pytest.param(
            [_calls(("x", "f")), _result("x"), USER, _calls(("x", "f")), _result("x")],
            [NATIVE, NATIVE, "functions.f:1", "functions.f:1"],
            id="one id used again in the next turn",
        ),
        pytest.param(
            [_calls((NATIVE, "f")), _result(NATIVE), _calls((NATIVE, "f")), _result(NATIVE)],
            [NATIVE, NATIVE, "functions.f:1", "functions.f:1"],
            id="a native id used again",
        ),
        pytest.param(
            [_calls(("x", "f"), ("x", "g")), _result("x"), _result("x"), _result("x")],
            [NATIVE, "functions.g:1", NATIVE, "functions.g:1", NATIVE],
            id="one id for two calls",
        ),
        pytest.param(
            [_calls(("call_1", "f"), (NATIVE, "f")), _result(NATIVE), _result("call_1")],
            ["functions.f:1", NATIVE, NATIVE, "functions.f:1"],
            id="a later native id is not given away",
        ),
        pytest.param(
            [_calls(("functions.f:4", "f"), ("x", "g"))],
            ["functions.f:4", "functions.g:5"],
            id="the counter goes on behind the model's own",
        ),
        pytest.param(
            [_calls((NATIVE, "g"), ("functions.h", "h"), ("functions.i:x", "i"))],
            ["functions.g:0", "functions.h:1", "functions.i:2"],
            id="an id that names another function, or has no number",
        ),
        pytest.param(
            [_calls(("functions.f:" + "9" * 5000, "f"))], [NATIVE], id="a number without end"
        ),
        pytest.param(
            [_calls(("functions.a.b:2:5", "a.b:2"))], ["functions.a.b:2:5"], id="odd native names"
        ),
        pytest.param(
            [_calls(("a", "f"), ("b", "g")), _result(None), _result("b")],
            [NATIVE, "functions.g:1", NATIVE, "functions.g:1"],
            id="a result without an id takes what is left",
        ),
        pytest.param(
            [_calls(("a", "f"), ("b", "g")), _result("?", name="g"), _result("!")],
            [NATIVE, "functions.g:1", "functions.g:1", NATIVE],
            id="a result with an unknown id goes by its name first",
        ),
        pytest.param(
            [_calls(("a", "f")), _calls(("b", "f")), _result("a"), _result("b")],
            [NATIVE, "functions.f:1", NATIVE, "functions.f:1"],
            id="a late result of an earlier turn",
        ),
        pytest.param(
            [_result("lost"), _calls(("a", "f")), _result("a"), _result("more")],
            ["lost", NATIVE, NATIVE, "more"],
            id="results without a call keep their ids",
        ),
        pytest.param(
            [_result(NATIVE), _calls(("a", "f")), _result("a")],
            [NATIVE, "functions.f:1", "functions.f:1"],
            id="the id of a forgotten call is not given away",
        ),
        pytest.param(
            [_calls((None, "f"), (None, "f")), _result(None), _result(None)],
            [NATIVE, "functions.f:1", NATIVE, "functions.f:1"],
            id="no ids at all",
        ),
    ],
)
def test_ids_become(messages: Messages, ids: list[str]) -> None:
    assert _ids(normalize_tool_call_ids(messages)) == ids


def test_all_but_the_ids_stays_as_it_was() -> None:
    call = {"id": "x", "type": "function", "function": {"name": "f", "arguments": "{}"}, "z": 1}
    messages = [USER, {"role": "assistant", "content": "c", "tool_calls": [call], "y": 2}]
    answer, calling = normalize_tool_call_ids(messages)
    assert answer == USER
    assert calling == {**messages[1], "tool_calls": [{**call, "id": NATIVE}]}


def test_an_empty_list_of_calls_is_no_turn() -> None:
    messages = [_calls(("a", "f")), {"role": "assistant", "tool_calls": []}, _result("?")]
    assert _ids(normalize_tool_call_ids(messages)) == [NATIVE, NATIVE]


names = st.sampled_from(["f", "g", "a.b", "c:1", "mcp__x-y"])
identities = st.sampled_from(
    [None, "", "call_1", "call_2", "toolu", "3", NATIVE, "functions.f:1", "functions.g:0", "f:0"]
) | st.builds("functions.{}:{}".format, names, st.integers(0, 4))
conversations = st.lists(
    st.builds(_result, identities)
    | st.builds(lambda calls: _calls(*calls), st.lists(st.tuples(identities, names), max_size=3))
    | st.just(USER),
    max_size=10,
)


@given(conversations)
def test_call_ids_are_native_and_unique_and_native_ones_stay(messages: Messages) -> None:
    before = copy.deepcopy(messages)
    normalized = normalize_tool_call_ids(messages)
    assert messages == before
    calls = [call for message in normalized for call in message.get("tool_calls") or ()]
    found = [call["id"] for call in calls]
    assert len(set(found)) == len(found)
    for call in calls:
        prefix, _, number = call["id"].rpartition(":")
        assert (prefix, number.isdigit()) == (f"functions.{call['function']['name']}", True)
    originals = [call for message in messages for call in message.get("tool_calls") or ()]
    seen: set[str] = set()
    for old, new in zip(originals, found, strict=True):
        native = str(old["id"]).rpartition(":")[0] == f"functions.{old['function']['name']}"
        assert not native or old["id"] in seen or new == old["id"]
        seen.add(old["id"])


@given(conversations)
def test_doing_it_twice_changes_nothing_more(messages: Messages) -> None:
    once = normalize_tool_call_ids(messages)
    assert normalize_tool_call_ids(once) == once


@given(
    turns=st.lists(
        st.lists(st.tuples(identities, names), unique_by=lambda call: call[0], max_size=4),
        max_size=6,
    ),
    random=st.randoms(use_true_random=False),
)
def test_pairs_stay_paired_in_whatever_order_results_come(
    turns: list[list[tuple[str | None, str]]], random: Any
) -> None:
    messages: Messages = []
    for turn, calls in enumerate(turns):
        results = [_result(identity, pair=(turn, i)) for i, (identity, _) in enumerate(calls)]
        random.shuffle(results)
        messages += [_calls(*calls), *results]
    normalized = normalize_tool_call_ids(messages)
    callers = [message for message in normalized if message["role"] == "assistant"]
    for message in normalized:
        if message["role"] == "tool":
            turn, position = message["pair"]
            assert message["tool_call_id"] == callers[turn]["tool_calls"][position]["id"]
