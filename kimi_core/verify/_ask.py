"""One sample -> one row, asked through the transport that the adapters use.

Owns: `Asker`. May know: its own files, _json, chat, endpoints, errors, events, models, request,
transport.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kimi_core._json import as_mapping, as_sequence
from kimi_core.chat import KimiChat, Settings, listed_models
from kimi_core.chat.observe import observe
from kimi_core.endpoints import Endpoint
from kimi_core.errors import (
    KimiAuthenticationError,
    KimiConfigError,
    KimiConnectionError,
    KimiError,
    KimiModelNotFoundError,
    KimiQuotaError,
    KimiStatusError,
    KimiTimeoutError,
)
from kimi_core.events import ParsedMessage
from kimi_core.models import ModelInfo
from kimi_core.request import Options, Request
from kimi_core.transport.call import Call
from kimi_core.verify._rows import SUCCESS, Row
from kimi_core.verify._samples import Sample, hash_of
from kimi_core.verify._valid import all_valid
from kimi_core.verify._whole import Watch, whole_body

__all__ = ["Asker", "Sent"]

_NOTHING: list[dict[str, Any]] = [{"role": "user", "content": "."}]
_ONCE: Mapping[str, Any] = {"timeout": 5.0, "max_retries": 0}
# Every other request would be refused for the same reason.
_HOPELESS = (KimiAuthenticationError, KimiModelNotFoundError, KimiQuotaError)
# What a method says by other means, or this package decides.
_NOT_OPTIONS = frozenset({"model", "messages", "tools", "stream", "stream_options"})


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one payload.

    Attributes:
        body: The answer as one body, or what failed.
        status: "success" or "failed".
        measured: The times, see `Row`.
    """

    body: dict[str, Any]
    status: str
    measured: Mapping[str, Any]

    @property
    def choice(self) -> Mapping[str, Any]:
        """The answer's choice; empty where there is none."""
        choices = as_sequence(self.body.get("choices"))
        return (as_mapping(choices[0]) if choices else None) or {}


class Asker:
    """Asks one server, a sample at a time.

    A payload is sent as it stands: what `kimi_core.request` would make of it, schemas that Moonshot
    accepts and ids that the model was trained on, is what a verifier must not do. Connections,
    retries, limits and the reading of the bytes are those of both adapters. With api "completions"
    there is no such payload: the prompt is rendered here, and its calls are parsed here.

    Args:
        settings: Where and whom to ask.
        extra_body: Fields of every payload, over those of the samples.

    Attributes:
        chat: What asks.
        extra_body: As it was given.

    Raises:
        KimiConfigError: For settings that cannot work.
    """

    def __init__(self, settings: Settings, extra_body: Mapping[str, Any] | None = None) -> None:
        self.chat = KimiChat(settings)
        self.extra_body = dict(extra_body or {})
        self._unnamed = settings.model is None
        self._reached = False

    @property
    def model(self) -> str:
        """The model's name at the server; final after `learn`."""
        return self.chat.capabilities.model

    @property
    def info(self) -> ModelInfo:
        """What is known of the model."""
        return self.chat.capabilities.info

    @property
    def endpoint(self) -> Endpoint:
        """What is known of the server."""
        return self.chat.capabilities.endpoint

    async def learn(self) -> None:
        """Take the model that a server of your own lists, where none was named.

        The list is asked for in any case: what a program does once (it imports the SDK and makes
        its TLS context, 2 s here) would be the latency of the first sample. That the server cannot
        be reached is told by the first sample, which is tried more than once.
        """
        call = Call(method="get", path="/models", read=listed_models, options=_ONCE)
        try:
            rows = call.read(await self.chat.transport.asend(call))
        except KimiError as error:
            self._reached = isinstance(error, KimiStatusError)
            return
        self._reached = True
        if self._unnamed and not self.endpoint.default_model:
            self.chat.learn_models(rows)

    def request(self, body: Mapping[str, Any]) -> Request:
        """Return what is sent of a request body, without the extra body.

        Args:
            body: Messages, tools and whatever else, as `Sample.prepared` returns them.

        Raises:
            KimiConfigError: With api "completions", for what cannot be rendered.
        """
        streams = bool(body.get("stream"))
        if self.chat.capabilities.api == "completions":
            said = {name: value for name, value in body.items() if name not in _NOT_OPTIONS}
            # What stands in the answer, and nothing that is made of it.
            options = Options.read(said, {"tool_call_policy": "off", "tool_call_retries": 0})
            return self.chat.request(body["messages"], body.get("tools"), options, stream=streams)
        reading = self.chat.request(_NOTHING, None, Options(), stream=streams)
        return replace(reading, payload=dict(body))

    async def ask(self, sample: Sample) -> Row:
        """Ask one sample; whatever becomes of it is a row.

        Raises:
            KimiConfigError: Where the server refuses the key or the model, or was never reached:
                so it will be with all others.
        """
        request, begun = self.request(sample.prepared(self.model)), time.perf_counter()
        sent = await self.send(request)
        finish = sent.choice.get("finish_reason") if sent.status == SUCCESS else None
        message = as_mapping(sent.choice.get("message")) or {}
        calls = as_sequence(message.get("tool_calls")) or ()
        return Row(
            data_index=sample.data_index,
            request=request.payload,
            extra_body=self.extra_body,
            response=sent.body,
            status=sent.status,
            finish_reason=finish,
            tool_calls_valid=all_valid(finish, calls, sample.body.get("tools") or ()),
            last_run_at=datetime.now().astimezone().isoformat(),
            duration_ms=int((time.perf_counter() - begun) * 1_000),
            hash=hash_of(request.payload),
            measured=sent.measured,
        )

    async def send(self, request: Request) -> Sent:
        """Send a request with the extra body.

        Raises:
            KimiConfigError: As for `ask`.
        """
        watch, streams, retries = Watch(), bool(request.payload.get("stream")), 0
        payload = {**request.payload, **self.extra_body}
        try:
            with observe(watch):
                reply = await self.chat.aopen(replace(request, payload=payload))
                retries = reply.retries
                reader = await reply.read()
        except _HOPELESS as error:
            raise KimiConfigError(str(error)) from error
        except KimiError as error:
            # Not one that is slow, or was restarted meanwhile: 100 samples took a quarter of an
            # hour to say that there was no server.
            lost = isinstance(error, KimiConnectionError) and not self._reached
            if lost and not isinstance(error, KimiTimeoutError):
                raise KimiConfigError(str(error)) from error
            body, status = _failure(error), "failed"
        else:
            self._reached = True
            body, status = whole_body(watch.chunks, self.model), SUCCESS
            if request.path == "/completions":
                body = _with_calls(body, reader.message())
        return Sent(body, status, watch.measured(streamed=streams, retries=retries))


def _failure(error: KimiError) -> dict[str, Any]:
    said, kind = str(error), type(error).__name__
    status = getattr(error, "status_code", None)
    return {"error_type": kind, "error_message": said, "error": said, "status_code": status}


def _with_calls(body: dict[str, Any], message: ParsedMessage) -> dict[str, Any]:
    """Add the calls that raw text holds, as Moonshot's script does in its raw mode."""
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments},
        }
        for call in message.tool_calls
    ]
    if not calls:
        return body
    choice = body["choices"][0]
    said = {**choice["message"], "tool_calls": calls}
    return {**body, "choices": [{**choice, "message": said, "finish_reason": "tool_calls"}]}
