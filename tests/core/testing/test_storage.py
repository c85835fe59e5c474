"""Files and batches of the simulator: what they refuse, and with which body.

Owns: refusals. What works is tested through `KimiClient` in tests/core/test_utilities.py.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core import errors
from kimi_core.endpoints import get_endpoint
from kimi_core.files.routes import file, file_content, upload_file
from kimi_core.platform._routes import Call, create_batch
from kimi_core.testing import MoonshotSimulator
from kimi_core.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def send() -> Iterator[Callable[[Call[Any]], Any]]:
    with MoonshotSimulator() as server:
        base_url, key = server.base_url, server.api_key
        transport = Transport(get_endpoint("moonshot"), base_url=base_url, api_key=key)
        yield lambda call: call.read(transport.send(call))
        transport.close()


def form(**fields: Any) -> Call[Any]:
    files = ("a.txt", b"", "text/plain")
    return Call(method="post", path="/files", read=str, body=fields, files=files)


def post(path: str, body: dict[str, Any]) -> Call[Any]:
    return Call(method="post", path=path, read=str, body=body)


REFUSED = {
    "purpose": (form(purpose="fun"), "Invalid purpose"),
    "empty file": (form(purpose="image"), "File size is zero"),
    "no file": (post("/files", {"purpose": "image"}), "file is required"),
    "no such file": (file("nope"), "Not found the file nope"),
    "no such content": (file_content("nope"), "Not found the file nope"),
    "no such input": (create_batch("nope", window="24h", metadata=None), "Not found the file"),
    "no such batch": (post("/batches/nope/cancel", {}), "Not found the batch nope"),
    "no such look": (Call(method="get", path="/batches/nope", read=str), "Not found the batch"),
    "no such deletion": (Call(method="delete", path="/files/nope", read=str), "Not found the file"),
    "no such route": (post("/files/nope/content", {}), "Not found: POST"),
}


@pytest.mark.parametrize(("call", "words"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_has_the_documented_status(
    send: Callable[[Call[Any]], Any], call: Call[Any], words: str
) -> None:
    with pytest.raises(errors.KimiStatusError, match=words) as caught:
        send(call)
    kinds = {400: "invalid_request_error", 404: "resource_not_found_error"}
    assert caught.value.error_type == kinds[caught.value.status_code]


@pytest.mark.parametrize(
    ("purpose", "change", "words"),
    [
        ("image", {}, "purpose is not batch"),
        ("batch", {"endpoint": "/v1/completions"}, "endpoint must be"),
        ("batch", {"completion_window": "1h"}, "between 12h and 7d"),
    ],
    ids=["purpose", "endpoint", "window"],
)
def test_a_batch_that_breaks_a_rule(
    send: Callable[[Call[Any]], Any], purpose: str, change: dict[str, str], words: str
) -> None:
    kept = send(upload_file("a.jsonl", b"{}", purpose))
    whole = create_batch(kept.id, window="24h", metadata=None).body
    with pytest.raises(errors.KimiBadRequestError, match=words):
        send(post("/batches", {**(whole or {}), **change}))


def test_a_picture_has_no_text(send: Callable[[Call[Any]], Any]) -> None:
    kept = send(upload_file("a.png", b"x", "image"))
    with pytest.raises(errors.KimiBadRequestError, match="no text is extracted"):
        send(file_content(kept.id))


def test_a_request_that_broke_a_rule_is_in_the_file_of_failures(
    send: Callable[[Call[Any]], Any],
) -> None:
    body = {"model": "kimi-k2.6", "messages": [{"role": "user", "content": ""}]}
    line = json.dumps({"custom_id": "a", "body": body})
    batch = send(
        create_batch(
            send(upload_file("a.jsonl", line.encode(), "batch")).id, window="1d", metadata=None
        )
    )
    for _ in range(3):
        seen = json.loads(send(Call(method="get", path=f"/batches/{batch.id}", read=str)))
    assert seen["output_file_id"] == ""
    failure = json.loads(send(file_content(seen["error_file_id"])))
    assert failure["response"]["status_code"] == 400
