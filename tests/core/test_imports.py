"""What an import brings, and what it leaves for the first model or for whoever asks for it.

Owns: which rooms and files of the core the adapters import, and that a request imports none.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

FRAMEWORKS = {"langchain_kimi": "langchain_openai", "llama_index_kimi": "llama_index"}
# Half of the time of an adapter's import: each came back by one import at the top of a file.
LATER = (
    "kimi_core.capabilities", "kimi_core.chat._chat", "kimi_core.chat._reply", "kimi_core.files",
    "kimi_core.raw.prompt", "kimi_core.request._build", "kimi_core.response", "kimi_core.schema",
    "kimi_core.transport._transport", "kimi_core.transport.pools",
)  # fmt: skip
# Of what most programs never ask for.
ASKED_FOR = ("dotenv", "kimi_core.platform", "langchain_kimi._official")


def imported(program: str) -> set[str]:
    """Return what is imported after a program, in a process of its own."""
    code = f"{program}; import sys; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())  # noqa: S603 - ours


def only_with(adapter: str) -> pytest.MarkDecorator:
    absent = importlib.util.find_spec(FRAMEWORKS[adapter]) is None
    return pytest.mark.skipif(absent, reason=f"{FRAMEWORKS[adapter]} is not installed")


@only_with("langchain_kimi")
def test_an_adapter_imports_what_no_model_is_needed_for() -> None:
    found = imported("from langchain_kimi import ChatKimiK2")
    assert found & {*LATER, *ASKED_FOR, "langchain_kimi._chunks"} == set()


@only_with("langchain_kimi")
def test_a_model_that_is_made_has_imported_what_a_request_needs() -> None:
    """So that nobody waits for it between a question and its answer."""
    made = "from langchain_kimi import ChatKimiK2; ChatKimiK2(api_key='made up')"
    found = imported(made)
    assert set(LATER) - found == set()
    assert found & {*ASKED_FOR} == set()


@only_with("llama_index_kimi")
def test_official_tools_are_imported_when_they_are_asked_for() -> None:
    brought = imported("from llama_index_kimi import ChatKimiK2")
    assert brought & {"kimi_core.platform", "llama_index_kimi._official"} == set()
