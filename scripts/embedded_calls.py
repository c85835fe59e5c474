"""What comes out when the embedded engine's stand-in is asked to call a tool.

Owns: the questions, and the table that docs/repair.md shows. May know: kimi_core. The stand-in has
135 million parameters and is **not Kimi**: the table shows what grammar and repair do with a model
that hardly knows the format, and says nothing about Kimi.

Run it with ``PYTHONPATH=. .venv/bin/python scripts/embedded_calls.py``; it takes some minutes.
"""

from __future__ import annotations

import warnings
from collections import Counter
from contextlib import closing
from typing import Any

from kimi_core.chat import KimiChat, Settings
from kimi_core.request import Options

_CITIES = ("Ulm", "Paris", "Oslo", "Lima", "Cairo", "Quito", "Riga", "Bern", "Kyoto", "Perth")


def _tool(name: str, description: str, **properties: Any) -> dict[str, Any]:  # noqa: ANN401 - schemas
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": function}


TOOLS = [
    _tool(
        "get_weather",
        "Get the weather of a city.",
        city={"type": "string"},
        days={"type": "integer", "minimum": 1, "maximum": 7},
    ),
    _tool("get_time", "Get the time in a city.", city={"type": "string"}),
]


def outcome(chat: KimiChat, question: str, options: Options) -> str:
    """Ask, and say in a word what came."""
    messages = [{"role": "user", "content": question}]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of answers that hold nothing; the table counts them
        reader = chat.ask(chat.request(messages, TOOLS, options, stream=False)).reader
    good, bad = reader.message().sorted_calls()
    if bad:
        return f"not run: {bad[0][1].kind}"
    if not good:
        return "text, no call"
    return "run, mended" if reader.diagnostics else "run, as it was said"


def main() -> int:
    """Ask every question with and without a grammar, and print the table."""
    rows: dict[str, Counter[str]] = {"auto": Counter(), "required": Counter()}
    with closing(KimiChat(Settings(endpoint="local"))) as chat:
        for city in _CITIES:
            question = f"How is the weather in {city} for the next 3 days?"
            for choice, counted in rows.items():
                options = Options(
                    tool_choice=choice, tool_call_retries=0, max_tokens=120, temperature=0.0
                )
                counted[outcome(chat, question, options)] += 1
    words = sorted({word for counted in rows.values() for word in counted})
    print(f"| {len(_CITIES)} questions | {' | '.join(words)} |")
    print(f"| --- |{' ---: |' * len(words)}")
    for choice, title in (("auto", "without a grammar"), ("required", "with a grammar")):
        print(f"| {title} | {' | '.join(str(rows[choice][word]) for word in words)} |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
