"""`warm` takes from the first request what it would wait for, and sends nothing that is paid.

Owns: the connection, the model's name and the error of a server that is not there, in both
adapters, sync and async.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.errors import KimiConnectionError
from tests.scripted import Answer, ScriptedServer, Seen, body, error, listing

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

import langchain_kimi
import llama_index_kimi

if TYPE_CHECKING:
    from collections.abc import Iterator

SPOKEN = body({"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]})
ROOT_ANSWERS = {
    "none": error(404, "Not found", "not_found"),
    "key is not asked": error(401, "Who are you?", "auth"),
    "page": Answer((b"<html>Welcome</html>",), headers={"content-type": "text/html"}),
    "elsewhere": Answer(status=302, headers={"location": "http://127.0.0.1:9/"}),
    "broken": error(500, "Oops", "server_error"),
}
PACKAGES = [langchain_kimi, llama_index_kimi]


class Warmed(ScriptedServer):
    """A server that keeps the questions for what is not the model's answer."""

    def __init__(self, root: Answer) -> None:
        super().__init__(repeats=True)
        self.asked: list[Seen] = []
        self.will(SPOKEN)
        self._root = root
        self.listings = [self._listed]

    def _listed(self, seen: Seen) -> Answer:
        self.asked.append(seen)
        return listing("moonshotai/Kimi-K2.6") if seen.path == "/v1/models" else self._root


def ask(llm: Any, *, is_async: bool) -> None:
    invoke, ainvoke = (
        (llm.invoke, llm.ainvoke) if hasattr(llm, "invoke") else (llm.complete, llm.acomplete)
    )

    async def asked() -> None:
        await llm.awarm()
        await ainvoke("Hi")
        await llm.aclose()

    if is_async:
        asyncio.run(asked())
    else:
        llm.warm()
        invoke("Hi")
        llm.close()


@pytest.fixture(params=ROOT_ANSWERS.values(), ids=ROOT_ANSWERS)
def server(request: pytest.FixtureRequest) -> Iterator[Warmed]:
    with Warmed(request.param) as running:
        yield running


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_the_first_request_finds_connection_and_name(
    package: Any, server: Warmed, is_async: bool
) -> None:
    ask(package.ChatKimiK2(endpoint="vllm", base_url=server.base_url), is_async=is_async)
    (said,) = server.seen
    assert said.json["model"] == "moonshotai/Kimi-K2.6"
    assert [seen.path for seen in server.asked] == ["/v1/models", "/v1/"]
    assert {seen.port for seen in server.asked} == {said.port}


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_server_that_is_not_there_is_named(package: Any, is_async: bool) -> None:
    llm = package.ChatKimiK2(endpoint="vllm", base_url="http://127.0.0.1:9/v1", model="kimi-k2.6")
    with pytest.raises(KimiConnectionError, match=r"127\.0\.0\.1:9"):
        ask(llm, is_async=is_async)
