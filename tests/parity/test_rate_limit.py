"""Many requests under the limits of an account: none refused, none sent twice.

Owns: both adapters with `rate_limit`, against the simulator's tiers, on a clock that leaps; and the
frameworks' own interfaces of a rate limiter. How turns are given is the core's
(tests/core/test_rates.py).
"""

from __future__ import annotations

import asyncio
import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core import TIERS, Tier, get_endpoint
from kimi_core.errors import KimiConfigError, KimiRateLimitError
from kimi_core.testing import MoonshotSimulator
from kimi_core.transport import Transport
from kimi_core.transport.rates import limiter_of
from tests.turned import TurnedClock

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from langchain_core.load import dumps, loads
from langchain_core.rate_limiters import BaseRateLimiter
from langchain_openai import ChatOpenAI
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.rate_limiter import BaseRateLimiter as LlamaIndexRateLimiter

import langchain_kimi
import llama_index_kimi

if TYPE_CHECKING:
    from collections.abc import Callable

    from kimi_core.transport.rates import Limiter

PACKAGES = [langchain_kimi, llama_index_kimi]
ADAPTERS = ["langchain", "llama_index"]


def limiter_at(server: MoonshotSimulator, tier: Any, clock: TurnedClock) -> Limiter:
    """Return the account's limiter, made before any model asks for it, with the test's clock."""
    transport = Transport(
        get_endpoint("moonshot"), base_url=server.base_url, api_key=server.api_key
    )
    return limiter_of(transport.account, Tier.of(tier), clock)


def model_at(package: Any, server: MoonshotSimulator, **settings: Any) -> Any:
    known = {
        "endpoint": "moonshot",
        "base_url": server.base_url,
        "api_key": server.api_key,
        "max_tokens": 1_000,
    }
    return package.ChatKimiK2(**{**known, "max_retries": 0, **settings})


def abatch(llm: Any, questions: list[str]) -> list[Any]:
    return asyncio.run(llm.abatch(questions))


def batch(llm: Any, questions: list[str]) -> list[Any]:
    return llm.batch(questions, {"max_concurrency": 120})


def achats(llm: Any, questions: list[str]) -> list[Any]:
    async def all_of_them() -> list[Any]:
        asked = [llm.achat([ChatMessage(text)]) for text in questions]
        return list(await asyncio.gather(*asked))

    return asyncio.run(all_of_them())


def chats(llm: Any, questions: list[str]) -> list[Any]:
    with ThreadPoolExecutor(120) as pool:
        return list(pool.map(lambda text: llm.chat([ChatMessage(text)]), questions))


WAYS: dict[str, tuple[Any, Callable[[Any, list[str]], list[Any]]]] = {
    "langchain abatch": (langchain_kimi, abatch),
    "langchain batch": (langchain_kimi, batch),
    "llama_index achat": (llama_index_kimi, achats),
    "llama_index chat": (llama_index_kimi, chats),
}
# All ways have one limiter, which knows no way: each tier is seen on one.
CASES = [("langchain abatch", 0), ("langchain abatch", 5)]
CASES += [("langchain batch", 2), ("langchain batch", 4)]
CASES += [("llama_index achat", 1), ("llama_index chat", 3)]


# A thousand requests take seconds, which a deep run has. Every run has two minutes' worth and some.
FEW, MANY = 250, 1_000


@pytest.mark.parametrize(
    ("way", "tier", "number"),
    [(way, 1, FEW) for way in WAYS]
    + [pytest.param(*case, MANY, marks=pytest.mark.deep) for case in CASES],
)
def test_so_many_requests_are_as_many_requests(way: str, tier: int, number: int) -> None:
    clock = TurnedClock()
    package, ask = WAYS[way]
    questions = [f"Question {position}" for position in range(number)]
    with MoonshotSimulator(rate_limit=tier, clock=clock.now) as server:
        limiter = limiter_at(server, tier, clock)
        llm = model_at(package, server, rate_limit=tier)
        begun = clock.time
        answers = ask(llm, questions)
        assert len(answers) == number
        assert not server.refusals
        assert len(server.requests) == number
        assert limiter.tier == TIERS[tier]
        # And no slower than the tier allows: the first minute's are sent at once.
        minutes = (number - 1) // (TIERS[tier].requests_per_minute or 1)
        assert minutes * 60 <= clock.time - begun < minutes * 61 + 10
        llm.close()


