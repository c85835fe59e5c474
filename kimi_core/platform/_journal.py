"""What a run of batches has reached, on disk, so that one that was killed goes on where it was.

Owns: the file's lines, its lock, and what of it is whole. May know: _json, errors.

The file is JSON Lines and only ever grows. Each line is written through to the disk before what it
announces is done, so a kill at any moment leaves a file that says what may have been asked.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, final

from kimi_core._json import compact_json
from kimi_core.errors import KimiConfigError

__all__ = ["Journal"]

_VERSION = 1
_HEAD = b'{"kimi_batches":'
_STEP = '{"file":'  # no line of the server's begins so: these begin with an id or a custom_id


@final
class Journal:
    """The file of one run; a context manager that holds its lock.

    Args:
        path: Where the file is, or is to be.
        asked: What the run asks, whatever it has reached: where, how many requests, and a SHA-256
            of each file of requests.

    Attributes:
        run: A name that no other run has.
        lines: The server's lines of results so far.

    Raises:
        KimiConfigError: On entering, where the file cannot be opened, is no journal, belongs to
            other requests, or is in use.
    """

    def __init__(self, path: Path, asked: Mapping[str, Any]) -> None:
        self._path = path
        self._asked = asked
        self._reached: dict[tuple[int, str], str] = {}
        self._file: IO[bytes]  # from entering on
        self.run = uuid.uuid4().hex
        self.lines: list[str] = []

    def __enter__(self) -> Journal:
        try:
            self._file = self._path.open("a+b")
        except OSError as error:
            raise KimiConfigError(
                f"state_file={str(self._path)!r} cannot be opened: {error.strerror}. Pass the path "
                "of a file in a folder that exists."
            ) from error
        try:
            self._begin(self._file)
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()  # which gives the lock back, as the end of the process does

    def reached(self, number: int, step: str) -> str | None:
        """Return what was noted of a step of a file of requests, or None."""
        return self._reached.get((number, step))

    def note(self, number: int, step: str, value: str) -> None:
        """Note a step of a file of requests."""
        self._reached[number, step] = value
        self._write({"file": number, "step": step, "value": value})

    def keep(self, text: str) -> None:
        """Keep a file of results, as the server wrote it."""
        lines = [line for line in text.split("\n") if line.strip()]
        self.lines += lines
        self._append("".join(f"{line}\n" for line in lines))

    def _begin(self, file: IO[bytes]) -> None:
        _lock(file, self._path)
        file.seek(0)
        data = file.read()
        if data[: len(_HEAD)] != _HEAD[: len(data)]:
            raise KimiConfigError(
                f"state_file={str(self._path)!r} is no state of run_batch; pass a path of its own."
            )
        whole = data[: data.rfind(b"\n") + 1]  # a line that was being written when it was killed
        file.truncate(len(whole))
        if whole:
            try:
                self._read(whole.decode())
            except (ValueError, KeyError) as error:
                raise KimiConfigError(
                    f"state_file={str(self._path)!r} is damaged ({error}); the batches' ids are in "
                    "its whole lines, for collect_batch. Pass another path to begin anew."
                ) from error
        else:
            self._write({"kimi_batches": _VERSION, "run": self.run, **self._asked})

    def _read(self, text: str) -> None:
        head, *lines = text.split("\n")[:-1]
        said = json.loads(head)
        if said != {"kimi_batches": _VERSION, "run": said.get("run"), **self._asked}:
            raise KimiConfigError(
                f"state_file={str(self._path)!r} belongs to other requests, or to another server: "
                "it was begun with other arguments. Pass those again to go on, or another path to "
                "begin anew."
            )
        self.run = said["run"]
        for line in lines:
            if line.startswith(_STEP):
                note = json.loads(line)
                self._reached[note["file"], note["step"]] = note["value"]
            else:
                self.lines.append(line)

    def _write(self, line: Mapping[str, Any]) -> None:
        self._append(f"{compact_json(line)}\n")

    def _append(self, text: str) -> None:
        self._file.write(text.encode())
        self._file.flush()
        os.fsync(self._file.fileno())


def _lock(file: IO[bytes], path: Path) -> None:
    """Keep a second process from asking the same; it ends with this process, however that ends."""
    with suppress(ImportError):  # Windows, where two processes must not be started on one file
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise KimiConfigError(
                f"state_file={str(path)!r} is in use by another run_batch; wait for its end, or "
                "pass another path."
            ) from error
