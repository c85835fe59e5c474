"""LangChain's interface of a rate limiter over the core's.

Owns: `KimiRateLimiter`. May know: chat; langchain_core.
"""

from __future__ import annotations

from langchain_core.rate_limiters import BaseRateLimiter

from kimi_core.chat import AccountRate

__all__ = ["KimiRateLimiter"]


class KimiRateLimiter(AccountRate, BaseRateLimiter):
    """For ``rate_limiter=`` of any LangChain chat model that asks the same account.

    ``ChatKimiK2`` itself takes ``rate_limit=``, which knows what a request is charged and when it
    ends; here only the requests of a minute count. Arguments as for `AccountRate`.
    """

    def acquire(self, *, blocking: bool = True) -> bool:
        """Wait for a turn and return True, or return at once whether there was one."""
        return self.take(blocking=blocking)

    async def aacquire(self, *, blocking: bool = True) -> bool:
        """Wait as `acquire` does, in the running event loop."""
        return await self.atake(blocking=blocking)
