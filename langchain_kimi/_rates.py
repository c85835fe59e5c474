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

    acquire = AccountRate.take
    aacquire = AccountRate.atake
