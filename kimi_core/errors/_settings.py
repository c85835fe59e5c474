"""What the value of each setting must be, and the sentence where it is something else.

Owns: one row for every setting that either `ChatKimiK2`, `kimi_core.chat.Settings` or
`kimi_core.request.Options` takes. May know: its own files. What a model or a server accepts of a
value that is well-formed is decided where their facts are known.

The frameworks' own checks are not relied on: pydantic turns ``"100"`` and ``True`` into numbers,
has other bounds in each framework, and says what it refuses in four lines of its own.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Integral, Real
from os import PathLike
from typing import Any, NamedTuple, TypeGuard, TypeVar, cast

from kimi_core.errors._tree import KimiConfigError, KimiError

__all__ = ["check_setting", "listed_messages", "nearest_setting", "setting_error"]

_Message = TypeVar("_Message")
_LONGEST_VALUE = 60
# difflib's own 0.6 finds "store" for "trace", and "base_model" for "json_mode".
_LIKENESS = 0.75
_MOST_CALL_RETRIES = 3
_CALL_POLICIES = ("repair", "strict", "off")


class _Rule(NamedTuple):
    """What a value must be, as a test, in words, and by example.

    Attributes:
        secret: Whether the value may hold a key, so that it is never shown.
    """

    fits: Callable[[Any], bool]
    words: str
    example: str
    secret: bool = False


def _number(low: float, high: float = math.inf) -> Callable[[Any], bool]:
    def fits(value: Any) -> bool:  # noqa: ANN401 - whatever a caller passed
        if isinstance(value, bool) or not isinstance(value, Real):
            return False
        return low <= float(value) <= high and math.isfinite(value)

    return fits


def _whole(low: int) -> Callable[[Any], bool]:
    return lambda value: not isinstance(value, bool) and _is_whole(value) and int(value) >= low


def _is_whole(value: object) -> TypeGuard[Integral]:
    return isinstance(value, Integral)  # numpy's too


def _retries(value: Any) -> bool:  # noqa: ANN401 - as below
    return _whole(0)(value) and int(value) <= _MOST_CALL_RETRIES


def _call_policy(value: Any) -> bool:  # noqa: ANN401 - as below
    return isinstance(value, str) and value in _CALL_POLICIES


def _a(*kinds: Any) -> Callable[[Any], bool]:  # noqa: ANN401 - classes, abstract ones too
    return lambda value: isinstance(value, kinds)


def _one_of(*words: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in words


def _texts(value: Any) -> bool:  # noqa: ANN401 - as above
    if isinstance(value, str):
        return True
    listed = isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray))
    return listed and all(isinstance(text, str) for text in cast("Sequence[object]", value))


def _format(value: Any) -> bool:  # noqa: ANN401 - as above
    return isinstance(value, Mapping) or hasattr(value, "model_json_schema")


def _seconds(value: Any) -> bool:  # noqa: ANN401 - as above
    return _number(0)(value) and value > 0


def _timeout(value: Any) -> bool:  # noqa: ANN401 - as above
    # Of httpx or httpx2, whose classes are not imported for this; the SDK takes a tuple as well.
    if isinstance(value, (bool, int, float)):
        return _seconds(value)
    return not isinstance(value, (str, bytes, Mapping))


def _key(value: Any) -> bool:  # noqa: ANN401 - as above
    return isinstance(value, str) or callable(value) or hasattr(value, "get_secret_value")


def _rate_limit(value: Any) -> bool:  # noqa: ANN401 - as above
    # A kimi_core.Tier, which is not imported for this.
    if hasattr(value, "requests_per_minute"):
        return True
    return isinstance(value, (int, str, Mapping)) and not isinstance(value, bool)


def _client(value: Any) -> bool:  # noqa: ANN401 - as above
    return hasattr(value, "event_hooks") and not hasattr(value, "aclose")


def _async_client(value: Any) -> bool:  # noqa: ANN401 - as above
    if isinstance(value, str):
        return value == "aiohttp"
    return hasattr(value, "event_hooks") and hasattr(value, "aclose")


def _endpoint(value: Any) -> bool:  # noqa: ANN401 - as above
    # A kimi_core.Endpoint, which is not imported for this.
    return isinstance(value, (str, Mapping)) or hasattr(value, "api_key_names")


def _tokenizer(value: Any) -> bool:  # noqa: ANN401 - as above
    return isinstance(value, (str, PathLike)) or hasattr(value, "encode")


_TEXT = _Rule(_a(str), "a string", "'...'")
_BOOL = _Rule(_a(bool), "True or False", "True")
_DICT = _Rule(_a(Mapping), "a dict", "{...}")
_HEADERS = _Rule(_a(Mapping), "a dict", "{...}", secret=True)
_LIMIT = _Rule(_whole(1), "a whole number, 1 or more", "100")
_PENALTY = _Rule(_number(-2, 2), "a number from -2 to 2", "0.5")
_THINKING = (
    "True, False, or Moonshot's object, whose keys are 'type' ('enabled' or 'disabled'), "
    "'keep' ('all') and 'effort'"
)

_RULES: Mapping[str, _Rule] = {
    "api": _TEXT,
    "api_key": _Rule(
        _key, "a string, a SecretStr, or a function that returns one", "'...'", secret=True
    ),
    "base_model": _TEXT,
    "base_url": _TEXT,
    "coalesce": _Rule(_seconds, "a number of seconds above 0", "0.05"),
    "concurrency": _LIMIT,
    "context_window": _Rule(_whole(1), "a whole number of tokens, 1 or more", "32_768"),
    "default_headers": _HEADERS,
    "default_query": _HEADERS,
    "endpoint": _Rule(_endpoint, "the name of a preset, or an Endpoint", "'moonshot'"),
    "escape_markers": _BOOL,
    "extra": _DICT,
    "extra_body": _DICT,
    "extra_headers": _HEADERS,
    "extra_query": _HEADERS,
    "files": _Rule(_one_of("extract"), "'extract'", "'extract'"),
    "frequency_penalty": _PENALTY,
    "http_async_client": _Rule(
        _async_client, "an httpx.AsyncClient, or 'aiohttp'", "'aiohttp'", secret=True
    ),
    "http_client": _Rule(
        _client, "an httpx.Client", "httpx.Client(proxy='http://...')", secret=True
    ),
    "keep_thinking": _BOOL,
    "max_retries": _Rule(_whole(0), "a whole number, 0 or more", "2"),
    "max_tokens": _Rule(_whole(1), "a whole number of tokens, 1 or more", "1_000"),
    "media_fetcher": _Rule(callable, "a function from URL to bytes", "fetch_media"),
    "media_folder": _Rule(_a(str, PathLike), "the path of a folder", "'pictures'"),
    "model": _TEXT,
    "n": _Rule(_whole(1), "a whole number, 1 or more", "1"),
    "output_version": _Rule(_one_of("v0", "v1"), "'v0' or 'v1'", "'v1'"),
    "parallel_tool_calls": _BOOL,
    "prefix": _TEXT,
    "presence_penalty": _PENALTY,
    "prompt_cache_key": _TEXT,
    "provider": _DICT,
    "rate_limit": _Rule(
        _rate_limit, "a kimi_core.Tier, or the number of one of Moonshot's tiers", "1"
    ),
    "reasoning_effort": _Rule(_a(str), "a string", "'high'"),
    "requests_per_minute": _LIMIT,
    "response_format": _Rule(_format, "OpenAI's dict, or a pydantic class", "{'type': ...}"),
    "safety_identifier": _TEXT,
    "stop": _Rule(_texts, "a string, or a list of strings", "['END']"),
    "stream_usage": _BOOL,
    "temperature": _Rule(_number(0), "a number, 0 or more", "0.6"),
    "thinking": _Rule(_a(bool), _THINKING, "False"),
    "timeout": _Rule(_timeout, "a number of seconds above 0, or an httpx.Timeout", "60"),
    "tokenizer": _Rule(
        _tokenizer, "a kimi_core.Tokenizer, or the path of a tiktoken.model", "'...'"
    ),
    "tokens_per_day": _LIMIT,
    "tokens_per_minute": _LIMIT,
    "tool_call_parser": _TEXT,
    "tool_call_policy": _Rule(_call_policy, "'repair', 'strict' or 'off'", "'strict'"),
    "tool_call_retries": _Rule(_retries, "a whole number from 0 to 3", "1"),
    "tool_choice": _Rule(_a(str, bool, Mapping), "a string, a bool, or OpenAI's dict", "'auto'"),
    "total_timeout": _Rule(_seconds, "a number of seconds above 0", "300"),
    "top_p": _Rule(_number(0, 1), "a number from 0 to 1", "0.95"),
    "unsupported": _Rule(_one_of("error", "warn", "drop"), "'error', 'warn' or 'drop'", "'warn'"),
}


# Settings of ChatOpenAI that mean something else, or nothing, here; False is no wish.
_OF_OPENAI: Mapping[str, str] = {
    "openai_proxy": (
        "it is OpenAI's setting. Set HTTPS_PROXY, or pass http_client= and http_async_client= with "
        "a proxy."
    ),
    "use_responses_api": (
        "Kimi has no Responses API that keeps reasoning and tools; leave it out."
    ),
    **dict.fromkeys(
        (
            *("background", "context_management", "conversation", "include"),
            *("previous_response_id", "track_previous_responses", "truncation"),
            "use_previous_response_id",
        ),
        "it is a setting of OpenAI's Responses API, which is not asked here; leave it out.",
    ),
    **dict.fromkeys(
        ("async_client", "client", "http_socket_options", "root_async_client", "root_client"),
        "it is of OpenAI's SDK, which sends nothing here. Pass http_client= and "
        "http_async_client=, HTTP clients of your own.",
    ),
    "tiktoken_model_name": "Kimi's tokens are its own. Pass tokenizer=, or leave it out.",
}


def check_setting(name: str, value: Any, *, spelled: str | None = None) -> None:  # noqa: ANN401 - whatever a caller passed
    """Refuse a value that its setting cannot have; None and unknown settings always pass.

    Args:
        name: The setting.
        value: What the caller gave.
        spelled: What the caller called the setting, where that is another word.

    Raises:
        KimiConfigError: It names the setting, the value, the rule and the way out.
    """
    if name in _OF_OPENAI and value not in (None, False, ()):
        raise KimiConfigError(f"{name} is refused: {_OF_OPENAI[name]}")
    rule = _RULES.get(name)
    if rule is None or value is None or rule.fits(value):
        return
    word = spelled or name
    given = (
        f"{word}={_shown(value)}"
        if not rule.secret
        else f"{word} (a value of type {type(value).__name__})"
    )
    message = (
        f"{given} is refused: it must be {rule.words}. "
        f"Pass e.g. {word}={rule.example}, or leave it out."
    )
    raise KimiConfigError(message)


def nearest_setting(name: str, known: Iterable[str]) -> str:
    """Return a question for the `known` setting that is nearest to a name, or an empty string."""
    taken = (one for one in known if one not in _OF_OPENAI)
    near = difflib.get_close_matches(name, taken, n=1, cutoff=_LIKENESS)
    return f" Did you mean {near[0]!r}?" if near else ""


def setting_error(refused: Any) -> KimiError:  # noqa: ANN401 - pydantic's, which the core does not know
    """Return what a ``ValidationError`` says as one sentence, without the value: it may be a key.

    Args:
        refused: What pydantic raised for a constructor.
    """
    first, *others = refused.errors(include_url=False, include_input=False)
    for detail in (first, *others):
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, KimiError):
            return cause
    name = first["loc"][0] if first["loc"] else refused.title
    return KimiConfigError(f"{name} is refused: {first['msg']}. Correct it, or leave it out.")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def listed_messages(messages: Any, kind: type[_Message], for_text: str) -> list[_Message]:  # noqa: ANN401 - whatever a caller passed
    """Return a conversation as a list; a text, a single message and dicts are none.

    Args:
        messages: What was passed for it.
        kind: The framework's class of messages.
        for_text: The method of the model that takes a text.

    Raises:
        KimiConfigError: Where it is no iterable of such messages.
    """
    given: Any = messages
    is_one = isinstance(given, (str, kind)) or not isinstance(given, Iterable)
    listed: list[Any] = [messages] if is_one else list(messages)
    wrong = [one.__name__ for one in set(map(type, listed)) if is_one or not issubclass(one, kind)]
    if wrong:
        raise KimiConfigError(
            f"messages must be a list of {kind.__name__}, and is or holds a {min(wrong)}; write "
            f"[{kind.__name__}(content)], or ask with {for_text}(text) where there is one text."
        )
    return listed
