"""A server that answers as a vLLM does, with one thing wrong where a test says so.

Simulated: no engine and no model runs. Shapes and wordings are those that were recorded of a vLLM
0.32.0; what it says is decided by simple rules over the request. It exists because a check has to
meet servers that are set up wrong in known ways.

Owns: the ways of being wrong (`Setup`), and the answers. May know: the scripted server's answers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tests.scripted import Answer, ScriptedServer, Seen, body, stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


__all__ = ["MODEL", "NO_PARSER", "Setup", "SimulatedEngine", "Website", "serving"]

MODEL = "moonshotai/Kimi-K2.6"
NO_PARSER = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
_THOUGHT = "The user asks; I answer."


@dataclass(frozen=True, kw_only=True)
class Setup:
    """How a server is set up; the defaults are right.

    Attributes:
        model: What it serves.
        tool_parser: "on"; "off" (tools are refused); "leaks" (raw tokens stay in the content, as
            `transformers serve` does); "stripped" (the markers are gone, too); "broken".
        calls: Whether the model calls offered tools at all.
        parallel: Whether it makes two calls where two are asked for.
        obeys_tool_choice: Whether a forced call comes.
        reads_names: Whether a choice by name is read; otherwise the first tool is called.
        thinks: Whether the model thinks.
        sends_reasoning: "field", "content" (inside think tags), or "dropped".
        reads_reasoning: Whether reasoning in the history reaches the prompt.
        cuts_streams: Whether streams break off.
        streams: Whether streams come in pieces.
        counts: Where usage is stated.
        keeps_schema: Whether response_format is kept.
        sees: Whether images are seen.
        says: What it answers to a plain question.
        lists: What `/models` states of the model, or None for a server without the route.
        key: The key that it wants, or None.
    """

    model: str = MODEL
    tool_parser: Literal["on", "off", "leaks", "stripped", "broken"] = "on"
    calls: bool = True
    parallel: bool = True
    obeys_tool_choice: bool = True
    reads_names: bool = True
    thinks: bool = True
    sends_reasoning: Literal["field", "content", "dropped"] = "field"
    reads_reasoning: bool = True
    cuts_streams: bool = False
    streams: bool = True
    counts: Literal["everywhere", "bodies", "nowhere"] = "everywhere"
    keeps_schema: bool = True
    sees: bool = True
    says: str = "ready, steady, go"
    lists: Mapping[str, Any] | None = None
    key: str | None = None


class SimulatedEngine:
    """Answers requests by a `Setup`; pass it to `serving`."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

    def __call__(self, path: str, asked: Any, headers: Mapping[str, str]) -> Answer:
        """Answer one request; `asked` is None for a GET."""
        key = self.setup.key
        if key is not None and headers.get("authorization") != f"Bearer {key}":
            return body({"error": "Unauthorized"}, 401)
        if path == "/v1/models" and self.setup.lists is not None:
            row = {"id": self.setup.model, "object": "model", **self.setup.lists}
            return body({"object": "list", "data": [row]})
        if path != "/v1/chat/completions":
            return body({"detail": "Not Found"}, 404)
        if asked["model"] != self.setup.model:
            message = f"The model `{asked['model']}` does not exist."
            return _error(404, message, "NotFoundError")
        forced = asked.get("tool_choice") not in {None, "auto", "none"} if _plain(asked) else True
        forced |= (asked.get("response_format") or {}).get("type") == "structural_tag"
        if asked.get("tools") and self.setup.tool_parser == "off":
            return _error(400, NO_PARSER, "BadRequestError")
        return self._answer(asked, forced=forced)

    def _answer(self, asked: Any, *, forced: bool) -> Answer:
        message = self._message(asked, forced=forced)
        finish = "stop"  # a vLLM says so even where a call was forced
        usage = self._usage(asked)
        if not asked.get("stream"):
            counted = {"usage": usage} if self.setup.counts != "nowhere" else {}
            choice = {"index": 0, "message": message, "finish_reason": finish}
            return body(
                {"id": "chatcmpl-1", "model": asked["model"], "choices": [choice]} | counted
            )
        chunks = [_chunk(delta) for delta in self._deltas(message)]
        if self.setup.cuts_streams:
            return stream(*chunks[:2], done=False)
        chunks.append(_chunk({}, finish))
        if self.setup.counts == "everywhere":
            chunks.append({"id": "chatcmpl-1", "choices": [], "usage": usage})
        return stream(*chunks)

    def _message(self, asked: Any, *, forced: bool) -> dict[str, Any]:
        setup = self.setup
        kwargs = asked.get("chat_template_kwargs") or {}
        message: dict[str, Any] = {"role": "assistant", "content": self._text(asked)}
        question = str(asked["messages"][-1]["content"])
        wanted = "weather" in question or (forced and setup.obeys_tool_choice)
        if asked.get("tools") and wanted and setup.calls:
            cities = ["Paris", "Beijing"] if "both" in question and setup.parallel else ["Paris"]
            first = asked["tools"][0]["function"]["name"]
            message |= self._calls(cities, "get_weather" if setup.reads_names else first)
        if setup.thinks and kwargs.get("thinking") is not False:
            if setup.sends_reasoning == "field":
                message["reasoning"] = _THOUGHT
            elif setup.sends_reasoning == "content":
                message["content"] = f"{_THOUGHT}</think>{message['content'] or ''}"
        return message

    def _text(self, asked: Any) -> str:
        content = asked["messages"][-1]["content"]
        if isinstance(content, list):
            return "Red." if self.setup.sees else "I see no image."
        if asked.get("response_format") and self.setup.keeps_schema:
            return '{"city": "Paris"}'
        return self.setup.says

    def _calls(self, cities: list[str], name: str) -> dict[str, Any]:
        arguments = [json.dumps({"city": city}) for city in cities]
        if self.setup.tool_parser in {"on", "broken"}:
            if self.setup.tool_parser == "broken":
                arguments = ['{"city": ']
            calls = [
                {"index": n, "id": f"functions.{name}:{n}", "type": "function",
                 "function": {"name": name, "arguments": text}}
                for n, text in enumerate(arguments)
            ]  # fmt: skip
            return {"content": None, "tool_calls": calls}
        begin, argument, end = "<|tool_call_begin|>", "<|tool_call_argument_begin|>", ""
        section = ("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>")
        if self.setup.tool_parser == "stripped":
            begin = argument = ""
            section = ("", "")
        else:
            end = "<|tool_call_end|>"
        calls_text = "".join(
            f"{begin}functions.get_weather:{n}{argument}{text}{end}"
            for n, text in enumerate(arguments)
        )
        return {"content": f"{section[0]}{calls_text}{section[1]}"}

    def _deltas(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        calls = message.get("tool_calls")
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        for name in ("reasoning", "content"):
            text = message.get(name) or ""
            pieces = text.split(" ") if self.setup.streams else [text]
            deltas += [{name: f"{piece} "} for piece in pieces if piece]
        return [*deltas, {"tool_calls": calls}] if calls else deltas

    def _usage(self, asked: Any) -> dict[str, int]:
        messages = [dict(message) for message in asked["messages"]]
        for message in messages:
            # vLLM 0.32.0 renders `reasoning` and drops `reasoning_content`.
            message.pop("reasoning_content", None)
            if not self.setup.reads_reasoning:
                message.pop("reasoning", None)
        prompt = len(json.dumps(messages)) // 4
        return {"prompt_tokens": prompt, "completion_tokens": 7, "total_tokens": prompt + 7}


class Website:
    """Answers everything with a page for people, as a host does that is no API at all."""

    def __init__(self, status: int = 200) -> None:
        self.status = status

    def __call__(self, path: str, asked: Any, headers: Mapping[str, str]) -> Answer:
        """Answer one request."""
        del path, asked, headers
        page = b"<!doctype html><html><title>Welcome</title></html>"
        return Answer((page,), self.status, {"content-type": "text/html"})


class serving(ScriptedServer):  # noqa: N801 - a context manager reads as a word
    """Serve on a free port of 127.0.0.1; each answer is a function of path, body and headers."""

    def __init__(self, answer: Callable[[str, Any, Mapping[str, str]], Answer]) -> None:
        super().__init__()
        self._answer = answer

    def next_answer(self, seen: Seen) -> Answer:
        """Return what is said to a request with a body, or without one."""
        self.seen.append(seen)
        return self._answer(seen.path, seen.json, seen.headers)

    next_listing = next_answer


def _plain(asked: Any) -> bool:
    return not isinstance(asked.get("tool_choice"), dict)


def _chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "chatcmpl-1", "model": "kimi", "choices": [choice]}


def _error(status: int, message: str, kind: str) -> Answer:
    return body({"error": {"message": message, "type": kind, "code": status}}, status)
