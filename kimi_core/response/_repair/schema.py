"""One tool's schema, compiled: whether a value fits it, and where it does not.

Owns: which validator library is asked, and what is done with a schema that none can read.
May know: its own files, errors, schema; jsonschema. Both are imported with the first call that has
to be looked at.

``jsonschema_rs`` says yes or no in 1 microsecond where ``jsonschema`` takes 40, and so is asked
first where it is installed; where a value does not fit is always asked of ``jsonschema``, so that
what is mended does not depend on what is installed. ``fastjsonschema`` takes 12 and imports in a
tenth of the time, but knows nothing behind draft 7 and writes each schema as Python source that it
executes, in 4 ms; and schemas come from MCP servers.

A schema that cannot be compiled, refers to what is not there (nothing is ever fetched) or would
cost too much is no judge: every object fits it, as it did before anybody looked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from kimi_core.errors import KimiConfigError
from kimi_core.response._repair.patterns import matches
from kimi_core.response._repair.shapes import is_array, is_object
from kimi_core.response._repair.surely import surely_fits
from kimi_core.schema.plain import plain_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

__all__ = ["CompiledSchema", "compiled_schema"]

_MOST_STEPS = 200_000
_MOST_ERRORS = 64
_LONGEST_REASON = 300
# Keywords by which one schema speaks of the same value again, and of what lies in it.
_BESIDE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "$ref", "$dynamicRef")
_INSIDE = ("items", "prefixItems", "additionalProperties", "contains", "unevaluatedProperties")
_NAMED = ("properties", "patternProperties", "dependentSchemas")


class CompiledSchema:
    """The schema of one tool's arguments.

    Attributes:
        rules: The schema itself; empty where there is none that can be read.
    """

    def __init__(self, rules: Mapping[str, Any]) -> None:
        self.rules = rules
        self._depths: dict[int, bool] = {}

    def __deepcopy__(self, memo: object) -> CompiledSchema:
        """Stay what it is: it holds nothing of any answer."""
        return self

    def fits(self, value: object) -> bool:
        """Whether a value fits; true of every value where the schema is no judge."""
        if self._surely(value) or not self._judges(value):
            return True
        if self._fast_one is not None:
            try:
                return self._fast_one(value)
            except (ValueError, OverflowError, RecursionError):
                pass  # a name that is half of a surrogate pair has no UTF-8, which jsonschema takes
        return next(self.errors(value), None) is None

    def _surely(self, value: object) -> bool:
        try:
            return surely_fits(value, self.rules)
        except Exception:  # noqa: BLE001 - a schema of any shape: the library knows better
            return False

    def errors(self, value: object) -> Iterator[ValidationError]:
        """Yield what does not fit, the first 64 of it."""
        if not self._judges(value) or self._slow_one is None:
            return
        try:
            for number, error in enumerate(self._slow_one.iter_errors(value)):  # type: ignore[arg-type]
                if number == _MOST_ERRORS:
                    return
                yield error
        except Exception:  # noqa: BLE001 - whatever a hostile schema makes of a library
            return

    def reason(self, value: object) -> str:
        """Return in one line why a value does not fit."""
        library: Any = import_module("jsonschema.exceptions")
        error: Any = library.best_match(self.errors(value))
        if error is None:
            return "the arguments do not fit the tool's schema"
        place = "".join(f"[{part!r}]" for part in error.absolute_path)
        told = f"{place.strip('[]') and f'at {place}: '}{error.message}"
        told = told if len(told) <= _LONGEST_REASON else f"{told[:_LONGEST_REASON]}…"
        return f"the arguments do not fit the tool's schema: {' '.join(told.split())}"

    def _judges(self, value: object) -> bool:
        """Whether a library has read the schema, and can hold this value against it."""
        if not self.rules or (self._fast_one is None and self._slow_one is None):
            return False
        depth = _depth_of(value)
        if depth not in self._depths:
            self._depths[depth] = _Cost(self.rules).of(depth) <= _MOST_STEPS
        return self._depths[depth]

    @cached_property
    def _fast_one(self) -> Callable[[object], bool] | None:
        return _fast(self.rules)

    @cached_property
    def _slow_one(self) -> Validator | None:
        return _slow(self.rules)


def compiled_schema(schema: object) -> CompiledSchema:
    """Return a tool's schema, compiled once for all requests that send it."""
    try:
        return _compiled(json.dumps(schema, default=_as_dict))
    except (TypeError, ValueError, RecursionError):  # no JSON, a circle, or no end of levels
        return CompiledSchema({})


def _as_dict(value: object) -> dict[Any, Any]:
    if isinstance(value, Mapping):  # one that is read-only, say: it is sent as an object, too
        return {**value}
    raise TypeError(type(value))


