"""``kimi-k2 launch``: the commands of Moonshot's guides, and the arithmetic of what fits."""

from __future__ import annotations

import json
import shlex
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

pytest.importorskip("typer", reason="the command line needs the extra [cli]")

from typer.testing import CliRunner

from kimi_core.cli.app import app
from kimi_core.cli.launch_facts import GPUS, LAUNCHED_MODELS, fit
from kimi_core.cli.launch_plan import LAUNCHES, on_lines, plan_launch
from kimi_core.endpoints import ENDPOINTS
from kimi_core.errors import KimiConfigError
from kimi_core.models import MODELS
from tests.core.commands import run, words


def last_command(engine: str, **wish: Any) -> str:
    return plan_launch(engine, **wish).commands[-1][1]


@pytest.mark.parametrize(
    ("wish", "gpus"),
    [
        ({"model": "kimi-k2-instruct", "gpu_kind": "H200"}, 16),
        ({"model": "kimi-k2-instruct", "gpu_kind": "H20"}, 16),
        ({"model": "kimi-k2-thinking", "gpu_kind": "H200"}, 8),
        ({"model": "kimi-k2.6", "gpu_kind": "H200"}, 8),
    ],
    ids=["FP8 at 128k on H200", "FP8 at 128k on H20", "INT4 at 256k", "INT4 with images at 256k"],
)
def test_the_smallest_cluster_is_the_one_of_moonshots_guides(
    wish: dict[str, Any], gpus: int
) -> None:
    plan = plan_launch("vllm", **wish)

    assert f"--tensor-parallel-size {gpus} " in plan.commands[-1][1]
    assert plan.warnings == ()
    assert f"on {gpus} {wish['gpu_kind']}" in plan.hardware


def test_vllm_on_two_nodes_joins_them_by_ray() -> None:
    plan = plan_launch("vllm")

    assert [place for place, _ in plan.commands] == [
        "on node 0",
        "on each further node",
        "on node 0",
    ]
    assert plan.commands[0][1].startswith("ray start --head")
    assert plan.commands[2][1] == (
        "vllm serve moonshotai/Kimi-K2-Instruct --port 8000 --trust-remote-code "
        "--tensor-parallel-size 16 --distributed-executor-backend ray --max-model-len 131072 "
        "--enable-auto-tool-choice --tool-call-parser kimi_k2"
    )


@pytest.mark.parametrize(
    ("wish", "part"),
    [
        ({"gpus": 32}, "--tensor-parallel-size 16 --pipeline-parallel-size 2"),
        ({"model": "kimi-k2.6"}, "--reasoning-parser kimi_k2 --mm-encoder-tp-mode data"),
        ({"model": "kimi-k2-thinking"}, "--reasoning-parser kimi_k2"),
        (
            {"model": "kimi-k2.6", "thinking": False},
            """--default-chat-template-kwargs '{"thinking": false}'""",
        ),
        ({"model": "moonshotai/Kimi-K2-Instruct-0905"}, "--max-model-len 262144"),
        ({"context": 4096}, "--max-model-len 4096"),
    ],
    ids=["pipeline", "images", "thinking", "no thinking", "any spelling", "context"],
)
def test_vllms_flags_follow_the_wish(wish: dict[str, Any], part: str) -> None:
    assert part in last_command("vllm", **wish)


def test_sglang_has_a_command_for_each_node() -> None:
    commands = plan_launch("sglang").commands

    assert [place for place, _ in commands] == ["on node 0", "on node 1"]
    assert commands[0][1].endswith("--nnodes 2 --dist-init-addr $MASTER_IP:50000 --node-rank 0")
    assert commands[1][1].endswith("--node-rank 1")
    assert "--tp 16" in commands[0][1]
    assert "--node-rank" not in last_command("sglang", model="kimi-k2.6")


