"""LlamaIndex's interface of a rate limiter over the core's.

Owns: `KimiRateLimiter`. May know: chat; llama_index.
"""

from __future__ import annotations

from llama_index.core.rate_limiter import BaseRateLimiter

from kimi_core.chat import AccountRate

__all__ = ["KimiRateLimiter"]


class KimiRateLimiter(AccountRate, BaseRateLimiter):
    """For ``rate_limiter=`` of any LlamaIndex LLM that asks the same account.

    ``ChatKimiK2`` itself takes ``rate_limit=``, which knows what a request is charged and when it
    ends. Arguments as for `AccountRate`.
    """

    def acquire(self, num_tokens: int = 0) -> None:
        """Wait for a turn of a request that is charged so many tokens."""
        self.take(num_tokens)

    async def async_acquire(self, num_tokens: int = 0) -> None:
        """Wait as `acquire` does, in the running event loop."""
        await self.atake(num_tokens)
