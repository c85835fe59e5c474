"""Runs another program of this folder without a key, on the simulator, where no model answers.

Needs: what that program needs, but for the key.
Run it with that program: python examples/without_a_key.py examples/tools.py

An object, and the arguments of a call, are filled by their schema with made-up values; the first
tool is called once; every other answer says that it is none.
"""

import json
import runpy
import sys
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kimi_core import platform
from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall

MADE_UP = {"integer": 4, "number": 1.5, "boolean": True, "null": None}


def filled(schema: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever a schema says
    """Return a value that fits a simple schema."""
    if "enum" in schema:
        return schema["enum"][0]
    if "properties" in schema:
        return {name: filled(inner) for name, inner in schema["properties"].items()}
    if schema.get("type") == "array":
        return [filled(schema.get("items", {}))]
    return MADE_UP.get(schema.get("type", ""), "(made up)")


def answer(body: dict[str, Any]) -> SimulatedReply:
    """Answer a request."""
    called = any(message["role"] == "tool" for message in body.get("messages", []))
    if form := (body.get("response_format") or {}).get("json_schema"):
        return SimulatedReply(content=json.dumps(filled(form["schema"])))
    if body.get("tools") and not called:
        tool = body["tools"][0]["function"]
        call = SimulatedToolCall(tool["name"], filled(tool["parameters"]))
        return SimulatedReply(reasoning="(It looks at its tools.)", tool_calls=[call])
    return SimulatedReply(reasoning="(It thinks.)", content="(Here Kimi would answer.)")


del sys.argv[0]  # from here on they are the program's
sys.path.insert(0, str(Path(sys.argv[0]).parent))
CLASSES = {"langchain_openai": "langchain_kimi", "llama_index": "llama_index_kimi"}
modules = [import_module(name) for needed, name in CLASSES.items() if find_spec(needed)]
with MoonshotSimulator(answer=answer, rules="none") as server:
    at = {"endpoint": "moonshot", "base_url": server.base_url, "api_key": server.api_key}
    for module in modules:
        module.__dict__["ChatKimiK2"] = partial(module.ChatKimiK2, **at)
    platform.__dict__["KimiClient"] = partial(platform.KimiClient, **at)
    runpy.run_path(sys.argv[0], run_name="__main__")
