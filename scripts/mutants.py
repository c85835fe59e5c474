"""Break the raw protocol, the request and the response at random, and list what no test notices.

Owns: what a mutant is, the sample, which tests are run for one, and what is printed. May know: the
standard library, coverage.

One small thing is changed in one line that tests run: a comparison, a condition, a constant, an
operator, a value that is returned. The tests that run this line (coverage's contexts say which) are
tried, those first that run few other lines, and where many do, some of all widths: a test that runs
little may look at little. A mutant that all of them pass has survived: a test is missing, or the
change means nothing.

mutmut 3.8 was tried first: it makes such mutants, but could not find again the tests whose
parameters hold control characters, which are half of the tests of a parser.

Run it with ``make mutants``, or ``make mutants ARGS="--number 50 --seed 2 3"``, which tries two
samples of fifty: in a copy below ``.cache``, so that the checkout is never changed. With ``--kept``
it is the copy of the last run, and so is what was seen of its tests.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import coverage

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent
COPY = ROOT / ".cache" / "mutants"
ROOMS = ("kimi_core/raw", "kimi_core/request", "kimi_core/response")
TESTS = ("tests/core", "tests/payloads", "tests/parity")
_ROUNDS = (40, 400)  # tests; the second for those that the first let live
_SECONDS = 300  # for the tests of one mutant, which may never end

_OTHER = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE,
    ast.GtE: ast.Gt, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.And: ast.Or, ast.Or: ast.And, ast.Add: ast.Sub, ast.Sub: ast.Add,
}  # fmt: skip


class Mutant(NamedTuple):
    """One change.

    Attributes:
        file: What is changed, from the root of the checkout.
        line: Where.
        before: The expression as it is.
        after: The expression as it becomes.
        source: The whole file with the change.
    """

    file: str
    line: int
    before: str
    after: str
    source: str


def mutants_of(file: str, text: str) -> Iterator[Mutant]:
    """Yield every mutant of a file."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        for after in _changes(node):
            before = ast.get_source_segment(text, node) or ""
            yield Mutant(file, node.lineno, before, after, _replaced(text, node, after))  # type: ignore[attr-defined]


def _changes(node: ast.AST) -> Iterator[str]:
    """Yield the source of what may stand in place of an expression."""
    changed = copy.deepcopy(node)
    if isinstance(changed, ast.Compare) and len(changed.ops) == 1:
        changed.ops = [_OTHER[type(changed.ops[0])]()]
    elif isinstance(changed, (ast.BoolOp, ast.BinOp)) and type(changed.op) in _OTHER:
        changed.op = _OTHER[type(changed.op)]()
    elif isinstance(changed, ast.UnaryOp) and isinstance(changed.op, ast.Not):
        changed = changed.operand
    elif isinstance(changed, ast.IfExp):
        changed.body, changed.orelse = changed.orelse, changed.body
    elif isinstance(changed, ast.Constant) and type(changed.value) in {bool, int}:
        value = changed.value
        changed.value = not value if isinstance(value, bool) else value + 1
    else:
        return
    yield f"({ast.unparse(ast.fix_missing_locations(changed))})"


def _replaced(text: str, node: ast.AST, after: str) -> str:
    lines = text.splitlines(keepends=True)
    begin = sum(map(len, lines[: node.lineno - 1])) + _column(lines, node.lineno, node.col_offset)  # type: ignore[attr-defined]
    end = sum(map(len, lines[: node.end_lineno - 1]))  # type: ignore[attr-defined]
    end += _column(lines, node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
    return f"{text[:begin]}{after}{text[end:]}"


def _column(lines: list[str], line: int, offset: int) -> int:
    """Return a column in characters; the tree counts bytes."""
    return len(lines[line - 1].encode()[:offset].decode())


def look(tests: list[str]) -> None:
    """Copy the checkout, and run these tests once to see which of them run which line."""
    shutil.rmtree(COPY, ignore_errors=True)
    names = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - whichever git the checkout was made with
        cwd=ROOT, capture_output=True, check=True,
    ).stdout.decode().split("\0")  # fmt: skip
    for name in filter(None, names):
        (COPY / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, COPY / name)
    beside = ROOT.parent / "shared"  # third-party data, where it is
    if beside.exists() and not (COPY.parent / "shared").exists():
        (COPY.parent / "shared").symlink_to(beside)
    print("running the tests once, to see which of them run which line", flush=True)
    sources = [f"--cov={room}" for room in ROOMS]
    whole = ("-n", "auto", "--maxprocesses", "2", "--cov-context=test", "--cov-report=", *sources)
    _pytest(*tests, "-m", "not engine", "--cov-fail-under=0", *whole)


