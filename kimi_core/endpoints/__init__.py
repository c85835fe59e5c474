"""Facts of a server, whatever model it serves. One row an endpoint.

Owns: the table of presets, how one is found, and the helpers that change one for your own server.
May know: the rows, errors. What is true of a model wherever it runs stands in `kimi_core.models`.
"""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kimi_core.endpoints._checks import check_api_key, check_base_url
from kimi_core.endpoints._hosted import HOSTED
from kimi_core.endpoints._self_hosted import SELF_HOSTED
from kimi_core.endpoints._type import Api, Endpoint, ToolCallParser
from kimi_core.errors import KimiConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ENDPOINTS",
    "Api",
    "Endpoint",
    "ToolCallParser",
    "baseten",
    "check_api_key",
    "check_base_url",
    "custom",
    "deepinfra",
    "fireworks",
    "get_endpoint",
    "groq",
    "huggingface",
    "ktransformers",
    "llama_cpp",
    "local",
    "moonshot",
    "moonshot_cn",
    "novita",
    "nvidia",
    "openrouter",
    "sglang",
    "siliconflow",
    "siliconflow_cn",
    "tensorrt_llm",
    "together",
    "vllm",
]

ENDPOINTS: Mapping[str, Endpoint] = {row.name: row for row in (*HOSTED, *SELF_HOSTED)}
"""All presets by name."""


def get_endpoint(endpoint: str | Endpoint) -> Endpoint:
    """Find a preset by its name; an `Endpoint` is returned as it is.

    Args:
        endpoint: E.g. "moonshot", "openrouter", "vllm".

    Raises:
        KimiConfigError: For an unknown name, with the nearest known ones.
    """
    if isinstance(endpoint, Endpoint):
        return endpoint
    key = endpoint.strip().lower().replace("_", "-")
    for name in (key, key.replace("llama-cpp", "llama.cpp").replace("llamacpp", "llama.cpp")):
        if name in ENDPOINTS:
            return ENDPOINTS[name]
    near = difflib.get_close_matches(key, ENDPOINTS, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    message = (
        f"endpoint {endpoint!r} is not known.{hint} Known endpoints: {', '.join(ENDPOINTS)}; "
        "for any other server pass an Endpoint, or the nearest of these with base_url=."
    )
    raise KimiConfigError(message)


def _at(name: str, base_url: str | None, changes: Mapping[str, Any]) -> Endpoint:
    changed = replace(ENDPOINTS[name], **changes)
    if base_url is None:
        return changed
    url = check_base_url(base_url, endpoint=name, any_path=changed.any_path)
    return replace(changed, base_url=url)


# ---- your own servers ----------------------------------------------------------------------------


def vllm(base_url: str | None = None, **changes: Any) -> Endpoint:  # noqa: ANN401 - Endpoint's fields
    """Describe your own vLLM.

    Args:
        base_url: Including ``/v1``; ``http://localhost:8000/v1`` where it is left out.
        **changes: Any field of `Endpoint`, e.g. ``tool_call_parser="client", api="completions"``.

    Raises:
        KimiConfigError: For a URL that cannot be one.
    """
    return _at("vllm", base_url, changes)


def sglang(base_url: str | None = None, **changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe your own SGLang; arguments as for `vllm`, default ``http://localhost:30000/v1``."""
    return _at("sglang", base_url, changes)


def ktransformers(base_url: str | None = None, **changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe your own KTransformers; arguments as for `vllm`."""
    return _at("ktransformers", base_url, changes)


def tensorrt_llm(base_url: str | None = None, **changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe your own TensorRT-LLM; arguments as for `vllm`."""
    return _at("tensorrt-llm", base_url, changes)


def llama_cpp(base_url: str | None = None, **changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe your own llama-server; arguments as for `vllm`."""
    return _at("llama.cpp", base_url, changes)


def local(**changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe the embedded engine; any field of `Endpoint` may be changed."""
    return _at("local", None, changes)


def custom(base_url: str, **changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe any other OpenAI-compatible server.

    Args:
        base_url: Where its API is; any path will do.
        **changes: Any field of `Endpoint`, e.g. ``api_key_names=("MY_KEY",), needs_key=True``. No
            environment variable is looked at unless it is named here.

    Raises:
        KimiConfigError: For a URL that cannot be one.
    """
    return _at("custom", base_url, changes)


# ---- hosted ones ---------------------------------------------------------------------------------


def moonshot(**changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe Moonshot's own API; any field of `Endpoint` may be changed."""
    return _at("moonshot", None, changes)


def moonshot_cn(**changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe Moonshot's own API in mainland China, as `moonshot`."""
    return _at("moonshot-cn", None, changes)


def openrouter(
    *,
    referer: str | None = None,
    title: str | None = None,
    **changes: Any,  # noqa: ANN401 - as vllm()
) -> Endpoint:
    """Describe OpenRouter.

    Routing is a setting of `ChatKimiK2`, not of the endpoint: ``provider={"only": ["moonshotai"],
    "require_parameters": True}``. Without ``require_parameters`` a host that lacks a parameter
    drops it silently. ``prompt_cache_key`` keeps a session at one host.

    Args:
        referer: The URL of your app, for OpenRouter's attribution (``HTTP-Referer``).
        title: The name of your app, likewise (``X-OpenRouter-Title``).
        **changes: Any field of `Endpoint`.
    """
    named = {"HTTP-Referer": referer, "X-OpenRouter-Title": title}
    headers = {name: value for name, value in named.items() if value is not None}
    if headers:
        changes["default_headers"] = {**headers, **changes.get("default_headers", {})}
    return _at("openrouter", None, changes)


def groq(**changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe Groq, as `moonshot`."""
    return _at("groq", None, changes)


def together(**changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe Together, as `moonshot`."""
    return _at("together", None, changes)


def fireworks(**changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe Fireworks, as `moonshot`."""
    return _at("fireworks", None, changes)


def novita(**changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe Novita, as `moonshot`."""
    return _at("novita", None, changes)


def deepinfra(**changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe DeepInfra, as `moonshot`."""
    return _at("deepinfra", None, changes)


def baseten(base_url: str | None = None, **changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe Baseten; arguments as for `vllm`. A deployment of your own has its own URL."""
    return _at("baseten", base_url, changes)


def siliconflow(**changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe SiliconFlow, as `moonshot`."""
    return _at("siliconflow", None, changes)


def siliconflow_cn(**changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe SiliconFlow in mainland China, as `moonshot`."""
    return _at("siliconflow-cn", None, changes)


def nvidia(**changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe NVIDIA's hosted NIM, as `moonshot`."""
    return _at("nvidia", None, changes)


def huggingface(**changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe Hugging Face's router, as `moonshot`."""
    return _at("huggingface", None, changes)
