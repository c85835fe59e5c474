"""An answer ends whole, or in an error that carries all that had come; never in silence.

Owns: ends in the middle, errors inside an answer, what a connection does behind one, and odd JSON.
What a whole answer says is in test_chat.py, time limits are in test_limits.py.
"""

from __future__ import annotations

import gzip
import json
import socket
import socketserver
import struct
import threading
import tracemalloc
import zlib

import openai
import pytest

from kimi_core.errors import (
    KimiAPIError,
    KimiProtocolError,
    KimiStatusError,
    KimiStreamTruncatedError,
)
from tests.core.reading_answers import Connect, Read, both, read_sync
from tests.scripted import Answer, ScriptedServer, chunk, sse, stream

JSON = "application/json"
EVENTS = {"content-type": "text/event-stream"}
HALF = sse(chunk(reasoning="why"), chunk(content="Hel"), done=False)
CUT_BODY = b'{"choices": [{"message": {"content": "Hel'
BROKEN: dict[str, tuple[Answer, str, str]] = {
    "no end at all": (stream(chunk(reasoning="why"), chunk(content="Hel"), done=False), "Hel",
                      "neither a finish reason nor [DONE]"),
    "nothing at all": (stream(done=False), "", "neither a finish reason nor [DONE]"),
    "the connection breaks": (Answer((HALF,), headers=EVENTS, breaks=True), "Hel",
                              "the connection was lost ("),
    "it breaks inside a line": (Answer((HALF[:-20],), headers=EVENTS, breaks=True), "Hel",
                                "the connection was lost ("),
    "it breaks inside a body": (
        Answer((CUT_BODY,), headers={"content-type": JSON}, breaks=True), "Hel",
        "the connection was lost (",
    ),
    "it ends inside a body": (
        Answer((CUT_BODY,), headers={"content-type": JSON}), "Hel", "the body ended in the middle",
    ),
    "it ends before the answer": (
        Answer((b'{"choices": ',), headers={"content-type": JSON}), "",
        "the body ended in the middle",
    ),
    "it ends inside a line": (Answer((HALF[:-20],), headers=EVENTS), "Hel",
                              "the stream ended inside an event"),
    "what was held back is no marker": (
        stream(chunk(reasoning="why"), chunk(content="Hel<|tool"), done=False), "Hel<|tool",
        "neither a finish reason nor [DONE]",
    ),
    "only an end": (stream(), "", "the server sent no answer, only the end of one"),
    "only usage": (stream({"choices": [], "usage": {"prompt_tokens": 3}}), "",
                   "the server sent no answer, only the end of one"),
    "choices that are null": (stream({"choices": None}, {"choices": [None]}), "",
                              "the server sent no answer, only the end of one"),
    "it cannot be unpacked": (
        Answer((gzip.compress(HALF)[:10] + b"\xff" * 30,),
               headers={**EVENTS, "content-encoding": "gzip"}),
        "", "the connection was lost (",
    ),
}  # fmt: skip


@both
@pytest.mark.parametrize(("answer", "content", "cause"), BROKEN.values(), ids=BROKEN)
def test_an_answer_that_breaks_off_keeps_what_had_come(
    server: ScriptedServer, connect: Connect, read: Read, answer: Answer, content: str, cause: str
) -> None:
    server.will(answer)
    with pytest.raises(KimiStreamTruncatedError) as caught:
        read(connect())
    assert caught.value.partial.content == content
    assert cause in str(caught.value)
    assert "What had come is in .partial; ask again for the whole." in str(caught.value)
    assert len(server.seen) == 1


# What stands in the place of an event, or behind a whole answer -> the content that had come.
INSIDE: dict[str, Answer] = {
    "an event that is no JSON": Answer((HALF + b"data: {oops\n\n" + HALF,), headers=EVENTS),
    "an event that is too long": Answer((HALF, *[b"data: " + b"x" * 2**20] * 33), headers=EVENTS),
    "an event that is no JSON, at the end": Answer((HALF + b"data: {oops\n",), headers=EVENTS),
    "an error object": Answer((HALF + b'data: {"error": {"message": "no"}}\n\n',), headers=EVENTS),
    "an error event of text": Answer((HALF + b"event: error\ndata: no\n\n",), headers=EVENTS),
    "a finish reason": stream(chunk(content="Hel"), chunk("error")),
}


@both
@pytest.mark.parametrize("answer", INSIDE.values(), ids=INSIDE)
def test_an_error_inside_an_answer_comes_after_what_was_before_it(
    server: ScriptedServer, connect: Connect, read: Read, answer: Answer
) -> None:
    server.will(answer)
    with pytest.raises((KimiProtocolError, KimiAPIError)) as caught:
        read(connect())
    assert caught.value.partial is not None
    assert caught.value.partial.content == "Hel"
    assert len(server.seen) == 1


