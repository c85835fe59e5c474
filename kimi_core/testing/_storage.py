"""Files and batches of the simulator.

Owns: what was uploaded, the batches, and their routes. Simulated: no text is extracted (a file's
content is its bytes as UTF-8), and a batch takes one step with every look at it. May know: the
standard library. Refusals have the documented status and type; their wordings are its own.
"""

from __future__ import annotations

import json
import re
from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["FORM", "Storage", "read_form"]

FORM = "multipart/form-data"
_CREATED = 1_787_762_060
_PURPOSES = ("file-extract", "image", "video", "batch")
_PAGE = 20
_NO_TEXT = frozenset({"image", "video"})
_WINDOW = re.compile(r"(1[2-9]|[2-9][0-9]|1[0-5][0-9]|16[0-8])h|[1-7]d")
_BATCH_MODELS = ("kimi-k2.6", "kimi-k2.7-code", "kimi-k2.7-code-highspeed")
_NEXT = {
    "validating": "in_progress",
    "in_progress": "finalizing",
    "finalizing": "completed",
    "cancelling": "cancelled",
}

Answer = tuple[int, "dict[str, Any] | str"]


def read_form(content_type: str, raw: bytes) -> dict[str, Any]:
    """Return the fields of a form; a file is {"filename": str, "content": bytes}."""
    head = f"content-type: {content_type}\r\n\r\n".encode()
    form: dict[str, Any] = {}
    for part in BytesParser(policy=HTTP).parsebytes(head + raw).iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        content = cast("bytes", part.get_payload(decode=True))
        filename = part.get_filename()
        file = {"filename": filename, "content": content}
        form[name] = content.decode() if filename is None else file
    return form


def _refused(message: str) -> Answer:
    return 400, {"error": {"message": message, "type": "invalid_request_error"}}


def _missing(what: str, name: str) -> Answer:
    message = f"Not found the {what} {name} or Permission denied"
    return 404, {"error": {"message": message, "type": "resource_not_found_error"}}


