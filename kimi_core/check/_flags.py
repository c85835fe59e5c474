"""How each kind of server is told to do what a probe missed.

Owns: launch flags and settings by endpoint name. May know: nothing.

Sources: Moonshot's deployment guides of K2 (2025-07), K2-Thinking and K2.6, the engines' own help
texts, and a vLLM 0.32.0 whose refusals name its flags.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

__all__ = ["Flags", "words_for"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What repairs a server; each is the end of a sentence.

    Attributes:
        tools: What makes it parse tool calls.
        reasoning: What makes it split reasoning off.
        context: What gives it a longer context.
        images: What makes it read images.
    """

    tools: str
    reasoning: str
    context: str
    images: str


_HOSTED = Flags(
    tools="tell the host, whose launch lacks Kimi's tool-call parser, or choose another one",
    reasoning="tell the host, whose launch lacks Kimi's reasoning parser, or choose another one",
    context="choose a host that serves the whole context",
    images="choose a host or a model that reads images",
)

_FLAGS: dict[str, Flags] = {
    "vllm": Flags(
        tools="start vLLM with --enable-auto-tool-choice --tool-call-parser kimi_k2",
        reasoning="start vLLM with --reasoning-parser kimi_k2",
        context="start vLLM with --max-model-len {wanted}",
        images="serve the checkpoint with its vision tower, without a limit of 0 images in vLLM's "
        "--limit-mm-per-prompt",
    ),
    "sglang": Flags(
        tools="start SGLang with --tool-call-parser kimi_k2",
        reasoning="start SGLang with --reasoning-parser kimi_k2",
        context="start SGLang with --context-length {wanted}",
        images="serve a model that reads images, with SGLang's --enable-multimodal",
    ),
    "ktransformers": Flags(
        tools="leave tool_call_parser at 'client', which parses here; or start the sglang-kt build "
        "with --tool-call-parser kimi_k2",
        reasoning="leave tool_call_parser at 'client', which parses here; or start the sglang-kt "
        "build with --reasoning-parser kimi_k2",
        context="raise --cache_lens (sglang-kt: --max-total-tokens) to {wanted}",
        images="use another engine for images",
    ),
    "tensorrt-llm": Flags(
        tools="start trtllm-serve with --tool_parser kimi_k2",
        reasoning="start trtllm-serve with the --reasoning_parser that its help lists for Kimi",
        context="start trtllm-serve with --max_seq_len {wanted}",
        images="serve a model that reads images",
    ),
    "llama.cpp": Flags(
        tools="start llama-server with --jinja",
        reasoning="start llama-server with --jinja --reasoning-format auto",
        context="start llama-server with --ctx-size {wanted}",
        images="start llama-server with the model's --mmproj file",
    ),
    "local": Flags(
        tools="leave tool_call_parser at 'client', which is its default",
        reasoning="leave tool_call_parser at 'client', which is its default",
        context="serve a model with a longer context, kimi-k2 serve --context {wanted}",
        images="use another endpoint for images",
    ),
}


def words_for(endpoint: str, *, context_window: int) -> dict[str, str]:
    """Return the words ``tools_flag``, ``reasoning_flag``, ... of an endpoint.

    Args:
        endpoint: Its name; any that is not self-hosted is somebody else's server.
        context_window: Tokens that the model has.
    """
    flags = asdict(_FLAGS.get(endpoint, _HOSTED))
    return {f"{name}_flag": text.format(wanted=context_window) for name, text in flags.items()}
