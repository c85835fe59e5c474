"""What LangSmith, Langfuse and OpenTelemetry are told of an answer; the words of docs/tracing.md.

Owns: each tracer's own client, which sends to a server on the loopback or into memory. Langfuse and
OpenInference run where they are installed (``make test-tracing``). No model answers.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tracers import LangChainTracer
from langsmith import Client

from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall
from langchain_kimi import ChatKimiK2
from tests.collector import Collector

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sk-never-to-be-traced"
REASONING = "The tide is an hour late."


@pytest.fixture
def llm() -> Iterator[ChatKimiK2]:
    with MoonshotSimulator(api_key=KEY) as server:
        call = SimulatedToolCall("tides", '{"port": "Brest"}')
        server.reply(SimulatedReply(reasoning=REASONING, tool_calls=[call]))
        where = {"endpoint": "moonshot", "base_url": server.base_url, "api_key": KEY}
        with ChatKimiK2(reasoning_effort="low", **where) as llm:
            yield llm


def ask(llm: ChatKimiK2, tracer: Any, *, streamed: bool) -> Any:
    """Ask once, with a tool, and return the message."""
    tool = {"name": "tides", "description": "Get the tides.", "parameters": {"type": "object"}}
    bound, config = llm.bind_tools([tool]), {"callbacks": [tracer]}
    if not streamed:
        return bound.invoke("When?", config)
    chunks = list(bound.stream("When?", config))
    return sum(chunks[1:], chunks[0])


pytestmark = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])


def test_langsmith_sees_model_reasoning_calls_and_tokens(
    llm: ChatKimiK2, *, streamed: bool
) -> None:
    with Collector() as there:
        client = Client(api_url=there.url, api_key="ls-made-up", auto_batch_tracing=False, info={})
        message = ask(llm, LangChainTracer(client=client), streamed=streamed)
    begun, ended = (json.loads(body) for path, body in there.taken if path.startswith("/runs"))
    said = ended["outputs"]["generations"][0][0]["message"]["kwargs"]

    assert begun["extra"]["metadata"]["ls_provider"] == "moonshot"
    assert begun["extra"]["metadata"]["ls_model_name"] == "kimi-k3.1-pro"
    assert begun["extra"]["invocation_params"]["reasoning_effort"] == "low"
    assert begun["extra"]["invocation_params"]["tools"][0]["function"]["name"] == "tides"
    assert said["additional_kwargs"]["reasoning_content"] == REASONING
    assert said["tool_calls"][0]["args"] == {"port": "Brest"}
    assert said["usage_metadata"] == message.usage_metadata
    assert said["usage_metadata"]["output_token_details"]["reasoning"] > 0
    assert not any(KEY.encode() in body for _, body in there.taken)


def test_openinference_spans_have_model_calls_and_tokens(
    llm: ChatKimiK2, *, streamed: bool
) -> None:
    instrumentation = pytest.importorskip("openinference.instrumentation.langchain")
    sdk = pytest.importorskip("opentelemetry.sdk.trace")
    export = pytest.importorskip("opentelemetry.sdk.trace.export")
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    spans, provider = memory.InMemorySpanExporter(), sdk.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(spans))
    instrumentor = instrumentation.LangChainInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        message = ask(llm, BaseCallbackHandler(), streamed=streamed)
    finally:
        instrumentor.uninstrument()
    (span,) = spans.get_finished_spans()
    told = span.attributes

    assert told["llm.provider"] == "moonshot"
    assert told["llm.model_name"] == "kimi-k3.1-pro"
    assert told["llm.token_count.total"] == message.usage_metadata["total_tokens"]
    reasoning = message.usage_metadata["output_token_details"]["reasoning"]
    assert told["llm.token_count.completion_details.reasoning"] == reasoning > 0
    assert told["llm.finish_reason"] == "tool_calls"
    call = "llm.output_messages.0.message.tool_calls.0.tool_call.function"
    assert told[f"{call}.name"] == "tides"
    assert json.loads(told[f"{call}.arguments"]) == {"port": "Brest"}
    assert REASONING in told["output.value"]
    assert KEY not in span.to_json()


def test_langfuse_sees_model_reasoning_and_tokens(llm: ChatKimiK2, *, streamed: bool) -> None:
    langfuse = pytest.importorskip("langfuse")
    handler = pytest.importorskip("langfuse.langchain")
    messages = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    public = f"pk-{streamed}"  # one client for each in a process
    with Collector() as there:
        client = langfuse.Langfuse(public_key=public, secret_key="sk-lf", host=there.url)
        message = ask(llm, handler.CallbackHandler(public_key=public), streamed=streamed)
        client.flush()
        client.shutdown()
    sent = [messages.ExportTraceServiceRequest.FromString(body) for _, body in there.taken]
    spans = [
        span for one in sent for resource in one.resource_spans
        for scope in resource.scope_spans for span in scope.spans
    ]  # fmt: skip
    told = {one.key: one.value.string_value for one in spans[0].attributes}

    assert told["langfuse.observation.model.name"] == "kimi-k3.1-pro"
    output = json.loads(told["langfuse.observation.output"])
    assert output["additional_kwargs"]["reasoning_content"] == REASONING
    usage = json.loads(told["langfuse.observation.usage_details"])
    reasoning = message.usage_metadata["output_token_details"]["reasoning"]
    assert usage["output_reasoning"] == reasoning > 0
    assert usage["output"] + reasoning == message.usage_metadata["output_tokens"]
    assert not any(KEY.encode() in body for _, body in there.taken)
