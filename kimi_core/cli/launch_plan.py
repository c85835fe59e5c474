"""From a model, GPUs and a context to the command that serves them. Pure.

Owns: the flags of each engine and the reason for each. May know: the facts of the launch, models,
endpoints, errors. It starts nothing.

Sources: as for `kimi_core.cli.launch_facts`; vLLM's flags were seen at work on vLLM 0.32.0, those
of the other engines are their guides'.
"""

from __future__ import annotations

import math
import shlex
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from kimi_core.cli.launch_facts import Fit, Weights, find_gpu, find_weights, fit
from kimi_core.endpoints import ENDPOINTS
from kimi_core.errors import KimiConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ENGINES", "Flag", "LaunchPlan", "plan_launch"]

_GPUS_PER_NODE = 8
_WIDEST = 16  # Moonshot's guide: pure tensor parallelism up to 16 GPUs, pipeline stages beyond


@dataclass(frozen=True, slots=True)
class Flag:
    """A part of a command line, and why it is there."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchPlan:
    """How to serve a model.

    Attributes:
        engine: The engine, an endpoint's name.
        model: The model.
        commands: Where, and what to run there, in this order.
        flags: The parts of the command with their reasons.
        hardware: What it takes, in a sentence.
        warnings: What will not work.
        client: How a program then reaches it.
    """

    engine: str
    model: str
    commands: tuple[tuple[str, str], ...]
    flags: tuple[Flag, ...]
    hardware: str
    warnings: tuple[str, ...]
    client: str

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What is to be served, where."""

    weights: Weights
    gpus: int
    context: int
    thinking: bool | None
    name: str

    @property
    def nodes(self) -> int:
        return math.ceil(self.gpus / _GPUS_PER_NODE)

    @property
    def thinks(self) -> bool:
        return self.weights.info.thinking != "none"


@dataclass(frozen=True, slots=True)
class _Engine:
    """How one engine is launched: its flags, and the commands made of them."""

    flags: Callable[[_Wish], list[Flag]]
    commands: Callable[[_Wish, str], list[tuple[str, str]]]
    on_gpus: bool = True
    notes: dict[str, str] = field(default_factory=dict[str, str])


def plan_launch(
    engine: str,
    *,
    model: str = "kimi-k2-instruct",
    gpus: int | None = None,
    gpu_kind: str = "H200",
    context: int | None = None,
    thinking: bool | None = None,
) -> LaunchPlan:
    """Return how to serve a model.

    Args:
        engine: "vllm", "sglang", "ktransformers" or "tensorrt-llm".
        model: A model with open weights, in any spelling.
        gpus: Number of GPUs; the smallest of 8, 16, 32, 64 that fits where it is None.
        gpu_kind: Kind of GPU, e.g. "H200".
        context: Tokens of the longest request; what the model has where it is None.
        thinking: False for a server that does not think unless asked; None for the model's way.

    Raises:
        KimiConfigError: For an unknown engine, model or GPU, a context that the model does not
            have, or a thinking mode that it does not have.
    """
    engine = engine.strip().lower().replace("_", "-")
    launcher = _find_engine(engine)
    weights = find_weights(model)
    kind, gigabytes = find_gpu(gpu_kind)
    _check_thinking(weights, thinking)
    tokens = _context(weights, context)
    count = gpus if gpus is not None else _count(launcher, weights, gigabytes, tokens)
    if count < 1:
        raise KimiConfigError(f"gpus {count} is not a number of GPUs; name one or more.")
    wish = _Wish(
        weights=weights,
        gpus=count,
        context=tokens,
        thinking=thinking if weights.info.thinking == "switchable" else None,
        name=ENDPOINTS[engine].spell(weights.model),
    )
    return _planned(engine, launcher, wish, kind, gigabytes)


def _planned(engine: str, launcher: _Engine, wish: _Wish, kind: str, gigabytes: int) -> LaunchPlan:
    flags = launcher.flags(wish)
    line = " ".join(flag.text for flag in flags)
    size = fit(wish.weights, gpus=wish.gpus, gigabytes=gigabytes, context=wish.context)
    return LaunchPlan(
        engine=engine,
        model=wish.weights.model,
        commands=tuple(launcher.commands(wish, line)),
        flags=tuple(flags),
        hardware=_hardware(wish, kind, size) if launcher.on_gpus else launcher.notes["hardware"],
        warnings=tuple(_warnings(wish, kind, size, launcher)),
        client=_client(engine, wish.weights.model),
    )


def _count(launcher: _Engine, weights: Weights, gigabytes: int, context: int) -> int:
    if not launcher.on_gpus:
        return 1
    size = fit(weights, gpus=_GPUS_PER_NODE, gigabytes=gigabytes, context=context)
    return size.smallest or _WIDEST


def _find_engine(engine: str) -> _Engine:
    if engine not in ENGINES:
        message = f"engine {engine!r} is not known; it is one of {', '.join(ENGINES)}."
        raise KimiConfigError(message)
    return ENGINES[engine]


