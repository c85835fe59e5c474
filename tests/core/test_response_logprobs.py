"""Log probabilities: one entry for each token of the content, in the order of the stream."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.reading import delta, read, whole

ONE, TWO = ({"token": token, "logprob": -0.5, "top_logprobs": []} for token in "ab")


def with_logprobs(chunk: dict[str, Any], said: Any) -> dict[str, Any]:
    """Return the chunk with these in its choice."""
    return {"choices": [{**chunk["choices"][0], "logprobs": said}]}


CASES: dict[str, tuple[list[Any], list[Any]]] = {
    "streamed": ([{"content": [ONE]}, {"content": [TWO]}], [ONE, TWO]),
    "some chunks have none": ([{"content": [ONE]}, None, {"content": []}], [ONE]),
    "two in one chunk": ([{"content": [ONE, TWO], "refusal": None}], [ONE, TWO]),
    "content null": ([{"content": None, "refusal": [ONE]}], []),
    "of the completions route": ([{"tokens": ["a"], "token_logprobs": [-0.5]}], []),
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
