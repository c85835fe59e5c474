"""Everything that a caller may say -> the names and types of the core.

Owns: which other words mean a setting, and who wins where two say different things. May know: its
own files, _json, endpoints, errors.

Users come with the words of other classes and of Moonshot's own guides: ``stop_sequences`` and
``api_base``, OpenAI's ``max_completion_tokens`` and ``reasoning``, Moonshot's ``thinking`` object.
Each means one setting here, in the constructor, in a call and where a field is assigned to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from kimi_core._json import as_mapping
from kimi_core.endpoints import get_endpoint, without_credentials
from kimi_core.errors import OLD_NAMES, KimiConfigError, check_setting, is_of_a_connection
from kimi_core.request.structured import schema_format

__all__ = ["check_words", "merge_settings", "read_settings", "thinking_of"]

_OTHER_WORDS = {
    "api_base": "base_url",
    "max_completion_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "model_name": "model",
    "openai_api_base": "base_url",
    "openai_api_key": "api_key",
    "request_timeout": "timeout",
    "stop_sequences": "stop",
}
# What a model is made with: connections are not changed by one call of it. Sent as fields of the
# payload, as all else that is no option, a key among them would be the server's to keep.
_OF_THE_MODEL = frozenset(
    {
        *("api", "api_key", "base_model", "base_url", "context_window", "default_headers"),
        *("default_query", "endpoint", "http_async_client", "http_client", "max_retries"),
        *("rate_limit", "tool_call_parser"),
    }
)
_REST = ("additional_kwargs", "model_kwargs")
_AS_KEYWORDS = "say what is in it as keywords of the call, or in extra_body="
# Decided by the method that was called.
_OF_THE_METHOD = frozenset({"stream", "stream_options", "streaming"})
_OLD = OLD_NAMES.keys() - _OF_THE_METHOD
# OpenAI's object: a summary is asked for where the reasoning itself is kept back, as Kimi's is not.
_EFFORT = {"effort"}
_SUMMED = {"effort", "summary", "generate_summary"}
# What Moonshot's object may hold; its model rows say which efforts there are.
_THINKING: Mapping[str, tuple[str, ...] | None] = {
    "type": ("enabled", "disabled"),
    "keep": ("all",),
    "effort": None,
}


def read_settings(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a caller said under the names that the core has for it.

    Args:
        said: Names and values. A setting's own name wins over another word for it, and what
            Moonshot's ``thinking`` object says wins over both, as it does at Moonshot.

    Returns:
        Names of the core, and what it has no name for, as it was.

    Raises:
        KimiConfigError: For a value that the setting cannot have, in the word that was used.
    """
    thinking = thinking_of(said)
    own: dict[str, Any] = {}
    other: dict[str, Any] = {}
    for word, given in said.items():
        if word == "thinking" and thinking is not None:
            continue
        name, value = _meaning(word, given)
        if value is not None:
            check_setting(name, value, spelled=word)
        (own if name == word else other)[name] = value
    unsaid = {name: value for name, value in other.items() if own.get(name) is None}
    return _without_secrets({**own, **unsaid, **(thinking or {})})


def _without_secrets(settings: dict[str, Any]) -> dict[str, Any]:
    """Move what an address says of a user into the headers, which are never shown."""
    address = settings.get("base_url")
    bare, secret = without_credentials(address) if isinstance(address, str) else ("", None)
    if secret:
        settings["base_url"] = bare
        settings["default_headers"] = {**secret, **(settings.get("default_headers") or {})}
    return settings


