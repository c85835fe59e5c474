"""The requests of Moonshot's files API, and what their answers mean. Sans I/O.

Owns: routes, request fields and answer shapes of files (platform.kimi.ai/docs/api, 2026-09).
May know: errors, transport. Sending is elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kimi_core.errors import KimiConfigError, KimiProtocolError
from kimi_core.transport.answers import field_of, json_object, list_of, path_of
from kimi_core.transport.call import Call

__all__ = ["RemoteFile", "delete_file", "file", "file_content", "files", "upload_file"]

_PURPOSES = ("file-extract", "image", "video", "batch")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """An uploaded file.

    Attributes:
        id: Its id.
        filename: Its name.
        purpose: "file-extract", "image", "video", "batch" or "batch_output".
        size: Bytes.
        status: The server's word, e.g. "ok" or "error".
        created_at: Seconds since 1970, or None.
    """

    id: str
    filename: str
    purpose: str
    size: int
    status: str
    created_at: int | None

    @property
    def url(self) -> str:
        """How a message names an uploaded picture or video: ``ms://`` and the id."""
        return f"ms://{self.id}"


def upload_file(name: str, content: bytes, purpose: str) -> Call[RemoteFile]:
    """Upload a file.

    Raises:
        KimiConfigError: For a purpose that the API does not have.
    """
    if purpose not in _PURPOSES:
        raise KimiConfigError(
            f"purpose={purpose!r} is none that a file can be uploaded for; "
            f"use one of {', '.join(_PURPOSES)}."
        )
    return Call(
        method="post",
        path="/files",
        read=lambda text: _file(json_object(text)),
        body={"purpose": purpose},
        files=(name, content, "application/octet-stream"),
    )


def files() -> Call[tuple[RemoteFile, ...]]:
    """List the uploaded files."""
    return Call(method="get", path="/files", read=list_of(_file))


def file(file_id: str) -> Call[RemoteFile]:
    """Ask about one file."""
    return Call(
        method="get",
        path=path_of("files", file_id),
        read=lambda text: _file(json_object(text)),
    )


def delete_file(file_id: str) -> Call[bool]:
    """Delete a file; True where the server says that it is gone."""
    return Call(
        method="delete",
        path=path_of("files", file_id),
        read=lambda text: bool(json_object(text).get("deleted")),
    )


def file_content(file_id: str) -> Call[str]:
    """Ask for the text that was extracted from a file, or for the lines of a batch's output."""
    return Call(method="get", path=f"{path_of('files', file_id)}/content", read=str)


def _file(fields: Mapping[str, Any]) -> RemoteFile:
    file_id, size = field_of(fields, "id"), fields.get("bytes")
    if not isinstance(file_id, str) or not file_id:
        raise KimiProtocolError(f"the server's answer has a file with the id {file_id!r}.")
    return RemoteFile(
        id=file_id,
        filename=str(fields.get("filename") or ""),
        purpose=str(fields.get("purpose") or ""),
        size=int(size) if isinstance(size, (int, float)) else 0,
        status=str(fields.get("status") or ""),
        created_at=fields.get("created_at"),
    )
