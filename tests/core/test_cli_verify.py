"""``kimi-k2 verify``: its files, its output, its exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("typer", reason="the command line needs the extra [cli]")

from kimi_core.verify import Row, read_rows
from tests.core.commands import run, words
from tests.core.simulated_vendor import Vendor, asked_of
from tests.core.verify_rows import report
from tests.scripted import ScriptedServer, error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HERE = ("verify", "--endpoint", "vllm", "--model", "kimi-k2-thinking", "--base-url")


@pytest.fixture
def vendor() -> Iterator[ScriptedServer]:
    with ScriptedServer(repeats=True) as server:
        server.will(Vendor(seed=3, calls=0.8, damaged=0.7, refused=0.1))
        yield server


@pytest.fixture
def samples(tmp_path: Path) -> str:
    lines = [json.dumps(sample.body) for sample in asked_of(30)]
    (tmp_path / "samples.jsonl").write_text("\n".join(lines), "utf-8")
    return str(tmp_path / "samples.jsonl")


def test_a_run_leaves_a_report_and_shows_it(
    vendor: ScriptedServer, samples: str, tmp_path: Path
) -> None:
    at = ("--samples", samples, "--report", str(tmp_path / "a"))
    result = run(*HERE, vendor.base_url, *at)
    shown = words(result.output)

    assert result.exit_code == 0
    assert "moonshotai/Kimi-K2-Thinking at " in shown
    assert "of these, all calls fit (schema accuracy)" in shown
    assert "after repair" in shown
    assert "more failures in the report" in shown
    assert {path.name for path in (tmp_path / "a").iterdir()} == {
        "results.jsonl", "report.json", "report.md", "report.html", "summary.json"
    }  # fmt: skip


def test_json_is_the_report_and_nothing_else(
    vendor: ScriptedServer, samples: str, tmp_path: Path
) -> None:
    at = ("--samples", samples, "--report", str(tmp_path / "a"), "--limit", "4", "--json")
    result = run(*HERE, vendor.base_url, *at)
    told = json.loads(result.stdout)

    assert result.exit_code == 0
    assert told["samples"] == 4
    assert told["raw"]["schema"]["interval"]
    assert "samples" in result.stderr  # the bar


def test_a_baseline_is_compared_with_and_its_noise_told(
    vendor: ScriptedServer, samples: str, tmp_path: Path
) -> None:
    base = tmp_path / "base" / "results.jsonl"
    first = run(*HERE, vendor.base_url, "--samples", samples, "--report", str(base.parent))
    at = ("--samples", samples, "--report", str(tmp_path / "a"))
    result = run(
        *HERE, vendor.base_url, *at, "--baseline", str(base), "--baseline", str(samples_of(base))
    )

    assert first.exit_code == result.exit_code == 0
    assert "Agreement with" in result.output
    assert "Noise of the baseline against itself" in result.output


def samples_of(base: Path) -> Path:
    """Return a second run of the baseline, in which nothing is called."""
    rows = [json.loads(line) for line in base.read_text("utf-8").splitlines()]
    lines = [json.dumps({**row, "finish_reason": "stop"}) for row in rows]
    other = base.with_name("again.jsonl")
    other.write_text("\n".join(lines), "utf-8")
    return other


def test_a_run_goes_on_only_when_told_to(
    vendor: ScriptedServer, samples: str, tmp_path: Path
) -> None:
    at = (*HERE, vendor.base_url, "--samples", samples, "--report", str(tmp_path / "a"))
    run(*at)
    asked = len(vendor.seen)
    refused = run(*at)
    resumed = run(*at, "--resume")
    failed = [row for row in read_rows(tmp_path / "a" / "results.jsonl") if not row.succeeded]

    assert refused.exit_code == 2
    assert "--resume" in refused.stderr
    assert resumed.exit_code == 0
    assert len(vendor.seen) == asked + len(failed) > asked


def test_a_server_that_answers_nothing_ends_with_1(samples: str, tmp_path: Path) -> None:
    with ScriptedServer(repeats=True) as server:
        server.will(error(400, "no", "invalid_request_error"))
        at = ("--samples", samples, "--limit", "2", "--report", str(tmp_path / "a"))
        result = run(*HERE, server.base_url, *at)

    assert result.exit_code == 1


def test_two_reports_are_compared(vendor: ScriptedServer, samples: str, tmp_path: Path) -> None:
    for name in "ab":
        at = ("--samples", samples, "--limit", "5", "--report", str(tmp_path / name))
        run(*HERE, vendor.base_url, *at)
    two = ("verify", "--compare", str(tmp_path / "a"), str(tmp_path / "b"))
    result = run(*two)
    kept = run(*two, "--json", "--report", str(tmp_path / "c"))

    assert result.exit_code == kept.exit_code == 0
    assert "Agreement of B with A" in result.output
    assert json.loads(kept.stdout)["agreement"]["tool_call_f1"] == 1.0
    assert (tmp_path / "c" / "comparison.md").is_file()


def test_conformance_alone_asks_no_samples(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "suite.jsonl").write_text('{"type": "string"}', "utf-8")
    with ScriptedServer(repeats=True) as server:
        server.will(error(400, "no", "invalid_request_error"))
        monkeypatch.setattr("kimi_core.verify._conformance.feature_cases", list)
        at = ("--limit", "0", "--conformance", "--suite", str(tmp_path / "suite.jsonl"))
        result = run(*HERE, server.base_url, *at, "--report", str(tmp_path / "a"))

    assert result.exit_code == 0
    assert "Conformance: what failed" in result.output
    assert not any("wish" in json.dumps(seen.json) for seen in server.seen)


@pytest.mark.parametrize("rows", [[], None], ids=["nothing answered", "answered"])
@pytest.mark.parametrize("form", [(), ("--json",)], ids=["table", "json"])
def test_a_report_is_printed_whoever_made_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rows: list[Row] | None, form: tuple[str, ...]
) -> None:
    """Without the event loop of a run, in which coverage loses the frames around it."""
    found = report() if rows is None else report(rows)
    monkeypatch.setattr("kimi_core.cli.verify.verify", lambda *_, **__: found)
    at = ("--limit", "5", "--report", str(tmp_path / "a"))
    result = run(*HERE, "http://127.0.0.1:9/v1", *at, *form)

    assert result.exit_code == (0 if rows is None else 1)
    assert ("schema_accuracy" if form else "schema accuracy") in result.stdout


def test_ctrl_c_ends_with_130_and_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, samples: str, tmp_path: Path
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kimi_core.cli.verify.verify", stopped)
    at = ("--samples", samples, "--report", str(tmp_path / "a"))
    result = run(*HERE, "http://127.0.0.1:9/v1", *at)

    assert result.exit_code == 130
    assert "--resume goes on" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--samples", "none.jsonl"), "samples file 'none.jsonl' cannot be read"),
        (("--baseline", "none.jsonl"), "results file 'none.jsonl' cannot be read"),
        (("--extra-body", "[1]"), "extra_body '[1]' is no JSON object"),
        (("--extra-body", "{"), "is no JSON object"),
        (("--compare", "a", "b"), "report 'a' cannot be read"),
        (("--conformance", "--limit", "0", "--suite", "none"), "'none' cannot be read"),
    ],
)
def test_wrong_use_is_one_sentence(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    at = ("--report", str(tmp_path / "a"))
    result = run(*HERE, "http://127.0.0.1:9/v1", *at, *arguments)

    assert result.exit_code == 2
    assert said in words(result.stderr)
