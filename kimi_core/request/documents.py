"""Documents in messages: text is told as it is, any other has to be read at Moonshot first.

Owns: what a document says of itself, which are text, and where the texts of the others go.
May know: its own files, _json, capabilities, errors. Reads local files only where the caller
allowed it; fetches, uploads and reads nothing by itself: `kimi_core.files` has Moonshot read a
document.

No model of Kimi's has a message part for documents. A PDF among the parts is a 400 at Moonshot.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any
from urllib.parse import unquote_to_bytes

from kimi_core._json import as_mapping, as_sequence, with_parts
from kimi_core.capabilities import Capabilities
from kimi_core.errors import KimiConfigError
from kimi_core.request._local_files import path_of_url, read_local
from kimi_core.request._media_types import media_type_of
from kimi_core.request.foreign import attached, left_out, named_text

__all__ = [
    "Document",
    "document_part",
    "documents_in",
    "file_part",
    "titled_parts",
    "with_documents",
    "with_texts",
]

_UNNAMED = "document"
_UNREAD = "(the text of this document, which Moonshot reads before the request is sent)"
_NOTHING = "(no text was found in this document)"
# What may be UTF-8 without a zero byte and is no text all the same: small PDFs often are.
_NO_TEXT = ("%PDF-", "{\\rtf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document that is no text.

    Attributes:
        name: What the caller calls it.
        data: Its bytes.
        media_type: What the caller says that it is, or None.
    """

    name: str
    data: bytes = field(repr=False)
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class _Rules:
    """What holds for the documents of one request; see `with_documents`."""

    capabilities: Capabilities
    files: str | None
    folder: str | PathLike[str] | None


def document_part(
    name: str,
    data: bytes | None,
    *,
    path: str | PathLike[str] | None = None,
    url: str | None = None,
    media_type: str | None = None,
    folder: str | PathLike[str] | None = None,
) -> dict[str, Any]:
    """Return a document as a part of a message: its name and its text, or what is to be read.

    Args:
        name: What it is called.
        data: The document; None where a file holds it, or nothing that may be read.
        path: The file, where there is one.
        url: Where it is in the web, in place of both.
        media_type: What the caller says that it is.
        folder: Where files may be read; see `Options.media_folder`.

    Raises:
        KimiConfigError: For one that has nothing of the three, and for a file that may not be read.
    """
    if url is not None:
        return {"type": "file", "file": {"filename": name, "file_url": url}}
    if data is None and path is None:
        raise _is_far(name, "")
    if data is None:
        data = read_local(str(path), "a document block", folder=folder, limit=None)
    return _part(Document(name=name, data=data, media_type=media_type))


def file_part(name: str | None, **file: Any) -> dict[str, Any]:  # noqa: ANN401 - see below
    """Return a file of a framework's message as OpenAI's part, or as its text where it is text.

    Args:
        name: What it is called, or None.
        **file: "file_data" (a data URL), "file_url" or "file_id", the one that is there.
    """
    said = {"filename": name or _UNNAMED, **file}
    document = _of_data(said, "the file") if "file_data" in file else None
    is_text = document is not None and _text_of(document) is not None
    return _part(document) if document and is_text else {"type": "file", "file": said}


