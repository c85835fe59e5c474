"""Tools that Moonshot hosts ("Formula"): their names, their routes, what comes back. Sans I/O.

Owns: `OfficialTool`, the requests that describe and run one, and how an output is read. May know:
its own files, _json, endpoints, errors, transport. Sending is the client's.

Source: Moonshot's guide to its official tools (platform.kimi.ai, 2026-09); the routes stand in no
OpenAPI document.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from kimi_core._json import as_mapping, as_sequence
from kimi_core.endpoints import Endpoint
from kimi_core.errors import KimiConfigError, KimiHostedToolError, KimiProtocolError
from kimi_core.platform._steps import Steps
from kimi_core.transport.answers import json_object
from kimi_core.transport.call import Call

__all__ = ["OFFICIAL_TOOLS", "OfficialTool", "described", "ran"]

OFFICIAL_TOOLS = (
    "base64", "code-runner", "convert", "date", "excel", "fetch", "memory", "mew", "quickjs",
    "random-choice", "rethink", "web-search",
)  # fmt: skip
"""What Moonshot lists (2026-09). web-search is charged for each call; the others were free then."""

_URI = re.compile(r"\w[\w-]*/\w[\w-]*:\w[\w.-]*")
_BUILTIN = "$web_search"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialTool:
    """A tool that runs at Moonshot.

    Attributes:
        uri: Where it runs, e.g. ``moonshot/web-search:latest``; empty for ``$web_search``, which
            runs inside the next request.
        name: The name that the model calls it by, e.g. ``web_search``.
        description: What it is good for, in Moonshot's words.
        parameters: JSON schema of its arguments.
    """

    uri: str
    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def definition(self) -> dict[str, Any]:
        """The tool as a request carries it."""
        if not self.uri:
            return {"type": "builtin_function", "function": {"name": self.name}}
        told = {"description": self.description, "parameters": dict(self.parameters)}
        return {"type": "function", "function": {"name": self.name, **told}}


def _builtin_tool(name: str) -> OfficialTool:
    """Return ``$web_search``, which has no description to be asked for.

    Raises:
        KimiConfigError: For another name.
    """
    if name != _BUILTIN:
        raise KimiConfigError(
            f"{name!r} is no function of Moonshot's own; the one that is known is {_BUILTIN!r}. "
            f"Official tools are {', '.join(OFFICIAL_TOOLS)}."
        )
    return OfficialTool(uri="", name=name, description="Search the web.", parameters=_ANYTHING)


_LIKENESS = 0.8  # of a name that is misspelt; "moonshot/..." is like none
_ANYTHING: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": True}


def described(names: Sequence[str], endpoint: Endpoint) -> Steps[tuple[OfficialTool, ...]]:
    """Ask what tools are, one after the other.

    Raises:
        KimiConfigError: For what cannot be a name, and for a server that is not Moonshot's.
    """
    if not names:
        raise KimiConfigError(
            f"official tools need a name, or several: {', '.join(OFFICIAL_TOOLS)}."
        )
    found: list[OfficialTool] = []
    for name in names:
        if not endpoint.takes_builtin_tools:
            raise KimiConfigError(
                f"official tool {name!r} runs at Moonshot, and endpoint {endpoint.name!r} is "
                "another server; ask for it with endpoint='moonshot' and Moonshot's key."
            )
        found += [_builtin_tool(name)] if name.startswith("$") else (yield _describe(name))
    return tuple(found)


def ran(tool: OfficialTool, arguments: Mapping[str, Any] | str) -> Steps[str]:
    """Run a tool; ``$web_search`` runs inside the next request, and is its arguments until then.

    Args:
        tool: The tool.
        arguments: What the model wrote, as text or as an object.
    """
    if not tool.uri:
        return _text(arguments)
    said: str = yield _run(tool, arguments)
    return said


def _describe(name: str) -> Call[tuple[OfficialTool, ...]]:
    """Ask what a tool is; one name may stand for several functions.

    Args:
        name: A name of Moonshot's list, with ``:tag`` where it is not the latest, or a whole URI.

    Raises:
        KimiConfigError: For what cannot be a name.
    """
    uri = _uri(name)
    return Call(
        method="get",
        path=f"/formulas/{uri}/tools",
        read=lambda text: _described(uri, text),
    )


def _run(tool: OfficialTool, arguments: Mapping[str, Any] | str) -> Call[str]:
    """Run a tool.

    Args:
        tool: The tool.
        arguments: What the model wrote, as text or as an object.
    """
    return Call(
        method="post",
        path=f"/formulas/{tool.uri}/fibers",
        read=lambda answer: _output(tool, answer),
        body={"name": tool.name, "arguments": _text(arguments)},
    )


def _uri(name: str) -> str:
    uri = name.strip()
    word = uri.partition(":")[0].replace("_", "-")
    if word not in OFFICIAL_TOOLS and (
        meant := difflib.get_close_matches(word, OFFICIAL_TOOLS, n=1, cutoff=_LIKENESS)
    ):
        raise KimiConfigError(
            f"official tool {name!r} is not known. Did you mean {meant[0]!r}? Known: "
            f"{', '.join(OFFICIAL_TOOLS)}; one that is new at Moonshot is asked for by its URI, "
            f"'moonshot/{word}:latest'."
        )
    if "/" not in uri:
        uri = f"moonshot/{uri.replace('_', '-')}"  # models call web_search what is web-search here
    if ":" not in uri:
        uri = f"{uri}:latest"
    if _URI.fullmatch(uri) is None:
        near = difflib.get_close_matches(name, OFFICIAL_TOOLS, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise KimiConfigError(
            f"official tool {name!r} is refused: a name is a word, such as 'web-search', or a URI, "
            f"such as 'moonshot/web-search:latest'.{hint} Known: {', '.join(OFFICIAL_TOOLS)}."
        )
    return uri


def _described(uri: str, text: str) -> tuple[OfficialTool, ...]:
    listed = as_sequence(json_object(text).get("tools"))
    functions = [as_mapping((as_mapping(row) or {}).get("function")) for row in listed or ()]
    tools = tuple(
        OfficialTool(
            uri=uri,
            name=str(function["name"]),
            description=str(function.get("description") or ""),
            parameters=as_mapping(function.get("parameters")) or _ANYTHING,
        )
        for function in functions
        if function is not None and function.get("name")
    )
    if not tools:
        raise KimiProtocolError(f"the server describes no function of {uri}: {text[:200]!r}")
    return tools


def _output(tool: OfficialTool, text: str) -> str:
    """Return what a run gave; what is encrypted goes to the model as it is, which can read it."""
    fiber = json_object(text)
    context = as_mapping(fiber.get("context")) or {}
    if fiber.get("status") == "succeeded":
        for name in ("output", "encrypted_output"):
            if context.get(name) not in (None, ""):
                return _text(context[name])
        return ""
    said = fiber.get("error") or context.get("error") or context.get("output") or "no reason given"
    raise KimiHostedToolError(
        f"official tool {tool.name!r} failed at Moonshot: {_text(said)}", tool=tool.name
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(cast("Any", value), ensure_ascii=False)
