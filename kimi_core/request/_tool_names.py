"""The names of tools: the caller's own, and those under which they are sent.

Owns: `ToolNames`: which tools go under another name, and the way back. May know: _json, endpoints.

A server refuses names that others take, and then refuses the whole request: Moonshot answers 400 to
a tool of an MCP server whose name begins with a digit (MoonshotAI/kimi-cli issue 2531), and parsers
that look for letters, digits and underscores lose the calls of a tool with a dash (TensorRT-LLM's
kimi_k2_tool_parser).
The names are somebody else's, so that no user can change them. They are chosen once, for one
request, and everything that is sent says the same: tools, choice, history. What comes back says the
caller's own.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from kimi_core._json import as_mapping, as_sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kimi_core.endpoints import ToolNameRule

__all__ = ["ToolNames", "decide_names", "name_of"]

# What a name may hold, besides that it begins with a letter or an underscore. Moonshot's documents
# changed the greatest length three times (64, 256, 128); this is the latest.
_ALLOWED: Mapping[ToolNameRule, str] = {"moonshot": "A-Za-z0-9_-", "words": "A-Za-z0-9_"}
_LONGEST = 128
# What pydantic calls a generic class, Page[Item], is nobody's choice: OpenAI's own rule refuses it,
# and so do relays that check like it and parsers that look for letters. It goes under another name
# where any name is taken, too.
_OF_GENERICS = frozenset("[]")
_DIGEST = 8  # characters that tell apart two names of one form


@dataclass(frozen=True, slots=True)
class ToolNames:
    """Names of one request.

    Attributes:
        sent: The caller's name -> the name on the wire, for those that differ.
        own: The way back.
    """

    sent: Mapping[str, str] = field(default_factory=dict[str, str])
    own: Mapping[str, str] = field(default_factory=dict[str, str])

    def tools(self, tools: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return tools under the names that are sent; those of the server itself keep theirs."""
        return [dict(self._renamed(tool) if _is_function(tool) else tool) for tool in tools]

    def choice(self, choice: str | dict[str, Any] | None) -> str | dict[str, Any] | None:
        """Return a choice, which names a tool where it is a dict."""
        return dict(self._renamed(choice)) if isinstance(choice, dict) else choice

    def messages(self, messages: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """Return a conversation that says the names that are sent; the given one is not changed."""
        return [self._message(message) for message in messages] if self.sent else messages

    def _message(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        found = dict(message)
        calls, tools = as_sequence(message.get("tool_calls")), as_sequence(message.get("tools"))
        if calls:
            found["tool_calls"] = [self._renamed(call) for call in calls]
        if tools:
            found["tools"] = self.tools(tools)
        if message.get("role") == "tool" and message.get("name") in self.sent:
            found["name"] = self.sent[message["name"]]
        return found

    def _renamed(self, holder: Mapping[str, Any]) -> Mapping[str, Any]:
        function = as_mapping(holder.get("function")) or {}
        name = self.sent.get(name_of(holder))
        return {**holder, "function": {**function, "name": name}} if name else holder


_ALL_THEIR_OWN = ToolNames()


def decide_names(
    tools: Sequence[Mapping[str, Any]],
    messages: Sequence[Mapping[str, Any]],
    rule: ToolNameRule | None,
) -> ToolNames:
    """Choose the names of one request.

    A name that fits stays. Another becomes the nearest that fits, and gets a digest of itself
    behind it where that belongs to a second tool: it must not depend on the order of the tools, or
    a prefix cache would lose the whole conversation with every tool that comes or goes.

    Args:
        tools: Those of the request.
        messages: The conversation; tools that it brings and calls that it holds count.
        rule: What the server takes; None for any name but that of a generic class.
    """
    names = dict.fromkeys(_names(tools, messages))
    if not names:
        return _ALL_THEIR_OWN
    nearest = {name: _nearest(name, rule) for name in names}
    alike = Counter(nearest.values())
    taken = {name for name, near in nearest.items() if name == near}
    sent: dict[str, str] = {}
    for name in sorted(names.keys() - taken):
        near = nearest[name]
        sent[name] = near if alike[near] == 1 else _told_apart(name, near, taken)
        taken.add(sent[name])
    return ToolNames(sent, {wire: name for name, wire in sent.items()})


def _names(
    tools: Sequence[Mapping[str, Any]], messages: Sequence[Mapping[str, Any]]
) -> Iterable[str]:
    """Yield the names of functions; one with nothing to go by is refused where it is declared."""
    declared = [tool for tool in tools if _is_function(tool)]
    for brought in [listed for message in messages if (listed := message.get("tools"))]:
        found = map(as_mapping, as_sequence(brought) or ())
        declared += [tool for tool in found if tool and _is_function(tool)]
    yield from filter(None, map(name_of, declared))
    for calls in [made for message in messages if (made := message.get("tool_calls"))]:
        for call in map(as_mapping, as_sequence(calls) or ()):
            name = name_of(call) if call else ""
            if name and not _is_builtin(name):
                yield name


def name_of(holder: Mapping[str, Any]) -> str:
    """Return the name in a tool, a call or a choice; empty for what is no name."""
    name = (as_mapping(holder.get("function")) or {}).get("name")
    return name if isinstance(name, str) else ""


def _is_function(tool: Mapping[str, Any]) -> bool:
    return tool.get("type") == "function"


def _is_builtin(name: str) -> bool:
    # A call in a history does not say whose function it is; Moonshot's own begin so.
    return name.startswith("$")


def _nearest(name: str, rule: ToolNameRule | None) -> str:
    if rule is None and not _OF_GENERICS & {*name}:
        return name
    fitting = re.sub(f"[^{_ALLOWED[rule or 'moonshot']}]", "_", name)
    return (fitting if re.match("[A-Za-z_]", fitting) else f"_{fitting}")[:_LONGEST]


def _told_apart(name: str, near: str, taken: set[str]) -> str:
    stem = near[: _LONGEST - _DIGEST - 1]
    salted = (f"{name}{salt or ''}".encode(errors="surrogatepass") for salt in count())
    digests = (hashlib.sha256(text).hexdigest()[:_DIGEST] for text in salted)
    return next(wire for digest in digests if (wire := f"{stem}_{digest}") not in taken)
