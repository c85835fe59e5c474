"""Short ways to read an answer from chunks, shared by the tests of responses.

Owns: `read`, which builds a request and feeds chunks to its reader. May know: kimi_core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core.events import MessageBuilder
from kimi_core.response import ResponseReader
from tests.core.asking import ask

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kimi_core.events import Event

__all__ = ["delta", "fragment", "read", "reader_for", "whole"]


def delta(finish: str | None = None, **fields: Any) -> dict[str, Any]:
    """Return one chunk of a stream."""
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": finish}]}


def whole(finish: str | None = "stop", **message: Any) -> dict[str, Any]:
    """Return one body that was not streamed."""
    return {"choices": [{"index": 0, "message": message, "finish_reason": finish}]}


def fragment(
    index: int | None = None,
    identity: str | None = None,
    name: str | None = None,
    arguments: Any = None,
) -> dict[str, Any]:
    """Return one fragment of a tool call; what is None is left out."""
    function = {"name": name, "arguments": arguments}
    made = {"index": index, "id": identity}
    return {
        **{key: value for key, value in made.items() if value is not None},
        "function": {key: value for key, value in function.items() if value is not None},
    }


def reader_for(
    parser: str = "auto", model: str = "kimi-k2-instruct", **rest: Any
) -> ResponseReader:
    """Return a reader for an answer of a vLLM."""
    return ResponseReader(ask("vllm", model, overrides={"tool_call_parser": parser}, **rest))


def read(
    chunks: Iterable[Mapping[str, Any]], reader: ResponseReader | None = None, *, done: bool = True
) -> tuple[ResponseReader, list[Event]]:
    """Read to the end; the message must be the sum of the events."""
    reader = reader or reader_for()
    events = [event for chunk in chunks for event in reader.feed(chunk)]
    events += reader.close(done=done)
    builder = MessageBuilder()
    for event in events:
        builder.add(event)
    assert reader.message() == builder.message(reader.diagnostics)
    assert reader.close() == []
    return reader, events
