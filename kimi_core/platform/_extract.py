"""The text of documents, as Moonshot's files API reads them, asked once for each content.

Owns: what was read, by content, and how much of it is kept. May know: transport. Asking is the
client's.

A conversation carries its documents along: without this a PDF would be uploaded with every turn.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from pathlib import Path

from kimi_core.transport.processes import renew_in_children

__all__ = ["ReadTexts", "read_file", "system_message"]

_MOST_CHARACTERS = 32 * 1024 * 1024


class ReadTexts:
    """Texts by content; the oldest are forgotten where they are too many.

    Args:
        most: Characters that are kept.
    """

    def __init__(self, most: int = _MOST_CHARACTERS) -> None:
        self._most = most
        self._size = 0
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._looking = threading.Lock()
        renew_in_children(self, ReadTexts._renew)

    def _renew(self) -> None:
        self._looking = threading.Lock()

    def get(self, name: str, data: bytes) -> str | None:
        """Return the text that was read of a file before, or None."""
        with self._looking:
            key = _key(name, data)
            if key in self._texts:
                self._texts.move_to_end(key)
            return self._texts.get(key)

    def keep(self, name: str, data: bytes, text: str) -> str:
        """Keep a text and return it."""
        with self._looking:
            key = _key(name, data)
            self._size += len(text) - len(self._texts.pop(key, ""))
            self._texts[key] = text
            while self._size > self._most:
                self._size -= len(self._texts.popitem(last=False)[1])
        return text


def read_file(path: Path, content: bytes | None) -> tuple[str, bytes]:
    """Return a file's name, and its bytes where they are not given."""
    return path.name, path.read_bytes() if content is None else content


def system_message(text: str) -> dict[str, str]:
    """Return the message that a document goes into."""
    return {"role": "system", "content": text}


def _key(name: str, data: bytes) -> str:
    # The ending counts as well: by it the server knows what it reads.
    ending = name.rpartition(".")[2].lower()
    return f"{hashlib.sha256(data).hexdigest()}.{ending}"
