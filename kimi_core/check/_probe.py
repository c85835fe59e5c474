"""A probe: one question to a server, and the texts for each way in which it may be answered.

Owns: the types that every table of probes is made of. May know: its own files. The texts are data:
a function of a probe decides which text it is, and writes none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kimi_core.check._report import Status
from kimi_core.check._session import Session

__all__ = ["Outcome", "Probe", "Verdict", "outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a question was answered.

    Attributes:
        key: Which verdict of the probe it is.
        details: Words for the verdict's texts.
    """

    key: str
    details: Mapping[str, str] = field(default_factory=dict[str, str])


def outcome(key: str, **details: object) -> Outcome:
    """Return an outcome; every detail becomes text."""
    return Outcome(key, {name: str(value) for name, value in details.items()})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The texts of one outcome; ``{name}`` stands for a detail or a word of the session.

    Attributes:
        status: Green, amber, red or skipped.
        seen: What was seen.
        means: What that means for a program.
        fix: What repairs it.
    """

    status: Status
    seen: str
    means: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One question.

    Attributes:
        name: What it is called in a report.
        question: What is asked, for people.
        ask: Asks and judges; it may raise any `KimiError`, which has texts of its own.
        verdicts: The texts by outcome.
        needs: Probes that must not be red or skipped, else this one is skipped.
    """

    name: str
    question: str
    ask: Callable[[Session], Outcome]
    verdicts: Mapping[str, Verdict]
    needs: tuple[str, ...] = ("chat",)
