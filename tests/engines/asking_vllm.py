"""Asking vLLM itself, with nothing of this package between.

Owns: requests to its own routes, and the prompt that it makes of a chat request.
May know: the standard library.
"""

from __future__ import annotations

import json
import urllib.request
from typing import Any

__all__ = ["post", "prompt_of"]


def post(engine: tuple[str, str], route: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Post a request to a route that does not stand below ``/v1``."""
    url = engine[1].removesuffix("/v1") + route
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(fields).encode(), headers)  # noqa: S310 - ours
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - likewise
        return dict(json.load(answer))


def prompt_of(engine: tuple[str, str], payload: dict[str, Any]) -> str:
    """Return the prompt that the server makes of the payload of a chat request."""
    names = ("model", "messages", "tools", "chat_template_kwargs")
    asked = {name: payload[name] for name in names if name in payload}
    asked = {"model": payload["model"], "tokens": post(engine, "/tokenize", asked)["tokens"]}
    return str(post(engine, "/detokenize", asked)["prompt"])
