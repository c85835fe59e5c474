"""What a caller may ask for.

Owns: `Options`. May know: its own files, errors, raw. Other words for an option, and who wins where
two things are said, stand in `_read`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from os import PathLike
from typing import Any, Literal

from kimi_core.errors import check_setting
from kimi_core.raw.encoder import TextEncoder
from kimi_core.request._read import check_words, merge_settings

__all__ = ["PAYLOAD_FIELDS", "CallOptions", "Options", "option_names"]

PAYLOAD_FIELDS = frozenset({"logit_bias", "logprobs", "seed", "top_logprobs"})
"""Fields of the payload that an instance of either adapter can be set to send with every request.
They are no options: no rule here is about them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a caller may ask for besides messages and tools; None means: not set, not sent.

    Attributes:
        temperature: Sampling temperature; pinned by live models on the first-party API.
        top_p: Nucleus sampling; pinned likewise.
        n: Number of answers; only 1.
        presence_penalty: Pinned likewise.
        frequency_penalty: Pinned likewise.
        max_tokens: Token limit of the answer, reasoning included.
        stop: Strings that end the answer.
        prefix: Text that the answer begins with, e.g. ``"{"``: the model goes on from its last
            letter, and it is told in front of the first text, so that the answer is whole. Refused
            where a server is not known to continue an answer.
        thinking: Whether to think; None for the model's default. A caller may give Moonshot's own
            object, ``{"type": ..., "keep": ..., "effort": ...}``, which says the next two as well.
        keep_thinking: Whether the reasoning of earlier turns counts too, where the model lets one
            choose.
        reasoning_effort: Strength of thinking, where the model has it.
        tool_choice: "auto", "none", "required" (also "any" or True), a tool's name, or OpenAI's
            dict.
        parallel_tool_calls: Whether one answer may hold several calls; sent only when set, and
            not to the first-party API, which has no such field and warns of False.
        tool_call_policy: "repair" (None, too): a tool call that is damaged is mended where it has
            exactly one reading, and is invalid otherwise. "strict": it is invalid where its
            arguments are not one JSON object, its name is not declared, or the tool's schema
            refuses it. "off": only what is no whole object is invalid. Nothing invalid is run.
        tool_call_retries: How often the model is asked again for calls that are invalid, 0 to 3;
            None is 1. Each is a request of its own, which costs its tokens.
        response_format: OpenAI's response_format dict.
        stream_usage: Whether a stream is asked to say its usage at its end, in OpenAI's way; None
            for what the endpoint needs: Moonshot says it unasked.
        coalesce: Seconds between two chunks of a stream; what comes in between is told as one where
            it is of one kind (text, reasoning, arguments of one call). The first is told at once,
            and nothing is waited for. For who draws anew with each; None tells each as it comes.
        prompt_cache_key: Session id for the prefix cache.
        prompt_cache_options: Moonshot's settings of the prefix cache, e.g. ``{"ttl": "1h"}``
            ("5m" by default, since 2026-10-15): how long what was written stays, at its own price.
        safety_identifier: The end user, hashed.
        provider: OpenRouter's provider routing.
        media_fetcher: Called with each http(s) URL of a picture or video while the request is
            built, in the calling thread; what it returns is inlined. `kimi_core.fetch.fetch_media`
            is one. None: the first-party API's requests refuse such a URL, others pass it on.
        media_folder: Where pictures, videos and documents that a message names by their path may
            be read, wherever a link leads; regular files alone, known by their first bytes. None:
            a path is an error, since a message may come from anybody.
        files: "extract": a document that is no text (a PDF, an office file) is uploaded to Moonshot
            when the request is sent, its text takes its place in the message, and the upload is
            deleted; at servers with that API alone. None: such a document is an error at Moonshot,
            and is passed on where a server may take files; text is told as text in any case.
        tokenizer: An exact `kimi_core.Tokenizer`, with which a prompt that is rendered here is sent
            as token ids, where the server takes them: text can then never be a control token.
        escape_markers: Whether spellings of control tokens in the texts of such a prompt are broken
            up where it is sent as text. None: they are. False sends them, with a warning: a user, a
            tool or a file can then end its own turn and forge another.
        unsupported: What becomes of a setting that the model or the server does not take: "error"
            (None), a `KimiConfigError` before the request; "warn" leaves it out with an
            `IgnoredSettingWarning`; "drop" says so once in a process. What other code sets out of
            your reach, such as an evaluator's ``temperature=0``, needs one of the latter.
        extra: Other fields of the payload, sent as they are.
        of_body: The names among them that were said in ``extra_body``, which nobody checks.
        extra_headers: Headers of this request only.
        extra_query: Query of this request only.
        timeout: Seconds without data for this request only, or the SDK's own Timeout.
        total_timeout: Seconds for the whole request, retries included; None for no limit.

    Raises:
        KimiConfigError: For a value that its option cannot have, whichever the model.
    """

    temperature: float | None = None
    top_p: float | None = None
    n: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    max_tokens: int | None = None
    stop: str | Sequence[str] | None = None
    prefix: str | None = None
    thinking: bool | None = None
    keep_thinking: bool | None = None
    reasoning_effort: str | None = None
    tool_choice: str | bool | Mapping[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    tool_call_policy: str | None = None
    tool_call_retries: int | None = None
    response_format: Mapping[str, Any] | None = None
    stream_usage: bool | None = None
    coalesce: float | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: Mapping[str, Any] | None = None
    safety_identifier: str | None = None
    provider: Mapping[str, Any] | None = None
    media_fetcher: Callable[[str], bytes] | None = field(default=None, repr=False)
    media_folder: str | PathLike[str] | None = field(default=None, repr=False)
    files: Literal["extract"] | None = None
    tokenizer: TextEncoder | None = field(default=None, repr=False)
    escape_markers: bool | None = None
    unsupported: Literal["error", "warn", "drop"] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])
    of_body: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    extra_headers: Mapping[str, str] | None = field(default=None, repr=False)  # keys, at times
    extra_query: Mapping[str, object] | None = field(default=None, repr=False)
    timeout: Any = None
    total_timeout: float | None = None

    def __post_init__(self) -> None:
        for name in option_names():
            value = getattr(self, name)
            if value is not None:
                check_setting(name, value)

    @classmethod
    def read(cls, *said: Mapping[str, Any]) -> Options:
        """Return the options that a caller said, in any of the words that users know.

        Besides its own name an option is known by ``max_completion_tokens`` and
        ``max_output_tokens`` (max_tokens), ``stop_sequences`` (stop), ``request_timeout``
        (timeout), ``reasoning={"effort": ...}`` (reasoning_effort), and Moonshot's
        ``thinking={"type": ..., "keep": ..., "effort": ...}`` (thinking, keep_thinking and
        reasoning_effort). A ``response_format`` may be a pydantic class. ``stream``, ``streaming``
        and ``stream_options`` are left out: the method decides.

        Who wins, where two things are said of one option:

        * what is said later: a call over its instance;
        * said at once, the option's own name over another word for it, Moonshot's ``thinking``
          object over ``reasoning_effort`` (so does Moonshot's API), and both over ``extra_body``.

        None means: not set, also where something was set before. What is no option is a field of
        the payload and is sent as it is, and so is all of ``extra_body``, unchecked: a server may
        know more than is known here.

        Args:
            said: Names and values, from the first that was said to the last.

        Raises:
            KimiConfigError: For a value that the option cannot have, in the word that was used.
        """
        return cls(**merge_settings(*said, options=option_names()))


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOptions:
    """What one call of a framework asks for.

    Attributes:
        model: The model of this call; None where nobody named one.
        tools: OpenAI-style tool dicts, or None.
        options: The rest.
    """

    model: str | None
    tools: Sequence[Mapping[str, Any]] | None
    options: Options

    @classmethod
    def read(cls, *said: Mapping[str, Any]) -> CallOptions:
        """Return what an instance was set to and, last, what a call asks for; see `Options.read`.

        Raises:
            KimiConfigError: As there, and for a word of another class in the call.
        """
        words = _words_of_a_call()
        check_words(said[-1], words)
        found = merge_settings(*said, options=words)
        model, tools = found.pop("model", None), found.pop("tools", None)
        return cls(model=model, tools=tools or None, options=Options(**found))


@cache
def option_names() -> frozenset[str]:
    """Return the names of all options; ``extra`` and ``of_body`` are none that a caller says."""
    return frozenset(option.name for option in fields(Options)) - {"extra", "of_body"}


@cache
def _words_of_a_call() -> frozenset[str]:
    return option_names() | {"model", "tools"}
