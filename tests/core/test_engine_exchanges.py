"""What real engines answered a scripted Kimi: every recorded exchange is read, and nothing is lost.

Owns: the exchanges with SGLang 0.5.23 and llama.cpp's server of 2026-11-29, which are third-party
data. A figure says how many lines a file has, so that none goes missing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core import errors
from tests.scripted import Answer
from tests.shared import shared_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kimi_core.chat import KimiChat
    from tests.scripted import ScriptedServer

EXCHANGES = {"sglang-A": 326, "sglang-B": 184, "llamacpp": 182}
ROUTES = {"/v1/chat/completions": "chat", "/v1/completions": "completions"}


def exchanges(name: str) -> list[dict[str, Any]]:
    path = shared_path(f"data/recordings/engines-2026-11-29/{name}.jsonl")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == EXCHANGES[name]
    return [row for row in rows if row["path"] in ROUTES]


def events(answer: str) -> Iterator[dict[str, Any]]:
    if not answer.startswith("data:"):
        yield json.loads(answer)
        return
    for line in answer.splitlines():
        if line.startswith("data:") and line[5:].strip() != "[DONE]":
            yield json.loads(line[5:])


def said(answer: str) -> str:
    """Return all content, reasoning and arguments of an answer, by the wire alone."""
    pieces: list[str] = []
    for event in events(answer):
        for choice in event.get("choices") or ():
            delta = choice.get("delta") or choice.get("message") or choice
            pieces += [delta.get(name) or "" for name in ("reasoning_content", "content", "text")]
            for call in delta.get("tool_calls") or ():
                pieces.append(call["function"].get("arguments") or "")
    return "".join(pieces)


def letters(text: str) -> list[str]:
    return sorted(text)


@pytest.mark.filterwarnings("ignore::kimi_core.EmptyAnswerWarning")
@pytest.mark.filterwarnings("ignore::kimi_core.ServerSetupWarning")
@pytest.mark.shared("data/recordings")
@pytest.mark.parametrize("name", EXCHANGES)
def test_an_answer_is_read_whole(
    server: ScriptedServer, connect: Callable[..., KimiChat], name: str
) -> None:
    endpoint = "llama.cpp" if name == "llamacpp" else "sglang"
    for row in exchanges(name):
        kind = row["headers"]["content-type"]
        server.will(Answer((row["response"].encode(),), row["status"], {"content-type": kind}))
        api = ROUTES[row["path"]]
        chat = connect(endpoint=endpoint, api=api, tool_call_parser="server", model="kimi-k2.5")
        request = chat.request([{"role": "user", "content": "Hi"}], stream="event" in kind)
        if row["status"] != 200:
            with pytest.raises(errors.KimiStatusError) as caught:
                chat.open(request).read()
            overflow = isinstance(caught.value, errors.KimiContextOverflowError)
            assert overflow == ("too l" in row["label"]), row["label"]
            continue
        reply = chat.open(request)
        if row["response"].startswith("data:") and "[DONE]" not in row["response"]:
            with pytest.raises(errors.KimiStreamTruncatedError):  # its reader had left
                reply.read()
            continue
        reader = reply.read()
        message = reader.message()
        ours = message.content + message.reasoning
        ours += "".join(call.arguments for call in message.tool_calls)
        theirs = said(row["response"])
        if api == "chat":  # without a reasoning parser the tag is what ends the reasoning
            theirs = theirs.replace("</think>", "", 1)
        assert letters(ours) == letters(theirs), row["label"]
        assert reader.finish_reason, row["label"]
        assert reader.usage, row["label"]
