"""Faults: what a connection does, before an answer, inside it and behind it; and HTTP's framing.

Owns: these rows. May know: tests.faults.
"""

from __future__ import annotations

import gzip
import json

from tests.faults.row import Fault, call, chunk, chunked, head, piece, sse, tokens
from tests.faults.wire import RESET, STALL, Repeat

__all__ = ["CONNECTIONS", "FRAMING", "TIMES"]

_CUT = "KimiStreamTruncatedError"
_LOST = "KimiConnectionError"
_OF = "A connection that breaks"
_HEAD = head()
_HEL = sse(*tokens("Hel"), done=False)
_WHOLE = sse(*tokens("Hel", "lo"), chunk("stop"))
_ENDED = sse(*tokens("Hel", "lo"), chunk("stop"), done=False)
_NO_END = sse(*tokens("Hel", "lo"), done=False)
_UMLAUT = sse(*tokens("Hel", "ü"), done=False)
_CALL = sse(call('{"city": ', "f"), call('"Paris"}'), done=False)
_ANSWER = json.dumps({
    "id": "chatcmpl-1",
    "choices": [{"index": 0, "finish_reason": "stop",
                 "message": {"role": "assistant", "content": "Hello"}}],
}).encode()  # fmt: skip

CONNECTIONS = [
    Fault(group=_OF, name="refused", gets=_LOST, requests=0, refuses=True),
    Fault(group=_OF, name="closed before the head", gets=_LOST, requests=2),
    Fault(group=_OF, name="reset before the head", says=(RESET,), gets=_LOST, requests=2),
    Fault(group=_OF, name="reset inside the head", says=(b"HTTP/1.1 200 O", RESET),
          gets=_LOST, requests=2),
    Fault(group=_OF, name="reset while the request is sent", says=(RESET,), gets=_LOST, requests=2,
          unread=1, asks=1_000_000),
    Fault(group=_OF, name="reset behind the head", says=(_HEAD, RESET), gets=_CUT),
    Fault(group=_OF, name="closed behind the head", says=(_HEAD,), gets=_CUT),
    Fault(group=_OF, name="reset behind an event", says=(_HEAD + _HEL, RESET), gets=_CUT,
          content="Hel"),
    Fault(group=_OF, name="closed behind an event", says=(_HEAD + _HEL,), gets=_CUT, content="Hel"),
    Fault(group=_OF, name="reset inside a line", says=(_HEAD + _HEL + b'data: {"cho', RESET),
          gets=_CUT, content="Hel"),
    Fault(group=_OF, name="closed inside a line", says=(_HEAD + _HEL + b'data: {"cho',),
          gets=_CUT, content="Hel"),
    Fault(group=_OF, name="closed inside the text of a line",
          says=(_HEAD + _NO_END[: _NO_END.index(b"lo") + 1],), gets=_CUT, content="Hell"),
    Fault(group=_OF, name="reset inside a UTF-8 character",
          says=(_HEAD + _UMLAUT[: _UMLAUT.index("ü".encode()) + 1], RESET), gets=_CUT,
          content="Hel"),
    Fault(group=_OF, name="closed inside a UTF-8 character",
          says=(_HEAD + _UMLAUT[: _UMLAUT.index("ü".encode()) + 1],), gets=_CUT, content="Hel"),
    Fault(group=_OF, name="reset inside a call",
          says=(_HEAD + sse(call('{"city": "Pa', "f"), done=False), RESET), gets=_CUT,
          arguments='{"city": "Pa'),
    Fault(group=_OF, name="closed inside a call",
          says=(_HEAD + sse(call('{"city": "Pa', "f"), done=False),), gets=_CUT,
          arguments='{"city": "Pa'),
    Fault(group=_OF, name="reset inside the second fragment of a call",
          says=(_HEAD + _CALL[: _CALL.index(b"Paris") + 5], RESET),
          gets=_CUT, arguments='{"city": "Paris'),
    Fault(group=_OF, name="reset inside reasoning",
          says=(_HEAD + sse(chunk(reasoning_content="Hm"), done=False), RESET), gets=_CUT,
          reasoning="Hm"),
    Fault(group=_OF, name="reset inside a marker",
          says=(_HEAD + sse(*tokens("Hel", "<|tool_ca"), done=False), RESET), gets=_CUT,
          content="Hel<|tool_ca"),
    Fault(group=_OF, name="reset inside a whole body",
          says=(head(200, "application/json", content_length=len(_ANSWER)) + _ANSWER[:-60], RESET),
          gets=_CUT),
    Fault(group=_OF, name="reset behind the finish reason", says=(_HEAD + _ENDED, RESET),
          content="Hello"),
    Fault(group=_OF, name="closed behind the finish reason", says=(_HEAD + _ENDED,),
          content="Hello"),
    Fault(group=_OF, name="reset behind [DONE]", says=(_HEAD + _WHOLE, RESET), content="Hello"),
    Fault(group=_OF, name="stalled behind [DONE]", says=(_HEAD + _WHOLE, STALL), content="Hello"),
    Fault(group=_OF, name="reset behind a whole body",
          says=(head(200, "application/json") + _ANSWER, RESET), content="Hello"),
]  # fmt: skip

