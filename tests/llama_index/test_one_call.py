"""What one call may say about its own request: headers, query, timeout, and who fetches media.

Owns: that these reach the request, or the fetcher, and never the payload.
"""

from __future__ import annotations

import base64
import copy
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ImageBlock, VideoBlock

from kimi_core.errors import KimiTimeoutError
from llama_index_kimi import ChatKimiK2
from tests.llama_index.scripted_server import ScriptedServer, answer, chunks
from tests.scripted import Answer
from tests.scripted import ScriptedServer as StallingServer

if TYPE_CHECKING:
    from collections.abc import Callable

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16
QUESTION = [ChatMessage("x")]


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_headers_query_and_timeout_of_a_call_are_of_its_request_only(
    llm: ChatKimiK2, server: ScriptedServer, streaming: bool
) -> None:
    mine: dict[str, Any] = {
        "extra_headers": {"X-Trace": "7"},
        "extra_query": {"tenant": "a"},
        "timeout": 30.0,
    }
    if streaming:
        server.stream(chunks(answer("ok")))
        list(llm.stream_chat(QUESTION, **mine))
        list(llm.stream_chat(QUESTION))
    else:
        server.json(answer("ok"))
        llm.chat(QUESTION, **mine)
        llm.chat(QUESTION)

    first, second = server.seen
    assert first.headers["x-trace"] == "7"
    assert first.path == "/v1/chat/completions?tenant=a"
    assert first.json == second.json
    assert "x-trace" not in second.headers
    assert second.path == "/v1/chat/completions"


def test_the_timeout_of_a_call_ends_it() -> None:
    with StallingServer() as server:
        server.will(Answer(stalls=True))
        settings = {
            "api_key": "sk-made-up",
            "endpoint": "moonshot",
            "base_url": server.base_url,
            "max_retries": 0,
        }
        with ChatKimiK2(**settings) as llm, pytest.raises(KimiTimeoutError):
            llm.chat(QUESTION, timeout=0.05)


def fetched(url: str) -> bytes:
    """Stand for a download."""
    assert url == "https://a.example/b.png"
    return PNG


@pytest.mark.parametrize("of_the_instance", [False, True], ids=["of the call", "of the instance"])
def test_a_fetcher_inlines_what_moonshot_would_not_fetch(
    make_llm: Callable[..., ChatKimiK2], server: ScriptedServer, of_the_instance: bool
) -> None:
    server.json(answer("ok"))
    fetcher = {"media_fetcher": fetched}
    llm = make_llm(**(fetcher if of_the_instance else {}))
    message = ChatMessage(blocks=[ImageBlock(url="https://a.example/b.png")])

    llm.chat([message], **({} if of_the_instance else fetcher))

    (part,) = server.bodies[0]["messages"][0]["content"]
    assert part["image_url"]["url"].endswith(base64.b64encode(PNG).decode())
    assert "media_fetcher" not in server.bodies[0]
    assert "media_fetcher" not in llm.to_dict()
    assert copy.deepcopy(llm).media_fetcher is llm.media_fetcher


def test_the_type_of_bytes_is_what_the_caller_says_it_is(
    make_llm: Callable[..., ChatKimiK2], server: ScriptedServer
) -> None:
    server.json(answer("ok"))
    film = VideoBlock(video=b"a film", video_mimetype="video/webm")

    make_llm().chat([ChatMessage(blocks=[film])])

    (part,) = server.bodies[0]["messages"][0]["content"]
    assert part["video_url"]["url"] == "data:video/webm;base64,YSBmaWxt"
