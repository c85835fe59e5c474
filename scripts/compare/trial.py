"""One class in one row: the servers that it is pointed at, and what is kept of what happened.

Owns: how a class gets its server, how an outcome is told in a line. May know: kimi_core.testing,
the relay, the sides.
"""

from __future__ import annotations

import re
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from compare.classes import ENGINE_MODEL, Compared, Server
from compare.langchain_side import LangChain
from compare.llama_index_side import LlamaIndex
from compare.relay import Relay, Wire
from kimi_core.testing import EngineSimulator, MoonshotSimulator

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from kimi_core.testing import SimulatedReply

__all__ = ["Cell", "Outcome", "Trial", "Verdict"]

Verdict = Literal["yes", "partly", "no", "n/a"]

SIDES = {"langchain": LangChain(), "llama-index": LlamaIndex()}
_LONGEST = 240


class Cell(NamedTuple):
    """What came of a row: a verdict, what happened in few words, and what was seen."""

    verdict: Verdict
    said: str
    seen: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What one call returned, or raised."""

    value: Any = None
    error: BaseException | None = None

    def __str__(self) -> str:
        """Tell it in one line, without what differs from run to run."""
        told = self.value if self.error is None else f"{type(self.error).__name__}: {self.error}"
        line = " ".join(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1", str(told)).split())
        line = line or "(no text)"
        line = re.sub(r"(?:chatcmpl|run|lc_run)-[\w-]{8,}", "...", line)
        return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"

    @property
    def kind(self) -> str:
        """The class of the error."""
        return type(self.error).__name__

    @property
    def carried(self) -> str:
        """Everything that the error, and what it was raised from, holds besides its message."""
        held, error = "", self.error
        while error is not None:
            held += repr(vars(error))
            error = error.__cause__ or error.__context__
        return held


@dataclass
class Trial:
    """A class, in a row.

    Attributes:
        compared: The class.
        row: The row's name.
        seen: What was seen so far, for people.
    """

    compared: Compared
    row: str
    seen: list[str] = field(default_factory=list)

    @property
    def side(self) -> LangChain | LlamaIndex:
        """How its framework asks it."""
        return SIDES[self.compared.framework]

    @contextmanager
    def moonshot(
        self, *replies: SimulatedReply, wire: Wire | None = None, quiet: bool = False
    ) -> Generator[tuple[Any, MoonshotSimulator]]:
        """Point it at the simulator of Moonshot's API, which refuses what Moonshot refuses."""
        # Fields that Moonshot does not document pass: whether its server refuses them is not known.
        with MoonshotSimulator(unknown_fields="ignore") as simulator:
            simulator.reply(*replies)
            with self._reached(simulator.base_url, wire) as address:
                server = Server(address, simulator.api_key)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of a model that is to be retired
                    llm = self.compared.made_for(server, self.row, quiet=quiet)
                yield llm, simulator
            for refusal in simulator.refusals:
                self.seen.append(f"refused by the rule `{refusal.rule}`, {refusal.status}")

    @contextmanager
    def engine(self, *replies: SimulatedReply) -> Generator[Any]:
        """Point it at a simulated SGLang that was started without a parser of tool calls."""
        with EngineSimulator("sglang-raw", model=ENGINE_MODEL) as simulator:
            simulator.reply(*replies)
            with self._reached(simulator.base_url, None) as address:
                server = Server(address, "not asked for", engine=True)
                yield self.compared.made_for(server, self.row, quiet=False)

    @contextmanager
    def _reached(self, address: str, wire: Wire | None) -> Generator[str]:
        openrouter = self.compared.openrouter
        if wire is None and not openrouter:
            yield address
            return
        wire = wire or Wire()
        error = wire.error
        if openrouter and error is not None:
            # As OpenRouter documents an error in the middle of a stream.
            inner = {"code": 502, "message": error["error"]["message"]}
            choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
            head = {"id": "gen-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
            error = {**head, "provider": "Moonshot AI", "error": inner, "choices": [choice]}
        with Relay(address, Wire(openrouter, wire.ends_after, error)) as relay:
            yield relay.base_url

    def tried(self, what: str, call: Callable[[], Any]) -> Outcome:
        """Call, and note what it returned or raised."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                outcome = Outcome(call())
        except Exception as error:  # noqa: BLE001 - any class's error is what is looked for
            outcome = Outcome(error=error)
        self.seen.append(f"{what}: {outcome}")
        return outcome

    def cell(self, verdict: Verdict, said: str = "") -> Cell:
        """Return what the table holds."""
        return Cell(verdict, said, tuple(self.seen))

    def of(self, passed: Sequence[bool], said: str) -> Cell:
        """Return yes where all passed, partly where some did, no where none did."""
        if all(passed):
            return self.cell("yes")
        return self.cell("partly" if any(passed) else "no", said)
