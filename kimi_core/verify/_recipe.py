"""The samples of this package, made from a written recipe.

Owns: `own_samples`, and how the recipe is read: which language, which tools, how many turns.
May know: its own files, _json. Words and tools stand in ``recipe.json`` beside it.

They are made when they are asked for (20 ms) and not kept as a file: the recipe is a tenth of what
it makes and can be read. All that differs is drawn from SHA-256 of the sample's number, so that
every Python makes the same samples; ``random`` promises that for few of its methods.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from kimi_core._json import as_mapping, as_sequence
from kimi_core.verify._samples import Sample

__all__ = ["own_samples"]

_T = TypeVar("_T")

_MODEL = "kimi-k2-thinking"  # a samples file names one; what is asked is named when it is sent
_MOST_TOOLS = 6
_PLAIN = (
    0.25  # of the samples ask for what needs no tool: a trigger rate needs those that have none
)
_MISSING = 0.1  # of all are not offered the tool that they ask for
_RESULTS = 0.15  # of those that ask for a tool have its result already: nothing is left to call


@lru_cache(maxsize=1)
def _recipe() -> Mapping[str, Any]:
    text = Path(__file__).with_name("recipe.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def own_samples() -> list[Sample]:
    """Return the 400 samples of this package.

    Five languages (English, Chinese, Spanish, Japanese, German), one to six tools of twelve, five
    shapes of conversation from one turn to a finished call before the question, half of them
    streamed. A quarter asks for what needs no tool. They share no text with Moonshot's samples.

    Returns:
        The same ones on every machine.
    """
    return [Sample(number, _body(number)) for number in range(1, int(_recipe()["count"]) + 1)]


@dataclass(frozen=True, slots=True)
class _Draw:
    """Draws for one sample."""

    number: int

    def part(self, what: str) -> float:
        """Return a number from 0 up to 1."""
        digest = hashlib.sha256(f"kimi-k2 verify|{self.number}|{what}".encode()).digest()
        return int.from_bytes(digest[:6], "big") / 2**48

    def one(self, what: str, choices: Sequence[_T]) -> _T:
        return choices[int(self.part(what) * len(choices))]

    def some(self, what: str, choices: Sequence[str], number: int) -> list[str]:
        return sorted(choices, key=lambda choice: self.part(f"{what}|{choice}"))[:number]


def _body(number: int) -> dict[str, Any]:
    recipe, draw = _recipe(), _Draw(number)
    languages: list[str] = sorted(recipe["system"])
    wanted = draw.one("tool", sorted(recipe["tools"]))
    offered = _offered(draw, wanted)
    return {
        "model": _MODEL,
        "messages": _Talk(draw, languages[number % len(languages)], wanted, offered).messages(),
        "tools": [_tool(name) for name in offered],
        "stream": number % 2 == 0,
        "temperature": recipe["temperature"],
        "max_tokens": recipe["max_tokens"],
    }


def _offered(draw: _Draw, wanted: str) -> list[str]:
    number = 1 + int(draw.part("tools") * _MOST_TOOLS)
    others = draw.some("others", sorted(set(_recipe()["tools"]) - {wanted}), number)
    missing = draw.part("missing") < _MISSING
    chosen = others if missing else [wanted, *others[: number - 1]]
    return draw.some("order", chosen, number)


def _tool(name: str) -> dict[str, Any]:
    row = _recipe()["tools"][name]
    function = {"name": name, "description": row["description"], "parameters": row["parameters"]}
    return {"type": "function", "function": function}


@dataclass(frozen=True, slots=True)
class _Talk:
    """The conversation of one sample."""

    draw: _Draw
    language: str
    wanted: str
    offered: Sequence[str]

    def messages(self) -> list[dict[str, Any]]:
        if self.draw.part("plain") < _PLAIN:
            text = self.draw.one("plain text", _recipe()["plain"][self.language])
            return [*self._before(), {"role": "user", "content": text}]
        if self.wanted in self.offered and self.draw.part("result") < _RESULTS:
            return self._finished(self.wanted, "asked")
        return [*self._before(), self._question(self.wanted, "asked")]

    def _before(self) -> list[dict[str, Any]]:
        recipe, language = _recipe(), self.language
        shape = self.draw.one("shape", recipe["shapes"])
        if shape == "with a system message":
            return [{"role": "system", "content": recipe["system"][language]}]
        if shape == "after small talk":
            user, assistant = recipe["talk"][language]
            said = {"role": "assistant", "content": assistant}
            return [{"role": "user", "content": user}, said]
        if shape == "after a finished call":
            first = self.draw.one("first tool", self.offered)
            done = {"role": "assistant", "content": recipe["done"][language]}
            return [*self._finished(first, "first"), done]
        return []

    def _values(self, tool: str, what: str) -> dict[str, Any]:
        choices: Mapping[str, list[Any]] = _recipe()["tools"][tool]["values"]
        return {name: self.draw.one(f"{what}|{name}", found) for name, found in choices.items()}

    def _question(self, tool: str, what: str) -> dict[str, Any]:
        text: str = _recipe()["tools"][tool]["ask"][self.language]
        return {"role": "user", "content": text.format(**self._values(tool, what))}

    def _finished(self, tool: str, what: str) -> list[dict[str, Any]]:
        """Return a question with its call and the call's result."""
        row = _recipe()["tools"][tool]
        arguments = _filled(row["call"], self._values(tool, what))
        call = {
            "id": f"functions.{tool}:0",
            "type": "function",
            "function": {"name": tool, "arguments": json.dumps(arguments, ensure_ascii=False)},
        }
        thought = f"The user wants {tool}."
        said = {"role": "assistant", "content": "", "reasoning_content": thought}
        result = json.dumps(row["result"], ensure_ascii=False)
        return [
            self._question(tool, what),
            {**said, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call["id"], "content": result},
        ]


def _filled(template: Any, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON values
    """Return a call's arguments; a text that is one slot becomes its value, a number included."""
    fields, items = as_mapping(template), as_sequence(template)
    if fields is not None:
        return {name: _filled(item, values) for name, item in fields.items()}
    if items is not None:
        return [_filled(item, values) for item in items]
    if not isinstance(template, str):
        return template
    whole = template[1:-1] if template.startswith("{") and template.endswith("}") else ""
    return values[whole] if whole in values else template.format(**values)