def thinking_of(said: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what Moonshot's ``thinking`` object says, as settings; None where there is none.

    Args:
        said: What a caller said, or fields of a payload: users of the openai SDK put the object
            into extra_body, as Moonshot's guides do.

    Raises:
        KimiConfigError: For an object that Moonshot has not.
    """
    mode = as_mapping(said.get("thinking"))
    if mode is None:
        return None
    for key, value in mode.items():
        if key == "budget_tokens":
            raise KimiConfigError(
                "thinking's 'budget_tokens' is refused: it is Anthropic's. Pass reasoning_effort=, "
                "or max_tokens=, which counts the reasoning, too."
            )
        allowed = _THINKING.get(key, ())
        fits = isinstance(value, str) if allowed is None else value in allowed
        if value is not None and not fits:
            check_setting("thinking", dict(mode))  # no object is a bool, so that this raises
    settings: dict[str, Any] = {"thinking": mode.get("type") != "disabled"}
    if mode.get("keep"):
        settings["keep_thinking"] = True
    if mode.get("effort"):
        settings["reasoning_effort"] = mode["effort"]
    return settings


def merge_settings(*said: Mapping[str, Any], options: AbstractSet[str]) -> dict[str, Any]:
    """Merge what an instance was set to with what a call asks for; `Options.read` says how.

    Args:
        said: From the first that was said to the last.
        options: Names of the core's options; everything else is a field of the payload.

    Returns:
        Options by name, ``extra`` and ``of_body``.
    """
    chosen: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    of_body: set[str] = set()
    for one in said:
        settings = read_settings(one)
        body: Mapping[str, Any] = settings.pop("extra_body", None) or {}
        for name, value in body.items():
            for meant in _meant_by(name, value):
                chosen.pop(meant, None)
            extra[name] = value
            of_body.add(name)
        explicit = {name: value for name, value in settings.items() if name in options}
        fields = {name: value for name, value in settings.items() if name not in options}
        _check_fields(fields)
        if "thinking" in extra and _meant_by("thinking", extra["thinking"]) & explicit.keys():
            chosen.update(thinking_of(extra) or {})  # so that what is not said anew stays
        chosen.update(explicit)
        extra = {n: v for n, v in extra.items() if not _meant_by(n, v) & explicit.keys()}
        own = {name: value for name, value in fields.items() if value is not None}
        extra.update(own)
        of_body -= own.keys()
    sent = {n: v for n, v in extra.items() if n not in _OF_THE_METHOD}
    return {**chosen, "extra": sent, "of_body": frozenset(of_body & sent.keys())}


def check_words(call: Mapping[str, Any], options: AbstractSet[str]) -> None:
    """Refuse the words of other classes in a call: sent as fields of the payload, they say nothing.

    Raises:
        KimiConfigError: It says what to write.
    """
    for name in sorted(name for name in call if name in _OLD and name not in options):
        if call[name] is None or is_of_a_connection(name):
            continue
        instead = _AS_KEYWORDS if name in _REST else OLD_NAMES[name]
        raise KimiConfigError(f"{name} is refused: a call has no such setting; {instead}.")


def _check_fields(names: Iterable[str]) -> None:
    for name in sorted(names):
        if name in _OF_THE_MODEL or is_of_a_connection(name):
            raise KimiConfigError(
                f"{name} is refused: it is no setting of one call, and no field that a server may "
                "see. Make another model with it, or leave it out."
            )


def _meaning(word: str, value: Any) -> tuple[str, Any]:  # noqa: ANN401 - whatever a caller passed
    if word == "reasoning" and (mode := as_mapping(value)) and _EFFORT <= {*mode} <= _SUMMED:
        return "reasoning_effort", mode["effort"]
    if word == "endpoint" and (written := as_mapping(value)) is not None:
        return word, get_endpoint(written)
    if word == "response_format" and hasattr(value, "model_json_schema"):
        return word, schema_format(value)
    return _OTHER_WORDS.get(word, word), value


def _meant_by(word: str, value: Any) -> AbstractSet[str]:  # noqa: ANN401 - as above
    """Return the settings that a field of the payload says something about."""
    if word == "thinking":
        return {"thinking", "keep_thinking"} | (thinking_of({word: value}) or {}).keys()
    return {_meaning(word, value)[0]}
