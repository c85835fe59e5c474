"""The keywords that type checkers and editors see of both constructors.

Owns: that they are the settings that there are, in every word for them.
"""

from __future__ import annotations

from dataclasses import fields
from typing import get_type_hints

from kimi_core.chat import ModelKeywords, Settings
from kimi_core.request import PAYLOAD_FIELDS, option_names, read_settings

OTHER_WORDS = {
    "api_base": "base_url",
    "max_completion_tokens": "max_tokens",
    "model_name": "model",
    "openai_api_base": "base_url",
    "openai_api_key": "api_key",
    "request_timeout": "timeout",
    "stop_sequences": "stop",
}


def test_every_setting_is_a_keyword_and_every_keyword_a_setting() -> None:
    settings = {item.name for item in fields(Settings)} | option_names() | PAYLOAD_FIELDS
    assert ModelKeywords.__optional_keys__ == settings | {"extra_body"} | OTHER_WORDS.keys()


def test_another_word_has_the_type_of_the_setting() -> None:
    """Read at run time, as agents and editors do."""
    types = get_type_hints(ModelKeywords)
    assert {word: types[word] for word in OTHER_WORDS} == {
        word: types[name] for word, name in OTHER_WORDS.items()
    }
    assert all(read_settings({word: None}) == {name: None} for word, name in OTHER_WORDS.items())
