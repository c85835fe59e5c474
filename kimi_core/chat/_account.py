"""The turns of an account for whoever sends by other means.

Owns: `AccountRate`, on which both frameworks' rate limiters sit. May know: config, endpoints,
transport.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kimi_core.config import ApiKey, resolve_api_key
from kimi_core.endpoints import Endpoint, endpoint_at, get_endpoint
from kimi_core.endpoints.tiers import Tier
from kimi_core.transport import Transport
from kimi_core.transport.rates import limiter_of

__all__ = ["AccountRate"]


class AccountRate:
    """Counts with the models of the same account.

    Frameworks tell a rate limiter when a request begins and never when it ends, so that
    `Tier.concurrency` only counts what the models of this package have open.

    Args:
        rate_limit: What the account may ask; see `kimi_core.Tier.of`.
        endpoint: A preset's name or an `Endpoint`; as for a model where it is None.
        api_key: The key; found as that of a model where it is None.
        base_url: Where the server is; the endpoint's own where it is None.

    Raises:
        KimiConfigError: For what is no tier, or a missing key.
    """

    def __init__(
        self,
        rate_limit: Tier | int | str | Mapping[str, Any],
        *,
        endpoint: str | Endpoint | None = None,
        api_key: ApiKey | None = None,
        base_url: str | None = None,
    ) -> None:
        row = endpoint_at(base_url) if endpoint is None else get_endpoint(endpoint)
        server = Transport(row, base_url=base_url, api_key=resolve_api_key(row, api_key))
        self._limiter = limiter_of(server.account, Tier.of(rate_limit))

    def take(self, tokens: int = 0, *, blocking: bool = True) -> bool:
        """Wait for a turn and return True, or return at once whether there was one.

        Args:
            tokens: What the request is charged.
            blocking: Whether to wait.
        """
        permit = self._limiter.permit(tokens)
        if not blocking and not self._limiter.try_now(permit):
            return False
        if blocking:
            permit.wait()
        permit.release()
        return True

    async def atake(self, tokens: int = 0, *, blocking: bool = True) -> bool:
        """Wait for a turn as `take` does, in the running event loop."""
        if not blocking:
            return self.take(tokens, blocking=False)
        permit = self._limiter.permit(tokens)
        await permit.await_turn()
        permit.release()
        return True
