"""A picture or video in a file of this machine, read where the caller allowed it.

Owns: which files may be read. May know: errors. What is in them is looked at by whoever asks.

A message may come from anybody: a tool, a web page, a stored conversation. A path in it would hand
any file that the process can read to the server, and a device or a pipe would hold the process for
ever. So nothing is read unless the caller names a folder, and then regular files inside it alone,
wherever a link leads.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kimi_core.errors import KimiConfigError

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["path_of_url", "read_local"]

_SHOWN = 80  # characters of a path in an error
_MOST_BYTES = 100 * 1024 * 1024  # where the server has no limit of its own


def path_of_url(url: str, where: str) -> str:
    """Return the path of a ``file:`` URL.

    Raises:
        KimiConfigError: For a file of another machine.
    """
    address = urlsplit(url)
    if address.netloc not in {"", "localhost"}:
        raise KimiConfigError(
            f"{where}: {url[:_SHOWN]!r} is on another machine; give file:///path, or the bytes."
        )
    # Imported here: it brings the standard library's HTTP client, which nobody else needs.
    from urllib.request import url2pathname

    return url2pathname(address.path)


def read_local(
    path: str, where: str, *, folder: str | PathLike[str] | None, limit: int | None
) -> bytes:
    """Return what is in a file.

    Args:
        path: Absolute, or as seen from the folder.
        where: The part of the message, for errors.
        folder: Where files may be read; None: nowhere.
        limit: Bytes that the server takes; None where it does not say.

    Raises:
        KimiConfigError: For a file that may not or cannot be read, or is too large.
    """
    what = f"{where}: the file {path[:_SHOWN]!r}"
    if folder is None:
        raise KimiConfigError(
            f"{what} is not read: a message may come from anybody. Pass media_folder=<a folder> to "
            "have pictures and videos in it read, or give the bytes or a data URL."
        )
    most = _MOST_BYTES if limit is None else limit
    try:
        real = Path(folder, path).resolve()
        outside = not real.is_relative_to(Path(folder).resolve())
        data, size = (b"", 0) if outside else _read(real, most)
    except (OSError, ValueError, RuntimeError) as error:  # a null character; links in a circle
        raise KimiConfigError(
            f"{what} cannot be read ({type(error).__name__}); give a path that exists in "
            "media_folder, a data URL, ms://<file id> or bytes."
        ) from error
    if outside:
        raise KimiConfigError(
            f"{what} is not read: it is outside of media_folder={os.fspath(folder)!r}. Move it "
            "there, or give the bytes or a data URL."
        )
    if data is None:
        raise KimiConfigError(f"{what} is no regular file; give a picture or video, or bytes.")
    if len(data) > most:
        raise KimiConfigError(
            f"{what} has {size} bytes, more than the {most} that are taken in a request; make it "
            "smaller, or upload it as a file and send ms://<file id>."
        )
    return data


def _read(path: Path, most: int) -> tuple[bytes | None, int]:
    """Return what is in a file, at most one byte more than may be sent, and its size.

    None for what is no regular file.
    """
    # Looked at after it was opened, and opened without waiting: what a name means can change, and
    # a pipe has no end until somebody writes.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        return file.read(most + 1) if stat.S_ISREG(found.st_mode) else None, found.st_size
