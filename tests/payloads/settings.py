"""Rows about settings: fields of the payload, sampling, limits, identity, routing.

Owns: the rows for sections 0, 1.1, 2.1, 2.6, 2.9 and 5 of the rules in ``tests/payloads``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kimi_core import IgnoredSettingWarning, RetiredModelWarning, UnknownModelWarning
from tests.payloads.row import WEATHER, Row, said, user

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ROWS"]

K26, K31 = "kimi-k2.6", "kimi-k3.1-pro"
PINNED = {"temperature": 1, "top_p": 0.95, "n": 1, "presence_penalty": 0, "frequency_penalty": 0.0}
POINT = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}
ANSWER = {"type": "json_schema", "json_schema": {"name": "point", "schema": POINT}}
WITH_DRAFT = {
    "type": "json_schema",
    "json_schema": {
        "name": "point",
        "schema": {"$schema": "https://json-schema.org/draft/2020-12/schema", **POINT},
    },
}
ALL = {"type": "json_schema", "json_schema": {"name": "all", "schema": {"type": "array"}}}

LACKED = {
    "logit_bias": {"7": 1},
    "seed": 7,
    "service_tier": "auto",
    "store": False,
    "verbosity": "low",
}

_FIELDS: Mapping[str, Row] = {
    "nothing is sent that was not set": Row(sent={"model": K31}),
    "nothing to kimi-k2.6": Row(model=K26, sent={"model": K26}),
    "nothing to kimi-k3": Row(model="kimi-k3", sent={"model": "kimi-k3"}),
    "nothing to kimi-k3.1-pro": Row(model="kimi-k3.1-pro", sent={"model": "kimi-k3.1-pro"}),
    "nothing to its fast sibling": Row(
        model="kimi-k3.1-pro-highspeed", sent={"model": "kimi-k3.1-pro-highspeed"}
    ),
    "nothing to kimi-k2.7-code": Row(model="kimi-k2.7-code", sent={"model": "kimi-k2.7-code"}),
    "nothing to its fast twin": Row(
        model="kimi-k2.7-code-highspeed", sent={"model": "kimi-k2.7-code-highspeed"}
    ),
    "nothing to the China host": Row(endpoint="moonshot-cn", sent={"model": K31}),
    "nothing to OpenRouter": Row(endpoint="openrouter", sent={"model": "moonshotai/kimi-k3.1-pro"}),
    "nothing to vLLM": Row(endpoint="vllm", sent={"model": "moonshotai/Kimi-K2-Instruct"}),
    "nothing to SGLang": Row(endpoint="sglang", sent={"model": "moonshotai/Kimi-K2-Instruct"}),
    "nothing to llama.cpp": Row(
        endpoint="llama.cpp", model=K26, sent={"model": "moonshotai/Kimi-K2.6"}
    ),
    "any spelling of a live model": Row(model="moonshotai/Kimi-K2.6", sent={"model": K26}),
    "an id that is not known yet": Row(
        model="kimi-k2.8",
        sent={"model": "kimi-k2.8"},
        warns=UnknownModelWarning,
        documented=False,
    ),
    "a retired id is sent, with a warning": Row(
        model="kimi-k2-0905-preview",
        sent={"model": "kimi-k2-0905-preview"},
        warns=RetiredModelWarning,
        documented=False,
    ),
    "a retired id elsewhere": Row(
        endpoint="openrouter", model="kimi-k2-0905", sent={"model": "moonshotai/kimi-k2-0905"}
    ),
    "a routing suffix": Row(
        endpoint="openrouter",
        model="moonshotai/kimi-k2.6:nitro",
        sent={"model": "moonshotai/kimi-k2.6:nitro"},
    ),
    # Usage comes by itself on the first party and OpenRouter; a second copy would follow.
    "a stream": Row(model=K26, stream=True, sent={"model": K26, "stream": True}),
    "a stream of OpenRouter": Row(
        model=K26,
        endpoint="openrouter",
        stream=True,
        sent={"model": "moonshotai/kimi-k2.6", "stream": True},
    ),
    "a stream that must be asked for usage": Row(
        endpoint="sglang",
        stream=True,
        sent={
            "model": "moonshotai/Kimi-K2-Instruct",
            "stream": True,
            "stream_options": {"include_usage": True},
        },
    ),
    "a stream that is asked for usage": Row(
        model=K26,
        options={"stream_usage": True},
        stream=True,
        sent={"model": K26, "stream": True, "stream_options": {"include_usage": True}},
    ),
    "a stream that is not asked for usage": Row(
        endpoint="sglang",
        settings={"stream_usage": False},
        stream=True,
        sent={"model": "moonshotai/Kimi-K2-Instruct", "stream": True},
    ),
    "usage of an answer that is not streamed": Row(
        model=K26, settings={"stream_usage": True}, sent={"model": K26}
    ),
    "a field of the caller's own": Row(
        model=K26,
        options={"logprobs": True, "top_logprobs": 3},
        sent={"model": K26, "logprobs": True, "top_logprobs": 3},
    ),
    **{
        f"{name} is no field of Moonshot's": Row(
            model=K26,
            options={name: value},
            sent={"model": K26},
            warns=IgnoredSettingWarning,
        )
        for name, value in LACKED.items()
    },
    **{
        f"{name} is a field of others": Row(
            endpoint="openrouter",
            model=K26,
            options={name: value},
            sent={"model": "moonshotai/kimi-k2.6", name: value},
        )
        for name, value in LACKED.items()
    },
    "a field that the documents lack is the caller's affair in extra_body": Row(
        model=K26,
        settings={"extra_body": LACKED},
        sent={"model": K26, **LACKED},
        documented=False,
    ),
    "what is not taken is left out with a warning": Row(
        model=K26,
        settings={"unsupported": "warn", "temperature": 0.0, "max_tokens": 9},
        sent={"model": K26, "max_completion_tokens": 9},
        warns=IgnoredSettingWarning,
    ),
    "what is taken stays": Row(
        model=K26,
        settings={"unsupported": "drop", "temperature": 0.6, "thinking": False, "n": 1},
        sent={"model": K26, "thinking": {"type": "disabled"}},
    ),
    "an error is the default": Row(
        model=K26,
        settings={"unsupported": "error", "temperature": 0.0},
        refused=("temperature=0", "only 1"),
    ),
    "extra_body": Row(
        model=K26,
        settings={"extra_body": {"prediction": {"type": "content", "content": "x"}}},
        sent={"model": K26, "prediction": {"type": "content", "content": "x"}},
    ),
}

_LIMITS: Mapping[str, Row] = {
    "the token limit has another name": Row(
        model=K26, settings={"max_tokens": 99}, sent={"model": K26, "max_completion_tokens": 99}
    ),
    "the token limit of OpenRouter": Row(
        model=K26,
        endpoint="openrouter",
        settings={"max_tokens": 99},
        sent={"model": "moonshotai/kimi-k2.6", "max_tokens": 99},
    ),
    "the token limit of vLLM": Row(
        endpoint="vllm",
        settings={"max_tokens": 99},
        sent={"model": "moonshotai/Kimi-K2-Instruct", "max_tokens": 99},
    ),
    "more than kimi-k2.6 has": Row(
        model=K26, settings={"max_tokens": 262_145}, refused=("max_tokens=262145", "262144 tokens")
    ),
    "as much as kimi-k3 has": Row(
        model="kimi-k3",
        options={"max_tokens": 1_048_000},
        sent={"model": "kimi-k3", "max_completion_tokens": 1_048_000},
    ),
    "no token at all": Row(
        model=K26, options={"max_tokens": 0}, refused=("max_tokens=0", "leave it out")
    ),
    "one stop": Row(model=K26, settings={"stop": "END"}, sent={"model": K26, "stop": "END"}),
    "five stops": Row(
        model=K26, options={"stop": list("abcde")}, sent={"model": K26, "stop": list("abcde")}
    ),
    "six stops": Row(
        model=K26, options={"stop": list("abcdef")}, refused=("stop has 6 strings", "accepts 5")
    ),
    "six stops elsewhere": Row(
        endpoint="vllm",
        options={"stop": list("abcdef")},
        sent={"model": "moonshotai/Kimi-K2-Instruct", "stop": list("abcdef")},
    ),
    "a stop of 34 bytes": Row(
        model=K26, settings={"stop": "é" * 17}, refused=("34 bytes", "accepts 32")
    ),
    "no stop": Row(model=K26, options={"stop": []}, sent={"model": K26}),
}

_SAMPLING: Mapping[str, Row] = {
    "pinned values are dropped": Row(model="kimi-k3", options=PINNED, sent={"model": "kimi-k3"}),
    "pinned values are sent where nothing is pinned": Row(
        endpoint="openrouter",
        model="kimi-k3",
        options=PINNED,
        sent={"model": "moonshotai/kimi-k3", **PINNED},
    ),
    "temperature of thinking": Row(model=K26, settings={"temperature": 1.0}, sent={"model": K26}),
    "temperature without thinking": Row(
        model=K26,
        settings={"temperature": 0.6, "thinking": False},
        sent={"model": K26, "thinking": {"type": "disabled"}},
    ),
    "a framework's temperature": Row(
        model=K26, settings={"temperature": 0.0}, refused=("temperature=0.0", "only 1 is accepted")
    ),
    "temperature of no thinking while thinking": Row(
        model=K26, settings={"temperature": 0.6}, refused=("temperature=0.6", "only 1 is accepted")
    ),
    "temperature of thinking without it": Row(
        model=K26,
        settings={"temperature": 1.0, "thinking": False},
        refused=("temperature=1.0", "only 0.6 is accepted"),
    ),
    "top_p": Row(
        model=K26, settings={"top_p": 1.0}, refused=("top_p=1.0", "only 0.95 is accepted")
    ),
    "presence_penalty": Row(
        model="kimi-k3", options={"presence_penalty": 0.1}, refused=("presence_penalty=0.1", "0 is")
    ),
    "frequency_penalty": Row(
        model="kimi-k2.7-code",
        options={"frequency_penalty": -1.0},
        refused=("frequency_penalty=-1.0", "only 0 is accepted"),
    ),
    "two answers": Row(model=K26, options={"n": 2}, refused=("n=2 is refused", "batch()")),
    "two answers elsewhere": Row(endpoint="vllm", options={"n": 2}, refused=("n=2 is refused",)),
    "sampling of one's own server is free": Row(
        endpoint="vllm",
        settings={"temperature": 0.0, "top_p": 0.5},
        options={"presence_penalty": 0.5, "frequency_penalty": 0.5},
        sent={
            "model": "moonshotai/Kimi-K2-Instruct",
            "temperature": 0.0,
            "top_p": 0.5,
            "presence_penalty": 0.5,
            "frequency_penalty": 0.5,
        },
    ),
}

_FORMATS: Mapping[str, Row] = {
    "JSON mode": Row(
        model=K26,
        options={"response_format": {"type": "json_object"}},
        sent={"model": K26, "response_format": {"type": "json_object"}},
    ),
    "JSON mode beside a prefix": Row(
        model=K26,
        messages=[user(), said("{", partial=True)],
        options={"response_format": {"type": "json_object"}},
        refused=("json_object", "partial=True"),
    ),
    "a schema": Row(
        model=K26,
        options={"response_format": WITH_DRAFT},
        sent={"model": K26, "response_format": ANSWER},
    ),
    "a schema beside a prefix": Row(
        model=K26,
        messages=[user(), said("{", partial=True)],
        options={"response_format": ANSWER},
        sent={"model": K26, "response_format": ANSWER},
    ),
    "a schema goes to others as it is": Row(
        endpoint="vllm",
        options={"response_format": WITH_DRAFT},
        sent={"model": "moonshotai/Kimi-K2-Instruct", "response_format": WITH_DRAFT},
    ),
    "a schema of no object": Row(model=K26, options={"response_format": ALL}, refused=("object",)),
}

_IDENTITY: Mapping[str, Row] = {
    "how long the cache keeps a prefix": Row(
        settings={"prompt_cache_options": {"ttl": "1h"}},
        sent={"model": K31, "prompt_cache_options": {"ttl": "1h"}},
    ),
    "the cache of one call": Row(
        options={"prompt_cache_options": {"mode": "implicit", "ttl": "5m"}},
        sent={"model": K31, "prompt_cache_options": {"mode": "implicit", "ttl": "5m"}},
    ),
    "cache options elsewhere are the caller's": Row(
        endpoint="vllm",
        settings={"prompt_cache_options": {"ttl": "1h"}},
        sent={"model": "moonshotai/Kimi-K2-Instruct", "prompt_cache_options": {"ttl": "1h"}},
    ),
    "cache key and safety identifier": Row(
        model=K26,
        settings={"prompt_cache_key": "session", "safety_identifier": "user"},
        sent={"model": K26, "prompt_cache_key": "session", "safety_identifier": "user"},
    ),
    "cache key of OpenRouter": Row(
        model=K26,
        endpoint="openrouter",
        settings={"prompt_cache_key": "session"},
        sent={"model": "moonshotai/kimi-k2.6", "prompt_cache_key": "session"},
    ),
    "routing of OpenRouter": Row(
        model=K26,
        endpoint="openrouter",
        settings={"provider": {"only": ["moonshotai"], "require_parameters": True}},
        sent={
            "model": "moonshotai/kimi-k2.6",
            "provider": {"only": ["moonshotai"], "require_parameters": True},
        },
    ),
    "routing of OpenRouter elsewhere": Row(
        model=K26,
        settings={"provider": {"only": ["moonshotai"]}},
        refused=("OpenRouter's routing",),
    ),
    "session of OpenRouter": Row(
        model=K26,
        endpoint="openrouter",
        settings={"extra_body": {"session_id": "s1"}},
        sent={"model": "moonshotai/kimi-k2.6", "session_id": "s1"},
    ),
}

_PARALLEL: Mapping[str, Row] = {
    "several calls, elsewhere": Row(
        endpoint="vllm",
        tools=[WEATHER],
        options={"parallel_tool_calls": False},
        sent={"model": "moonshotai/Kimi-K2-Instruct", "parallel_tool_calls": False},
    ),
    "several calls have no field": Row(
        model=K26, tools=[WEATHER], options={"parallel_tool_calls": True}, sent={"model": K26}
    ),
    "several calls are said only beside tools": Row(
        endpoint="vllm",
        options={"parallel_tool_calls": False},
        sent={"model": "moonshotai/Kimi-K2-Instruct"},
    ),
}

ROWS: dict[str, Row] = {
    **_FIELDS,
    **_LIMITS,
    **_SAMPLING,
    **_FORMATS,
    **_IDENTITY,
    **_PARALLEL,
}
"""Rows by what they show."""
