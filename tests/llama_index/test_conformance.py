"""`ChatKimiK2` passes the conformance checks on every live model of the simulated Moonshot API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from llama_index.core.llms.mock import MockFunctionCallingLLM

from kimi_core.models import MODELS
from llama_index_kimi import ChatKimiK2
from tests.llama_index.conformance import CHECKS, check, report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kimi_core.testing import MoonshotSimulator

pytestmark = [
    # Workflows look at every attribute of an agent, the deprecated ones of pydantic too.
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning"),
    # A model that always thinks and cannot be forced is asked anyway, with this warning.
    pytest.mark.filterwarnings("ignore::kimi_core.ToolChoiceWarning"),
]

LIVE = [info for info in MODELS.values() if not info.retired and info.pinned]
CASES = [
    pytest.param(name, info.name, id=f"{info.name}: {name.replace('_', ' ')}")
    for info in LIVE
    for name in CHECKS
    # The check speaks K2's tokens; those of K3 are another language.
    if (name, info.dialect) != ("raw_tokens_become_calls", "k3")
]


@pytest.fixture
def made() -> Iterator[list[ChatKimiK2]]:
    """Instances to be closed."""
    instances: list[ChatKimiK2] = []
    yield instances
    for instance in instances:
        instance.close()


@pytest.mark.parametrize(("name", "model"), CASES)
def test_conformance(name: str, model: str, made: list[ChatKimiK2]) -> None:
    def make(server: MoonshotSimulator) -> ChatKimiK2:
        # Moonshot's own API never leaves a call in its text, so that none is looked for unasked.
        parser = "client" if name == "raw_tokens_become_calls" else None
        where = {"endpoint": "moonshot", "base_url": server.base_url, "api_key": server.api_key}
        made.append(ChatKimiK2(model=model, tool_call_parser=parser, **where))
        return made[-1]

    check(name, make)


def test_a_class_that_does_nothing_right_fails_the_checks() -> None:
    results = report(lambda _server: MockFunctionCallingLLM())

    passed = {name for name, problem in results.items() if not problem}
    assert passed <= {
        "history_is_not_changed",
        "the_key_is_not_written_down",
        "one_call_where_one_was_asked_for",
    }
