"""Servers that somebody runs for you: one row each.

Owns: what is true of a host, whatever model it serves. May know: its own files, models.

Each row names its source: the facts of a recording, the host's own documents, or the provider files
of github.com/anomalyco/models.dev (September 2026), which say what a host has offered; hosts drop
models at short notice. Where nothing is known of a field, the row keeps what every
OpenAI-compatible server understands. None of these hosts was asked from here: there was no key.
"""

from __future__ import annotations

from dataclasses import replace

from kimi_core.endpoints._type import Endpoint
from kimi_core.models import MODELS

__all__ = ["HOSTED", "OTHER_KEY_PREFIXES"]

OTHER_KEY_PREFIXES = {
    "sk-ant-": "Anthropic",
    "sk-proj-": "OpenAI",
    "sk-kimi-": "the Kimi Code subscription",
}
"""How keys of vendors begin that have no row here, and whose they are."""


def _as(pattern: str, *names: str) -> dict[str, str]:
    return {name: pattern.format(name) for name in names}


def _weights(*names: str) -> dict[str, str]:
    """Spell models as their checkpoints are called on Hugging Face, which most hosts keep."""
    return {name: MODELS[name].weights or name for name in names}


_K2 = ("kimi-k2-instruct", "kimi-k2-instruct-0905", "kimi-k2-thinking")
_K3 = ("kimi-k2.7-code", "kimi-k3")
# Served, as of 2026-11, by OpenRouter, Fireworks and Novita under the names below, by Baseten,
# DeepInfra and Together by the list of Vercel's gateway, and by hosts behind Hugging Face's router.
_NEWEST = "kimi-k3.1-pro"

_MOONSHOT = Endpoint(
    name="moonshot",
    base_url="https://api.moonshot.ai/v1",
    api_key_names=("MOONSHOT_API_KEY", "KIMI_API_KEY"),
    # The K2 series leaves this API at the end of 2026, and accounts that registered after
    # 2026-10-31 cannot call it (aihubmix's guide of 2026-10-24, quoting Moonshot).
    default_model=_NEWEST,
    thinking_switch="thinking",
    max_tokens_field="max_completion_tokens",
    # Usage comes in the choice of the last chunk without being asked for (recording
    # moonshot-k2-0905-stream); asking adds a second copy.
    asks_usage=False,
    rewrites_tool_call_ids=False,
    # It never left a call in its text; markers there are quoted, and an agent ran what its model
    # had only read on a page (typeclaw/typeclaw#344).
    leaves_raw_calls=False,
    splits_reasoning=True,
    # Its OpenAPI document of 2026-08-17 and its model overview of 2026-09-23.
    pins_sampling=True,
    limits_forced_tool_choice=True,
    limits_max_tokens=True,
    max_stops=5,
    max_stop_bytes=32,
    max_body_bytes=100 * 1024 * 1024,  # "100 MB"
    schema_dialect="moonshot",
    tool_name_rule="moonshot",
    prefix_way="partial",
    takes_builtin_tools=True,
    takes_uploads=True,
    extracts_files=True,
    max_files=1_000,
    max_file_bytes=100 * 1024 * 1024,  # "100 MB", and 10 GB in all
    takes_message_tools=True,
    takes_parallel_tool_calls=False,
    # Of its OpenAPI document of 2026-08-17; it answers some with a 400 and ignores others.
    lacks_fields=(
        *("audio", "image_url.detail", "logit_bias", "metadata", "min_p", "modalities"),
        *("moderation", "prompt_cache_retention", "reasoning", "repetition_penalty", "seed"),
        *("service_tier", "store", "top_k", "user", "verbosity", "web_search_options"),
    ),
    takes_provider=False,
    takes_json_prefix=False,
    takes_stray_results=False,
    takes_media_urls=False,
    takes_other_parts=False,
    retires_models=True,
    uses_own_names=True,
    anthropic_path="/anthropic",
    provider_name="moonshot",
    notes="Moonshot's own API, international.",
)

