"""Facts of a model, true wherever it is served. One row a model.

Owns: the table of models. How a row is found stands in `_names`.
May know: the standard library. What is true of a server stands in `kimi_core.endpoints`.

Source of the figures: Moonshot's model overview and its OpenAPI document, as of 2026-09-23, and the
model cards of the open weights; a row that is newer names its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

__all__ = [
    "MODELS",
    "REPLACEMENT",
    "RETIRED_IDS",
    "Checkpoint",
    "ModelInfo",
    "ModelName",
    "PromptStyle",
    "Sampling",
    "Thinking",
]

Thinking = Literal["none", "always", "switchable"]
ModelName = Literal[
    "kimi-k3.1-pro",
    "kimi-k3.1-pro-highspeed",
    "kimi-k3",
    "kimi-k2.7-code",
    "kimi-k2.7-code-highspeed",
    "kimi-k2.6",
]
"""What Moonshot's own API serves: what an editor offers where a model is named."""
PromptStyle = Literal["k2-instruct", "k2-thinking", "k2.5", "k2.6", "k3"]


@dataclass(frozen=True, slots=True)
class Sampling:
    """Sampling values that Moonshot's own API pins; any other value is answered with a 400.

    Attributes:
        temperature: The only temperature accepted.
        top_p: The only top_p accepted.
        n: The only n accepted.
        penalty: The only presence and frequency penalty accepted.
    """

    temperature: float
    top_p: float = 0.95
    n: int = 1
    penalty: float = 0.0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The files of open weights.

    Attributes:
        gigabytes: Their size, which is also what they take in GPU memory.
        format: How a number is stored.
    """

    gigabytes: int
    format: Literal["FP8", "INT4", "MXFP4"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """One model.

    Attributes:
        name: The name that this package calls it by.
        aliases: Other spellings, lower case, without an organisation in front.
        context_window: Tokens of prompt and answer together.
        default_output: Tokens of the answer, reasoning included, where none were asked for; as
            many as the prompt leaves of the context window may be asked for.
        inputs: What a message may hold: "text", "image", "video".
        thinking: "none", "always", or "switchable" (on unless switched off).
        pinned: Sampling that the first-party API accepts while thinking, or None where it is free.
        pinned_without_thinking: The same with thinking switched off.
        recommended_temperature: From the model card; a hint for users, never sent by itself.
        forced_tool_choice: Kinds of forced tool_choice that the first-party API accepts while
            thinking: any of "required" and "named".
        searches_while_thinking: Whether Moonshot's own functions ($web_search) go with thinking.
        reasoning_efforts: Accepted values of reasoning_effort, weakest first; empty where the
            model has none.
        default_effort: The reasoning_effort that counts where none was asked for.
        keeps_reasoning: Whether the reasoning of every assistant turn must be sent back; otherwise
            only that of turns with tool calls.
        checkpoint: Size and format of the open weights; None where no launch of them is known.
        prompt_style: Whose chat template writes its prompts, by the model that had it first; None
            for a model without a chat.
        weights: The open weights' name on Hugging Face, which engines and most hosts serve them
            under; None where they are not open.
        dialect: Raw token dialect, "k2" or "k3".
        opens_reasoning: Whether the rendered prompt ends inside an opened think block.
        released: Day of the release, or None where no source here names it.
        retired: Date since which the first-party API answers 404, or None.
        retires: Date at whose end the first-party API plans to stop serving it, or None.
        replacement: What to use instead of an id that is retired or is to be.
        knowledge_cutoff: Month, or None where it is not published.
        prices: US dollars per million tokens at api.moonshot.ai: "cached", "input", "output". The
            retired turbo ids, which share a row with others, cost more.
        prices_cny: Yuan per million tokens at api.moonshot.cn.
    """

    name: str
    aliases: tuple[str, ...] = ()
    context_window: int = 131_072
    default_output: int | None = None
    inputs: tuple[str, ...] = ("text",)
    thinking: Thinking = "none"
    pinned: Sampling | None = None
    pinned_without_thinking: Sampling | None = None
    recommended_temperature: float | None = None
    forced_tool_choice: tuple[str, ...] = ("required", "named")
    searches_while_thinking: bool = True
    reasoning_efforts: tuple[str, ...] = ()
    default_effort: str | None = None
    keeps_reasoning: bool = False
    checkpoint: Checkpoint | None = None
    prompt_style: PromptStyle | None = None
    weights: str | None = None
    dialect: Literal["k2", "k3"] = "k2"
    opens_reasoning: bool = False
    released: str | None = None
    retired: str | None = None
    retires: str | None = None
    replacement: str | None = None
    knowledge_cutoff: str | None = None
    prices: Mapping[str, float] = field(default_factory=dict[str, float])
    prices_cny: Mapping[str, float] = field(default_factory=dict[str, float])


REPLACEMENT = "kimi-k3.1-pro"
"""What Moonshot's own API serves in place of each model that has left it, or is about to."""

