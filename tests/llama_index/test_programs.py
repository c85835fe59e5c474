"""LlamaIndex's own programs and selectors get their object, of a model that cannot be forced too.

Owns: FunctionCallingProgram, the selectors and text programs, for what a model can answer instead
of the call that they want. The server is scripted.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core.program import FunctionCallingProgram, LLMTextCompletionProgram
from llama_index.core.prompts import PromptTemplate
from llama_index.core.selectors import (
    LLMMultiSelector,
    LLMSingleSelector,
    PydanticMultiSelector,
    PydanticSingleSelector,
)
from llama_index.core.tools import ToolMetadata
from pydantic import BaseModel

from tests.llama_index.scripted_server import ScriptedServer, answer, tool_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_index_kimi import ChatKimiK2

pytestmark = pytest.mark.filterwarnings("ignore::kimi_core.ToolChoiceWarning")


class City(BaseModel):
    """A city."""

    name: str


def by_program(llm: ChatKimiK2) -> Any:
    program = FunctionCallingProgram.from_defaults(
        output_cls=City, prompt_template_str="A city.", llm=llm
    )
    return program()


def by_async_program(llm: ChatKimiK2) -> Any:
    program = FunctionCallingProgram.from_defaults(
        output_cls=City, prompt_template_str="A city.", llm=llm
    )
    return asyncio.run(program.acall())


def by_text_program(llm: ChatKimiK2) -> Any:
    program = LLMTextCompletionProgram.from_defaults(
        output_cls=City, prompt_template_str="A city.", llm=llm
    )
    return program()


def by_prediction(llm: ChatKimiK2) -> Any:
    return llm.structured_predict(City, PromptTemplate("A city."))


def by_selector(kind: Any) -> Callable[[ChatKimiK2], Any]:
    choices = [ToolMetadata(name=name, description=name) for name in ("rivers", "towns")]

    def select(llm: ChatKimiK2) -> Any:
        return kind.from_defaults(llm=llm).select(choices, "Which river?").inds

    return select


CITY, ONE = '{"name": "Ulm"}', '{"index": 2, "reason": "a town"}'
MANY, LISTED = f'{{"selections": [{ONE}]}}', '[{"choice": 2, "reason": "a town"}]'
# Who asks, what the model says, what comes of it.
ASKED: dict[str, tuple[Callable[[ChatKimiK2], Any], str, Any]] = {
    "a program": (by_program, CITY, City(name="Ulm")),
    "a program, async": (by_async_program, CITY, City(name="Ulm")),
    "a text program": (by_text_program, CITY, City(name="Ulm")),
    "structured_predict": (by_prediction, CITY, City(name="Ulm")),
    "one by call": (by_selector(PydanticSingleSelector), ONE, [1]),
    "several by call": (by_selector(PydanticMultiSelector), MANY, [1]),
    "one by text": (by_selector(LLMSingleSelector), LISTED, [1]),
    "several by text": (by_selector(LLMMultiSelector), LISTED, [1]),
}
ANSWERS: dict[str, Callable[[str], str]] = {
    "JSON": lambda said: said,
    "a fence": lambda said: f"```json\n{said}\n```",
}


@pytest.mark.parametrize("written", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize(("run", "said", "wanted"), ASKED.values(), ids=ASKED)
def test_an_object_is_had_of_a_model_that_cannot_be_forced(
    make_llm: Callable[..., ChatKimiK2],
    server: ScriptedServer,
    run: Any,
    said: str,
    wanted: Any,
    written: Any,
) -> None:
    server.json(answer(written(said), reasoning="I look."))
    assert run(make_llm(model="kimi-k2.7-code")) == wanted
    assert server.bodies[0].get("tool_choice", "auto") == "auto"


@pytest.mark.parametrize("model", ["kimi-k2.7-code", "kimi-k2.6", "kimi-k3.1-pro"])
@pytest.mark.parametrize("run", [by_program, by_async_program])
def test_a_call_is_the_object_as_well(
    make_llm: Callable[..., ChatKimiK2], server: ScriptedServer, model: str, run: Any
) -> None:
    server.json(answer(calls=[tool_call("City", CITY)]))
    assert run(make_llm(model=model)) == City(name="Ulm")


@pytest.mark.parametrize("model", ["kimi-k2.6", "kimi-k3", "kimi-k3.1-pro"])
@pytest.mark.parametrize("asked", ["a program", "a program, async", "several by call"])
def test_a_model_that_was_forced_and_wrote_its_object_is_read(
    make_llm: Callable[..., ChatKimiK2], server: ScriptedServer, model: str, asked: str
) -> None:
    """Servers that do not keep to a choice are many; the object was there, and an error."""
    run, said, wanted = ASKED[asked]
    server.json(answer(ANSWERS["a fence"](said), reasoning="I look."))
    assert run(make_llm(model=model)) == wanted
    assert server.bodies[0]["tool_choice"] not in (None, "auto")
    assert "response_format" not in server.bodies[0]
