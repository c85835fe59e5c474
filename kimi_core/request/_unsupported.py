"""Settings that the model or the server does not take, left out where the caller wants that.

Owns: `Options.unsupported`, and fields that the server's documents do not have. May know: its own
files, _json, capabilities, errors.

Evaluators, extractors and graph builders set ``temperature=0`` where their user cannot reach it,
and a model that pins its temperature refuses every request of theirs. Whatever is left out is said,
whoever wanted it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kimi_core._json import as_mapping, as_sequence, with_parts
from kimi_core.errors import IgnoredSettingWarning, KimiConfigError, warn
from kimi_core.request._first_party import ELSE, check_settings, without_pinned
from kimi_core.request._prefix import check_prefix, thinking_of_prefix
from kimi_core.request._thinking import check_effort

if TYPE_CHECKING:
    from kimi_core.capabilities import Capabilities
    from kimi_core.request._options import Options

__all__ = ["supported", "supported_parts"]

_SAMPLING = ("temperature", "top_p", "presence_penalty", "frequency_penalty")
_DETAIL = "image_url.detail"
_LOGPROBS = frozenset({"logprobs", "top_logprobs"})

# What was said with unsupported="drop", which says it once in a process.
_said: set[str] = set()


def supported(options: Options, capabilities: Capabilities) -> Options:
    """Return the options without what is not taken, as far as the caller wants that.

    Raises:
        KimiConfigError: With ``unsupported="error"`` nothing here; whoever decides raises.
    """
    options = _without_unknown_fields(options, capabilities)
    if options.unsupported in (None, "error"):
        return options
    for name, check in _CHECKS.items():
        value = getattr(options, name)
        if value is None:
            continue
        try:
            check(options, capabilities)
        except KimiConfigError as error:
            refused = str(error).replace(ELSE, "")
            said = f"{refused} It was left out (unsupported={options.unsupported!r})."
            _say(said, name, options, capabilities)
            left: dict[str, Any] = {name: None}
            options = replace(options, **left)
    return _without_logprobs(options, capabilities)


def supported_parts(
    messages: Sequence[Mapping[str, Any]], options: Options, capabilities: Capabilities
) -> Sequence[Mapping[str, Any]]:
    """Return messages whose pictures have no ``detail`` where the server has no such field."""
    if _DETAIL not in capabilities.endpoint.lacks_fields or not with_parts(messages):
        return messages
    found = [_without_detail(message) for message in messages]
    if all(new is old for new, old in zip(found, messages, strict=True)):
        return messages
    _say_lacking(_DETAIL, options, capabilities)
    return found


def _without_detail(message: Mapping[str, Any]) -> Mapping[str, Any]:
    parts = as_sequence(message.get("content")) or ()
    images = [as_mapping((as_mapping(part) or {}).get("image_url")) for part in parts]
    if not any(image and "detail" in image for image in images):
        return message
    kept = [
        part if image is None else {**part, "image_url": _less(image, "detail")}
        for part, image in zip(parts, images, strict=True)
    ]
    return {**message, "content": kept}


def _less(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}


def _without_unknown_fields(options: Options, capabilities: Capabilities) -> Options:
    """Leave out fields that the server's documents lack; extra_body is the caller's own affair."""
    lacking = set(capabilities.endpoint.lacks_fields) - options.of_body
    for name in sorted(lacking & options.extra.keys()):
        _say_lacking(name, options, capabilities)
    extra = {name: value for name, value in options.extra.items() if name not in lacking}
    return options if len(extra) == len(options.extra) else replace(options, extra=extra)


def _without_logprobs(options: Options, capabilities: Capabilities) -> Options:
    """Leave out what Moonshot answers a request of kimi-k3 with a 400 for.

    Only here: Moonshot said so in August 2026, and a probe of September was given some all the
    same, so that whoever asks for them by himself gets the server's own word.
    """
    asked = _LOGPROBS & options.extra.keys() - options.of_body
    refuses = capabilities.info.dialect == "k3" and capabilities.endpoint.pins_sampling
    if not refuses or not options.extra.get("logprobs") or not asked:
        return options
    _say(
        f"logprobs=True is refused by model {capabilities.model!r} on "
        f"{capabilities.endpoint.name}: only False is accepted. Leave logprobs out, or send it "
        f"unchecked with extra_body. It was left out (unsupported={options.unsupported!r}).",
        "logprobs",
        options,
        capabilities,
    )
    extra = {name: value for name, value in options.extra.items() if name not in asked}
    return replace(options, extra=extra)


def _say_lacking(name: str, options: Options, capabilities: Capabilities) -> None:
    _say(
        f"{name} does nothing at {capabilities.endpoint.name}: its documents have no such field, "
        f"and it was left out. Leave it out, or send it unchecked with extra_body.",
        name,
        options,
        capabilities,
    )


def _say(message: str, name: str, options: Options, capabilities: Capabilities) -> None:
    if options.unsupported == "drop":
        # Not the value, of which a search over temperatures has a thousand.
        about = f"{name} of {capabilities.model} at {capabilities.endpoint.name}"
        if about in _said:
            return
        _said.add(about)
    warn(message, IgnoredSettingWarning)


def _sampling(name: str) -> Callable[[Options, Capabilities], object]:
    def check(options: Options, capabilities: Capabilities) -> object:
        said = {name: getattr(options, name)}
        return without_pinned(said, capabilities, thinking=options.thinking)

    return check


def _check_n(options: Options, _capabilities: Capabilities) -> None:
    if options.n != 1:
        raise KimiConfigError(f"n={options.n} is refused: one answer a request.")


def _check_prefix(options: Options, capabilities: Capabilities) -> None:
    check_prefix(options, capabilities)
    thinking_of_prefix(options, capabilities)


def _one(name: str) -> Callable[[Options, Capabilities], object]:
    def check(options: Options, capabilities: Capabilities) -> None:
        nothing: dict[str, Any] = {"stop": None, "provider": None, "max_tokens": None}
        said = {**nothing, name: getattr(options, name)}
        check_settings(**said, capabilities=capabilities)

    return check


_CHECKS: Mapping[str, Callable[[Options, Capabilities], object]] = {
    **{name: _sampling(name) for name in _SAMPLING},
    "n": _check_n,
    "prefix": _check_prefix,
    "stop": _one("stop"),
    "provider": _one("provider"),
    "max_tokens": _one("max_tokens"),
    "reasoning_effort": lambda options, capabilities: check_effort(
        str(options.reasoning_effort), capabilities
    ),
}
