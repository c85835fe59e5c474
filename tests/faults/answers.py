"""Faults: what stands in an answer: other bodies, other line ends, odd events, odd JSON, errors.

Owns: these rows. May know: tests.faults.
"""

from __future__ import annotations

from typing import Any

from tests.faults.row import Fault, body, call, chunk, event, head, sse, tokens

__all__ = ["BODIES", "ERRORS_INSIDE", "EVENTS", "VALUES"]

_CUT = "KimiStreamTruncatedError"
_BROKEN = "KimiProtocolError"
_HEAD = head()
_JSON = head(200, "application/json")
_HEL = sse(*tokens("Hel"), done=False)
_LO = sse(*tokens("lo"), chunk("stop"))
_WHOLE = sse(*tokens("Hel", "lo"), chunk("stop"))
_BODY = "Bodies that are something else"


def _message(content: Any = "Hello", finish: Any = "stop", **more: Any) -> dict[str, Any]:
    said = {"role": "assistant", "content": content, **more}
    return {"id": "chatcmpl-1", "choices": [{"index": 0, "message": said, "finish_reason": finish}]}


BODIES = [
    Fault(group=_BODY, name="an empty body as events", says=(_HEAD,), gets=_CUT),
    Fault(group=_BODY, name="an empty body as JSON", says=(body(b""),), gets=_BROKEN),
    Fault(group=_BODY, name="blanks alone", says=(body(b" \n\n "),), gets=_BROKEN),
    Fault(group=_BODY, name="a page of HTML", gets=_BROKEN,
          says=(head(200, "text/html") + b"<!doctype html><html>Sign in</html>",)),
    Fault(group=_BODY, name="a page of HTML as events", gets=_CUT,
          says=(_HEAD + b"<!doctype html>\n<html>Sign in</html>\n",)),
    Fault(group=_BODY, name="text", gets=_BROKEN,
          says=(head(200, "text/plain") + b"upstream connect error",)),
    Fault(group=_BODY, name="binary", gets=_BROKEN,
          says=(head(200, "application/octet-stream") + bytes(range(256)),)),
    *(
        Fault(group=_BODY, name=f"{text} as a body", says=(body(text.encode()),), gets=_BROKEN)
        for text in ("null", "[]", "7", '"Hello"', "{}", "NaN", '{"choices": []}',
                     '{"choices": null}', '{"choices": [null]}', '{"choices": {"0": {}}}')
    ),
    Fault(group=_BODY, name="a whole answer without a content type", content="Hello",
          says=(head(200, None) + body(_message()).partition(b"\r\n\r\n")[2],)),
    Fault(group=_BODY, name="a stream as JSON", says=(_JSON + _WHOLE,), content="Hello"),
    Fault(group=_BODY, name="a whole answer as events", content="Hello",
          says=(_HEAD + body(_message()).partition(b"\r\n\r\n")[2],)),
    Fault(group=_BODY, name="a whole answer behind a byte order mark", content="Hello",
          says=(_JSON + b"\xef\xbb\xbf" + body(_message()).partition(b"\r\n\r\n")[2],)),
    Fault(group=_BODY, name="a whole answer without an end of it", content="Hello",
          says=(body(_message(finish=None)),)),
    Fault(group=_BODY, name="lines of JSON, each a chunk", gets=_CUT, content="Hel",
          says=(_JSON + (_HEL + _LO).replace(b"data: ", b""),)),
    Fault(group=_BODY, name="two whole answers", content="Hello",
          says=(_JSON + body(_message()).partition(b"\r\n\r\n")[2] * 2,)),
    Fault(group=_BODY, name="a whole answer without content", gets="answer",
          says=(body(_message(content=None)),)),
]  # fmt: skip

_EVENT = "Events"

