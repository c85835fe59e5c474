"""Corners that no whole answer comes to: asked directly, since no server says them on purpose.

Owns: a few branches whose neighbours are tested through the public API.
"""

from __future__ import annotations

import asyncio
import gc
import socket
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import openai
import pytest

from kimi_core import endpoints, fetch
from kimi_core.chat import Settings
from kimi_core.chat._coalesce import acoalesced
from kimi_core.check import _run, run_check
from kimi_core.endpoints import Endpoint, endpoint_of_a_copy, written_endpoint
from kimi_core.errors import KimiProtocolError, hide_key
from kimi_core.events import ContentDelta
from kimi_core.request.blocks import data_or_url
from kimi_core.request.kept_arguments import misfit
from kimi_core.transport import Transport, body
from kimi_core.transport.limits import drain
from kimi_core.transport.pools import _Registry

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from kimi_core.events import Event

PASSWORD = "http://ann:secret@gpu.example/v1"
BASIC = {"Authorization": "Basic YW5uOnNlY3JldA=="}


@pytest.mark.parametrize(
    "made",
    [Settings(endpoint="moonshot", base_url=PASSWORD), Endpoint(name="mine", base_url=PASSWORD)],
    ids=["settings", "endpoint"],
)
def test_a_password_is_no_part_of_an_address(made: Settings | Endpoint) -> None:
    assert made.base_url == "http://gpu.example/v1"
    assert made.default_headers == BASIC
    assert "secret" not in repr(made)


@pytest.mark.parametrize("names", [None, ("A", "B")], ids=["the row's own", "named"])
def test_a_copy_keeps_the_variables_that_its_endpoint_names(names: tuple[str, ...] | None) -> None:
    """A pickle is trusted with what a stored dict is not."""
    changes = {} if names is None else {"api_key_names": names}
    mine = endpoints.vllm("http://gpu/v1", **changes)
    again = endpoint_of_a_copy(written_endpoint(mine, with_key_names=True))
    assert again == mine
    assert endpoint_of_a_copy("vllm") == "vllm"


def test_bytes_whose_type_nobody_named_are_left_to_be_looked_at() -> None:
    assert data_or_url(b"?", None) == b"?"
    assert data_or_url(b"?", "image/png") == "data:image/png;base64,Pw=="


@pytest.mark.parametrize(
    ("text", "bracket"), [("}", "]"), ('{"a": [1', "}"), ('{"a": "b', '"]'), ('{"a": "b\\', '""]')]
)
def test_the_bracket_that_fits_nothing(text: str, bracket: str) -> None:
    assert misfit(text) == bracket


def test_a_body_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "_MOST_BYTES", 10)
    reader = body.BodyReader()
    reader.feed(b"{" + b" " * 9)
    with pytest.raises(KimiProtocolError, match="more than 10 bytes"):
        reader.feed(b" ")


def test_a_stream_of_http_2_is_closed_without_a_look_behind() -> None:
    """It costs the connection nothing, and others are on it."""

    class Response:
        http_version = "HTTP/2"

    def pieces() -> Iterator[bytes]:
        yield pytest.fail("looked at")

    drain(Response(), pieces())


def test_a_loop_outlives_the_model_that_was_asked_in_it() -> None:
    async def ask() -> None:
        transport: Any = Transport(endpoints.vllm("http://127.0.0.1:9/v1"))
        await transport._async_client()
        loop = asyncio.get_running_loop()
        end = transport._pool._forgetting(loop, partial(Transport._forget, loop=loop))
        del transport
        gc.collect()
        end()

    asyncio.run(ask())


def test_a_probe_that_meets_what_nobody_foresaw_is_a_finding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A check has to end, whatever stands where an object belongs."""

    def ask(_: object) -> Any:
        raise AttributeError("a list has no such thing")

    odd = replace(_run.PROBES[0], ask=ask)
    monkeypatch.setattr(_run, "PROBES", (odd,))
    report = run_check(Settings(endpoint="vllm", base_url="http://127.0.0.1:9/v1"))
    (finding,) = report.findings
    assert finding.status == "red"
    assert "a list has no such thing" in finding.seen


def test_a_download_whose_time_is_over_is_hung_up() -> None:
    """On a busy machine the time ends before there is a connection."""
    here, there = socket.socketpair()
    with here, there:
        visit = fetch._Visit(60.0, allow_private=True)
        visit._sockets.append(here)
        visit._break_off()
        assert there.recv(1) == b""
    with pytest.raises(OSError, match="the time is over"):
        visit._left()


@pytest.mark.parametrize("breaks", [False, True])
def test_what_is_held_to_be_joined_comes_in_the_end(breaks: bool) -> None:
    async def chunks() -> AsyncGenerator[list[Event], None]:
        for text in "abc":
            yield [ContentDelta(text)]
        if breaks:
            raise KimiProtocolError("no more")

    async def read() -> None:
        async for events in acoalesced(chunks(), 3_600.0):
            texts = [event.text for event in events if isinstance(event, ContentDelta)]
            told.append("".join(texts))

    told: list[str] = []
    with pytest.raises(KimiProtocolError) if breaks else nullcontext():
        asyncio.run(read())
    assert told == ["a", "bc"]


def test_the_pools_of_a_child_have_a_lock_of_their_own() -> None:
    registry = _Registry()
    kept = registry._looking
    registry._renew()
    assert registry._looking is not kept


def test_what_was_not_sent_and_what_was_not_read_show_nothing() -> None:
    library = import_module("httpx2" if openai.__version__.startswith("3") else "httpx")
    asked = {"headers": {"x-key": "a-key-of-mine"}, "params": {"token": "a-token-1", "v": "1"}}
    request = library.Request("POST", "http://a.example/", **asked)
    response = library.Response(401, stream=library.SyncByteStream(), request=request)
    refused = library.HTTPStatusError("a-token-1", request=request, response=response)
    refused.__context__ = library.ConnectError("a-key-of-mine")  # which was told no request
    hide_key(refused, refused)
    assert (str(refused), str(refused.__context__)) == ("[key hidden]", "[key hidden]")
    assert str(refused.request.url) == "http://a.example/?token=%5Bhidden%5D&v=1"
    assert (refused.request.headers["x-key"], refused.response.content) == ("[hidden]", b"")
    assert request.headers["x-key"] == "a-key-of-mine", "the request itself stays whole"
