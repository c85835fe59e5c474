"""Taking the steps of `_steps`, sync and async.

Owns: the two loops. May know: its own files, transport.

An error of a request ends the steps: none of them has a second way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any, TypeVar, cast

from kimi_core.platform._steps import Steps
from kimi_core.transport.call import Call

__all__ = ["arun", "run"]

_T = TypeVar("_T")


def run(send: Callable[[Call[Any]], Any], steps: Steps[_T]) -> _T:
    """Take all steps and return what comes of them."""
    answer: Any = None
    with closing(steps):
        while True:
            try:
                step = steps.send(answer)
            except StopIteration as ended:
                return cast("_T", ended.value)
            answer = send(step) if isinstance(step, Call) else _wait(step)


async def arun(send: Callable[[Call[Any]], Awaitable[Any]], steps: Steps[_T]) -> _T:
    """Do what `run` does, in the running event loop."""
    answer: Any = None
    with closing(steps):
        while True:
            try:
                step = steps.send(answer)
            except StopIteration as ended:
                return cast("_T", ended.value)
            answer = await (send(step) if isinstance(step, Call) else asyncio.sleep(step))


def _wait(seconds: float) -> Any:  # noqa: ANN401 - what a step of waiting is answered with
    time.sleep(seconds)
