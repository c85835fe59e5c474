"""An answer that should be an object: whether it may be read, and how.

Owns: that decision, and the reading of JSON text by whatever validates it. May know: its own files,
errors, events; pydantic_core.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from kimi_core.errors import KimiError
from kimi_core.events import ParsedMessage
from kimi_core.events.arguments import legal_json
from kimi_core.response._incomplete import finish_reason_in, incomplete_answer
from kimi_core.response._refusal import tool_call_error

__all__ = ["answer_error", "read_object"]

_Object = TypeVar("_Object")
_QUOTED = 200


def answer_error(
    said: ParsedMessage, metadata: object, *, wanted: str, as_json: bool, message: object = None
) -> KimiError | None:
    """Return why no object may be read from an answer: it is not whole, or a call in it is damaged.

    A call that can be run stands in place of a content, and a content in place of a damaged call.

    Args:
        said: The answer.
        metadata: As for `incomplete_answer`, and so are ``wanted`` and ``as_json``.
        wanted: What the answer should have been.
        as_json: Whether the content should be JSON.
        message: The framework's own, for ``raw_message`` of the error.
    """
    in_content = as_json and not said.sorted_calls()[0]
    error: KimiError | None = incomplete_answer(said, metadata, wanted=wanted, as_json=in_content)
    if error is None and not (as_json and said.content):
        error = tool_call_error(said, finish_reason_in(metadata))
    if error is not None:
        vars(error)["raw_message"] = message
    return error


def read_object(text: str, read: Callable[[str], _Object], wanted: str) -> _Object:
    """Return the object that a text means.

    Args:
        text: JSON, as a model wrote it.
        read: Validates JSON text, as ``model_validate_json`` of a pydantic class does.
        wanted: The name of the object, for the error.

    Raises:
        ValidationError: Of pydantic, where the object does not fit.
        ValueError: Where the text is no JSON.
    """
    from pydantic_core import ValidationError

    try:
        return read(text)
    except ValidationError as error:
        legal = legal_json(text)
        if legal is None:
            raise ValueError(
                f"the model answered without a {wanted}: {text[:_QUOTED]!r}. Say in the "
                "prompt that JSON is wanted, or ask another model."
            ) from error
        if legal == text:
            raise
        # Unescaped newlines in strings are the one deviation that is common and harmless.
        return read(legal)
