"""Moonshot's Anthropic-compatible route, as arguments for LangChain's own ``ChatAnthropic``.

Owns: `anthropic_kwargs`: address, key, headers, model and temperature of that route.
May know: capabilities, config, endpoints, errors.

Source: Moonshot's protocol document (2026-09) and, for the temperature, the model card of
Kimi-K2-Instruct.
"""

from __future__ import annotations

from typing import Any

from kimi_core.capabilities import Capabilities, resolve
from kimi_core.config import ApiKey, RotatingKey, resolve_api_key
from kimi_core.endpoints import Endpoint
from kimi_core.errors import KimiConfigError

__all__ = ["anthropic_kwargs"]

# "real_temperature = request_temperature * 0.6", says the model card of Kimi-K2-Instruct; and the
# protocol ends at 1.
_SCALE = 0.6
_HIGHEST = 1.0


def anthropic_kwargs(
    model: str | None = None,
    *,
    endpoint: str | Endpoint = "moonshot",
    api_key: ApiKey | None = None,
    base_url: str | None = None,
    temperature: float | None = None,
    max_tokens: int | None = None,
) -> dict[str, Any]:
    """Return keyword arguments for ``langchain_anthropic.ChatAnthropic(**...)``.

    The route takes the key as a Bearer token only, so it stands in the default headers too, in
    plain text, and that class (1.7.7) shows them in its ``repr`` and in dumps: print, log and dump
    neither. `langchain_kimi.ChatKimiK2` hides its key everywhere and needs none of this.

    LlamaIndex's ``Anthropic`` (llama-index-llms-anthropic 0.12.3) cannot use the route: it refuses
    every model that is not Claude before it asks.

    Args:
        model: Any spelling; the endpoint's default where it is None.
        endpoint: "moonshot" or "moonshot-cn", or an `Endpoint` made from one of them.
        api_key: The key, or a function that is asked for it, once: that class keeps text. Found as
            `kimi_core.config` says where it is None.
        base_url: Where the route is, without ``/v1/messages``; the endpoint's host with
            ``/anthropic`` where it is None.
        temperature: The temperature that the model is to sample with. The Kimi-K2-Instruct
            generation multiplies what a request says by 0.6, so that `temperature` / 0.6 is sent:
            0.6 becomes 1.0, which is the most there is. Later models have one fixed temperature:
            leave it out.
        max_tokens: Token limit of the answer, reasoning included, which the route demands; the
            model's default where it is None, 4,096 where it has none.

    Returns:
        base_url, api_key, default_headers, model, max_tokens, and temperature where one is sent.

    Raises:
        KimiConfigError: For an endpoint without this route, a missing key, and a temperature that
            the model cannot have.
    """
    capabilities = resolve(model, endpoint)
    address = _address(capabilities.endpoint)
    key = resolve_api_key(capabilities.endpoint, api_key)
    kwargs = _kwargs(capabilities, key.get() if isinstance(key, RotatingKey) else key)
    kwargs["base_url"] = base_url or address
    kwargs["max_tokens"] = max_tokens or kwargs["max_tokens"]
    sent = _temperature(temperature, capabilities)
    return kwargs if sent is None else {**kwargs, "temperature": sent}


def _kwargs(capabilities: Capabilities, key: str | None) -> dict[str, Any]:
    return {
        "model": capabilities.model,
        # Left out, the class takes ANTHROPIC_API_KEY and shows another vendor's key to Moonshot.
        "api_key": key,
        "default_headers": {"Authorization": f"Bearer {key}"},
        "max_tokens": capabilities.info.default_output or 4_096,
    }


def _address(endpoint: Endpoint) -> str:
    if endpoint.anthropic_path is None:
        message = (
            f"endpoint {endpoint.name!r} has no Anthropic-compatible route that is known here; "
            "only 'moonshot' and 'moonshot-cn' have. Use ChatKimiK2 for the others."
        )
        raise KimiConfigError(message)
    return endpoint.base_url.rstrip("/").removesuffix("/v1") + endpoint.anthropic_path


def _temperature(wanted: float | None, capabilities: Capabilities) -> float | None:
    """Return what is sent for a wanted temperature, or None where nothing is."""
    if wanted is None:
        return None
    pinned = capabilities.info.pinned
    if pinned is not None:
        if wanted == pinned.temperature:
            return None
        message = (
            f"temperature={wanted:g} is refused by model {capabilities.model!r}, which always "
            f"samples with {pinned.temperature:g}. Leave temperature out."
        )
        raise KimiConfigError(message)
    if not 0 <= wanted <= _SCALE * _HIGHEST:
        message = (
            f"temperature={wanted:g} cannot be had from model {capabilities.model!r} on the "
            f"Anthropic route, which multiplies it by {_SCALE:g} and takes 0 to {_HIGHEST:g}. "
            f"Choose 0 to {_SCALE * _HIGHEST:g}, or use ChatKimiK2."
        )
        raise KimiConfigError(message)
    return min(wanted / _SCALE, _HIGHEST)