_MEDIA = ("text", "image", "video")

_K2 = ModelInfo(
    name="kimi-k2-instruct",
    aliases=("kimi-k2", "kimi-k2-0711", "kimi-k2-0711-preview", "kimi-k2-instruct-0711"),
    recommended_temperature=0.6,
    checkpoint=Checkpoint(1_030, "FP8"),
    prompt_style="k2-instruct",
    weights="moonshotai/Kimi-K2-Instruct",
    retired="2026-05-25",
    replacement=REPLACEMENT,
    knowledge_cutoff="2024-10",
    prices={"input": 0.60, "output": 2.50},
)

# Shaky on schemas with $ref and oneOf, by Moonshot's own account.
_K2_6 = ModelInfo(
    name="kimi-k2.6",
    released="2026-04-21",
    aliases=("kimi-k2-6", "kimi-k2p6"),
    context_window=262_144,
    default_output=32_768,
    inputs=_MEDIA,
    thinking="switchable",
    pinned=Sampling(1.0),
    pinned_without_thinking=Sampling(0.6),
    forced_tool_choice=(),
    # Moonshot's model overview and page of errors (2026-09); its guide to tools says otherwise.
    searches_while_thinking=False,
    checkpoint=Checkpoint(595, "INT4"),
    prompt_style="k2.6",
    weights="moonshotai/Kimi-K2.6",
    opens_reasoning=True,
    # Moonshot's announcement, as aihubmix's guide of 2026-10-24 quotes it; true of the 2.7s too.
    retires="2026-12-31",
    replacement=REPLACEMENT,
    knowledge_cutoff="2025-01",
    prices={"cached": 0.16, "input": 0.95, "output": 4.00},
    prices_cny={"cached": 1.10, "input": 6.50, "output": 27.00},
)

_K2_7_CODE = replace(
    _K2_6,
    name="kimi-k2.7-code",
    released="2026-06-12",
    aliases=("kimi-k2.7", "kimi-k2-7-code", "kimi-k2p7-code"),
    thinking="always",
    pinned_without_thinking=None,
    keeps_reasoning=True,
    weights="moonshotai/Kimi-K2.7-Code",
    prices={"cached": 0.19, "input": 0.95, "output": 4.00},
    prices_cny={"cached": 1.30, "input": 6.50, "output": 27.00},
)

_K3 = ModelInfo(
    name="kimi-k3",
    released="2026-07-16",
    aliases=("k3", "kimi-k3-instruct"),
    context_window=1_048_576,
    default_output=131_072,
    inputs=_MEDIA,
    thinking="always",
    pinned=Sampling(1.0),
    # A named function is a 400 ("tool_choice 'specified' is incompatible with thinking
    # enabled", seen live 2026-07-16); required is accepted.
    forced_tool_choice=("required",),
    reasoning_efforts=("low", "high", "max"),
    default_effort="max",
    keeps_reasoning=True,
    weights="moonshotai/Kimi-K3",
    checkpoint=Checkpoint(1_680, "MXFP4"),  # an estimate: vLLM's recipe of 2026-08-15
    prompt_style="k3",
    dialect="k3",
    opens_reasoning=True,
    # Cache writes are charged too: 3.00 for five minutes, 6.00 for an hour.
    prices={"cached": 0.30, "input": 3.00, "output": 15.00},
    prices_cny={"cached": 2.00, "input": 20.00, "output": 100.00},
)

