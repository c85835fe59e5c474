"""The newer suite's questions, asked of the simulator and of servers that answer wrongly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.chat import Settings
from kimi_core.errors import KimiConfigError
from kimi_core.testing import MoonshotSimulator
from kimi_core.verify import GROUPS, Job, Questions, verify
from kimi_core.verify._cases import calls, fits, holds_json, is_refused, says
from kimi_core.verify._conformance import conformance_cases
from kimi_core.verify._parameters import parameter_cases, thinking_fields, token_cases
from kimi_core.verify._schema_cases import own_schemas, parameters_of, schema_cases
from kimi_core.verify._suite import read_suite
from tests.core.simulated_vendor import settings_for
from tests.scripted import Answer, ScriptedServer, body, error

if TYPE_CHECKING:
    from pathlib import Path

    from kimi_core.verify import Conformance


def ask(settings: Settings, folder: Path, *groups: str, **questions: Any) -> Conformance:
    job = Job(samples=[], results=folder / "results.jsonl", concurrency=4, resume=True)
    asked = Questions(groups=groups, **questions)
    found = verify(settings, job, conformance=True, questions=asked).conformance
    assert found is not None
    return found


class TestOnTheSimulator:
    """Simulated: its rules are those that the suite wants."""

    def test_features_all_pass(self, tmp_path: Path) -> None:
        with MoonshotSimulator(rules="verifier") as server:
            settings = Settings(
                endpoint="moonshot",
                base_url=server.base_url,
                api_key=server.api_key,
                model="kimi-k3",
                max_retries=0,
            )
            found = ask(settings, tmp_path, "features", "parameters")

        assert [check.id for check in found.checks if not check.passed] == []
        assert {name: share.n for name, share in found.shares().items()} == {
            "parameters": 18, "features": 102
        }  # fmt: skip

    def test_a_k3_is_asked_without_being_told(self, tmp_path: Path) -> None:
        with MoonshotSimulator() as server:
            settings = Settings(
                endpoint="moonshot",
                base_url=server.base_url,
                api_key=server.api_key,
                model="kimi-k3",
            )
            report = verify(
                settings,
                Job(samples=[], results=tmp_path / "r.jsonl"),
                questions=Questions(groups=["parameters"]),
            )

        assert report.conformance is not None
        # Moonshot's own API refuses two temperatures that the suite wants taken.
        wrong = [check.id for check in report.conformance.checks if not check.passed]
        assert all(name.startswith("parameters/") for name in wrong)
        assert wrong

    def test_schemas_are_taken_and_kept_to(self, tmp_path: Path) -> None:
        """A dozen of them; patterns are what the simulator does not keep to."""
        suite = tmp_path / "suite"
        suite.mkdir()
        schemas = [schema for name, schema in own_schemas().items() if "code" not in name][::8]
        lines = "\n".join(map(json.dumps, schemas))
        (suite / "valid.jsonl").write_text(lines, "utf-8")
        with MoonshotSimulator(rules="verifier") as server:
            settings = Settings(
                endpoint="moonshot",
                base_url=server.base_url,
                api_key=server.api_key,
                model="kimi-k3",
                max_retries=0,
            )
            found = ask(settings, tmp_path, "schemas", suite=suite)

        assert [check.reason for check in found.checks if not check.passed] == []
        assert found.shares()["schemas"].n == 2 * len(schemas) > 20


class TestGoingOn:
    """A conformance run that was broken off."""

    def test_what_was_answered_is_not_asked_again(self, tmp_path: Path) -> None:
        with ScriptedServer(repeats=True) as server:
            server.will(error(400, "no", "invalid_request_error"))
            ask(settings_for(server.base_url), tmp_path, "parameters")
            asked = len(server.seen)
            found = ask(settings_for(server.base_url), tmp_path, "parameters")

            assert len(server.seen) == asked == 30  # 14 wrong values, 2 x 7 defaults, 2 x none
        assert found.shares()["parameters"].good == 14

    def test_what_no_server_answered_is_asked_again(self, tmp_path: Path) -> None:
        with ScriptedServer(repeats=True) as server:
            server.will(Answer(breaks=True))
            ask(settings_for(server.base_url, max_retries=0), tmp_path, "parameters")
        with (tmp_path / "conformance.jsonl").open("a") as file:
            file.write("{cut")
        with ScriptedServer(repeats=True) as server:
            server.will(error(400, "no", "invalid_request_error"))
            found = ask(settings_for(server.base_url), tmp_path, "parameters")

        assert found.shares()["parameters"].good == 14

    def test_another_question_of_the_same_name_is_asked(self, tmp_path: Path) -> None:
        suite = tmp_path / "suite.jsonl"
        with ScriptedServer(repeats=True) as server:
            server.will(error(400, "no", "invalid_request_error"))
            for kind in ("string", "string", "integer"):
                suite.write_text(json.dumps({"type": kind}), "utf-8")
                ask(settings_for(server.base_url), tmp_path, "schemas", suite=suite)

        assert len(server.seen) == 4

    def test_a_failure_is_told_with_what_came(self, tmp_path: Path) -> None:
        message = {"role": "assistant", "content": "y" * 900}
        said = body({"id": "1", "choices": [{"message": message, "finish_reason": "stop"}]})
        with ScriptedServer(repeats=True) as server:
            server.will(said)
            found = ask(settings_for(server.base_url), tmp_path, "parameters")
        failed = [check for check in found.checks if not check.passed]

        assert len(failed) == 14
        assert failed[0].reason == "it was answered; a 400 was due"
        assert failed[0].raw.endswith("…")


class _Letters:
    """A tokenizer that takes each letter for a token."""

    exact = True

    def encode(self, text: str, allow_special: bool = False, *, dialect: str = "k2") -> list[int]:  # noqa: FBT002
        del dialect
        return [0] if allow_special else [ord(letter) for letter in text]


class _Said:
    """An answer, as a judge sees it."""

    def __init__(self, status: str = "success", finish: str = "stop", **message: Any) -> None:
        self.status = status
        self.body = {"status_code": message.get("code"), "error_message": "no", "usage": {}}
        self.choice = {"message": message, "finish_reason": finish}


CALL = {"function": {"name": "f", "arguments": '{"a": 1}'}}
OTHER = {"function": {"name": "g", "arguments": "{}"}}
TOOL = {"function": {"name": "f", "parameters": {"properties": {"a": {"type": "string"}}}}}
SCHEMA = {"type": "object", "required": ["a"]}


@pytest.mark.parametrize(
    ("judge", "said", "reason"),
    [
        (is_refused, _Said("failed", code=400), None),
        (is_refused, _Said("failed", code=500), "a 400 was due; it was 500"),
        (says(), _Said(content="hi"), None),
        (says(), _Said(content=""), "there is no content"),
        (says(), _Said(finish="length", content="hi"), "finish_reason is 'length'"),
        (says(), _Said(tool_calls=[CALL]), "it calls a tool"),
        (says(), _Said("failed"), "it was refused"),
        (says(reasoning=True), _Said(content="hi"), "no reasoning_content"),
        (calls("f"), _Said(finish="tool_calls", tool_calls=[CALL]), None),
        (calls("g"), _Said(finish="tool_calls", tool_calls=[CALL]), "it calls f, not g"),
        (calls("f"), _Said(finish="tool_calls"), "it calls nothing"),
        (calls("f"), _Said(finish="tool_calls", tool_calls=[OTHER, CALL]), None),
        (calls("f", first=True), _Said(finish="tool_calls", tool_calls=[OTHER, CALL]), "not f"),
        (calls("f"), _Said(tool_calls=[CALL]), "finish_reason is 'stop'"),
        (calls("f"), _Said("failed"), "it was refused"),
        (fits("f", [TOOL]), _Said(tool_calls=[CALL]), "1 is not of type 'string'"),
        (fits("g", [TOOL]), _Said(tool_calls=[CALL], content="x"), "it does not call g: 'x'"),
        (fits("f", [TOOL]), _Said("failed"), "it was refused"),
        (holds_json("a"), _Said(content='{"a": 1}'), None),
        (holds_json("a"), _Said(content="{"), "the content is not JSON"),
        (holds_json("a"), _Said(content="[]"), "the content is no object with a"),
        (holds_json(schema=SCHEMA), _Said(content="{}"), "'a' is a required property"),
        (holds_json(), _Said(content=""), "there is no content"),
    ],
)
def test_answers_are_judged(judge: Any, said: _Said, reason: str | None) -> None:
    found = judge([said])

    assert found is None if reason is None else reason in found


@pytest.mark.parametrize(
    ("thoughts", "reason"),
    [
        (("a", "ab"), None),
        (("a", "a"), "1 letters of reasoning at less effort, 1 at more"),
        (("a", None), "it was refused: no"),
        ((None, "a"), "it was refused: no"),
    ],
)
def test_less_effort_has_to_think_less(thoughts: list[str | None], reason: str | None) -> None:
    cases, _ = conformance_cases(Questions(groups=["features"]))
    said: list[Any] = [
        _Said("failed") if thought is None else _Said(reasoning_content=thought)
        for thought in thoughts
    ]
    found = {case.judge(said) for case in cases if len(case.bodies) == 2 and "effort" in case.id}

    assert found == {reason}


class TestQuestions:
    """Which questions there are."""

    def test_own_schemas_are_a_hundred_and_each_is_asked(self) -> None:
        assert len(own_schemas()) == 101
        assert len(schema_cases(own_schemas())) == 101

    @pytest.mark.parametrize(
        "schema",
        [
            {"type": "string", "minLength": 5_000},
            {"properties": {" a": {}}},
            {"properties": {"": {}}},
            {"properties": {"a\\n": {}}},
            {"type": "number", "maximum": float("inf")},
            {"$ref": "#/$defs/a", "$defs": {"a": {
                "type": "object", "properties": {"n": {"$ref": "#/$defs/a"}}, "required": ["n"]
            }}},
            True,
        ],
    )  # fmt: skip
    def test_what_the_suite_leaves_out_is_left_out(self, schema: Any) -> None:
        assert parameters_of(schema) is None

    def test_a_reference_to_the_whole_schema_finds_it_below_the_new_root(self) -> None:
        schema = {
            "$id": "x",
            "properties": {"next": {"$ref": "#"}, "list": [{"default": 1, "b": 2}]},
        }
        made = parameters_of(schema)

        assert made is not None
        assert made["properties"] == {"value": {"$ref": "#/$defs/__whole"}}
        assert made["$defs"]["__whole"] == {
            "properties": {"next": {"$ref": "#/$defs/__whole"}, "list": [{"b": 2}]}
        }
        assert made["$id"] == "x"

    def test_definitions_move_along(self) -> None:
        defs = {"a": {"type": "string", "default": ""}}
        made = parameters_of({"$defs": defs, "$ref": "#/$defs/a"})

        assert made is not None
        assert made["$defs"] == {"a": {"type": "string"}}

    @pytest.mark.parametrize("switch", ["thinking", "chat_template_kwargs", "reasoning", "none"])
    def test_parameters_are_18_questions_in_the_servers_words(self, switch: str) -> None:
        cases = parameter_cases(switch)

        assert len(cases) == 18
        fields = thinking_fields(switch, on=True)
        assert fields.items() <= cases[-1].bodies[0].items()
        assert bool(fields) is (switch != "none")

    def test_a_prompt_may_have_up_to_three_tokens_more(self) -> None:
        row = {"id": "a", "request": {"messages": [], "stream": True}, "expected_prompt_tokens": 10}
        (case,) = token_cases([row])

        def told(tokens: Any) -> str | None:
            said = _Said()
            said.body["usage"] = {"prompt_tokens": tokens}
            return case.judge([said])  # type: ignore[list-item]

        assert [told(tokens) is None for tokens in (9, 10, 13, 14, None)] == [
            False, True, True, False, False
        ]  # fmt: skip
        assert case.bodies == ({"messages": []},)
        assert case.judge([_Said("failed")]) == "it was refused: no"  # type: ignore[list-item]

    def test_without_a_tokenizer_no_tokens_are_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from kimi_core.tokenizer import Tokenizer

        monkeypatch.setattr(Tokenizer, "find", Tokenizer.estimate)
        cases, skipped = conformance_cases(Questions(groups=["prompt tokens"]))

        assert cases == []
        assert "KIMI_TOKENIZER" in skipped["prompt tokens"]

    def test_own_prompts_are_asked_where_a_tokenizer_counts_them(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from kimi_core.tokenizer import Tokenizer

        monkeypatch.setattr(Tokenizer, "find", _Letters)
        cases, skipped = conformance_cases(Questions(groups=["prompt tokens"]))

        assert (len(cases), skipped) == (40, {})

    @pytest.mark.deep
    def test_own_prompts_are_counted_with_the_models_tokenizer(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """Letters are tokens here: what is looked at is that both sides count the same prompt."""
        from kimi_core.tokenizer import Tokenizer

        monkeypatch.setattr(Tokenizer, "find", _Letters)
        with MoonshotSimulator(tokenizer=_Letters()) as server:
            settings = Settings(
                endpoint="moonshot",
                base_url=server.base_url,
                api_key=server.api_key,
                model="kimi-k3",
            )
            found = ask(settings, tmp_path, "prompt tokens")

        assert [check.reason for check in found.checks if not check.passed] == []
        assert found.shares()["prompt tokens"].n == 40

    def test_schemas_that_are_left_out_are_no_cases(self) -> None:
        assert schema_cases({"a": True, "b": {}})[0].id == "schemas/b"

    def test_a_recursion_that_may_end_is_asked(self) -> None:
        ends = {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "null"}]}
        node = {"type": "object", "properties": {"n": ends}, "required": ["n"]}

        assert parameters_of({"$ref": "#/$defs/a", "$defs": {"a": node}}) is not None

    def test_groups_have_names(self) -> None:
        cases, _ = conformance_cases(Questions(groups=["features", "schemas", "parameters"]))

        assert {case.group for case in cases} == {*GROUPS} - {"prompt tokens"}
        assert len({case.id for case in cases}) == len(cases)
        with pytest.raises(KimiConfigError, match="'speed' is not known"):
            conformance_cases(Questions(groups=["speed"]))


class TestSuite:
    """A folder with the suite's own files."""

    def test_schemas_and_prompts_are_told_apart(self, tmp_path: Path) -> None:
        folder = tmp_path / "TestA"
        folder.mkdir()
        (folder / "valid.jsonl").write_text('{"type": "string"}\n\n{}\n', "utf-8")
        (tmp_path / "all.jsonl").write_text('{"group": "B", "index": 3, "schema": {}}', "utf-8")
        prompt = {"id": "p", "request": {}, "expected_prompt_tokens": 3}
        (tmp_path / "cases.jsonl").write_text(json.dumps(prompt), "utf-8")
        (tmp_path / "cases.partial.jsonl").write_text(json.dumps(prompt), "utf-8")
        (tmp_path / "big.jsonl").write_text("version https://git-lfs.github.com/spec/v1\n", "utf-8")
        suite = read_suite(tmp_path)

        assert suite.schemas == {"TestA:1": {"type": "string"}, "TestA:3": {}, "B:3": {}}
        assert suite.prompts == [prompt]
        cases, _ = conformance_cases(Questions(groups=["prompt tokens"], suite=tmp_path))
        assert [case.id for case in cases] == ["prompt tokens/p"]

    @pytest.mark.parametrize(
        ("text", "said"), [("{", "cannot be read"), ("", "holds neither schemas nor prompts")]
    )
    def test_what_is_no_suite_is_said(self, tmp_path: Path, text: str, said: str) -> None:
        (tmp_path / "a.jsonl").write_text(text, "utf-8")

        with pytest.raises(KimiConfigError, match=said):
            read_suite(tmp_path)
