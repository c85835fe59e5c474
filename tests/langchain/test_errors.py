"""Errors: the core's, the SDK's and LangChain's at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai
import pytest
from langchain_core import exceptions

from kimi_core import errors
from kimi_core.testing import SimulatedReply
from langchain_kimi import ChatKimiK2

if TYPE_CHECKING:
    from kimi_core.testing import MoonshotSimulator
    from tests.langchain.conftest import MakeModel


def body(message: str, kind: str = "invalid_request_error") -> dict[str, Any]:
    return {"error": {"message": message, "type": kind}}


CASES: dict[str, tuple[int, dict[str, Any], tuple[type[Exception], ...], bool]] = {
    "key": (
        401,
        body("Invalid Authentication"),
        (
            errors.KimiAuthenticationError,
            openai.AuthenticationError,
            exceptions.ModelAuthenticationError,
        ),
        False,
    ),
    "permission": (
        403,
        body("Not yours"),
        (
            errors.KimiAuthenticationError,
            openai.PermissionDeniedError,
            exceptions.ModelPermissionDeniedError,
        ),
        False,
    ),
    "model": (
        404,
        body("Not found the model"),
        (errors.KimiModelNotFoundError, openai.NotFoundError, exceptions.ModelNotFoundError),
        False,
    ),
    "context": (
        400,
        body("Invalid request: Your request exceeded model token limit: 262144"),
        (errors.KimiContextOverflowError, openai.BadRequestError, exceptions.ContextOverflowError),
        False,
    ),
    "content": (
        400,
        body("The request was rejected because it was considered high risk", "content_filter"),
        (
            errors.KimiContentFilterError,
            openai.BadRequestError,
            getattr(exceptions, "ModelRefusalError", exceptions.ModelInvalidRequestError),
        ),
        False,
    ),
    "request": (
        400,
        body("invalid temperature"),
        (errors.KimiBadRequestError, openai.BadRequestError, exceptions.ModelInvalidRequestError),
        False,
    ),
    "rate": (
        429,
        body("max RPM: 3", "rate_limit_reached_error"),
        (errors.KimiRateLimitError, openai.RateLimitError, exceptions.ModelRateLimitError),
        True,
    ),
    "quota": (
        429,
        body("Your account has insufficient balance", "exceeded_current_quota_error"),
        (errors.KimiQuotaError, openai.RateLimitError, exceptions.ModelRateLimitError),
        False,
    ),
    "busy": (
        429,
        body("The engine is currently overloaded", "engine_overloaded_error"),
        (errors.KimiOverloadedError, openai.RateLimitError, exceptions.ModelRateLimitError),
        True,
    ),
    "server": (
        500,
        body("oops", "server_error"),
        (errors.KimiServerError, openai.InternalServerError, exceptions.ModelAPIError),
        True,
    ),
}


@pytest.mark.parametrize("way", ["invoke", "stream", "ainvoke", "astream"])
@pytest.mark.parametrize(("status", "answer", "kinds", "retryable"), CASES.values(), ids=CASES)
async def test_a_refusal_is_ours_the_sdk_s_and_langchain_s(  # noqa: PLR0913, PLR0917 - one table
    server: MoonshotSimulator,
    make: MakeModel,
    status: int,
    answer: dict[str, Any],
    kinds: tuple[type[Exception], ...],
    retryable: bool,
    way: str,
) -> None:
    server.reply(SimulatedReply(error=(status, answer)))
    with pytest.raises(kinds[0]) as caught:
        await ask(make(max_retries=0), way)
    error: Any = caught.value
    assert all(isinstance(error, kind) for kind in kinds)
    assert type(error).__name__ == kinds[0].__name__
    assert error.is_retryable is retryable
    assert error.status_code == status
    assert answer["error"]["message"] in str(error)


async def ask(model: ChatKimiK2, way: str) -> None:
    if way == "invoke":
        model.invoke("Go.")
    elif way == "stream":
        list(model.stream("Go."))
    elif way == "ainvoke":
        await model.ainvoke("Go.")
    else:
        _ = [chunk async for chunk in model.astream("Go.")]


@pytest.mark.parametrize("way", ["stream", "astream"])
async def test_a_stream_that_breaks_off_may_be_asked_again(
    server: MoonshotSimulator, make: MakeModel, way: str
) -> None:
    server.reply(SimulatedReply(content="One two three four.", truncate_after=3))
    with pytest.raises(errors.KimiStreamTruncatedError) as caught:
        await ask(make(), way)
    error: Any = caught.value
    assert isinstance(error, exceptions.ModelConnectionError)
    assert error.is_retryable
    assert "One two three four.".startswith(error.partial.content)


@pytest.mark.parametrize("way", ["invoke", "astream"])
async def test_an_unreachable_server_is_named(way: str) -> None:
    model = ChatKimiK2(
        endpoint="moonshot", base_url="http://127.0.0.1:9/v1", api_key="sk-made-up", max_retries=0
    )
    with pytest.raises(
        exceptions.ModelConnectionError, match=r"http://127\.0\.0\.1:9/v1"
    ) as caught:
        await ask(model, way)
    assert isinstance(caught.value, errors.KimiConnectionError)
    assert isinstance(caught.value, openai.APIConnectionError)


def test_retries_wait_as_the_server_asks(server: MoonshotSimulator, make: MakeModel) -> None:
    server.reply(
        SimulatedReply(error=(429, body("max RPM: 3")), retry_after=0.01),
        SimulatedReply(content="Now."),
    )
    assert make(max_retries=1).invoke("Go.").text == "Now."


def test_with_fallbacks_and_with_retry_see_the_errors(
    server: MoonshotSimulator, make: MakeModel
) -> None:
    busy = SimulatedReply(error=(503, body("overloaded")))
    server.reply(busy, busy, SimulatedReply(content="From the second."))
    first = make(max_retries=0).with_retry(
        retry_if_exception_type=(exceptions.ModelRateLimitError,),
        wait_exponential_jitter=False,
        stop_after_attempt=2,
    )
    answer = first.with_fallbacks([make(model="kimi-k3")]).invoke("Go.")
    assert answer.text == "From the second."
    assert [request.body["model"] for request in server.requests] == [
        "kimi-k3.1-pro",
        "kimi-k3.1-pro",
        "kimi-k3",
    ]


def test_one_call_may_have_its_own_headers_query_and_timeout(
    server: MoonshotSimulator, make: MakeModel
) -> None:
    make(request_timeout=60).invoke(
        "Go.", extra_headers={"X-Trace": "7"}, extra_query={"tag": "a"}, timeout=30
    )
    (request,) = server.requests
    assert request.headers["x-trace"] == "7"
    assert set(request.body) == {"model", "messages"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"temperature": 0.2}, "temperature=0.2"),
        ({"n": 2}, "n=2"),
        ({"reasoning_effort": "low"}, "reasoning_effort"),
    ],
    ids=str,
)
def test_what_would_be_refused_is_said_before_any_request(
    server: MoonshotSimulator, make: MakeModel, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(errors.KimiConfigError, match=words):
        make(model="kimi-k2.6").invoke("Go.", **settings)
    assert server.requests == []