def test_tensorrt_llm_is_started_by_mpi_on_two_nodes() -> None:
    assert last_command("tensorrt-llm").startswith(
        "mpirun -np 16 -H $HOST0:8,$HOST1:8 --allow-run-as-root trtllm-llmapi-launch trtllm-serve "
    )
    assert last_command("TensorRT_LLM") == last_command("tensorrt-llm")
    assert last_command("tensorrt-llm", model="kimi-k2.6").startswith("trtllm-serve ")
    assert "--tool_parser kimi_k2" in last_command("tensorrt-llm")
    assert "--reasoning_parser" in plan_launch("tensorrt-llm", model="kimi-k2.6").warnings[0]
    assert "--reasoning_parser kimi_k25" in last_command("tensorrt-llm", model="kimi-k2.6")
    assert "--reasoning_parser kimi_k2" in last_command("tensorrt-llm", model="kimi-k2-thinking")
    assert "--reasoning_parser" not in last_command("tensorrt-llm")


def test_ktransformers_is_started_as_its_fork_of_sglang() -> None:
    """It keeps the experts in the computer's memory, so that one GPU will do."""
    assert "--kt-method FP8" in last_command("ktransformers")
    native = last_command("ktransformers", model="kimi-k2.6", gpus=2, context=50_000)
    assert "sglang.launch_server" in native
    assert "--port 30000" in native
    assert "--kt-method RAWINT4" in native
    assert "--tool-call-parser kimi_k2 --reasoning-parser kimi_k2" in native
    assert "--tensor-parallel-size 2" in native
    assert "about 600 GB" in plan_launch("ktransformers").hardware
    assert plan_launch("ktransformers").warnings == ()


@pytest.mark.parametrize("engine", ["sglang", "ktransformers", "tensorrt-llm"])
def test_where_there_is_no_default_for_thinking_the_way_out_is_told(engine: str) -> None:
    plan = plan_launch(engine, model="kimi-k2.6", thinking=False)

    assert any("say thinking=False in each ChatKimiK2" in text for text in plan.warnings)


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"gpus": 8}, "This does not fit into 8 H200; take 16 H200."),
        (
            {"model": "kimi-k2.6", "gpus": 8, "gpu_kind": "H20"},
            "take 16 H20 or --context 114199.",
        ),
        ({"gpus": 1}, "take 16 H200."),
        ({"gpus": 20}, "20 GPUs do not fill nodes of 8."),
    ],
    ids=["too few GPUs", "too long a context", "one GPU", "a node half full"],
)
def test_what_will_not_work_is_told(wish: dict[str, Any], said: str) -> None:
    assert plan_launch("vllm", **wish).warnings[0].endswith(said)


def test_what_fits_on_no_cluster_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GPUS, "TINY", 8)
    plan = plan_launch("vllm", gpu_kind="tiny")

    assert plan.warnings == ("This does not fit into 16 TINY; take GPUs with more memory.",)


