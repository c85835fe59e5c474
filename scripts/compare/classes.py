"""The classes that are compared, each made as its own documents say.

Owns: one row a class, and what it is given in a row that needs more than the address, the key and
the model. May know: the classes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["COMPARED", "Compared", "Server"]

Framework = Literal["langchain", "llama-index"]
MODEL = "kimi-k2.6"
ENGINE_MODEL = "kimi-k2-instruct"


@dataclass(frozen=True)
class Server:
    """Where a class is pointed: Moonshot's API, or an engine without a parser of tool calls."""

    base_url: str
    api_key: str
    engine: bool = False

    @property
    def model(self) -> str:
        """The model's name there."""
        return ENGINE_MODEL if self.engine else MODEL


@dataclass(frozen=True)
class Compared:
    """A class.

    Attributes:
        name: How the table calls it.
        slug: How anchors call it.
        framework: Its framework.
        package: The distribution that it is in.
        make: Makes one for a server.
        settings: What its documents say to set for a row, by the row's name.
        quiet: What tells its model not to think.
        always: What it is given in all other rows than "sampling".
        openrouter: Whether it speaks to OpenRouter alone.
        made: How it is made, as the page says it.
        provider: LangChain's name of the provider.
        registers: What puts it into LangChain's list of providers, if its package has that.
    """

    name: str
    slug: str
    framework: Framework
    package: str
    make: Callable[..., Any]
    made: str
    provider: str = "moonshot"
    registers: Callable[[], None] | None = None
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    quiet: dict[str, Any] = field(default_factory=dict)
    always: dict[str, Any] = field(default_factory=dict)
    openrouter: bool = False

    def made_for(self, server: Server, row: str, *, quiet: bool) -> Any:  # noqa: ANN401 - anybody's
        """Make one for a row."""
        settings = {} if row == "sampling" else dict(self.always)
        settings |= self.settings.get(row, {})
        if quiet:
            settings |= self.quiet
        return self.make(server, **settings)


def _ours(server: Server, adapter: Any, **settings: Any) -> Any:  # noqa: ANN401 - either adapter
    if server.engine:
        raw = adapter.endpoints.sglang(server.base_url, tool_call_parser="client")
        return adapter.ChatKimiK2(endpoint=raw, model=server.model, **settings)
    return adapter.ChatKimiK2(
        endpoint="moonshot",
        base_url=server.base_url,
        api_key=server.api_key,
        model=server.model,
        **settings,
    )


def _langchain_kimi(server: Server, **settings: Any) -> Any:  # noqa: ANN401 - as above
    import langchain_kimi

    return _ours(server, langchain_kimi, **settings)


def _register() -> None:
    import langchain_kimi

    langchain_kimi.register()


def _llama_index_kimi(server: Server, **settings: Any) -> Any:  # noqa: ANN401 - as above
    import llama_index_kimi

    return _ours(server, llama_index_kimi, **settings)


def _chat_openai(server: Server, **settings: Any) -> Any:  # noqa: ANN401 - as above
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(
        base_url=server.base_url, api_key=server.api_key, model=server.model, **settings
    )


def _chat_moonshot(server: Server, **settings: Any) -> Any:  # noqa: ANN401 - as above
    from langchain_moonshot import ChatMoonshot

    return ChatMoonshot(
        base_url=server.base_url, api_key=server.api_key, model=server.model, **settings
    )


def _chat_open_router(server: Server, **settings: Any) -> Any:  # noqa: ANN401 - as above
    from langchain_openrouter import ChatOpenRouter

    return ChatOpenRouter(
        base_url=server.base_url,
        api_key=server.api_key,
        model=f"moonshotai/{server.model}",
        **settings,
    )


def _openai_like(server: Server, **settings: Any) -> Any:  # noqa: ANN401 - as above
    from llama_index.llms.openai_like import OpenAILike

    return OpenAILike(
        api_base=server.base_url,
        api_key=server.api_key,
        model=server.model,
        is_chat_model=True,
        is_function_calling_model=True,
        context_window=262_144,
        **settings,
    )


_NOT_THINKING = {"thinking": {"type": "disabled"}}
_STREAMED_USAGE = {"usage": {"stream_usage": True}}

COMPARED = (
    Compared(
        name="ChatKimiK2 (LangChain)",
        slug="langchain-kimi",
        framework="langchain",
        package="kimi-k2-integrations",
        make=_langchain_kimi,
        registers=_register,
        made='`ChatKimiK2(endpoint="moonshot", model=...)`; at the engine without a parser '
        '`endpoint=endpoints.sglang(URL, tool_call_parser="client")`',
    ),
    Compared(
        name="ChatOpenAI",
        slug="chatopenai",
        framework="langchain",
        package="langchain-openai",
        make=_chat_openai,
        made="`ChatOpenAI(base_url=..., api_key=..., model=...)`, with `stream_usage=True` where "
        "usage is asked for",
        provider="openai",
        quiet={"extra_body": _NOT_THINKING},
        settings=_STREAMED_USAGE,
    ),
    Compared(
        name="ChatMoonshot",
        slug="chatmoonshot",
        framework="langchain",
        package="langchain-moonshot",
        make=_chat_moonshot,
        made="`ChatMoonshot(base_url=..., api_key=..., model=...)`, with `stream_usage=True` "
        "where usage is asked for, as its example of streaming has it",
        settings=_STREAMED_USAGE,
        quiet={"thinking": False},
    ),
    Compared(
        name="ChatOpenRouter",
        slug="chatopenrouter",
        framework="langchain",
        package="langchain-openrouter",
        make=_chat_open_router,
        made='`ChatOpenRouter(base_url=..., api_key=..., model="moonshotai/...")`, behind a relay '
        "that speaks OpenRouter's dialect, since it speaks no other",
        provider="openrouter",
        quiet={"reasoning": {"effort": "none"}},
        openrouter=True,
    ),
    Compared(
        name="ChatKimiK2 (LlamaIndex)",
        slug="llama-index-kimi",
        framework="llama-index",
        package="kimi-k2-integrations",
        make=_llama_index_kimi,
        made="as in LangChain",
    ),
    Compared(
        name="OpenAILike",
        slug="openailike",
        framework="llama-index",
        package="llama-index-llms-openai-like",
        make=_openai_like,
        made="`OpenAILike(api_base=..., api_key=..., model=..., is_chat_model=True, "
        "is_function_calling_model=True, context_window=262144)`; with `temperature=1.0` in all "
        "rows but the one about sampling, so that its default of 0.1 does not decide them, and "
        '`additional_kwargs={"stream_options": {"include_usage": True}}` where usage is asked for',
        settings={"usage": {"additional_kwargs": {"stream_options": {"include_usage": True}}}},
        quiet={"temperature": 0.6, "additional_kwargs": {"extra_body": _NOT_THINKING}},
        always={"temperature": 1.0},
    ),
)
