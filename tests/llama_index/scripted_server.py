"""A server on 127.0.0.1 that answers with what a test wrote down, and records what it was asked.

Owns: the wire side of the LlamaIndex tests: bodies, event streams, and the chunks in them.
May know: the scripted server of all tests. It checks nothing: what is right is said by the tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests import scripted

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ScriptedServer", "answer", "chunk", "chunks", "tool_call", "tool_delta"]

USAGE = {
    "prompt_tokens": 120,
    "completion_tokens": 34,
    "total_tokens": 154,
    "cached_tokens": 100,
    "prompt_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 20},
}


class ScriptedServer(scripted.ScriptedServer):
    """Answers request after request from its script; the last answer is given again and again."""

    def __init__(self) -> None:
        super().__init__(repeats=True)

    def json(self, body: dict[str, Any], *, status: int = 200) -> None:
        """Answer the next request with a JSON body."""
        self.will(scripted.body(body, status))

    def stream(
        self,
        items: Iterable[dict[str, Any]],
        *,
        done: bool = True,
        hold_after: int | None = None,
        at_once: bool = False,
    ) -> None:
        """Answer the next request with an event stream, each event an HTTP chunk of its own.

        So does uvicorn under vLLM and SGLang.

        Args:
            items: The chunks.
            done: Whether ``[DONE]`` comes at the end.
            hold_after: How many chunks to send before `released` is set by the test.
            at_once: Whether all of them are written at once, framed one by one as before.
        """
        pieces = [scripted.sse(item, done=False) for item in items]
        pieces += [scripted.sse()] if done else []
        headers = {"content-type": "text/event-stream; charset=utf-8"}
        self.will(
            scripted.Answer(tuple(pieces), headers=headers, holds_after=hold_after, at_once=at_once)
        )

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The JSON bodies that were received."""
        return [request.json for request in self.seen]


def tool_call(name: str, arguments: str, *, number: int = 0) -> dict[str, Any]:
    """Return a whole call as a server gives it."""
    function = {"name": name, "arguments": arguments}
    return {"id": f"functions.{name}:{number}", "type": "function", "function": function}


def tool_delta(index: int, arguments: str, *, name: str | None = None) -> dict[str, Any]:
    """Return a piece of a call in a stream; the first piece has the name."""
    if name is None:
        return {"index": index, "function": {"arguments": arguments}}
    return {"index": index, **tool_call(name, arguments, number=index)}


def answer(
    content: str | None = None,
    *,
    reasoning: str | None = None,
    calls: list[dict[str, Any]] | None = None,
    finish_reason: str | None = None,
) -> dict[str, Any]:
    """Return a whole chat completion."""
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if reasoning is not None:
        message["reasoning_content"] = reasoning
    if calls:
        message["tool_calls"] = calls
    reason = finish_reason or ("tool_calls" if calls else "stop")
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return {"id": "cmpl-1", "model": "kimi-k2.6", "choices": [choice], "usage": USAGE}


def chunk(finish_reason: str | None = None, **delta: Any) -> dict[str, Any]:
    """Return one chunk of a stream; Moonshot puts usage into the choice of the last one."""
    choice: dict[str, Any] = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    if finish_reason:
        choice["usage"] = USAGE
    return {"id": "cmpl-1", "model": "kimi-k2.6", "choices": [choice]}


def chunks(whole: dict[str, Any], *, size: int = 3) -> list[dict[str, Any]]:
    """Return the stream that says the same as a whole answer, in pieces of `size` characters."""
    choice = whole["choices"][0]
    message = choice["message"]
    items = [chunk(role="assistant", content="")]
    for field_name in ("reasoning_content", "content"):
        items += [chunk(**{field_name: piece}) for piece in _cut(message.get(field_name), size)]
    for index, call in enumerate(message.get("tool_calls") or ()):
        items.append(chunk(tool_calls=[{**_without_arguments(call), "index": index}]))
        pieces = _cut(call["function"]["arguments"], size)
        items += [chunk(tool_calls=[tool_delta(index, piece)]) for piece in pieces]
    return [*items, chunk(choice["finish_reason"])]


def _without_arguments(call: dict[str, Any]) -> dict[str, Any]:
    return {**call, "function": {**call["function"], "arguments": ""}}


def _cut(text: str | None, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text or ""), size)] if text else []