EVENTS = [
    Fault(group=_EVENT, name="a byte order mark", says=(_HEAD + b"\xef\xbb\xbf" + _WHOLE,),
          content="Hello"),
    Fault(group=_EVENT, name="CR as line ends", says=(_HEAD + _WHOLE.replace(b"\n", b"\r"),),
          content="Hello"),
    Fault(group=_EVENT, name="CRLF as line ends", says=(_HEAD + _WHOLE.replace(b"\n", b"\r\n"),),
          content="Hello"),
    Fault(group=_EVENT, name="no blank lines", says=(_HEAD + _WHOLE.replace(b"\n\n", b"\n"),),
          content="Hello"),
    Fault(group=_EVENT, name="data: without a blank", content="Hello",
          says=(_HEAD + _WHOLE.replace(b"data: ", b"data:"),)),
    Fault(group=_EVENT, name="comments, ids and retries", content="Hello",
          says=(_HEAD + b": hi\n\nid: 1\nretry: 10\n" + _HEL + b": ping\n\nid\n\n" + _LO,)),
    Fault(group=_EVENT, name="null and empty events", content="Hello",
          says=(_HEAD + b"data:\n\ndata: null\n\n" + _HEL + b"data: null\n\n" + _LO,)),
    Fault(group=_EVENT, name="no [DONE] and no line end", content="Hello",
          says=(_HEAD + sse(*tokens("Hel", "lo"), chunk("stop"), done=False).rstrip(),)),
    Fault(group=_EVENT, name="[DONE] without a finish reason", content="Hello",
          says=(_HEAD + sse(*tokens("Hel", "lo")),)),
    Fault(group=_EVENT, name="neither [DONE] nor a finish reason", gets=_CUT, content="Hello",
          says=(_HEAD + sse(*tokens("Hel", "lo"), done=False),)),
    Fault(group=_EVENT, name="[DONE] alone", says=(_HEAD + sse(),), gets=_CUT),
    Fault(group=_EVENT, name="usage alone", gets=_CUT,
          says=(_HEAD + sse({"choices": [], "usage": {"prompt_tokens": 1}}),)),
    Fault(group=_EVENT, name="more behind [DONE]", says=(_HEAD + _WHOLE + _HEL + b"data: {oh\n\n",),
          content="Hello"),
    Fault(group=_EVENT, name="no JSON", says=(_HEAD + _HEL + b"data: {oops\n\n" + _LO,),
          gets=_BROKEN, content="Hel"),
    Fault(group=_EVENT, name="JSON cut in the middle, and another event", gets=_BROKEN,
          content="Hel", says=(_HEAD + _HEL + b'data: {"choices": [{"del\n\n' + _LO,)),
    Fault(group=_EVENT, name="JSON that is a list", says=(_HEAD + _HEL + b"data: []\n\n" + _LO,),
          gets=_BROKEN, content="Hel"),
    Fault(group=_EVENT, name="JSON nested 100,000 deep", gets=_BROKEN, content="Hel",
          says=(_HEAD + _HEL + b"data: " + b"[" * 100_000 + b"]" * 100_000 + b"\n\n" + _LO,)),
    Fault(group=_EVENT, name="bytes that are no UTF-8", gets=_BROKEN, content="Hel",
          says=(_HEAD + _HEL + b'data: {"choices": "\xff\xfe"}\n\n' + _LO,)),
    Fault(group=_EVENT, name="an event on two lines", content="Hello",
          says=(_HEAD + event(chunk(content="Hel")).replace(b", ", b",\ndata: ", 1) + _LO,)),
    Fault(group=_EVENT, name="another id in each chunk", content="Hello",
          says=(_HEAD + sse(*({**part, "id": f"chatcmpl-{n}"} for n, part in enumerate(
              [*tokens("Hel", "lo"), chunk("stop")]))),)),
    Fault(group=_EVENT, name="the same chunk id and index for all", content="HelHel",
          says=(_HEAD + _HEL + _HEL + sse(chunk("stop")),)),
    Fault(group=_EVENT, name="choices that are null, empty, or hold null", content="Hello",
          says=(_HEAD + _HEL + sse({"choices": None}, {"choices": []}, {"choices": [None]}, {},
                                   done=False) + _LO,)),
    Fault(group=_EVENT, name="a delta that is null", content="Hello",
          says=(_HEAD + _HEL + sse({"choices": [{"delta": None}]}, done=False) + _LO,)),
    Fault(group=_EVENT, name="no end behind the name of a call", gets=_CUT,
          says=(_HEAD + sse(call("", "f"), done=False),)),
    Fault(group=_EVENT, name="a finish reason in two chunks", content="Hello",
          says=(_HEAD + _HEL + sse(chunk("stop"), chunk("stop"), done=False) + _LO,)),
]  # fmt: skip