_FRAMED = "HTTP's framing and encoding"
_BOMB = gzip.compress(sse(*tokens("x" * 1_000_000), chunk("stop")))
_HUGE = gzip.compress(b"data: " + b"x" * 34_000_000)

FRAMING = [
    Fault(group=_FRAMED, name="no HTTP at all", says=(b"220 mail.example ESMTP\r\n",),
          gets=_LOST, requests=2),
    Fault(group=_FRAMED, name="a head that never ends",
          says=(b"HTTP/1.1 200 OK\r\nx: " + b"x" * 200_000,), gets=_LOST, requests=2),
    Fault(group=_FRAMED, name="a content length that is no number",
          says=(head(content_length="many") + _WHOLE,), gets=_LOST, requests=2),
    Fault(group=_FRAMED, name="two content lengths",
          says=(head(content_length=5, Content_Length=7) + _WHOLE,), gets=_LOST, requests=2),
    Fault(group=_FRAMED, name="a content length that is too long",
          says=(head(content_length=9999) + _HEL,), gets=_CUT, content="Hel"),
    Fault(group=_FRAMED, name="a content length that is too long for a whole answer",
          says=(head(content_length=9999) + _WHOLE,), content="Hello"),
    Fault(group=_FRAMED, name="a content length that is too short",
          says=(head(content_length=len(_HEL) - 8) + _WHOLE,), gets=_CUT, content="Hel"),
    Fault(group=_FRAMED, name="a content length of 0", says=(head(content_length=0) + _WHOLE,),
          gets=_CUT),
    Fault(group=_FRAMED, name="chunks without an end", says=(chunked(_HEL, end=b""),), gets=_CUT,
          content="Hel"),
    Fault(group=_FRAMED, name="chunks without an end, behind [DONE]",
          says=(chunked(_WHOLE, end=b""),), content="Hello"),
    Fault(group=_FRAMED, name="chunks, then garbage", says=(chunked(_HEL, end=b"zzz\r\nzzz"),),
          gets=_CUT, content="Hel"),
    Fault(group=_FRAMED, name="a chunk of a negative size", says=(chunked(_HEL, end=b"-5\r\nx"),),
          gets=_CUT, content="Hel"),
    Fault(group=_FRAMED, name="a chunk for each byte",
          says=(chunked(*(bytes([byte]) for byte in _WHOLE)),), content="Hello"),
    Fault(group=_FRAMED, name="gzip", content="Hello",
          says=(head(content_encoding="gzip") + gzip.compress(_WHOLE),)),
    Fault(group=_FRAMED, name="gzip that is none", says=(head(content_encoding="gzip") + _WHOLE,),
          gets=_CUT),
    Fault(group=_FRAMED, name="gzip that turns into garbage", gets=_CUT,
          says=(head(content_encoding="gzip") + gzip.compress(_WHOLE)[:10] + b"\xff" * 90,)),
    Fault(group=_FRAMED, name="gzip that breaks off", gets=_CUT,
          says=(head(content_encoding="gzip") + gzip.compress(_NO_END)[:-20],),
          content="Hel"),
    Fault(group=_FRAMED, name="gzip of a megabyte in a kilobyte", content="x" * 1_000_000,
          says=(head(content_encoding="gzip") + _BOMB,)),
    Fault(group=_FRAMED, name="gzip of 34 MB in one line", gets="KimiProtocolError",
          says=(head(content_encoding="gzip") + _HUGE,)),
    Fault(group=_FRAMED, name="an encoding that nobody knows",
          says=(head(content_encoding="rot13") + _WHOLE,), content="Hello"),
    Fault(group=_FRAMED, name="100 before the answer",
          says=(b"HTTP/1.1 100 Continue\r\n\r\n" + _HEAD + _WHOLE,), content="Hello"),
    Fault(group=_FRAMED, name="103 before the answer",
          says=(b"HTTP/1.1 103 Early Hints\r\nlink: </>\r\n\r\n" + _HEAD + _WHOLE,),
          content="Hello"),
    Fault(group=_FRAMED, name="204 without a body", gets=_CUT,
          says=(head(204),)),
    Fault(group=_FRAMED, name="a status that HTTP does not know", gets="KimiServerError",
          says=(head(999, "text/plain", content_length=0),), requests=2),
]  # fmt: skip

