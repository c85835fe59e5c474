"""A scripted reply -> the bytes' worth of JSON that the server would send.

Owns: the shapes of bodies and chunks. Simulated after recorded bodies of api.moonshot.ai (kimi-k3
and kimi-k2.5, 2026), Moonshot's OpenAPI document of 2026-10 and the stream-spec suite of
Kimi-Vendor-Verifier (2026-09). May know: its own files. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kimi_core.testing._request import is_object
from kimi_core.testing._tokens import estimate_tokens, prompt_tokens, text_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kimi_core.testing._replies import SimulatedReply
    from kimi_core.testing._request import ChatRequest

__all__ = ["Answer", "raw_text"]

_CREATED = 1_787_762_060
_FINGERPRINT = "fpv0_simulated"
_WORD = re.compile(r"\s*\S+|\s+")


def raw_text(reply: SimulatedReply, *, opened: bool) -> str:
    """Return the tokens of a reply as a K2 model writes them.

    Args:
        reply: What to say; its `raw` wins.
        opened: Whether the prompt ended in an opened think block.
    """
    if reply.raw is not None:
        return reply.raw
    text = reply.content
    if reply.reasoning is not None:
        text = f"{'' if opened else '<think>'}{reply.reasoning}</think>{text}"
    if not reply.tool_calls:
        return text
    calls = "".join(
        f"<|tool_call_begin|>{call.id or f'functions.{call.name}:{index}'}"
        f"<|tool_call_argument_begin|>{call.arguments_text}<|tool_call_end|>"
        for index, call in enumerate(reply.tool_calls)
    )
    return f"{text}<|tool_calls_section_begin|>{calls}<|tool_calls_section_end|>"


def _increment(delta: Mapping[str, Any]) -> str:
    """Return what a delta adds: text, or a call's name or arguments; empty for none."""
    for call in delta.get("tool_calls", ()):
        return str(call["function"].get("name") or call["function"]["arguments"])
    return "".join(str(text) for key, text in delta.items() if key != "role")


def _pieces(text: str, size: int | None) -> list[str]:
    if size is None:
        return _WORD.findall(text)
    return [text[start : start + size] for start in range(0, len(text), size)]


