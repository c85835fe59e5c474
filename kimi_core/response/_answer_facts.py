"""What a server says of an answer beside the answer.

Owns: id, model, fingerprint, usage and logprobs, as they come with any chunk; why it ended; errors
that stand in place of an answer. May know: its own files, _json, errors, request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import Any

from kimi_core._json import as_mapping, as_sequence
from kimi_core.errors import error_from_body, error_in
from kimi_core.request import Request
from kimi_core.response._incomplete import incomplete_details
from kimi_core.response._usage import Usage
from kimi_core.response._words import string_in, with_text

__all__ = ["AnswerFacts"]

_OURS = frozenset(
    {"diagnostics", "finish_reason", "forced_tool_choice", "incomplete_details",
     "usage", "usage_of_requests"}
)  # fmt: skip
_AT_THE_TOP = ("cached_tokens", "reasoning_tokens", "cache_write_tokens")


def _logprob(entry: object) -> dict[str, Any] | None:
    said = as_mapping(entry) or {}
    token, value = said.get("token"), said.get("logprob")
    if not isinstance(token, str) or not isinstance(value, (int, float)):
        return None
    read = as_sequence(said.get("bytes")) or ()
    return {"token": token, "logprob": value, "bytes": [it for it in read if isinstance(it, int)]}


def _of_completions(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the parallel lists of the completions route as the entries of the chat route."""
    names = ("tokens", "token_logprobs", "top_logprobs")
    lists = [as_sequence(said.get(name)) or () for name in names]
    rows = zip_longest(*lists[:2], lists[2][: len(lists[0])])
    return [
        {**_entry(token, value), "top_logprobs": [_entry(*one) for one in _pairs(others)]}
        for token, value, others in rows
        if isinstance(token, str) and isinstance(value, (int, float))
    ]


def _pairs(others: object) -> Iterable[tuple[str, Any]]:
    return (as_mapping(others) or {}).items()


def _entry(token: str, value: float) -> dict[str, Any]:
    return {"token": token, "logprob": value, "bytes": [*token.encode(errors="replace")]}


