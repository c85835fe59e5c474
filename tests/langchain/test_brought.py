"""What a message brings with it: pictures of the web, and tools of a system message."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.load import dumps
from langchain_core.messages import HumanMessage, SystemMessage

from kimi_core.errors import KimiConfigError
from langchain_kimi import ChatKimiK2

URL = "https://example.org/a.png"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
ASKED = [HumanMessage([{"type": "image_url", "image_url": {"url": URL}}])]


def sent_url(model: ChatKimiK2, **call: Any) -> str:
    payload = model._get_request_payload(ASKED, **call)
    return payload["messages"][0]["content"][0]["image_url"]["url"]


def test_a_picture_of_the_web_is_fetched_by_the_function_that_is_set() -> None:
    fetched: list[str] = []

    def fetch(url: str) -> bytes:
        fetched.append(url)
        return PNG

    model = ChatKimiK2(api_key="k", media_fetcher=fetch)
    assert sent_url(model).startswith("data:image/png;base64,")
    assert fetched == [URL]
    assert "media_fetcher" not in model._get_request_payload(ASKED)


def test_the_function_of_one_call_goes_first() -> None:
    def never(url: str) -> bytes:
        raise AssertionError(url)

    model = ChatKimiK2(api_key="k", media_fetcher=never)
    assert sent_url(model, media_fetcher=lambda _: PNG).startswith("data:image/png")


def test_without_one_the_error_names_it() -> None:
    with pytest.raises(KimiConfigError, match="media_fetcher"):
        sent_url(ChatKimiK2(api_key="k"))


def test_the_function_is_in_no_dump_and_no_trace() -> None:
    model = ChatKimiK2(api_key="k", media_fetcher=lambda _: PNG)
    shown = [
        dumps(model),
        str(model.model_dump()),
        repr(model),
        str(model._get_invocation_params()),
    ]
    assert not any("media_fetcher" in each for each in shown)


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return city


def test_a_system_message_brings_tools_to_kimi_k3() -> None:
    brings = SystemMessage("", additional_kwargs={"tools": [get_weather]})
    payload = ChatKimiK2(api_key="k", model="kimi-k3")._get_request_payload(
        [HumanMessage("Go."), brings]
    )
    message = payload["messages"][1]
    assert message.keys() == {"role", "tools"}
    assert [tool["function"]["name"] for tool in message["tools"]] == ["get_weather"]


@pytest.mark.parametrize(
    "parts",
    [
        ["a", "b"],
        [{"type": "text", "text": "a", "id": "x"}, "b"],
        [{"type": "text", "text": "ab", "index": 0, "annotations": []}],
    ],
    ids=["strings", "with-an-id", "as-streamed"],
)
def test_parts_of_text_alone_are_sent_as_one_string(parts: list[Any]) -> None:
    """Many chat templates of engines take nothing else."""
    payload = ChatKimiK2(endpoint="vllm", model="kimi-k2")._get_request_payload(
        [HumanMessage(parts)]
    )
    assert payload["messages"] == [{"role": "user", "content": "ab"}]
