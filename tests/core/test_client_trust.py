"""Whose certificates are trusted, and that an empty balance is never asked twice.

Owns: TLS contexts, and the response hook on a user's own client.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

import certifi
import openai
import pytest

from kimi_core import errors
from kimi_core.transport.pools import _ssl_context
from tests.scripted import ScriptedServer, error

if TYPE_CHECKING:
    from collections.abc import Callable

    from kimi_core.chat import KimiChat

HELLO = [{"role": "user", "content": "Hi"}]
NO_MONEY = error(429, "insufficient balance", "exceeded_current_quota_error", retry_after="0")


def test_a_context_is_built_once_for_the_same_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    first = _ssl_context()
    assert isinstance(first, ssl.SSLContext)
    assert _ssl_context() is first
    assert first.verify_mode is ssl.CERT_REQUIRED
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    assert _ssl_context() is not first


def test_the_file_that_a_variable_names_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "empty.pem").write_text("no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "empty.pem"))
    with pytest.raises(ssl.SSLError):
        _ssl_context()


def test_an_empty_balance_is_not_asked_twice_on_a_users_own_client(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    server.will(NO_MONEY, NO_MONEY)
    with openai.DefaultHttpxClient() as mine:
        for _ in range(2):
            chat = connect(http_client=mine, max_retries=2)
            with pytest.raises(errors.KimiQuotaError):
                chat.open(chat.request(HELLO, stream=True))
        assert len(mine.event_hooks["response"]) == 1
    assert len(server.seen) == 2


def test_another_request_of_the_user_is_only_his(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    server.will(NO_MONEY, NO_MONEY)
    with openai.DefaultHttpxClient() as mine:
        chat = connect(http_client=mine)
        with pytest.raises(errors.KimiQuotaError):
            chat.open(chat.request(HELLO, stream=True))
        assert mine.post(f"{server.base_url}/chat/completions", json={}).status_code == 429


def test_nor_on_an_async_one(server: ScriptedServer, connect: Callable[..., KimiChat]) -> None:
    server.will(NO_MONEY)

    async def ask() -> None:
        async with openai.DefaultAsyncHttpxClient() as mine:
            chat = connect(http_async_client=mine, max_retries=2)
            await chat.aopen(chat.request(HELLO, stream=True))

    with pytest.raises(errors.KimiQuotaError):
        asyncio.run(ask())
    assert len(server.seen) == 1
