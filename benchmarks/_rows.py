"""Who is compared, and in what.

Owns: the clients, the rows of the tables, and their targets. May know: nothing of any of them; this
file is read where no framework is installed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["BASE", "CLIENTS", "ROWS", "STARTUPS", "Client", "Row"]

Measure = Literal["cpu", "added", "bytes"]


@dataclass(frozen=True)
class Client:
    """One client.

    Attributes:
        name: As it stands at the head of a column.
        family: Whose table it is in: "langchain", "llama_index", or "other" for both.
        environment: Where it is installed.
        package: Its distribution, for the version; the first part is what pip is told.
    """

    name: str
    family: str
    environment: str
    package: str

    @property
    def is_base(self) -> bool:
        """Whether it is one of ours, or one that a target is about."""
        return self.name in {"ChatKimiK2", *BASE.values()}

    @property
    def key(self) -> str:
        """What tells it apart from the other one of its name."""
        return f"{self.family}/{self.name}"


CLIENTS = (
    Client("ChatKimiK2", "langchain", "langchain", "kimi-k2-integrations"),
    Client("ChatOpenAI", "langchain", "langchain", "langchain-openai"),
    Client("ChatDeepSeek", "langchain", "langchain", "langchain-deepseek"),
    Client("ChatMoonshot", "langchain", "langchain", "langchain-moonshot"),
    Client("ChatOpenRouter", "langchain", "langchain", "langchain-openrouter"),
    Client("ChatLiteLLM", "langchain", "langchain", "langchain-litellm"),
    Client("ChatKimiK2", "llama_index", "llama-index", "kimi-k2-integrations"),
    Client("OpenAILike", "llama_index", "llama-index", "llama-index-llms-openai-like"),
    Client("OpenAI", "llama_index", "llama-index", "llama-index-llms-openai"),
    Client("openai", "other", "langchain", "openai"),
    Client("pydantic-ai", "other", "langchain", "pydantic-ai-slim"),
)


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        title: What it says in the table.
        action: The function of a family's module.
        kind: What the server streams.
        chunks: How many of them.
        framing: "event", "body" or "slow".
        measure: "cpu", "added" (seconds until the first piece, less those of a bare socket), or
            "bytes".
        arguments: What the action is told besides.
        target: The greatest ratio that is wanted to others, by their keys.
        quick: Whether it is measured with ``--quick``.
        few: Whether ``--quick`` measures no others with ``--everyone`` either.
        longest: Seconds of one run, after which it is given up.
        aiohttp: Whether ours asks over aiohttp, which is a setting of it.
    """

    title: str
    action: str
    kind: str = "text"
    chunks: int = 2_000
    framing: str = "event"
    measure: Measure = "cpu"
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])
    target: dict[str, float] = field(default_factory=dict[str, float])
    quick: bool = True
    few: bool = False
    longest: int = 30
    aiohttp: bool = False

    def is_about(self, client: Client) -> bool:
        """Whether it is measured of a client in any case: ours, and those with a target."""
        named = {key.partition("/")[2] for key in self.target}
        return client.is_base or client.name in named

    @property
    def units(self) -> int:
        """How many chunks the server sends; 0 where the action counts what it does.

        What a client yields may be fewer: fragments of arguments that arrive together are one.
        """
        return self.chunks * self.arguments.get("at_once", 1) if "stream" in self.action else 0


BASE = {"langchain": "ChatOpenAI", "llama_index": "OpenAILike"}
"""Whom the targets are about."""


def _target(
    langchain: float | None = None, llama_index: float | None = None, **others: float
) -> dict[str, float]:
    base = {"langchain/ChatOpenAI": langchain, "llama_index/OpenAILike": llama_index}
    named = {f"langchain/{name}": ratio for name, ratio in others.items()}
    return {key: ratio for key, ratio in base.items() if ratio is not None} | named


