"""JSON that was asked for comes without a code fence, whole, streamed and cut anywhere.

Owns: what belongs to a fence, and that no other text is touched.
"""

from __future__ import annotations

from typing import Any

import pytest

from kimi_core.response import ResponseReader
from tests.core.asking import ask
from tests.core.reading import delta, read, whole

OBJECT = '{"code": "```py\\nx\\n```", "a": [1]}'
# What the model writes -> the content.
WRITTEN = {
    "no fence": (OBJECT, OBJECT),
    "a fence": (f"```json\n{OBJECT}\n```", OBJECT),
    "without a name": (f"\n```\n{OBJECT}\n```\n", OBJECT),
    "on one line": (f"```json {OBJECT}```", OBJECT),
    "never closed": (f"```json\n{OBJECT}", OBJECT),
    "a list": ("```json\n[1]\n```", "[1]"),
    "text": ("I cannot.", "I cannot."),
    "code": ("`f()` fails.", "`f()` fails."),
    "another fence": ("```py\nx = 1\n```", "```py\nx = 1\n```"),
    "nothing but a fence": ("```", "```"),
}
FORMS: dict[str, dict[str, Any]] = {
    "schema": {
        "type": "json_schema",
        "json_schema": {"name": "a", "schema": {"type": "object", "properties": {}}},
    },
    "object": {"type": "json_object"},
}


def said(text: str, size: int, **asked: Any) -> ResponseReader:
    pieces = [text[at : at + size] for at in range(0, len(text), size)] if size else []
    streamed = [*(delta(content=piece) for piece in pieces), delta("stop")]
    request = ask("moonshot", "kimi-k2.6", stream=True, **asked)
    reader, _ = read(streamed if size else [whole(content=text)], ResponseReader(request))
    return reader


@pytest.mark.parametrize(("text", "content"), WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("size", [0, 1, 5], ids=["whole", "by letters", "by fives"])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_json_that_was_asked_for_has_no_fence(
    text: str, content: str, size: int, form: dict[str, Any]
) -> None:
    reader = said(text, size, response_format=form)
    assert reader.message().content == content
    odd = [found.kind for found in reader.diagnostics]
    assert ("unfenced_json" in odd) is (content != text)


@pytest.mark.parametrize("size", [0, 1], ids=["whole", "by letters"])
def test_a_fence_that_nobody_asked_to_be_json_stays(size: int) -> None:
    text = f"```json\n{OBJECT}\n```"
    assert said(text, size).message().content == text


@pytest.mark.parametrize(
    "pieces", [("```json", "\n{", '"a":', " 1}\n```"), ("", "{", '"a":', " 1}")]
)
def test_a_stream_tells_json_as_it_comes(pieces: tuple[str, ...]) -> None:
    request = ask("moonshot", "kimi-k2.6", stream=True, response_format=FORMS["object"])
    reader = ResponseReader(request)
    told = [reader.feed(delta(content=piece)) for piece in pieces]
    assert ["".join(event.text for event in events) for events in told] == ["", "{", '"a":', " 1}"]
    reader.feed(delta("stop"))
    assert reader.close() == []


@pytest.mark.parametrize("size", [0, 3], ids=["whole", "by threes"])
def test_text_behind_a_fence_is_not_lost(size: int) -> None:
    reader = said("```json\n{}\n```\nDone.", size, response_format=FORMS["object"])
    assert reader.message().content == "{}\n```\nDone."
