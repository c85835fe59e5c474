"""`examples/chat_page` hands each event on as it comes, and a real browser shows what they say.

Owns: the page's server in a thread, its events, and the picture of docs/. May know: FastAPI and
uvicorn; Playwright and a Chromium (``make test-browser``). Tests are skipped where these are not
installed. No model answers.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import shutil
import socket
import sys
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall
from tests.scripted import EVENT_STREAM, Answer, Listener, ScriptedServer, chunk, error, sse

if TYPE_CHECKING:
    from collections.abc import Iterator

APP = Path(__file__).parents[2] / "examples" / "chat_page" / "app.py"
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
QUOTES = 'Fast: "the current runs at six knots" [1]. Not "as slow as mud" [2], nor <b>.'

httpx = pytest.importorskip("httpx")
uvicorn = pytest.importorskip("uvicorn")
pytest.importorskip("fastapi.sse")
pytest.importorskip("langchain_openai")


@pytest.fixture
def simulator() -> Iterator[MoonshotSimulator]:
    search = SimulatedToolCall("search", '{"words": "current"}')
    with MoonshotSimulator() as server:
        server.reply(SimulatedReply(reasoning="The rules know.", tool_calls=[search]))
        server.reply(SimulatedReply(reasoning="Six knots.", content=QUOTES))
        yield server


@pytest.fixture
def served() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@contextmanager
def page_of(base_url: str, api_key: str = "sk-scripted") -> Iterator[str]:
    """Run the example's server, and give its address."""
    adapter = importlib.import_module("langchain_kimi")
    where = {"endpoint": "moonshot", "base_url": base_url, "api_key": api_key, "max_retries": 0}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adapter, "ChatKimiK2", partial(adapter.ChatKimiK2, **where))
        patch.syspath_prepend(APP.parent)
        patch.delitem(sys.modules, "harbour", raising=False)  # its agent asks another server
        app = runpy.run_path(str(APP))["app"]
    with socket.create_server(("127.0.0.1", 0)) as listening:  # who connects now, waits
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def asked(page: str, text: str = "How fast is the current?") -> Any:
    """Post a question as the page does; enter it for the answer."""
    return httpx.stream("POST", f"{page}/ask", json={"text": text, "thread": "1"}, timeout=60)


def events(answer: Any) -> Iterator[tuple[str, Any]]:
    """Read the events of an answer as they come."""
    name = ""
    for line in answer.iter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)


def summed(told: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Join texts that follow each other under one name."""
    joined: list[tuple[str, Any]] = []
    for name, data in told:
        if joined and joined[-1][0] == name and isinstance(data, str):
            joined[-1] = (name, joined[-1][1] + data)
        else:
            joined.append((name, data))
    return joined


def test_a_turn_is_reasoning_a_call_its_sources_and_an_answer(simulator: MoonshotSimulator) -> None:
    with page_of(simulator.base_url, simulator.api_key) as page, asked(page) as answer:
        assert answer.headers["content-type"].startswith(EVENT_STREAM)
        told = summed(list(events(answer)))

    assert [name for name, _ in told] == [
        *("reasoning", "call", "sources"),
        *("reasoning", "text", "end"),
    ]
    assert told[0][1] == "The rules know."
    assert told[1][1]["args"] == {"words": "current"}
    assert told[2][1][0].endswith("runs at six knots.")
    assert told[4][1] == QUOTES
    assert simulator.refusals == []


def test_an_event_is_handed_on_before_the_next_has_come(served: ScriptedServer) -> None:
    pieces = (sse(chunk(reasoning_content="Hm."), done=False), sse(chunk("stop", content="Yes.")))
    served.will(Answer(pieces, headers={"content-type": EVENT_STREAM}, holds_after=1))
    with page_of(served.base_url) as page, asked(page) as answer:
        told = events(answer)
        assert next(told) == ("reasoning", "Hm.")
        served.released.set()
        assert list(told) == [("text", "Yes."), ("end", "")]


def test_who_leaves_the_page_ends_the_request(
    served: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung_up = threading.Event()
    monkeypatch.setattr(Listener, "handle_error", lambda *_: hung_up.set())
    more = sse(chunk(content="and "), done=False)
    served.will(Answer((more,), headers={"content-type": EVENT_STREAM}, repeats=more))
    with page_of(served.base_url) as page:
        with asked(page) as answer:
            assert next(events(answer)) == ("text", "and ")
        assert hung_up.wait(60)


def test_what_fails_is_one_sentence_without_the_key(served: ScriptedServer) -> None:
    served.will(error(401, "Invalid Authentication", "invalid_authentication_error"))
    with page_of(served.base_url) as page, asked(page) as answer:
        told = list(events(answer))
    assert [name for name, _ in told] == ["error", "end"]
    assert "Invalid Authentication" in told[0][1]
    assert "sk-scripted" not in told[0][1]


def test_a_browser_shows_what_came_and_judges_each_citation(
    simulator: MoonshotSimulator, tmp_path: Path
) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"no browser is on the path: {', '.join(BROWSERS)}")
    picture = Path(os.environ.get("KIMI_SCREENSHOT") or tmp_path / "page.png")
    with (
        page_of(simulator.base_url, simulator.api_key) as page,
        playwright.sync_playwright() as run,
    ):
        browser = run.chromium.launch(executable_path=program, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 720, "height": 330})
        broken: list[str] = []
        tab.on("pageerror", lambda failure: broken.append(str(failure)))
        tab.goto(page)
        tab.fill("input", "How fast is the current?")
        tab.press("input", "Enter")
        tab.wait_for_selector("button:enabled")
        tab.wait_for_selector(".source")
        lines = [
            (line.get_attribute("class"), line.inner_text())
            for line in tab.query_selector_all("main > div")
        ]
        links = [link.inner_text() for link in tab.query_selector_all("a")]
        unfounded = [link.inner_text() for link in tab.query_selector_all(".unfounded")]
        tab.screenshot(path=picture)
        browser.close()

    assert lines == [
        ("asked", "How fast is the current?"),
        ("reasoning", "The rules know."),
        ("call", 'search({"words":"current"})'),
        ("reasoning", "Six knots."),
        ("text", QUOTES),
        ("source", "[1] At spring tide the current runs at six knots."),
        ("source", "[2] Long ships pass at slack water."),
    ]
    assert links == ['"the current runs at six knots" [1]']
    assert unfounded == ['"as slow as mud" [2]']
    assert broken == []
