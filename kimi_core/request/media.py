"""Pictures and videos in messages, made fit to be sent.

Owns: what may stand in a content part and how it gets there: data URLs and uploaded files
(``ms://``) as they are, bytes, and local files where the caller allowed it, as data URLs. May know:
its own files, _json, capabilities, errors, models. Reads local files; fetches nothing by itself.

What a server refuses stands in its row: http(s) URLs, foreign types, too large a body. A file that
is no picture or video by its first bytes is refused: its name may be anybody's.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from kimi_core._json import as_mapping, as_sequence, with_parts
from kimi_core.capabilities import Capabilities
from kimi_core.errors import KimiConfigError
from kimi_core.models import MODELS
from kimi_core.request._local_files import path_of_url, read_local
from kimi_core.request._media_types import ACCEPTED, is_svg, media_type_of
from kimi_core.request.foreign import left_out

__all__ = ["has_media", "prepare_media", "prepare_parts"]

_MODALITIES = {"image_url": "image", "video_url": "video"}
_UPLOAD = "upload it as a file and send ms://<file id>"
_SHOWN = 80  # characters of a URL in an error; a data URL has millions


@dataclass(frozen=True, slots=True)
class _Rules:
    """What holds for the parts of one request; see `prepare_parts`."""

    capabilities: Capabilities
    fetch: Callable[[str], bytes] | None
    folder: str | os.PathLike[str] | None


def prepare_parts(
    content: Any,  # noqa: ANN401 - the content of a message: text, parts or nothing
    capabilities: Capabilities,
    *,
    fetch: Callable[[str], bytes] | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Any:  # noqa: ANN401 - likewise
    """Return the content of one message with its pictures and videos as a server takes them.

    Args:
        content: Text or None, which come back as they are, or a list of parts. An ``image_url`` or
            ``video_url`` is a dict with ``url``, or the URL itself. A URL is a data URL,
            ``ms://<file id>``, ``http(s)://``, ``file://``, a path as text or `pathlib.Path`, or
            the bytes themselves. Not changed.
        capabilities: What the model takes (`ModelInfo.inputs`), and what its server does.
        fetch: Called with each http(s) URL; returns what is there. None, the default: such a URL is
            an error where the server does not fetch it itself. It is called while the request is
            built, before anything is sent.
        folder: Where files may be read; None, the default: a path is an error.

    Returns:
        The content, with new parts where something was inlined.

    Raises:
        KimiConfigError: For a part that the model or the server would refuse, a file that cannot be
            read, and more media than the server takes (`Endpoint.max_body_bytes`).
    """
    prepared = _prepared(content, _Rules(capabilities, fetch, folder), "content", _part)
    _check_size([prepared], capabilities)
    return prepared


def prepare_media(
    messages: Sequence[Mapping[str, Any]],
    capabilities: Capabilities,
    *,
    fetch: Callable[[str], bytes] | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> list[dict[str, Any]]:
    """Return the messages of one request with their media as a server takes them.

    Args:
        messages: OpenAI-style dicts. Not changed.
        capabilities: As for `prepare_parts`, and so is `fetch`.
        fetch: Called with each http(s) URL.
        folder: Where files may be read.

    Returns:
        New dicts, in the same order.

    Raises:
        KimiConfigError: As `prepare_parts`; the size is that of all messages together.
    """
    prepared = [dict(message) for message in messages]
    if not with_parts(messages):
        return prepared
    rules = _Rules(capabilities, fetch, folder)
    for position, out in enumerate(prepared):
        if isinstance(out.get("content"), list):
            read = _part_of_model if out.get("role") == "assistant" else _part
            out["content"] = _prepared(out["content"], rules, f"messages[{position}].content", read)
    _check_size([message.get("content") for message in prepared], capabilities)
    return prepared


def has_media(messages: Sequence[Mapping[str, Any]]) -> bool:
    """Whether any message holds a picture or a video."""
    contents = [as_sequence(message.get("content")) or () for message in with_parts(messages)]
    parts = [as_mapping(part) or {} for content in contents for part in content]
    return any(part.get("type") in _MODALITIES for part in parts)


def _prepared(
    content: object, rules: _Rules, where: str, read: Callable[[object, _Rules, str], Any]
) -> Any:  # noqa: ANN401 - see prepare_parts
    if not isinstance(content, list):
        return content
    parts = enumerate(cast("list[object]", content))
    told = (read(part, rules, f"{where}[{index}]") for index, part in parts)
    return [part for part in told if part is not None]


def _part_of_model(part: object, rules: _Rules, where: str) -> Any:  # noqa: ANN401 - as below
    """Return None for what another model made and cannot be sent: nobody could help it."""
    try:
        return _part(part, rules, where)
    except KimiConfigError as error:
        left_out(str((as_mapping(part) or {}).get("type")), error)
        return None


def _part(part: object, rules: _Rules, where: str) -> Any:  # noqa: ANN401 - a part of any server
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if not isinstance(part, Mapping):
        raise KimiConfigError(f"{where}: {part!r} is no content part; it must be a dict.")
    known = cast("Mapping[str, Any]", part)
    kind = str(known.get("type"))
    if kind not in _MODALITIES:
        if kind != "text" and not rules.capabilities.endpoint.takes_other_parts:
            raise KimiConfigError(
                f"{where}: a part of type {kind!r} is refused by Moonshot, which takes text, "
                "image_url and video_url; send a document's text as text (Moonshot's files with "
                "purpose 'file-extract' give it)."
            )
        return known
    where = f"{where}.{kind}"
    _check_modality(_MODALITIES[kind], rules, where)
    value = known.get(kind)
    fields = cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {"url": value}
    url = _sendable(fields.get("url"), _MODALITIES[kind], rules, where)
    # A dict in any case: vLLM and SGLang do not take the URL alone.
    return {**known, kind: {**fields, "url": url}}


def _check_modality(modality: str, rules: _Rules, where: str) -> None:
    inputs = rules.capabilities.info.inputs
    if modality in inputs:
        return
    seeing = [name for name, row in MODELS.items() if modality in row.inputs and not row.retired]
    raise KimiConfigError(
        f"{where}: model {rules.capabilities.model!r} takes {' and '.join(inputs)}, no {modality}; "
        f"use one that does ({', '.join(seeing)}), set base_model to one of these where the "
        "server's model is one under its own name, or leave the part out."
    )


def _sendable(source: object, modality: str, rules: _Rules, where: str) -> str:
    if isinstance(source, str):
        scheme = source.partition(":")[0].lower()
        if scheme == "data":
            return _checked_data_url(source, modality, rules, where)
        remote = scheme in {"http", "https"}
        fetched_there = rules.fetch is None and rules.capabilities.endpoint.takes_media_urls
        if scheme == "ms":
            _check_upload(source, rules, where)
        if scheme == "ms" or (remote and fetched_there):
            return source
        if remote:
            data = _fetched(source, rules, where)
            return _data_url(data, urlsplit(source).path, modality, where)
        path = path_of_url(source, where) if scheme == "file" else source
        return _read(path, modality, rules, where)
    if isinstance(source, os.PathLike):
        return _read(os.fspath(cast("os.PathLike[str]", source)), modality, rules, where)
    if isinstance(source, (bytes, bytearray)):
        return _data_url(bytes(source), "", modality, where)
    raise KimiConfigError(
        f"{where}: {source!r} is no {modality}; give a data URL, ms://<file id>, a path or bytes."
    )


def _check_upload(url: str, rules: _Rules, where: str) -> None:
    endpoint = rules.capabilities.endpoint
    if not endpoint.takes_uploads:
        raise KimiConfigError(
            f"{where}: {url[:_SHOWN]!r} is a file at Moonshot, which endpoint {endpoint.name!r} "
            "cannot read; send the data itself (a data URL, a path or bytes), use "
            "endpoint='moonshot', or set takes_uploads=True in the Endpoint of a relay of its."
        )


def _checked_data_url(url: str, modality: str, rules: _Rules, where: str) -> str:
    kind = url[len("data:") :].partition(",")[0].partition(";")[0].lower()
    if rules.capabilities.endpoint.takes_other_parts:
        return url
    if kind not in ACCEPTED or not kind.startswith(modality):
        raise _refused(kind, modality, where)
    return url


def _fetched(url: str, rules: _Rules, where: str) -> bytes:
    if rules.fetch is None:
        raise KimiConfigError(
            f"{where}: {url[:_SHOWN]!r} is refused by Moonshot, which fetches no URL. Pass "
            "media_fetcher=kimi_core.fetch.fetch_media (or your own function from URL to bytes) "
            f"to have it fetched and inlined here, or {_UPLOAD}."
        )
    return rules.fetch(url)


def _read(path: str, modality: str, rules: _Rules, where: str) -> str:
    limit = rules.capabilities.endpoint.max_body_bytes
    return _data_url(read_local(path, where, folder=rules.folder, limit=limit), "", modality, where)


def _data_url(data: bytes, name: str, modality: str, where: str) -> str:
    kind = "image/svg+xml" if is_svg(data) else media_type_of(data, name)
    if kind is None or kind not in ACCEPTED or not kind.startswith(modality):
        raise _refused(kind, modality, where)
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _refused(kind: str | None, modality: str, where: str) -> KimiConfigError:
    accepted = ", ".join(sorted(name for name in ACCEPTED if name.startswith(modality)))
    return KimiConfigError(
        f"{where}: {kind or 'data of an unknown type'} is refused, it must be one of {accepted}; "
        f"convert it{' to PNG' if modality == 'image' else ''}."
    )


def _too_large(size: int, limit: int, what: str) -> KimiConfigError:
    return KimiConfigError(
        f"{what} has {size} bytes, more than the {limit} that Moonshot takes in a "
        f"request; make it smaller, or {_UPLOAD}."
    )


def _check_size(contents: Sequence[object], capabilities: Capabilities) -> None:
    limit = capabilities.endpoint.max_body_bytes
    if limit is None:
        return
    lists = [cast("list[dict[str, Any]]", one) for one in contents if isinstance(one, list)]
    media = [part[part["type"]] for parts in lists for part in parts if part["type"] in _MODALITIES]
    size = sum(len(one["url"]) for one in media)
    if size > limit:
        raise _too_large(size, limit, "the media of this request, as base64,")