@pytest.mark.parametrize(
    ("engine", "wish", "match"),
    [
        ("ollama", {}, "engine 'ollama' is not known"),
        ("vllm", {"model": "kimi-k2-base"}, "no open weights whose launch is known here"),
        ("vllm", {"model": "gpt-4"}, "no open weights whose launch is known here"),
        ("vllm", {"gpu_kind": "V100"}, "gpu-kind 'V100' is not known; it is one of A100"),
        ("vllm", {"context": 200_000}, "which has 131072 tokens"),
        ("vllm", {"context": -1}, "name fewer"),
        ("vllm", {"gpus": -8}, "gpus -8 is not a number of GPUs"),
        ("vllm", {"thinking": True}, "has no thinking mode"),
        ("vllm", {"model": "kimi-k2-thinking", "thinking": False}, "always thinks"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(engine: str, wish: dict[str, Any], match: str) -> None:
    with pytest.raises(KimiConfigError, match=match):
        plan_launch(engine, **wish)


def test_a_mode_that_the_model_has_anyway_may_be_said() -> None:
    assert last_command("vllm", thinking=False) == last_command("vllm")


@hypothesis.given(
    model=st.sampled_from(LAUNCHED_MODELS),
    gigabytes=st.sampled_from(sorted(GPUS.values())),
    gpus=st.integers(1, 64),
    context=st.integers(1, 262_144),
)
def test_it_fits_exactly_up_to_the_longest_context(
    model: str, gigabytes: int, gpus: int, context: int
) -> None:
    checkpoint = MODELS[model].checkpoint
    assert checkpoint is not None
    found = fit(checkpoint, gpus=gpus, gigabytes=gigabytes, context=context)

    assert found.fits == (context <= found.longest)
    if found.smallest is not None:
        assert fit(checkpoint, gpus=found.smallest, gigabytes=gigabytes, context=context).fits


@pytest.mark.parametrize("model", LAUNCHED_MODELS)
@pytest.mark.parametrize("engine", LAUNCHES)
def test_every_flag_has_a_reason_and_the_preset_finds_the_server(engine: str, model: str) -> None:
    plan = plan_launch(engine, model=model)
    served = " ".join(flag.text for flag in plan.flags)

    assert all(flag.reason for flag in plan.flags)
    assert served in plan.commands[-1][1]
    port = plan.client.partition("HOST:")[2].partition("/v1")[0]
    assert f"--port {port}" in served


def test_the_command_line_prints_command_reasons_and_the_next_step() -> None:
    result = run("launch", "vllm", "--model", "kimi-k2.6", "--gpus", "8", "--gpu-kind", "H20")

    assert result.exit_code == 0
    assert result.output.startswith("# on the node\nvllm serve moonshotai/Kimi-K2.6 --port 8000")
    assert " \\\n  --" in result.output
    assert "turns Kimi's tokens into tool_calls" in words(result.output)
    assert "Mind: This does not fit into 8 H20" in words(result.output)
    assert "kimi-k2 check --endpoint vllm --base-url http://localhost:8000/v1" in result.output


@pytest.mark.parametrize("engine", LAUNCHES)
@pytest.mark.parametrize("model", ["kimi-k2-instruct", "kimi-k2.6"])
def test_it_can_be_read_at_80_columns(engine: str, model: str) -> None:
    """The column of reasons was one letter wide, or gone; commands were one line of 300."""
    plan = plan_launch(engine, model=model)
    narrow = {"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"}
    shown = CliRunner().invoke(app, ["launch", engine, "--model", model], env=narrow).output
    lines = shown.splitlines()
    for flag in plan.flags:
        at = lines.index(flag.text)
        assert lines[at + 1].startswith("    ")
        assert flag.reason in words(shown)
    whole = shown.replace(" \\\n  ", " ")
    assert all(command in whole for _, command in plan.commands)
    flags = {flag.text for flag in plan.flags}
    too_long = [line for line in lines if len(line) > 80 and line not in flags]
    assert [line for line in too_long if not line.startswith("  --")] == []
    commands = shown[: shown.index(plan.flags[0].text + "\n")].splitlines()
    assert all(len(line) <= 80 for line in commands)


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        ("a b", "a b"),
        ("a --x 1 --y 2", "a --x 1 --y 2"),
        (f"run 'a --b' --x {'1' * 65} --y", f"run 'a --b' \\\n  --x {'1' * 65} --y"),
        (f"--as-root a-{'1' * 40} b-{'2' * 40} c", f"--as-root a-{'1' * 40} \\\n  b-{'2' * 40} c"),
        (f"--{'x' * 90} --y", f"--{'x' * 90} \\\n  --y"),
    ],
)
def test_a_shell_reads_the_lines_as_one_command(command: str, lines: str) -> None:
    assert on_lines(command) == lines
    joined = lines.replace("\\\n", "")  # as a shell does, and shlex does not
    assert shlex.split(joined) == shlex.split(command)


def test_a_plan_as_json() -> None:
    told = json.loads(run("launch", "sglang", "--json").stdout)

    assert told["engine"] == "sglang"
    assert told["commands"][0][0] == "on node 0"
    assert told["flags"][1] == {"text": "--port 30000", "reason": "the port of the preset sglang"}


def test_addresses_and_variables_are_whole_at_80_columns() -> None:
    """They were broken inside, in a table, so that nobody could copy them."""
    narrow = {"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"}
    lines = CliRunner().invoke(app, ["endpoints"], env=narrow).output.splitlines()
    assert all(len(line) <= 80 for line in lines)
    for row in ENDPOINTS.values():
        assert [row.name, row.base_url or "-"] in [line.split() for line in lines]
        assert all(any(name in line for line in lines) for name in row.api_key_names)