# kimi-k3's architecture and rules, released on 2026-10-23. Prices as of 2026-11 (genai-prices
# 0.2.3 and litellm 1.110.2 on PyPI); no source gives them in yuan.
_K3_1_PRO = replace(
    _K3,
    name="kimi-k3.1-pro",
    released="2026-10-23",
    weights="moonshotai/Kimi-K3.1-Pro",
    aliases=("k3.1-pro", "k3.1", "kimi-k3.1", "kimi-k3-1-pro", "kimi-k3p1-pro"),
    # Cache writes: 2.00 for five minutes, 4.00 for an hour.
    prices={"cached": 0.20, "input": 2.00, "output": 10.00},
    prices_cny={},
)

_ROWS = (
    _K3_1_PRO,
    replace(
        _K3_1_PRO,
        name="kimi-k3.1-pro-highspeed",
        aliases=(),
        checkpoint=None,
        # Cache writes: 4.00 for five minutes, 8.00 for an hour.
        prices={"cached": 0.20, "input": 4.00, "output": 20.00},
    ),
    _K3,
    _K2_7_CODE,
    replace(
        _K2_7_CODE,
        name="kimi-k2.7-code-highspeed",
        aliases=(),
        checkpoint=None,
        prices={"cached": 0.38, "input": 1.90, "output": 8.00},
        prices_cny={"cached": 2.60, "input": 13.00, "output": 54.00},
    ),
    _K2_6,
    replace(
        _K2_6,
        name="kimi-k2.5",
        released="2026-01-27",
        aliases=("kimi-k2-5", "kimi-k2p5", "kimi-k2.5-0127"),
        prompt_style="k2.5",
        weights="moonshotai/Kimi-K2.5",
        retired="2026-08-31",
        retires=None,
        replacement=REPLACEMENT,
        prices={"input": 0.60, "output": 3.00},
        prices_cny={},
    ),
    replace(
        _K2,
        name="kimi-k2-thinking",
        aliases=("kimi-k2-thinking-turbo",),
        context_window=262_144,
        thinking="always",
        recommended_temperature=1.0,
        checkpoint=Checkpoint(594, "INT4"),
        prompt_style="k2-thinking",
        weights="moonshotai/Kimi-K2-Thinking",
        knowledge_cutoff="2024-08",
    ),
    replace(
        _K2,
        name="kimi-k2-instruct-0905",
        aliases=("kimi-k2-0905", "kimi-k2-0905-preview", "kimi-k2-turbo-preview", "kimi-k2-turbo"),
        context_window=262_144,
        weights="moonshotai/Kimi-K2-Instruct-0905",
    ),
    _K2,
    replace(
        _K2,
        name="kimi-k2-base",
        aliases=(),
        checkpoint=None,
        prompt_style=None,
        weights="moonshotai/Kimi-K2-Base",
        retired=None,
        replacement=None,
        prices={},
    ),
)

MODELS: Mapping[str, ModelInfo] = {row.name: row for row in _ROWS}
"""All known models by name, newest first."""

# First-party ids without weights that anybody else could serve, so that they need no row of facts.
RETIRED_IDS = {
    "kimi-latest": "2026-01-28",
    "kimi-thinking-preview": "2025-11-11",
    **dict.fromkeys(
        (
            "moonshot-v1-8k",
            "moonshot-v1-32k",
            "moonshot-v1-128k",
            "moonshot-v1-auto",
            "moonshot-v1-8k-vision-preview",
            "moonshot-v1-32k-vision-preview",
            "moonshot-v1-128k-vision-preview",
        ),
        "2026-08-31",
    ),
}
