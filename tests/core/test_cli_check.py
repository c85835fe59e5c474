"""``kimi-k2 check``, ``models``, ``endpoints`` and ``demo``: output, exit codes, no secrets."""

from __future__ import annotations

import json
from types import MappingProxyType, SimpleNamespace

import pytest

pytest.importorskip("typer", reason="the command line needs the extra [cli]")

from kimi_core import local
from kimi_core.check import PROBES
from kimi_core.cli._output import plain
from kimi_core.endpoints import ENDPOINTS
from kimi_core.models import MODELS
from tests.core.commands import run, words
from tests.core.simulated_engine import MODEL, Setup, SimulatedEngine, serving
from tests.scripted import error

HERE = ("--endpoint", "vllm", "--model", MODEL, "--base-url")
SECRET = "sk-very-secret"


class TestCheck:
    """What a user sees of a report."""

    def test_a_good_server_ends_with_0_and_a_table(self) -> None:
        with serving(SimulatedEngine(Setup(lists={"max_model_len": 262_144}))) as at:
            result = run("check", *HERE, at.base_url)

        assert result.exit_code == 0
        assert all(probe.name in result.output for probe in PROBES)
        assert "14 green. 11 requests," in result.output
        assert "To fix it" not in result.output

    def test_a_bad_server_ends_with_1_and_the_flag_that_repairs_it(self) -> None:
        with serving(SimulatedEngine(Setup(lists={}, tool_parser="off", sees=False))) as at:
            result = run("check", *HERE, at.base_url)

        assert result.exit_code == 1
        assert "tool_call: No agent can run." in result.output
        assert "--enable-auto-tool-choice --tool-call-parser kimi_k2" in result.output
        assert "10 green" not in result.output
        assert "1 amber, 2 red, 2 skipped." in result.output

    def test_json_is_the_report_and_nothing_else(self) -> None:
        with serving(SimulatedEngine(Setup(lists={}, streams=False))) as at:
            result = run("check", *HERE, at.base_url, "--json")

        told = json.loads(result.stdout)
        assert result.exit_code == 0
        assert told["passed"] is True
        assert told["model"] == MODEL
        assert [row["probe"] for row in told["findings"]] == [probe.name for probe in PROBES]

    def test_json_of_a_bad_server_ends_with_1_too(self) -> None:
        with serving(SimulatedEngine(Setup(lists={}, cuts_streams=True))) as at:
            result = run("check", *HERE, at.base_url, "--json")

        assert result.exit_code == 1
        assert json.loads(result.stdout)["passed"] is False

    def test_the_options_reach_the_server(self) -> None:
        with serving(SimulatedEngine(Setup(lists={}, model="ours", tool_parser="leaks"))) as at:
            result = run(
                *("check", "--endpoint", "vllm", "--base-url", at.base_url, "--model", "ours"),
                *("--base-model", "kimi-k2.6", "--tool-call-parser", "client"),
                *("--api", "chat", "--timeout", "5"),
            )

        asked = [seen.json for seen in at.seen if seen.json and seen.json.get("tools")]
        assert asked[0]["model"] == "ours"
        assert asked[0]["tool_choice"] == "none"  # keeps vLLM's parser out
        assert "parsed here, as configured" in result.output

    def test_the_stand_in_is_never_taken_for_kimi(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with serving(lambda *_: error(400, "no", "invalid_request_error")) as at:
            engine = SimpleNamespace(base_url=at.base_url)
            monkeypatch.setattr(local, "shared_engine", lambda _: engine)
            result = run("check", "--endpoint", "local")

        assert "a stand-in that is NOT Kimi" in result.output

    @pytest.mark.parametrize("form", [(), ("--json",)], ids=["table", "json"])
    def test_the_key_is_never_printed(
        self, monkeypatch: pytest.MonkeyPatch, form: tuple[str, ...]
    ) -> None:
        """Not even where the server repeats it."""
        monkeypatch.setenv("VLLM_API_KEY", SECRET)
        refusal = error(401, f"Incorrect API key provided: {SECRET}", "invalid_request_error")
        with serving(lambda *_: refusal) as at:
            result = run("check", *HERE, at.base_url, *form)

        assert at.seen[0].headers["authorization"] == f"Bearer {SECRET}"
        assert result.exit_code == 1
        assert "Incorrect API key provided: [key hidden]" in result.output
        assert SECRET not in result.output + result.stderr

    def test_there_is_no_option_for_the_key(self) -> None:
        """A shell would remember it, and every process would see it."""
        result = run("check", "--api-key", SECRET)

        assert result.exit_code == 2
        assert "No such option" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "--endpoint", "vlm"), "Did you mean 'vllm'"),
        (("check", "--endpoint", "vllm", "--base-url", "gpu:8000"), "is not an http(s) URL"),
        (("check", "--endpoint", "vllm", "--api", "rest"), "api 'rest' is not known"),
        (("check", "--endpoint", "openrouter"), "OPENROUTER_API_KEY"),
        (("demo", "--endpoint", "moonshoot"), "Did you mean 'moonshot'"),
        (("launch", "ollama"), "it is one of vllm, sglang, ktransformers, tensorrt-llm"),
        (("serve", "--port", "0", "--model", "no-such.gguf"), "'no-such.gguf' is not a file"),
        (("setup", "--endpoint", "local"), "takes no key"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
@pytest.mark.usefixtures("no_keys")
def test_wrong_use_is_one_sentence_and_ends_with_2(
    arguments: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.chdir(str(tmp_path))
    result = run(*arguments)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"kimi-k2 {arguments[0]}: ")
    assert said in words(result.stderr)
    assert "Traceback" not in result.output + result.stderr


class TestTables:
    """What is known of models and endpoints."""

    def test_models_are_listed(self) -> None:
        result = run("models")

        assert result.exit_code == 0
        assert all(name in result.output for name in MODELS)
        assert "1,048,576" in result.output

    def test_models_as_json_hold_every_fact(self) -> None:
        rows = json.loads(run("models", "--json").stdout)

        assert [row["name"] for row in rows] == list(MODELS)
        assert rows[0]["pinned"]["temperature"] == 1.0
        assert rows[0]["inputs"] == ["text", "image", "video"]

    def test_endpoints_are_listed(self) -> None:
        result = run("endpoints")

        assert result.exit_code == 0
        heads = [line.split()[0] for line in result.output.splitlines() if line[0] != " "]
        assert heads == list(ENDPOINTS)
        assert "https://api.moonshot.cn/v1" in result.output

    def test_endpoints_as_json_hold_every_fact(self) -> None:
        rows = {row["name"]: row for row in json.loads(run("endpoints", "--json").stdout)}

        assert list(rows) == list(ENDPOINTS)
        assert rows["vllm"]["raw_fields"]["skip_special_tokens"] is False
        assert rows["moonshot"]["api_key_names"] == ["MOONSHOT_API_KEY", "KIMI_API_KEY"]

    def test_a_read_only_mapping_is_json_too(self) -> None:
        assert plain(MappingProxyType({"a": (1, None)})) == {"a": [1, None]}


@pytest.mark.parametrize(("succeeded", "code"), [(True, 0), (False, 1)])
def test_the_demo_ends_with_its_verdict(
    succeeded: bool, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo itself runs in ``tests/engine``."""
    monkeypatch.setattr("kimi_core.cli.demo.run_demos", lambda **_: succeeded)

    assert run("demo").exit_code == code


@pytest.mark.parametrize(
    "command", ["setup", "check", "models", "endpoints", "demo", "serve", "launch"]
)
def test_every_command_explains_itself(command: str) -> None:
    result = run(command, "--help")

    assert result.exit_code == 0
    assert words(run("--help").output).count(f" {command} ") >= 1
