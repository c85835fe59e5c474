"""What OpenTelemetry is told of LlamaIndex's answers; the words of docs/tracing.md.

Owns: OpenInference's spans, kept in memory, where that is installed (``make test-tracing``). No
model answers.
"""

from __future__ import annotations

import json

import pytest
from llama_index.core.tools import FunctionTool

from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall
from llama_index_kimi import ChatKimiK2

instrumentation = pytest.importorskip("openinference.instrumentation.llama_index")
sdk = pytest.importorskip("opentelemetry.sdk.trace")
export = pytest.importorskip("opentelemetry.sdk.trace.export")
memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")

KEY = "sk-never-to-be-traced"


def tides(port: str) -> str:
    """Get the tides."""
    return port


# OpenInference looks at every attribute of a model, the deprecated ones of pydantic too.
@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_span_has_model_call_and_tokens(*, streamed: bool) -> None:
    spans, provider = memory.InMemorySpanExporter(), sdk.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(spans))
    instrumentor = instrumentation.LlamaIndexInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        with MoonshotSimulator(api_key=KEY) as server:
            call = SimulatedToolCall("tides", '{"port": "Brest"}')
            server.reply(SimulatedReply(reasoning="An hour late.", tool_calls=[call]))
            where = {"endpoint": "moonshot", "base_url": server.base_url, "api_key": KEY}
            with ChatKimiK2(**where) as llm:
                tool = FunctionTool.from_defaults(tides)
                if streamed:
                    *_, said = llm.stream_chat_with_tools([tool], "When?")
                else:
                    said = llm.chat_with_tools([tool], "When?")
    finally:
        instrumentor.uninstrument()
    usage = said.raw["usage"]
    spans_of_answers = [
        span for span in spans.get_finished_spans() if "llm.token_count.total" in span.attributes
    ]
    told = spans_of_answers[0].attributes

    assert told["llm.model_name"] == "kimi-k3.1-pro"
    assert told["llm.token_count.total"] == usage["total_tokens"]
    assert told["llm.token_count.completion_details.reasoning"] > 0
    assert told["llm.finish_reason"] == "tool_calls"
    function = "llm.output_messages.0.message.tool_calls.0.tool_call.function"
    assert told[f"{function}.name"] == "tides"
    assert json.loads(told[f"{function}.arguments"]) == {"port": "Brest"}
    assert not any(KEY in span.to_json() for span in spans.get_finished_spans())
