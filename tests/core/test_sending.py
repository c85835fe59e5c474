"""What one call may say about its own sending: headers, query, timeout."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from kimi_core.chat import KimiChat, Settings
from kimi_core.errors import KimiConfigError, KimiTimeoutError
from kimi_core.request import Options
from kimi_core.testing import MoonshotSimulator

QUESTION = [{"role": "user", "content": "Why is the sky blue?"}]


def test_headers_and_query_of_one_call_are_sent_with_it_and_no_other() -> None:
    with MoonshotSimulator() as server:
        chat = KimiChat(
            Settings(endpoint="moonshot", base_url=server.base_url, api_key=server.api_key)
        )
        own = Options(extra_headers={"X-Trace": "7"}, extra_query={"tag": "a"})
        for options in (own, Options()):
            chat.open(chat.request(QUESTION, options=options, stream=False)).read()
        first, second = server.requests
        chat.close()
    assert first.headers["x-trace"] == "7"
    assert "x-trace" not in second.headers
    assert "X-Trace" not in str(first.body)


CIRCLE: dict[str, Any] = {}
CIRCLE["self"] = CIRCLE
UNSENDABLE: dict[str, tuple[str, dict[str, Any], str]] = {
    "half an emoji": ("\ud83d", {}, r"^messages\[0\] of the request holds half of a surrogate"),
    "half an emoji beside": ("Hi", {"x": "\ud83d"}, r"^x of the request holds half"),
    "a set": ("Hi", {"x": {1}}, r"^x of the request cannot be written as JSON .*type set"),
    "no number": ("Hi", {"x": [float("nan")]}, r"^x\[0\] of the request cannot be written"),
    "a circle": ("Hi", {"x": CIRCLE}, r"^x of the request cannot be written as JSON .*Circular"),
}


@pytest.mark.parametrize("name", UNSENDABLE)
@pytest.mark.parametrize("api", ["chat", "completions"])
def test_what_cannot_be_written_is_named(name: str, api: str) -> None:
    """Text of a tool or a file that was cut in UTF-16 ended in a UnicodeEncodeError."""
    text, beside, words = UNSENDABLE[name]
    words = words.replace(r"messages\[0\]", "prompt") if api == "completions" else words
    settings = Settings(
        endpoint="vllm", base_url="http://127.0.0.1:9/v1", model="kimi-k2-instruct", api=api
    )
    chat, messages = KimiChat(settings), [{"role": "user", "content": text}]
    options = Options(extra=beside)
    with pytest.raises(KimiConfigError, match=words):
        chat.ask(chat.request(messages, options=options, stream=False))
    with pytest.raises(KimiConfigError, match=words):
        asyncio.run(chat.aask(chat.request(messages, options=options, stream=False)))


def test_a_timeout_of_one_call_ends_it() -> None:
    """Against a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        chat = KimiChat(
            Settings(endpoint="moonshot", base_url=url, api_key="sk-test", max_retries=0)
        )
        request = chat.request(QUESTION, options=Options(timeout=0.01), stream=False)
        with pytest.raises(KimiTimeoutError):
            chat.open(request)
        chat.close()


def test_what_may_hold_a_key_is_not_shown() -> None:
    assert "secret" not in repr(Options(extra_headers={"X-Key": "secret"}))
