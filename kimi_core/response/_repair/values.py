"""Values that a schema refuses -> the one value that is meant, where there is one.

Owns: which readings a value has. May know: its own files, raw; jsonschema.

A value that its schema accepts is never touched, so every step begins with what the validator
refuses. Each refusal has few possible edits, by the keyword that refuses; an edit counts where
afterwards nothing is refused that was not refused before, and that refusal is gone. One such edit
is made; with two, or none, there is no reading:

=======================  ===========================================================================
a string, asked for      what it says as JSON: a number, true or false, an array, an object, null
a single value           the array of it, unless its text may be a list already
an integer               its JSON text, where a string is asked for
null                     absent, where the parameter may be
an unknown parameter     absent where it is null; the declared one, where the names differ in case
                         and separators alone
a value of no enum       the member of which the same is true
=======================  ===========================================================================

What is out of range, in words or a list in prose has no edit. A fraction is no string either (3.10
and 3.1 are one number), and 1 is not true.
"""

from __future__ import annotations

import itertools
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from kimi_core.raw.tool_names import folded
from kimi_core.response._repair.shapes import is_array, is_object
from kimi_core.response._repair.text import lenient_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from jsonschema.exceptions import ValidationError

    from kimi_core.response._repair.schema import CompiledSchema

__all__ = ["Change", "converted"]

_MOST_CHANGES = 40
_MOST_TRIES = 400
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LONGEST_NUMBER = 300
# A text with one of these may be a list that somebody wrote as text.
_LIST_MARKS = re.compile(r"[,;\n\r|\[\](){}<>、，；]")  # noqa: RUF001 - Chinese commas, too
_WORDS = {"true": True, "false": False}
_NULL = ("null", "none")
_ABSENT = object()


class Change(NamedTuple):
    """One value that was replaced.

    Attributes:
        kind: A stable word, the name of a diagnostic.
        before: JSON text of what the model said.
        after: JSON text of what it means; empty for a parameter that was left out.
    """

    kind: str
    before: str
    after: str


class _Edit(NamedTuple):
    kind: str
    path: tuple[str | int, ...]
    value: Any  # _ABSENT: the parameter is left out
    key: str | None = None  # another name for it


def converted(
    value: dict[str, Any], schema: CompiledSchema
) -> tuple[dict[str, Any], list[Change]] | None:
    """Return what arguments mean that their schema refuses, or None where nothing certain.

    Args:
        value: The arguments; not changed.
        schema: The tool's.
    """
    changes: list[Change] = []
    tries = itertools.count()
    for _ in range(_MOST_CHANGES):
        refused = list(schema.errors(value))
        if not refused:
            return (value, changes) if schema.fits(value) else None
        found = _first_step(value, refused, schema, tries)
        if found is None:
            return None
        value, made = found
        changes += made
    return None


def _first_step(
    value: dict[str, Any],
    refused: list[ValidationError],
    schema: CompiledSchema,
    tries: Iterator[int],
) -> tuple[dict[str, Any], list[Change]] | None:
    """Mend one refusal; None where one of them has no reading, since then nothing is run."""
    known = {_key(error) for error in refused}
    for error in refused:
        readings: dict[str, tuple[dict[str, Any], list[Change]]] = {}
        for edits in _edits(value, error):
            if next(tries) > _MOST_TRIES:
                return None
            after = value
            for edit in edits:
                after = _edited(after, edit)
            left = {_key(one) for one in schema.errors(after)}
            gone = _key(error) not in left
            # What is inside a value that became a container is looked at in the next round.
            new = {key for key in left - known if not _lies_deeper(key[0], _path(error))}
            if gone and not new:
                text = json.dumps(after, sort_keys=True)
                readings[text] = (after, [_told(value, edit) for edit in edits])
        if len(readings) == 1:
            return next(iter(readings.values()))
        if len(readings) > 1:
            return None
    return None


def _key(error: ValidationError) -> tuple[tuple[str | int, ...], str, str]:
    told = error.message if error.validator == "required" else ""
    return (_path(error), str(error.validator), told)


def _path(error: ValidationError) -> tuple[str | int, ...]:
    return tuple(error.absolute_path)


def _lies_deeper(path: tuple[str | int, ...], outer: tuple[str | int, ...]) -> bool:
    return len(path) > len(outer) and path[: len(outer)] == outer


def _at(value: Any, path: Iterable[str | int]) -> Any:  # noqa: ANN401 - any JSON value
    for part in path:
        value = value[part]
    return value


