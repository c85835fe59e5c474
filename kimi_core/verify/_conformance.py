"""Conformance runs: questions with one right answer, after Moonshot's newer suite.

Owns: `Conformance` and `Check`, which questions a run has, and how it goes on where it was broken
off. May know: its own files, _json, errors, tokenizer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kimi_core._json import as_mapping
from kimi_core.errors import KimiConfigError
from kimi_core.tokenizer import Tokenizer
from kimi_core.verify._ask import Asker, Sent
from kimi_core.verify._cases import Case
from kimi_core.verify._features import feature_cases
from kimi_core.verify._intervals import Share
from kimi_core.verify._parameters import own_token_cases, parameter_cases, token_cases
from kimi_core.verify._rows import ESCAPED, SUCCESS
from kimi_core.verify._run import in_turns, quiet
from kimi_core.verify._samples import hash_of
from kimi_core.verify._schema_cases import own_schemas, schema_cases
from kimi_core.verify._suite import Suite, read_suite

__all__ = [
    "GROUPS",
    "Check",
    "Conformance",
    "Questions",
    "ask_questions",
    "conformance_cases",
]


GROUPS = ("schemas", "parameters", "features", "prompt tokens")
_SHOWN = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What became of one question, asked in one way.

    Attributes:
        id: The question and the way, e.g. ``"features/effort: high, streamed"``.
        group: One of `GROUPS`.
        passed: Whether the answer is right.
        reason: Why it is not.
        raw: What came, as JSON, cut where it is long.
        hash: Of what was asked.
        answered: Whether anything came from the server; what did not is asked again.
    """

    id: str
    group: str
    passed: bool
    reason: str = ""
    raw: str = ""
    hash: str = ""
    answered: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {name: getattr(self, name) for name in self.__slots__}


OnCheck = Callable[[Check, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformance:
    """What a conformance run found.

    Attributes:
        checks: All answers, in the order of the questions.
        skipped: Groups that were not asked, with the reason.
    """

    checks: tuple[Check, ...]
    skipped: Mapping[str, str] = field(default_factory=dict[str, str])

    def shares(self) -> dict[str, Share]:
        """Return how many passed, by group."""
        groups = [name for name in GROUPS if any(check.group == name for check in self.checks)]
        return {name: self._share(name) for name in groups}

    def _share(self, group: str) -> Share:
        found = [check.passed for check in self.checks if check.group == group]
        return Share(sum(found), len(found))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "groups": {name: share.to_dict() for name, share in self.shares().items()},
            "checks": [check.to_dict() for check in self.checks],
            "skipped": dict(self.skipped),
        }


@dataclass(frozen=True, kw_only=True)
class Questions:
    """What a conformance run asks.

    Attributes:
        groups: Which of `GROUPS`; all of them by default.
        suite: File or folder of schemas and prompts, see `read_suite`. What it lacks is this
            package's own: 101 schemas, and 40 of its samples, counted with Kimi's own tokenizer
            file where there is one.
    """

    groups: Sequence[str] = GROUPS
    suite: str | os.PathLike[str] | None = None


def conformance_cases(
    questions: Questions, thinking_switch: str = "thinking"
) -> tuple[list[Case], dict[str, str]]:
    """Return the cases of a run, and which groups are skipped for which reason.

    Args:
        questions: What is asked.
        thinking_switch: How the server is told to think; see `kimi_core.endpoints.Endpoint`.

    Raises:
        KimiConfigError: For a group that is not known, and for files that cannot be read.
    """
    unknown = set(questions.groups) - set(GROUPS)
    if unknown:
        raise KimiConfigError(
            f"conformance group {min(unknown)!r} is not known; it is one of {', '.join(GROUPS)}."
        )
    suite = Suite() if questions.suite is None else read_suite(questions.suite)
    skipped: dict[str, str] = {}
    cases: list[Case] = []
    if "schemas" in questions.groups:
        cases += schema_cases(suite.schemas or own_schemas())
    if "parameters" in questions.groups:
        cases += parameter_cases(thinking_switch)
    if "features" in questions.groups:
        cases += feature_cases()
    if "prompt tokens" in questions.groups:
        cases += _token_cases(suite, skipped)
    return cases, skipped


def _token_cases(suite: Suite, skipped: dict[str, str]) -> list[Case]:
    if suite.prompts:
        return token_cases(suite.prompts)
    tokenizer = Tokenizer.find()
    if tokenizer.exact:
        return own_token_cases(tokenizer)
    skipped["prompt tokens"] = "not asked, for Kimi's tiktoken.model is not here (KIMI_TOKENIZER)"
    return []


async def ask_questions(
    asker: Asker,
    questions: Questions,
    results: Path,
    *,
    concurrency: int = 5,
    on_check: OnCheck | None = None,
) -> Conformance:
    """Ask all questions.

    Args:
        asker: Who asks; it has learned the model's name.
        questions: What to ask.
        results: A file of JSON lines, one for each answer; what it has is not asked again.
        concurrency: How many requests are under way at a time.
        on_check: Called with each answer, and how many there will be.

    Raises:
        KimiConfigError: As `conformance_cases`, and for a server that refuses the key or the model.
    """
    cases, skipped = conformance_cases(questions, asker.endpoint.thinking_switch)
    known = _known(results)
    done: dict[str, Check] = {}
    results.parent.mkdir(parents=True, exist_ok=True)
    ways = [(case, streamed) for case in cases for streamed in case.streamed]
    with results.open("a", encoding="utf-8", errors=ESCAPED) as file, quiet():

        async def ask(way: tuple[Case, bool]) -> None:
            found = await _checked(asker, *way, known)
            done[found.id] = found
            if known.get(found.id) != found:
                file.write(json.dumps(found.to_dict(), ensure_ascii=False) + "\n")
                file.flush()
            if on_check is not None:
                on_check(found, len(ways))

        await in_turns(ways, ask, concurrency)
    return Conformance(checks=tuple(done[_name(*way)] for way in ways), skipped=skipped)


def _name(case: Case, streamed: bool) -> str:  # noqa: FBT001 - of a pair
    return f"{case.id}, streamed" if streamed else case.id


async def _checked(
    asker: Asker,
    case: Case,
    streamed: bool,  # noqa: FBT001 - of a pair
    known: Mapping[str, Check],
) -> Check:
    extra = {"stream": True, "stream_options": {"include_usage": True}} if streamed else {}
    payloads = [{"model": asker.model, **body, **extra} for body in case.bodies]
    name, asked = _name(case, streamed), hash_of({"bodies": payloads})
    if name in known and known[name].hash == asked:
        return known[name]
    sent = [await asker.send(asker.request(payload)) for payload in payloads]
    reason = case.judge(sent)
    return Check(
        id=name,
        group=case.group,
        passed=reason is None,
        reason=reason or "",
        raw="" if reason is None else _raw(sent),
        hash=asked,
        answered=all(one.status == SUCCESS or one.body.get("status_code") for one in sent),
    )


def _raw(sent: Sequence[Sent]) -> str:
    said = [as_mapping(one.choice.get("message")) or one.body for one in sent]
    text = json.dumps(said[0] if len(said) == 1 else said, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _known(results: Path) -> dict[str, Check]:
    """Return what an earlier run was answered; a line that was cut is no answer."""
    found: dict[str, Check] = {}
    lines = results.read_text(encoding="utf-8").splitlines() if results.is_file() else []
    for line in lines:
        try:
            check = Check(**json.loads(line))
        except (ValueError, TypeError):
            continue
        if check.answered:
            found[check.id] = check
    return found
