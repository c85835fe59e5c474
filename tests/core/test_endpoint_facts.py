"""Each fact of an endpoint's row is one rule by itself, whoever the endpoint is.

Owns: the facts by which Moonshot's own API differs from a server that refuses nothing: taken away
from Moonshot's row the rule is gone, and a server of any name that has the fact alone has the rule.
"""

from __future__ import annotations

import inspect
import warnings
from dataclasses import fields, replace
from typing import Any

import pytest

from kimi_core import endpoints
from kimi_core.endpoints import ENDPOINTS, Endpoint
from kimi_core.errors import KimiConfigError
from tests.core.asking import HELLO, ask, named, result, tool
from tests.payloads.row import PLANNED

MOONSHOT = ENDPOINTS["moonshot"]
FREE = Endpoint(name="relay", base_url="http://relay/v1", needs_key=False)
PICTURE = {"type": "image_url", "image_url": "https://example.com/a.png"}
TEXT_FILE = {"type": "file", "file": {"file_id": "x"}}
JSON_MODE = {"type": "json_object"}
PREFIX = {"role": "assistant", "content": "{", "partial": True}
PAIR = {"type": "array", "items": [{"type": "integer"}, {"type": "integer"}]}
TUPLES = tool()
TUPLES["function"]["parameters"] = {"type": "object", "properties": {"pair": PAIR}}


def said(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(parts)}]}


def reading(*names: str) -> dict[str, Any]:
    """Return a request with documents that are no text."""
    files = [{"filename": name, "file_data": name} for name in names]
    return {**said(*({"type": "file", "file": file} for file in files)), "files": "extract"}


# The fact, and a request that differs with it.
RULES: dict[str, dict[str, Any]] = {
    "pins_sampling": {"temperature": 0.3},
    "limits_forced_tool_choice": {"tools": [tool()], "tool_choice": named(), "thinking": True},
    "limits_max_tokens": {"max_tokens": 300_000},
    "max_stops": {"stop": list("abcdef")},
    "max_stop_bytes": {"stop": "x" * 33},
    "max_body_bytes": said({"type": "image_url", "image_url": "data:image/png;base64,AAAA"}),
    "schema_dialect": {"tools": [TUPLES]},
    "tool_name_rule": {"tools": [tool("a.b")]},
    "takes_parallel_tool_calls": {"tools": [tool()], "parallel_tool_calls": True},
    "lacks_fields": {"extra": {"seed": 7}},
    "takes_provider": {"provider": {"only": ["x"]}},
    "takes_json_prefix": {"messages": [*HELLO, PREFIX], "response_format": JSON_MODE},
    "takes_stray_results": {"messages": [*HELLO, result("x")]},
    "takes_media_urls": said(PICTURE),
    "takes_other_parts": said(TEXT_FILE),
    "max_files": reading("AAAA", "AAAB"),
    "max_file_bytes": reading("AAAAAAAA"),
    "retires_models": {"model": "kimi-k2-thinking"},
    "uses_own_names": {"model": "moonshotai/Kimi-K2.6"},
}
# The fact, and a request that only a server with it is sent.
GIFTS: dict[str, dict[str, Any]] = {
    "prefix_way": {"messages": [*HELLO, PREFIX]},
    "takes_builtin_tools": {
        "tools": [{"type": "builtin_function", "function": {"name": "$web_search"}}],
    },
    "takes_uploads": said({"type": "image_url", "image_url": "ms://file-1"}),
    "extracts_files": reading("AAAAAAAA"),
    "takes_message_tools": {
        "model": "kimi-k3",
        "messages": [{"role": "system", "tools": [tool()]}, *HELLO],
    },
}
# What a rule is about, where only some servers have it.
ABOUT: dict[str, dict[str, Any]] = {
    "takes_json_prefix": {"prefix_way": "partial"},
    "max_files": {"extracts_files": True},
    "max_file_bytes": {"extracts_files": True},
}
# Tested where they are read.
OF_OTHER_ROOMS = {"anthropic_path", "provider_name", "leaves_raw_calls", "splits_reasoning"}
# What a small picture or document passes, so that no large one need be made.
SMALL = {"max_body_bytes": 20, "max_files": 1, "max_file_bytes": 5}


def outcome(endpoint: Endpoint, request: dict[str, Any]) -> Any:
    """Return the payload, or the class of the refusal or of the warning in its place."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", PLANNED)
        try:
            return ask(endpoint, **{"model": "kimi-k2.6", **request}).payload
        except (KimiConfigError, UserWarning) as refusal:
            return type(refusal)


@pytest.mark.parametrize("fact", RULES)
def test_a_fact_is_one_rule(fact: str) -> None:
    strict = replace(MOONSHOT, **SMALL) if fact in SMALL else MOONSHOT
    value = getattr(strict, fact)
    ruled = outcome(strict, RULES[fact])
    freed = outcome(replace(strict, **{fact: getattr(FREE, fact)}), RULES[fact])
    assert ruled != freed
    assert isinstance(freed, dict)
    about = replace(FREE, base_model="kimi-k2.6", **ABOUT.get(fact, {}))
    alone = outcome(replace(about, **{fact: value}), RULES[fact])
    assert alone != outcome(about, RULES[fact])


@pytest.mark.parametrize("fact", GIFTS)
def test_what_one_server_has_is_sent_to_no_other_without_a_word(fact: str) -> None:
    value = getattr(MOONSHOT, fact)
    without = [FREE, replace(MOONSHOT, **{fact: getattr(FREE, fact)})]
    assert [outcome(each, GIFTS[fact]) for each in without] == [KimiConfigError] * 2
    given = [MOONSHOT, replace(FREE, **{fact: value})]
    assert all(isinstance(outcome(each, GIFTS[fact]), dict) for each in given)
    with pytest.raises(KimiConfigError, match=rf"'relay'.*{fact}"):
        ask(FREE, **{"model": "kimi-k2.6", **GIFTS[fact]})


def test_every_fact_that_only_moonshot_has_is_here() -> None:
    told = {"name", "base_url", "api_key_names", "needs_key", "default_model", "base_model"}
    told |= {"thinking_switch", "max_tokens_field", "asks_usage", "rewrites_tool_call_ids", "notes"}
    own = {f.name for f in fields(Endpoint) if getattr(MOONSHOT, f.name) != getattr(FREE, f.name)}
    assert own - told == RULES.keys() | GIFTS.keys() | OF_OTHER_ROOMS


@pytest.mark.parametrize("field", [field.name for field in fields(Endpoint)])
def test_every_fact_is_documented(field: str) -> None:
    # Python 3.13 takes the common indentation off a docstring by itself.
    assert f"\n    {field}: " in inspect.cleandoc(Endpoint.__doc__ or "")


def test_a_relay_of_moonshots_api_keeps_its_rules() -> None:
    relay = endpoints.moonshot(name="relay", base_url="https://relay.example/v1")
    for request in ({"temperature": 0.3}, {"stop": "x" * 33}, said(PICTURE)):
        assert outcome(relay, request) is KimiConfigError
