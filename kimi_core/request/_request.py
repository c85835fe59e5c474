"""One request that is ready to be sent.

Owns: `Request`, and what it was built from. May know: its own files, capabilities, raw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from kimi_core.capabilities import Capabilities
from kimi_core.raw.text_policy import TextPolicy
from kimi_core.request._call_policy import CallPolicy
from kimi_core.request._options import Options
from kimi_core.request._tool_names import ToolNames
from kimi_core.request.documents import Document

__all__ = ["Asked", "Request"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a caller asked for, in the words of `kimi_core.request.build_request`.

    Attributes:
        messages: OpenAI-style dicts.
        tools: OpenAI-style tool dicts, or None.
        options: What else was set.
        stream: Whether the answer is to come in pieces.
    """

    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]] | None
    options: Options
    stream: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, ready to be sent, and what its answer will look like.

    Attributes:
        path: Route below the base URL.
        payload: The JSON body.
        capabilities: What it was built for.
        tools: The tools that are sent.
        text: Which text of the answer may be a call or a think block; None: the server has parsed
            all of it.
        names: Which tools are sent under another name than the caller's, and the way back.
        opens_reasoning: Whether the text that comes back starts inside reasoning.
        repeats: Text that the caller began the answer with, where the server says it once more.
        begins: Text that the caller began the answer with, where the answer is to hold it.
        sending: How it is sent, where that differs from other requests: "headers", "params" and
            "timeout", the names that the openai SDK has for them.
        total_timeout: Seconds that all of it may take; None for no limit.
        calls: What may be run of the calls of the answer.
        asked: What it was built from, for asking again.
        documents: What has to be read before it is sent, in the order in which it stands in the
            messages; its payload says in each place what will come there.
        forced_tool_choice: "sent" where the model must call a tool, by a field or by a grammar;
            "given_up" where the caller wanted that and the model refuses it; otherwise None.
        wanted_call: The tool, as sent, that must be called and can be no other, so that JSON in the
            content is its call; empty otherwise.
    """

    path: str
    payload: dict[str, Any]
    capabilities: Capabilities
    tools: list[dict[str, Any]]
    text: TextPolicy | None
    opens_reasoning: bool
    names: ToolNames = field(default_factory=ToolNames)
    repeats: str = ""
    begins: str = ""
    sending: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    total_timeout: float | None = None
    forced_tool_choice: Literal["sent", "given_up"] | None = None
    wanted_call: str = ""
    calls: CallPolicy = field(default_factory=CallPolicy)
    asked: Asked = field(repr=False)
    documents: tuple[Document, ...] = ()
