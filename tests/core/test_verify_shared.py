"""The verifier against the published formulas, and a vendor of other people's making.

The data is third-party or generated, and lies beside the checkout; where it is absent these tests
are skipped. It lends its formulas and its vendor, both as modules.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.chat import KimiChat
from kimi_core.verify import Job, Row, make_report, read_rows, read_samples, verify
from kimi_core.verify._rows import write_rows
from kimi_core.verify._schema_cases import schema_cases
from kimi_core.verify._suite import read_suite
from kimi_core.verify._valid import all_valid
from kimi_core.verify._whole import whole_body
from tests.core.simulated_vendor import settings_for
from tests.shared import shared_path

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from kimi_core.verify import Report, Sample

pytestmark = pytest.mark.shared("data/accuracy", "data/schemas")

RATES = {"empty": 0.02, "http_fail": 0.02}
SEEDS = range(20)


def module(name: str) -> ModuleType:
    path = shared_path(f"data/accuracy/{name}.py")
    spec = importlib.util.spec_from_file_location(f"shared_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return read_samples(shared_path("data/accuracy/samples-own.jsonl"))


def answered(vendor: Any, library: ModuleType, sample: Sample) -> Row:
    """Return the row of one sample, whose answer is taken from the vendor without HTTP."""
    request = sample.prepared("kimi-k2-thinking")
    status, said = vendor.answer(request)
    if status != 200:
        return Row(data_index=sample.data_index, request=request, status="failed", response=said)
    chunks = [*library.stream_of(said)] if sample.streams else [said]
    whole = whole_body(chunks, "kimi-k2-thinking")
    choice = whole["choices"][0]
    finish, calls = choice["finish_reason"], choice["message"].get("tool_calls") or []
    return Row(
        data_index=sample.data_index,
        request=request,
        response=whole,
        finish_reason=finish,
        tool_calls_valid=all_valid(finish, calls, sample.body["tools"]),
    )


def report_of(samples: list[Sample], seed: int, **rates: float) -> tuple[Report, list[Row], Any]:
    library = module("vendor")
    vendor = library.Vendor({**library.RATES, "busy": 0.0, **rates}, seed)
    rows = [answered(vendor, library, sample) for sample in samples]
    baselines = {"official": read_rows(shared_path("data/accuracy/baseline-results.jsonl"))}
    chat = KimiChat(settings_for("http://127.0.0.1:9/v1"))
    return make_report(rows, samples, chat, baselines=baselines), rows, vendor


def lines_of(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def truth(vendor: Any, **wanted: Any) -> int:
    decided = vendor.truth.values()
    return sum(all(one.get(n) == v for n, v in wanted.items()) for one in decided)


def test_counts_equal_the_vendors_truth_and_the_published_formulas(
    samples: list[Sample], tmp_path: Path
) -> None:
    found, rows, vendor = report_of(samples, 7, **RATES)
    formulas = module("metrics")
    write_rows(tmp_path / "results.jsonl", rows)
    written = lines_of(tmp_path / "results.jsonl")
    baseline = lines_of(shared_path("data/accuracy/baseline-results.jsonl"))
    published = formulas.summary(written)
    agreed = formulas.trigger(written, baseline)

    assert (
        found.summary.items()
        >= {
            name: value for name, value in published.items() if name != "schema_accuracy_95"
        }.items()
    )
    assert found.raw.schema.interval == pytest.approx(published["schema_accuracy_95"])
    told = found.baselines[0].to_dict()
    assert {name: told[name] for name in agreed} == pytest.approx(agreed)
    assert found.summary["failure_count"] == truth(vendor, finish=None) > 0
    assert found.raw.trigger.good == truth(vendor, finish="tool_calls")
    assert found.raw.schema.good == truth(vendor, finish="tool_calls", fail=None)
    assert found.raw.leaked.good == truth(vendor, leak=True) > 0
    assert found.raw.empty.good == truth(vendor, fail="no_calls") > 0
    assert found.summary["finish_others"] == truth(vendor, finish="length")


def test_rows_are_judged_as_the_published_script_judges_them(samples: list[Sample]) -> None:
    _, rows, _ = report_of(samples[:100], 11, schema_fail=0.6)
    formulas = module("metrics")
    validate = importlib.import_module("jsonschema").validate
    for row in rows:
        other = formulas.row_of(row.data_index, row.request, row.response, row.status, validate)
        assert other["finish_reason"] == row.finish_reason
        assert other["tool_calls_valid"] == row.tool_calls_valid


@pytest.mark.deep
def test_over_20_seeds_at_least_17_intervals_hold_the_true_rates(samples: list[Sample]) -> None:
    """True is what each rate of the vendor makes of a share, given what it does before."""
    held = {"schema": 0, "leaked": 0, "trigger": 0, "recall": 0}
    for seed in SEEDS:
        found, _, vendor = report_of(samples, seed)
        rate = vendor.rates
        kept = (1 - rate["others"]) * (1 - rate["leak"])
        official = sum(one["official"] for one in vendor.truth.values()) / len(samples)
        asked = official * rate["recall"] + (1 - official) * rate["false_trigger"]
        held["schema"] += found.raw.schema.holds(1 - rate["schema_fail"])
        held["trigger"] += found.raw.trigger.holds(asked * kept)
        held["leaked"] += found.raw.leaked.holds(asked * (1 - rate["others"]) * rate["leak"])
        held["recall"] += found.baselines[0].recall.holds(rate["recall"] * kept)

    assert all(number >= 17 for number in held.values()), held


@pytest.mark.deep
def test_a_run_over_http_is_what_the_vendor_tells(samples: list[Sample], tmp_path: Path) -> None:
    library = module("vendor")
    web, vendor = library.serve(0, {**RATES, "busy": 0.02}, seed=3)
    job = Job(samples=samples, results=tmp_path / "results.jsonl", concurrency=8)
    try:
        found = verify(settings_for(f"http://127.0.0.1:{web.server_port}/v1"), job)
    finally:
        web.shutdown()
        web.server_close()

    assert found.summary["failure_count"] == truth(vendor, finish=None)
    assert found.raw.trigger.good == truth(vendor, finish="tool_calls")
    assert found.raw.schema.good == truth(vendor, finish="tool_calls", fail=None)
    assert found.raw.leaked.good == truth(vendor, leak=True)
    assert found.repaired.run_wrongly.good == 0


def test_204_of_the_212_schemas_are_asked() -> None:
    suite = read_suite(shared_path("data/schemas/kvv_walle_valid.jsonl"))

    assert len(suite.schemas) == 212
    assert len(schema_cases(suite.schemas)) == 204
