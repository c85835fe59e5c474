"""Moonshot's other routes, asked through `KimiClient` of a simulated server, sync and async.

Owns: models, balance, token estimate, files and batches. The routes' strictness is in
testing/test_storage.py.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
from typing import TYPE_CHECKING, Any

import openai
import pytest

from kimi_core import errors
from kimi_core.chat import KimiChat, Settings
from kimi_core.files import ReadTexts, routes
from kimi_core.platform import Balance, KimiClient, _batch
from kimi_core.platform._batch import batch_results
from kimi_core.testing import MoonshotSimulator, SimulatedReply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILES = ("POST", "/v1/files")
HELLO = [{"role": "user", "content": "Hello there"}]
LONG = [{"role": "user", "content": "x" * 500}]


@pytest.fixture
def moonshot() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator() as server:
        yield server


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest, moonshot: MoonshotSimulator) -> Callable[..., Any]:
    """Call a method, or its async twin in an event loop of its own."""
    settings: dict[str, Any] = {
        "model": "kimi-k2.6",  # kimi-k3 has no batches
        "base_url": moonshot.base_url,
        "api_key": moonshot.api_key,
        "max_retries": 0,
    }

    async def in_a_loop(name: str, *args: Any, **options: Any) -> Any:
        async with KimiClient(**settings) as client:
            return await getattr(client, f"a{name}")(*args, **options)

    def run(name: str, *args: Any, **options: Any) -> Any:
        if request.param == "async":
            return asyncio.run(in_a_loop(name, *args, **options))
        with KimiClient(**settings) as client:
            return getattr(client, name)(*args, **options)

    return run


def test_every_method_has_an_async_twin_with_the_same_arguments() -> None:
    public = {name for name in vars(KimiClient) if not name.startswith("_")} - {"of"}  # makes one
    alone = {name for name in public if f"a{name}" in public}
    assert public == alone | {f"a{name}" for name in alone}
    for name in alone:
        twins = (getattr(KimiClient, name), getattr(KimiClient, f"a{name}"))
        first, second = (inspect.signature(twin).parameters for twin in twins)
        assert first == second


def test_models_say_what_they_can(ask: Callable[..., Any]) -> None:
    first = ask("models")[0]
    assert (first.id, first.context_length, first.reasons) == ("kimi-k3.1-pro", 1_048_576, True)


def test_the_balance_is_typed(ask: Callable[..., Any]) -> None:
    assert ask("balance") == Balance(available=49.58, voucher=46.58, cash=3.0)


def test_tokens_are_counted_by_the_server(
    ask: Callable[..., Any], moonshot: MoonshotSimulator
) -> None:
    assert ask("estimate_tokens", HELLO) > 0
    assert moonshot.requests[-1].body == {"model": "kimi-k2.6", "messages": HELLO}


def test_a_file_is_uploaded_listed_read_and_deleted(ask: Callable[..., Any]) -> None:
    kept = ask("upload_file", "a.txt", content=b"abc")
    assert (kept.filename, kept.size, kept.purpose) == ("a.txt", 3, "file-extract")
    assert kept.url == f"ms://{kept.id}"
    assert ask("files") == (kept,)
    assert ask("file", kept.id) == kept
    assert ask("file_content", kept.id) == "abc"
    assert ask("delete_file", kept.id) is True
    assert ask("files") == ()


def test_a_document_becomes_a_system_message_and_leaves_nothing(
    ask: Callable[..., Any], tmp_path: Any
) -> None:
    (tmp_path / "long.md").write_text("A long text.")
    assert ask("document", tmp_path / "long.md") == {"role": "system", "content": "A long text."}
    assert ask("files") == ()


def test_a_document_is_read_once_for_each_content(moonshot: MoonshotSimulator) -> None:
    """A conversation carries it along; without this it would be uploaded with every turn."""

    async def again(client: KimiClient) -> dict[str, str]:
        return await client.adocument("b.md", content=b"Long.")

    with KimiClient(base_url=moonshot.base_url, api_key=moonshot.api_key) as client:
        texts = [client.document("a.md", content=b"Long.") for _ in range(3)]
        texts.append(asyncio.run(again(client)))
        assert {text["content"] for text in texts} == {"Long."}
        uploads = [one for one in moonshot.requests if (one.method, one.path) == FILES]
        assert len(uploads) == 1
        assert client.document("a.md", content=b"Other.")["content"] == "Other."
        assert client.document("a.txt", content=b"Long.")["content"] == "Long."  # another reader
        assert client.files() == ()
    uploads = [one for one in moonshot.requests if (one.method, one.path) == FILES]
    assert len(uploads) == 3


def test_texts_are_kept_up_to_a_size() -> None:
    texts = ReadTexts(most=10)
    for name in ("a", "b", "c"):
        texts.keep(name, name * 4)
    assert [texts.get(name) for name in "abc"] == [None, "bbbb", "cccc"]
    texts.keep("b", "b")
    texts.keep("d", "d" * 5)
    assert [texts.get(name) for name in "bcd"] == ["b", "cccc", "ddddd"]


def test_a_missing_file_is_not_a_missing_model(ask: Callable[..., Any]) -> None:
    with pytest.raises(errors.KimiNotFoundError, match="Check the id") as caught:
        ask("file", "no/such file")
    assert isinstance(caught.value, openai.NotFoundError)
    assert not isinstance(caught.value, errors.KimiModelNotFoundError)
    assert "for model" not in str(caught.value)


@pytest.fixture
def short_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a file of requests have 800 bytes, not 100 MB, for the sake of the test's time."""
    monkeypatch.setattr(_batch, "FILE_BYTES", 800)


