"""The texts of documents that Moonshot has read, kept by content.

Owns: what was read for each account, how much of it is kept, and that the same content is read by
one at a time. May know: request, transport.

A conversation carries its documents along: without this a PDF would be uploaded with every turn,
and with every question of a ``batch()`` about it.
"""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
import re
import threading
import weakref
from collections import OrderedDict
from collections.abc import Hashable
from pathlib import PurePosixPath
from typing import Any

from kimi_core.request.documents import Document
from kimi_core.transport.processes import renew_in_children

__all__ = ["ReadTexts", "ending_of", "key_of", "texts_of"]

_ENDING = re.compile(r"\.[a-z0-9]{1,8}")
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
        self._renew()
        renew_in_children(self, ReadTexts._renew)

    def _renew(self) -> None:
        self._looking = threading.Lock()
        # Whose turn it is to read a content: of threads, and of the tasks of each event loop. A
        # thread never waits for a task, which may be one of the loop that it blocks.
        self._turns: weakref.WeakValueDictionary[tuple[object, str], Any] = (
            weakref.WeakValueDictionary()
        )

    def get(self, key: str) -> str | None:
        """Return the text that was read of a content before, or None."""
        with self._looking:
            if key in self._texts:
                self._texts.move_to_end(key)
            return self._texts.get(key)

    def keep(self, key: str, text: str) -> str:
        """Keep a text and return it."""
        with self._looking:
            self._size += len(text) - len(self._texts.pop(key, ""))
            self._texts[key] = text
            while self._size > self._most:
                self._size -= len(self._texts.popitem(last=False)[1])
        return text

    def turn(self, key: str) -> threading.Lock:
        """Return what a thread holds while it reads a content."""
        with self._looking:
            turn: threading.Lock = self._turns.setdefault((None, key), threading.Lock())
        return turn

    def aturn(self, key: str) -> asyncio.Lock:
        """Return what a task of the running event loop holds while it reads a content."""
        with self._looking:
            turn: asyncio.Lock = self._turns.setdefault(
                (asyncio.get_running_loop(), key), asyncio.Lock()
            )
        return turn


class _Accounts:
    def __init__(self) -> None:
        self._known: weakref.WeakValueDictionary[Hashable, ReadTexts] = (
            weakref.WeakValueDictionary()
        )
        self._renew()
        renew_in_children(self, _Accounts._renew)

    def _renew(self) -> None:
        self._lock = threading.Lock()

    def texts(self, account: Hashable) -> ReadTexts:
        with self._lock:
            found = self._known.get(account)
            if found is None:
                found = self._known[account] = ReadTexts()
        return found


_accounts = _Accounts()


def texts_of(account: Hashable) -> ReadTexts:
    """Return what was read for an account, as long as somebody holds it.

    Args:
        account: As `kimi_core.transport.Transport.account` says. A copy that asks in a model's
            place, as LangChain's configurable_fields makes for each call, has the same.
    """
    return _accounts.texts(account)


def key_of(document: Document) -> str:
    """Return what is the same for the same content and ending."""
    return f"{hashlib.sha256(document.data).hexdigest()}{ending_of(document)}"


def ending_of(document: Document) -> str:
    """Return the ending by which the server knows what it reads, with its dot, or nothing."""
    ending = PurePosixPath(document.name.replace("\\", "/")).suffix.lower()
    if _ENDING.fullmatch(ending):
        return ending
    if document.data.startswith(b"%PDF-"):
        return ".pdf"
    return mimetypes.guess_extension(document.media_type or "") or ""
