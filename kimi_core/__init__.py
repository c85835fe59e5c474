"""Everything true of Kimi K2, whatever the framework.

Owns: the public names of the core. May know: capabilities, endpoints, errors, events, models, raw,
response, schema, tokenizer.

The rooms, and what each may know, are described in ``docs/design.md``.
"""

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
