"""The beginning of an answer that the model is to continue: how it is said, and where it is not.

Owns: `Options.prefix` as a message, and the rules of servers about either. May know: its own files,
capabilities, errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core.errors import KimiConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kimi_core.capabilities import Capabilities
    from kimi_core.request._options import Options

__all__ = ["check_prefix", "ends_in_prefix", "is_prefix", "thinking_of_prefix", "with_prefix"]

_QUOTED = 40


def with_prefix(
    messages: Sequence[Mapping[str, Any]], options: Options
) -> Sequence[Mapping[str, Any]]:
    """Return messages that end in ``Options.prefix``, where it is set.

    Raises:
        KimiConfigError: Where a message says the beginning of the answer as well.
    """
    if not options.prefix:
        return messages
    if ends_in_prefix(messages):
        raise KimiConfigError(
            f"{_words(options)} is refused: the last message has partial=True and is the beginning "
            "of the answer already; leave one of them out."
        )
    return [*messages, {"role": "assistant", "content": options.prefix, "partial": True}]


def ends_in_prefix(messages: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the last message is the beginning of an answer that the model is to continue."""
    return bool(messages) and is_prefix(messages[-1])


def is_prefix(message: Mapping[str, Any]) -> bool:
    """Whether a message is such a beginning, wherever it stands."""
    return message.get("role") == "assistant" and bool(message.get("partial"))


def check_prefix(options: Options, capabilities: Capabilities) -> None:
    """Refuse a beginning that would not be continued.

    Raises:
        KimiConfigError: Where no way is known to say it, for response_format "json_object" where
            the server refuses both at once, and in a prompt that is rendered here for K3 models.
    """
    said, endpoint = _words(options), capabilities.endpoint
    if capabilities.api == "completions":
        if capabilities.info.dialect == "k2":
            return
        raise KimiConfigError(
            f"{said} does not go with api 'completions' and model {capabilities.model!r}, whose "
            "answer cannot be cut open; use api='chat', or leave it out."
        )
    if endpoint.prefix_way is None:
        raise KimiConfigError(
            f"{said} is refused: nothing says that endpoint {endpoint.name!r} continues an answer, "
            "and it would begin a new one. Leave it out, use api='completions' with a K2 model on "
            "an engine of your own, or set prefix_way in its Endpoint."
        )
    form = (options.response_format or {}).get("type")
    if not endpoint.takes_json_prefix and form == "json_object":
        raise KimiConfigError(
            f"response_format json_object does not go with {said} on {endpoint.name}; leave one of "
            "them out, or use json_schema."
        )


def thinking_of_prefix(options: Options, capabilities: Capabilities) -> bool | None:
    """Return the thinking setting of a request that ends in the beginning of an answer.

    SGLang 0.5.23 puts the beginning behind the generation prompt, which ends in an opened think
    block: what follows is a thought (recorded). And a reasoning parser of vLLM takes a whole answer
    without a closing tag for one. Both know of no thinking where it is switched off.

    Raises:
        KimiConfigError: For thinking that the answer would be taken for.
    """
    way = capabilities.endpoint.prefix_way if capabilities.api == "chat" else None
    continues = way == "continue_final_message" and capabilities.info.opens_reasoning
    if not continues or options.thinking is False:
        return options.thinking
    if options.thinking is None and capabilities.can_stop_thinking:
        return False
    raise KimiConfigError(
        f"{_words(options)} does not go with thinking at endpoint {capabilities.endpoint.name!r}, "
        "which would continue it as a thought; set thinking=False where the model can, or use "
        "api='completions' with a K2 model."
    )


def _words(options: Options) -> str:
    """Return what the caller said, as a sentence calls it."""
    said = options.prefix
    if not said:
        return "a message with partial=True"
    return f"prefix={said if len(said) <= _QUOTED else said[:_QUOTED] + '...'!r}"
