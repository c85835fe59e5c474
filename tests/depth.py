"""How deep a run goes, and how its tests are shared out among processes.

Owns: the option ``--deep`` with the mark ``deep``, the profiles of hypothesis, the time that a test
on an engine may take, which garbage is looked through, and the scheduler of pytest-xdist. May know:
pytest, hypothesis, xdist.

``make test`` is the whole behaviour in minutes: every test, few examples of each property, and each
kind of generated call once. ``make test-deep`` adds what is marked ``deep`` and all examples.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parent.parent
ENGINE_SECONDS = 1800

# A slow moment of a shared machine is no finding: no deadline. What a newcomer or CI runs must say
# the same thing twice; new examples are looked for in a deep run at home.
_minutes = hypothesis.settings(deadline=None, derandomize=True, max_examples=20)
_deep = hypothesis.settings(deadline=None, max_examples=150)
hypothesis.settings.register_profile("minutes", _minutes)
hypothesis.settings.register_profile("deep", _deep)
_fuzz = int(os.environ.get("KIMI_FUZZ_EXAMPLES", "20000"))
hypothesis.settings.register_profile("fuzz", _deep, max_examples=_fuzz)
# The same examples each time: what half of them did not find, the others will not find next time.
hypothesis.settings.register_profile("deep-ci", _deep, derandomize=True, max_examples=75)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--deep``."""
    parser.addoption("--deep", action="store_true", help="all examples, every engine case")


def pytest_configure(config: pytest.Config) -> None:
    """Choose the examples of property tests, unless ``--hypothesis-profile`` has."""
    if not config.getoption("--hypothesis-profile", None):
        ci = "-ci" if os.environ.get("CI") == "true" else ""
        deep = config.getoption("--deep")
        hypothesis.settings.load_profile(f"deep{ci}" if deep else "minutes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is for a deep run; let no clock decide about an engine."""
    for item in items:
        if item.get_closest_marker("engine"):
            # It computes as fast as the machine lets it: one call took 7 s on two quiet cores and
            # 70 s on busy ones. So this ends a hang, and nothing else.
            item.add_marker(pytest.mark.timeout(ENGINE_SECONDS))
        if item.get_closest_marker("deep") and config.pluginmanager.hasplugin("_cov"):
            # Every run has the same fact in fewer cases, which are covered: a schema of a megabyte
            # took 66 s to trace, and takes 5.
            item.add_marker(pytest.mark.no_cover)
    # What is imported and collected by now stays. Each full collection of garbage walked through it
    # for 0.5 to 2 s, and the tests of what is forgotten ask for a hundred of them.
    gc.collect()
    gc.freeze()
    if not config.getoption("--deep"):
        left_out = [item for item in items if item.get_closest_marker("deep")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("deep")]


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Leave what is alive behind a file out of all later collections of garbage.

    A worker of a deep run holds a gigabyte in the end, and each full collection walks through it:
    schemas of a megabyte took 30 s there, and 3 s by themselves.
    """
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        gc.freeze()


@pytest.hookimpl(wrapper=True, trylast=True)  # inside of pytest-cov's, which has paused by then
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Let nothing trace a test that is marked ``no_cover``.

    coverage begins in every child of a run that is measured, so in the workers, too, where its own
    tracer comes back as soon as pytest-cov's pauses: schemas of a megabyte took 22 s, and not 3.
    """
    tracing = sys.gettrace(), threading.gettrace()
    if tracing == (None, None) or not item.get_closest_marker("no_cover"):
        return (yield)
    sys.settrace(None)
    threading.settrace(None)  # type: ignore[arg-type]  # as its documentation has it
    try:
        return (yield)
    finally:
        sys.settrace(tracing[0])
        threading.settrace(tracing[1])  # type: ignore[arg-type]  # as above


@pytest.fixture(scope="module")
def own_garbage() -> None:
    """For tests that collect garbage again and again: only what they made is looked through."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Give each process whole files, and all files with an engine to one: it starts once.

    xdist's own marks for groups would do so, too, and lengthen the name of every test by its group,
    so that a failed one could not be copied into the next command.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return "engine" if _starts_an_engine(file) else file

        def _assign_work_unit(self, node: Any) -> None:
            # xdist begins with the scope of most tests. Those that take longest have few: begun
            # last, they leave the other process without work, for three minutes of a deep run.
            for scope in [one for one in self.workqueue if one != "engine" and _takes_long(one)]:
                self.workqueue.move_to_end(scope, last=False)
            if "engine" in self.workqueue:
                self.workqueue.move_to_end("engine", last=False)
            super()._assign_work_unit(node)

        def mark_test_complete(self, node: Any, item_index: int, *_: object) -> None:
            # xdist keeps what is done, and counts all of it again after each of 15,000 tests.
            nodeid = self.registered_collections[node][item_index]
            del self.assigned_work[node][self._split_scope(nodeid)][nodeid]
            self._reschedule(node)

    return Scheduling(config, log)


@cache
def _takes_long(file: str) -> bool:
    return "pytest.mark.timeout(" in (ROOT / file).read_text(encoding="utf-8")


@cache
def _starts_an_engine(file: str) -> bool:
    return "pytest.mark.engine" in (ROOT / file).read_text(encoding="utf-8")
