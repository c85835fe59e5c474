"""Schemas that pydantic makes of ordinary models are accepted and stay the models' schemas.

Owns: one model for each way to annotate that users have. A value that the model takes must fit, and
one that it refuses must not, where the flavour can say so.
"""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Annotated, Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict, Field, RootModel, TypeAdapter

from tests.core.normalizing import NULL, STRING, normal_root, of


class Color(Enum):
    """A choice."""

    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    """A choice of numbers."""

    LOW = 1
    HIGH = 2


class Address(BaseModel):
    """A postal address."""

    model_config = ConfigDict(extra="forbid")

    city: str = Field(description="Name of the city", min_length=1)
    zip_code: str | None = Field(default=None, pattern=r"^\d{5}$")


class Cat(BaseModel):
    """A pet."""

    kind: Literal["cat"]
    lives: int = Field(default=9, ge=0, le=9)


class Dog(BaseModel):
    """A pet."""

    kind: Literal["dog"]
    weight: float = Field(gt=0)


class Owner(BaseModel):
    """Nested models, lists, unions."""

    home: Address
    work: Address | None = None
    pets: list[Annotated[Cat | Dog, Field(discriminator="kind")]] = Field(max_length=3)
    favourite: Cat | Dog | None = Field(default=None, description="The one.")


class Plain(BaseModel):
    """Everything without models inside."""

    color: Color = Color.RED
    level: Level
    mode: Literal["fast", 1, True] | None = "fast"
    scores: dict[str, int] = Field(default_factory=dict)
    point: tuple[int, str]
    numbers: tuple[int, ...] = ()
    tags: set[str] = Field(default_factory=set)
    anything: Any = None
    count: Annotated[int, Field(gt=0, lt=10, multiple_of=3)] = 3
    ratio: Annotated[float, Field(ge=0, lt=1)] = 0.5


class Tree(BaseModel):
    """A model that contains itself."""

    name: str
    children: list[Tree] = Field(default_factory=list, description="Below it.")
    parent: Tree | None = None


class Forest(BaseModel):
    """A model that contains nothing but lists of itself."""

    forests: list[Forest]


OWNER = {"home": {"city": "Bonn"}, "pets": [{"kind": "cat"}, {"kind": "dog", "weight": 3.5}]}
PLAIN = {"level": 1, "point": [1, "a"]}
TREE = {"name": "a", "children": [{"name": "b", "children": []}], "parent": {"name": "c"}}

FITTING: list[tuple[str, Any, list[Any]]] = [
    ("nested", Owner, [OWNER, {**OWNER, "work": None, "favourite": {"kind": "cat"}}]),
    (
        "plain",
        Plain,
        [PLAIN, {**PLAIN, "mode": None, "scores": {"a": 1}, "count": 9, "anything": [1]}],
    ),
    ("recursive", Tree, [TREE]),
    ("recursive lists", Forest, [{"forests": []}, {"forests": [{"forests": []}]}]),
    ("union", RootModel[Cat | Dog], [{"kind": "cat"}, {"kind": "dog", "weight": 1}]),
    ("dictionary", TypeAdapter(dict[str, Address]), [{}, {"a": {"city": "Bonn"}}]),
]

REFUSED: list[tuple[str, Any, list[Any]]] = [
    (
        "nested",
        Owner,
        [
            {"pets": []},
            {**OWNER, "home": {"city": ""}},
            {**OWNER, "home": {"city": "Bonn", "street": "A"}},
            {**OWNER, "pets": [{"kind": "cow"}]},
            {**OWNER, "pets": [{"kind": "cat", "lives": 10}]},
            {**OWNER, "pets": [{"kind": "cat"}] * 4},
        ],
    ),
    (
        "plain",
        Plain,
        [
            {},
            {**PLAIN, "level": 3},
            {**PLAIN, "color": "green"},
            {**PLAIN, "mode": False},
            {**PLAIN, "scores": {"a": "b"}},
            {**PLAIN, "point": [1]},
            {**PLAIN, "point": [1, None]},
            {**PLAIN, "count": 10},
            {**PLAIN, "count": 0},
            {**PLAIN, "ratio": -1},
        ],
    ),
    ("recursive", Tree, [{**TREE, "children": [{"children": []}]}, {**TREE, "parent": 1}]),
    ("recursive lists", Forest, [{}, {"forests": [{}]}]),
    ("union", RootModel[Cat | Dog], [{"kind": "cow"}, {"kind": "dog"}, "cat"]),
    ("dictionary", TypeAdapter(dict[str, Address]), [{"a": 1}, []]),
]


def schema_of(model: Any) -> dict[str, Any]:
    return model.json_schema() if isinstance(model, TypeAdapter) else model.model_json_schema()


def fitting(model: Any, values: list[Any]) -> list[bool]:
    validator = Draft202012Validator(normal_root(schema_of(model)))
    return [validator.is_valid(value) for value in values]


@pytest.mark.parametrize(
    ("model", "values"), [row[1:] for row in FITTING], ids=[r[0] for r in FITTING]
)
def test_what_the_model_takes_fits(model: Any, values: list[Any]) -> None:
    assert fitting(model, values) == [True] * len(values)


@pytest.mark.parametrize(
    ("model", "values"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_what_the_model_refuses_does_not_fit(model: Any, values: list[Any]) -> None:
    assert fitting(model, values) == [False] * len(values)


def test_references_are_written_out_with_what_was_said_beside_them() -> None:
    found = normal_root(schema_of(Owner))

    assert "$defs" not in found
    assert found["properties"]["home"]["description"] == "A postal address."
    favourite = found["properties"]["favourite"]
    assert [branch.get("title") for branch in favourite.pop("anyOf")] == ["Cat", "Dog", None]
    assert favourite["description"] == "The one."
    assert favourite["default"] is None


def test_what_a_model_demands_beyond_the_flavour_is_said() -> None:
    address = normal_root(schema_of(Address))["properties"]
    plain = normal_root(schema_of(Plain))["properties"]

    assert address["zip_code"]["anyOf"] == [
        of("string", description=r"Must match the regular expression ^\d{5}$."),
        NULL,
    ]
    assert plain["point"]["description"] == "Items in this order: integer, string."
    assert plain["count"]["description"] == "Must be a multiple of 3."
    assert plain["ratio"]["description"] == "Must be less than 1."
    assert plain["tags"] == {
        "type": "array",
        "items": STRING,
        "title": "Tags",
        "description": "All items must differ.",
    }


def test_a_model_that_contains_itself_is_one_definition() -> None:
    found = normal_root(schema_of(Tree))

    assert list(found["$defs"]) == ["Tree"]
    assert found["properties"]["children"]["items"] == {"$ref": "#/$defs/Tree"}
