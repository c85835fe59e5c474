"""Corners that no whole answer comes to: asked directly, since no server says them on purpose.

Owns: a few branches whose neighbours are tested through the public API.
"""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core import endpoints
from kimi_core.chat import Settings
from kimi_core.check import _run, run_check
from kimi_core.endpoints import Endpoint, endpoint_of_a_copy, written_endpoint
from kimi_core.errors import KimiProtocolError
from kimi_core.request.blocks import data_or_url
from kimi_core.request.kept_arguments import misfit
from kimi_core.transport import Transport, body
from kimi_core.transport.limits import adrain, drain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

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


def test_what_is_behind_an_answer_is_read_to_its_end_and_no_error_there_counts() -> None:
    read: list[bytes] = []

    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"a", b"b"):
            read.append(piece)
            yield piece
        raise ConnectionError

    asyncio.run(adrain(pieces()))
    assert read == [b"a", b"b"]


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
