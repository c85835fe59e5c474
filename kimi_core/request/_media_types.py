"""What kind of picture or video some bytes are.

Owns: the media types that Moonshot takes, and how each is told: by its first bytes, and where these
say nothing by the file's name. May know: the standard library.

The types are those of Moonshot's documents (September 2026), in their spelling: ``video/mov``, not
``video/quicktime``.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ACCEPTED", "is_svg", "media_type_of"]

_EXTENSIONS: Mapping[str, str] = {
    ".3gp": "video/3gpp",
    ".3gpp": "video/3gpp",
    ".avi": "video/avi",
    ".bmp": "image/bmp",
    ".flv": "video/x-flv",
    ".gif": "image/gif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".mov": "video/mov",
    ".mp4": "video/mp4",
    ".mpeg": "video/mpeg",
    ".mpg": "video/mpg",
    ".png": "image/png",
    ".webm": "video/webm",
    ".webp": "image/webp",
    ".wmv": "video/wmv",
}

ACCEPTED = frozenset(_EXTENSIONS.values()) | {"image/jpg"}
"""Media types that the server takes in a data URL."""

_BEGINNINGS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"FLV\x01", "video/x-flv"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"\x00\x00\x01\xb3", "video/mpeg"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/wmv"),
)
_RIFF = {b"WEBP": "image/webp", b"AVI ": "video/avi"}
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
_HEIF = frozenset({b"mif1", b"msf1", b"heif"})
_MP4 = frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V "})
_MATROSKA = b"\x1a\x45\xdf\xa3"
_HEAD = 64  # bytes; a WebM file names its kind within them


def media_type_of(data: bytes, name: str = "") -> str | None:
    """Return the media type of a picture or video, or None where it is none that is accepted.

    Args:
        data: The file, or at least its first 64 bytes.
        name: The file's name, which counts where the bytes say nothing.
    """
    found = next((kind for start, kind in _BEGINNINGS if data.startswith(start)), None)
    found = found or _by_container(data[:_HEAD])
    return found or _EXTENSIONS.get(PurePath(name).suffix.lower())


def _by_container(head: bytes) -> str | None:
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _by_brand(head[8:12])
    if head.startswith(_MATROSKA) and b"webm" in head:
        return "video/webm"
    # Two letters are few; the four bytes that a bitmap reserves are zero.
    return "image/bmp" if head.startswith(b"BM") and head[6:10] == bytes(4) else None


def _by_brand(brand: bytes) -> str | None:
    """Return the type of a file of the ISO family by its major brand."""
    if brand in _HEIC or brand in _HEIF:
        return "image/heic" if brand in _HEIC else "image/heif"
    if brand == b"qt  ":
        return "video/mov"
    if brand.startswith((b"3gp", b"3g2")):
        return "video/3gpp"
    return "video/mp4" if brand in _MP4 else None


def is_svg(data: bytes) -> bool:
    """Whether some bytes are a drawing in SVG, which the server refuses."""
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith(b"<svg") or (
        head.startswith((b"<?xml", b"<!doctype")) and b"<svg" in head
    )
