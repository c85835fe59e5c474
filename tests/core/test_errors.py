"""Every way in which a request can fail becomes one error that says what to do.

Owns: the mapping of statuses, bodies and headers. Truncation is in test_chat.py, configuration in
test_config.py and test_capabilities.py.
"""

from __future__ import annotations

import asyncio
import traceback
from typing import TYPE_CHECKING, Any

import openai
import pytest

from kimi_core import errors
from tests.scripted import Answer, ScriptedServer, body, chunk, error, stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from kimi_core.chat import KimiChat

HELLO = [{"role": "user", "content": "Hi"}]
KEY = "sk-made-up-and-never-shown"
OVERLOADED = "The engine is currently overloaded, please try again later"
RAW_400 = '{"error":{"message":"upstream said no","type":"invalid_request_error"}}'


def failing(chat: KimiChat, **options: Any) -> errors.KimiAPIError:
    """Ask, and return the error that comes back."""
    with pytest.raises(errors.KimiAPIError) as caught:
        chat.open(chat.request(HELLO, stream=True, **options)).read()
    return caught.value


# status, message, type -> our class, the SDK's class
REFUSALS = [
    (400, "Invalid request: bad field", "invalid_request_error", "BadRequest", "BadRequest"),
    (400, "it was considered high risk", "content_filter", "ContentFilter", "BadRequest"),
    (400, "Input token length too long", "invalid_request_error", "ContextOverflow", "BadRequest"),
    (400, "Invalid request: Your request exceeded model token limit: 262144 (requested: 265359)",
     "invalid_request_error", "ContextOverflow", "BadRequest"),
    (400, "This model's maximum context length is 4096 tokens.",
     "BadRequestError", "ContextOverflow", "BadRequest"),
    (400, "max_tokens=100000 cannot be greater than max_model_len=4096.",
     "BadRequestError", "ContextOverflow", "BadRequest"),
    (400, "the request exceeds the available context size",
     "exceed_context_size_error", "ContextOverflow", "BadRequest"),
    (401, "Invalid Authentication",
     "invalid_authentication_error", "Authentication", "Authentication"),
    (401, "Incorrect API key provided",
     "incorrect_api_key_error", "Authentication", "Authentication"),
    (402, "Insufficient credits", "", "Quota", "APIStatus"),
    (403, "The API you are accessing is not open",
     "permission_denied_error", "Authentication", "PermissionDenied"),
    (403, "organization <x> exceeded current quota, please check your plan and billing details",
     "exceeded_current_quota_error", "Quota", "PermissionDenied"),
    (404, "Not found the model kimi-k9 or Permission denied",
     "resource_not_found_error", "ModelNotFound", "NotFound"),
    (408, "Request timeout", "", "BadRequest", "APIStatus"),
    (413, "Request Entity Too Large", "", "BadRequest", "APIStatus"),
    (429, OVERLOADED, "engine_overloaded_error", "Overloaded", "RateLimit"),
    (429, OVERLOADED, "rate_limit_error", "Overloaded", "RateLimit"),
    (429, "request reached organization max RPM: 20",
     "rate_limit_reached_error", "RateLimit", "RateLimit"),
    (429, "Your account is suspended due to insufficient balance, please recharge",
     "exceeded_current_quota_error", "Quota", "RateLimit"),
    (500, "unexpected output", "unexpected_output", "Server", "InternalServer"),
    (500, "overloaded", "server_error", "Overloaded", "InternalServer"),
    (502, "bad gateway", "", "Server", "InternalServer"),
    (503, "try later", "server_unavailable", "Overloaded", "InternalServer"),
    (529, "busy", "", "Overloaded", "InternalServer"),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::kimi_core.UnknownModelWarning")  # a name that servers refuse
@pytest.mark.parametrize(
    ("status", "message", "kind", "ours", "theirs"),
    REFUSALS,
    ids=[f"{row[0]}-{row[3]}-{index}" for index, row in enumerate(REFUSALS)],
)
def test_a_refusal_is_ours_and_the_sdks(  # noqa: PLR0913, PLR0917 - the columns
    server: ScriptedServer,
    connect: Callable[..., KimiChat],
    status: int,
    message: str,
    kind: str,
    ours: str,
    theirs: str,
) -> None:
    server.will(error(status, message, kind, x_request_id="req-7"))
    caught = failing(connect(api_key=KEY), model="kimi-k9")

    assert type(caught).__name__ == f"Kimi{ours}Error"
    assert isinstance(caught, getattr(errors, f"Kimi{ours}Error"))
    assert isinstance(caught, getattr(openai, f"{theirs}Error"))
    assert (caught.endpoint, caught.model) == ("vllm", "kimi-k9")
    assert isinstance(caught, errors.KimiStatusError)
    assert (caught.status_code, caught.error_type) == (status, kind)
    assert (caught.server_message, caught.request_id) == (message, "req-7")
    for part in ("vllm", "'kimi-k9'", str(status), message, "req-7"):
        assert part in str(caught)
    # What code written against the SDK reads.
    sdk: Any = caught
    assert sdk.response.status_code == status
    assert sdk.body == {"message": message, "type": kind}
    assert sdk.request.url.path == "/v1/chat/completions"
    assert isinstance(caught.__cause__, openai.APIStatusError)


@pytest.mark.parametrize("status", [401, 404])
@pytest.mark.parametrize("endpoint", ["moonshot", "openrouter", "vllm"])
def test_what_is_true_of_moonshot_is_said_of_moonshot_alone(
    server: ScriptedServer, connect: Callable[..., KimiChat], endpoint: str, status: int
) -> None:
    """A key that OpenRouter refused was said to be of the wrong one of Moonshot's two sites."""
    server.will(error(status, "No.", "refused"))
    caught = failing(connect(endpoint=endpoint, api_key=KEY), model="kimi-k3")
    told = "api.moonshot.cn" in str(caught) or "first-party" in str(caught)
    assert told is (endpoint == "moonshot")


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_no_key_is_shown_anywhere(
    server: ScriptedServer, connect: Callable[..., KimiChat], status: int
) -> None:
    server.will(error(status, "no", "refused"))
    chat = connect(api_key=KEY, default_headers={"x-other-key": KEY})
    caught = failing(chat)

    shown = "".join(traceback.format_exception(caught)) + repr(caught) + repr(vars(caught))
    assert KEY not in shown
    assert KEY not in repr(chat.settings)


# the id under which each server's support finds the request
@pytest.mark.parametrize("name", ["x_request_id", "x_trace_id"])
def test_request_id_is_read_under_each_name(
    server: ScriptedServer, connect: Callable[..., KimiChat], name: str
) -> None:
    server.will(error(500, "no", "server_error", **{name: "id-1"}))
    caught = failing(connect())
    assert isinstance(caught, errors.KimiStatusError)
    assert caught.request_id == "id-1"


RATE_LIMITS = {
    "seconds": ({"retry_after": "7"}, "slow down", 7.0, None),
    "milliseconds": ({"retry_after_ms": "250"}, "slow down", 0.25, None),
    "a date is not seconds": ({"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT"}, "no", None, None),
    "in the sentence": (
        {}, "reached organization max RPM: 20, please try again after 1 seconds", 1.0, "RPM",
    ),
    "concurrency": (
        {}, "request reached max organization concurrency: 1, please try again after 1 seconds",
        1.0, "concurrency",
    ),
    "tokens a minute": ({}, "reached project TPM rate limit, current: 9, limit: 1", None, "TPM"),
    "tokens a day": ({}, "reached organization TPD rate limit, current: 9", None, "TPD"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "message", "retry_after", "limit"), RATE_LIMITS.values(), ids=RATE_LIMITS
)
def test_a_rate_limit_says_how_long_and_which(
    server: ScriptedServer,
    connect: Callable[..., KimiChat],
    headers: dict[str, str],
    message: str,
    retry_after: float | None,
    limit: str | None,
) -> None:
    server.will(error(429, message, "rate_limit_reached_error", **headers))
    caught = failing(connect())
    assert isinstance(caught, errors.KimiRateLimitError)
    assert (caught.retry_after, caught.limit) == (retry_after, limit)


HTML = Answer((b"<html>\n  <body>" + b"gateway " * 200 + b"</body></html>",), 504)

# answer -> server_message, error_type
BODIES = {
    "an error that is a string": (body({"error": "nope"}, 400), "nope", ""),
    "no error key": (body({"object": "error", "message": "nope", "type": "T"}, 400), "nope", "T"),
    "detail": (body({"detail": "Not Found"}, 404), "Not Found", ""),
    "a relay's nil": (body({"error": {"message": "nope", "type": "<nil>"}}, 400), "nope", ""),
    "the provider behind OpenRouter": (
        body({"error": {"message": "Provider returned error", "code": 400,
                        "metadata": {"raw": RAW_400, "provider_name": "Moonshot AI"}}}, 400),
        "Provider returned error: upstream said no",
        "invalid_request_error",
    ),
    "a provider's plain text": (
        body({"error": {"message": "Provider returned error", "metadata": {"raw": "down"}}}, 502),
        "Provider returned error: down",
        "",
    ),
    "no raw text": (body({"error": {"message": "no", "metadata": {"raw": None}}}, 400), "no", ""),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "message", "kind"), BODIES.values(), ids=BODIES)