def titled_parts(title: str, parts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the parts of a source that has a title: its text is told with it, on its own lines."""
    texts = [part["text"] for part in parts if part["type"] == "text"]
    told = [{"type": "text", "text": named_text(title, "".join(texts))}] if texts else []
    return [*told, *(part for part in parts if part["type"] != "text")]


def with_documents(
    messages: Sequence[Mapping[str, Any]],
    capabilities: Capabilities,
    *,
    files: str | None = None,
    folder: str | PathLike[str] | None = None,
) -> Sequence[Mapping[str, Any]]:
    """Return messages in which a document is its text, or holds the bytes that are to be read.

    Args:
        messages: OpenAI-style dicts. Not changed.
        capabilities: Whether its server reads documents, how many and how large.
        files: "extract" allows what is no text; see `Options.files`.
        folder: Where files may be read; see `Options.media_folder`.

    Raises:
        KimiConfigError: For ``files`` at a server that reads none, and for a document that cannot
            be told.
    """
    endpoint = capabilities.endpoint
    if files is not None and not endpoint.extracts_files:
        raise KimiConfigError(
            f"files={files!r} is refused: endpoint {endpoint.name!r} has no files API that "
            "reads documents; extract their text first, use endpoint='moonshot', or set "
            "extracts_files=True in the Endpoint of a relay of its."
        )
    if not any(as_mapping(part) for message in with_parts(messages) for part in _parts(message)):
        return messages
    rules = _Rules(capabilities, files, folder)
    read = [
        _with_parts(message, f"messages[{position}].content", rules)
        for position, message in enumerate(messages)
    ]
    _check_amount(documents_in(read), capabilities)
    return read


def documents_in(messages: Sequence[Mapping[str, Any]]) -> list[Document]:
    """Return the documents that have to be read, in the order in which they stand."""
    parts = (part for message in with_parts(messages) for part in _parts(message))
    return [document for part in parts if (document := _held(part)) is not None]


def with_texts(
    messages: Sequence[Mapping[str, Any]], texts: Sequence[str] | None
) -> Sequence[Mapping[str, Any]]:
    """Return messages with the texts of `documents_in`; None: a line that says what comes there."""
    documents = documents_in(messages)
    if not documents:
        return messages
    told = iter([_UNREAD] * len(documents) if texts is None else texts)
    return [
        {**message, "content": [_told(part, told) for part in parts]}
        if (parts := _parts(message))
        else message
        for message in messages
    ]


def _told(part: Any, texts: Iterator[str]) -> Any:  # noqa: ANN401 - a part of any server
    document = _held(part)
    return part if document is None else _text_part(document.name, next(texts) or _NOTHING)


def _parts(message: Mapping[str, Any]) -> Sequence[Any]:
    return as_sequence(message.get("content")) or ()


def _held(part: object) -> Document | None:
    """Return the document whose bytes a part holds."""
    file = (as_mapping(part) or {}).get("file")
    return file if isinstance(file, Document) else None


def _text_part(name: str, text: str) -> dict[str, Any]:
    return {"type": "text", "text": named_text(name, text)}


def _part(document: Document) -> dict[str, Any]:
    text = _text_of(document)
    return {"type": "file", "file": document} if text is None else _text_part(document.name, text)


def _text_of(document: Document) -> str | None:
    try:
        text = document.data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text or text.startswith(_NO_TEXT) else text


def _with_parts(message: Mapping[str, Any], where: str, rules: _Rules) -> Mapping[str, Any]:
    parts = _parts(message)
    if not parts:
        return message
    if message.get("role") == "tool":
        parts = [_link(part) or part for part in parts]
    read = _read_of_model if message.get("role") == "assistant" else _read
    told = (read(part, f"{where}[{index}]", rules) for index, part in enumerate(parts))
    return {**message, "content": [part for part in told if part is not None]}


def _read_of_model(part: Any, where: str, rules: _Rules) -> Any:  # noqa: ANN401 - as below
    """Return None for a document of another model's that cannot be told: nobody could help it."""
    try:
        return _read(part, where, rules)
    except KimiConfigError as error:
        left_out("file", error)
        return None


def _read(part: Any, where: str, rules: _Rules) -> Any:  # noqa: ANN401 - a part of any server
    document = _held(part)
    if document is None:
        file = _file_of(as_mapping(part) or {})
        taken = rules.capabilities.endpoint.takes_other_parts and rules.files is None
        if file is None or (taken and "file_url" not in file):
            return part
        document = _document(file, where, rules)
    part = _part(document)
    if part["type"] == "file" and rules.files is None:
        raise KimiConfigError(
            f"{where}: document {document.name!r} ({document.media_type or 'unknown type'}) is not "
            "text, and Kimi has no message part for documents; pass files='extract' to have "
            "Moonshot's files API read it (there alone), or extract its text first, with a reader "
            "of your framework."
        )
    return part


def _link(part: object) -> dict[str, Any] | None:
    """Return as text the address that a tool answered with, as MCP servers do with resources."""
    file = as_mapping((as_mapping(part) or {}).get("file")) or {}
    url = str(file.get("file_url") or "")
    is_far = url.partition(":")[0].lower() in {"http", "https"}
    return _text_part(str(file.get("filename") or _UNNAMED), url) if is_far else None


def _file_of(part: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the file of OpenAI's part, or of Anthropic's document; None for any other part."""
    part = attached(part) or part
    if part.get("type") == "file":
        return as_mapping(part.get("file"))
    source = as_mapping(part.get("source")) or {}
    if part.get("type") != "document" or source.get("type") != "base64":
        return None
    data = f"data:{source.get('media_type')};base64,{source.get('data')}"
    return {"filename": part.get("title") or _UNNAMED, "file_data": data}


def _document(file: Mapping[str, Any], where: str, rules: _Rules) -> Document:
    name, url = str(file.get("filename") or _UNNAMED), str(file.get("file_url") or "")
    if file.get("file_data"):
        return _of_data(file, where)
    if not url and not file.get("file_id"):
        raise KimiConfigError(
            f"{where}: document {name!r} is empty; give its data, or leave it out."
        )
    if not url:
        raise KimiConfigError(
            f"{where}: document {name!r} is a file id ({file.get('file_id')!r}), which a message "
            "from anybody could name; give its data, or the text that "
            "kimi_core.platform.KimiClient().file_content(id) returns."
        )
    scheme = url.partition(":")[0].lower()
    if scheme in {"http", "https"}:
        raise _is_far(name, f"{where}: ")
    if scheme == "data":
        return _of_data({**file, "file_data": url}, where)
    path = path_of_url(url, where) if scheme == "file" else url
    limit = rules.capabilities.endpoint.max_file_bytes
    data = read_local(path, where, folder=rules.folder, limit=limit)
    named = path.replace("\\", "/").rpartition("/")[2] if name == _UNNAMED else name
    return Document(name=named, data=data)


def _of_data(file: Mapping[str, Any], where: str) -> Document:
    head, comma, rest = str(file["file_data"]).partition(",")
    try:
        if comma and not head.lower().endswith(";base64"):
            data = unquote_to_bytes(rest)  # data:text/plain,Hello%20there
        else:
            data = base64.b64decode(rest if comma else head, validate=True)
    except (binascii.Error, ValueError) as error:
        raise KimiConfigError(
            f"{where}: the data of document {file.get('filename')!r} is no base64; give a data URL "
            "(data:application/pdf;base64,...)."
        ) from error
    kind = head.removeprefix("data:").partition(";")[0] if comma else None
    return Document(name=str(file.get("filename") or _UNNAMED), data=data, media_type=kind)


def _is_far(name: str, where: str) -> KimiConfigError:
    return KimiConfigError(
        f"{where}document {name!r} is a URL, which Kimi does not fetch; give its bytes as data, or "
        "a path."
    )


def _check_amount(documents: Sequence[Document], capabilities: Capabilities) -> None:
    endpoint = capabilities.endpoint
    most, largest = endpoint.max_files, endpoint.max_file_bytes
    if most is not None and len(documents) > most:
        raise KimiConfigError(
            f"the messages hold {len(documents)} documents to be read; {endpoint.name} keeps "
            f"{most} files. Send fewer."
        )
    for document in documents:
        size, kind = len(document.data), media_type_of(document.data)
        if kind is not None:
            raise KimiConfigError(
                f"document {document.name!r} is {kind}, in which Moonshot's files API finds no "
                f"text; send it as {'an image' if kind.startswith('image') else 'a video'}."
            )
        if largest is not None and size > largest:
            raise KimiConfigError(
                f"document {document.name!r} has {size} bytes, more than the {largest} that "
                f"{endpoint.name} takes as a file; split it."
            )
