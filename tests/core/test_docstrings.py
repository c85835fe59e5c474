"""`scripts/docstrings.py` finds what a public docstring lacks, and asks for nothing else.

Owns: one program with every lack, and one with none. May know: griffe. The project's own
docstrings are held by ``make lint``.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("griffe")

LACKING = '''
    from dataclasses import dataclass

    __all__ = ["Tide", "depth", "open_lock", "wait_for"]

    def _private(what):
        raise ValueError("nobody asks")

    @dataclass
    class Tide:
        """When the water is high.

        Attributes:
            port: Where.
        """

        port: str
        hour: int

        def rises(self, after: int, port: str) -> bool:
            """Look it up."""

    class Unnamed: ...

    def depth(river: str, where: str = "mouth") -> float:
        """Return how deep it is.

        Args:
            river: Which.
        """
        if not river:
            raise KeyError(river)

    def open_lock(number):
        pass

    def wait_for(ship: str, timeout: float = 3) -> None:
        """Wait.

        Args:
            ship: For whom.
            timeout: For how long.
        """
'''

SAID = '''
    __all__ = ["Depth", "depth"]

    class Depth:
        """How deep a river is.

        Args:
            river: Which river.
            max_age: Seconds after which it is measured again.

        Raises:
            KeyError: For an unknown river.
        """

        def __init__(self, river: str, max_age: float = 60) -> None:
            if not river:
                raise KeyError(river)

        def at(self, mile: int) -> float:
            """Return the depth in metres."""
            raise NotImplementedError("not yet")

        def between(self, begin: int, end: int) -> list[float]:
            """Measure.

            Args:
                begin: The first mile.
                end: The last one.

            Returns:
                Metres, mile by mile.
            """

        async def abetween(self, begin: int, end: int) -> list[float]:
            """As `between`."""

    def depth(river: str, **further: int) -> float:
        """Return how deep ``river`` is, given ``further`` facts."""
'''


def lacking(folder: Path, source: str) -> list[str]:
    import docstrings

    (folder / "canal.py").write_text(textwrap.dedent(source), encoding="utf-8")
    return [line.partition(": ")[2] for line in docstrings.problems(folder, ["canal"], ["canal"])]


def test_each_lack_of_a_public_name_is_found(tmp_path: Path) -> None:
    assert lacking(tmp_path, LACKING) == [
        "Tide says nothing of hour",
        "rises says nothing of after",
        "rises says nothing of port",
        "rises does not say what bool it returns",
        "depth says nothing of where",
        "depth does not say when it raises KeyError",
        "open_lock has no docstring",
        "wait_for says no unit of timeout",
    ]


def test_what_is_said_in_a_section_or_the_first_line_or_by_a_sibling_is_enough(
    tmp_path: Path,
) -> None:
    assert lacking(tmp_path, SAID) == []
