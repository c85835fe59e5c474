"""What a chat is made with, as far as the core cares.

Owns: `Settings`. May know: config, endpoints, errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from kimi_core.config import ApiKey
from kimi_core.endpoints import Endpoint, without_credentials
from kimi_core.endpoints.tiers import Tier
from kimi_core.errors import check_setting, no_aiohttp

__all__ = ["Settings"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a `ChatKimiK2` of either framework was constructed with, as far as the core cares.

    Attributes:
        model: Any spelling; the endpoint's default where it is None. A self-hosted endpoint has
            none: the first request asks the server, see `KimiChat`.
        endpoint: A preset's name or an `Endpoint`; where it is None, that of `base_url`'s host,
            ``custom`` for an unknown one, and Moonshot's where there is no address either.
        api_key: The key: a string, a pydantic ``SecretStr``, or a function (async, too, for async
            calls) that is asked for one with each request. Where it is None it is looked for in
            the environment under the endpoint's names (at Moonshot MOONSHOT_API_KEY, then
            KIMI_API_KEY), then in the nearest ``.env``.
        base_url: Where the server is, including ``/v1``; the endpoint's own where it is None.
        base_model: The model whose facts apply to a name that is not Kimi's.
        context_window: Tokens, where the server was started with fewer than the model has. A server
            that is asked for its model's name, since nobody named one, says it itself. The embedded
            engine is started with so many, otherwise with 8,192.
        api: "chat", or "completions" with the prompt rendered here; the endpoint's where it is
            None.
        tool_call_parser: Who turns Kimi's tokens into tool calls: "auto", "server" or "client"; the
            endpoint's where it is None.
        timeout: Seconds without data, or an ``httpx.Timeout``; keep-alives are no data. 600 s
            where it is None.
        max_retries: Retries of a request that was not answered yet; 2 where it is None. There is no
            second layer of retries.
        rate_limit: What the account may ask: a `kimi_core.Tier`, the number of one of Moonshot's
            tiers, or what `Tier.written` returned. Requests wait for their turn; all of this
            process with the same key and server count together. None: no limit.
        default_headers: Headers of every request; never written into dumps or pickles.
        default_query: Query of every request, likewise.
        http_client: Your own HTTP client, e.g. for a proxy.
        http_async_client: Your own async HTTP client, which then serves every event loop; or
            "aiohttp": the SDK's client over aiohttp, which takes half the time where hundreds of
            answers come at once (docs/benchmarks.md), with the extra ``aiohttp``.

    Raises:
        KimiConfigError: For a value that its setting cannot have.
    """

    model: str | None = None
    endpoint: str | Endpoint | None = None
    api_key: ApiKey | None = field(default=None, repr=False)
    base_url: str | None = None
    base_model: str | None = None
    context_window: int | None = None
    api: str | None = None
    tool_call_parser: str | None = None
    timeout: Any = None
    max_retries: int | None = None
    rate_limit: Tier | int | str | Mapping[str, Any] | None = None
    default_headers: Mapping[str, str] | None = field(default=None, repr=False)  # keys, at times
    default_query: Mapping[str, object] | None = field(default=None, repr=False)
    http_client: Any = None
    http_async_client: Any = None

    def __post_init__(self) -> None:
        address, secret = without_credentials(self.base_url or "")
        if secret:
            object.__setattr__(self, "base_url", address)
            object.__setattr__(self, "default_headers", {**secret, **(self.default_headers or {})})
        for name, value in vars(self).items():
            if value is not None:
                check_setting(name, value)
        if self.http_async_client == "aiohttp" and find_spec("aiohttp") is None:
            raise no_aiohttp()
        if self.rate_limit is not None:
            object.__setattr__(self, "rate_limit", Tier.of(self.rate_limit))
