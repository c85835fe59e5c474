"""How each engine that one can start is told what Kimi needs: one row an engine.

Owns: launch flags with their reasons, by endpoint name, for `kimi-k2 launch`, which writes whole
commands, and for `kimi-k2 check`, which names the flag that repairs a server.
May know: the standard library. Ports stand in the endpoints' rows, what a model is in the models'.

Sources: Moonshot's deployment guides of K2 (2025-07), K2-Thinking and K2.6, KTransformers' guides,
the engines' own help texts, and a vLLM 0.32.0: its flags were seen at work, its refusals name them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

__all__ = ["ENGINES", "Engine", "Flag", "Need", "parser_of", "reasoning_parser_of", "repairs_of"]

Need = Literal["tools", "reasoning", "history", "context", "images"]
"""What a server may lack."""

When = Literal["", "stages", "nodes", "thinks", "images", "no_thinking", "fp8", "native"]
"""Where a flag belongs into a launch; empty for everywhere."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A part of a command line, and why it is there.

    Attributes:
        text: The part; ``{context}``, ``{parser}`` and other words in braces are filled in.
        reason: Why.
        gives: What a server without it lacks, or None.
        when: Where it is needed.
    """

    text: str
    reason: str
    gives: Need | None = None
    when: When = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """How one engine is told.

    Attributes:
        begins: How a sentence about its flags begins.
        flags: The parts of its command line, in their order; none for one that has no launch here.
        repairs: What repairs a server where that is no flag of a launch, or not a flag alone.
        nodes: Where to run what on several nodes, in this order; a ``{rank}`` is each node's.
        hardware: What it takes, where that is not GPUs with room for all weights.
        thinking_note: What to mind where the model thinks.
    """

    begins: str = ""
    flags: tuple[Flag, ...] = ()
    repairs: Mapping[Need, str] = field(default_factory=dict["Need", str])
    nodes: tuple[tuple[str, str], ...] = ()
    hardware: str = ""
    thinking_note: str = ""

    def repair(self, need: Need) -> str:
        """Return the end of a sentence: what gives a server what it lacks, words in braces."""
        flags = " ".join(flag.text for flag in self.flags if flag.gives == need)
        told = self.repairs.get(need) or _EVERYWHERE.get(need)
        return told or f"{self.begins} {flags}"


# Which field a server reads is no matter of its flags.
_EVERYWHERE: Mapping[Need, str] = {
    "history": "use the field that the server reads (vLLM: reasoning, SGLang and Moonshot: "
    "reasoning_content) by an Endpoint with reasoning_field=..., or api='completions', with the "
    "prompt rendered here",
}


def _only(when: When, *rows: tuple[str, str]) -> tuple[Flag, ...]:
    return tuple(Flag(text, reason, when=when) for text, reason in rows)


_NAME = "the name that the preset {engine} asks for"
_PORT = Flag("--port {port}", "the port of the preset {engine}")
_CACHE = "the cache is planned for this context"
_TRUST = "the tokenizer is Python code in the checkpoint"
_SHARDS = "one shard of every layer for each GPU"
_TOOLS = "turns Kimi's tokens into tool_calls; without it agents see text"
_SPLITS = (
    "splits thinking off; without it thoughts stand in the content, and calls of a forced tool "
    "come as raw tokens"
)
_PARSERS = (
    Flag("--tool-call-parser {parser}", _TOOLS, "tools"),
    Flag("--reasoning-parser {parser}", _SPLITS, "reasoning", "thinks"),
)
_NO_THINKING = """--default-chat-template-kwargs '{{"thinking": false}}'"""
_NODES = "--nnodes {nodes} --dist-init-addr $MASTER_IP:50000"

_VLLM = Engine(
    begins="start vLLM with",
    flags=(
        Flag("vllm serve {name}", _NAME),
        _PORT,
        Flag("--trust-remote-code", _TRUST),
        Flag("--tensor-parallel-size {width}", _SHARDS),
        Flag("--pipeline-parallel-size {stages}", "stages beyond 16 GPUs", when="stages"),
        Flag("--distributed-executor-backend ray", "GPUs on several nodes", when="nodes"),
        Flag("--max-model-len {context}", _CACHE, "context"),
        Flag("--enable-auto-tool-choice", "without it every request with tools is a 400", "tools"),
        *_PARSERS,
        Flag("--mm-encoder-tp-mode data", "the small vision tower is not sharded", when="images"),
        Flag(_NO_THINKING, "no thinking unless a request asks", when="no_thinking"),
    ),
    repairs={
        "images": "serve the checkpoint with its vision tower, without a limit of 0 images in "
        "vLLM's --limit-mm-per-prompt",
    },
    nodes=(
        ("on node 0", "ray start --head --port 6379"),
        ("on each further node", "ray start --address $MASTER_IP:6379"),
        ("on node 0", "{line}"),
    ),
)

_SGLANG = Engine(
    begins="start SGLang with",
    flags=(
        Flag("python -m sglang.launch_server --model-path {name}", "the weights"),
        _PORT,
        Flag("--trust-remote-code", _TRUST),
        Flag("--tp {gpus}", _SHARDS),
        Flag("--context-length {context}", _CACHE, "context"),
        *_PARSERS,
        Flag(_NODES, "the nodes find each other", when="nodes"),
    ),
    repairs={"images": "serve a model that reads images, with SGLang's --enable-multimodal"},
    nodes=(("on node {rank}", "{line} --node-rank {rank}"),),
)

# The server of KTransformers' own that its guides started on port 10002 until 2025-09 lies in its
# archive; today kt-kernel computes for a fork of SGLang, which takes SGLang's flags as well.
_KTRANSFORMERS = Engine(
    begins="start sglang-kt with",
    flags=(
        Flag("python -m sglang.launch_server --model $MODEL_DIR", "of the package sglang-kt"),
        _PORT,
        Flag("--served-model-name {name}", "the name that the preset asks for"),
        Flag("--trust-remote-code", _TRUST),
        Flag("--kt-weight-path $MODEL_DIR", "the CPU reads the same weights"),
        *_only("native", ("--kt-method RAWINT4", "that is their format")),
        *_only("fp8", ("--kt-method FP8", "that is their format")),
        Flag("--kt-cpuinfer $CORES --kt-threadpool-count 2", "cores, and NUMA nodes"),
        Flag("--kt-num-gpu-experts 8", "experts kept on the GPU; more where memory is left"),
        Flag("--tensor-parallel-size {gpus}", "the number of GPUs"),
        Flag("--mem-fraction-static 0.94", "what the GPU keeps is planned tightly"),
        Flag("--max-total-tokens {context}", _CACHE, "context"),
        *_PARSERS,
    ),
    repairs={"images": "use another engine for images"},
    hardware="The experts lie in the computer's memory: about 600 GB of it for INT4 weights, 1,100 "
    "GB for FP8 ones, a CPU with AVX512, and one GPU with 48 GB.",
)

_TENSORRT_LLM = Engine(
    begins="start trtllm-serve with",
    flags=(
        Flag("trtllm-serve {name}", _NAME),
        Flag("--backend pytorch", "the backend that has Kimi's architecture"),
        _PORT,
        Flag("--tp_size {gpus}", _SHARDS),
        Flag("--ep_size {width_of_node}", "experts are spread inside a node"),
        Flag("--max_seq_len {context}", _CACHE, "context"),
        Flag("--trust_remote_code", _TRUST),
        Flag("--tool_parser {parser}", _TOOLS, "tools"),
        Flag("--reasoning_parser {reasoning_parser}", _SPLITS, "reasoning", "thinks"),
    ),
    repairs={
        "images": "serve a model that reads images",
    },
    nodes=(
        (
            "on node 0, in the container",
            "mpirun -np {gpus} -H {hosts} --allow-run-as-root trtllm-llmapi-launch {line}",
        ),
    ),
    thinking_note="kimi_k2 and kimi_k25 were read in TensorRT-LLM's sources, and not tried: take "
    "Kimi's from trtllm-serve --help for --reasoning_parser, and prove it with kimi-k2 check.",
)

_LLAMA_CPP = Engine(
    repairs={
        "tools": "start llama-server with --jinja",
        "reasoning": "start llama-server with --jinja --reasoning-format auto",
        "history": "start llama-server with --jinja, without which Kimi's own template is not used",
        "context": "start llama-server with --ctx-size {context}",
        "images": "start llama-server with the model's --mmproj file",
    },
)

_LOCAL = Engine(
    repairs={
        "tools": "leave tool_call_parser at 'client', which is its default",
        "reasoning": "leave tool_call_parser at 'client', which is its default",
        "context": "serve a model with a longer context, kimi-k2 serve --context {context}",
        "images": "use another endpoint for images",
    },
)

# What is said of a server that somebody else starts.
_HOSTED = Engine(
    repairs={
        "tools": "tell the host, whose launch lacks Kimi's tool-call parser, or choose another one",
        "reasoning": "tell the host, whose launch lacks Kimi's reasoning parser, or choose another "
        "one",
        "context": "choose a host that serves the whole context",
        "images": "choose a host or a model that reads images",
    },
)
ENGINES: Mapping[str, Engine] = {
    "vllm": _VLLM,
    "sglang": _SGLANG,
    "ktransformers": _KTRANSFORMERS,
    "tensorrt-llm": _TENSORRT_LLM,
    "llama.cpp": _LLAMA_CPP,
    "local": _LOCAL,
}
"""Engines by the name of their endpoint."""


def parser_of(dialect: Literal["k2", "k3"]) -> str:
    """Return what vLLM, SGLang and TensorRT-LLM call their parsers of a family's tokens."""
    return f"kimi_{dialect}"


def reasoning_parser_of(dialect: Literal["k2", "k3"], *, opened: bool) -> str:
    """Return what TensorRT-LLM calls its reasoning parser; the other engines have one a family.

    Args:
        dialect: The model's token dialect.
        opened: Whether the prompt ends inside an opened think block, as from K2.5 on.
    """
    return "kimi_k25" if dialect == "k2" and opened else parser_of(dialect)


def repairs_of(
    endpoint: str, *, dialect: Literal["k2", "k3"], context: int, opened: bool = True
) -> dict[Need, str]:
    """Return what gives a server what it may lack, each the end of a sentence.

    Args:
        endpoint: Its name; any that is not self-hosted is somebody else's server.
        dialect: The model's token dialect.
        context: Tokens that the model has.
        opened: As for `reasoning_parser_of`.
    """
    row = ENGINES.get(endpoint, _HOSTED)
    words = {
        "parser": parser_of(dialect),
        "reasoning_parser": reasoning_parser_of(dialect, opened=opened),
        "context": context,
    }
    return {need: row.repair(need).format(**words) for need in get_args(Need)}