def _context(weights: Weights, context: int | None) -> int:
    longest = weights.info.context_window
    if context is not None and not 0 < context <= longest:
        message = (
            f"context {context} does not go with model {weights.model!r}, which has {longest} "
            "tokens; name fewer, or leave it out."
        )
        raise KimiConfigError(message)
    return context or longest


def _check_thinking(weights: Weights, thinking: bool | None) -> None:  # noqa: FBT001 - the option
    mode = weights.info.thinking
    if thinking is not None and mode != "switchable" and thinking != (mode == "always"):
        rule = "always thinks" if mode == "always" else "has no thinking mode"
        message = f"thinking={thinking} does not go with model {weights.model!r}, which {rule}."
        raise KimiConfigError(message)


def _hardware(wish: _Wish, kind: str, size: Fit) -> str:
    return (
        f"{wish.weights.model} is {wish.weights.gigabytes} GB of {wish.weights.format} weights; on "
        f"{wish.gpus} {kind} ({wish.nodes} node{'s' if wish.nodes > 1 else ''}) each GPU needs "
        f"about {size.needed:.0f} of {size.usable:.0f} GB for them and one context of "
        f"{wish.context} tokens."
    )


def _warnings(wish: _Wish, kind: str, size: Fit, launcher: _Engine) -> list[str]:
    found: list[str] = []
    if launcher.on_gpus and not size.fits:
        ways = [f"{size.smallest} {kind}"] if size.smallest else []
        ways += [f"--context {size.longest}"] if size.longest else []
        ways = ways or ["GPUs with more memory"]
        found.append(f"This does not fit into {wish.gpus} {kind}; take {' or '.join(ways)}.")
    if wish.gpus > _GPUS_PER_NODE and wish.gpus % _GPUS_PER_NODE:
        found.append(f"{wish.gpus} GPUs do not fill nodes of {_GPUS_PER_NODE}.")
    if wish.thinking is False and "no_default" in launcher.notes:
        found.append(launcher.notes["no_default"])
    if wish.thinks and "reasoning" in launcher.notes:
        found.append(launcher.notes["reasoning"])
    return found


def _client(engine: str, model: str) -> str:
    base_url = ENDPOINTS[engine].base_url.replace("localhost", "HOST")
    return f'ChatKimiK2(endpoint="{engine}", base_url="{base_url}", model="{model}")'


_TRUST = "the tokenizer is Python code in the checkpoint"
_TOOLS = "turns Kimi's tokens into tool_calls; without it agents see text"
_REASONING = (
    "splits thinking off; without it thoughts stand in the content, and calls of a forced tool "
    "come as raw tokens"
)


def _parsers(wish: _Wish) -> list[Flag]:
    flags = [Flag("--tool-call-parser kimi_k2", _TOOLS)]
    if wish.thinks:
        flags.append(Flag("--reasoning-parser kimi_k2", _REASONING))
    return flags


def _vllm(wish: _Wish) -> list[Flag]:
    width = min(wish.gpus, _WIDEST)
    flags = [
        Flag(f"vllm serve {wish.name}", "the name that the preset vllm asks for"),
        Flag("--port 8000", "the port of the preset vllm"),
        Flag("--trust-remote-code", _TRUST),
        Flag(f"--tensor-parallel-size {width}", "one shard of every layer for each GPU"),
    ]
    if wish.gpus > width:
        stages = math.ceil(wish.gpus / width)
        flags.append(Flag(f"--pipeline-parallel-size {stages}", "stages beyond 16 GPUs"))
    if wish.nodes > 1:
        flags.append(Flag("--distributed-executor-backend ray", "GPUs on several nodes"))
    flags += [
        Flag(f"--max-model-len {wish.context}", "the cache is planned for this context"),
        Flag("--enable-auto-tool-choice", "without it every request with tools is a 400"),
        *_parsers(wish),
    ]
    if "image" in wish.weights.info.inputs:
        flags.append(Flag("--mm-encoder-tp-mode data", "the small vision tower is not sharded"))
    if wish.thinking is False:
        kwargs = shlex.quote('{"thinking": false}')
        flags.append(
            Flag(f"--default-chat-template-kwargs {kwargs}", "no thinking unless a request asks")
        )
    return flags


def _vllm_commands(wish: _Wish, line: str) -> list[tuple[str, str]]:
    if wish.nodes == 1:
        return [("on the node", line)]
    return [
        ("on node 0", "ray start --head --port 6379"),
        ("on each further node", "ray start --address $MASTER_IP:6379"),
        ("on node 0", line),
    ]


def _sglang(wish: _Wish) -> list[Flag]:
    flags = [
        Flag(f"python -m sglang.launch_server --model-path {wish.name}", "the weights"),
        Flag("--port 30000", "the port of the preset sglang"),
        Flag("--trust-remote-code", _TRUST),
        Flag(f"--tp {wish.gpus}", "one shard of every layer for each GPU"),
        Flag(f"--context-length {wish.context}", "the cache is planned for this context"),
        *_parsers(wish),
    ]
    if wish.nodes > 1:
        nodes = f"--nnodes {wish.nodes} --dist-init-addr $MASTER_IP:50000"
        flags.append(Flag(nodes, "the nodes find each other"))
    return flags


