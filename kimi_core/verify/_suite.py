"""A folder with Moonshot's newer suite -> its schemas and prompts.

Owns: which files and lines count. May know: _json, errors.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kimi_core._json import as_mapping
from kimi_core.errors import KimiConfigError

__all__ = ["Suite", "read_suite"]

_POINTER = "version https://git-lfs"
_PARTIAL = ".partial"  # prompts that begin the answer, which the suite leaves out as well


@dataclass(frozen=True, slots=True)
class Suite:
    """What a folder holds.

    Attributes:
        schemas: Schemas by name: the file's or its folder's, and the number of the line.
        prompts: Prompts with their number of tokens.
    """

    schemas: dict[str, Any] = field(default_factory=dict[str, Any])
    prompts: list[Mapping[str, Any]] = field(default_factory=list[Any])


def read_suite(path: str | os.PathLike[str]) -> Suite:
    """Read schemas and prompts.

    Args:
        path: A file of JSON lines, or a folder with such files at any depth, e.g. ``testdata`` of
            Moonshot's Kimi-Vendor-Verifier. A line with "expected_prompt_tokens" is a prompt; one
            with "schema", "group" and "index" holds a schema; any other is one.

    Raises:
        KimiConfigError: Nothing there can be read, or a line is no JSON.
    """
    where, suite = Path(path), Suite()
    files = sorted(where.rglob("*.jsonl")) if where.is_dir() else [where]
    for file in files:
        if _PARTIAL not in file.name:
            _add(suite, file)
    if not suite.schemas and not suite.prompts:
        raise KimiConfigError(
            f"suite {str(path)!r} holds neither schemas nor prompts; it needs files of JSON lines."
        )
    return suite


def _add(suite: Suite, file: Path) -> None:
    try:
        text = file.read_text(encoding="utf-8")
        # Large files of the repository are pointers where Git LFS did not fetch them.
        lines = [] if text.startswith(_POINTER) else text.splitlines()
        values = [(at, json.loads(line)) for at, line in enumerate(lines, 1) if line.strip()]
    except (OSError, ValueError) as error:
        raise KimiConfigError(f"suite file {str(file)!r} cannot be read: {error}") from error
    for number, value in values:
        fields = as_mapping(value) or {}
        if {"id", "request", "expected_prompt_tokens"} <= set(fields):
            suite.prompts.append(fields)
        elif {"schema", "group", "index"} <= set(fields):
            suite.schemas[f"{fields['group']}:{fields['index']}"] = fields["schema"]
        else:
            name = file.parent.name if file.stem == "valid" else file.stem
            suite.schemas[f"{name}:{number}"] = value
