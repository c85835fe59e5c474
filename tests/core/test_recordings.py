"""Real recorded answers, replayed byte for byte, are decoded to what they say.

Owns: every recording of an answer or an error; the table is tests/core/recordings.py.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core import errors
from tests.core.asking import HELLO, tool
from tests.core.recordings import (
    ANSWERS,
    CONVERSATIONS,
    ERRORS,
    HEADERS,
    LINES,
    PIECES,
    Said,
    settings_of,
    tools_of,
)
from tests.scripted import Answer, ScriptedServer, body
from tests.shared import shared_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kimi_core.chat import KimiChat
    from kimi_core.response import ResponseReader

    Connect = Callable[..., KimiChat]


def recorded(name: str) -> bytes:
    """Return the bytes of the body; the framing of a file of chunks is added, as it was lost."""
    path = shared_path(f"data/recordings/{name}")
    data = path.read_bytes()
    if name.endswith(".jsonl"):
        lines = [b"data: %s\n\n" % line for line in data.splitlines() if line.strip()]
        return b"".join([*lines, b"data: [DONE]\n\n"])
    return data


def answer_of(name: str, data: bytes, sizes: tuple[int, ...], status: int = 200) -> Answer:
    """Answer with a recording in pieces of these sizes, again and again."""
    kind = "application/json" if name.endswith(".json") else "text/event-stream; charset=utf-8"
    return Answer(tuple(_pieces(data, sizes)), status, {"content-type": kind})


def _pieces(data: bytes, sizes: tuple[int, ...]) -> Iterator[bytes]:
    start = 0
    for size in itertools.cycle(sizes):
        if start >= len(data):
            return
        yield data[start : start + size]
        start += size


def chunks_of(data: bytes) -> list[dict[str, Any]]:
    """Read the chunks or the body with plain JSON."""
    whole = not data.lstrip().startswith((b"data:", b":"))
    lines = [data] if whole else [line[5:] for line in data.split(b"\n") if line[:5] == b"data:"]
    return [json.loads(line) for line in lines if b"[DONE]" not in line]


def usage_of(data: bytes) -> dict[str, Any]:
    """Return the last usage object: at the top of a chunk, or else in its choice.

    Venice puts the cost beside it.
    """
    found: dict[str, Any] = {}
    for chunk in chunks_of(data):
        in_choice = [choice.get("usage") for choice in chunk.get("choices") or ()]
        found = next((usage for usage in (chunk.get("usage"), *in_choice) if usage), found)
        found |= {"cost": chunk["cost"]} if "cost" in chunk else {}
    return found


def text_of(data: bytes, *names: str) -> str:
    """Join a text of the chunks or of the body, under the first name set."""
    found = ""
    for chunk in chunks_of(data):
        for choice in chunk.get("choices") or ():
            said: dict[str, Any] = choice.get("delta") or choice.get("message") or {}
            found += next((said[name] for name in names if said.get(name)), "")
    return found


def check(reader: ResponseReader, said: Said, data: bytes, *, raw: bool) -> None:
    """Compare an answer with the table, and long texts with the file."""
    message = reader.message()
    for found, expected, names in (
        (message.content, said.content, ("content",)),
        (message.reasoning, said.reasoning, ("reasoning_content", "reasoning")),
    ):
        assert (len(found) if isinstance(expected, int) else found) == expected
        assert raw or found == text_of(data, *names)
    assert (
        tuple((call.id, call.name, call.arguments, call.complete) for call in message.tool_calls)
        == said.calls
    )
    assert [call.index for call in message.tool_calls] == list(range(len(said.calls)))
    usage = reader.usage
    assert usage is not None
    assert said.usage == (
        usage.prompt_tokens, usage.completion_tokens, usage.total_tokens, usage.cached_tokens,
        usage.reasoning_tokens,
    )  # fmt: skip
    counted = {"prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens"}
    others = {name: value for name, value in usage_of(data).items() if name not in counted}
    assert usage.extra == others
    assert reader.finish_reason == said.finish


CUTS = {"whole": (2**20,), "odd pieces": (1, 7, 64, 3, 1021)}


@pytest.mark.filterwarnings("ignore::kimi_core.EmptyAnswerWarning")
@pytest.mark.shared("data/recordings")
@pytest.mark.parametrize("sizes", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize(("name", "said"), ANSWERS.items(), ids=ANSWERS)
def test_a_recorded_answer(
    server: ScriptedServer, connect: Connect, name: str, said: Said, sizes: tuple[int, ...]
) -> None:
    data = recorded(name)
    server.will(answer_of(name, data, sizes))
    chat = connect(**settings_of(name))
    request = chat.request(HELLO, stream=not name.endswith(".json"), **tools_of(name))
    reader = chat.open(request).read()
    check(reader, said, data, raw=settings_of(name).get("tool_call_parser") == "client")


@pytest.mark.filterwarnings("ignore::kimi_core.EmptyAnswerWarning")
@pytest.mark.shared("data/recordings")
def test_the_async_path_reads_the_same(server: ScriptedServer, connect: Connect) -> None:
    names = [name for name in ANSWERS if name.startswith(("engines/", "fantasy-openrouter"))]

    async def replay() -> None:
        for name in names:
            data = recorded(name)
            server.will(answer_of(name, data, CUTS["odd pieces"]))
            chat = connect(**settings_of(name))
            stream = not name.endswith(".json")
            request = chat.request(HELLO, stream=stream, **tools_of(name))
            reader = await (await chat.aopen(request)).read()
            raw = settings_of(name).get("tool_call_parser") == "client"
            check(reader, ANSWERS[name], data, raw=raw)
            await chat.aclose()

    asyncio.run(replay())


@pytest.mark.shared("data/recordings")
@pytest.mark.parametrize(("name", "expected"), ERRORS.items(), ids=ERRORS)
def test_a_recorded_error(
    server: ScriptedServer, connect: Connect, name: str, expected: tuple[int, str]
) -> None:
    status, kind = expected
    data = recorded(name)
    server.will(answer_of(name, data, (2**20,), status))
    chat = connect()
    with pytest.raises(getattr(errors, f"Kimi{kind}Error")) as caught:
        chat.open(chat.request(HELLO, stream=True))
    error = json.loads(data)["error"]
    assert isinstance(caught.value, errors.KimiStatusError)
    assert type(caught.value).__name__ == f"Kimi{kind}Error"
    assert caught.value.server_message == error["message"]
    assert caught.value.error_type == error["type"]


@pytest.mark.shared("data/recordings")
def test_no_recording_is_left_out() -> None:
    folder = shared_path("data/recordings")
    there = {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file()
        and not path.name.endswith((".request.json", ".meta.json", "INDEX.md"))
        # Exchanges with real engines are read by test_engine_exchanges.py.
        and path.parent.name != "engines-2026-11-29"
    }
    known = {*ANSWERS, *ERRORS, *CONVERSATIONS, *HEADERS, *LINES}
    assert there == known


def lines_of(name: str) -> list[dict[str, Any]]:
    """Return the lines of a file that holds one thing a line; all of them have to be known."""
    text = shared_path(f"data/recordings/{name}").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert len(lines) == LINES[name]
    return lines


@pytest.mark.shared("data/recordings")
@pytest.mark.parametrize(("where", "expected"), PIECES.items(), ids=[f"{n}-{i}" for n, i in PIECES])
def test_a_piece_of_an_answer(
    server: ScriptedServer, connect: Connect, where: tuple[str, int], expected: str
) -> None:
    """What was quoted is no whole answer, and is not taken for one."""
    name, number = where
    line = lines_of(name)[number]
    text = line["excerpt"] if "excerpt" in line else f"data: {json.dumps(line)}"
    kind = "text/event-stream" if text.startswith("data:") else "application/json"
    server.will(Answer((f"{text}\n\n".encode(),), 200, {"content-type": kind}))
    chat = connect(model="kimi-k2.5")
    with pytest.raises(errors.KimiStreamTruncatedError) as caught:
        chat.open(chat.request(HELLO, stream=True)).read()
    found = caught.value.partial.content
    assert found.endswith(expected)
    assert bool(found) == bool(expected)


@pytest.mark.shared("data/recordings")
@pytest.mark.parametrize(("name", "calls"), CONVERSATIONS.items(), ids=CONVERSATIONS)
def test_a_recorded_conversation_can_be_continued(connect: Connect, name: str, calls: int) -> None:
    """Its ids (``read_file:0``, counted over the whole conversation) stay as the API made them.

    In the parallel one a result comes after the next message of the assistant; it is moved.
    """
    thread = json.loads(shared_path(f"data/recordings/{name}").read_bytes())["messages"]
    messages = [_as_dict(message) for message in thread]
    chat = connect(endpoint="moonshot", model="kimi-k2.6", api_key="key")
    sent = chat.request([*messages, *HELLO], stream=False).payload["messages"]
    assert _ids(sent)[0] == _ids(messages)[0] == _ids(sent)[1]
    assert sorted(_ids(sent)[1]) == sorted(_ids(messages)[1])
    assert len(_ids(sent)[0]) == calls
    spoken = [one["role"] for one in (*messages, *HELLO) if one["role"] != "tool"]
    assert [one["role"] for one in sent if one["role"] != "tool"] == spoken


_ROLES = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool"}


def _as_dict(message: dict[str, Any]) -> dict[str, Any]:
    found = {"role": _ROLES[message["type"]], "content": message["content"]}
    if message.get("tool_calls"):
        found["tool_calls"] = [
            {
                "id": call["id"],
                "type": "function",
                "function": {"name": call["name"], "arguments": json.dumps(call["args"])},
            }
            for call in message["tool_calls"]
        ]
    if "tool_call_id" in message:
        found["tool_call_id"] = message["tool_call_id"]
    return found


def _ids(messages: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    calls = [call["id"] for message in messages for call in message.get("tool_calls", ())]
    return calls, [one["tool_call_id"] for one in messages if "tool_call_id" in one]


# The errors that issues quote, in the order of the file.
QUOTED = (
    "BadRequest", "BadRequest", "BadRequest", "Overloaded", "Overloaded", "RateLimit", "RateLimit",
    "RateLimit", "RateLimit", "Quota", "Authentication", "ContextOverflow",
)  # fmt: skip
LIMITS = {6: "RPM", 7: "TPD", 8: "TPM"}


@pytest.mark.shared("data/recordings")
@pytest.mark.parametrize("number", range(len(QUOTED)))
def test_an_error_that_an_issue_quotes(
    server: ScriptedServer, connect: Connect, number: int
) -> None:
    quoted = lines_of("errors-quoted-from-issues.jsonl")[number]
    server.will(
        Answer((quoted["body"].encode(),), quoted["status"], {"content-type": "application/json"})
    )
    chat = connect()
    with pytest.raises(getattr(errors, f"Kimi{QUOTED[number]}Error")) as caught:
        chat.open(chat.request(HELLO, stream=True))
    assert type(caught.value).__name__ == f"Kimi{QUOTED[number]}Error"
    assert getattr(caught.value, "limit", None) == LIMITS.get(number)
    assert isinstance(caught.value, errors.KimiStatusError)
    assert "<nil>" not in str(caught.value)
    # The sentence of Moonshot behind OpenRouter is shown too.
    assert ("reasoning_content is missing" in caught.value.server_message) == (number < 3)


# line of the file -> names of the calls that leaked, content, length of the reasoning that is left
LEAKED: list[tuple[list[str], str, int]] = [
    (["shell"], "", 0),
    (["bash"], "", 0),
    ([], "<|tool_calls_section_end|>", 0),
    (["bash", "glob", "glob", "glob"], "", 105),
    (["list_directory"], "", 109),
    ([], "The temperature in London is 30°C.", 35),
]


@pytest.mark.shared("data/recordings")
@pytest.mark.parametrize("number", range(len(LEAKED)))
def test_leaked_markers_become_calls(server: ScriptedServer, connect: Connect, number: int) -> None:
    leaked = lines_of("leaks-raw-markers.jsonl")[number]
    names, content, reasoning = LEAKED[number]
    tools = [tool(name) for name in dict.fromkeys(names)]
    message = {leaked["where"]: leaked["text"]}
    server.will(body({"choices": [{"message": message, "finish_reason": "stop"}]}))
    chat = connect(model="kimi-k2-thinking")
    reader = chat.open(chat.request(HELLO, tools, stream=False)).read()
    found = reader.message()
    assert [call.name for call in found.tool_calls] == names
    assert all(json.loads(call.arguments) and call.complete for call in found.tool_calls)
    assert (found.content.strip(), len(found.reasoning)) == (content, reasoning)
    assert reader.finish_reason == ("tool_calls" if names else "stop")
    assert "<|" not in found.reasoning
