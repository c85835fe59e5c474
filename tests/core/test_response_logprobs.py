"""Log probabilities: one entry for each token of the content, in the order of the stream."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.reading import delta, read, whole

ONE, TWO = ({"token": token, "logprob": -0.5, "top_logprobs": []} for token in "ab")


def with_logprobs(chunk: dict[str, Any], said: Any) -> dict[str, Any]:
    """Return the chunk with these in its choice."""
    return {"choices": [{**chunk["choices"][0], "logprobs": said}]}


def entry(token: str, value: float, *read: int) -> dict[str, Any]:
    return {"token": token, "logprob": value, "bytes": [*read]}


CASES: dict[str, tuple[list[Any], list[Any]]] = {
    "streamed": ([{"content": [ONE]}, {"content": [TWO]}], [ONE, TWO]),
    "some chunks have none": ([{"content": [ONE]}, None, {"content": []}], [ONE]),
    "two in one chunk": ([{"content": [ONE, TWO], "refusal": None}], [ONE, TWO]),
    "content null": ([{"content": None, "refusal": [ONE]}], []),
    "of the completions route": (
        [
            {
                "tokens": ["a", "ü"],
                "token_logprobs": [-0.5, -1],
                "top_logprobs": [{"a": -0.5, "b": -2.0}, None],
                "text_offset": [0, 1],
            }
        ],
        [
            {**entry("a", -0.5, 97), "top_logprobs": [entry("a", -0.5, 97), entry("b", -2.0, 98)]},
            {**entry("ü", -1, 195, 188), "top_logprobs": []},
        ],
    ),
    "of the completions route, without the first and half of it": (
        [{"tokens": ["a", "b", 7, "c"], "token_logprobs": [None, -0.5, -0.5], "top_logprobs": 3}],
        [{**entry("b", -0.5, 98), "top_logprobs": []}],
    ),
    "no object": (["-0.5", [-0.5]], []),
    "content is text": ([{"content": "-0.5"}], []),
    "never": ([None], []),
}


@pytest.mark.parametrize(("said", "found"), CASES.values(), ids=CASES)
def test_logprobs_are_collected_as_they_came(said: list[Any], found: list[Any]) -> None:
    reader, _ = read([*(with_logprobs(delta(content="x"), one) for one in said), delta("stop")])
    assert reader.logprobs == found
    assert reader.message().content == "x" * len(said)


def test_logprobs_of_a_whole_body() -> None:
    reader, _ = read([with_logprobs(whole(content="ab"), {"content": [ONE, TWO]})])
    assert reader.logprobs == [ONE, TWO]