class AnswerFacts:
    """The facts of one answer; attributes as `kimi_core.response.ResponseReader` has them."""

    def __init__(self, request: Request, headers: Mapping[str, str] | None) -> None:
        """Know nothing yet but what was asked, and the response headers."""
        self._request = request
        self._headers = headers
        self.usage: Usage | None = None
        self.model: str | None = None
        self.id: str | None = None
        self.system_fingerprint: str | None = None
        self.logprobs: list[Any] = []
        self._body: dict[str, Any] = {}
        self._choices: Any = None  # of the last chunk that has any: that of the usage has none
        # A chunk that others repeat but for their text, and that of the last of them.
        self._repeated: Mapping[str, Any] | None = None
        self._last_text = ""
        self._header: tuple[Any, ...] = ()
        self._usages: list[Usage] = []
        self._finish: str | None = None
        self._stopped_by: Any = None
        self._completed_call = False
        self.refusal = ""

    @property
    def finish_reason(self) -> str | None:
        """Why the answer ended."""
        if self._completed_call and self._finish in {"stop", None}:
            return "tool_calls"
        return self._finish

    @property
    def has_ended(self) -> bool:
        """Whether the server has said why its answer ended."""
        return self._finish is not None

    def _incomplete_details(self) -> dict[str, Any] | None:
        usage = self.usage or Usage()
        return incomplete_details(
            self.finish_reason,
            limit=self._limit,
            completion_tokens=usage.completion_tokens,
            reasoning_tokens=usage.reasoning_tokens,
            refusal=self.refusal,
        )

    def _read_header(self, chunk: Mapping[str, Any]) -> None:
        if chunk.get("usage"):
            self._read_usage(chunk)
        self._body.update(chunk)
        if chunk.get("choices"):
            self._choices, self._repeated = chunk["choices"], None
        # Nearly every chunk repeats these; comparing is cheaper than reading them.
        header = (chunk.get("id"), chunk.get("model"), chunk.get("system_fingerprint"))
        if header != self._header:
            self._header = header
            self.id = string_in(chunk, "id") or self.id
            self.model = string_in(chunk, "model") or self.model
            fingerprint = string_in(chunk, "system_fingerprint")
            self.system_fingerprint = fingerprint or self.system_fingerprint

    def _note_repeated(self, chunk: Mapping[str, Any]) -> None:
        """Take note of chunks that are the same but for their text, of which the last's is kept."""
        self._read_header(chunk)
        self._repeated = chunk

    @property
    def _last_choices(self) -> Any:  # noqa: ANN401 - as a server says it
        """The choices of the last chunk that has any, made anew where it only repeated another."""
        if self._repeated is None:
            return self._choices
        return with_text(self._repeated, self._last_text)["choices"]

    def _read_usage(self, holder: Mapping[str, Any]) -> None:
        said = holder.get("usage")
        usage = as_mapping(said) if said else None
        if usage:
            # Venice puts the cost beside the usage (recording opencode-venice-k26-toolloop).
            beside = {"cost": holder["cost"]} if "cost" in holder else {}
            self.usage = Usage.from_wire({**beside, **usage})

    def _read_logprobs(self, choice: Mapping[str, Any]) -> None:
        fields = as_mapping(choice.get("logprobs")) or {}
        self.logprobs += as_sequence(fields.get("content")) or _of_completions(fields)

    def count(self, other: AnswerFacts) -> None:
        """Add what another request for the same answer has used."""
        self._usages = self._usages or [self.usage or Usage()]
        self._usages.append(other.usage or Usage())
        if self.usage is not None or other.usage is not None:
            self.usage = (self.usage or Usage()) + (other.usage or Usage())

    @property
    def alternatives(self) -> list[list[dict[str, Any]]]:
        """The log probabilities of each token's alternatives, or of it alone where none are told.

        Each has ``token``, ``logprob`` and ``bytes`` (empty where the server sends null).
        """
        entries = (as_mapping(entry) or {} for entry in self.logprobs)
        listed = [as_sequence(entry.get("top_logprobs")) or [entry] for entry in entries]
        return [[found for one in each if (found := _logprob(one))] for each in listed]

    @property
    def asked_again(self) -> bool:
        """Whether the answer took more than one request."""
        return bool(self._usages)

    def _usage_told(self) -> dict[str, Any]:
        """Return what each request has used, where there was more than one."""
        usages = [usage.totals() for usage in self._usages]
        return {"usage_of_requests": usages} if usages else {}

    @property
    def _limit(self) -> int | None:
        payload = self._request.payload
        limit = payload.get("max_tokens") or payload.get("max_completion_tokens")
        return limit if isinstance(limit, int) else None

    def _broke_off(self, cause: str, way_out: str) -> str:
        asked = self._request.capabilities
        return (
            f"the answer of model {asked.model!r} at {asked.endpoint.name} broke off: "
            f"{cause}. What had come is in .partial; {way_out}."
        )

    def _raise_error_in(self, chunk: Mapping[str, Any]) -> None:
        found = error_in(chunk)
        if found is not None:
            capabilities = self._request.capabilities
            raise error_from_body(
                found,
                endpoint=capabilities.endpoint.name,
                model=capabilities.model,
                headers=self._headers,
            )

    def body(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the server sent beside the pieces of the answer, with what we say of it.

        Of a whole body that is all of it, of a stream each field as it was said last; ``usage`` is
        in OpenAI's shape, with Moonshot's counts at the top as well.

        Args:
            metadata: What `kimi_core.response.ResponseReader.metadata` returns; a server's field of
                such a name is none of ours, and is left out.
        """
        theirs = {name: it for name, it in self._body.items() if name not in _OURS}
        told = {**theirs, "choices": self._last_choices, **metadata}
        if self.usage is not None:
            counts = {name: getattr(self.usage, name) for name in _AT_THE_TOP}
            told["usage"] = {**self.usage.in_openai_shape(whole=True), **counts}
        return told

    def _hides_its_limit(self, *, called: bool) -> bool:
        """Whether the token limit fell into a call, and the server reports the call as whole.

        vLLM 0.32.0 does, where it does not stream: finish reason "tool_calls", the beginning of a
        name as the name, and ``{}`` for arguments that never came. An answer that the model ended
        has the token that ended it in ``stop_reason``.
        """
        limit = self._limit
        used = self.usage.completion_tokens if self.usage is not None else 0
        ended = self._finish not in {"tool_calls", "stop"} or self._stopped_by is not None
        return not ended and limit is not None and used >= limit and called
