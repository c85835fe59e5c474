"""What is done with a tool call that is damaged, as a value.

Owns: `CallPolicy`, and how it is decided from what is offered. May know: its own files, _json.

It is decided once for each request, where tools and tool choice are decided, and the reader of the
answer is given it. What has one reading, `kimi_core.response._repair` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kimi_core._json import as_mapping, as_sequence
from kimi_core.request._tool_names import name_of

__all__ = ["CallPolicy", "decide_call_policy"]

_PREFIX = "functions."


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPolicy:
    """What may be run of the calls of one answer.

    Attributes:
        mode: "repair" mends what has one reading, "strict" mends nothing, "off" looks at no schema
            and no name. Where no tool was declared it is "off": nothing is known of any.
        retries: How often the model is asked again for calls that cannot be run.
        schemas: The schema of each declared tool, by the caller's name for it; None where it has
            none. As the caller wrote it: what a server is sent may take more.
        own_names: The caller's name of each tool that was sent under another.
    """

    mode: Literal["repair", "strict", "off"] = "off"
    retries: int = 0
    schemas: Mapping[str, object] = field(default_factory=dict[str, object])
    own_names: Mapping[str, str] = field(default_factory=dict[str, str])

    def begins(self, name: str) -> bool:
        """Whether a declared name goes on behind this one, which may be one itself."""
        name = name.removeprefix(_PREFIX)
        names = "\n".join(("", *self.schemas, *self.own_names, ""))
        return names.count(f"\n{name}") > names.count(f"\n{name}\n")

    def declares(self, name: str) -> bool:
        """Whether this is a declared name, as it is sent, or as Kimi writes it in an id."""
        name = name.removeprefix(_PREFIX)
        return self.own_names.get(name, name) in self.schemas


def decide_call_policy(
    tools: Iterable[Mapping[str, Any]],
    own_names: Mapping[str, str],
    *,
    policy: str | None,
    retries: int | None,
    extra: Mapping[str, Any],
) -> CallPolicy:
    """Decide from all tools that the model may see, as their callers wrote them.

    Args:
        tools: What was declared and brought.
        own_names: The caller's name of each tool that is sent under another.
        policy: `Options.tool_call_policy`.
        retries: `Options.tool_call_retries`.
        extra: The caller's own fields of the payload, among which may be tools.
    """
    said = [*tools, *filter(None, map(as_mapping, as_sequence(extra.get("tools")) or ()))]
    schemas = {name: _schema_of(tool) for tool in said if (name := name_of(tool))}
    if not schemas or policy == "off":
        return CallPolicy()
    return CallPolicy(
        mode="strict" if policy == "strict" else "repair",
        retries=1 if retries is None else retries,
        schemas=schemas,
        own_names=own_names,
    )


def _schema_of(tool: Mapping[str, Any]) -> object:
    return (as_mapping(tool.get("function")) or {}).get("parameters")