def test_every_shape_of_an_error_body_is_read(
    server: ScriptedServer,
    connect: Callable[..., KimiChat],
    answer: Answer,
    message: str,
    kind: str,
) -> None:
    server.will(answer)
    caught = failing(connect())
    assert isinstance(caught, errors.KimiStatusError)
    assert (caught.server_message, caught.error_type) == (message, kind)


def test_a_gateway_page_is_shortened(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    server.will(HTML)
    caught = failing(connect())
    assert isinstance(caught, errors.KimiServerError)
    assert caught.server_message.startswith("<html> <body>gateway gateway")
    assert len(str(caught)) < 700
    assert "streamed" in str(caught)


# error inside a 200 -> status that it stands for, class
INSIDE = {
    "code": ({"code": 502, "message": "no"}, 502, errors.KimiServerError),
    "code as text": ({"code": "429", "message": "no"}, 429, errors.KimiRateLimitError),
    "type": ({"type": "engine_overloaded_error", "message": "no"}, 429, errors.KimiOverloadedError),
    "word as code": ({"code": "boom", "message": "no"}, 500, errors.KimiServerError),
    "nothing": ({"message": "no"}, 500, errors.KimiServerError),
}  # fmt: skip


@pytest.mark.parametrize("streamed", [False, True], ids=["body", "mid-stream"])
@pytest.mark.parametrize(("inside", "status", "ours"), INSIDE.values(), ids=INSIDE)
def test_an_error_inside_a_200_is_raised(
    server: ScriptedServer,
    connect: Callable[..., KimiChat],
    inside: dict[str, Any],
    status: int,
    ours: type[errors.KimiStatusError],
    *,
    streamed: bool,
) -> None:
    whole = body({"error": inside}, x_request_id="req-8")
    broken = {**chunk("error"), "error": inside}
    server.will(stream(chunk(content="Hel"), broken) if streamed else whole)
    caught = failing(connect())
    assert isinstance(caught, ours)
    assert isinstance(caught, openai.APIError)
    assert caught.status_code == status
    assert caught.server_message == inside["message"]
    assert caught.request_id == (None if streamed else "req-8")


def test_no_server_names_the_address_and_the_way_out(connect: Callable[..., KimiChat]) -> None:
    caught = failing(connect(base_url="http://127.0.0.1:9/v1"))
    assert type(caught) is not errors.KimiConnectionError  # also the SDK's
    assert isinstance(caught, errors.KimiConnectionError)
    assert isinstance(caught, openai.APIConnectionError)
    assert not isinstance(caught, errors.KimiTimeoutError)
    assert "vllm at http://127.0.0.1:9/v1" in str(caught)
    assert "Check base_url" in str(caught)


def test_a_timeout_is_a_connection_error(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    server.will(Answer(stalls=True))
    caught = failing(connect(timeout=0.1))
    assert isinstance(caught, errors.KimiTimeoutError)
    assert isinstance(caught, errors.KimiConnectionError)
    assert isinstance(caught, openai.APITimeoutError)
    assert "Raise timeout" in str(caught)


def test_async_errors_are_the_same(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    server.will(error(429, OVERLOADED, "engine_overloaded_error"))
    chat = connect()

    async def ask() -> None:
        await (await chat.aopen(chat.request(HELLO, stream=True))).read()

    with pytest.raises(errors.KimiOverloadedError) as caught:
        asyncio.run(ask())
    assert isinstance(caught.value, openai.RateLimitError)


def test_config_errors_are_value_errors() -> None:
    assert issubclass(errors.KimiConfigError, ValueError)
    assert issubclass(errors.KimiConfigError, errors.KimiError)
