"""A batch's file of requests, and its files of answers. Sans I/O.

Owns: the lines of both, and matching them by custom_id. May know: its own files, errors, events,
request, response.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kimi_core.errors import KimiError, KimiStatusError, error_from_body
from kimi_core.events import ParsedMessage
from kimi_core.platform._routes import json_lines
from kimi_core.request import Request
from kimi_core.response import ResponseReader, Usage

__all__ = ["BatchResult", "batch_lines", "batch_results"]


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


def batch_lines(payloads: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Return the file of requests: custom_id -> payload of a chat request."""
    lines = (
        {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": payload}
        for name, payload in payloads.items()
    )
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines).encode()


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
