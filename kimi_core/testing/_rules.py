"""The table of rules: name -> check, status, and where the wording comes from.

Owns: which rules there are and in which order they are looked at. May know: its own files.
Simulated: the order is this simulator's own, and a server that finds two faults may name the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kimi_core.testing import _message_rules as messages
from kimi_core.testing import _model_rules as models
from kimi_core.testing import _tool_rules as tools
from kimi_core.testing._request import ChatRequest

__all__ = ["RULES", "Rule"]

Source = Literal["recorded", "quoted", "documented", "own"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule that a chat request can break.

    Attributes:
        name: What the rule is called in a test and in `MoonshotSimulator.refusals`.
        check: From a request to the message of the refusal, or None.
        source: Where the wording comes from: "recorded" (a body of the server), "quoted" (a body
            that users quoted), "documented", or "own": the rule is documented or advised, its
            wording is this simulator's.
        status: HTTP status of the refusal.
        type: The error's type.
    """

    name: str
    check: Callable[[ChatRequest], str | None]
    source: Source
    status: int = 400
    type: str = "invalid_request_error"

    def body(self, message: str) -> Mapping[str, Any]:
        """Return the body of the refusal; like the server's it has no code."""
        return {"error": {"message": message, "type": self.type}}


_TABLE = (
    Rule("model", models.model, "recorded", 404, "resource_not_found_error"),
    Rule("request_shape", messages.request_shape, "own"),
    Rule("no_messages", messages.no_messages, "quoted"),
    Rule("unknown_fields", models.unknown_fields, "own"),
    Rule("temperature", models.pinned("temperature"), "recorded"),
    Rule("top_p", models.pinned("top_p"), "quoted"),
    Rule("n", models.pinned("n"), "quoted"),
    Rule("presence_penalty", models.pinned("presence_penalty"), "quoted"),
    Rule("frequency_penalty", models.pinned("frequency_penalty"), "quoted"),
    Rule("thinking_and_effort", models.thinking_and_effort, "quoted"),
    Rule("thinking_form", models.thinking_form, "own"),
    Rule("thinking_disabled", models.thinking_disabled, "quoted"),
    Rule("reasoning_effort", models.reasoning_effort, "own"),
    Rule("one_token_limit", models.one_token_limit, "own"),
    Rule("token_limit", models.token_limit, "own"),
    Rule("context_window", models.context_window, "quoted"),
    Rule("stop", models.stop, "own"),
    Rule("prompt_cache_options", models.prompt_cache_options, "own"),
    Rule("logprobs", models.logprobs, "quoted"),
    Rule("top_logprobs", models.top_logprobs, "quoted"),
    Rule("roles", messages.roles, "own"),
    Rule("system_tools", tools.system_tools, "documented"),
    Rule("empty_content", messages.empty_content, "quoted"),
    Rule("empty_text_part", messages.empty_text_part, "quoted"),
    Rule("part_types", messages.part_types, "own"),
    Rule("media_urls", messages.media_urls, "documented"),
    Rule("image_format", messages.image_format, "recorded"),
    Rule("duplicate_call_ids", messages.duplicate_call_ids, "quoted"),
    Rule("unknown_call_id", messages.unknown_call_id, "quoted"),
    Rule("unanswered_calls", messages.unanswered_calls, "quoted"),
    Rule("missing_reasoning", messages.missing_reasoning, "quoted"),
    Rule("partial_last", messages.partial_last, "own"),
    Rule("partial_json", messages.partial_json, "own"),
    Rule("tool_types", tools.tool_types, "quoted"),
    Rule("function_names", tools.function_names, "quoted"),
    Rule("duplicate_functions", tools.duplicate_functions, "documented"),
    Rule("function_schemas", tools.function_schemas, "quoted"),
    Rule("tool_choice_form", tools.tool_choice_form, "own"),
    Rule("required_without_tools", tools.required_without_tools, "own"),
    Rule("forced_while_thinking", tools.forced_while_thinking, "recorded"),
    Rule("builtin_while_thinking", tools.builtin_while_thinking, "own"),
    Rule("builtin_echo", tools.builtin_echo, "own"),
    Rule("named_choice", tools.named_choice, "own"),
    Rule("response_format", tools.response_format, "recorded"),
)

RULES: Mapping[str, Rule] = {rule.name: rule for rule in _TABLE}
"""All rules of the chat route by name, in the order in which they are looked at."""