@lru_cache(maxsize=512)
def _compiled(text: str) -> CompiledSchema:
    try:
        rules = plain_json(json.loads(text), _too_much)
    except KimiConfigError:
        rules = None
    return CompiledSchema(_with_null(rules) if is_object(rules) else {})


def _with_null(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """Say OpenAPI's ``nullable`` in JSON schema's words, as `kimi_core.schema` does for servers."""
    if is_array(schema):
        return [_with_null(one) for one in schema]
    if not is_object(schema):
        return schema
    said = schema.get("nullable") is True and isinstance(schema.get("type"), (str, list))
    rules = {
        name: _with_null(one) for name, one in schema.items() if name != "nullable" or not said
    }
    return {"anyOf": [rules, {"type": "null"}]} if said else rules


def _too_much(place: str, problem: str) -> KimiConfigError:
    return KimiConfigError(f"{place}: {problem}")


def _fast(rules: Mapping[str, Any]) -> Callable[[object], bool] | None:
    try:
        library: Any = import_module("jsonschema_rs")
    except ImportError:
        return None
    try:
        found = library.validator_for(
            rules, retriever=_nothing, validate_formats=False, ignore_unknown_formats=True
        )
    except Exception:  # noqa: BLE001 - the slow one may read what this one does not
        return None
    accepts: Callable[[object], bool] = found.is_valid
    return accepts


def _nothing(uri: str) -> Any:  # noqa: ANN401 - the signature of a retriever
    raise ValueError(uri)


def _slow(rules: Mapping[str, Any]) -> Validator | None:
    library: Any = import_module("jsonschema.validators")
    registry: Any = import_module("referencing").Registry()
    kind = library.validator_for(rules, library.Draft202012Validator)
    try:
        kind.check_schema(rules)
        found: Validator = library.extend(kind, {"pattern": _pattern})(rules, registry=registry)
    except Exception:  # noqa: BLE001 - whatever a hostile schema makes of a library
        return None
    return found


def _pattern(
    validator: Any,  # noqa: ANN401, ARG001 - the signature of the library
    pattern: str,
    instance: object,
    schema: object,  # noqa: ARG001 - as above
) -> Iterator[ValidationError]:
    from jsonschema.exceptions import ValidationError

    if isinstance(instance, str) and matches(pattern, instance) is False:
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _depth_of(value: object) -> int:
    """Return how deep the containers of a value lie in each other."""
    depth = 0
    level: list[Any] = [value]
    while level:
        inner = [found for outer in level for found in _inner(outer)]
        level = [found for found in inner if is_object(found) or is_array(found)]
        depth += 1
    return depth


def _inner(value: object) -> Iterable[Any]:
    return value.values() if is_object(value) else value if is_array(value) else ()


@dataclass
class _Cost:
    """How many schemas a value of some depth is held against, references followed.

    Thirty definitions that each refer twice to the next are 2 ** 30, and so is one that refers to
    itself twice, for a value that is thirty levels deep.
    """

    root: Mapping[str, Any]

    def __post_init__(self) -> None:
        self._known: dict[tuple[int, int], int] = {}

    def of(self, depth: int) -> int:
        try:
            return self._cost(self.root, min(depth, 64))
        except RecursionError:
            return _MOST_STEPS + 1

    def _cost(self, schema: object, depth: int) -> int:
        if not is_object(schema) or depth < 0:
            return 1
        key = (id(schema), depth)
        if key in self._known:
            return self._known[key]
        self._known[key] = _MOST_STEPS + 1  # met again before it is known: it never ends
        cost = 1 + sum(self._cost(one, depth) for one in self._beside(schema))
        cost += sum(self._cost(one, depth - 1) for one in _inside(schema))
        self._known[key] = min(cost, _MOST_STEPS + 1)
        return self._known[key]

    def _beside(self, schema: Mapping[str, Any]) -> Iterator[object]:
        for keyword in _BESIDE:
            found = schema.get(keyword)
            if is_array(found):
                yield from found
            elif isinstance(found, str):
                yield self._referred(found)
            elif found is not None:
                yield found

    def _referred(self, reference: str) -> object:
        found: Any = self.root
        for part in reference.removeprefix("#").split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if is_object(found) else None
        return found if reference.startswith("#") else None


def _inside(schema: Mapping[str, Any]) -> Iterator[object]:
    for keyword in _INSIDE:
        found = schema.get(keyword)
        yield from found if is_array(found) else [found]
    for keyword in _NAMED:
        named = schema.get(keyword)
        yield from named.values() if is_object(named) else ()
