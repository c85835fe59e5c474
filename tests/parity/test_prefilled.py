"""An answer that is continued comes back whole, in both adapters.

Owns: `prefilled` and its async twin.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from langchain_core.messages import HumanMessage
from llama_index.core.llms import ChatMessage

import langchain_kimi
import llama_index_kimi
from kimi_core.errors import KimiConfigError
from kimi_core.testing import MoonshotSimulator, SimulatedReply

PACKAGES = {
    langchain_kimi: [HumanMessage("JSON, please.")],
    llama_index_kimi: [ChatMessage(role="user", content="JSON, please.")],
}
packages = pytest.mark.parametrize("package", PACKAGES, ids=lambda one: one.__name__)


def text_of(answer: Any) -> str:
    return str(answer.text if hasattr(answer, "text") else answer.message.content)


@packages
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("version", [None, "v1"])
def test_prefix_and_continuation_are_one(
    package: Any, asynchronous: bool, version: str | None
) -> None:
    if version and package is llama_index_kimi:
        pytest.skip("LangChain's forms of content")
    with MoonshotSimulator() as server:
        server.reply(SimulatedReply(content='"a": 1}', reasoning="Hm."))
        where = {"endpoint": "moonshot", "base_url": server.base_url, "api_key": server.api_key}
        form = {"output_version": version} if version else {}
        llm = package.ChatKimiK2(model="kimi-k2.6", **where, **form)
        if asynchronous:
            answer = asyncio.run(package.aprefilled(llm, PACKAGES[package], "{", max_tokens=9))
        else:
            answer = package.prefilled(llm, PACKAGES[package], "{", max_tokens=9)
        assert text_of(answer) == '{"a": 1}'
        sent = server.requests[-1].body["messages"][-1]
        assert (sent["role"], sent["content"], sent["partial"]) == ("assistant", "{", True)
        assert server.refusals == []
        llm.close()


@packages
def test_a_server_that_begins_anew_is_refused(package: Any) -> None:
    llm = package.ChatKimiK2(endpoint="openrouter", api_key="k")
    with pytest.raises(KimiConfigError, match="partial=True is refused"):
        package.prefilled(llm, PACKAGES[package], "{")