@dataclass(frozen=True, slots=True)
class Answer:
    """One reply to one request.

    Attributes:
        reply: What was scripted.
        request: What it answers.
        number: Counts the answers of a server, for ids.
        text: The text of an answer on the completions route; None on the chat route.
    """

    reply: SimulatedReply
    request: ChatRequest
    number: int
    text: str | None = None

    @property
    def _finish_reason(self) -> str:
        called = bool(self._tool_calls) and self.text is None
        return self.reply.finish_reason or ("tool_calls" if called else "stop")

    @property
    def _content(self) -> str:
        return self.reply.content if self.reply.raw is None else self.reply.raw

    @property
    def _reasoning(self) -> str | None:
        return self.reply.reasoning if self.reply.raw is None else None

    @property
    def _tool_calls(self) -> list[dict[str, Any]]:
        # Ids count on through the conversation: the API refuses a history that repeats one.
        before = sum(len(self.request.tool_calls(message)) for message in self.request.messages)
        mark = "_" if self.request.info.keeps_reasoning else ":"
        return [
            {
                "index": index,
                "id": call.id if call.id is not None else f"{call.name}{mark}{before + index}",
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments_text},
            }
            for index, call in enumerate(self.reply.tool_calls if self.reply.raw is None else ())
        ]

    @property
    def _said(self) -> str:
        if self.text is not None:
            return self.text
        calls = (f"{c['function']['name']}{c['function']['arguments']}" for c in self._tool_calls)
        return "".join([self._reasoning or "", self._content, *calls])

    @property
    def _prompt_tokens(self) -> int:
        if self.text is not None:
            return estimate_tokens(self.request.body.get("prompt"))
        return prompt_tokens(self.request)

    def usage(self) -> dict[str, Any]:
        """Return the usage: counted, or scripted. An engine's completions route has no details."""
        prompt, completion = self._prompt_tokens, text_tokens(self.request, self._said)
        usage: dict[str, Any] = {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
        }
        if self.reply.cached_tokens is not None:
            usage["cached_tokens"] = self.reply.cached_tokens
        return usage if self.text is not None else {**usage, **self._details()}

    def _details(self) -> dict[str, Any]:
        reasoning = self.reply.reasoning_tokens
        if reasoning is None:
            said = self._reasoning
            reasoning = text_tokens(self.request, said) if said else 0
        cache = {
            "cached_tokens": self.reply.cached_tokens or 0,
            "cache_write_tokens": self.reply.cache_write_tokens or 0,
        }
        return {
            "completion_tokens_details": {"reasoning_tokens": reasoning},
            "prompt_tokens_details": cache,
        }

    def headers(self) -> dict[str, str]:
        """Return the headers that count the prompt, for clients that lose the end of a stream."""
        if self.text is not None:
            return {}
        return {
            "X-Msh-Usage-Prompt-Tokens": str(self._prompt_tokens),
            "X-Msh-Usage-Cached-Tokens": str(self.reply.cached_tokens or 0),
        }

    def _envelope(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        prefix = "chatcmpl" if self.text is None else "cmpl"
        return {
            "id": f"{prefix}-{self.number:024x}",
            "object": kind if self.text is None else "text_completion",
            "created": _CREATED,
            "model": self.request.body.get("model"),
            "choices": choices,
        }

    def body(self) -> dict[str, Any]:
        """Return the body of an answer that is not streamed."""
        choice: dict[str, Any] = {"index": 0}
        if self.text is None:
            message: dict[str, Any] = {"role": "assistant", "content": self._content}
            if self._reasoning is not None:
                message[self.reply.reasoning_field] = self._reasoning
            if self._tool_calls:
                message["tool_calls"] = self._tool_calls
            choice["message"] = message
        else:
            choice["text"] = self.text
        choice["finish_reason"] = self._finish_reason
        return {**self._envelope("chat.completion", [choice]), "usage": self.usage()}

    def chunks(self) -> Iterator[dict[str, Any]]:
        """Yield the chunks of a stream, without the closing ``[DONE]``."""
        for delta in self._deltas():
            yield self._chunk(self._with_token_ids(delta), None)
        last = self._chunk({} if self.text is None else {"text": ""}, self._finish_reason)
        placement = self.reply.usage
        if placement in {None, "choice", "all"}:
            last["choices"][0]["usage"] = self.usage()
        if placement in {"top", "all"}:
            last["usage"] = self.usage()
        yield last
        if placement in {"final", "all"} or (placement is None and self._asks("include_usage")):
            yield {**self._envelope("chat.completion.chunk", []), "usage": self.usage()}

    def _asks(self, option: str) -> bool:
        options = self.request.body.get("stream_options")
        return is_object(options) and bool(options.get(option))

    def _with_token_ids(self, delta: dict[str, Any]) -> dict[str, Any]:
        said = _increment(delta)
        if not said or self.text is not None or not self._asks("include_internal_content"):
            return delta
        tokenizer = self.request.options.tokenizer
        # Without a tokenizer the bytes stand for the ids.
        ids = list(said.encode()) if tokenizer is None else tokenizer.encode(said)
        return {**delta, "internal_content": {"token_ids": ids}}

    def _chunk(self, delta: Mapping[str, Any], finish_reason: str | None) -> dict[str, Any]:
        inner = delta if self.text is not None else {"delta": delta}
        choice = {"index": 0, **inner, "finish_reason": finish_reason}
        chunk = self._envelope("chat.completion.chunk", [choice])
        if not self.request.is_k3:  # kimi-k3 streams carry none
            chunk["system_fingerprint"] = _FINGERPRINT
        return chunk

    def _deltas(self) -> Iterator[dict[str, Any]]:
        size = self.reply.chunk_size
        if self.text is not None:
            yield from ({"text": piece} for piece in _pieces(self.text, size))
            return
        yield {"role": "assistant", "content": ""}
        if self._reasoning is not None:
            for piece in [*_pieces(self._reasoning, size), ""]:  # the empty one is kimi-k3's
                yield {self.reply.reasoning_field: piece}
        yield from ({"content": piece} for piece in _pieces(self._content, size))
        for call in self._tool_calls:
            function = {**call["function"], "arguments": ""}
            yield {"tool_calls": [{**call, "function": function}]}
            text = call["function"]["arguments"]
            for piece in _pieces(text, size or max(1, len(text))):
                fragment = {"index": call["index"], "function": {"arguments": piece}}
                yield {"tool_calls": [fragment]}
