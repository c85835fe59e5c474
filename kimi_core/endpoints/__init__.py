"""Facts of a server, whatever model it serves. One row an endpoint.

Owns: the table of rows, how one is found, and the presets that change one for your own server.
May know: its own files, errors. What is true of a model wherever it runs stands in
`kimi_core.models`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any
from urllib.parse import urlsplit

from kimi_core.endpoints._address import without_credentials
from kimi_core.endpoints._checks import check_api_key, check_base_url, check_headers
from kimi_core.endpoints._hosted import HOSTED
from kimi_core.endpoints._self_hosted import SELF_HOSTED
from kimi_core.endpoints._type import Api, Endpoint, ToolCallParser, ToolNameRule
from kimi_core.errors import KimiConfigError

__all__ = [
    "ENDPOINTS",
    "LACKED_FIELDS",
    "Api",
    "Endpoint",
    "Preset",
    "ToolCallParser",
    "ToolNameRule",
    "baseten",
    "check_api_key",
    "check_base_url",
    "check_headers",
    "custom",
    "deepinfra",
    "endpoint_at",
    "endpoint_of_a_copy",
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
    "without_credentials",
    "written_endpoint",
]

ENDPOINTS: Mapping[str, Endpoint] = {row.name: row for row in (*HOSTED, *SELF_HOSTED)}
"""All presets by name."""

LACKED_FIELDS = frozenset(name for row in ENDPOINTS.values() for name in row.lacks_fields)
"""Fields of OpenAI's that some of them do not have. They are no mistakes of spelling."""


_HOSTS: Mapping[str, str] = {
    _host: row.name for row in HOSTED if (_host := urlsplit(row.base_url).hostname)
}


def endpoint_at(base_url: str | None) -> Endpoint:
    """Return the preset of an address, where the caller named none.

    Args:
        base_url: The address; None for Moonshot's own, which is asked where nothing is said.

    Returns:
        The hosted preset of that host, and `custom` for any other: whose rules and whose key an
        unknown server wants is not known, and Moonshot's key is not for it.
    """
    if base_url is None:
        return ENDPOINTS["moonshot"]
    try:
        host = (urlsplit(base_url.strip()).hostname or "").rstrip(".")
    except ValueError:  # which check_base_url says
        host = ""
    return ENDPOINTS[_HOSTS.get(host, "custom")]


def get_endpoint(endpoint: str | Endpoint | Mapping[str, Any]) -> Endpoint:
    """Find a preset by its name; an `Endpoint` is returned as it is.

    Args:
        endpoint: E.g. "moonshot", "openrouter", "vllm"; or what `written_endpoint` wrote.

    Raises:
        KimiConfigError: For an unknown name, with the nearest known ones.
    """
    if isinstance(endpoint, Endpoint):
        return endpoint
    if not isinstance(endpoint, str):
        return _read_endpoint(endpoint)
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


def written_endpoint(
    endpoint: str | Endpoint | None, *, with_key_names: bool = False
) -> str | dict[str, Any] | None:
    """Return what `get_endpoint` reads again, as JSON has it: a name, or what differs from its row.

    Headers are left out, since they may hold a secret, and the variables that hold the key, which a
    dict from elsewhere must not choose: a row of your own that is read again is told its key.

    Args:
        endpoint: The row; None, where nobody named one, stays None.
        with_key_names: For what `endpoint_of_a_copy` reads, and nobody else.
    """
    if endpoint is None or isinstance(endpoint, str):
        return endpoint
    row = _row(endpoint.name)
    values = {item.name: getattr(endpoint, item.name) for item in fields(Endpoint)}
    del values["default_headers"]
    if not with_key_names:
        del values["api_key_names"]
    changed = {name: value for name, value in values.items() if value != getattr(row, name)}
    if not changed and endpoint.name in ENDPOINTS:
        return endpoint.name
    return {"name": endpoint.name, **{name: _as_json(value) for name, value in changed.items()}}


def endpoint_of_a_copy(written: str | Mapping[str, Any] | None) -> str | Endpoint | None:
    """Return the endpoint of a pickle, which is trusted with everything as it is."""
    if written is None or isinstance(written, str):
        return written
    names = written.get("api_key_names")
    row = get_endpoint(written)
    return row if names is None else replace(row, api_key_names=tuple(names))


def _row(name: str) -> Endpoint:
    return ENDPOINTS.get(name) or Endpoint(name=name, base_url="")


