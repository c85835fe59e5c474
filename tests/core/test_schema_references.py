"""References are written out; what contains itself stays a definition and must end.

Owns: every way to point into a schema, recursion, and what is done for servers of which the version
is not known.
"""

from __future__ import annotations

from typing import Any

import pytest

from kimi_core.errors import KimiConfigError
from kimi_core.schema import normalize_schema
from tests.core.normalizing import NULL, STRING, normal_root, of

NAMES = {"type": "array", "items": STRING}


def pointing(reference: str, **root: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"x": {"$ref": reference}, "y": NAMES}, **root}


PLACES = [
    ("#/$defs/a", {"$defs": {"a": STRING}}),
    ("#/definitions/a", {"definitions": {"a": STRING}}),
    ("#/properties/y/items", {}),
    ("#/$defs/a~1b~0c%25", {"$defs": {"a/b~c%": STRING}}),
    ("#/$defs/list/anyOf/1", {"$defs": {"list": {"anyOf": [{}, STRING]}}}),
    ("#/$defs/one", {"$defs": {"one": {"$ref": "#/$defs/two"}, "two": STRING}}),
    ("#/components/schemas/a", {"components": {"schemas": {"a": STRING}}}),
]


@pytest.mark.parametrize(("reference", "root"), PLACES, ids=[row[0] for row in PLACES])
def test_every_way_to_point_is_followed(reference: str, root: dict[str, Any]) -> None:
    assert normal_root(pointing(reference, **root)) == {
        "type": "object",
        "properties": {"x": STRING, "y": NAMES},
    }


