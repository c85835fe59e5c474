"""A run against a vendor that is simulated with known rates: its counts are the truth."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from kimi_core.errors import KimiConfigError
from kimi_core.verify import Job, Row, averify, read_rows, read_samples, verify
from kimi_core.verify._rows import write_rows
from tests.core.simulated_vendor import DAMAGES, Vendor, asked_of, settings_for
from tests.scripted import Answer, ScriptedServer, body, error

if TYPE_CHECKING:
    from pathlib import Path

    from kimi_core.verify import Report

RATES = {"damaged": 0.4, "leaked": 0.1, "empty": 0.05, "cut": 0.05, "refused": 0.05, "busy": 0.1}
PUBLISHED = [
    "data_index", "request", "extra_body", "response", "status", "finish_reason",
    "tool_calls_valid", "last_run_at", "duration_ms", "hash",
]  # fmt: skip


def run(vendor: Any, folder: Path, number: int = 80, **job: Any) -> Report:
    with ScriptedServer(repeats=True) as server:
        server.will(vendor)
        options = {"concurrency": 4, "results": folder / "results.jsonl", **job}
        settings = settings_for(server.base_url)
        return verify(settings, Job(samples=asked_of(number), **options))


class Measured(NamedTuple):
    """One run, which many tests look at."""

    vendor: Vendor
    report: Report
    folder: Path


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    vendor, folder = Vendor(seed=0, **RATES), tmp_path_factory.mktemp("run")
    return Measured(vendor, run(vendor, folder), folder)


class TestCounts:
    """What is counted is what the vendor decided."""

    def test_the_vendor_decided_everything_at_least_once(self, measured: Measured) -> None:
        assert set(measured.vendor.truth.values()) == {
            *DAMAGES, "right", "text", "leaked", "empty", "cut", "refused"
        }  # fmt: skip

    def test_published_counts(self, measured: Measured) -> None:
        count, summary = measured.vendor.count, measured.report.summary
        damaged = count(*DAMAGES)

        assert summary["success_count"] == 80 - count("refused")
        assert summary["failure_count"] == count("refused")
        assert summary["finish_stop"] == count("text", "leaked", "empty")
        assert summary["finish_tool_calls"] == count("right") + damaged
        assert summary["finish_others_detail"] == {"length": count("cut")}
        assert summary["successful_tool_call_count"] == count("right")
        assert summary["schema_validation_error_count"] == damaged
        assert summary["schema_accuracy"] == count("right") / (count("right") + damaged)
        assert summary["usage"]["completion_tokens"] == 20 * summary["success_count"]

    def test_raw_shares(self, measured: Measured) -> None:
        raw, count = measured.report.raw, measured.vendor.count

        assert raw.leaked.good == count("leaked")
        assert raw.empty.good == count("empty")
        assert raw.misfits.good == count(*DAMAGES)
        assert raw.run_wrongly.good == count("missing", "text for a number")
        assert raw.reasoning.value == 1.0

    def test_shares_after_repair(self, measured: Measured) -> None:
        repaired, count = measured.report.repaired, measured.vendor.count

        assert repaired.schema.good == count("right", "text for a number", "leaked")
        assert repaired.misfits.good == count("undeclared", "half a call", "missing")
        assert repaired.run_wrongly.good == 0
        assert repaired.leaked.good == 0
        assert repaired.empty.good == count("empty")

    def test_each_failure_is_told_with_reason_and_raw_output(self, measured: Measured) -> None:
        kinds = [failure.kind for failure in measured.report.failures]
        calls = [failure for failure in measured.report.failures if failure.kind == "calls"]

        assert kinds.count("request") == measured.vendor.count("refused")
        assert kinds.count("leak") == measured.vendor.count("leaked")
        assert kinds.count("empty") == measured.vendor.count("empty")
        assert kinds.count("cut") == measured.vendor.count("cut")
        assert len(calls) == measured.vendor.count(*DAMAGES)
        empty = [failure for failure in measured.report.failures if failure.kind == "empty"]
        assert not any(failure.repaired for failure in empty)
        assert {failure.repaired for failure in calls} == {True, False}
        undeclared = next(failure for failure in calls if "img_gen" in failure.reason)
        assert undeclared.raw["tool_calls"][0]["function"]["name"] == "img_gen"
        assert "not declared" in undeclared.reason

    def test_lines_have_the_published_keys_in_the_published_order(self, measured: Measured) -> None:
        lines = (measured.folder / "results.jsonl").read_text("utf-8").splitlines()
        first = json.loads(lines[0])

        assert [json.loads(line)["data_index"] for line in lines] == [*range(1, 81)]
        assert list(first) == [*PUBLISHED, "measured"]
        assert first["request"]["model"] == "moonshotai/Kimi-K2-Thinking"

    def test_a_busy_server_is_asked_again_and_spoils_no_latency(self, measured: Measured) -> None:
        retried = [r for r in read_rows(measured.folder / "results.jsonl") if r.measured["retries"]]

        assert retried
        assert measured.report.latency.duration_ms.n == measured.report.summary[
            "success_count"
        ] - len([row for row in retried if row.succeeded])
        assert measured.report.latency.first_token_ms.n > 10

    def test_a_stream_and_a_whole_answer_are_the_same_row(self, measured: Measured) -> None:
        rows = [row for row in read_rows(measured.folder / "results.jsonl") if row.succeeded]
        whole = next(r for r in rows if not r.request["stream"] and r.tool_calls_valid)
        streamed = next(r for r in rows if r.request["stream"] and r.tool_calls_valid)

        assert streamed.calls[0]["function"] == whole.calls[0]["function"]
        assert streamed.request["stream_options"] == {"include_usage": True}
        assert streamed.response is not None
        assert streamed.response["usage"]["prompt_tokens"] == 100


class TestGoingOn:
    """A run that was broken off."""

    def test_what_was_answered_is_not_asked_again_and_what_failed_is(self, tmp_path: Path) -> None:
        vendor = Vendor(seed=2, refused=0.3)
        first = run(vendor, tmp_path, 40)
        refused = {key for key, decided in vendor.truth.items() if decided == "refused"}
        better = Vendor(seed=2)
        second = run(better, tmp_path, 40, resume=True)

        assert first.summary["failure_count"] == len(refused) > 0
        assert set(better.truth) == refused
        assert second.summary["success_count"] == 40

    def test_ctrl_c_loses_what_was_under_way_and_nothing_else(self, tmp_path: Path) -> None:
        seen: list[int] = []

        def stop(row: Any) -> None:
            seen.append(row.data_index)
            on_disk = read_rows(tmp_path / "results.jsonl")
            assert [kept.data_index for kept in on_disk] == seen
            if len(seen) == 7:
                raise KeyboardInterrupt

        vendor = Vendor()
        with ScriptedServer(repeats=True) as server:
            server.will(vendor)
            job = Job(samples=asked_of(30), results=tmp_path / "results.jsonl", concurrency=1)
            with pytest.raises(KeyboardInterrupt):
                verify(settings_for(server.base_url), job, on_row=stop)
        kept = read_rows(tmp_path / "results.jsonl")
        report = run(vendor, tmp_path, 30, resume=True)

        assert [row.data_index for row in kept] == seen
        assert report.summary["success_count"] == 30

    def test_a_line_that_was_cut_is_asked_again(self, tmp_path: Path) -> None:
        run(Vendor(), tmp_path, 10)
        file = tmp_path / "results.jsonl"
        file.write_text(file.read_text("utf-8")[:-30], "utf-8")

        assert len(read_rows(file)) == 9
        assert run(Vendor(), tmp_path, 10, resume=True).summary["success_count"] == 10

    def test_results_are_never_written_over(self, tmp_path: Path) -> None:
        run(Vendor(), tmp_path, 2)

        with pytest.raises(KimiConfigError, match=r"results.*exists.*--resume"):
            run(Vendor(), tmp_path, 2)

    def test_answers_to_other_requests_are_not_mixed_in(self, tmp_path: Path) -> None:
        run(Vendor(), tmp_path, 2)

        with pytest.raises(KimiConfigError, match=r"answers to other requests \(sample 1\)"):
            run(Vendor(), tmp_path, 2, resume=True, extra_body={"temperature": 0.6})

    def test_the_newest_of_two_lines_of_a_sample_counts(self, tmp_path: Path) -> None:
        run(Vendor(calls=1.0, damaged=0.0), tmp_path, 1)
        file = tmp_path / "results.jsonl"
        old = {**json.loads(file.read_text("utf-8")), "last_run_at": "2020-01-01T00:00:00+00:00"}
        file.write_text(file.read_text("utf-8") + json.dumps({**old, "status": "failed"}), "utf-8")

        never_asked = Vendor()

        assert run(never_asked, tmp_path, 1, resume=True).summary["finish_tool_calls"] == 1
        assert never_asked.truth == {}


class TestAsking:
    """What is sent, and to whom."""

    def test_a_sample_is_sent_as_it_stands(self, tmp_path: Path) -> None:
        with ScriptedServer(repeats=True) as server:
            server.will(Vendor())
            sample = asked_of(1)[0]
            job = Job(samples=[sample], results=tmp_path / "r.jsonl", extra_body={"top_k": 5})
            verify(settings_for(server.base_url), job)

        model = "moonshotai/Kimi-K2-Thinking"
        assert server.seen[0].json == {**sample.body, "model": model, "top_k": 5}

    def test_where_no_server_is_one_sample_says_so(self, tmp_path: Path) -> None:
        """Each was tried for 8 s: 100 samples took a quarter of an hour."""
        with ScriptedServer() as server:
            gone = server.base_url
        told: list[Row] = []
        job = Job(samples=asked_of(30), results=tmp_path / "r.jsonl", concurrency=1)

        with pytest.raises(
            KimiConfigError, match=r"Check base_url, and that the server is running"
        ):
            verify(settings_for(gone, max_retries=0), job, on_row=told.append)
        assert told == []

    def test_a_server_that_goes_away_meanwhile_fails_what_it_did_not_answer(
        self, tmp_path: Path
    ) -> None:
        with ScriptedServer() as server:
            server.will(Vendor(), *[Answer((b"{",), breaks=True)] * 2)
            job = Job(samples=asked_of(3), results=tmp_path / "r.jsonl", concurrency=1)
            report = verify(settings_for(server.base_url, max_retries=0), job)

        assert report.summary["failure_count"] == 2

    def test_the_model_that_a_server_lists_is_asked(self, tmp_path: Path) -> None:
        from tests.scripted import listing

        with ScriptedServer(repeats=True) as server:
            server.listings = [listing("kimi-k2.5")]
            server.will(Vendor())
            job = Job(samples=asked_of(1), results=tmp_path / "r.jsonl")
            report = verify(settings_for(server.base_url, model=None), job)

        assert server.seen[0].json["model"] == report.model == "kimi-k2.5"

    @pytest.mark.parametrize(("status", "kind"), [(401, "invalid_authentication_error"), (404, "")])
    def test_a_run_without_hope_ends_at_once(self, tmp_path: Path, status: int, kind: str) -> None:
        refusal = error(status, "no sk-very-secret here: model not found", kind)
        with ScriptedServer(repeats=True) as server:
            server.will(refusal)
            job = Job(samples=asked_of(50), results=tmp_path / "r.jsonl", concurrency=2)
            with pytest.raises(KimiConfigError) as caught:
                verify(settings_for(server.base_url, api_key="sk-very-secret"), job)

        assert "sk-very-secret" not in str(caught.value)
        assert len(server.seen) <= 2

    def test_no_file_has_the_key(self, tmp_path: Path) -> None:
        with ScriptedServer(repeats=True) as server:
            server.will(error(400, "bad plain-secret-77", "invalid_request_error"))
            job = Job(samples=asked_of(1), results=tmp_path / "r.jsonl")
            verify(settings_for(server.base_url, api_key="plain-secret-77"), job)

        assert "bad [key hidden]" in (tmp_path / "r.jsonl").read_text("utf-8")

    def test_an_answer_that_breaks_off_is_a_failed_row(self, tmp_path: Path) -> None:
        broken = Answer((b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n',), breaks=True)
        report = run(broken, tmp_path, 2)

        assert report.summary["failure_count"] == 2
        assert {failure.kind for failure in report.failures} == {"request"}

    def test_an_answer_without_a_call_that_says_it_calls_counts_as_invalid(
        self, tmp_path: Path
    ) -> None:
        message = {"role": "assistant", "content": None, "tool_calls": []}
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
        report = run(body({"id": "1", "choices": [choice]}), tmp_path, 1)

        assert report.summary["schema_validation_error_count"] == 1
        assert [failure.kind for failure in report.failures] == ["no calls", "empty"]

    @pytest.mark.parametrize("said", [0, 1], ids=["text", "call"])
    def test_raw_text_is_parsed_here_on_the_completions_route(
        self, tmp_path: Path, said: int
    ) -> None:
        call = said * (
            "<|tool_calls_section_begin|><|tool_call_begin|>functions.book_room:0"
            '<|tool_call_argument_begin|>{"town": "Graz", "nights": "2"}<|tool_call_end|>'
            "<|tool_calls_section_end|>"
        )
        choice = {"index": 0, "text": call or "No.", "finish_reason": "stop"}
        text = body({"id": "1", "choices": [choice]})
        with ScriptedServer(repeats=True) as server:
            server.will(text)
            job = Job(samples=asked_of(1), results=tmp_path / "r.jsonl")
            settings = settings_for(server.base_url, api="completions", tool_call_parser="client")
            report = verify(settings, job)

        assert server.seen[0].path == "/v1/completions"
        assert report.summary["finish_tool_calls"] == said
        assert report.raw.schema.good == 0
        assert report.raw.leaked.good == 0
        assert report.repaired.schema.good == said

    async def test_in_a_running_loop_it_is_awaited(self, tmp_path: Path) -> None:
        job = Job(samples=asked_of(1), results=tmp_path / "r.jsonl")
        with ScriptedServer(repeats=True) as server:
            server.will(Vendor())
            with pytest.raises(KimiConfigError, match="await averify"):
                verify(settings_for(server.base_url), job)
            report = await averify(settings_for(server.base_url), job)

        assert report.summary["success_count"] == 1

    def test_no_request_at_a_time_asks_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(KimiConfigError, match="concurrency 0"):
            Job(samples=[], results=tmp_path / "r.jsonl", concurrency=0)


def test_half_a_character_is_kept_as_it_came(tmp_path: Path) -> None:
    """Of a file that another program wrote; the reader of answers takes none."""
    row = Row(data_index=1, response={"text": "a\ud800b"})
    write_rows(tmp_path / "r.jsonl", [row])

    assert read_rows(tmp_path / "r.jsonl") == [row]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no request"),
        ("{", "line 1 of samples"),
        ('{"messages": []}', "line 1 of samples"),
        ('\n{"messages": ["a"]}', "line 2 of samples"),
    ],
)
def test_a_samples_file_that_is_none_says_where(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "samples.jsonl"
    file.write_text(text, "utf-8")

    with pytest.raises(KimiConfigError, match=said):
        read_samples(file)


def test_a_samples_file_may_be_packed(tmp_path: Path) -> None:
    import gzip

    line = json.dumps({"messages": [{"role": "_input", "content": "x"}]})
    (tmp_path / "s.jsonl.gz").write_bytes(gzip.compress(f"\n{line}\n".encode()))
    (sample,) = read_samples(tmp_path / "s.jsonl.gz")

    assert sample.data_index == 2
    assert sample.prepared("m")["messages"] == [{"role": "system", "content": "x"}]


@pytest.mark.parametrize("name", ["no-such.jsonl", "broken.gz"])
def test_files_that_cannot_be_read_are_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "broken.gz").write_bytes(b"no gzip")

    with pytest.raises(KimiConfigError, match=name):
        read_samples(tmp_path / name)


def test_a_results_file_with_something_else_in_it_says_where(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text('{"data_index": 1}\n[]\n{"data_index": 2}\n', "utf-8")

    with pytest.raises(KimiConfigError, match="line 2 of results"):
        read_rows(tmp_path / "r.jsonl")
    with pytest.raises(KimiConfigError, match="cannot be read"):
        read_rows(tmp_path / "none.jsonl")
