"""One check under way: what has been asked, and what came back.

Owns: asking through `KimiChat`, as both adapters do, and keeping what was said on the wire.
May know: its own files, _json, capabilities, chat, config, endpoints, errors, events, request,
response. It judges nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kimi_core._json import Message, Tool
from kimi_core.capabilities import RetiredModelWarning
from kimi_core.chat import KimiChat, Settings
from kimi_core.chat.observe import observe
from kimi_core.check._page import Page, look
from kimi_core.config import resolve_api_key
from kimi_core.endpoints import ENDPOINTS, Endpoint
from kimi_core.endpoints.engines import repairs_of
from kimi_core.errors import KimiError
from kimi_core.events import Event, ParsedMessage
from kimi_core.request import Options, Request
from kimi_core.response import Usage

__all__ = ["OTHER_REGION", "Answer", "Session"]

OTHER_REGION: Mapping[str, Endpoint] = {
    "moonshot": ENDPOINTS["moonshot-cn"],
    "moonshot-cn": ENDPOINTS["moonshot"],
}
"""The first-party hosts by the name of the other: accounts and keys are not shared."""

_READY = [{"role": "user", "content": "Reply with the one word: ready"}]
# Answers are short; a model that cannot be kept from thinking needs room for it before any answer.
_BRIEF = 100
_THOUGHTFUL = 2_000
_TIMEOUT = 60.0


@dataclass(slots=True)
class _Watch:
    """Keeps the chunks as they came; an observer (see `kimi_core.chat.observe`)."""

    requests: int = 0
    chunks: list[Mapping[str, Any]] = field(default_factory=list[Any])

    def on_request(self, request: Request) -> None:
        """Count it."""
        del request
        self.requests += 1

    def on_chunk(self, chunk: Mapping[str, Any], events: Sequence[Event]) -> None:
        """Keep it."""
        del events
        self.chunks.append(chunk)

    def on_close(self, events: Sequence[Event]) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back.

    Attributes:
        message: What it means to a user of this package.
        finish_reason: Why it ended.
        usage: Tokens, or None where the server did not say.
        deltas: What the server said, a piece at a time, before anything was parsed here.
        warnings: What this package warned of while asking.
    """

    message: ParsedMessage
    finish_reason: str | None
    usage: Usage | None
    deltas: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...]

    @property
    def text(self) -> str:
        """Content and reasoning as the server sent them."""
        names = ("reasoning_content", "reasoning", "content", "text")
        return "".join(str(delta.get(name) or "") for delta in self.deltas for name in names)

    @property
    def pieces(self) -> int:
        """In how many pieces text came."""
        names = ("reasoning_content", "reasoning", "content", "text")
        return sum(any(delta.get(name) for name in names) for delta in self.deltas)

    @property
    def has_parsed_calls(self) -> bool:
        """Whether the server itself sent tool calls."""
        return any(delta.get("tool_calls") for delta in self.deltas)

    @property
    def reasoning_field(self) -> str | None:
        """The field in which the server sent reasoning, or None."""
        names = ("reasoning_content", "reasoning", "reasoning_details")
        return next((n for n in names if any(delta.get(n) for delta in self.deltas)), None)


