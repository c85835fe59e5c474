"""The behaviours that are compared: what is run, and when it counts as right.

Owns: the rows. May know: kimi_core.testing's replies, the trial. Every cell comes of running `run`;
nothing here knows which class it is that runs.
"""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from compare.relay import Wire
from kimi_core.testing import SimulatedReply, SimulatedToolCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from compare.trial import Cell, Outcome, Trial
    from kimi_core.testing import MoonshotSimulator

__all__ = ["ROWS", "Row"]

QUESTION = "What is the weather in Paris?"
THOUGHT = "They want the weather."
SUNNY = "It is sunny in Paris."
CALL = SimulatedReply(
    reasoning=THOUGHT, tool_calls=[SimulatedToolCall("get_weather", {"city": "Paris"})]
)
ANSWER = SimulatedReply(content=SUNNY, reasoning=THOUGHT)
LONG = SimulatedReply(content="One two three four five six seven eight nine ten.", reasoning="Hm.")
BEGUN = "three"

_QUOTED = (
    'The page says: "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0'
    '<|tool_call_argument_begin|>{"city": "Paris"}<|tool_call_end|><|tool_calls_section_end|>".'
)
_DAMAGED = {"no JSON": "{'path': '/data/old'}", "cut short": '{"path": "/data/ol'}
_RIGHT = "/data/old"
_OVERFLOW = {
    "error": {
        "message": "Invalid request: Your request exceeded model token limit: 262144",
        "type": "invalid_request_error",
    }
}
_OVERLOADED = {
    "error": {
        "message": "The engine is currently overloaded, please try again later",
        "type": "engine_overloaded_error",
    }
}


class Weather(BaseModel):
    """The weather of a city."""

    city: str
    sunny: bool


@dataclass(frozen=True)
class Row:
    """A behaviour.

    Attributes:
        slug: How anchors call it.
        title: What a class does that does it right.
        how: How it was tested.
        run: Tests one class.
    """

    slug: str
    title: str
    how: str
    run: Callable[[Trial], Cell]


def _weather_tool() -> tuple[Callable[[str], str], list[str]]:
    ran: list[str] = []

    def get_weather(city: str) -> str:
        """Get the weather of a city."""
        ran.append(city)
        return f"{city}: sunny"

    return get_weather, ran


def _reasoning(trial: Trial) -> Cell:
    with trial.moonshot(ANSWER, ANSWER) as (llm, _):
        whole = trial.tried("whole", lambda: trial.side.ask(llm, QUESTION)[1])
        streamed = trial.tried("streamed", lambda: trial.side.stream(llm, QUESTION)[1])
    passed = [THOUGHT in str(outcome.value) for outcome in (whole, streamed)]
    trial.seen = [
        f"{name}: {'in the message' if found else 'nowhere in the message'}"
        for name, found in zip(("whole", "streamed"), passed, strict=True)
    ]
    return trial.of(passed, "whole answers only" if passed[0] else "dropped")


def _rounds(trial: Trial) -> Cell:
    passed = []
    for streamed in (False, True):
        tool, _ran = _weather_tool()
        with trial.moonshot(CALL, ANSWER) as (llm, _):
            outcome = _agent(trial, llm, tool, streamed=streamed)
        passed.append(outcome.value == SUNNY)
    return trial.of(passed, "whole answers only" if passed[0] else "400 in the second round")


def _agent(trial: Trial, llm: Any, tool: Callable[..., str], *, streamed: bool) -> Outcome:  # noqa: ANN401 - anybody's class
    """Let the framework's agent answer the question."""
    return trial.tried(
        _way(streamed), lambda: trial.side.agent(llm, tool, QUESTION, streamed=streamed)
    )


def _way(streamed: bool) -> str:  # noqa: FBT001 - what a test calls it
    return "streamed" if streamed else "whole"


def _forced(trial: Trial) -> Cell:
    tool, _ran = _weather_tool()
    return _although_it_thinks(
        trial, lambda llm: trial.side.forced(llm, tool, QUESTION) == ["get_weather"]
    )


def _structured(trial: Trial) -> Cell:
    return _although_it_thinks(
        trial, lambda llm: isinstance(trial.side.structured(llm, Weather, QUESTION), Weather)
    )


