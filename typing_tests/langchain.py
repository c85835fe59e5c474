"""What an editor and a type checker say to a user of `langchain_kimi`."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from collections.abc import AsyncIterator, Iterator
from typing import Any

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, ToolCall
from langchain_core.messages.ai import UsageMetadata
from langchain_core.output_parsers import StrOutputParser
from langchain_core.rate_limiters import BaseRateLimiter
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool, tool
from langchain_openai.chat_models.base import BaseChatOpenAI
from pydantic import BaseModel
from typing_extensions import assert_type

from langchain_kimi import (
    ChatKimiK2,
    KimiRateLimiter,
    anthropic_kwargs,
    aofficial_tools,
    endpoints,
    official_tools,
    tools_message,
)


class Joke(BaseModel):
    """A joke."""

    punchline: str


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"{city}: sunny"


@tool
def get_tide(harbour: str) -> str:
    """Get the tide of a harbour."""
    return f"{harbour}: low"


async def get_key() -> str:
    """Return a key that is changed every hour."""
    return "sk-made-up"


def a_model_is_constructed() -> None:
    """Every word for a setting is completed, with its type."""
    assert_type(ChatKimiK2(), ChatKimiK2)
    ChatKimiK2(model="kimi-k2.6", api_key="sk-made-up", temperature=0.6, max_tokens=1_000)
    ChatKimiK2(model="a-name-of-my-own-server", api_key=get_key, thinking={"type": "disabled"})
    ChatKimiK2(endpoint="vllm", base_url="http://gpu:8000/v1", tool_call_parser="client")
    ChatKimiK2(endpoint=endpoints.sglang("http://gpu:30000/v1"), api="completions")
    ChatKimiK2(timeout=30, max_retries=2, rate_limit={"rpm": 3}, default_headers={"a": "b"})
    ChatKimiK2(cache=True, tags=["harbour"], streaming=True, rate_limiter=KimiRateLimiter(3))
    ChatKimiK2(model_name="kimi-k3", openai_api_key="sk-made-up", openai_api_base="http://gpu/v1")
    ChatKimiK2(max_completion_tokens=9, stop_sequences=["."], request_timeout=1.5)


def a_model_is_constructed_wrongly(model: Any) -> None:  # noqa: ANN401 - see below
    """A word that is none, and a value of another type, are errors."""
    # Any: which setting mypy compares a value without a name with, depends on its cache.
    ChatKimiK2(model)  # type: ignore[call-arg]
    ChatKimiK2(max_token=1_000)  # type: ignore[call-arg]
    ChatKimiK2(additional_kwargs={})  # type: ignore[call-arg]
    ChatKimiK2(max_tokens="many")  # type: ignore[arg-type]
    ChatKimiK2(temperature="cold")  # type: ignore[arg-type]
    ChatKimiK2(tool_call_parser="vllm")  # type: ignore[arg-type]
    ChatKimiK2(unsupported="ignore")  # type: ignore[arg-type]
    ChatKimiK2(endpoint=endpoints.vllm)  # type: ignore[arg-type]


def a_model_answers(llm: ChatKimiK2) -> None:
    """An answer is a message, a stream of chunks; what is Kimi's own is where LangChain has it."""
    answer = llm.invoke("Hello", temperature=0.6)
    assert_type(answer, AIMessage)
    assert_type(answer.tool_calls, list[ToolCall])
    assert_type(answer.usage_metadata, UsageMetadata | None)
    assert_type(llm.invoke([HumanMessage("Hello"), ("human", "again")]), AIMessage)
    assert_type(llm.stream("Hello"), Iterator[AIMessageChunk])
    assert_type(llm.batch(["Hello", "Hello again"]), list[AIMessage])
    assert_type(llm.get_num_tokens("Hello"), int)
    llm.invoke(1)  # type: ignore[arg-type]
    answer.reasoning_content  # type: ignore[attr-defined]


async def a_model_answers_later(llm: ChatKimiK2) -> None:
    """The async methods give the same."""
    assert_type(await llm.ainvoke("Hello"), AIMessage)
    assert_type(llm.astream("Hello"), AsyncIterator[AIMessageChunk])


def a_model_has_tools(llm: ChatKimiK2) -> None:
    """Functions, classes, dicts, tools and names of Kimi's own are tools."""
    bound = llm.bind_tools([get_weather, Joke, get_tide, "$web_search"], tool_choice="any")
    assert_type(bound, Runnable[LanguageModelInput, AIMessage])
    assert_type(bound.invoke("Hello"), AIMessage)
    assert_type(bound.stream("Hello"), Iterator[AIMessage])
    llm.bind_tools([get_weather], tool_choice=True, parallel_tool_calls=False, strict=True)
    llm.bind_tools(get_weather)  # type: ignore[arg-type]
    llm.bind_tools([1])  # type: ignore[list-item]
    llm.bind_tools([get_weather], tool_choice=1)  # type: ignore[arg-type]


def a_model_answers_in_a_schema(llm: ChatKimiK2) -> None:
    """The object may be of any type: a class, or a dict for a JSON schema."""
    assert_type(llm.with_structured_output(Joke), Runnable[LanguageModelInput, Any])
    llm.with_structured_output(Joke, method="json_schema", include_raw=True, strict=True)
    llm.with_structured_output(Joke, include_raw="yes")  # type: ignore[arg-type]


def tools_run_at_moonshot(llm: ChatKimiK2) -> None:
    """They are LangChain's tools, which an agent takes."""
    assert_type(official_tools("web-search", llm=llm), list[BaseTool])
    llm.bind_tools(official_tools(api_key="sk-made-up"))
    official_tools(1)  # type: ignore[arg-type]
    official_tools(llm="kimi-k2.6")  # type: ignore[arg-type]


async def tools_run_at_moonshot_later(llm: ChatKimiK2) -> None:
    """The async twin is awaited."""
    assert_type(await aofficial_tools("web-search", llm=llm), list[BaseTool])


def a_model_takes_the_place_of_another() -> None:
    """Where LangChain or ChatOpenAI is asked for, it fits."""
    model: BaseChatModel = ChatKimiK2()
    openai: BaseChatOpenAI = ChatKimiK2()
    chain = ChatKimiK2() | StrOutputParser()
    limiter: BaseRateLimiter = KimiRateLimiter("tier1")
    message: BaseMessage = tools_message([get_tide])
    assert_type(chain.invoke("Hello"), str)
    assert_type(limiter.acquire(blocking=False), bool)
    assert_type(anthropic_kwargs(), dict[str, Any])
    print(model, openai, message)
