"""The form that the value of each keyword must have, whatever it says.

Owns: which values of a keyword are none. May know: its own files, _json.

A schema with a value of the wrong form is no schema: Moonshot's flavour refuses it or leaves it
out, and a grammar cannot be made of it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from kimi_core._json import as_sequence
from kimi_core.schema.reading import TYPES, type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["UNSET", "form_of", "has_wrong_form"]


def form_of(keyword: str) -> str:
    """Return what the value of a keyword must be, as the end of "must be"."""
    return _FORMS[keyword][1]


def has_wrong_form(keyword: str, value: object) -> bool:
    """Whether a keyword cannot have this value; that of an unknown keyword is always right."""
    return keyword in _FORMS and not _FORMS[keyword][0](value)


def _is_type(value: object) -> bool:
    listed = as_sequence(value)
    names = [value] if listed is None else listed
    return bool(names) and all(name in (*TYPES, "integer") for name in names)


def _is_number(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return type_of(value) == "integer"


def _is_names(value: object) -> bool:
    listed = as_sequence(value)
    return listed is not None and all(isinstance(name, str) for name in listed)


def _is_count(value: object) -> bool:
    return value is None or type_of(value) == "integer"


def _is_bound(value: object) -> bool:
    return value is None or _is_number(value)


def _is_flag_or_bound(value: object) -> bool:
    return isinstance(value, bool) or _is_bound(value)


def _is_step(value: object) -> bool:
    return value is None or (isinstance(value, (int, float)) and _is_number(value) and value > 0)


def _is_some(value: object) -> bool:
    return bool(as_sequence(value))


def _is_list(value: object) -> bool:
    return as_sequence(value) is not None


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


UNSET = frozenset(
    {
        *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        *("pattern", "format"),
    }
)
"""The keywords that say nothing where they are null, as languages write what is not set."""

_COUNT = (_is_count, "a whole number")
_FORMS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "type": (_is_type, f"one or several of {', '.join(TYPES)} and integer"),
    "enum": (_is_some, "a list of at least one value"),
    "required": (_is_names, "a list of names"),
    "prefixItems": (_is_list, "a list of schemas"),
    "multipleOf": (_is_step, "a number above 0"),
    **dict.fromkeys(("properties", "patternProperties"), (_is_object, "an object of schemas")),
    **dict.fromkeys(("allOf", "anyOf", "oneOf"), (_is_some, "a list of at least one schema")),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _COUNT),
    **dict.fromkeys(("minProperties", "maxProperties"), _COUNT),
    **dict.fromkeys(("minimum", "maximum"), (_is_bound, "a finite number")),
    **dict.fromkeys(
        ("exclusiveMinimum", "exclusiveMaximum"), (_is_flag_or_bound, "a finite number")
    ),
    **dict.fromkeys(("pattern", "format"), (_is_text, "a text")),
}