def _although_it_thinks(trial: Trial, works: Callable[[Any], bool]) -> Cell:
    """Try with nothing said of thinking and, where that fails, told not to think."""
    with trial.moonshot() as (llm, _):
        outcome = trial.tried("works", lambda: works(llm))
    if outcome.value:
        return trial.cell("yes")
    with trial.moonshot(quiet=True) as (llm, _):
        quiet = trial.tried("works, told not to think", lambda: works(llm))
    said = "400" if ", 400" in " ".join(trial.seen) else outcome.kind
    if not quiet.value:
        return trial.cell("no", said)
    return trial.cell("partly", f"{said}, unless told not to think")


def _sampling(trial: Trial) -> Cell:
    with trial.moonshot(ANSWER) as (llm, simulator):
        outcome = trial.tried("answer", lambda: trial.side.ask(llm, QUESTION)[0])
        sent = simulator.requests[-1].body if simulator.requests else {}
    told = {name: sent[name] for name in ("temperature", "top_p", "n") if name in sent}
    trial.seen.append(f"sent of sampling: {told or 'nothing'}")
    said = f"400: it sends temperature {told.get('temperature')}" if told else outcome.kind
    return trial.of([outcome.value == SUNNY], said)


def _usage(trial: Trial) -> Cell:
    with trial.moonshot(ANSWER, ANSWER) as (llm, simulator):
        right = _usage_of(simulator)
        outcome = trial.tried("tokens in and out", lambda: trial.side.usage(llm, QUESTION))
    trial.seen.append(f"said by the server: {right}")
    if outcome.value == tuple(2 * number for number in right):
        return trial.cell("no", "counted twice")
    return trial.of([outcome.value == right], "none" if outcome.value is None else str(outcome))


def _usage_of(simulator: MoonshotSimulator) -> tuple[int, int]:
    """Ask the simulator without any class, for the same answer whole."""
    body = {"model": "kimi-k2.6", "messages": [{"role": "user", "content": QUESTION}]}
    headers = {
        "authorization": f"Bearer {simulator.api_key}",
        "content-type": "application/json",
    }
    url = f"{simulator.base_url}/chat/completions"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310 - ours
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - as above
        usage = json.load(answer)["usage"]
    return usage["prompt_tokens"], usage["completion_tokens"]


def _raw(trial: Trial) -> Cell:
    passed = []
    for streamed in (False, True):
        tool, ran = _weather_tool()
        replies = (SimulatedReply(tool_calls=CALL.tool_calls), SimulatedReply(content=SUNNY))
        with trial.engine(*replies) as llm:
            outcome = _agent(trial, llm, tool, streamed=streamed)
        trial.seen.append(f"{_way(streamed)}: the tool ran with {ran}")
        passed.append(ran == ["Paris"] and outcome.value == SUNNY)
    return trial.of(passed, "the tokens are the answer" if not any(passed) else "one of two ways")


def _quoted(trial: Trial) -> Cell:
    passed = []
    for streamed in (False, True):
        tool, ran = _weather_tool()
        with trial.moonshot(SimulatedReply(content=_QUOTED, reasoning=THOUGHT)) as (llm, _):
            outcome = _agent(trial, llm, tool, streamed=streamed)
        passed.append(not ran and outcome.value == _QUOTED)
    return trial.of(passed, "the tool ran or the text is lost")


def _damaged(trial: Trial) -> Cell:
    wrong: dict[str, list[str]] = {}
    for name, arguments in _DAMAGED.items():
        for streamed in (False, True):
            ran = _cleaned(trial, name, arguments, streamed=streamed)
            for path in ran:
                if path != _RIGHT:
                    wrong.setdefault(f"runs with {path}", []).append(_way(streamed))
    if not wrong:
        return trial.cell("yes")
    told = [f"{what}, {' and '.join(ways)}" for what, ways in wrong.items()]
    return trial.cell("no", "; ".join(told))


def _cleaned(trial: Trial, name: str, arguments: str, *, streamed: bool) -> list[str]:
    """Let an agent answer whose model calls a tool with these arguments; return what it ran."""
    ran: list[str] = []

    def clean(path: str = "/") -> str:
        """Delete everything below a path."""
        ran.append(path)
        return "deleted"

    call = SimulatedReply(
        reasoning=THOUGHT,
        tool_calls=[SimulatedToolCall("clean", arguments)],
        finish_reason="length" if name == "cut short" else None,
    )
    with trial.moonshot(call, SimulatedReply(content="Done.", reasoning=THOUGHT)) as (llm, _):
        trial.tried(
            f"{name}, {_way(streamed)}",
            lambda: trial.side.agent(llm, clean, "Clean /data/old.", streamed=streamed),
        )
    trial.seen.append(f"{name}, {_way(streamed)}: the tool ran with {ran or 'nothing'}")
    return ran


