"""What an editor and a type checker say to a user of `llama_index_kimi`."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from collections.abc import Sequence
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseGen,
    LLMMetadata,
)
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel
from typing_extensions import assert_type

from llama_index_kimi import ChatKimiK2, KimiRateLimiter, aofficial_tools, endpoints, official_tools

PROMPT = PromptTemplate("Tell me a joke about {topic}.")


class Joke(BaseModel):
    """A joke."""

    punchline: str


def a_model_is_constructed() -> None:
    """Every word for a setting is completed, with its type."""
    assert_type(ChatKimiK2(), ChatKimiK2)
    ChatKimiK2(model="kimi-k2.6", api_key="sk-made-up", temperature=0.6, max_tokens=1_000)
    ChatKimiK2(model="a-name-of-my-own-server", api_key=lambda: "sk-made-up", thinking=False)
    ChatKimiK2(endpoint="vllm", base_url="http://gpu:8000/v1", tool_call_parser="client")
    ChatKimiK2(endpoint=endpoints.openrouter(referer="https://harbour.example"))
    ChatKimiK2(timeout=30, rate_limit=2, rate_limiter=KimiRateLimiter(3))
    ChatKimiK2(additional_kwargs={"seed": 7}, system_prompt="Be short.")
    ChatKimiK2(api_base="http://gpu:8000/v1", max_completion_tokens=9, request_timeout=1.5)


def a_model_is_constructed_wrongly(model: Any) -> None:  # noqa: ANN401 - see below
    """A word that is none, and a value of another type, are errors."""
    # Any: which setting mypy compares a value without a name with, depends on its cache.
    ChatKimiK2(model)  # type: ignore[call-arg]
    ChatKimiK2(max_token=1_000)  # type: ignore[call-arg]
    ChatKimiK2(model_kwargs={})  # type: ignore[call-arg]
    ChatKimiK2(max_tokens="many")  # type: ignore[arg-type]
    ChatKimiK2(temperature="cold")  # type: ignore[arg-type]
    ChatKimiK2(tool_call_parser="vllm")  # type: ignore[arg-type]
    ChatKimiK2(system_prompt=["Be short."])  # type: ignore[arg-type]


def a_model_answers(llm: ChatKimiK2, messages: Sequence[ChatMessage]) -> None:
    """An answer is a response, a stream of responses."""
    answer = llm.chat(messages, temperature=0.6)
    assert_type(answer, ChatResponse)
    assert_type(answer.message, ChatMessage)
    assert_type(answer.message.content, str | None)
    assert_type(llm.stream_chat(messages), ChatResponseGen)
    for response in llm.stream_chat(messages):
        assert_type(response, ChatResponse)
        assert_type(response.delta, str | None)
    assert_type(llm.complete("Hello"), CompletionResponse)
    assert_type(llm.stream_complete("Hello"), CompletionResponseGen)
    assert_type(llm.metadata, LLMMetadata)


async def a_model_answers_later(llm: ChatKimiK2, messages: Sequence[ChatMessage]) -> None:
    """The async methods give the same."""
    assert_type(await llm.achat(messages), ChatResponse)
    assert_type(await llm.astream_chat(messages), ChatResponseAsyncGen)
    assert_type(await llm.acomplete("Hello"), CompletionResponse)


def a_model_answers_in_a_class(llm: ChatKimiK2) -> None:
    """The object is of the class that was asked for."""
    joke = llm.structured_predict(Joke, PROMPT, topic="trains")
    assert_type(joke, Joke)
    assert_type(joke.punchline, str)
    llm.structured_predict(Joke, PROMPT, {"temperature": 0.6}, topic="trains")
    llm.structured_predict(Joke, "Tell me a joke.")  # type: ignore[arg-type]
    llm.structured_predict(str, PROMPT)  # type: ignore[type-var]
    joke.setup  # type: ignore[attr-defined]


async def a_model_answers_in_a_class_later(llm: ChatKimiK2) -> None:
    """Likewise, awaited."""
    assert_type(await llm.astructured_predict(Joke, PROMPT, topic="trains"), Joke)


def tools_run_at_moonshot(llm: ChatKimiK2) -> None:
    """They are LlamaIndex's tools, which an agent takes."""
    tools = official_tools("web-search", llm=llm)
    assert_type(tools, list[FunctionTool])
    assert_type(llm.chat_with_tools(tools, "Hello"), ChatResponse)
    official_tools(1)  # type: ignore[arg-type]
    official_tools(llm="kimi-k2.6")  # type: ignore[arg-type]


async def tools_run_at_moonshot_later(llm: ChatKimiK2) -> None:
    """The async twin is awaited."""
    assert_type(await aofficial_tools("web-search", llm=llm), list[FunctionTool])


def a_model_takes_the_place_of_another() -> None:
    """Where LlamaIndex asks for a model that calls functions, it fits."""
    model: FunctionCallingLLM = ChatKimiK2()
    written: dict[str, Any] = model.to_dict()
    print(written)