@pytest.mark.usefixtures("short_files")
@pytest.mark.parametrize(
    ("name", "args", "options", "words"),
    [
        ("upload_file", ["a"], {"content": b"", "purpose": "fun"}, "purpose='fun'"),
        ("file", [""], {}, "empty id"),
        ("submit_batch", [{}], {}, "at least one request"),
        ("submit_batch", [{7: HELLO}], {}, "custom_id 7 is no text"),
        ("submit_batch", [{"a": LONG, "b": HELLO}], {}, "use run_batch"),
        ("submit_batch", [{"a": [*LONG, *LONG]}], {}, "'a' is .* bytes long"),
    ],
    ids=["purpose", "id", "no request", "no text", "too long for one file", "too long"],
)
def test_what_cannot_work_is_refused_before_any_request(
    ask: Callable[..., Any],
    moonshot: MoonshotSimulator,
    name: str,
    args: list[Any],
    options: dict[str, Any],
    words: str,
) -> None:
    with pytest.raises(errors.KimiConfigError, match=words):
        ask(name, *args, **options)
    assert moonshot.requests == []


def test_a_batch_gives_answers_and_errors_by_custom_id(
    ask: Callable[..., Any], moonshot: MoonshotSimulator
) -> None:
    refusal = {"error": {"message": "high risk", "type": "content_filter"}}
    inside = SimulatedReply(content="Hi", reasoning="why")
    moonshot.reply(inside, SimulatedReply(error=(400, refusal)))
    batch = ask("submit_batch", {"one": HELLO, "two": HELLO}, metadata={"for": "a test"})
    assert (batch.status, batch.ended) == ("validating", False)

    results = ask("collect_batch", batch.id, poll=0)

    assert results["one"].message.content == "Hi"
    assert results["one"].message.reasoning == "why"
    assert (results["one"].finish_reason, results["one"].error) == ("stop", None)
    assert results["one"].usage.completion_tokens > 0
    assert isinstance(results["two"].error, errors.KimiContentFilterError)
    assert results["two"].message is None
    seen = ask("batch", batch.id)
    assert (seen.total, seen.completed, seen.failed) == (2, 1, 1)
    assert ask("batches", after="batch_0") == (seen,)


def test_a_bar_shows_how_far_a_batch_is(
    ask: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tqdm", reason="of the extra [cli]; life without it is tested below")
    batch = ask("submit_batch", {"one": HELLO, "two": HELLO})
    ask("collect_batch", batch.id, poll=0, progress=True)
    assert "2/2" in capsys.readouterr().err


def test_a_batch_can_be_cancelled(ask: Callable[..., Any]) -> None:
    batch = ask("submit_batch", {"one": HELLO})
    assert ask("cancel_batch", batch.id).status == "cancelling"
    assert ask("collect_batch", batch.id, poll=0) == {}
    assert ask("cancel_batch", batch.id).status == "cancelled", "what has ended stays as it is"
    assert [listed.status for listed in ask("batches")] == ["cancelled"]


def test_a_batch_that_is_refused_as_a_whole_raises(moonshot: MoonshotSimulator) -> None:
    with KimiClient("kimi-k3", base_url=moonshot.base_url, api_key=moonshot.api_key) as client:
        batch = client.submit_batch({"one": HELLO})
        with pytest.raises(errors.KimiBadRequestError, match="a model without batches"):
            client.collect_batch(batch.id, poll=0)


def test_a_bar_without_tqdm_says_what_to_install(
    ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with pytest.raises(errors.KimiConfigError, match=r"kimi-k2-integrations\[cli\]"):
        ask("collect_batch", "batch_1", progress=True)


@pytest.mark.parametrize(
    ("text", "words"),
    [("{}", "lacks 'id'"), ("[1]", "not a JSON object"), ("<html>", "not JSON")],
    ids=["no id", "a list", "a page"],
)
def test_an_answer_of_another_shape_is_a_protocol_error(text: str, words: str) -> None:
    with pytest.raises(errors.KimiProtocolError, match=words):
        routes.file("f").read(text)


def test_an_answer_of_a_batch_without_choices_is_kept_as_an_error() -> None:
    chat = KimiChat(Settings(api_key="sk-made-up"))
    row = {"custom_id": "a", "response": {"status_code": 200, "body": {"choices": []}}}
    lost = {"custom_id": "b", "response": None}
    odd = {"error": {"message": "no", "code": 502}, "choices": [{"index": 0, "delta": {}}]}
    both = {"custom_id": "c", "response": {"status_code": 200, "body": odd}}
    text = "\n\n".join(json.dumps(line) for line in (row, lost, both))
    results = batch_results(text, chat.request(HELLO, stream=False))
    assert isinstance(results["a"].error, errors.KimiError)
    assert "holds no answer" in str(results["b"].error)
    assert isinstance(results["c"].error, errors.KimiServerError)