def _broken(trial: Trial) -> Cell:
    lost = SimulatedReply(content=LONG.content, reasoning="Hm.", truncate_after=6)
    with trial.moonshot(lost) as (llm, _):
        first = trial.tried("connection lost", lambda: trial.side.stream(llm, QUESTION)[0])
    with trial.moonshot(LONG, wire=Wire(ends_after=6)) as (llm, _):
        second = trial.tried("ended early", lambda: trial.side.stream(llm, QUESTION)[0])
    passed = [BEGUN in outcome.carried for outcome in (first, second)]
    if any(outcome.error is None for outcome in (first, second)):
        which = [
            name
            for name, outcome in (("a lost connection", first), ("an early end", second))
            if outcome.error is None
        ]
        return trial.cell("no", f"silent at {' and '.join(which)}")
    said = "errors, but without what came"
    return trial.cell("yes") if all(passed) else trial.cell("partly", said)


def _error_inside(trial: Trial) -> Cell:
    with trial.moonshot(LONG, wire=Wire(ends_after=6, error=_OVERLOADED)) as (llm, _):
        outcome = trial.tried("streamed", lambda: trial.side.stream(llm, QUESTION)[0])
    if outcome.error is None:
        return trial.cell("no", "silent")
    return trial.of(["overloaded" in str(outcome)], f"{outcome.kind}, without the server's words")


def _overflow(trial: Trial) -> Cell:
    with trial.moonshot(SimulatedReply(error=(400, _OVERFLOW))) as (llm, _):
        outcome = trial.tried("whole", lambda: trial.side.ask(llm, QUESTION))
    kinds = [kind.__name__ for kind in type(outcome.error).__mro__]
    trial.seen.append(f"classes: {', '.join(kinds[:-3])}")
    return trial.of([any("ContextOverflow" in kind for kind in kinds)], outcome.kind)


def _tokens(trial: Trial) -> Cell:
    if trial.compared.framework != "langchain":
        return trial.cell("n/a", "LlamaIndex has no such method")
    with trial.moonshot() as (llm, _):
        outcome = trial.tried("tokens", lambda: trial.side.count(llm))
    return trial.of([isinstance(outcome.value, int)], outcome.kind)


def _found(trial: Trial) -> Cell:
    if trial.compared.framework != "langchain":
        return trial.cell("n/a", "LlamaIndex has no such function")
    one, side = trial.compared, trial.side
    name = one.name.split()[0]
    made = trial.tried("made", lambda: side.found(one.provider))
    if made.value == name or one.registers is None:
        return trial.of([made.value == name], "LangChain's list is closed")
    made = trial.tried("made after register()", lambda: side.found(one.provider, one.registers))
    return trial.of([False, made.value == name], "after register()")


def _loops(trial: Trial) -> Cell:
    with trial.moonshot(*[ANSWER] * 9) as (llm, simulator):
        outcome = trial.tried("answers", lambda: trial.side.loops(llm, QUESTION))
        asked = len(simulator.requests)
    if outcome.value != [SUNNY, SUNNY]:
        return trial.cell("no", outcome.kind)
    trial.seen.append(f"requests that the server had: {asked}")
    if asked > len(outcome.value):
        return trial.cell("partly", f"{asked} requests for 2 answers")
    return trial.cell("yes")