def _sglang_commands(wish: _Wish, line: str) -> list[tuple[str, str]]:
    if wish.nodes == 1:
        return [("on the node", line)]
    return [(f"on node {rank}", f"{line} --node-rank {rank}") for rank in range(wish.nodes)]


def _tensorrt_llm(wish: _Wish) -> list[Flag]:
    return [
        Flag(f"trtllm-serve {wish.name}", "the name that the preset tensorrt-llm asks for"),
        Flag("--backend pytorch", "the backend that has Kimi's architecture"),
        Flag("--port 8000", "the port of the preset tensorrt-llm"),
        Flag(f"--tp_size {wish.gpus}", "one shard of every layer for each GPU"),
        Flag(f"--ep_size {min(wish.gpus, _GPUS_PER_NODE)}", "experts are spread inside a node"),
        Flag(f"--max_seq_len {wish.context}", "the cache is planned for this context"),
        Flag("--trust_remote_code", _TRUST),
        Flag("--tool_parser kimi_k2", _TOOLS),
    ]


def _tensorrt_llm_commands(wish: _Wish, line: str) -> list[tuple[str, str]]:
    if wish.nodes == 1:
        return [("on the node", line)]
    hosts = ",".join(f"$HOST{rank}:{_GPUS_PER_NODE}" for rank in range(wish.nodes))
    run = f"mpirun -np {wish.gpus} -H {hosts} --allow-run-as-root trtllm-llmapi-launch"
    return [("on node 0, in the container", f"{run} {line}")]


def _ktransformers(wish: _Wish) -> list[Flag]:
    if wish.weights.format == "INT4":
        return _kt_kernel(wish)
    rules = "ktransformers/optimize/optimize_rules/DeepSeek-V3-Chat-serve.yaml"
    return [
        Flag("python ktransformers/server/main.py", "run in KTransformers' own folder"),
        Flag("--port 10002", "the port of the preset ktransformers"),
        Flag("--model_path $MODEL_DIR", "the checkpoint's files without the weights"),
        Flag("--gguf_path $GGUF_DIR", "weights as GGUF, e.g. Q4_K_M"),
        Flag(f"--optimize_config_path {rules}", "experts on the CPU, the rest on the GPU"),
        Flag("--backend_type balance_serve", "serves several requests at a time"),
        Flag("--max_batch_size 4", "how many"),
        Flag(f"--cache_lens {wish.context}", "the cache is planned for this context"),
        Flag("--max_new_tokens 8192", "the guide's 1024 would cut long tool calls"),
    ]


def _kt_kernel(wish: _Wish) -> list[Flag]:
    return [
        Flag("python -m sglang.launch_server --model $MODEL_DIR", "of the package sglang-kt"),
        Flag("--port 10002", "the port of the preset ktransformers"),
        Flag(f"--served-model-name {wish.name}", "the name that the preset asks for"),
        Flag("--trust-remote-code", _TRUST),
        Flag("--kt-weight-path $MODEL_DIR", "the CPU reads the same INT4 weights"),
        Flag("--kt-method RAWINT4", "that is their format"),
        Flag("--kt-cpuinfer $CORES --kt-threadpool-count 2", "cores, and NUMA nodes"),
        Flag("--kt-num-gpu-experts 8", "experts kept on the GPU; more where memory is left"),
        Flag(f"--tensor-parallel-size {wish.gpus}", "the number of GPUs"),
        Flag("--mem-fraction-static 0.94", "what the GPU keeps is planned tightly"),
        Flag(f"--max-total-tokens {wish.context}", "the cache is planned for this context"),
    ]


_RAM = (
    "The experts lie in the computer's memory: about 600 GB of it (4-bit weights), a CPU with "
    "AVX512, and one GPU with 14 GB (GGUF) or 48 GB (native INT4)."
)
_NO_DEFAULT = "This engine has no switch for a default: say thinking=False in each ChatKimiK2."

ENGINES: dict[str, _Engine] = {
    "vllm": _Engine(_vllm, _vllm_commands),
    "sglang": _Engine(_sglang, _sglang_commands, notes={"no_default": _NO_DEFAULT}),
    "ktransformers": _Engine(
        _ktransformers,
        lambda _wish, line: [("on the node", line)],
        on_gpus=False,
        notes={"hardware": _RAM, "no_default": _NO_DEFAULT},
    ),
    "tensorrt-llm": _Engine(
        _tensorrt_llm,
        _tensorrt_llm_commands,
        notes={
            "no_default": _NO_DEFAULT,
            "reasoning": "The names of reasoning parsers differ by version: take Kimi's from "
            "trtllm-serve --help for --reasoning_parser, and prove it with kimi-k2 check.",
        },
    ),
}
"""Engines by endpoint name."""
