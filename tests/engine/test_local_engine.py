"""The embedded engine itself: it serves, several at a time, and ends whatever it is doing."""

from __future__ import annotations

import contextlib
import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from kimi_core.local import KimiLocalEngineError, LocalEngine, shared_engine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.engine


def ask(engine: LocalEngine, **fields: Any) -> http.client.HTTPConnection:
    """Send a request and do not wait for the answer."""
    connection = http.client.HTTPConnection(urlsplit(engine.base_url).netloc)
    body = {"prompt": "Once upon a time", "temperature": 0, "ignore_eos": True, **fields}
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/v1/completions", json.dumps(body), headers)
    return connection


def test_it_completes_text_and_counts_tokens(complete: Callable[..., dict[str, Any]]) -> None:
    answer = complete(prompt="The capital of France is", max_tokens=3, temperature=0)
    assert "Paris" in answer["choices"][0]["text"]
    usage = answer["usage"]
    assert usage["prompt_tokens"] + usage["completion_tokens"] == usage["total_tokens"]


def test_more_requests_than_slots_are_all_answered(engine: LocalEngine) -> None:
    connections = [ask(engine, max_tokens=4) for _ in range(5)]
    for connection in connections:
        assert connection.getresponse().status == 200
        connection.close()


def test_the_shared_engine_is_the_same_one(engine: LocalEngine) -> None:
    assert shared_engine() is engine
    assert shared_engine(engine.model_path) is engine


@pytest.mark.parametrize("stream", [False, True])
def test_closing_does_not_wait_for_requests_under_way(stream: bool) -> None:
    """In the caller's own process an unstreamed one makes llama.cpp's server wait for ever.

    Not by a clock: whoever waited for them would see the last of four answered.
    """
    with contextlib.ExitStack() as opened, LocalEngine(context_window=2048) as engine:
        for position in range(4):
            asked = ask(engine, max_tokens=2000, stream=stream)
            opened.enter_context(contextlib.closing(asked))
            if stream and not position:
                # Before the others are sent, which may wait for a slot until this one is done.
                opened.enter_context(asked.getresponse()).read(10)
        engine.close()
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            asked.getresponse().read()


def test_a_file_that_is_no_model_is_an_error_with_llama_cpps_words(tmp_path: Path) -> None:
    path = tmp_path / "notes.gguf"
    path.write_text("This is no model.")
    with pytest.raises(KimiLocalEngineError, match=r"could not serve .*notes\.gguf"):
        LocalEngine(path)


def test_an_engine_that_cannot_be_loaded_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a slim image of Debian, where the package is installed and the library is not."""
    (tmp_path / "xllamacpp.py").write_text('raise ImportError("libgomp.so.1: no such file")')
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(KimiLocalEngineError, match=r"cannot be loaded.*libgomp\.so\.1: no such"):
        LocalEngine()
