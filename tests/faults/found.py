"""Inputs that broke something once, or that a long run found: they are tried first, for ever.

Owns: these inputs, for each thing that is fuzzed. May know: the standard library.
"""

from __future__ import annotations

from typing import Any

__all__ = ["ARGUMENTS", "BODIES", "CHUNKS", "OPTIONS", "STREAMS", "TEXTS"]

STREAMS: list[tuple[bytes, list[int]]] = [
    (b'\xef\xbb\xbfdata: {"a": 1}\r\rdata: [DONE]\r\r', [1, 2]),
    (b"data: " + b"[" * 2000 + b"\n\n", []),
    (b"data: {oops\n\nevent: error\ndata: no\n\n", [9]),
]

BODIES: list[tuple[bytes, list[int]]] = [
    (b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n", [4]),
    (b"\xef\xbb\xbf{}", [1]),
    (b'{"choices": [{"message": {"content": "a"', []),
    (b'{"a": 1}data: ', [8]),
    (b"{}{", [2]),
    (b"[1]}", [3]),
    (b'{"choices": [{"message": {"content": "a"}, "finish_reason": "stop"}]}}', [69]),
    (b'{"a": "\xff"}{', [10]),
]

CHUNKS: list[list[Any]] = [
    [{"choices": [{"delta": {"tool_calls": [None, 7, {}]}, "finish_reason": []}]}],
    [{"choices": [{"delta": {"content": "Hel"}, "finish_reason": "error"}], "error": {}}],
    [{"choices": [{"message": {"content": [{"text": 7}]}}], "usage": {"prompt_tokens": 1e300}}],
]

TEXTS: list[tuple[str, list[int]]] = [
    ("<|tool_calls_section_begin|><|tool_call_begin|>functions.f:0", [3, 30]),
    ("<think><|tool_call_argument_begin|></think>{", []),
]

ARGUMENTS: list[str] = ["[" * 2000, '{"a": ' * 2000, "\ud83d", '{"a": 1}' * 2, "9" * 5000, "NaN"]

OPTIONS: list[dict[str, Any]] = [
    {"thinking": {"type": []}},
    {"reasoning": {"effort": {}}},
    {"extra_body": 7},
    {"stop": [None]},
]
