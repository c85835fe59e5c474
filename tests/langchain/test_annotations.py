"""Annotations can be read where a program runs, and type checkers know the keywords.

LangChain reads them itself: ``llm.with_fallbacks([...]).bind_tools(...)`` asks for the annotations
of ``bind_tools``, and a name that is there for type checkers alone is a NameError.
"""

from __future__ import annotations

import inspect
from typing import Any, get_type_hints

import pytest

from kimi_core.chat import ModelKeywords
from langchain_kimi import ChatKimiK2, KimiRateLimiter, _settings
from langchain_kimi.chat_models import ChatKeywords

OURS = ("langchain_kimi", "kimi_core")


def _described(kind: type) -> dict[str, Any]:
    """Return what of a class, and of its bases in this package, has annotations."""
    found: dict[str, Any] = {}
    for owner in kind.__mro__:
        if owner.__module__.partition(".")[0] not in OURS:
            continue
        for name, item in list(vars(owner).items()):  # to look may build a validator
            function = getattr(item, "fget", None) or getattr(item, "__func__", item)
            if inspect.isfunction(function) and (not name.startswith("_") or name == "__init__"):
                found[f"{owner.__name__}.{name}"] = function
    return found


DESCRIBED = {**_described(ChatKimiK2), **_described(KimiRateLimiter)}


def test_the_methods_that_users_call_are_among_them() -> None:
    wanted = {"ChatKimiK2.bind_tools", "Instance.model_copy", "ClosesItself.aclose"}
    assert wanted | {"ChatKimiK2.__init__", "KimiRateLimiter.acquire"} <= DESCRIBED.keys()


@pytest.mark.parametrize("name", DESCRIBED)
def test_the_annotations_of_a_method_can_be_read(name: str) -> None:
    assert get_type_hints(DESCRIBED[name])


@pytest.mark.parametrize("kind", [ChatKimiK2, ChatKeywords, _settings.KimiSettings])
def test_the_annotations_of_a_class_can_be_read(kind: Any) -> None:
    assert get_type_hints(kind)


def test_a_model_with_fallbacks_takes_tools() -> None:
    model = ChatKimiK2(endpoint="vllm", model="kimi-k2-instruct")
    bound = model.with_fallbacks([model]).bind_tools(["$web_search"])
    assert bound.runnable.kwargs["tools"] == bound.fallbacks[0].kwargs["tools"]


# Whatever is for the Responses API, or for the SDK's clients, which are not built here.
UNTYPED = {
    "async_client",
    "client",
    "context_management",
    "http_socket_options",
    "include",
    "openai_proxy",
    "root_async_client",
    "root_client",
    "tiktoken_model_name",
    "truncation",
    "use_previous_response_id",
    "use_responses_api",
}


def test_every_field_is_a_keyword_that_type_checkers_take() -> None:
    named = {item.alias or name for name, item in ChatKimiK2.model_fields.items()}
    own = ChatKeywords.__optional_keys__ - ModelKeywords.__optional_keys__
    assert named - ModelKeywords.__optional_keys__ - UNTYPED == own
