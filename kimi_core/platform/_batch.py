"""A batch's file of requests, and its files of answers. Sans I/O.

Owns: the lines of both, and matching them by custom_id. May know: its own files, errors, events,
request, response.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kimi_core.errors import KimiConfigError, KimiError, KimiStatusError, error_from_body
from kimi_core.events import ParsedMessage
from kimi_core.platform._routes import json_lines
from kimi_core.request import Request
from kimi_core.response import ResponseReader, Usage

__all__ = ["FILE_BYTES", "BatchResult", "batch_files", "batch_results", "one_file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """What became of one request of a batch.

    Attributes:
        custom_id: The name that it was submitted under.
        message: The answer, or None where there is an error.
        usage: Its tokens, or None where the server did not say.
        finish_reason: Why the answer ended, or None.
        error: The error, kept and not raised; None where there is an answer.
        body: The answer as the server wrote it, or None.
    """

    custom_id: str
    message: ParsedMessage | None = None
    usage: Usage | None = None
    finish_reason: str | None = None
    error: KimiError | None = None
    body: Mapping[str, Any] | None = None


FILE_BYTES = 100_000_000
"""The most that one file of requests may be (https://platform.kimi.ai/docs/api/batch-create, read
2026-11: "max 100MB"). How many requests it may hold is not documented."""


def batch_files(payloads: Mapping[str, Mapping[str, Any]]) -> list[bytes]:
    """Return the files of requests, as many as it takes.

    Args:
        payloads: custom_id -> payload of a chat request.

    Raises:
        KimiConfigError: Where there is no request, one is too long for a file, or is not named by a
            text.
    """
    if not payloads:
        raise KimiConfigError("A batch needs at least one request; requests is empty.")
    files: list[bytearray] = [bytearray()]
    for name, payload in payloads.items():
        line = _line(name, payload)
        if files[-1] and len(files[-1]) + len(line) > FILE_BYTES:
            files.append(bytearray())
        files[-1] += line
    return [bytes(file) for file in files]


def one_file(files: Sequence[bytes]) -> bytes:
    """Return the only file of requests.

    Raises:
        KimiConfigError: Where it takes several.
    """
    if len(files) > 1:
        raise KimiConfigError(
            f"The requests are {sum(map(len, files)):,} bytes long, and a file of them may have "
            f"{FILE_BYTES:,}; use run_batch, which makes as many batches as it takes."
        )
    return files[0]


def _line(name: str, payload: Mapping[str, Any]) -> bytes:
    if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance] - the caller's
        raise KimiConfigError(
            f"The custom_id {name!r} is no text, and answers come back under a text; use "
            f"{str(name)!r}."
        )
    line = {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": payload}
    data = f"{json.dumps(line, ensure_ascii=False)}\n".encode()
    if len(data) > FILE_BYTES:
        raise KimiConfigError(
            f"The request {name!r} is {len(data):,} bytes long, and a file of requests may have "
            f"{FILE_BYTES:,}; make it shorter, or upload its pictures and name them (ms://)."
        )
    return data


def batch_results(text: str, request: Request) -> dict[str, BatchResult]:
    """Read a file of answers or of failures, in any order.

    Args:
        text: Its lines.
        request: Says how an answer of this model at this endpoint is read.

    Raises:
        KimiProtocolError: Where a line is not a JSON object.
    """
    results = (_result(line, request) for line in json_lines(text))
    return {result.custom_id: result for result in results}


_FIRST_ERROR = 400


def _result(line: Mapping[str, Any], request: Request) -> BatchResult:
    name = str(line.get("custom_id"))
    response: Mapping[str, Any] = line.get("response") or {}
    body: Mapping[str, Any] | None = response.get("body")
    status = int(response.get("status_code") or 0)
    if line.get("error") or not (body and body.get("choices")) or status >= _FIRST_ERROR:
        return BatchResult(custom_id=name, error=_error(line, body, status, request), body=body)
    reader = ResponseReader(request)
    try:
        reader.feed(body)
        reader.close()
    except KimiError as error:
        return BatchResult(custom_id=name, error=error, body=body)
    return BatchResult(
        custom_id=name,
        message=reader.message(),
        usage=reader.usage,
        finish_reason=reader.finish_reason,
        body=body,
    )


def _error(
    line: Mapping[str, Any], body: Mapping[str, Any] | None, status: int, request: Request
) -> KimiStatusError:
    reported = line.get("error") or body or {"message": "the batch holds no answer to this request"}
    return error_from_body(
        reported,
        endpoint=request.capabilities.endpoint.name,
        model=request.capabilities.model,
        status=status or None,
    )
