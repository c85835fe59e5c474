"""How one request is sent: its timeout, headers and query, which are no part of the payload."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.errors import KimiTimeoutError
from langchain_kimi import ChatKimiK2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kimi_core.testing import MoonshotSimulator
    from tests.langchain.conftest import MakeModel

SENDING: dict[str, Any] = {
    "timeout": 30,
    "extra_headers": {"X-Trace": "7"},
    "extra_query": {"tag": "a"},
}


async def _stream(model: ChatKimiK2, call: dict[str, Any]) -> None:
    list(model.stream("Go.", **call))


async def _invoke(model: ChatKimiK2, call: dict[str, Any]) -> None:
    model.invoke("Go.", **call)


async def _ainvoke(model: ChatKimiK2, call: dict[str, Any]) -> None:
    await model.ainvoke("Go.", **call)


WAYS = {"invoke": _invoke, "stream": _stream, "ainvoke": _ainvoke}


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"


@pytest.mark.parametrize(
    ("settings", "call"),
    [
        ({"timeout": 0.05}, {}),
        ({"request_timeout": 0.05}, {}),
        ({}, {"timeout": 0.05}),
        ({"timeout": 60}, {"timeout": 0.05}),
    ],
    ids=["timeout", "request_timeout", "of-the-call", "call-before-instance"],
)
@pytest.mark.parametrize("way", WAYS)
async def test_a_timeout_of_the_instance_or_of_one_call(
    silent: str, settings: dict[str, Any], call: dict[str, Any], way: str
) -> None:
    where = {"endpoint": "moonshot", "base_url": silent, "api_key": "sk-made-up"}
    model = ChatKimiK2(max_retries=0, **where, **settings)
    with pytest.raises(KimiTimeoutError):
        await WAYS[way](model, call)


@pytest.mark.parametrize("bound", [False, True], ids=["call", "bind"])
def test_nothing_of_it_is_in_the_payload(
    server: MoonshotSimulator, make: MakeModel, bound: bool
) -> None:
    model = make(request_timeout=60, default_headers={"X-Team": "core"})
    if bound:
        model.bind(**SENDING).invoke("Go.")
    else:
        model.invoke("Go.", **SENDING)
    list(model.stream("Go.", **SENDING))
    for request in server.requests:
        assert request.headers["x-trace"] == "7"
        assert request.headers["x-team"] == "core"
        assert request.body.keys() <= {"model", "messages", "stream"}
    assert model._get_request_payload("Go.", **SENDING).keys() == {"model", "messages"}
    model.invoke("Go.")
    assert "x-trace" not in server.requests[-1].headers
