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
    try:
        real, allowed = Path(folder, path).resolve(), Path(folder).resolve()
        if not real.is_relative_to(allowed):
            raise KimiConfigError(
                f"{what} is not read: it is outside of media_folder={os.fspath(folder)!r}. Move it "
                "there, or give the bytes or a data URL."
            )
        return _read(real, what, _MOST_BYTES if limit is None else limit)
    except KimiConfigError:
        raise
    except (OSError, ValueError, RuntimeError) as error:  # a null character; links in a circle
        raise KimiConfigError(
            f"{what} cannot be read ({type(error).__name__}); give a path that exists in "
            "media_folder, a data URL, ms://<file id> or bytes."
        ) from error


def _read(path: Path, what: str, limit: int) -> bytes:
    # Looked at after it was opened, and opened without waiting: what a name means can change, and
    # a pipe has no end until somebody writes.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise KimiConfigError(f"{what} is no regular file; give a picture or video, or bytes.")
        data = file.read(limit + 1)
    if len(data) > limit:
        raise KimiConfigError(
            f"{what} has {path.stat().st_size} bytes, more than the {limit} that are taken in a "
            "request; make it smaller, or upload it as a file and send ms://<file id>."
        )
    return data