def contexts() -> dict[str, dict[int, list[str]]]:
    """Return which tests run which line of which file, as it was seen."""
    data = coverage.CoverageData(str(COPY / ".cache" / "coverage"))
    data.read()
    found: dict[str, dict[int, list[str]]] = {}
    for path in data.measured_files():
        lines = {
            # "tests/core/test_x.py::test_y|run"; the empty one is the import
            line: sorted({one.rpartition("|")[0] for one in tests if one})
            for line, tests in data.contexts_by_lineno(path).items()
        }
        found[Path(path).relative_to(COPY).as_posix()] = lines
    return found


def _pytest(*arguments: str) -> int:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(COPY)}
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    try:
        return subprocess.run(  # noqa: S603 - our own arguments
            command, cwd=COPY, env=environment, check=False,
            timeout=_SECONDS if "-x" in arguments else None,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ).returncode  # fmt: skip
    except subprocess.TimeoutExpired:
        return 1  # an endless loop is noticed


def survives(mutant: Mutant, tests: list[str]) -> bool:
    """Whether no test notices a mutant."""
    path = COPY / mutant.file
    kept = path.read_text(encoding="utf-8")
    listed = COPY / ".cache" / "tests.txt"
    listed.write_text("\n".join(tests), encoding="utf-8")
    path.write_text(mutant.source, encoding="utf-8")
    try:
        return _pytest("-x", f"@{listed}") == 0
    finally:
        path.write_text(kept, encoding="utf-8")


def is_unnoticed(mutant: Mutant, by_width: list[str]) -> bool:
    """Whether no test notices a mutant: half of them run little else, half are of all widths."""
    tried: set[str] = set()
    for most in _ROUNDS:
        left = [test for test in by_width if test not in tried]
        narrow, rest = left[: most // 2], left[most // 2 :]
        step = max(1, len(rest) // (most // 2))
        tests = [*narrow, *rest[::step]]
        if tests and not survives(mutant, tests):
            return False
        tried.update(tests)
    return True


def main() -> int:
    """Try a sample and print who survives."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--number", type=int, default=300, help="how many mutants to try")
    parser.add_argument(
        "--seed", type=int, nargs="+", default=[1], help="another one is another sample"
    )
    parser.add_argument(
        "--tests", nargs="+", default=TESTS, help="fewer are faster, and notice less"
    )
    parser.add_argument("--kept", action="store_true", help="look at no test anew")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the copy is whole again, all the same
    if not asked.kept:
        look(asked.tests)
    ran = contexts()
    width = Counter(test for lines in ran.values() for tests in lines.values() for test in tests)
    every = [
        mutant
        for file, lines in sorted(ran.items())
        for mutant in mutants_of(file, (COPY / file).read_text(encoding="utf-8"))
        if lines.get(mutant.line)
    ]
    for seed in asked.seed:
        _try(every, ran, width, number=asked.number, seed=seed)
    return 0


def _try(
    every: list[Mutant],
    ran: dict[str, dict[int, list[str]]],
    width: Counter[str],
    *,
    number: int,
    seed: int,
) -> None:
    sample = random.Random(seed).sample(every, min(number, len(every)))  # noqa: S311 - the same every time
    survived = tried = 0
    try:
        for mutant in sample:
            by_width = sorted(ran[mutant.file][mutant.line], key=width.__getitem__)
            if is_unnoticed(mutant, by_width):
                survived += 1
                place = f"{mutant.file}:{mutant.line}"
                print(f"{tried + 1}. {place}: {mutant.before} -> {mutant.after}", flush=True)
            tried += 1
    finally:
        print(f"{survived} of {tried} mutants survived (seed {seed}, {len(every)} in all)")


if __name__ == "__main__":
    raise SystemExit(main())