FORMS = {
    "union beside a type": of("string", anyOf=[{"minLength": 1}, {"enum": ["a"]}]),
    "several parts": {"allOf": [STRING, {"minLength": 1}]},
    "reference beside a limit": {"$ref": "#/$defs/text", "minLength": 1},
    "union": {"anyOf": [STRING, NULL]},
    "part": {"allOf": [STRING]},
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_of_a_definition_is_written_out_at_each_reference(form: dict[str, Any]) -> None:
    direct = normal_root(of("object", properties={"x": form}, **{"$defs": {"text": STRING}}))
    once = {"$ref": "#/$defs/a"}
    schema = of("object", properties={"x": once, "y": {"anyOf": [once, once]}})
    found = normal_root({**schema, "$defs": {"a": form, "text": STRING}})

    assert found["properties"] == {"x": direct["properties"]["x"], "y": direct["properties"]["x"]}


def test_a_reference_to_a_boolean_is_followed() -> None:
    schema = pointing("#/$defs/none", **{"$defs": {"none": False}})

    assert list(normal_root(schema)["properties"]) == ["y"]


def test_what_stands_beside_a_reference_is_merged_into_its_copy() -> None:
    schema = {
        "type": "object",
        "properties": {
            "x": {"$ref": "#/$defs/a", "minLength": 2, "title": "X"},
            "y": {"$ref": "#/$defs/a"},
        },
        "$defs": {"a": {"type": "string", "minLength": 1, "maxLength": 5, "title": "A"}},
    }

    assert normal_root(schema)["properties"] == {
        "x": {"type": "string", "minLength": 2, "maxLength": 5, "title": "X"},
        "y": {"type": "string", "minLength": 1, "maxLength": 5, "title": "A"},
    }


def requiring(**properties: Any) -> dict[str, Any]:
    return of("object", properties=properties, required=list(properties))


def node_with(reference: dict[str, Any]) -> dict[str, Any]:
    return requiring(value=STRING, next={"anyOf": [reference, NULL]})


NODE = node_with({"$ref": "#/$defs/Node"})


class TestRecursion:
    """A schema that contains itself."""

    def test_below_the_root_stays_one_definition(self) -> None:
        root = {"type": "object", "properties": {"list": {"$ref": "#/$defs/Node"}}}

        assert normal_root({**root, "$defs": {"Node": NODE}}) == {**root, "$defs": {"Node": NODE}}

    @pytest.mark.parametrize("bucket", ["$defs", "definitions"])
    def test_of_the_root_keeps_an_object_at_the_root(self, bucket: str) -> None:
        reference = {"$ref": f"#/{bucket}/Node"}
        node = node_with(reference)

        found = normal_root({**reference, bucket: {"Node": node}})

        assert found == {**NODE, "$defs": {"Node": NODE}}

    def test_of_the_root_by_itself(self) -> None:
        schema = {"type": "object", "properties": {"next": {"$ref": "#"}}}
        inside = {"type": "object", "properties": {"next": {"$ref": "#/$defs/root"}}}

        assert normal_root(schema) == {**inside, "$defs": {"root": inside}}

    @pytest.mark.parametrize("key", ["x-order", "readOnly", "$comment"])
    def test_what_says_nothing_beside_the_reference_is_left_out(self, key: str) -> None:
        reference = {"$ref": "#/$defs/Node", key: True}
        schema = {"type": "object", "properties": {"x": reference}, "$defs": {"Node": NODE}}

        assert normal_root(schema)["properties"] == {"x": {"$ref": "#/$defs/Node"}}

    def test_a_description_beside_the_reference_goes_round_it(self) -> None:
        reference = {"$ref": "#/$defs/Node", "description": "The first."}
        schema = {"type": "object", "properties": {"x": reference}, "$defs": {"Node": NODE}}

        assert normal_root(schema)["properties"] == {
            "x": {"anyOf": [{"$ref": "#/$defs/Node"}], "description": "The first."}
        }

    def test_a_limit_beside_the_reference_makes_a_copy(self) -> None:
        longer = {"type": "string", "minLength": 1}
        reference = {"$ref": "#/$defs/Node", "properties": {"value": longer}}
        schema = {"type": "object", "properties": {"x": reference}, "$defs": {"Node": NODE}}

        assert normal_root(schema) == {
            "type": "object",
            "properties": {"x": {**NODE, "properties": {**NODE["properties"], "value": longer}}},
            "$defs": {"Node": NODE},
        }

    def test_definitions_that_contain_each_other(self) -> None:
        person = {
            "type": "object",
            "properties": {"pets": {"type": "array", "items": {"$ref": "#/$defs/Pet"}}},
        }
        pet = {"type": "object", "properties": {"owner": {"$ref": "#/$defs/Person"}}}
        schema = {"$ref": "#/$defs/Person", "$defs": {"Person": person, "Pet": pet}}
        found = normal_root(schema)

        assert list(found["$defs"]) == ["Person"]
        pet = found["properties"]["pets"]["items"]
        assert pet["properties"]["owner"] == {"$ref": "#/$defs/Person"}

    def test_names_are_made_fit_and_kept_apart(self) -> None:
        def recursive(word: str, name: str) -> dict[str, Any]:
            return {"type": "object", "properties": {word: {"$ref": f"#/$defs/{name}"}}}

        schema = {
            "type": "object",
            "properties": {"x": {"$ref": "#/$defs/List[A]"}, "y": {"$ref": "#/$defs/List_A_"}},
            "$defs": {
                "List[A]": recursive("a", "List[A]"),
                "List_A_": recursive("b", "List_A_"),
            },
        }

        assert list(normal_root(schema)["$defs"]) == ["List_A_", "List_A__2"]

    def test_definitions_that_say_the_same_stay_two(self) -> None:
        same = of("object", properties={"a": {"$ref": "#/$defs/A"}, "b": {"$ref": "#/$defs/B"}})
        schema = of("object", properties={"x": {"$ref": "#/$defs/B"}})

        assert normal_root({**schema, "$defs": {"A": same, "B": same}})["$defs"].keys() == {
            "A",
            "B",
        }

    def test_what_is_no_reference_is_called_by_its_place(self) -> None:
        schema = of("object", properties={"x": {"$ref": "#", "required": ["y"]}})

        assert list(normal_root(schema)["$defs"]) == ["x"]


class TestEnd:
    """Some value of a schema that contains itself must be finite."""

    @pytest.mark.parametrize(
        "schema",
        [
            requiring(next={"$ref": "#"}),
            requiring(next={"$ref": "#"}, name=STRING),
            requiring(next={"type": "array", "items": {"$ref": "#"}, "minItems": 1}),
            requiring(next={"anyOf": [{"$ref": "#"}, requiring(next={"$ref": "#"})]}),
        ],
        ids=["required", "beside another", "list of at least one", "every branch"],
    )
    def test_without_an_end_it_is_refused(self, schema: dict[str, Any]) -> None:
        with pytest.raises(KimiConfigError, match="no finite value fits this schema"):
            normalize_schema(schema)

    def test_one_finite_property_is_enough_for_every_server(self) -> None:
        tree = requiring(name=STRING, children={"type": "array", "items": {"$ref": "#/$defs/Tree"}})

        assert normal_root({"$ref": "#/$defs/Tree", "$defs": {"Tree": tree}})["$defs"] == {
            "Tree": tree
        }

    def test_an_end_by_an_empty_list_is_written_out(self) -> None:
        items = {"$ref": "#/$defs/Tree"}
        either = [{"type": "array", "maxItems": 0}, {"type": "array", "items": items}]
        tree = requiring(
            children={"type": "array", "items": items, "description": "Below."},
        )

        assert normal_root({"$ref": "#/$defs/Tree", "$defs": {"Tree": tree}})["$defs"] == {
            "Tree": requiring(children={"description": "Below.", "anyOf": either})
        }

    def test_lists_are_written_out_wherever_they_stand(self) -> None:
        trees = {"type": "array", "items": {"$ref": "#"}}
        some = {**trees, "minItems": 1}
        tree = {
            **requiring(a={"anyOf": [trees, NULL]}, b={"type": "array", "items": trees}),
            "additionalProperties": some,
        }
        tree["properties"]["a"] = {"anyOf": [trees, some]}
        found = normal_root(tree)["$defs"]["root"]
        trees, some = ({**one, "items": {"$ref": "#/$defs/root"}} for one in (trees, some))
        none = {"type": "array", "maxItems": 0}

        assert found == {
            **requiring(
                a={"anyOf": [none, trees, some]},
                b={"anyOf": [none, {"type": "array", "items": {"anyOf": [none, trees]}}]},
            ),
            "additionalProperties": some,
        }
