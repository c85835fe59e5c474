"""Reports and comparisons: what is written, and what a hostile answer cannot do to it."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from kimi_core.chat import KimiChat
from kimi_core.errors import KimiConfigError
from kimi_core.verify import (
    Check,
    Conformance,
    Row,
    compare_reports,
    comparison_markdown,
    make_report,
    own_samples,
    report_markdown,
    sections,
    write_comparison,
    write_report,
)
from tests.core.simulated_vendor import settings_for
from tests.core.verify_rows import ROWS, report, row

if TYPE_CHECKING:
    from pathlib import Path

    from kimi_core.verify import Report


def cell(found: Report, title: str, name: str) -> tuple[str, ...]:
    section = next(one for one in sections(found) if one.title == title)
    return next(cells for cells in section.rows if cells[0] == name)


class TestWhatIsSaid:
    """The tables of a report."""

    def test_raw_and_repaired_stand_side_by_side(self) -> None:
        said = cell(report(), "Answers", "of these, all calls fit (schema accuracy)")

        assert said[1:] == ("33.33 % (6.1 to 79.2), 1 of 3", "66.67 % (20.8 to 93.9), 2 of 3")

    def test_failures_tell_what_became_of_them(self) -> None:
        by_sample = {failure.data_index: failure for failure in report().failures}

        assert [(at, f.kind, f.repaired) for at, f in by_sample.items()] == [
            (2, "calls", True), (3, "calls", False), (4, "cut", False), (5, "request", False)
        ]  # fmt: skip
        assert "'2' is not of type 'integer' (at nights)" in by_sample[2].reason
        assert "repaired_string_to_number" in by_sample[2].after
        assert "not run: 'nights' is a required property" in by_sample[3].after

    def test_a_baseline_stands_beside_its_noise(self) -> None:
        runs = {"official": ROWS[:3], "again": [row(1), row(2, finish="stop")]}
        found = report(baselines=runs)

        assert cell(found, "Agreement with official", "F1")[1].startswith("100.00 %")
        assert cell(found, "Noise of the baseline against itself", "again")[1].startswith("66.67 %")
        assert found.summary["tool_call_f1"] == 1.0

    def test_without_a_baseline_nothing_is_said_of_one(self) -> None:
        assert not any("baseline" in section.title for section in sections(report()))

    def test_other_questions_of_a_baseline_are_told(self) -> None:
        other = {"messages": [], "tools": []}
        runs = {"b": [Row(data_index=1, request=other, finish_reason="stop")]}
        noted = [section.note for section in sections(report(baselines=runs))]

        assert any("1 samples have other messages" in note for note in noted)

    def test_a_run_without_an_answer_is_a_report_too(self) -> None:
        found = report([ROWS[4]])

        assert cell(found, "Answers", "answered")[1].endswith("0 of 5")
        assert cell(found, "Answers", "empty answers")[1] == "- (0 of 0)"
        assert report_markdown(found)

    def test_the_stand_in_is_never_taken_for_kimi(self) -> None:
        found = replace(report(), model="local")

        assert "a stand-in that is NOT Kimi" in report_markdown(found)
        assert "NOT Kimi" not in report_markdown(report())

    def test_rows_of_moonshots_script_have_other_times(self) -> None:
        told = ["2026-11-30T10:00:05", "some day", ""]
        rows = [replace(one, last_run_at=at) for one, at in zip(ROWS[:3], told, strict=True)]

        assert report(rows).summary["eval_duration_ms"] == 100
        assert report(rows[1:]).summary["eval_duration_ms"] is None
        assert report([rows[0], ROWS[3]]).summary["eval_duration_ms"] >= 100

    def test_conformance_is_part_of_it(self) -> None:
        checks = (
            Check(id="features/a", group="features", passed=True),
            Check(id="features/b", group="features", passed=False, reason="no", raw="<b>"),
        )
        found = report(conformance=Conformance(checks=checks, skipped={"schemas": "not asked"}))

        assert cell(found, "Conformance", "features")[1].endswith("1 of 2")
        assert cell(found, "Conformance: what failed", "features/b")[1:] == ("no", "<b>")
        assert found.to_dict()["conformance"]["skipped"] == {"schemas": "not asked"}

    def test_an_answer_that_this_package_refuses_runs_nothing(self) -> None:
        broken = replace(
            ROWS[0], response={"error": {"message": "late"}, **(ROWS[0].response or {})}
        )
        found = report([broken])

        assert found.raw.schema.good == 1
        assert found.repaired.schema.n == 0
        assert found.repaired.repairs == {"KimiServerError": 1}


class _Reader(HTMLParser):
    """Keeps what a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "onclick"}]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