_SILICONFLOW = Endpoint(
    # The host's documents; errors are wrapped under code 20015 (QwenPaw issue 433). Its
    # enable_thinking is documented for listed models only, Kimi not among them.
    name="siliconflow",
    base_url="https://api.siliconflow.com/v1",
    api_key_names=("SILICONFLOW_API_KEY",),
    default_model="kimi-k3",
    spellings=_weights(*_K2, "kimi-k2.5", "kimi-k2.6", *_K3),
    notes="SiliconFlow, international.",
)

HOSTED = (
    _MOONSHOT,
    replace(
        _MOONSHOT,
        name="moonshot-cn",
        base_url="https://api.moonshot.cn/v1",
        notes="Moonshot's own API, mainland China; keys are not shared with api.moonshot.ai.",
    ),
    Endpoint(
        # OpenRouter's documents of 2026-08-22, its llms.txt of 2026-11 for the names, and
        # recordings fantasy-openrouter-*.
        name="openrouter",
        base_url="https://openrouter.ai/api/v1",
        api_key_names=("OPENROUTER_API_KEY",),
        key_prefixes=("sk-or-",),
        default_model=_NEWEST,
        spellings={
            "kimi-k2-instruct": "moonshotai/kimi-k2",
            "kimi-k2-instruct-0905": "moonshotai/kimi-k2-0905",
            **_as(
                "moonshotai/{}",
                *("kimi-k2", "kimi-k2-0905", "kimi-k2-thinking", "kimi-k2.5", "kimi-k2.6"),
                *("kimi-k2.7-code", "kimi-k3", _NEWEST),
            ),
        },
        splits_reasoning=True,
        thinking_switch="reasoning",
        reasoning_field="reasoning",
        tool_name_rule="moonshot",  # which is one of the hosts behind it
        # Usage is always returned; stream_options is a deprecated no-op there.
        asks_usage=False,
        notes="Many hosts behind one key; hosts differ in quality.",
    ),
    Endpoint(
        # Recordings fantasy-groq-* and reqllm-groq-*: usage comes unasked, up to three times.
        name="groq",
        base_url="https://api.groq.com/openai/v1",
        api_key_names=("GROQ_API_KEY",),
        key_prefixes=("gsk_",),
        default_model="kimi-k2-instruct-0905",
        spellings=_as("moonshotai/{}", "kimi-k2-instruct", "kimi-k2-instruct-0905"),
        asks_usage=False,
        notes="Kimi looks retired there: kimi-k2-instruct-0905 was announced until 2026-04-15.",
    ),
    Endpoint(
        # docs.together.ai lists Kimi-K3 (2026-10-04), Vercel's gateway its newest there (2026-11);
        # kimi-k2.6 left on 2026-08-19. Answers carry reasoning under either name, by model.
        name="together",
        base_url="https://api.together.xyz/v1",
        api_key_names=("TOGETHER_API_KEY",),
        default_model=_NEWEST,
        spellings=_weights(*_K2, "kimi-k2.5", "kimi-k2.6", *_K3, _NEWEST),
        notes="Together; kimi-k2.6 was dropped on 2026-08-19.",
    ),
    Endpoint(
        # fireworks.ai/models (2026-10-04) and litellm 1.110.2 (2026-11) for the names; thinking:
        # models.dev pull request 3777.
        name="fireworks",
        base_url="https://api.fireworks.ai/inference/v1",
        api_key_names=("FIREWORKS_API_KEY",),
        key_prefixes=("fw_",),
        more_efforts=("none", "medium", "xhigh"),  # llmgateway issue 3274
        default_model=_NEWEST,
        spellings={
            **_as(
                "accounts/fireworks/models/{}",
                *("kimi-k2-instruct", "kimi-k2-instruct-0905", "kimi-k2-thinking", "kimi-k3"),
            ),
            "kimi-k2.5": "accounts/fireworks/models/kimi-k2p5",
            "kimi-k2.6": "accounts/fireworks/models/kimi-k2p6",
            "kimi-k2.7-code": "accounts/fireworks/models/kimi-k2p7-code",
            _NEWEST: "accounts/fireworks/models/kimi-k3p1-pro",
        },
        thinking_switch="thinking",
        notes="Fireworks; K2 Vendor Verifier 2025-11: all tool calls schema-valid.",
    ),
    Endpoint(
        # promptfoo's and openclaw's documents for the address, novita.ai/models for the names;
        # the thinking switch was verified there on 2026-09-17 (models.dev).
        name="novita",
        base_url="https://api.novita.ai/openai/v1",
        api_key_names=("NOVITA_API_KEY",),
        key_prefixes=("sk_",),
        default_model=_NEWEST,
        spellings={
            **_as(
                "moonshotai/{}",
                *("kimi-k2-instruct", "kimi-k2-thinking", "kimi-k2.5", "kimi-k2.6"),
                *("kimi-k2.7-code", "kimi-k3", _NEWEST),
            ),
            "kimi-k2-instruct-0905": "moonshotai/kimi-k2-0905",
        },
        thinking_switch="thinking",
        notes="Novita.",
    ),
    Endpoint(
        # models.dev; kimi-k2.5 answers as kimi-k3 since 2026-09-07 (llmgateway issue 3874), so it
        # has no spelling here.
        name="deepinfra",
        base_url="https://api.deepinfra.com/v1/openai",
        api_key_names=("DEEPINFRA_API_KEY", "DEEPINFRA_TOKEN"),
        default_model=_NEWEST,
        spellings=_weights(*_K2, "kimi-k2.6", *_K3, _NEWEST),
        thinking_switch="reasoning",
        notes="DeepInfra; K2 Vendor Verifier 2025-11: 84 to 87 % of tool calls schema-valid.",
    ),
    Endpoint(
        # Baseten's quickstart for the address, models.dev for the names; no thinking switch listed.
        name="baseten",
        base_url="https://inference.baseten.co/v1",
        api_key_names=("BASETEN_API_KEY",),
        default_model=_NEWEST,
        spellings=_weights("kimi-k2.5", "kimi-k2.6", *_K3, _NEWEST),
        notes="Baseten's shared model APIs; a deployment of your own has a base_url of its own.",
    ),
    _SILICONFLOW,
    replace(
        _SILICONFLOW,
        name="siliconflow-cn",
        base_url="https://api.siliconflow.cn/v1",
        api_key_names=("SILICONFLOW_CN_API_KEY", "SILICONFLOW_API_KEY"),
        # Names seen in programs of September 2026 that call it; no newer model was seen there.
        default_model="kimi-k2.6",
        base_model="kimi-k2.6",
        spellings={
            "kimi-k2-instruct": "Pro/moonshotai/Kimi-K2-Instruct",
            "kimi-k2.5": "Pro/moonshotai/Kimi-K2.5",
            "kimi-k2.6": "Pro/moonshotai/Kimi-K2.6",
        },
        notes="SiliconFlow, mainland China; keys are not shared with api.siliconflow.com.",
    ),
    Endpoint(
        # models.dev, verified there 2026-08-22; kimi-k2.6 left on 2026-07-07.
        name="nvidia",
        base_url="https://integrate.api.nvidia.com/v1",
        api_key_names=("NVIDIA_API_KEY",),
        key_prefixes=("nvapi-",),
        default_model="kimi-k3",
        spellings=_as("moonshotai/{}", "kimi-k2-thinking", "kimi-k3"),
        thinking_switch="chat_template_kwargs",
        notes="NVIDIA's hosted NIM; kimi-k2.6 was dropped on 2026-07-07.",
    ),
    Endpoint(
        # Hugging Face's router passes on to hosts; a suffix names one: kimi-k3:baseten.
        name="huggingface",
        base_url="https://router.huggingface.co/v1",
        api_key_names=("HF_TOKEN", "HUGGINGFACE_HUB_TOKEN"),
        key_prefixes=("hf_",),
        default_model=_NEWEST,
        spellings=_weights(*_K2, "kimi-k2.5", "kimi-k2.6", *_K3, _NEWEST),
        notes="Hugging Face's router; a suffix like :baseten names the host behind it.",
    ),
)