ROWS: tuple[Row, ...] = (
    Row(
        "reasoning",
        "Shows what the model thought",
        "kimi-k2.6 thinks and answers, once whole and once as a stream. It counts wherever in the "
        "message of the framework the thought is; only the server's own body, which LlamaIndex "
        "keeps as `raw`, does not count.",
        _reasoning,
    ),
    Row(
        "rounds",
        "Sends reasoning back in the second round of tools",
        "The framework's own agent (`create_agent`, `FunctionAgent`) has one tool. kimi-k2.6 "
        "thinks, calls it, and answers. Moonshot answers the second request with a 400 where the "
        "reasoning of the call is not in it, and so does the simulator. The run passes where the "
        "answer comes, whole and streamed.",
        _rounds,
    ),
    Row(
        "forced",
        "Forces a tool although the model thinks",
        "`bind_tools([tool], tool_choice=NAME).invoke(...)`, or `chat_with_tools([tool], "
        "tool_required=True)`, with nothing said of thinking. Moonshot refuses a forced choice "
        "while kimi-k2.6 thinks. It is right where the call comes (`ChatKimiK2` switches thinking "
        "off for that request), and partly where it comes once the class is told not to think, for "
        "all requests.",
        _forced,
    ),
    Row(
        "structured",
        "Structured output as the class does it by default",
        "`with_structured_output(Weather).invoke(...)`, or `structured_predict(Weather, ...)`, of "
        "kimi-k2.6, with nothing else said. The simulator answers by itself, with an object that "
        "fits what it was sent. It is right where a `Weather` comes, and partly where it comes "
        "once the class is told not to think.",
        _structured,
    ),
    Row(
        "sampling",
        "Sends no sampling that the model refuses",
        "One question, with the class made as its documents say and no setting of sampling. "
        "Moonshot pins the sampling of kimi-k2.6 and refuses any other with a 400.",
        _sampling,
    ),
    Row(
        "usage",
        "Counts a stream's tokens once",
        "Moonshot says a stream's usage in the last chunk's choice, and again in a chunk of its "
        "own where `stream_options` asks for it. The run passes where the stream's sum has the "
        "numbers that the same answer has whole.",
        _usage,
    ),
    Row(
        "raw",
        "Reads the raw tool calls of an engine without a parser",
        "The framework's own agent at a simulated SGLang that was started without "
        "`--tool-call-parser`: Kimi-K2-Instruct's call stands as `<|tool_calls_section_begin|>…` "
        "in the text. The run passes where the tool ran with the right argument and the answer "
        "came, whole and streamed.",
        _raw,
    ),
    Row(
        "quoted",
        "Runs nothing for tokens that an answer merely quotes",
        "The same agent at Moonshot's API, which has parsed its calls itself: an answer whose text "
        "quotes a call in Kimi's tokens. The run passes where no tool ran and the text is whole. A "
        "class that knows no such tokens passes by itself.",
        _quoted,
    ),
    Row(
        "damaged",
        "Runs no tool with arguments that the model did not write",
        "An agent has the tool `clean(path='/')`. The model calls it with `{'path': '/data/old'}`, "
        'which is no JSON, and with `{"path": "/data/ol`, cut short by the limit of tokens; '
        "each whole and streamed. The run passes where the tool never ran, or ran with "
        "`/data/old` alone.",
        _damaged,
    ),
    Row(
        "broken",
        "A stream that breaks off is an error that holds what came",
        "Twice the answer is a stream that breaks off after six events: once the connection is "
        "lost, once the body ends properly but with no last chunk, as proxies do whose server is "
        "gone. It is right where both are errors and each error holds what had come; partly where "
        "both are errors; no where half an answer looks like a whole one.",
        _broken,
    ),
    Row(
        "error-inside",
        "An error inside a stream is an error",
        "After six events of a stream the server says that it is overloaded, in place of the rest. "
        "The run passes where an error with the server's words is raised. To `ChatOpenRouter` it "
        "is said as OpenRouter's documents have it: a chunk has `error` beside `choices`, whose "
        '`finish_reason` is "error"; the class looks for `error` where there are no choices.',
        _error_inside,
    ),
    Row(
        "overflow",
        "A full context has its own class of error",
        "The server refuses a request in Moonshot's words for a prompt that is too long. LangChain "
        "has `ContextOverflowError` for that, which its middlewares catch; LlamaIndex has no such "
        "class, so any of the package's own counts.",
        _overflow,
    ),
    Row(
        "tokens",
        "Counts tokens",
        "`get_num_tokens_from_messages` of two messages, without network. `ChatOpenAI` loads "
        "OpenAI's tokenizer over the network before it looks at the model's name; an empty one "
        "stands in for it here, so that its own answer is seen. Without Kimi's tokenizer file "
        "`ChatKimiK2` estimates.",
        _tokens,
    ),
    Row(
        "loops",
        "Serves two event loops with one instance",
        "`asyncio.run` twice with the same instance, as scripts and workers do. It is right where "
        "both answers come of two requests; partly where the second comes of a request that was "
        "made again, because the connection belonged to the first loop: the server has answered, "
        "and charged for, both.",
        _loops,
    ),
    Row(
        "found",
        "Is found by `init_chat_model`",
        '`init_chat_model("PROVIDER:kimi-k2.6", api_key=...)` with LangChain\'s own name of the '
        'provider, or "moonshot" where it has none. LangChain\'s list of providers is its own and '
        "closed; everything that takes a name there takes an instance, too. It is partly right "
        "where the package can put its class into that list, by one call before.",
        _found,
    ),
)
