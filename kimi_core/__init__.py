"""Everything true of Kimi K2, whatever the framework.

Owns: the public names of the core. May know: capabilities, endpoints, errors, events, lazy, models,
raw, response, schema, tokenizer.

A name is imported when it is first asked for: all of them take nearly half as long as the openai
SDK, and a program that reads one table, or shows its help, needs few.

The rooms, and what each may know, are described in ``docs/design.md``.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kimi_core.capabilities import Capabilities, resolve
    from kimi_core.endpoints import ENDPOINTS, Endpoint, get_endpoint
    from kimi_core.endpoints.tiers import TIERS, Tier
    from kimi_core.errors import (
        EmptyAnswerWarning,
        IgnoredSettingWarning,
        KimiError,
        KimiIncompleteAnswerError,
        KimiWarning,
        LeftFileWarning,
        PromptInjectionWarning,
        RetiredModelWarning,
        ServerSetupWarning,
        ToolChoiceWarning,
        ToolSchemaWarning,
        UnknownModelWarning,
        UnknownSettingWarning,
    )
    from kimi_core.events import (
        ContentDelta,
        Diagnostic,
        Event,
        ParsedMessage,
        ReasoningDelta,
        ToolCall,
        ToolCallArguments,
        ToolCallEnd,
        ToolCallStart,
    )
    from kimi_core.models import MODELS, ModelInfo, get_model
    from kimi_core.raw.grammar import tool_call_grammar
    from kimi_core.raw.parser import StreamParser, parse
    from kimi_core.raw.prompt import encode_prompt, render_prompt
    from kimi_core.raw.tool_ids import normalize_tool_call_ids
    from kimi_core.response import Usage
    from kimi_core.schema import normalize_schema
    from kimi_core.tokenizer import Tokenizer
else:
    from kimi_core.lazy import lazily

    _HOMES = {
        "kimi_core.capabilities": "Capabilities resolve",
        "kimi_core.endpoints": "ENDPOINTS Endpoint get_endpoint",
        "kimi_core.endpoints.tiers": "TIERS Tier",
        "kimi_core.errors": (
            "EmptyAnswerWarning IgnoredSettingWarning KimiError KimiIncompleteAnswerError "
            "KimiWarning LeftFileWarning PromptInjectionWarning RetiredModelWarning "
            "ServerSetupWarning ToolChoiceWarning ToolSchemaWarning UnknownModelWarning "
            "UnknownSettingWarning"
        ),
        "kimi_core.events": (
            "ContentDelta Diagnostic Event ParsedMessage ReasoningDelta ToolCall "
            "ToolCallArguments ToolCallEnd ToolCallStart"
        ),
        "kimi_core.models": "MODELS ModelInfo get_model",
        "kimi_core.raw.grammar": "tool_call_grammar",
        "kimi_core.raw.parser": "StreamParser parse",
        "kimi_core.raw.prompt": "encode_prompt render_prompt",
        "kimi_core.raw.tool_ids": "normalize_tool_call_ids",
        "kimi_core.response": "Usage",
        "kimi_core.schema": "normalize_schema",
        "kimi_core.tokenizer": "Tokenizer",
    }
    __getattr__, __dir__ = lazily(__name__, _HOMES)

__all__ = [
    "ENDPOINTS",
    "MODELS",
    "TIERS",
    "Capabilities",
    "ContentDelta",
    "Diagnostic",
    "EmptyAnswerWarning",
    "Endpoint",
    "Event",
    "IgnoredSettingWarning",
    "KimiError",
    "KimiIncompleteAnswerError",
    "KimiWarning",
    "LeftFileWarning",
    "ModelInfo",
    "ParsedMessage",
    "PromptInjectionWarning",
    "ReasoningDelta",
    "RetiredModelWarning",
    "ServerSetupWarning",
    "StreamParser",
    "Tier",
    "Tokenizer",
    "ToolCall",
    "ToolCallArguments",
    "ToolCallEnd",
    "ToolCallStart",
    "ToolChoiceWarning",
    "ToolSchemaWarning",
    "UnknownModelWarning",
    "UnknownSettingWarning",
    "Usage",
    "__version__",
    "encode_prompt",
    "get_endpoint",
    "get_model",
    "normalize_schema",
    "normalize_tool_call_ids",
    "parse",
    "render_prompt",
    "resolve",
    "tool_call_grammar",
]

__version__ = "0.1.0"
