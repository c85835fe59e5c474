"""`ChatKimiK2` for LangChain.

Owns: the class, its tutorial, its keywords, tools, structured output and token counts. May know:
its own files, config, endpoints, models, request, tokenizer; langchain_core. Settings stand in
`langchain_kimi._settings`, requests and answers in `langchain_kimi._generation`.

Hooks of `BaseChatOpenAI` that are replaced here, each pinned by a test:

* ``bind_tools``: Kimi's builtin tools; a forced tool_choice is decided when a request is made.
* ``with_structured_output``: the base relies on the SDK's ``parse`` and on forced tool choices.
* ``get_num_tokens``, ``get_token_ids``, ``get_num_tokens_from_messages``: the base downloads
  OpenAI's vocabulary and refuses other models.
* ``_llm_type``, ``_get_ls_params``: what traces show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from kimi_core.request import CallOptions
from langchain_kimi._generation import KimiGeneration
from langchain_kimi._messages import to_wire
from langchain_kimi._structured import keywords_of, read_by, with_raw
from langchain_kimi._tools import response_format_of, tool_dict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from os import PathLike

    from langchain_core.language_models import LangSmithParams, LanguageModelInput
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.runnables import Runnable

    from kimi_core.config import ApiKey
    from kimi_core.endpoints import Endpoint
    from kimi_core.endpoints.tiers import Tier
    from kimi_core.models import ModelName
    from kimi_core.tokenizer import Tokenizer
    from langchain_kimi._tools import Tool

__all__ = ["ChatKimiK2"]


class ChatKimiK2(KimiGeneration):
    """Kimi K2 at any endpoint, as a LangChain chat model.

    It takes ``ChatOpenAI``'s place: the same keywords, chains and agents, plus what Kimi has of its
    own. Nothing is sent that was not set, and what a model would refuse is said before any request.

    Setup:
        Install it and set a key, in the environment or in a ``.env`` (read, never exported):

        ```bash
        pip install "kimi-k2-integrations[langchain]"
        export MOONSHOT_API_KEY="..."
        ```

        ``api_key`` may also be a string, or a function (async, too, for async calls) that is asked
        for the key with each request.

    Instantiate:
        ```python
        from langchain_kimi import ChatKimiK2

        llm = ChatKimiK2(max_tokens=1_000)
        ```

        Elsewhere than at api.moonshot.ai:

        ```python
        from langchain_kimi import endpoints

        ChatKimiK2(endpoint="openrouter", model="kimi-k2-thinking", api_key="...")
        ChatKimiK2(endpoint="vllm", base_url="http://gpu:8000/v1", model="kimi-k2-instruct")
        ChatKimiK2(endpoint=endpoints.sglang("http://gpu:30000/v1"), model="kimi-k2.5")
        ```

    Invoke:
        ```python
        answer = llm.invoke([("system", "Translate into French."), ("human", "I love trains.")])
        answer.text
        answer.usage_metadata  # tokens: input, output, and those cached or spent on reasoning
        ```

        Likewise ``await llm.ainvoke(...)`` and ``llm.batch([...])``; one instance serves any
        number of threads and event loops.

    Stream:
        ```python
        for chunk in llm.stream("Count to three."):
            print(chunk.text, end="")
        ```

    Reasoning:
        kimi-k3.1-pro always thinks, at the effort "low", "high" or "max" (its default). What it
        thought is in the message, and goes back to it, which the API demands:

        ```python
        answer.additional_kwargs["reasoning_content"]
        [block for block in answer.content_blocks if block["type"] == "reasoning"]
        llm.invoke("What is 2 + 2?", reasoning_effort="low")
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

        ``tool_choice`` may be "auto", "none", "any", a tool's name. kimi-k2.6 refuses a forced
        choice while it thinks, and answers that one request without thinking where there is one
        tool to call; otherwise "auto" is sent, with a warning. A call that was cut off or damaged
        is in ``invalid_tool_calls`` and is never executed. Kimi's own search is a tool by name:
        ``llm.bind_tools(["$web_search"])``.

    Structured output:
        ```python
        from pydantic import BaseModel

        class Joke(BaseModel):
            setup: str
            punchline: str

        llm.with_structured_output(Joke).invoke("Tell me a joke about trains.")
        ```

    Pictures, files, raw engines, what would be sent:
        docs/langchain.md has an example of each.
    """

    if TYPE_CHECKING:
        # pydantic's own signature has one spelling of each keyword and refuses a key that is a
        # string; every keyword of ChatOpenAI is taken besides these.
        def __init__(  # noqa: PLR0913 - the published keywords
            self,
            *,
            model: ModelName | str | None = None,
            endpoint: str | Endpoint | None = None,
            api_key: ApiKey | None = None,
            base_url: str | None = None,
            base_model: str | None = None,
            context_window: int | None = None,
            temperature: float | None = None,
            top_p: float | None = None,
            max_tokens: int | None = None,
            stop: str | list[str] | None = None,
            thinking: bool | Mapping[str, Any] | None = None,
            keep_thinking: bool | None = None,
            reasoning_effort: str | None = None,
            api: Literal["chat", "completions"] | None = None,
            tool_call_parser: Literal["auto", "server", "client"] | None = None,
            prompt_cache_key: str | None = None,
            prompt_cache_options: Mapping[str, Any] | None = None,
            safety_identifier: str | None = None,
            provider: Mapping[str, Any] | None = None,
            timeout: Any = None,  # noqa: ANN401 - seconds, or httpx.Timeout of either major version
            total_timeout: float | None = None,
            max_retries: int | None = None,
            rate_limit: Tier | int | str | None = None,
            default_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
            http_client: Any = None,  # noqa: ANN401 - of httpx or httpx2
            http_async_client: Any = None,  # noqa: ANN401 - of httpx or httpx2
            tokenizer: Tokenizer | str | PathLike[str] | None = None,
            media_fetcher: Callable[[str], bytes] | None = None,
            media_folder: str | PathLike[str] | None = None,
            output_version: str | None = None,
            **kwargs: Any,  # noqa: ANN401 - ChatOpenAI's
        ) -> None: ...

    # --- tools and structured output --------------------------------------------------------------

    def bind_tools(
        self,
        tools: Sequence[Tool],
        *,
        tool_choice: dict[str, Any] | str | bool | None = None,
        strict: bool | None = None,
        parallel_tool_calls: bool | None = None,
        response_format: Any = None,  # noqa: ANN401 - a class, or any dict that LangChain takes
        **kwargs: Any,  # noqa: ANN401 - whatever LangChain passes on
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return a model that may call tools.

        Args:
            tools: Functions, pydantic classes, dicts, ``BaseTool``s, or Kimi's builtin tools:
                ``"$web_search"``.
            tool_choice: "auto", "none", "any" or "required" or True, a tool's name, or OpenAI's
                dict. Never refused here: what thinking does not allow is decided for each request
                (see `kimi_core.request.Options`).
            strict: Whether arguments must follow the schema; sent with each tool where it is set.
            parallel_tool_calls: Whether one answer may hold several calls; sent where it is set.
            response_format: A schema for an answer without calls.
            **kwargs: Further options of each request.
        """
        bound: dict[str, Any] = {"tools": [tool_dict(tool, strict=strict) for tool in tools]}
        if tool_choice is not None and tool_choice is not False:
            bound["tool_choice"] = tool_choice
        if parallel_tool_calls is not None:
            bound["parallel_tool_calls"] = parallel_tool_calls
        if response_format:
            bound["response_format"] = response_format_of(response_format, strict=strict)
        return self.bind(**bound, **kwargs)

    def with_structured_output(
        self,
        schema: Any = None,  # noqa: ANN401 - a class, a TypedDict or a JSON schema
        *,
        method: str | None = None,
        include_raw: bool = False,
        strict: bool | None = None,
        tools: Sequence[Any] | None = None,
        **kwargs: Any,  # noqa: ANN401 - whatever LangChain passes on
    ) -> Runnable[LanguageModelInput, Any]:
        """Return a model that answers in a schema.

        Args:
            schema: A pydantic class, a TypedDict, or a JSON schema with a title.
            method: "json_schema" (a schema in ``response_format``), "function_calling" (a forced
                tool call) or "json_mode" (any JSON; describe it in the prompt). None chooses:
                "json_schema" for a model that thinks, which may refuse to be forced, otherwise
                "function_calling" (see `Capabilities.structured_output_method`).
            include_raw: Return ``{"raw", "parsed", "parsing_error"}`` and never raise for an
                answer that does not fit.
            strict: Sent with the schema where it is set.
            tools: Tools that may be called instead, with method "json_schema".
            **kwargs: Further options of each request.

        Raises:
            KimiConfigError: For an unknown method, or a missing schema.
        """
        method = method or ("json_schema" if tools else self._structured_output_method(kwargs))
        keywords = keywords_of(schema, method, strict=strict, tools=tools)
        model = self.bind(**self._filter_disabled_params(**keywords), **kwargs)
        parser = read_by(schema, method, beside_tools=bool(tools))
        return with_raw(model, parser) if include_raw else model | parser

    def _structured_output_method(self, kwargs: Mapping[str, Any]) -> str:
        call = CallOptions.read(self._default_params, kwargs)
        own = self._chat.capabilities
        capabilities = own if call.model in {None, own.model} else self._chat.resolve(call.model)
        return capabilities.structured_output_method(call.options.thinking)

    # --- tokens and tracing -----------------------------------------------------------------------

    def get_num_tokens(self, text: str) -> int:
        """Count the tokens of a text; estimated unless `tokenizer` is exact."""
        if self.custom_get_token_ids is not None:
            return len(self.custom_get_token_ids(text))
        return self._tokenizer().count(text)

    def get_token_ids(self, text: str) -> list[int]:
        """Return the ids of a text's tokens.

        Raises:
            KimiConfigError: Where no tokenizer file was found; only counts can be estimated.
        """
        if self.custom_get_token_ids is not None:
            return self.custom_get_token_ids(text)
        return self._tokenizer().encode(text)

    def get_num_tokens_from_messages(
        self,
        messages: Sequence[BaseMessage],
        tools: Sequence[Tool] | None = None,
        **_kwargs: Any,  # noqa: ANN401 - options of other models, e.g. allow_fetching_images
    ) -> int:
        """Count the tokens of a conversation as the model sees it, markup and tools included.

        Args:
            messages: The conversation.
            tools: What `bind_tools` takes.
            **_kwargs: Ignored.

        Returns:
            The length of the rendered prompt; estimated unless `tokenizer` is exact. Images and
            videos count as their placeholders only.
        """
        dicts = [tool_dict(tool) for tool in tools or ()]
        model = self._chat.capabilities.info.name
        return self._tokenizer().count_messages(to_wire(messages), dicts or None, model=model)

    @property
    def _llm_type(self) -> str:
        return "kimi-chat"

    def _get_ls_params(
        self,
        stop: list[str] | None = None,
        **kwargs: Any,  # noqa: ANN401 - whatever LangChain passes on
    ) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"] = self._provider
        return params