WHOLE = (chunk(content="Hello"), chunk("stop"))
BODY = json.dumps({"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]})
ENDS: dict[str, Answer] = {
    "a stream, then nothing": Answer((sse(*WHOLE),), headers=EVENTS, stalls=True),
    "a stream, then a break": Answer((sse(*WHOLE),), headers=EVENTS, breaks=True),
    "a finish reason, then a break": Answer(
        (sse(*WHOLE, done=False),), headers=EVENTS, breaks=True
    ),
    "a stream, then more": Answer((sse(*WHOLE), b"data: {oh", HALF), headers=EVENTS),
    "a body, then nothing": Answer((BODY.encode(),), headers={"content-type": JSON}, stalls=True),
    "a body, then a break": Answer((BODY.encode(),), headers={"content-type": JSON}, breaks=True),
    "a body in pieces, then a break": Answer(
        tuple(BODY[i : i + 7].encode() for i in range(0, len(BODY), 7)),
        headers={"content-type": JSON}, breaks=True,
    ),
    "a body as an event stream": Answer((BODY.encode(),), headers=EVENTS),
    "a stream as JSON": Answer((b"\r\n", sse(*WHOLE)), headers={"content-type": JSON}),
    "a stream by another field": Answer(
        (b"\xef\xbb\xbfid: 1\n", sse(*WHOLE)), headers={"content-type": "text/plain"}
    ),
}  # fmt: skip


@both
@pytest.mark.parametrize("answer", ENDS.values(), ids=ENDS)
def test_what_the_connection_does_behind_a_whole_answer_changes_nothing(
    server: ScriptedServer, connect: Connect, read: Read, answer: Answer
) -> None:
    """A server that holds the connection open would be waited for until the timeout."""
    server.will(answer)
    assert read(connect(timeout=30.0)).message().content == "Hello"


@both
def test_a_connection_whose_answer_was_read_serves_the_next(
    server: ScriptedServer, connect: Connect, read: Read
) -> None:
    """The end of the body mostly lies behind the end of the answer, and is read, too."""
    server.will(stream(*WHOLE), Answer((sse(*WHOLE), b"\n"), headers=EVENTS), stream(*WHOLE))
    chat = connect()
    if read is read_sync:
        for _ in range(3):
            read(chat)
        assert len({seen.port for seen in server.seen}) == 1


def with_blanks(before: str, after: str) -> bytes:
    """Pack a text with a quarter of a gigabyte of blanks in it.

    Of what comes at once all is unpacked by the httpx of openai 2.x: some 64 MB of 64 KB.
    """
    packer = zlib.compressobj(1, wbits=31)
    pieces = [before.encode(), *[b" " * 2**20] * 2**8, after.encode()]
    return b"".join(map(packer.compress, pieces)) + packer.flush()


@both
def test_blanks_before_an_answer_are_not_kept(
    server: ScriptedServer, connect: Connect, read: Read
) -> None:
    """A little gzip unpacks to blanks without end, and each read looked through all of them."""
    server.will(
        Answer((with_blanks("", BODY),), headers={"content-type": JSON, "content-encoding": "gzip"})
    )
    chat = connect()
    tracemalloc.start()
    try:
        assert read(chat).message().content == "Hello"
        assert tracemalloc.get_traced_memory()[1] < 2**27
    finally:
        tracemalloc.stop()


@both
@pytest.mark.parametrize("status", [400, 500])
def test_a_refusal_is_read_up_to_a_bound(
    server: ScriptedServer, connect: Connect, read: Read, status: int
) -> None:
    """The SDK reads all of it: 200 MB of blanks behind 200 KB took 25 s."""
    headers = {"content-type": JSON, "content-encoding": "gzip"}
    server.will(
        Answer((with_blanks('{"error": {"message": "No.', ""),), status=status, headers=headers)
    )
    chat = connect()
    tracemalloc.start()
    try:
        with pytest.raises(KimiStatusError, match="No") as caught:
            read(chat)
        assert tracemalloc.get_traced_memory()[1] < 2**27
    finally:
        tracemalloc.stop()
    assert caught.value.status_code == status


ODD = {
    "halves of a character": (b'{"choices": [{"delta": {"content": "a\\ud83d"}}]}', "a\ufffd"),
    "a raw line end": (b'{"choices": [{"delta": {"content": "a\tb"}}]}', "a\tb"),
    "a huge number": (
        b'{"created": ' + b"9" * 5000 + b', "choices": [{"delta": {"content": "a"}}]}',
        "a",
    ),
    "a number beyond numbers": (
        b'{"created": 1e999, "choices": [{"delta": {"content": "a"}}]}',
        "a",
    ),
}


@both
@pytest.mark.parametrize(("event", "content"), ODD.values(), ids=ODD)
def test_odd_json_is_read_where_it_has_one_meaning(
    server: ScriptedServer, connect: Connect, read: Read, event: bytes, content: str
) -> None:
    server.will(Answer((b"data: " + event + b"\n\n" + sse(chunk("stop")),), headers=EVENTS))
    assert read(connect()).message().content == content


class HangsUp(socketserver.BaseRequestHandler):
    """Resets the connection, so that whoever asked reads no end."""

    def handle(self) -> None:
        self.request.recv(1)
        at_once = struct.pack("ii", 1, 0)
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        self.request.close()


@both
def test_who_is_hung_up_on_is_told_what_happened(connect: Connect, read: Read) -> None:
    """An async connection that is reset has an empty text, and its cause has another."""
    with socketserver.TCPServer(("127.0.0.1", 0), HangsUp) as listener:
        serving = threading.Thread(target=listener.serve_forever, args=(0.01,))
        serving.start()
        try:
            chat = connect(base_url=f"http://127.0.0.1:{listener.server_address[1]}/v1")
            with pytest.raises(openai.APIConnectionError, match=r"/v1: \S.*\w\. Check base_url"):
                read(chat)
        finally:
            listener.shutdown()
            serving.join()
