"""What servers say, in whatever words and clothes, becomes the right error, whole and streamed.

Owns: the wordings of a context overflow by server, and the shapes of an error inside a 200. The
sentences are made up in the manner of each server; statuses and bodies are in test_errors.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kimi_core import errors
from tests.core.test_errors import HELLO, failing
from tests.scripted import ScriptedServer, body, chunk, stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from kimi_core.chat import KimiChat

# server -> status, error body
OVERFLOWS: dict[str, tuple[int, Any]] = {
    "Moonshot": (400, {"error": {"message": "Your request exceeded model token limit: 9"}}),
    "Kimi Code": (400, {"error": {"message": "total message size 2100 exceeds limit 2097"}}),
    "SGLang": (400, {"object": "error", "code": 400, "type": "BadRequestError",
                     "message": "The input (9 tokens) is longer than the model's context length."}),
    "SGLang, allowed length": (400, {"object": "error", "code": 400, "message":
                               "Input length (9 tokens) exceeds the maximum allowed length (8)."}),
    "vLLM": (400, {"error": {"message": "This model's maximum context length is 8 tokens."}}),
    "llama.cpp": (400, {"error": {"code": 400, "type": "exceed_context_size_error",
                                  "message": "the request is larger"}}),
    "TensorRT-LLM": (400, {"message": "length of prompt_tokens (9) must be less than max_seq_len"}),
    "OpenRouter": (400, {"error": {"code": 400, "message":
                   "This endpoint's maximum context length is 8 tokens. You asked for about 9."}}),
    "Fireworks": (400, {"error": {"object": "error", "type": "invalid_request_error",
                        "message": "The prompt is too long: 9, model maximum context length: 8"}}),
    "LiteLLM": (400, {"detail": "ContextWindowExceededError: Hosted_vllmException - too much"}),
    "LiteLLM, 500": (500, {"error": {"message": "litellm.ContextWindowExceededError: x"}}),
    "Groq": (400, {"error": {"message": "Please reduce the length of the messages or completion.",
                             "code": "context_length_exceeded"}}),
    "Anthropic's route": (400, {"type": "error", "error": {"type": "invalid_request_error",
                                "message": "prompt is too long: 9 tokens > 8 maximum"}}),
    "too large": (413, {"error": {"message": "input and `max_tokens` exceed context limit"}}),
    "by its code alone": (400, {"error": {"message": "no", "code": "context_length_exceeded"}}),
}  # fmt: skip


@pytest.mark.parametrize(("status", "said"), OVERFLOWS.values(), ids=OVERFLOWS)
def test_a_prompt_that_is_too_long_is_a_context_overflow(
    server: ScriptedServer, connect: Callable[..., KimiChat], status: int, said: Any
) -> None:
    server.will(body(said, status))
    assert isinstance(failing(connect()), errors.KimiContextOverflowError)


# server -> status, error body
NO_MEDIA: dict[str, tuple[int, Any]] = {
    "llama.cpp": (500, {"error": {"code": 500, "type": "server_error", "message":
                        "image input is not supported - hint: you may need the mmproj"}}),
    "llama.cpp, audio": (500, {"error": {"code": 500, "type": "server_error", "message":
                               "audio input is not supported - hint: you may need the mmproj"}}),
    "llama.cpp, a broken picture": (400, {"error": {"message": "Failed to load image or audio"}}),
    "SGLang": (400, {"object": "error", "message": "Model only supports text input; received x"}),
}  # fmt: skip


@pytest.mark.parametrize(("status", "said"), NO_MEDIA.values(), ids=NO_MEDIA)
def test_a_picture_that_the_server_cannot_read_is_no_fault_of_the_server(
    server: ScriptedServer, connect: Callable[..., KimiChat], status: int, said: Any
) -> None:
    """And is not sent again: a projector does not grow."""
    server.will(body(said, status))
    error = failing(connect(max_retries=3))
    assert isinstance(error, errors.KimiBadRequestError)
    assert "--mmproj" in str(error)
    assert len(server.seen) == 1


def test_a_server_error_is_tried_again(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    server.will(body({"error": {"message": "out of luck"}}, 500, retry_after="0"))
    server.will(body({"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]}))
    chat = connect(max_retries=1)
    assert chat.open(chat.request(HELLO, stream=False)).read().message().content == "Hi."


NO_OVERFLOWS = {
    "a rate": (429, "too many tokens per minute"),
    "another limit": (400, "at most 128 tools are allowed"),
    "a name": (404, "model max_model_len-test was not found"),
}


@pytest.mark.parametrize(("status", "message"), NO_OVERFLOWS.values(), ids=NO_OVERFLOWS)
def test_other_limits_are_none(
    server: ScriptedServer, connect: Callable[..., KimiChat], status: int, message: str
) -> None:
    server.will(body({"error": {"message": message}}, status))
    assert not isinstance(failing(connect()), errors.KimiContextOverflowError)


Q = "the queue is full"
# an event or a body that is an error -> its class, what must be in its sentence
CLOTHES: dict[str, tuple[dict[str, Any], type[errors.KimiStatusError], str]] = {
    "DeepInfra": (
        {"choices": None, "error_type": "BadRequestError", "error_message": "no such field"},
        errors.KimiBadRequestError, "no such field",
    ),
    "a type alone": ({"error_type": "RateLimitError"}, errors.KimiRateLimitError, "RateLimitError"),
    "flat": ({"object": "error", "message": Q, "code": 503}, errors.KimiOverloadedError, Q),
    "Anthropic's": (
        {"type": "error", "error": {"type": "overloaded_error", "message": Q}},
        errors.KimiOverloadedError, Q,
    ),
    "Cloudflare's": ({"success": False, "errors": [{"code": 5, "message": Q}]},
                     errors.KimiServerError, Q),
    "FastAPI's": ({"detail": [{"loc": ["body", "n"], "msg": "not a number"}]},
                  errors.KimiServerError, "body.n: not a number"),
    "in the choice": (
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "error",
                      "error": {"code": 502, "message": Q}}]},
        errors.KimiServerError, Q,
    ),
    "a finish reason": ({"choices": [{"index": 0, "delta": {}, "finish_reason": "error"}]},
                        errors.KimiServerError, "finish_reason"),
    "a string": ({"error": Q}, errors.KimiServerError, Q),
}  # fmt: skip


@pytest.mark.parametrize("streamed", ["whole", "at once", "after text"])
@pytest.mark.parametrize(("said", "kind", "words"), CLOTHES.values(), ids=CLOTHES)
def test_an_error_in_any_clothes_is_raised_with_what_had_come(
    server: ScriptedServer,
    connect: Callable[..., KimiChat],
    said: dict[str, Any],
    kind: type[errors.KimiStatusError],
    words: str,
    *,
    streamed: str,
) -> None:
    before = [chunk(content="Hel")] if streamed == "after text" else []
    server.will(body(said) if streamed == "whole" else stream(*before, said))
    caught = failing(connect())
    assert isinstance(caught, kind)
    assert words in str(caught)
    assert caught.partial is not None
    assert caught.partial.content == ("Hel" if before else "")


DETAILS = {
    "details": {"error": {"message": "invalid input", "details": [
        {"loc": ["body", "messages", 0, "role"], "msg": "Input should be 'system'"}]}},
    "errors": {"success": False, "errors": [{"code": 5006, "message": "bad escaped character"}]},
    "a list of texts": {"error": {"message": "no"}, "errors": ["seed is unknown"]},
    "in the error": {"error": {"message": "no", "errors": ["seed is unknown"]}},
}  # fmt: skip
WORDS = {
    "details": "body.messages.0.role: Input should be 'system'",
    "errors": "bad escaped character",
    "a list of texts": "no",
    "in the error": "no: seed is unknown",
}


@pytest.mark.parametrize("shape", DETAILS)
def test_no_word_of_a_refusal_is_lost(
    server: ScriptedServer, connect: Callable[..., KimiChat], shape: str
) -> None:
    server.will(body(DETAILS[shape], 422))
    assert WORDS[shape] in str(failing(connect()))


def test_an_idle_event_is_passed_over(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    null: Any = None
    server.will(stream(chunk(content="Hel"), null, chunk(content="lo"), chunk("stop")))
    chat = connect()
    reader = chat.open(chat.request(HELLO, stream=True)).read()
    assert reader.message().content == "Hello"
