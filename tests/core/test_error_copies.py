"""Errors travel: copied and pickled they stay what they are; and they show no key.

Owns: copies, keys that a server repeats, what had come before an error, and quoted bodies.
"""

from __future__ import annotations

import copy
import json
import pickle
import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openai
import pytest

from kimi_core import errors
from kimi_core.events import ParsedMessage
from tests.scripted import ScriptedServer, body, chunk, error, stream
from tests.shared import shared_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from kimi_core.chat import KimiChat

HELLO = [{"role": "user", "content": "Hi"}]
KEY = "sk-made-up-and-repeated"
CLASSES = [
    value
    for name in errors.__all__
    if isinstance(value := getattr(errors, name), type) and issubclass(value, errors.KimiError)
]
COPIES = {"pickle": lambda error: pickle.loads(pickle.dumps(error)), "deepcopy": copy.deepcopy}  # noqa: S301 - our own


def failing(chat: KimiChat) -> errors.KimiAPIError:
    with pytest.raises(errors.KimiAPIError) as caught:
        chat.open(chat.request(HELLO, stream=True)).read()
    return caught.value


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_can_be_copied(
    kind: type[errors.KimiError], copied: Callable[[Any], Any]
) -> None:
    partial = ParsedMessage(content="Hel", reasoning="", tool_calls=(), diagnostics=())
    cut = (errors.KimiStreamTruncatedError, errors.KimiToolCallError)
    extra = (partial,) if kind in cut else ()
    again = copied(kind("what to do", *extra))

    assert type(again) is kind
    assert str(again) == "what to do"
    assert not extra or again.partial == partial


def test_becoming_another_class_twice_is_becoming_it_once() -> None:
    """An error that passes two layers of one framework is made that framework's by each."""
    error = errors.KimiContextOverflowError("too long")
    errors.become(error, LookupError)
    once = type(error)
    errors.become(error, LookupError)
    assert type(error) is once
    assert isinstance(error, (LookupError, errors.KimiContextOverflowError))


def test_what_an_error_became_is_what_it_was_too() -> None:
    """Python 3.10 makes an error anew whose class, on its way, is no subclass of the former one."""
    error = errors.KimiRateLimitError("too many")
    for more in (openai.RateLimitError, LookupError):
        before = type(error)
        errors.become(error, more)
        assert isinstance(error, before)
    copied = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert isinstance(copied, openai.RateLimitError)
    assert isinstance(copied, LookupError)


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_refusal_stays_of_both_trees_and_leaves_the_request_behind(
    server: ScriptedServer, connect: Callable[..., KimiChat], copied: Callable[[Any], Any]
) -> None:
    server.will(error(429, "max RPM: 20", "rate_limit_reached_error", retry_after="3"))
    caught = failing(connect(api_key=KEY))
    again = copied(caught)

    assert type(again) is type(caught)
    assert isinstance(again, openai.RateLimitError)
    assert (again.retry_after, again.limit, again.body) == (3.0, "RPM", caught.body)
    assert again.response is again.request is None
    assert KEY.encode() not in pickle.dumps(caught)


@pytest.mark.parametrize("key", [KEY, "another-kind-of-key"], ids=["like a key", "any text"])
def test_a_key_that_the_server_repeats_is_hidden(
    server: ScriptedServer, connect: Callable[..., KimiChat], key: str
) -> None:
    server.will(error(401, f"Incorrect API key provided: {key}", "incorrect_api_key_error"))
    caught = failing(connect(api_key=key))

    shown = "".join(traceback.format_exception(caught)) + repr(caught) + repr(vars(caught))
    assert key not in shown
    assert "provided: [key hidden]" in str(caught)


def test_a_key_inside_a_200_is_hidden(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    server.will(body({"error": {"message": f"bad key {KEY}", "details": [KEY, 7]}}))
    caught = failing(connect())
    assert KEY not in f"{caught}{vars(caught)}"


def test_an_error_inside_a_stream_keeps_what_had_come(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    broken = {**chunk("error"), "error": {"code": 502, "message": "no"}}
    server.will(stream(chunk(content="Hel"), chunk(content="lo"), broken))
    caught = failing(connect())
    assert caught.partial is not None
    assert caught.partial.content == "Hello"


@pytest.mark.shared("data/recordings")
def test_every_quoted_body_is_the_class_that_its_type_and_words_say(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    lines = shared_path("data/recordings/errors-quoted-from-issues.jsonl").read_text().splitlines()
    kinds = [_kind_of(json.loads(line), server, connect) for line in lines]
    assert kinds == QUOTED


def _kind_of(row: dict[str, Any], server: ScriptedServer, connect: Callable[..., KimiChat]) -> str:
    server.will(body(json.loads(row["body"]), row["status"]))
    return type(failing(connect())).__name__


# In the order of the lines; an overload that calls itself a rate limit is one by its words.
QUOTED = [
    *["KimiBadRequestError"] * 3,
    *["KimiOverloadedError"] * 2,
    *["KimiRateLimitError"] * 4,
    "KimiQuotaError",
    "KimiAuthenticationError",
    "KimiContextOverflowError",
]

# a recorded body -> status, class
RECORDED = {
    "reqllm-groq-error-400-tool-choice": (400, errors.KimiBadRequestError),
    "vercel-moonshot-error-400-json-schema-mfjs": (400, errors.KimiBadRequestError),
    "vercel-moonshot-error-400-k3-temperature": (400, errors.KimiBadRequestError),
    "vercel-moonshot-error-400-svg-image": (400, errors.KimiBadRequestError),
    "vercel-moonshot-error-400-tool-choice-required": (400, errors.KimiBadRequestError),
    "vercel-moonshot-error-404-model": (404, errors.KimiModelNotFoundError),
}


@pytest.mark.shared("data/recordings")
@pytest.mark.parametrize("name", RECORDED)
def test_every_recorded_error_body_is_its_class(
    server: ScriptedServer, connect: Callable[..., KimiChat], name: str
) -> None:
    status, kind = RECORDED[name]
    answer = json.loads(shared_path(f"data/recordings/{name}.json").read_text())
    server.will(body(answer, status))
    caught = failing(connect())
    assert isinstance(caught, kind)
    assert isinstance(caught, errors.KimiStatusError)
    assert caught.server_message == " ".join(answer["error"]["message"].split())[:400]


def test_the_page_of_the_documentation_names_every_class() -> None:
    page = (Path(__file__).parents[2] / "docs" / "client.md").read_text(encoding="utf-8")
    table = set(re.findall(r"`(Kimi\w+Error)`", page))
    bases = {"KimiError", "KimiAPIError", "KimiStatusError"}
    assert table | bases == {kind.__name__ for kind in CLASSES}