_INSIDE = "Errors inside an answer"
_NO = {"error": {"message": "No.", "type": "server_error", "code": 500}}
_NAMED = b"event: error\ndata: "


def _inside(name: str, said: bytes, gets: str = "KimiServerError", content: str = "Hel") -> Fault:
    return Fault(group=_INSIDE, name=name, says=(_HEAD + said,), gets=gets, content=content)


ERRORS_INSIDE = [
    _inside("an error object in place of an answer", sse(_NO), content=""),
    _inside("an error object inside an answer", _HEL + sse(_NO)),
    _inside("an error object, and the connection ends", _HEL + event(_NO)),
    _inside("an error object beside a choice", _HEL + sse({**chunk(), **_NO})),
    _inside("an error object inside a choice", _HEL + sse({"choices": [_NO]})),
    _inside("an error object inside a second choice",
            _HEL + sse({"choices": [{"index": 0, "delta": {}}, {"index": 1, **_NO}]})),
    _inside("an error object inside a delta", _HEL + sse(chunk(**_NO))),
    _inside("no error inside a delta", _HEL + sse(chunk("stop", error=None)), "answer"),
    _inside("an error that is a word", _HEL + sse({"error": "overloaded"}), "KimiOverloadedError"),
    _inside("an error of a rate limit", _HEL + sse(
        {"error": {"message": "slow down", "type": "rate_limit_reached_error"}}),
        "KimiRateLimitError"),
    _inside("an error object that breaks off", _HEL + event(_NO)[:30], "KimiStreamTruncatedError"),
    _inside("an error without a line end", _HEL + event(_NO).rstrip()),
    _inside("event: error with an object", _HEL + _NAMED + event(_NO)[6:]),
    _inside("event: error with a bare object", _HEL + _NAMED + b'{"message": "No."}\n\n'),
    _inside("event: error with text", _HEL + _NAMED + b"No.\n\n"),
    _inside("event: error behind its data", _HEL + b'data: {"message": "No."}\nevent: error\n\n'),
    _inside("event: error without data", _HEL + b"event: error\n\n" + _LO),
    _inside("event: error with [DONE]", _HEL + _NAMED + b"[DONE]\n\n"),
    _inside("finish reason error", _HEL + sse(chunk("error"))),
    _inside("finish reason error beside text", sse(chunk("error", content="Hel"))),
    Fault(group=_INSIDE, name="an error object beside a call", gets="KimiServerError",
          says=(_HEAD + sse({**call('{"a"', "f"), **_NO}),), arguments='{"a"'),
    _inside("finish reason error, and no more", _HEL + sse(chunk("error"), done=False)),
    Fault(group=_INSIDE, name="an error object in a whole body", says=(body(_NO),),
          gets="KimiServerError"),
    Fault(group=_INSIDE, name="an error object beside a whole answer",
          says=(body({**_message(), **_NO}),), gets="KimiServerError", content="Hello"),
    Fault(group=_INSIDE, name="an error that is null beside a whole answer",
          says=(body({**_message(), "error": None}),), content="Hello"),
    _inside("an error object behind the finish reason",
            _HEL + sse(chunk("stop"), done=False) + sse(_NO)),
    _inside("an error object behind [DONE]", _WHOLE + event(_NO), "answer", "Hello"),
    _inside("an error whose message is a list", _HEL + sse({"error": {"message": ["No."]}})),
    _inside("an error nested in an error", _HEL + sse({"error": {"error": {"message": "No."}}})),
    _inside("an error with its code as text",
            _HEL + sse({"error": {"message": "No.", "code": "503"}}), "KimiOverloadedError"),
]  # fmt: skip