class Storage:
    """What one simulator keeps.

    Args:
        ask: Answers a chat request of a batch: from its body to a status and a body.
    """

    def __init__(self, ask: Callable[[Any], tuple[int, Any]]) -> None:
        self._ask = ask
        self._files: dict[str, dict[str, Any]] = {}
        self._contents: dict[str, bytes] = {}
        self._batches: dict[str, dict[str, Any]] = {}

    def answer(self, method: str, path: str, body: Any) -> Answer | None:  # noqa: ANN401 - any JSON value
        """Answer a request, or return None where it is for none of these routes.

        Args:
            method: Its method.
            path: Its path.
            body: Its body; of a GET its query.
        """
        _, _, collection, *rest = [*path.split("/"), ""][:6]
        keys = [key for key in rest if key]
        routes = {
            ("POST", "files", 0): self._upload,
            ("GET", "files", 0): self._list_files,
            ("GET", "files", 1): self._file,
            ("DELETE", "files", 1): self._delete,
            ("GET", "files", 2): self._content,
            ("POST", "batches", 0): self._create,
            ("GET", "batches", 0): self._list_batches,
            ("GET", "batches", 1): self._look,
            ("POST", "batches", 2): self._cancel,
        }
        route = routes.get((method, collection, len(keys)))
        tail = {("files", "content"), ("batches", "cancel")}
        if route is None or (len(keys) > 1 and (collection, keys[1]) not in tail):
            return None
        return route(keys[0] if keys else "", body)

    def _upload(self, _name: str, body: Any) -> Answer:  # noqa: ANN401 - a form
        purpose = body.get("purpose")
        if purpose not in _PURPOSES:
            return _refused(f"Invalid purpose: only {', '.join(_PURPOSES)} are accepted")
        file = body.get("file")
        if not isinstance(file, dict):
            return _refused("Invalid request: file is required")
        given = cast("Mapping[str, Any]", file)
        if not given["content"]:
            return _refused("File size is zero, please confirm and re-upload the file")
        return 200, self._kept(given["filename"], given["content"], purpose)

    def _kept(self, filename: str, content: bytes, purpose: str) -> dict[str, Any]:
        name = f"file_simulated{len(self._contents)}"
        self._contents[name] = content
        self._files[name] = {
            "id": name,
            "object": "file",
            "bytes": len(content),
            "created_at": _CREATED,
            "filename": filename,
            "purpose": purpose,
            "status": "ok",
            "status_details": "",
        }
        return self._files[name]

    def _list_files(self, _name: str, _body: object) -> Answer:
        return 200, {"object": "list", "data": list(self._files.values())}

    def _file(self, name: str, _body: object) -> Answer:
        return (200, self._files[name]) if name in self._files else _missing("file", name)

    def _delete(self, name: str, _body: object) -> Answer:
        if self._files.pop(name, None) is None:
            return _missing("file", name)
        return 200, {"id": name, "object": "file", "deleted": True}

    def _content(self, name: str, _body: object) -> Answer:
        if name not in self._files:
            return _missing("file", name)
        if self._files[name]["purpose"] in _NO_TEXT:
            return _refused("Invalid request: no text is extracted from an image or a video")
        return 200, self._contents[name].decode(errors="replace")

    def _create(self, _name: str, body: Any) -> Answer:  # noqa: ANN401 - any JSON value
        source = self._files.get(str(body.get("input_file_id")))
        if source is None:
            return _missing("file", str(body.get("input_file_id")))
        if source["purpose"] != "batch":
            return _refused("Invalid request: the file's purpose is not batch")
        if body.get("endpoint") != "/v1/chat/completions":
            return _refused("Invalid request: endpoint must be /v1/chat/completions")
        if not _WINDOW.fullmatch(str(body.get("completion_window"))):
            return _refused("Invalid request: completion_window must be between 12h and 7d")
        name = f"batch_simulated{len(self._batches)}"
        self._batches[name] = {
            "id": name,
            "object": "batch",
            "created_at": _CREATED,
            "status": "validating",
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
            "metadata": {},
            **body,
        }
        return 200, dict(self._batches[name])

    def _list_batches(self, _name: str, query: Any) -> Answer:  # noqa: ANN401 - names and texts
        """List a page, newest first; behind an id that there is none of comes the first page."""
        newest = list(reversed(self._batches))
        after = query.get("after")
        start = newest.index(after) + 1 if after in self._batches else 0
        limit = query.get("limit", "")
        end = start + (int(limit) if limit.isdecimal() else _PAGE)
        page = [self._batches[name] for name in newest[start:end]]
        return 200, {"object": "list", "data": page, "has_more": end < len(newest)}

    def _look(self, name: str, _body: object) -> Answer:
        batch = self._batches.get(name)
        if batch is None:
            return _missing("batch", name)
        if batch["status"] == "validating" and not self._validate(batch):
            return 200, batch
        batch["status"] = _NEXT.get(batch["status"], batch["status"])
        if batch["status"] == "completed" and "output_file_id" not in batch:
            self._run(batch)
        return 200, batch

    def _cancel(self, name: str, _body: object) -> Answer:
        batch = self._batches.get(name)
        if batch is None:
            return _missing("batch", name)
        if batch["status"] in _NEXT:
            batch["status"] = "cancelling"
        return 200, batch

    def _lines(self, batch: Mapping[str, Any]) -> list[dict[str, Any]]:
        text = self._contents[batch["input_file_id"]].decode()
        return [json.loads(line) for line in text.split("\n") if line]

    def _validate(self, batch: dict[str, Any]) -> bool:
        lines = self._lines(batch)
        other = [line for line in lines if line["body"].get("model") not in _BATCH_MODELS]
        if other or not lines:
            message = "the file holds no request, or one of a model without batches"
            batch["errors"] = {"object": "list", "data": [{"message": message}]}
            batch["status"] = "failed"
            return False
        batch["request_counts"]["total"] = len(lines)
        return True

    def _run(self, batch: dict[str, Any]) -> None:
        rows: dict[bool, list[str]] = {True: [], False: []}
        for line in self._lines(batch):
            status, body = self._ask(line["body"])
            response = {"status_code": status, "body": body}
            row = {"custom_id": line["custom_id"], "response": response, "error": None}
            rows[status == 200].append(json.dumps(row))  # noqa: PLR2004 - OK
        counts = batch["request_counts"]
        counts["completed"], counts["failed"] = len(rows[True]), len(rows[False])
        for name, good in (("output_file_id", True), ("error_file_id", False)):
            text = "\n".join(rows[good]).encode()
            batch[name] = self._kept("out.jsonl", text, "batch_output")["id"] if text else ""