class TestFiles:
    """What stands on the disk."""

    def test_four_files_are_written(self, tmp_path: Path) -> None:
        written = write_report(report(baselines={"b": ROWS}), tmp_path / "new" / "folder")
        names = [path.name for path in written]
        told = json.loads(written[0].read_text("utf-8"))

        assert names == ["report.json", "report.md", "report.html", "summary.json"]
        assert told["raw"]["schema"]["n"] == 3
        assert told["baselines"][0]["tool_call_f1"] == 1.0
        assert json.loads(written[3].read_text("utf-8"))["finish_others_detail"] == {"length": 1}

    def test_a_page_loads_nothing_and_runs_nothing(self, tmp_path: Path) -> None:
        page = write_report(report(), tmp_path)[2].read_text("utf-8")
        reader = _Reader()
        reader.feed(page)

        assert "script" not in reader.tags
        assert reader.links == []
        assert "svg" in reader.tags
        assert any("<script>alert(1)</script>" in text for text in reader.texts)
        assert "default-src 'none'" in page

    def test_plots_show_shares_and_times(self, tmp_path: Path) -> None:
        page = write_report(report(baselines={"b": ROWS}), tmp_path)[2].read_text("utf-8")

        assert page.count('class="repaired"') >= 6
        assert page.count('class="baseline"') == 1
        assert page.count('class="curve"') == 1

    def test_what_a_server_says_ends_no_fence_and_no_table(self) -> None:
        text = report_markdown(report())
        inside = text.split("```````json\n")

        assert len(inside) == 3  # both that hold six backticks are fenced by seven
        assert [part.count("```````") for part in inside] == [0, 1, 1]
        reasons = [line for line in text.splitlines() if line.startswith("* ") and "alert" in line]
        assert all("<script>" not in line.replace("\\<", "") for line in reasons)
        assert len(reasons) == 1

    def test_long_answers_are_cut_in_markdown_alone(self, tmp_path: Path) -> None:
        found = report([row(1, "x" * 5_000)])
        written = write_report(found, tmp_path)

        assert "x" * 2_100 not in written[1].read_text("utf-8")
        assert "x" * 5_000 in written[0].read_text("utf-8")


class TestComparing:
    """Two reports side by side."""

    @pytest.fixture
    def folders(self, tmp_path: Path) -> tuple[Path, Path]:
        good = [row(at) for at in range(1, 6)]
        bad = [row(at, "{", finish="tool_calls") for at in range(1, 6)]
        for name, rows in (("a", good), ("b", bad)):
            write_report(report(rows), tmp_path / name)
            lines = "".join(one.line() for one in rows)
            (tmp_path / name / "results.jsonl").write_text(lines, "utf-8")
        return tmp_path / "a", tmp_path / "b"

    def test_what_differs_is_told(self, folders: tuple[Path, Path]) -> None:
        found = compare_reports(*folders)
        schema = next(d for d in found.differences if (d.column, d.name) == ("raw", "schema"))
        leaked = next(d for d in found.differences if (d.column, d.name) == ("raw", "leaked"))

        assert schema.is_told_apart
        assert not leaked.is_told_apart
        assert found.agreement is not None
        assert found.agreement.f1 == 1.0

    def test_it_is_written_as_markdown_and_json(
        self, folders: tuple[Path, Path], tmp_path: Path
    ) -> None:
        found = compare_reports(folders[0] / "report.json", folders[1])
        written = write_comparison(found, tmp_path / "c")
        text = comparison_markdown(found)

        assert "-100.00" in text
        assert "to -38.6) | yes |" in text
        assert "| no |" in text
        assert json.loads(written[0].read_text("utf-8"))["differences"][1]["told_apart"] is True

    def test_without_results_beside_them_reports_compare_all_the_same(
        self, folders: tuple[Path, Path]
    ) -> None:
        (folders[0] / "results.jsonl").unlink()

        found = compare_reports(*folders)

        assert found.agreement is None
        assert "Agreement" not in comparison_markdown(found)

    @pytest.mark.parametrize("text", ["[]", "{}", '{"raw": {}, "repaired": {}}', "no json"])
    def test_what_is_no_report_is_said(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "report.json").write_text(text, "utf-8")

        with pytest.raises(KimiConfigError, match="report"):
            compare_reports(tmp_path, tmp_path)


def test_a_report_of_own_samples_reads_every_tool_of_them() -> None:
    """Repair looks at each schema; none of ours may trip it."""
    samples = own_samples()[:60]
    rows = [Row(data_index=s.data_index, finish_reason="stop", response=TEXT) for s in samples]
    found = make_report(rows, samples, KimiChat(settings_for("http://127.0.0.1:9/v1")))

    assert found.failures == ()
    assert found.repaired.finish_reasons == {"stop": 60}


TEXT = {"choices": [{"message": {"content": "Done."}, "finish_reason": "stop"}]}