class Session:
    """Asks one server.

    Args:
        settings: Where and whom to ask, as for `KimiChat`.
        regions: Where else a first-party key may belong; `OTHER_REGION` unless a test says so.

    Attributes:
        chat: What asks.
        base_url: The address that is asked.
        requests: How many HTTP requests were made.
        usage: Tokens so far.
        streamed: The answer that came as a stream, for the probe that counts.

    Raises:
        KimiConfigError: For settings that cannot work.
    """

    def __init__(
        self, settings: Settings, *, regions: Mapping[str, Endpoint] = OTHER_REGION
    ) -> None:
        self._own_address = settings.base_url is None
        self._regions = regions
        self._page: Page | None = None
        self._ready: Answer | KimiError | None = None
        with warnings.catch_warnings():
            # Whether the model is served is a finding.
            warnings.simplefilter("ignore", RetiredModelWarning)
            self.chat: KimiChat = KimiChat(replace(settings, timeout=settings.timeout or _TIMEOUT))
        self._key = resolve_api_key(self.endpoint, settings.api_key)
        self.base_url: str = self.chat.transport.base_url
        self.requests: int = 0
        self.usage: Usage = Usage()
        self.streamed: Answer | None = None

    @property
    def endpoint(self) -> Endpoint:
        """The server's facts."""
        return self.chat.capabilities.endpoint

    @property
    def other_region(self) -> Endpoint | None:
        """The other first-party host, where the key goes to the endpoint's own address.

        A key for somebody's proxy is nobody else's business.
        """
        return self._regions.get(self.endpoint.name) if self._own_address else None

    @property
    def has_key(self) -> bool:
        """Whether a key is sent."""
        return self._key is not None

    def words(self) -> dict[str, str]:
        """Return what every text may name."""
        capabilities, info = self.chat.capabilities, self.chat.capabilities.info
        repairs = repairs_of(
            self.endpoint.name,
            dialect=info.dialect,
            context=info.context_window,
            opened=info.opens_reasoning,
        )
        return {
            "endpoint": self.endpoint.name,
            "base_url": self.base_url,
            "model": capabilities.model,
            "base_model": info.name,
            "reasoning_field": self.endpoint.reasoning_field,
            **{f"{need}_flag": text for need, text in repairs.items()},
        }

    def redacted(self, text: str) -> str:
        """Return a text without the key: a server may repeat it in its refusal."""
        return text.replace(self._key, "[key hidden]") if isinstance(self._key, str) else text

    def listing(self) -> Page:
        """Return what stands at ``/models``; fetched once, and the model is chosen by it.

        Raises:
            KimiConnectionError: Where nothing answers.
        """
        if self._page is None:
            self._page = self.look("/models")
            self.chat.learn_models(self._page.rows)
        return self._page

    def row(self) -> Mapping[str, Any]:
        """Return the server's own row of the model; empty where it lists none."""
        rows = self.listing().rows or []
        name = self.chat.capabilities.model
        found: list[Mapping[str, Any]] = [row for row in rows if row["id"] == name]
        return found[0] if found else {}

    def look(self, path: str) -> Page:
        """Return what is at a route, or at a whole URL, with the key."""
        self.requests += 1
        return look(self.chat.transport, path)

    def brief(self, **options: Any) -> Options:  # noqa: ANN401 - fields of Options
        """Return options that cost few tokens: no thinking, or little, and a limit."""
        info = self.chat.capabilities.info
        can_switch = info.thinking == "switchable" and self.endpoint.thinking_switch != "none"
        thinks = info.thinking != "none" and not can_switch
        settings: dict[str, Any] = {"max_tokens": _THOUGHTFUL if thinks else _BRIEF}
        if can_switch:
            settings["thinking"] = False
        if self.endpoint.embedded:
            # The stand-in stops after any token, at times after the first; the same every time.
            settings["temperature"] = 0.0
        if info.reasoning_efforts:
            settings["reasoning_effort"] = info.reasoning_efforts[0]
        judged: dict[str, Any] = {"tool_call_policy": "off"}  # the server, and not what we mend
        return Options(**{**judged, **settings, **options})

    def ask(
        self,
        messages: Sequence[Message],
        tools: Sequence[Tool] | None = None,
        options: Options | None = None,
        *,
        stream: bool = False,
    ) -> Answer:
        """Ask as an adapter would, and return what came over the wire.

        Args:
            messages: OpenAI-style dicts.
            tools: OpenAI-style tool dicts; None sends none.
            options: What else is set; None: what `brief` says.
            stream: Whether the answer is to come in pieces.

        Raises:
            KimiError: Whatever an adapter would raise.
        """
        watch = _Watch()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                with observe(watch):
                    request = self.chat.request(
                        messages, tools, options or self.brief(), stream=stream
                    )
                    reader = self.chat.open(request).read()
            finally:
                self.requests += watch.requests
        self._count(reader.usage)
        return Answer(
            message=reader.message(),
            finish_reason=reader.finish_reason,
            usage=reader.usage,
            deltas=tuple(_deltas(watch.chunks)),
            warnings=tuple(str(warning.message) for warning in caught),
        )

    def ready(self) -> Answer:
        """Return the answer to the shortest question; asked once, and its error is raised again.

        Raises:
            KimiError: As for `ask`.
        """
        if self._ready is None:
            try:
                self._ready = self.ask(_READY)
            except KimiError as error:
                self._ready = error
        if isinstance(self._ready, KimiError):
            raise self._ready
        return self._ready

    def close(self) -> None:
        """Close the connections."""
        self.chat.close()

    def _count(self, usage: Usage | None) -> None:
        if usage is not None:
            self.usage = Usage(
                prompt_tokens=self.usage.prompt_tokens + usage.prompt_tokens,
                completion_tokens=self.usage.completion_tokens + usage.completion_tokens,
            )


def _deltas(chunks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    choices = [choice for chunk in chunks for choice in chunk.get("choices") or ()]
    return [choice.get("delta") or choice.get("message") or choice for choice in choices]
