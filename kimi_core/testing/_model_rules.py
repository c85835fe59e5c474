"""Rules about the model, its thinking, its sampling and its limits.

Owns: one function a rule, from the request to the message of the refusal, or None. Simulated:
wordings are those of the documents or of quoted error bodies where `kimi_core.testing._rules` says
so, and otherwise this simulator's own. May know: the request's view.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from kimi_core.testing._request import SERVED_MODELS, is_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from kimi_core.testing._request import ChatRequest

_MAX_STOPS = 5
_MAX_STOP_BYTES = 32
_MAX_TOP_LOGPROBS = 20

_FIELDS = frozenset(
    # The OpenAPI document lists these, and the sampling ones are known by their refusals.
    (
        *("model", "messages", "max_completion_tokens", "max_tokens", "response_format", "stop"),
        *("stream", "stream_options", "tools", "tool_choice", "prompt_cache_key"),
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
    if name in SERVED_MODELS:
        return None
    return f"Not found the model {name} or Permission denied"


def unknown_fields(request: ChatRequest) -> str | None:
    """Only documented fields, so that a test proves that nothing unasked for is sent."""
    if request.unknown_fields == "ignore":
        return None
    unknown = sorted(set(request.body) - _FIELDS)
    for message in request.messages:
        unknown += [f"messages.{key}" for key in sorted(set(message) - _MESSAGE_FIELDS)]
    return f"Invalid request: unknown field '{unknown[0]}'" if unknown else None


def pinned(name: str) -> Callable[[ChatRequest], str | None]:
    """Make the rule for a sampling setting of which the model accepts one value only."""

    def check(request: ChatRequest) -> str | None:
        info = request.info
        values = info.pinned if request.thinking else info.pinned_without_thinking
        key = "penalty" if name.endswith("_penalty") else name
        allowed = getattr(values, key)
        given = request.body.get(name)
        if given is None or given == allowed:
            return None
        return f"invalid {name}: only {allowed:g} is allowed for this model"

    check.__doc__ = f"Only the model's own {name}."
    return check


def thinking_and_effort(request: ChatRequest) -> str | None:
    """Thinking is switched in one way."""
    if request.body.get("thinking") is None or request.body.get("reasoning_effort") is None:
        return None
    return "cannot specify both 'thinking' and 'reasoning_effort'"


def thinking_form(request: ChatRequest) -> str | None:
    """An object of `type` and, where wanted, `keep`."""
    mode = request.body.get("thinking")
    if mode is None:
        return None
    if not is_object(mode) or mode.get("type") not in {"enabled", "disabled"}:
        return "Invalid request: thinking.type must be 'enabled' or 'disabled'"
    unknown = sorted(set(mode) - {"type", "keep"})
    if unknown:
        return f"Invalid request: unknown field 'thinking.{unknown[0]}'"
    if mode.get("keep") not in {None, "all"}:
        return "Invalid request: thinking.keep must be 'all' or null"
    return None


def thinking_disabled(request: ChatRequest) -> str | None:
    """A model that always thinks cannot be told not to.

    kimi-k3 was once seen to take it (2026-09-01) and once to ignore it (2026-08-27); its documents
    have no off switch, so it is refused here.
    """
    mode = request.body.get("thinking")
    if request.info.thinking == "always" and is_object(mode) and mode.get("type") == "disabled":
        return "invalid thinking: only type=enabled is allowed for this model"
    return None


def reasoning_effort(request: ChatRequest) -> str | None:
    """Only the documented strengths; the live server was seen not to look at the word at all."""
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
    wanted = request.prompt_tokens + (_limit(request) or 0)
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


def logprobs(request: ChatRequest) -> str | None:
    """kimi-k3 gives none."""
    if request.body.get("logprobs") and request.info.name == "kimi-k3":
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
