"""The annotations of the public classes can be read where a program runs.

Owns: `typing.get_type_hints` of every public method that this package or the core defines; those of
the core itself stand in tests/core/test_annotations.py.
"""

from __future__ import annotations

from typing import get_type_hints

import pytest

from kimi_core.chat import ModelKeywords
from llama_index_kimi import ChatKimiK2, KimiRateLimiter
from tests.core.test_annotations import unreadable

OURS = ("llama_index_kimi", "kimi_core")


@pytest.mark.parametrize("kind", [ChatKimiK2, KimiRateLimiter])
def test_the_annotations_of_a_class_can_be_read(kind: type) -> None:
    ours = [base for base in kind.__mro__ if base.__module__.partition(".")[0] in OURS]
    assert unreadable(list(ours)) == {}


def test_the_constructor_names_every_setting() -> None:
    (keywords,) = get_type_hints(ChatKimiK2.__init__)["settings"].__args__
    assert keywords.__optional_keys__ >= ChatKimiK2.model_fields.keys() | {"api_key"}
    assert keywords.__optional_keys__ > ModelKeywords.__optional_keys__


def test_help_says_what_every_setting_means() -> None:
    said = ChatKimiK2.__doc__ or ""
    hidden = {"output_parser", "messages_to_prompt", "completion_to_prompt"}
    of_the_framework = hidden | {"pydantic_program_mode", "query_wrapper_prompt", "rate_limiter"}
    unsaid = [name for name in ChatKimiK2.model_fields if name not in said]
    assert set(unsaid) <= of_the_framework
    assert "    max_tokens: Token limit of the answer" in said
    assert said.count("    timeout: ") == 1
