"""Rules about the model, its thinking, its sampling and its limits.

Owns: one function a rule, from the request to the message of the refusal, or None. Simulated:
wordings are those of the documents or of quoted error bodies where `kimi_core.testing._rules` says
so, and otherwise this simulator's own. May know: its own files, models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from kimi_core.models import Sampling
from kimi_core.testing._request import is_object
from kimi_core.testing._tokens import prompt_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kimi_core.testing._request import ChatRequest

_MAX_STOPS = 5
_MAX_STOP_BYTES = 32
_MAX_TOP_LOGPROBS = 20
# kimi-k3 has no value for this in its documents. Kimi-Vendor-Verifier wants 0.6 taken (parameter
# tests, 2026-08-13), and 1 was refused live (probes of 2026-09-21, a new-api fork's tests).
_K3_WITHOUT_THINKING = Sampling(0.6)
# Kimi-Vendor-Verifier also wants these taken while thinking. Live bodies of August, September and
# 2026-10-24 refuse them ("only 1 is allowed"), so only rules="verifier" lets them pass.
_VERIFIER_TEMPERATURES = (0, 0.6)

_FIELDS = frozenset(
    # The OpenAPI document lists these, and the sampling ones are known by their refusals.
    (
        *("model", "messages", "max_completion_tokens", "max_tokens", "response_format", "stop"),
        *("stream", "stream_options", "tools", "tool_choice", "prompt_cache_key"),
        *("prompt_cache_options",),
        *("safety_identifier", "logprobs", "top_logprobs", "prediction", "reasoning_effort"),
        *("thinking", "temperature", "top_p", "n", "presence_penalty", "frequency_penalty"),
    )
)
_MESSAGE_FIELDS = frozenset(
    (
        *("role", "content", "name", "tool_calls", "tool_call_id"),
        *("reasoning_content", "partial", "tools"),
    )
)


def model(request: ChatRequest) -> str | None:
    """Only served ids; retired ones are as unknown as mistyped ones."""
    name = request.body.get("model")
    if name in request.options.served:
        return None
    return f"Not found the model {name} or Permission denied"


def unknown_fields(request: ChatRequest) -> str | None:
    """Only documented fields, so that a test proves that nothing unasked for is sent."""
    if request.options.unknown_fields == "ignore":
        return None
    unknown = sorted(set(request.body) - _FIELDS)
    for message in request.messages:
        unknown += [f"messages.{key}" for key in sorted(set(message) - _MESSAGE_FIELDS)]
    return f"Invalid request: unknown field '{unknown[0]}'" if unknown else None


def _pinned(request: ChatRequest) -> Sampling | None:
    if request.thinking:
        return request.info.pinned
    return _K3_WITHOUT_THINKING if request.is_k3 else request.info.pinned_without_thinking


def _verifier_takes(request: ChatRequest, name: str) -> bool:
    lenient = name == "temperature" and request.options.rules == "verifier" and request.thinking
    return lenient and request.body[name] in _VERIFIER_TEMPERATURES


def pinned(name: str) -> Callable[[ChatRequest], str | None]:
    """Make the rule for a sampling setting of which the model accepts one value only."""

    def check(request: ChatRequest) -> str | None:
        key = "penalty" if name.endswith("_penalty") else name
        allowed = getattr(_pinned(request), key)
        given = request.body.get(name)
        if given is None or given == allowed or _verifier_takes(request, name):
            return None
        return f"invalid {name}: only {allowed:g} is allowed for this model"

    check.__doc__ = f"Only the model's own {name}."
    return check


def thinking_and_effort(request: ChatRequest) -> str | None:
    """Thinking is switched in one way, but on kimi-k3.

    There both may be sent, and `thinking.effort` counts: Kimi-Vendor-Verifier, 2026-08-13. The
    refusal was quoted for the K2 models (HKUDS/nanobot issue 3939).
    """
    both = all(request.body.get(name) is not None for name in ("thinking", "reasoning_effort"))
    if request.is_k3 or not both:
        return None
    return "cannot specify both 'thinking' and 'reasoning_effort'"


def thinking_form(request: ChatRequest) -> str | None:
    """An object of `type`, `keep` and, on kimi-k3, `effort`.

    kimi-k3 takes it without a type, which means enabled, and looks at nothing else where it is
    disabled: Kimi-Vendor-Verifier, thinking-effort tests, 2026-08-13. Of what it does with another
    `keep` the suite says both; the stricter is done here.
    """
    mode = request.body.get("thinking")
    if mode is None:
        return None
    kind = mode.get("type", "enabled" if request.is_k3 else None) if is_object(mode) else None
    if not is_object(mode) or kind not in {"enabled", "disabled"}:
        return "Invalid request: thinking.type must be 'enabled' or 'disabled'"
    efforts = request.info.reasoning_efforts
    unknown = sorted(set(mode) - {"type", "keep"} - ({"effort"} if efforts else set()))
    if unknown:
        return f"Invalid request: unknown field 'thinking.{unknown[0]}'"
    ignored = request.is_k3 and kind == "disabled"
    return None if ignored else _thinking_values(mode, efforts)


def _thinking_values(mode: Mapping[str, Any], efforts: tuple[str, ...]) -> str | None:
    if mode.get("keep") not in {None, "all"}:
        return "Invalid request: thinking.keep must be 'all' or null"
    if mode.get("effort") not in {None, *efforts}:
        return f"Invalid request: invalid thinking.effort: allowed: {', '.join(efforts)}"
    return None


def thinking_disabled(request: ChatRequest) -> str | None:
    """kimi-k2.7-code cannot be told not to think.

    kimi-k3 takes it, although its documents have no off switch: Moonshot's own suite sends it and
    wants a 200 with fewer prompt tokens (Kimi-Vendor-Verifier, response-format tests, 2026-08-13),
    and live probes got one (2026-09-21).
    """
    mode = request.body.get("thinking")
    if request.thinking and is_object(mode) and mode.get("type") == "disabled":
        return "invalid thinking: only type=enabled is allowed for this model"
    return None


def reasoning_effort(request: ChatRequest) -> str | None:
    """Only the documented strengths.

    The live server was seen not to look at the word at all, and to stop thinking at "none"
    (2026-09-21); its documents, and those of Kimi Code, know no such word, so it is refused here.
    """
    effort = request.body.get("reasoning_effort")
    if effort is None or effort in request.info.reasoning_efforts:
        return None
    allowed = ", ".join(request.info.reasoning_efforts) or "none"
    return f"Invalid request: invalid reasoning_effort: allowed for this model: {allowed}"


def _limit(request: ChatRequest) -> Any:  # noqa: ANN401 - whatever the client sent
    limit = request.body.get("max_completion_tokens")
    return request.body.get("max_tokens") if limit is None else limit


def one_token_limit(request: ChatRequest) -> str | None:
    """`max_tokens` is the old name of `max_completion_tokens`."""
    names = ("max_tokens", "max_completion_tokens")
    if all(request.body.get(name) is not None for name in names):
        return "Invalid request: cannot specify both 'max_tokens' and 'max_completion_tokens'"
    return None


def token_limit(request: ChatRequest) -> str | None:
    """A limit is a positive whole number."""
    limit = _limit(request)
    if limit is None or (isinstance(limit, int) and limit > 0):
        return None
    return "Invalid request: max_completion_tokens must be a positive integer"


def context_window(request: ChatRequest) -> str | None:
    """Prompt and answer together fit the model."""
    window = request.info.context_window
    wanted = prompt_tokens(request) + (_limit(request) or 0)
    if wanted <= window:
        return None
    return (
        f"Invalid request: Your request exceeded model token limit: {window} (requested: {wanted})"
    )


def stop(request: ChatRequest) -> str | None:
    """At most five strings of at most 32 bytes."""
    given = request.body.get("stop")
    if given is None:
        return None
    stops = cast("list[object]", given if isinstance(given, list) else [given])
    texts = [text for text in stops if isinstance(text, str)]
    if len(stops) > _MAX_STOPS or len(texts) < len(stops):
        return f"Invalid request: stop must be a string or at most {_MAX_STOPS} strings"
    if any(len(text.encode()) > _MAX_STOP_BYTES for text in texts):
        return f"Invalid request: a stop string must not exceed {_MAX_STOP_BYTES} bytes"
    return None


def prompt_cache_options(request: ChatRequest) -> str | None:
    """What is written to the cache, and for how long: Moonshot's OpenAPI document since 2026-10."""
    wanted = request.body.get("prompt_cache_options")
    if wanted is None:
        return None
    if not is_object(wanted) or not set(wanted) <= {"mode", "ttl"}:
        return "Invalid request: prompt_cache_options must be an object of mode and ttl"
    if wanted.get("mode", "implicit") != "implicit":
        return "Invalid request: prompt_cache_options.mode must be 'implicit'"
    if wanted.get("ttl", "5m") not in {"5m", "1h"}:
        return "Invalid request: prompt_cache_options.ttl must be '5m' or '1h'"
    return None


def logprobs(request: ChatRequest) -> str | None:
    """kimi-k3 gives none: quoted 2026-08-27; a probe of 2026-09-21 was given some."""
    if request.body.get("logprobs") and request.is_k3:
        return "invalid logprobs: only false is allowed for this model"
    return None


def top_logprobs(request: ChatRequest) -> str | None:
    """Twenty at most, and only with logprobs."""
    top = request.body.get("top_logprobs")
    if top is None:
        return None
    if not request.body.get("logprobs"):
        return "Invalid request: logprobs must be set to true if top_logprobs is used"
    if not isinstance(top, int) or not 0 <= top <= _MAX_TOP_LOGPROBS:
        return f"Invalid request: top_logprobs must be between 0 and {_MAX_TOP_LOGPROBS}"
    return None
