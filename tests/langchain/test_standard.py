"""LangChain's own conformance suites, against the simulated first-party server.

No Kimi model runs here. Each ``supports_*`` and ``has_*`` property that is true of Kimi is on;
beside each one that is off stands its reason.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

import httpx
import pytest
from langchain_core.load import load
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall
from langchain_kimi import ChatKimiK2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.messages import AIMessage


class _Kimi:
    """What is true of Kimi."""

    @property
    def chat_model_class(self) -> type[ChatKimiK2]:
        return ChatKimiK2

    @property
    def standard_chat_model_params(self) -> dict[str, Any]:
        # Not the suite's own: its temperature of 0 is refused by Moonshot, where temperature is
        # pinned, and ChatKimiK2 says so before any request.
        return {"max_tokens": 1_000, "timeout": 60, "stop": [], "max_retries": 2}

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def supports_image_inputs(self) -> bool:
        return True

    @property
    def supports_video_inputs(self) -> bool:
        return True

    @property
    def supports_image_tool_message(self) -> bool:
        return True

    @property
    def supports_anthropic_inputs(self) -> bool:
        return True

    @property
    def supported_usage_metadata_details(self) -> dict[str, list[str]]:
        details = ["cache_read_input", "reasoning_output"]
        return {"invoke": details, "stream": details}

    @property
    def supports_model_override(self) -> bool:
        return True

    @property
    def model_override_value(self) -> str:
        return "kimi-k3"

    # Off: enable_vcr_tests (its benchmark plays one cassette many times; ours are played once),
    # supports_image_urls (Moonshot takes data: and ms:// only), supports_pdf_inputs,
    # supports_audio_inputs and supports_pdf_tool_message (Kimi reads neither).


@pytest.mark.filterwarnings("ignore:The function `load` is in beta")
class TestUnit(_Kimi, ChatModelUnitTests):
    """Construction, schemas, tracing parameters, serialization."""

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "kimi-k3.1-pro", "api_key": "sk-made-up"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        return (
            {"MOONSHOT_API_KEY": "sk-made-up"},
            {},
            {"endpoint": None, "model_name": "kimi-k3.1-pro"},
        )

    @pytest.fixture(autouse=True)
    def _allow_this_class(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # "all" means the partners that langchain-core lists by name; any other class has to be
        # named by whoever loads it, which the suite has no property for.
        def load_it(dump: Any, **settings: Any) -> Any:
            return load(dump, **{**settings, "allowed_objects": [ChatKimiK2]})

        monkeypatch.setattr("langchain_tests.unit_tests.chat_models.load", load_it)


def _call(name: str, **arguments: Any) -> SimulatedReply:
    return SimulatedReply(
        reasoning="A tool is asked for.", tool_calls=[SimulatedToolCall(name, arguments)]
    )


_MAGIC = [_call("magic_function", input=3)] * 2
_JOKE = SimulatedReply(content=json.dumps({"setup": "Why do cats purr?", "punchline": "Idling."}))

# What the simulated model is to say where its own answer (the smallest instance of a schema) is not
# what the suite looks for.
_SCRIPTS: dict[str, list[SimulatedReply]] = {
    "test_bind_runnables_as_tools": [_call("greeting_generator", answer_style="Pirate")],
    "test_json_mode": [_JOKE] * 4,
    "test_tool_calling": _MAGIC,
    "test_tool_calling_async": _MAGIC,
    "test_unicode_tool_call_integration": [
        _call("unicode_customer", customer_name="你好啊集团", description="a customer"),
        _call("unicode_customer", customer_name="こんにちは株式会社", description="a customer"),
    ],
}


@pytest.fixture(scope="class")
def simulator(request: pytest.FixtureRequest) -> Iterator[MoonshotSimulator]:
    """One simulated server for a class of the suite, which it must not refuse anything."""
    with MoonshotSimulator() as running:
        request.cls.simulator = running
        yield running
        assert running.refusals == []


# The suite forces a call wherever it may; against thinking ChatKimiK2 warns and sends "auto".
@pytest.mark.filterwarnings("ignore::kimi_core.ToolChoiceWarning")
@pytest.mark.usefixtures("simulator")
class _Integration(_Kimi, ChatModelIntegrationTests):
    """Answers, streams, tools, structured output, histories."""

    simulator: MoonshotSimulator
    settings: ClassVar[dict[str, Any]]

    @property
    def chat_model_params(self) -> dict[str, Any]:
        server = {
            "endpoint": "moonshot",
            "base_url": self.simulator.base_url,
            "api_key": self.simulator.api_key,
        }
        return {**server, **self.settings}

    @pytest.fixture(autouse=True)
    def _script(self, request: pytest.FixtureRequest) -> None:
        self.simulator.reply(*_SCRIPTS.get(request.function.__name__, ()))

    @pytest.fixture(autouse=True)
    def _pictures(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def tiny(url: str, **_: Any) -> httpx.Response:
            return httpx.Response(200, content=b"\xff\xd8\xff", request=httpx.Request("GET", url))

        # The suite fetches pictures from the web, which these tests do not reach.
        monkeypatch.setattr("langchain_tests.integration_tests.chat_models.httpx.get", tiny)

    def invoke_with_reasoning_output(self, *, stream: bool = False) -> AIMessage:
        self.simulator.reply(
            SimulatedReply(content="The sum is four.", reasoning="2 + 2", reasoning_tokens=3)
        )
        return self._ask(stream=stream)

    def invoke_with_cache_read_input(self, *, stream: bool = False) -> AIMessage:
        self.simulator.reply(SimulatedReply(content="4", cached_tokens=1))
        return self._ask(stream=stream)

    def _ask(self, *, stream: bool) -> AIMessage:
        model = ChatKimiK2(**self.chat_model_params)
        if not stream:
            return model.invoke("2 + 2?")
        first, *others = model.stream("2 + 2?")
        return add_ai_message_chunks(first, *others)


class TestDefaultModel(_Integration):
    """No model named: kimi-k3.1-pro, which always thinks."""

    settings: ClassVar = {}


# Told with every request, since its thinking cannot be switched off.
@pytest.mark.filterwarnings("ignore:thinking=False:kimi_core.IgnoredSettingWarning")
class TestDefaultModelWithoutThinking(_Integration):
    """No model named, asked not to think: its lowest effort is sent."""

    settings: ClassVar = {"thinking": False}


class TestSwitchableModel(_Integration):
    """kimi-k2.6, thinking as it does by itself."""

    settings: ClassVar = {"model": "kimi-k2.6"}


class TestWithoutThinking(_Integration):
    """kimi-k2.6 with thinking switched off."""

    settings: ClassVar = {"model": "kimi-k2.6", "thinking": False}

    @property
    def supports_model_override(self) -> bool:
        return False  # no other live model can stop thinking, and ChatKimiK2 says so


class TestAlwaysThinkingCodeModel(_Integration):
    """kimi-k2.7-code, which cannot stop thinking."""

    settings: ClassVar = {"model": "kimi-k2.7-code"}


class TestNewestModel(_Integration):
    """kimi-k3."""

    settings: ClassVar = {"model": "kimi-k3"}

    @property
    def model_override_value(self) -> str:
        return "kimi-k2.6"
