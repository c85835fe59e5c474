"""What one model at one endpoint can do: a merge of the two tables, and nothing else.

Owns: `resolve`, the only place where a model's name is looked at to decide anything.
May know: endpoints, errors, models, raw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from kimi_core.endpoints import Api, Endpoint, ToolCallParser, get_endpoint
from kimi_core.errors import (
    IgnoredSettingWarning,
    KimiConfigError,
    RetiredModelWarning,
    UnknownModelWarning,
    warn,
)
from kimi_core.models import ModelInfo, get_model, nearest_models, newest_relative, retirement
from kimi_core.raw.prompt import prompt_can_stop_thinking

__all__ = [
    "Capabilities",
    "IgnoredSettingWarning",
    "RetiredModelWarning",
    "StructuredOutputMethod",
    "resolve",
]

StructuredOutputMethod = Literal["json_schema", "function_calling"]

_OF_EVERY_KIMI = {
    "text_inputs": True,
    "text_outputs": True,
    "tool_calling": True,
    "tool_choice": True,
    "tool_call_streaming": True,
    "mid_conversation_system_messages": True,
    "pdf_inputs": False,
    "audio_inputs": False,
    "pdf_tool_message": False,
    "image_outputs": False,
    "audio_outputs": False,
    "video_outputs": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What may be asked of one model at one endpoint.

    Attributes:
        model: The model's name as this server spells it: what is sent.
        info: The facts of the model; those of the endpoint's base model for a name that is not
            Kimi's.
        endpoint: The facts of the server.
        api: "chat" or "completions".
        tool_call_parser: "auto", "server" or "client".
    """

    model: str
    info: ModelInfo
    endpoint: Endpoint
    api: Api
    tool_call_parser: ToolCallParser

    def thinks(self, thinking: bool | None) -> bool:  # noqa: FBT001 - the caller's own setting
        """Whether the model will think, given the caller's setting (None: the model's default).

        One that always thinks does so whatever is asked, see `can_stop_thinking`.

        Raises:
            KimiConfigError: Where the setting asks for what the model cannot do.
        """
        if thinking is None:
            return self.info.thinking != "none"
        if thinking and self.info.thinking == "none":
            message = (
                f"thinking=True does not go with model {self.model!r}, which has no thinking mode; "
                "leave thinking out, or use kimi-k3.1-pro, which thinks."
            )
            raise KimiConfigError(message)
        return thinking or (self.info.thinking == "always" and not self.can_stop_thinking)

    @property
    def can_stop_thinking(self) -> bool:
        """Whether thinking can be switched off: by the model, or by the template of your server."""
        if self.info.thinking != "always":
            return self.info.thinking == "switchable"
        own = self.api == "completions" or self.endpoint.thinking_switch == "chat_template_kwargs"
        return own and prompt_can_stop_thinking(self.info.name)

    def structured_output_method(self, thinking: bool | None) -> StructuredOutputMethod:  # noqa: FBT001 - as above
        """Return how an object of a schema is best asked for; both adapters ask so.

        Where the prompt is rendered here, the grammar of a forced call is the one thing that can be
        enforced. A model that thinks may refuse to be forced, and calls that are parsed here on the
        chat route cannot be: there the schema goes into ``response_format``. Every other model is
        made to call a tool, since more hosts take a forced call than a schema; so is one whose
        server reads a schema and keeps to none.

        Args:
            thinking: The caller's own setting.

        Raises:
            KimiConfigError: As `thinks`.
        """
        if self.api == "completions" or not self.endpoint.keeps_response_format:
            return "function_calling"
        unforced = self.thinks(thinking) or self.tool_call_parser == "client"
        return "json_schema" if unforced else "function_calling"

    @property
    def room_for_output(self) -> int:
        """Tokens of the context to keep free for an answer, where the caller sets no limit.

        LlamaIndex's engines take them away for every prompt: a small context keeps three quarters.
        """
        return min(self.info.default_output or 4096, self.info.context_window // 4)

    def profile(self) -> dict[str, Any]:
        """Return what programs ask of a model before they use it, in the words of models.dev.

        LangChain's `ModelProfile` has these words: agents choose by it how to ask for an object,
        and middleware when to summarise. What is not known is left out.
        """
        info, endpoint = self.info, self.endpoint
        images = "image" in info.inputs
        leaves = endpoint.retires_models and (info.retired or info.retires)
        facts: dict[str, Any] = {
            "name": info.name,
            "status": "deprecated" if leaves else "active",
            "release_date": info.released,
            "last_updated": info.released,
            "open_weights": info.weights is not None,
            "max_input_tokens": info.context_window,
            "max_output_tokens": info.default_output,
            "image_inputs": images,
            "image_url_inputs": images and endpoint.takes_media_urls,
            "image_tool_message": images,
            "attachment": images,
            "video_inputs": "video" in info.inputs,
            "reasoning_output": info.thinking != "none",
            "reasoning_effort_levels": list(info.reasoning_efforts),
            "reasoning_effort_default": info.default_effort,
            # Moonshot's K3 takes a whole definition in a system message; other servers differ.
            "mid_conversation_tools": info.dialect == "k3" and endpoint.provider_name == "moonshot",
            # The completions route knows no response_format; agents then use a tool, which the
            # grammar can force there.
            "structured_output": self.api == "chat" and endpoint.keeps_response_format,
            "temperature": info.pinned is None or not endpoint.pins_sampling,
            **_OF_EVERY_KIMI,
        }
        return {name: value for name, value in facts.items() if value is not None}

    @property
    def gets_raw_text(self) -> bool:
        """Whether all that the model writes comes as text: no server has parsed it before."""
        return self.api == "completions" or self.tool_call_parser == "client"

    def parses_here(self) -> bool:
        """Whether raw tokens may reach us and must be parsed here."""
        if self.tool_call_parser == "auto" and self.api == "chat":
            return self.endpoint.leaves_raw_calls
        return self.tool_call_parser != "server"


def _facts(model: str, base_model: str | None, endpoint: Endpoint) -> ModelInfo:
    if base_model is not None:
        info = get_model(base_model)
        if info is None:
            near = nearest_models(base_model) or ["kimi-k2-instruct", "kimi-k3", "kimi-k3.1-pro"]
            message = (
                f"base_model {base_model!r} is not a Kimi model; it names the model whose facts "
                f"apply. Nearest known: {', '.join(near)}."
            )
            raise KimiConfigError(message)
        return info
    info = get_model(model)
    named_here = model == endpoint.default_model or retirement(model) is not None
    if info is None and not named_here:
        return _stand_in(model, endpoint)
    return info or _base(endpoint)


def _base(endpoint: Endpoint) -> ModelInfo:
    info = get_model(endpoint.base_model)
    assert info is not None  # noqa: S101 - every endpoint's base model has a row; a test holds it
    return info


def _stand_in(model: str, endpoint: Endpoint) -> ModelInfo:
    """Return whose facts are taken for a model without a row, and say so."""
    relative = newest_relative(model)
    info = relative or _base(endpoint)
    what = "is a Kimi that is not known here yet" if relative else "is no name of a Kimi"
    message = (
        f"model {model!r} {what}, so the facts of {info.name!r} are taken for it; set base_model "
        "to the model whose facts apply."
    )
    warn(message, UnknownModelWarning)
    return info


def _warn_if_retired(model: str, info: ModelInfo, endpoint: Endpoint) -> None:
    if not endpoint.retires_models:
        return
    retired, where = retirement(model), endpoint.base_url
    if retired is not None:
        date, replacement = retired
        message = (
            f"model {model!r} was retired on {where} on {date} and answers 404 there; "
            f"use {replacement!r}. Other hosts may still serve it."
        )
        warn(message, RetiredModelWarning)
    elif info.retires is not None:
        message = (
            f"model {model!r} is to be retired on {where} on {info.retires}, and accounts that "
            f"registered after 2026-10-31 cannot call it; use {info.replacement!r}."
        )
        warn(message, RetiredModelWarning)


def _spelling(model: str, info: ModelInfo, endpoint: Endpoint, base_model: str | None) -> str:
    if base_model:
        return model  # the server's own name, whatever it looks like
    if endpoint.uses_own_names and get_model(model) and not retirement(model):
        return info.name  # any spelling of a live model; it is known here what it is called there
    return endpoint.spell(model)


def resolve(
    model: str | None = None,
    endpoint: str | Endpoint = "moonshot",
    overrides: Mapping[str, Any] | None = None,
) -> Capabilities:
    """Merge the facts of a model and of an endpoint, then what the caller overrides.

    Args:
        model: Any spelling; the endpoint's default model where it is None.
        endpoint: A preset's name or an `Endpoint`.
        overrides: ``base_model``, ``api`` and ``tool_call_parser`` override what the tables say;
            ``context_window`` corrects the model's. Values that are None do nothing.

    Returns:
        What may be asked.

    Raises:
        KimiConfigError: For an unknown endpoint, base model, api or parser.
    """
    row = get_endpoint(endpoint)
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    base_model = given.get("base_model")
    named = model or row.default_model or row.spell(row.base_model)
    info = _facts(named, base_model, row)
    _warn_if_retired(named, info, row)
    if "context_window" in given:
        info = replace(info, context_window=given["context_window"])
    return Capabilities(
        model=_spelling(named, info, row, base_model),
        info=info,
        endpoint=row,
        api=_choice("api", given.get("api", row.api), ("chat", "completions")),
        tool_call_parser=_choice(
            "tool_call_parser",
            given.get("tool_call_parser", row.tool_call_parser),
            ("auto", "server", "client"),
        ),
    )


def _choice(setting: str, value: str, allowed: tuple[str, ...]) -> Any:  # noqa: ANN401 - a Literal
    if value not in allowed:
        choices = ", ".join(repr(choice) for choice in allowed)
        message = f"{setting} {value!r} is not known; it is one of {choices}."
        raise KimiConfigError(message)
    return value
