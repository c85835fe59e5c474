"""The schemas of tools are read once, and are those of the classes as they are now.

Owns: what is sent of a tool's class, in the first request and in those behind it.
"""

import copy
from collections.abc import Callable
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import GenerateJsonSchema

from llama_index_kimi import ChatKimiK2


class Color(Enum):
    """A colour."""

    RED = "red"


class Inner(BaseModel):
    """What stands inside."""

    color: Color


def plain(
    city: str, day: date, n: Annotated[int, "How many."] = 1, kind: Literal["a"] = "a"
) -> str:
    return f"{city}{day}{n}{kind}"


def with_list(tags: list[str] = ["a"]) -> str:  # noqa: B006 - as users write it
    return "".join(tags)


def nested(inner: Inner) -> str:
    return str(inner)


class Own(BaseModel):
    """A class of the user's."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"x": 1}]})

    x: int = Field(default=1, description="A number.", json_schema_extra={"a": [1]})


class Itself(BaseModel):
    """One that holds itself."""

    more: list["Itself"] = []


class Writes(BaseModel):
    """One that writes its schema."""

    x: int = 1

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {**super().model_json_schema(*args, **kwargs), "properties": {"y": {}}}


class Child(Own):
    """A class of a class."""

    z: str


CLASSES: dict[str, Callable[[], Any]] = {
    "a function": lambda: FunctionTool.from_defaults(plain).metadata.fn_schema,
    "a default that may change": lambda: FunctionTool.from_defaults(with_list).metadata.fn_schema,
    "a class inside": lambda: FunctionTool.from_defaults(nested).metadata.fn_schema,
    "a class": lambda: Own,
    "a class that holds itself": lambda: Itself,
    "a class that writes its schema": lambda: Writes,
    "a class of a class": lambda: Child,
}


@pytest.fixture(scope="module")
def llm() -> ChatKimiK2:
    return ChatKimiK2(endpoint="vllm", base_url="http://127.0.0.1:9/v1", model="kimi-k2.6")


def sent(llm: ChatKimiK2, kind: Any) -> dict[str, Any]:
    """Return the parameters that are sent of a tool with this class."""
    tool = FunctionTool.from_defaults(plain, name="f", description="d", fn_schema=kind)
    (found,) = llm._prepare_chat_with_tools([tool], "Hi")["tools"]
    parameters: dict[str, Any] = found["function"]["parameters"]
    return parameters


def expected(kind: Any) -> dict[str, Any]:
    """Return what LlamaIndex makes of the class, without its one loss."""
    made = FunctionTool.from_defaults(plain, name="f", fn_schema=kind).metadata
    found = made.get_parameters_dict()
    if found.keys() == {"$defs"}:
        return {**found["$defs"][kind.__name__], "$defs": found["$defs"]}
    return found


@pytest.mark.parametrize("kind_of", CLASSES.values(), ids=CLASSES)
def test_a_schema_is_the_classes_own_each_time(llm: ChatKimiK2, kind_of: Callable[[], Any]) -> None:
    kind = kind_of()
    first = sent(llm, kind)
    assert first == expected(kind)
    kept = copy.deepcopy(first)
    first["properties"].clear()  # whoever changes what is sent changes no other request
    assert sent(llm, kind) == kept == expected(kind)


def _field(kind: Any) -> None:
    kind.model_fields["x"].description = "Another."
    kind.model_rebuild(force=True)


def _extra(kind: Any) -> None:
    kind.model_config["json_schema_extra"]["properties"] = {"changed": {}}


def _in_field(kind: Any) -> None:
    kind.__pydantic_core_schema__["schema"]["fields"]["x"]["metadata"]["pydantic_js_extra"]["a"] = 2


CHANGES: dict[str, Callable[[Any], None]] = {
    "a field, built anew": _field,
    "what the config adds": _extra,
    "what a field adds": _in_field,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_class_that_was_changed_is_sent_as_it_is_now(
    llm: ChatKimiK2, change: Callable[[Any], None]
) -> None:
    class Changed(BaseModel):
        model_config = ConfigDict(json_schema_extra={"title": "x"})

        x: int = Field(default=1, description="A number.", json_schema_extra={"a": 1})

    before = sent(llm, Changed)
    change(Changed)
    assert sent(llm, Changed) == expected(Changed) != before


def test_a_default_that_a_tool_changed_is_sent_as_it_is_now(llm: ChatKimiK2) -> None:
    kind = FunctionTool.from_defaults(with_list).metadata.fn_schema
    sent(llm, kind)
    before = sent(llm, kind)["properties"]["tags"]["default"]
    with_list.__defaults__[0].append("b")  # type: ignore[index]
    try:
        assert sent(llm, kind)["properties"]["tags"]["default"] == ["a", "b"] != before
    finally:
        with_list.__defaults__[0].remove("b")  # type: ignore[index]


def test_a_function_of_the_users_is_asked_each_time(llm: ChatKimiK2) -> None:
    """Such as one that lists what there is now."""
    there = ["a"]

    class Listed(BaseModel):
        x: str = Field(json_schema_extra=lambda schema: schema.update(enum=[*there]))

    assert sent(llm, Listed)["properties"]["x"]["enum"] == ["a"]
    there.append("b")
    assert sent(llm, Listed)["properties"]["x"]["enum"] == ["a", "b"]


def test_a_schema_is_written_once(llm: ChatKimiK2, monkeypatch: pytest.MonkeyPatch) -> None:
    """It took more than all the rest of a request with a hundred tools."""
    written: list[Any] = []
    generate = GenerateJsonSchema.generate

    def counting(self: GenerateJsonSchema, *args: Any, **kwargs: Any) -> Any:
        written.append(args)
        return generate(self, *args, **kwargs)

    monkeypatch.setattr(GenerateJsonSchema, "generate", counting)

    def counted(first: str) -> str:
        return first

    tools = [FunctionTool.from_defaults(counted), FunctionTool.from_defaults(with_list)]
    for _ in range(3):
        llm._prepare_chat_with_tools(tools, "Hi")
    assert len(written) <= len(tools)


def test_so_many_are_known_and_no_more(llm: ChatKimiK2, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kimi_core.request.structured._MOST_KNOWN", 1)
    for _ in range(2):
        for kind in (Own, Writes, FunctionTool.from_defaults(plain).metadata.fn_schema):
            assert sent(llm, kind) == expected(kind)
