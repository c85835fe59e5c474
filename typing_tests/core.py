"""What an editor and a type checker say to a user of `kimi_core`: endpoints, errors, the client."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from typing_extensions import assert_type

import kimi_core
from kimi_core import Endpoint, ModelInfo, ParsedMessage, Tokenizer, endpoints, errors
from kimi_core.platform import Balance, BatchResult, KimiClient, OfficialTool, RemoteFile
from kimi_core.platform import RemoteModel as Served


def a_server_of_ones_own() -> None:
    """A preset that is called is an endpoint; a preset that is none is an error."""
    assert_type(endpoints.vllm("http://gpu:8000/v1"), Endpoint)
    assert_type(endpoints.sglang("http://gpu:30000/v1", tool_call_parser="client"), Endpoint)
    assert_type(endpoints.openrouter(referer="https://harbour.example", title="Tides"), Endpoint)
    assert_type(endpoints.vllm.row, Endpoint)
    assert_type(kimi_core.get_endpoint("moonshot"), Endpoint)
    endpoints.vllm(8000)  # type: ignore[arg-type]
    endpoints.openrouter(referer=1)  # type: ignore[arg-type]
    endpoints.vlm  # type: ignore[attr-defined]
    endpoints.vllm.row.base_url = "http://gpu:8000/v1"  # type: ignore[misc]


def a_request_failed(error: errors.KimiError) -> None:
    """An error's attributes are those of its class, and of no class above."""
    if isinstance(error, errors.KimiRateLimitError):
        assert_type(error.retry_after, float | None)
        assert_type(error.limit, str | None)
        assert_type(error.status_code, int)
        assert_type(error.request_id, str | None)
        assert_type(error.body, object | None)
    elif isinstance(error, errors.KimiAPIError):
        assert_type(error.partial, ParsedMessage | None)
        assert_type(error.endpoint, str)
        error.status_code  # type: ignore[attr-defined]
    elif isinstance(error, errors.KimiIncompleteAnswerError):
        assert_type(error.partial, ParsedMessage)
        assert_type(error.finish_reason, str | None)
        assert_type(error.max_tokens, int | None)
    elif isinstance(error, errors.KimiHostedToolError):
        assert_type(error.tool, str)
    else:
        error.partial  # type: ignore[attr-defined]


def an_answer_broke_off(error: errors.KimiStreamTruncatedError) -> None:
    """What had come is a message."""
    assert_type(error.partial.content, str)
    assert_type(error.partial.reasoning, str)
    assert_type(error.partial.tool_calls, tuple[kimi_core.ToolCall, ...])


def moonshot_is_asked() -> None:
    """The client's methods give values with attributes, not dicts."""
    with KimiClient(api_key="sk-made-up", max_retries=2) as client:
        assert_type(client, KimiClient)
        assert_type(client.models(), tuple[Served, ...])
        assert_type(client.balance(), Balance)
        assert_type(client.estimate_tokens([{"role": "user", "content": "Hello"}]), int)
        assert_type(client.upload_file("tides.pdf"), RemoteFile)
        assert_type(client.official_tools("web-search"), tuple[OfficialTool, ...])
        assert_type(client.collect_batch("batch-1"), dict[str, BatchResult])
        client.upload_file(b"%PDF")  # type: ignore[arg-type]
        client.balance().dollars  # type: ignore[attr-defined]
    KimiClient(endpoint=1)  # type: ignore[arg-type]


async def moonshot_is_asked_later() -> None:
    """Every method has an async twin."""
    async with KimiClient() as client:
        assert_type(await client.amodels(), tuple[Served, ...])
        assert_type(await client.abalance(), Balance)


def raw_text_is_read() -> None:
    """The raw protocol, without a framework."""
    assert_type(kimi_core.parse("Hello"), ParsedMessage)
    assert_type(kimi_core.render_prompt([{"role": "user", "content": "Hello"}]), str)
    assert_type(kimi_core.get_model("kimi-k2.6"), ModelInfo | None)
    assert_type(Tokenizer.estimate().count("Hello"), int)
    kimi_core.parse(b"Hello")  # type: ignore[arg-type]