_STREAMS = (
    Row("text", "stream", target=_target(0.16, 0.18, ChatOpenRouter=0.05)),
    Row("text, in one body", "stream", framing="body", target=_target(0.11, 0.13)),
    Row("reasoning", "stream", "reasoning"),
    Row("tool arguments", "stream", "arguments", target=_target(0.16, 0.18)),
    Row("tool arguments, in one body", "stream", "arguments", framing="body", quick=False),
    Row("raw tokens (others: text)", "stream", "raw", target=_target(0.22)),
    Row("raw tokens, in one body", "stream", "raw", framing="body", few=True,
        target=_target(0.09)),
    Row("text, 16,000 chunks", "stream", chunks=16_000, few=True),
    Row("reasoning, 16,000 chunks", "stream", "reasoning", 16_000, quick=False),
    Row("tool arguments, 16,000 chunks", "stream", "arguments", 16_000, quick=False),
    Row("raw tokens, 16,000 chunks", "stream", "raw", 16_000, quick=False),
    Row("text, async", "astream"),
    Row("tool arguments, async", "astream", "arguments"),
    Row("text, 100 async at once", "astream", "text", 50, arguments={"at_once": 100},
        target=_target(0.25)),
    Row("the same, ours over aiohttp", "astream", "text", 50, arguments={"at_once": 100},
        aiohttp=True, target=_target(0.25)),
    Row("text, 1,000 async at once", "astream", "text", 20, arguments={"at_once": 1_000},
        quick=False),
    Row("structured answer", "structured", "json", 200),
    Row("structured answer, 4,000 chunks", "structured", "json", 4_000, quick=False,
        longest=120, target=_target(None, 0.03)),
    # With few chunks it is the two requests that are measured, and what a graph takes to start.
    Row("agent, one tool round of 250 chunks each", "agent", "agent", 250,
        arguments={"chunks": 250}),
    Row("agent, of 250 in one body", "agent", "agent", 250, "body", arguments={"chunks": 250},
        few=True),
    Row("agent, one tool round of 2,000 chunks each", "agent", "agent", 2_000,
        arguments={"chunks": 2_000}, few=True, longest=60, target=_target(0.22, 0.09)),
    Row("agent, of 2,000 in one body", "agent", "agent", 2_000, "body",
        arguments={"chunks": 2_000}, few=True, longest=60, target=_target(0.08)),
    Row("agent, 8,000 fragments of a call", "agent", "call", 8_000, arguments={"chunks": 4_000},
        quick=False, longest=240, target=_target(None, 0.005)),
    Row("agent, 8,000 fragments, ours over aiohttp", "agent", "call", 8_000, aiohttp=True,
        arguments={"chunks": 4_000}, quick=False, longest=240, target=_target(None, 0.005)),
    Row("agent, 8,000 fragments, a slower server", "agent", "call", 8_000, "slow",
        arguments={"chunks": 4_000}, quick=False, longest=240, target=_target(None, 0.01)),
)  # fmt: skip

_WHOLE = (
    Row("whole answer", "invoke", "text", 100, arguments={"count": 50}),
    *(
        Row(f"{way}, {at_once} at once", way, "text", 100, arguments={"at_once": at_once},
            quick=at_once in {1, 16, 256},
            target=_target(0.5) if (way, at_once) == ("abatch", 256) else {})
        for way in ("batch", "abatch")
        for at_once in (1, 4, 16, 64, 256)
    ),
    Row("abatch, 256 at once, ours over aiohttp", "abatch", "text", 100,
        arguments={"at_once": 256}, aiohttp=True, target=_target(0.5)),
)  # fmt: skip

_LONG = {"messages": 1_000, "offered": 100}
_REQUESTS = (
    Row("request of 1,000 messages, 100 tools", "request", chunks=20, arguments=_LONG,
        target=_target(0.25)),
    Row("the same with one message more", "next_request", chunks=20, arguments=_LONG,
        target=_target(0.1)),
    Row("payload of such a request alone", "payload", arguments=_LONG),
    Row("counting tokens, each message", "count_tokens", arguments={"messages": 200}),
)  # fmt: skip

_REST = (
    Row("until the first piece, added", "first", "text", 20, measure="added",
        target=_target(openai=1.05)),
    Row("memory of a chunk that is kept", "kept_chunks", "text", 500, measure="bytes"),
    Row("memory of an open stream", "open_streams", "text", 500, measure="bytes",
        arguments={"count": 50}, target=_target(0.75)),
)  # fmt: skip

ROWS = (*_STREAMS, *_WHOLE, *_REQUESTS, *_REST)

STARTUPS = {
    "import": ("import", _target(1.05)),
    "construct": ("constructing another one", {}),
    "rest": ("memory at rest", {}),
}
"""What `_worker.startup` measures, its title and its targets."""