def _as_json(value: Any) -> Any:  # noqa: ANN401 - of any field
    return [*value] if isinstance(value, tuple) else value


def _read_endpoint(written: Mapping[str, Any]) -> Endpoint:
    values: dict[str, Any] = {}
    for name, value in written.items():
        # Whoever wrote the dict must not choose which variable of this process is sent away.
        if name != "api_key_names":
            values[name] = (*value,) if isinstance(value, list) else value
    try:
        return replace(_row(str(written.get("name", ""))), **values)
    except TypeError as error:
        message = (
            f"endpoint, given as a dict, is refused: {error}. Pass a preset's name, an Endpoint, "
            "or what written_endpoint wrote."
        )
        raise KimiConfigError(message) from error


class Preset:
    """A row of the table, to be changed for a server of your own by a call.

    Args:
        name: The row's name.

    Attributes:
        row: The row.
    """

    def __init__(self, name: str) -> None:
        self.row: Endpoint = ENDPOINTS[name]
        self.__doc__ = f"{self.row.notes} {Preset.__call__.__doc__}"

    def __call__(self, base_url: str | None = None, **changes: Any) -> Endpoint:  # noqa: ANN401 - Endpoint's fields
        """Describe your own server, or an account with settings of its own.

        Args:
            base_url: Where its API is, including ``/v1`` for nearly all; the preset's own where it
                is left out.
            **changes: Any field of `Endpoint`, e.g. ``tool_call_parser="client",
                api="completions"``, or ``api_key_names=("MY_KEY",), needs_key=True``; `custom`
                looks at no environment variable unless it is named here.

        Raises:
            KimiConfigError: For a URL that cannot be one, and for none where the preset has none.
        """
        changed = replace(self.row, **changes)
        if base_url is None and (changed.base_url or changed.embedded):
            return changed
        address, secret = without_credentials(base_url or "")
        url = check_base_url(address, endpoint=self.row.name, any_path=changed.any_path)
        return replace(changed, base_url=url, default_headers={**secret, **changed.default_headers})

    def __repr__(self) -> str:
        return f"<preset {self.row.name}>"


class _OpenRouter(Preset):
    def __call__(
        self,
        base_url: str | None = None,
        *,
        referer: str | None = None,
        title: str | None = None,
        **changes: Any,  # noqa: ANN401 - Endpoint's fields
    ) -> Endpoint:
        """Describe OpenRouter.

        Routing is a setting of `ChatKimiK2`, not of the endpoint: ``provider={"only":
        ["moonshotai"], "require_parameters": True}``. Without ``require_parameters`` a host that
        lacks a parameter drops it silently. ``prompt_cache_key`` keeps a session at one host.

        Args:
            base_url: A proxy's address; OpenRouter's own where it is left out.
            referer: The URL of your app, for OpenRouter's attribution (``HTTP-Referer``).
            title: The name of your app, likewise (``X-OpenRouter-Title``).
            **changes: Any field of `Endpoint`.
        """
        named = {"HTTP-Referer": referer, "X-OpenRouter-Title": title}
        headers = {name: value for name, value in named.items() if value is not None}
        if headers:
            changes["default_headers"] = {**headers, **changes.get("default_headers", {})}
        return super().__call__(base_url, **changes)


# One line each, though the table knows the names: editors complete and type checkers know only
# what is written. A row without its line fails a test.
baseten: Preset = Preset("baseten")
custom: Preset = Preset("custom")
deepinfra: Preset = Preset("deepinfra")
fireworks: Preset = Preset("fireworks")
groq: Preset = Preset("groq")
huggingface: Preset = Preset("huggingface")
ktransformers: Preset = Preset("ktransformers")
llama_cpp: Preset = Preset("llama.cpp")
local: Preset = Preset("local")
moonshot: Preset = Preset("moonshot")
moonshot_cn: Preset = Preset("moonshot-cn")
novita: Preset = Preset("novita")
nvidia: Preset = Preset("nvidia")
openrouter: _OpenRouter = _OpenRouter("openrouter")
sglang: Preset = Preset("sglang")
siliconflow: Preset = Preset("siliconflow")
siliconflow_cn: Preset = Preset("siliconflow-cn")
tensorrt_llm: Preset = Preset("tensorrt-llm")
together: Preset = Preset("together")
vllm: Preset = Preset("vllm")
