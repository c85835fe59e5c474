"""What each engine gets wrong, row by row, what the preset does about it, and what remains.

Owns: `NOTES`, the one place of it. test_matrix holds each note against the answers, and
scripts/docs_engines.py writes the page from it. May know: the matrix.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.engines.matrix import Row

__all__ = ["NOTES", "Note", "expected", "is_asked", "notes_of"]


@dataclass(frozen=True)
class Note:
    """One thing that an engine does otherwise.

    Attributes:
        ways: A pattern of the columns that it is true of, or the engine's name where `read`.
        rows: A pattern of the rows' titles; none where no row shows it, or it was only read.
        engine: What the engine does.
        preset: What this package does about it.
        remains: What is left to the user.
        found: What comes in place of the right answer; empty where the right one comes after all.
        read: Whether it is known from the engine's sources alone.
    """

    ways: str
    rows: str
    engine: str
    preset: str
    remains: str = ""
    found: dict[str, Any] = field(default_factory=dict)
    read: bool = False


_REFUSED = {"error": "KimiConfigError"}
_RAW = {"calls": [], "object": None}

NOTES = [
    Note(
        r".*, no reasoning parser|SGLang, no parsers",
        r"answer: (thinking|an|other|a long).*|call: (thinking|of).*|rounds.*",
        "without a reasoning parser, sends ``thought</think>answer`` as content",
        "splits it here; a stream is held back until it tells, and a `ServerSetupWarning` names "
        "the flag, once for each instance",
        "the thought comes in one piece in the first stream",
    ),
    Note(
        r"SGLang, (no reasoning parser|no parsers|parsed here)|vLLM, no .*",
        r"structured: json_schema(, streamed)?",
        "without a reasoning parser, holds a grammar against the first token: JSON has no thought",
        "takes it for what it is",
        "such answers are not thought about",
        {"thinks": False},
    ),
    Note(
        r"vLLM, no reasoning parser",
        r"forced: (required|named).*",
        "with a tool parser and no reasoning parser, streams a forced call as raw markers",
        "parses them here",
        "such calls are not thought about",
    ),
    Note(
        r"SGLang, no parsers",
        r"forced: (required|named|a tool|the same).*",
        'without a tool parser, makes ``[{"name", "parameters"}]`` of a forced choice, as content',
        "K2: a structural tag in `response_format` and no `tool_choice`; otherwise the list is "
        "read as calls",
        "no `response_format` of one's own beside a forced choice with a tag: then the field is "
        "sent",
    ),
    Note(
        r"SGLang|SGLang, no reasoning parser",
        r"forced: (a tool|the same).*",
        'binds the name of a forced call, and its arguments only with `"strict": true`',
        "the structural tag binds both",
    ),
    Note(
        r"vLLM|vLLM, no reasoning parser",
        r"forced: (a tool|the same).*",
        'binds the name of a forced call, and its arguments only with `"strict": true`',
        "nothing: the choice is vLLM's own; `strict` is passed on",
        "declare the tool strict, or set `tool_call_parser='client'` with `api='completions'`",
        {"calls": [("set_alarm", {"city": "Paris"})]},
    ),
    Note(
        r"SGLang|SGLang, no reasoning parser",
        r"limits: a call cut short|odd calls: broken arguments",
        "drops a whole answer's call without its end or with broken arguments",
        "an answer that cost tokens and holds nothing has the diagnostic `empty_answer` with the "
        "count; where tools were offered, an `EmptyAnswerWarning` says so",
        "stream, or parse here",
        {"damaged": [], "warns": "EmptyAnswerWarning"},
    ),
    Note(
        r"SGLang|SGLang, no reasoning parser",
        r"odd calls: text behind them",
        "drops the text behind a section of a whole answer",
        "nothing: it is not in the answer",
        "stream, or parse here",
        {"content": ""},
    ),
    Note(
        r"SGLang|SGLang, no reasoning parser",
        r"odd text: a quoted call, another tool.*",
        "takes a call of a tool that was not offered for a call",
        "hands it on, and the framework answers that there is no such tool",
        "parse here, where only what is offered is called",
        {"calls": [("get_weather", {"city": "Paris"})], "content": None},
    ),
    Note(
        r"SGLang.*|llama\.cpp.*",
        r"errors: an unknown model",
        "answers under any model's name",
        "asks for the name that the server lists, where none is set",
        "a wrong name is not noticed",
        {"error": None},
    ),
    Note(
        r"SGLang|SGLang, no .*|SGLang, parsed here|vLLM|vLLM, no .*",
        r"prefix: goes on.*",
        "continues a beginning behind an opened think block, or takes the answer for a thought",
        "switches thinking off for that answer; `thinking=True` is refused",
    ),
    Note(
        r"SGLang|SGLang, no .*|SGLang, parsed here",
        r"history: arguments that are no JSON",
        "answers 400 to arguments in the history that are no JSON",
        "sends legal JSON that says what was wrong",
    ),
    Note(
        r"vLLM|vLLM, no .*",
        r"history: arguments that are no JSON",
        "writes `{}` for arguments in the history that are no JSON",
        "sends legal JSON that says what was wrong",
    ),
    Note(
        r"vLLM",
        r"limits: a call cut short",
        "reports a call that `max_tokens` cut as whole where it does not stream",
        "the usage tells: the call is invalid, and the finish reason is `length`",
    ),
    Note(
        r"vLLM, no parsers",
        r"call.*|rounds.*|forced: (required|named|a tool|the same).*",
        "without a tool parser, answers 400 to every request with tools",
        "`tool_call_parser='client'`, as here, sends `tool_choice: \"none\"` and reads raw tokens; "
        "a grammar of ours forces a call",
        'with "auto" the 400 stays, as a `KimiBadRequestError` that names the flags',
    ),
    Note(
        r"vLLM|vLLM, no reasoning parser",
        r"forced: none.*",
        "with a tool parser, leaves nothing of a call that was not allowed",
        "an empty answer is not an error, and says what it cost",
        "such an answer is empty",
    ),
    Note(
        r"llama\.cpp",
        r"forced: (named|a tool|the same).*",
        'reads a `tool_choice` by name as "auto"',
        'sends that tool alone, and "required"',
        '"required" lets text come first, which is told as text',
    ),
    Note(
        r"llama\.cpp",
        r"structured.*",
        "keeps no `response_format` with Kimi's template",
        "asks for objects with a forced tool; a form of one's own is sent with an "
        "`IgnoredSettingWarning`",
        "use `with_structured_output` as it is, by function calling",
        {"object": None, "is_object": False, "warns": "IgnoredSettingWarning", "thinks": None},
    ),
    Note(
        r"llama\.cpp",
        r"prefix: goes on.*",
        "repeats the beginning of an answer",
        "takes it off",
    ),
    Note(
        r"llama\.cpp",
        r"errors: a picture",
        "answers a picture that it cannot read with a 500",
        "a `KimiBadRequestError` that is not tried again",
        "start it with `--mmproj`",
    ),
    Note(
        r"llama\.cpp.*|transformers",
        r"errors: max_tokens too large",
        "takes any `max_tokens`, and ends at its context",
        "nothing: the finish reason is `length` there",
        found={"error": None},
    ),
    Note(
        r"transformers",
        r"(answer|call|forced: the same).*not thinking.*",
        "has no switch for thinking",
        "an `IgnoredSettingWarning`",
        "it thinks all the same, and its thought is told as reasoning",
        {"thinks": True, "warns": "IgnoredSettingWarning"},
    ),
    Note(
        r"transformers",
        r"forced: (a tool|the same).*",
        "ignores `tool_choice`",
        "nothing on the chat route; on the completions route it is refused",
        "the model decides",
        {"calls": [("get_weather", {"city": "Paris"})]},
    ),
    Note(
        r"transformers",
        r"structured.*",
        "ignores `response_format`",
        "nothing: its preset is yours",
        "use function calling, which it does not enforce either",
        {"object": None, "is_object": False, "thinks": None},
    ),
    Note(
        r"transformers",
        r"prefix.*",
        "begins a new answer",
        "refuses `partial=True`: nothing says that this endpoint continues one",
        found=_REFUSED,
    ),
    Note(
        r"transformers",
        r"limits: a stop string.*",
        "leaves the stop string at the end of the answer",
        "nothing",
        "cut it off",
        {"content": "It is 18 degrees"},
    ),
    Note(
        r"transformers",
        r"errors: an unknown model",
        "answers 400 to another model's name, where others answer 404",
        "a `KimiBadRequestError` with its words",
        found={"error": "KimiBadRequestError"},
    ),
    Note(
        r"transformers",
        r"errors: a picture",
        "drops a picture that its model cannot read, without a word",
        "nothing",
        "send none",
        {"error": None},
    ),
    Note(
        r"transformers",
        r"",
        "drops the reasoning of earlier turns on its chat route",
        "nothing: `kimi-k2 check` says so",
        "set `api='completions'`",
    ),
    Note(
        r"transformers",
        r"logprobs.*",
        "sends none",
        "nothing",
        "use another engine",
        {"logprobs": False},
    ),
    Note(
        r".*, rendered here",
        r"structured.*",
        "(the completions route has no `response_format`)",
        "refuses it, with what to do instead",
        "use the chat route, or a tool with `tool_choice`",
        _REFUSED,
    ),
    Note(
        r".*, rendered here",
        r"errors: a picture",
        "(a prompt of text has no place for a picture)",
        "refuses it before anything is sent",
        "use the chat route",
        _REFUSED,
    ),
    Note(
        "TensorRT-LLM, KTransformers",
        "",
        "lose a call of a tool with a dash",
        "send such a tool under another name",
        read=True,
    ),
    Note(
        "TensorRT-LLM",
        "",
        "loses a call whose arguments have several lines",
        "counts what is lost (`empty_answer`)",
        "start it without `--tool_parser`, with `tool_call_parser='client'`",
        read=True,
    ),
    Note(
        "KTransformers' server of before (port 10002, archived)",
        "",
        "never shows Kimi its tools, and extracts DeepSeek's markers",
        "`api='completions'` works: no usage, no finish reason; `kimi-k2 check` names it",
        "start kt-kernel with sglang-kt, port 30000",
        read=True,
    ),
]
"""All of them, by engine."""

# Their models follow each token with one other and cannot be told what to say: llama.cpp's always
# calls, and vLLM's never closes a JSON object that a grammar leaves open. transformers serves the
# whole context of the model, 262,144 tokens.
_CANNOT = (
    (r"llama\.cpp.*", r"answer.*|.*in the end.*|.*stop string.*|logprobs.*"),
    (r"vLLM.*", r"structured: json_object"),
    (r"transformers", r"errors: a prompt too long.*"),
)


def is_asked(row: Row, column: str) -> bool:
    """Whether a row can be asked of a column's model."""
    if row.scripted and not column.startswith("SGLang"):
        return False
    return not any(_fits(ways, column) and _fits(rows, row.title) for ways, rows in _CANNOT)


def notes_of(row: Row, column: str) -> list[Note]:
    """Return what the notes say of a row in a column."""
    seen = (note for note in NOTES if not note.read)
    return [note for note in seen if _fits(note.ways, column) and _fits(note.rows, row.title)]


def expected(row: Row, column: str) -> dict[str, Any]:
    """Return what comes of a row in a column: what is right, or what the notes say instead.

    None stands for anything.
    """
    found = {name: value for note in notes_of(row, column) for name, value in note.found.items()}
    if found.get("error"):
        return found
    right = {name: value for name, value in row.right.items() if name != "error"}
    told = {name: value for name, value in found.items() if name in (*row.right, "warns")}
    wanted = {**right, **told} if found else row.right
    return {name: value for name, value in wanted.items() if value is not None}


def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text) is not None