_ODD = "Odd JSON values"


def _odd(
    name: str, *chunks: Any, content: str = "Hello", arguments: str = "", **more: Any
) -> Fault:
    said = sse(*tokens("Hel"), *chunks, *tokens("lo"), chunk("stop"))
    return Fault(group=_ODD, name=name, says=(_HEAD + said,), content=content, arguments=arguments,
                 **more)  # fmt: skip


VALUES = [
    *(
        _odd(f"content that is {value!r}", chunk(content=value))
        for value in (None, 7, True, 1.5, [], {}, [None], [{"type": "image"}], {"text": 1})
    ),
    *(
        _odd(f"reasoning that is {value!r}", chunk(reasoning_content=value))
        for value in (None, 7, [], {}, [7])
    ),
    *(
        _odd(f"calls that are {value!r}", chunk(tool_calls=value))
        for value in (None, [], {}, 7, "f", [None], [7])
    ),
    *(
        _odd(f"usage that is {value!r}", {"choices": [], "usage": value})
        for value in (None, 7, [], {}, "many", {"prompt_tokens": "many"}, {"prompt_tokens": -1},
                      {"prompt_tokens": 1e300}, {"prompt_tokens_details": 7})
    ),
    *(
        _odd(f"a finish reason that is {value!r}",
             {"choices": [{"delta": {}, "finish_reason": value}]})
        for value in (None, 7, [], {}, "", "odd")
    ),
    *(_odd(f"a delta that is {value!r}", {"choices": [{"delta": value}]}) for value in (7, [], "")),
    *(
        _odd(f"an error that is {value!r}", {**chunk(), "error": value})
        for value in (None, {}, [], "", False)
    ),
    _odd("an id that is 7 and a model that is []", {**chunk(), "id": 7, "model": []}),
    _odd("log probabilities that are 7", {"choices": [{"delta": {}, "logprobs": 7}]}),
    _odd("log probabilities that hold odd things",
         {"choices": [{"delta": {}, "logprobs": {"content": [None, 7, {}]}}]}),
    _odd("an index that is text", {"choices": [{"index": "0", "delta": {}}]}),
    _odd("half of a surrogate pair", r'{"choices": [{"delta": {"content": "\ud83d"}}]}',
         content="Hel\ufffdlo"),
    _odd("NUL and control characters", chunk(content="\0\x1b"), content="Hel\0\x1blo"),
    _odd("a call whose arguments are an object", chunk(tool_calls=[
        {"index": 0, "id": "a", "function": {"name": "f", "arguments": {"a": 1}}}]),
        arguments='{"a": 1}'),
    _odd("a call whose name and arguments stand beside its id", chunk(tool_calls=[
        {"index": 0, "id": "a", "name": "f", "arguments": '{"a": 1}'}]), arguments='{"a": 1}'),
    _odd("such a call in place of the list of calls", chunk(
        tool_calls={"id": "a", "name": "f", "arguments": {"a": 1}}), arguments='{"a": 1}'),
    _odd("a call without a function", chunk(tool_calls=[{"index": 0, "id": "a"}])),
    _odd("a call whose index is text", chunk(tool_calls=[
        {"index": "x", "id": "a", "function": {"name": "f", "arguments": "{}"}}]), arguments="{}"),
    _odd("a call whose index is a text of 5,000 digits", chunk(tool_calls=[
        {"index": "9" * 5000, "id": "a", "function": {"name": "f", "arguments": "{}"}}]),
        arguments="{}"),
    _odd("a choice whose index is a text of 5,000 digits", {"choices": [
        {"index": "9" * 5000, "delta": {}}]}),
    _odd("a message that repeats what came", {"choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Hel"}}]}),
    _odd("a call whose index is huge", chunk(tool_calls=[
        {"index": 10**30, "id": "a", "function": {"name": "f", "arguments": "{}"}}]),
        arguments="{}"),
    _odd("a call in fragments", call('{"a"', "f"), call(": 1}"), arguments='{"a": 1}'),
]  # fmt: skip
