"""A decorator of a framework's that is one for some instances alone.

Owns: `decorated_where`, with a decorator that marks nothing. What LlamaIndex's are left out for is
in tests/llama_index/test_events.py.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from kimi_core.chat._decorated import decorated_where


def told_twice(method: Any) -> Any:
    return lambda instance, *args: 2 * method(instance, *args)


class Model:
    """Says what it is told to."""

    def __init__(self, *, listened: bool) -> None:
        self.listened = listened

    @decorated_where(told_twice, lambda model: bool(model.listened))
    def say(self, text: str) -> str:
        """Say it."""
        return text

    @decorated_where(lambda method: method, lambda model: bool(model.listened))
    async def asay(self, text: str) -> str:
        """Say it, async."""
        return text


@pytest.mark.parametrize(("listened", "said"), [(True, "HiHi"), (False, "Hi")])
def test_it_is_there_for_whom_it_does_anything(said: str, *, listened: bool) -> None:
    model = Model(listened=listened)
    assert model.say("Hi") == said
    assert asyncio.run(model.asay("Hi")) == "Hi"
    assert model.say.__doc__ == "Say it."