_TIME = "Time"
_LATE = "KimiTimeoutError"
_GAP = (("timeout", 0.3),)
_TOTAL = (("total_timeout", 0.3),)
_STREAMED = head(transfer_encoding="chunked")


def _dripped(data: bytes) -> tuple[bytes | Repeat, ...]:
    """A byte in each HTTP chunk; before each 8th a keep-alive that takes its time."""
    parts = data.split(b"\n\n")
    steps: list[bytes | Repeat] = []
    for part in parts[:-1]:
        steps += [Repeat(piece(b": ping\n\n"), 1), piece(part + b"\n\n")]
    return (_STREAMED, *steps, b"0\r\n\r\n")


TIMES = [
    Fault(group=_TIME, name="silence before the head", says=(STALL,), gets=_LATE, requests=2,
          settings=_GAP),
    Fault(group=_TIME, name="silence before the head, with a limit for the whole", says=(STALL,),
          gets=_LATE, settings=_TOTAL),
    Fault(group=_TIME, name="silence behind the head", says=(_STREAMED, STALL), gets=_LATE,
          settings=_GAP),
    Fault(group=_TIME, name="silence inside an answer", says=(_STREAMED + piece(_HEL), STALL),
          gets=_LATE, content="Hel", settings=_GAP),
    Fault(group=_TIME, name="silence inside an answer, with a limit for the whole",
          says=(_STREAMED + piece(_HEL), STALL), gets=_LATE, content="Hel", settings=_TOTAL),
    Fault(group=_TIME, name="nothing but keep-alives",
          says=(_STREAMED, Repeat(piece(b": ping\n\n"))), gets=_LATE, settings=_GAP),
    Fault(group=_TIME, name="an answer, then nothing but keep-alives",
          says=(_STREAMED + piece(_HEL), Repeat(piece(b": ping\n\n"))), gets=_LATE, content="Hel",
          settings=_GAP),
    Fault(group=_TIME, name="a drip that takes longer than the whole may", gets=_LATE,
          says=(_STREAMED, Repeat(piece(sse(chunk(role="assistant"), done=False)))),
          settings=_TOTAL),
    Fault(group=_TIME, name="a drip without framing, longer than the whole may", gets=_LATE,
          says=(_HEAD, _HEL, Repeat(b": ping\n\n")), settings=_TOTAL, content="Hel"),
    Fault(group=_TIME, name="a slow drip in time", says=_dripped(_WHOLE), content="Hello",
          settings=(("total_timeout", 60), ("timeout", 60))),
    Fault(group=_TIME, name="blanks, then a body in time", content="Hello",
          says=(head(200, "application/json"), Repeat(b" ", 3), _ANSWER)),
]  # fmt: skip
