"""Requests to ask, and what is sent of each.

Owns: `Sample`, the samples file, and how a sample becomes a request for one model. May know: _json,
errors.

A samples file has one request body a line, as Moonshot's K2-Vendor-Verifier reads it. What is sent
is the body as it stands, for the file says what is measured: neither schemas nor ids nor sampling
are adapted, as this package does for its users.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kimi_core._json import as_mapping, as_sequence
from kimi_core.errors import KimiConfigError

__all__ = ["Sample", "hash_of", "read_samples"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One request of a samples file.

    Attributes:
        data_index: Its line, from 1.
        body: The request body as it stands there.
    """

    data_index: int
    body: Mapping[str, Any]

    @property
    def streams(self) -> bool:
        """Whether it asks for a stream."""
        return bool(self.body.get("stream"))

    def prepared(self, model: str) -> dict[str, Any]:
        """Return what is sent to a model: the body with its name, and usage asked for in streams.

        Args:
            model: The model's name at the server.
        """
        messages = [_in_known_role(message) for message in self.body["messages"]]
        request = {**self.body, "messages": messages, "model": model}
        if self.streams:
            said = as_mapping(self.body.get("stream_options")) or {}
            request["stream_options"] = {"include_usage": True, **said}
        return request


def _in_known_role(message: Mapping[str, Any]) -> Mapping[str, Any]:
    # Moonshot's own samples have the role "_input", which their script sends as "system".
    return {**message, "role": "system"} if message.get("role") == "_input" else message


def hash_of(request: Mapping[str, Any]) -> str:
    """Return the published hash of a request, so that their script and this go on with each other.

    Args:
        request: What `Sample.prepared` returned.
    """
    written = json.dumps(request, sort_keys=True, ensure_ascii=False)
    return hashlib.md5(written.encode(errors="replace"), usedforsecurity=False).hexdigest()


def read_samples(path: str | os.PathLike[str]) -> list[Sample]:
    """Read a samples file.

    Args:
        path: JSON lines, plain or ``.gz``; empty lines are left out and counted.

    Returns:
        The samples, in the order of the file.

    Raises:
        KimiConfigError: The file cannot be read, holds no sample, or a line is no request.
    """
    where = Path(path)
    try:
        data = where.read_bytes()
        text = (gzip.decompress(data) if where.suffix == ".gz" else data).decode()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise KimiConfigError(f"samples file {str(path)!r} cannot be read: {error}") from error
    lines = enumerate(text.splitlines(), 1)
    samples = [Sample(number, _body(line, number, path)) for number, line in lines if line.strip()]
    if not samples:
        raise KimiConfigError(f"samples file {str(path)!r} holds no request; it needs one a line.")
    return samples


def _body(line: str, number: int, path: str | os.PathLike[str]) -> Mapping[str, Any]:
    try:
        body = as_mapping(json.loads(line))
    except ValueError:
        body = None
    messages = as_sequence((body or {}).get("messages")) or ()
    if body is None or not messages or None in map(as_mapping, messages):
        raise KimiConfigError(
            f"line {number} of samples file {str(path)!r} is no request: it has to be a JSON "
            "object whose messages are a list of objects, as the body of a chat completion is."
        )
    return body
