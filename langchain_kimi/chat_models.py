"""`ChatKimiK2` for LangChain.

Owns: the class, its tutorial, keywords, tools, structured output and token counts; `register`.
May know: its own files, chat, errors; langchain, langchain_core, typing_extensions.

Hooks of `BaseChatOpenAI` that are replaced here, each pinned by a test:

* ``bind_tools``: Kimi's builtin tools; a forced tool_choice is decided when a request is made.
* ``with_structured_output``: the base relies on the SDK's ``parse`` and on forced tool choices.
* ``get_num_tokens``, ``get_token_ids``, ``get_num_tokens_from_messages``: the base downloads
  OpenAI's vocabulary and refuses other models.
* ``_llm_type``, ``_get_ls_params``: what traces show.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from langchain_core.caches import BaseCache
from langchain_core.callbacks import Callbacks
from langchain_core.language_models import LangSmithParams, LanguageModelInput, ModelProfile
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.rate_limiters import BaseRateLimiter
from langchain_core.runnables import Runnable
from typing_extensions import Unpack

from kimi_core.chat import AlsoCalled, ModelKeywords, documented
from kimi_core.chat.fields import in_one_sentence
from kimi_core.errors import KimiConfigError, needs_package
from langchain_kimi._generation import KimiGeneration
from langchain_kimi._messages import Tool, response_format_of, to_wire, tool_dict
from langchain_kimi._settings import KimiSettings

__all__ = ["ChatKimiK2", "register"]

# ModelFallbackMiddleware takes prompt_cache_key away from all but the types that it lists.
_LLM_TYPE = AlsoCalled("kimi-chat", "openai-chat")


class ChatKeywords(ModelKeywords, total=False):
    """What `ChatOpenAI` may be constructed with besides."""

    cache: BaseCache | bool | None
    callbacks: Callbacks
    custom_get_token_ids: Callable[[str], list[int]] | None
    disable_streaming: bool | Literal["tool_calling"]
    disabled_params: dict[str, Any] | None
    include_response_headers: bool
    metadata: dict[str, Any] | None
    model_kwargs: dict[str, Any]
    name: str | None
    organization: str | None
    output_version: str | None
    profile: ModelProfile | None
    rate_limiter: BaseRateLimiter | None
    reasoning: dict[str, Any] | None
    service_tier: str | None
    store: bool | None
    stream_chunk_timeout: float | None
    streaming: bool
    tags: list[str] | None
    verbose: bool
    verbosity: str | None


@documented
class ChatKimiK2(KimiGeneration, KimiSettings):
    """Kimi K2 at any endpoint, as a LangChain chat model.

    It takes ``ChatOpenAI``'s place: the same keywords, chains and agents, plus what Kimi has of its
    own. Nothing is sent that was not set, and what a model would refuse is said before any request.
    Reasoning, streams, pictures, files, raw engines, errors, coming from another class:
    docs/langchain.md. What each setting means: the end of ``help(ChatKimiK2)``.

    Setup:
        ``pip install "kimi-k2-integrations[langchain]"``, and a key in ``MOONSHOT_API_KEY``, in the
        environment or in a ``.env`` (read, never exported).

    Instantiate:
        ```python
        from langchain_kimi import ChatKimiK2, endpoints

        llm = ChatKimiK2(max_tokens=1_000)  # at api.moonshot.ai; elsewhere:
        ChatKimiK2(endpoint="openrouter", model="kimi-k2-thinking", api_key="...")
        ChatKimiK2(endpoint="vllm", base_url="http://gpu:8000/v1", model="kimi-k2-instruct")
        ChatKimiK2(endpoint=endpoints.sglang("http://gpu:30000/v1"), model="kimi-k2.5")
        ```

    Tools:
        ```python
        from langchain_core.messages import HumanMessage, ToolMessage

        def get_weather(city: str) -> str:
            \"\"\"Get the weather of a city.\"\"\"
            return f"{city}: sunny"

        with_tools = llm.bind_tools([get_weather])
        messages = [HumanMessage("How is the weather in Paris?")]
        messages.append(with_tools.invoke(messages))
        for call in messages[-1].tool_calls:
            messages.append(ToolMessage(get_weather(**call["args"]), tool_call_id=call["id"]))
        with_tools.invoke(messages).text
        ```

        A damaged call is mended where it has one reading, and otherwise asked for again
        (``tool_call_policy``, ``tool_call_retries``: docs/repair.md); what is left is in
        ``invalid_tool_calls`` and is never executed. A forced choice: `bind_tools`.

    Structured output:
        ```python
        from pydantic import BaseModel

        class Joke(BaseModel):
            punchline: str

        llm.with_structured_output(Joke).invoke("Tell me a joke about trains.")
        ```
    """

    def __init__(self, **settings: Unpack[ChatKeywords]) -> None:
        """Build the model; nothing is connected yet.

        A keyword that is no setting goes into ``model_kwargs`` with a warning, as in ChatOpenAI:
        code that was written for it passes fields of its server in that way.

        Raises:
            KimiConfigError: For a setting that cannot work.
        """
        given = self._sorted(settings)
        with in_one_sentence():
            super().__init__(**given)
        self._follow(settings)
        self._refresh_profile()

    def bind_tools(
        self,
        tools: Sequence[Tool],
        *,
        tool_choice: dict[str, Any] | str | bool | None = None,
        strict: bool | None = None,
        parallel_tool_calls: bool | None = None,
        response_format: Any = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return a model that may call tools.

        Args:
            tools: Functions, pydantic classes, dicts, ``BaseTool``s, or Kimi's builtin tools:
                ``"$web_search"``.
            tool_choice: "auto", "none", "any" or "required" or True, a tool's name, or OpenAI's
                dict. Never refused here: for each request it is decided whether the model can be
                forced while it thinks; kimi-k2.6 answers without thinking where there is one tool,
                otherwise "auto" is sent, with a warning.
            strict: Whether arguments must follow the schema; sent with each tool where it is set.
            parallel_tool_calls: Whether one answer may hold several calls; sent where it is set.
            response_format: A schema for an answer without calls.
            **kwargs: Further options of each request.
        """
        bound = {"tool_choice": tool_choice or None, "parallel_tool_calls": parallel_tool_calls}
        if response_format:
            bound["response_format"] = response_format_of(response_format, strict=strict)
        said = {name: value for name, value in bound.items() if value is not None}
        dicts = [tool_dict(tool, strict=strict) for tool in tools]
        return self.bind(tools=dicts, **said, **kwargs)

    def with_structured_output(
        self,
        schema: Any = None,
        *,
        method: str | None = None,
        include_raw: bool = False,
        strict: bool | None = None,
        tools: Sequence[Any] | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """Return a model that answers in a schema.

        Args:
            schema: A pydantic class, a TypedDict, or a JSON schema with a title.
            method: "json_schema" (a schema in ``response_format``), "function_calling" (a forced
                tool call) or "json_mode" (any JSON; describe it in the prompt). None chooses the
                first for a model that thinks, which may refuse to be forced, otherwise the second.
            include_raw: Return ``{"raw", "parsed", "parsing_error"}`` and never raise for an
                answer that does not fit.
            strict: Sent with the schema where it is set.
            tools: Tools that may be called instead, with method "json_schema".
            **kwargs: Further options of each request.

        Raises:
            KimiConfigError: For an unknown method, or a missing schema.
        """
        from langchain_kimi._structured import keywords_of, read_by, with_raw  # 10 ms of the import

        asked = method or ("json_schema" if tools else None)
        method = asked or self._chat.structured_output_method(self._asked(kwargs))
        keywords = keywords_of(schema, method, strict=strict, tools=tools)
        model = self.bind(**self._filter_disabled_params(**keywords), **kwargs)
        parser = read_by(schema, method, beside_tools=bool(tools))
        return with_raw(model, parser) if include_raw else model | parser

    def get_num_tokens(self, text: str) -> int:
        """Return how many tokens a text has; estimated unless `tokenizer` is exact."""
        own = self.custom_get_token_ids
        return len(own(text)) if own else self._tokenizer().count(text)

    def get_token_ids(self, text: str) -> list[int]:
        """Return the ids of a text's tokens.

        Raises:
            KimiConfigError: Where no tokenizer file was found; only counts can be estimated.
        """
        return (self.custom_get_token_ids or self._tokenizer().encode)(text)

    def get_num_tokens_from_messages(
        self, messages: Sequence[BaseMessage], tools: Sequence[Tool] | None = None, **_kwargs: Any
    ) -> int:
        """Count the tokens of a conversation as the model sees it, markup and tools included.

        Args:
            messages: The conversation. Images and videos count as their placeholders only.
            tools: What `bind_tools` takes.
            **_kwargs: Options of other models, which mean nothing here.

        Returns:
            The length of the rendered prompt; estimated unless `tokenizer` is exact.
        """
        dicts = [tool_dict(tool) for tool in tools or ()]
        return self._count(to_wire(messages, counted=True), dicts)

    @property
    def _llm_type(self) -> str:
        return _LLM_TYPE

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"] = self._provider
        if params.get("ls_model_name") == self._chat.spelled:
            params["ls_model_name"] = self._chat.capabilities.model  # as the server has named it
        return params


def register(provider: str = "moonshot") -> None:
    """Let ``init_chat_model("moonshot:kimi-k3")``, and what takes such a string, find the class.

    Args:
        provider: What stands before the colon.

    Raises:
        KimiConfigError: Where that is another class's, or the table, which is private, has changed.
    """
    with needs_package("langchain"):
        from langchain.chat_models import base
    table = getattr(base, "_BUILTIN_PROVIDERS", {})
    row = ("langchain_kimi", "ChatKimiK2", *table.get("openai", ())[2:])
    if len(row) != 3 or table.setdefault(provider, row) != row:  # noqa: PLR2004 - of a row
        reason = "another class has it, or LangChain's table of providers has changed"
        way_out = "name another one, or hand in ChatKimiK2(...) in place of the string"
        raise KimiConfigError(f"provider={provider!r} cannot be registered: {reason}; {way_out}.")