def _edited(value: Any, edit: _Edit, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON value
    """Return a copy with one value replaced, left out or renamed; the order of names stays."""
    if depth == len(edit.path):
        return edit.value
    part, last = edit.path[depth], depth + 1 == len(edit.path)
    if is_array(value):
        return [_edited(v, edit, depth + 1) if n == part else v for n, v in enumerate(value)]
    found: dict[str, Any] = {}
    for name, item in value.items():
        if name != part or not last or edit.value is not _ABSENT:
            renamed = edit.key if name == part and last and edit.key else name
            found[renamed] = _edited(item, edit, depth + 1) if name == part else item
    return found


def _told(value: Any, edit: _Edit) -> Change:  # noqa: ANN401 - any JSON value
    before = _at(value, edit.path)
    if edit.value is _ABSENT:
        return Change(edit.kind, _json({edit.path[-1]: before}), "")
    if edit.key is not None:
        return Change(edit.kind, str(edit.path[-1]), edit.key)
    return Change(edit.kind, _json(before), _json(edit.value))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


# -- the edits of a refusal ----------------------------------------------------------------------


def _edits(value: Any, error: ValidationError) -> Iterator[list[_Edit]]:  # noqa: ANN401 - as above
    """Yield the edits that a refusal suggests, and those of the branches of a union."""
    path = _path(error)
    found = _at(value, path)
    yield from _by_keyword(found, path, error)
    for inner in error.context or ():
        yield from _edits(value, inner)


def _by_keyword(
    found: Any,  # noqa: ANN401 - any JSON value
    path: tuple[str | int, ...],
    error: ValidationError,
) -> Iterator[list[_Edit]]:
    keyword = str(error.validator)
    if keyword == "type":
        for kind, meant in _of_type(found, error.validator_value):
            yield [_Edit(kind, path, meant)]
    elif keyword in ("enum", "const"):
        said: Any = error.validator_value
        for member in _members(found, said if keyword == "enum" else [said]):
            yield [_Edit("enum_value", path, member)]
    elif keyword in ("additionalProperties", "unevaluatedProperties", "required"):
        edits = _of_names(found, path, error)
        if edits:
            yield edits
    # Whichever keyword refuses it, null says that the parameter is not there.
    if found is None and path and isinstance(path[-1], str):
        yield [_Edit("null_dropped", path, _ABSENT)]


def _of_type(found: Any, expected: object) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - as above
    """Yield what a value of another type means as one of these."""
    for name in expected if is_array(expected) else [expected]:
        if isinstance(found, str) and str(name) in _READ:
            yield from _READ[str(name)](found)
        elif name == "string" and type(found) is int:
            yield "integer_to_string", str(found)
        if name == "array" and _is_single(found):
            yield "single_to_array", [found]


def _is_single(found: object) -> bool:
    if isinstance(found, str):
        return bool(found.strip()) and not _LIST_MARKS.search(found)
    return found is not None and not is_array(found)


def _number(text: str) -> Iterator[tuple[str, Any]]:
    said = text.strip()
    if len(said) <= _LONGEST_NUMBER and _NUMBER.fullmatch(said):
        number = json.loads(said)
        if isinstance(number, float) and number.is_integer() and abs(number) < 2**53:
            number = int(number)
        yield "string_to_number", number


def _boolean(text: str) -> Iterator[tuple[str, Any]]:
    word = text.strip().casefold()
    if word in _WORDS:
        yield "string_to_boolean", _WORDS[word]


def _null(text: str) -> Iterator[tuple[str, Any]]:
    if text.strip().casefold() in _NULL:
        yield "string_to_null", None


def _container(kind: type) -> Callable[[str], Iterator[tuple[str, Any]]]:
    def read(text: str) -> Iterator[tuple[str, Any]]:
        try:
            found = lenient_json(text.strip())
            found = lenient_json(found) if isinstance(found, str) else found
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return
        if type(found) is kind:
            yield "string_to_array" if kind is list else "string_to_object", found

    return read


_READ: dict[str, Callable[[str], Iterator[tuple[str, Any]]]] = {
    "integer": _number,
    "number": _number,
    "boolean": _boolean,
    "null": _null,
    "array": _container(list),
    "object": _container(dict),
}


def _members(found: object, members: list[Any]) -> Iterator[Any]:
    """Yield the members that differ from a value in case, separators or quotes alone."""
    if isinstance(found, bool) or not isinstance(found, (str, int)):
        return
    means = folded(str(found))
    for member in members:
        if isinstance(member, str):
            same = folded(member) == means and (isinstance(found, str) or member == str(found))
        else:
            same = isinstance(found, str) and _json(member).casefold() == found.strip().casefold()
        if same and means:
            yield member


def _of_names(
    found: Mapping[str, Any], path: tuple[str | int, ...], error: ValidationError
) -> list[_Edit]:
    """Return the names that have to be exchanged or left out; all at once, since one asks so."""
    declared = error.schema.get("properties") if is_object(error.schema) else None
    names = list(declared) if is_object(declared) else []
    edits: list[_Edit] = []
    for name, item in found.items():
        if name in names:
            continue
        meant = [one for one in names if folded(one) == folded(name) and one not in found]
        others = [other for other in found if other not in names and folded(other) == folded(name)]
        if len(meant) == 1 and len(others) == 1:
            edits.append(_Edit("renamed_parameter", (*path, name), item, meant[0]))
        elif item is None and error.validator != "required":
            edits.append(_Edit("null_dropped", (*path, name), _ABSENT))
    return edits