@pytest.mark.parametrize("package", PACKAGES, ids=ADAPTERS)
def test_without_a_limit_an_account_refuses(package: Any) -> None:
    with MoonshotSimulator(rate_limit=0, clock=TurnedClock().now) as server:
        llm = model_at(package, server)
        for _ in range(3):
            ask_once(llm)
        with pytest.raises(KimiRateLimitError):
            ask_once(llm)
        llm.close()


def ask_once(llm: Any) -> Any:
    return llm.invoke("x") if hasattr(llm, "invoke") else llm.complete("x")


@pytest.mark.parametrize("package", PACKAGES, ids=ADAPTERS)
def test_a_wrong_limit_is_refused_and_a_new_one_taken(package: Any) -> None:
    words = r"rate_limit='gold' is refused: Moonshot's tiers are 0, .* Pass the number"
    with pytest.raises(KimiConfigError, match=words):
        package.ChatKimiK2(api_key="key", rate_limit="gold")
    llm = package.ChatKimiK2(api_key="key", rate_limit=1)
    with pytest.raises(KimiConfigError, match="rate_limit=True is refused"):
        llm.rate_limit = True
    assert llm.rate_limit == 1
    llm.rate_limit = Tier(concurrency=3)
    assert llm._chat.settings.rate_limit == Tier(concurrency=3)


@pytest.mark.filterwarnings("ignore:The function `loads` is in beta")
@pytest.mark.parametrize("package", PACKAGES, ids=ADAPTERS)
def test_copies_have_the_same_limit(package: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOONSHOT_API_KEY", "sk-of-a-copy")
    mine = Tier(requests_per_minute=30)
    llm = package.ChatKimiK2(rate_limit=mine)
    again = pickle.loads(pickle.dumps(llm))  # noqa: S301 - our own
    copies = [copy.deepcopy(llm), again, llm.model_copy(update={})]
    if package is langchain_kimi:
        written = dumps(llm)
        copies.append(
            loads(
                written,
                allowed_objects=[langchain_kimi.ChatKimiK2],
                valid_namespaces=["langchain_kimi"],
                secrets_from_env=True,
            )
        )
    else:
        copies.append(package.ChatKimiK2.from_dict(llm.to_dict()))
    assert [Tier.of(one.rate_limit) for one in copies] == [mine] * 4
    limiters = {id(one._chat._limiter) for one in copies}
    assert limiters == {id(llm._chat._limiter)}


def test_other_models_of_langchain_take_it() -> None:
    clock = TurnedClock()
    with MoonshotSimulator(rate_limit=0, clock=clock.now, unknown_fields="ignore") as server:
        held = limiter_at(server, 0, clock)
        where: dict[str, Any] = {"base_url": server.base_url, "api_key": server.api_key}
        limiter = langchain_kimi.KimiRateLimiter(0, endpoint="moonshot", **where)
        assert isinstance(limiter, BaseRateLimiter)
        llm = ChatOpenAI(model="kimi-k3", rate_limiter=limiter, max_retries=0, **where)
        for _ in range(3):
            llm.invoke("x")
        assert asyncio.run(limiter.aacquire())  # its own async client outlives the loop
        assert limiter.acquire(blocking=False)
        assert limiter.acquire(blocking=False)
        assert not limiter.acquire(blocking=False)
        assert not asyncio.run(limiter.aacquire(blocking=False))
        assert not server.refusals
        assert not held.idle
        llm.root_client.close()


def test_llamaindex_takes_it() -> None:
    clock = TurnedClock()
    with MoonshotSimulator(rate_limit=0, clock=clock.now) as server:
        begun, _held = clock.time, limiter_at(server, 0, clock)
        where = {"endpoint": "moonshot", "base_url": server.base_url, "api_key": server.api_key}
        limiter = llama_index_kimi.KimiRateLimiter(0, **where)
        assert isinstance(limiter, LlamaIndexRateLimiter)
        llm = model_at(llama_index_kimi, server, rate_limiter=limiter)
        for _ in range(2):
            llm.complete("x")
            asyncio.run(llm.acomplete("x"))
        assert clock.time > begun + 60
        assert not server.refusals
        llm.close()
