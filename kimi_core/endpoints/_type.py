"""The facts of a server as a type: what a row of the table of endpoints says.

Owns: `Endpoint`. May know: its own files, models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from kimi_core.endpoints._address import without_credentials
from kimi_core.models import get_model

__all__ = ["Api", "Endpoint", "PrefixWay", "ToolCallParser", "ToolNameRule"]

Api = Literal["chat", "completions"]
ToolCallParser = Literal["auto", "server", "client"]
ThinkingSwitch = Literal["thinking", "chat_template_kwargs", "reasoning", "none"]
GrammarEngine = Literal["llama.cpp", "vllm", "sglang"]
SchemaDialect = Literal["moonshot"]
ToolNameRule = Literal["moonshot", "words"]
PrefixWay = Literal["partial", "continue_final_message", "last_message"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One server, or one kind of server.

    What Moonshot's own API refuses stands here field by field, and never as "this is Moonshot":
    the defaults are those of a server that refuses nothing, and a relay that has some of these
    rules says which. What only Moonshot has, or an engine in its own words, no other server is
    believed to have (`prefix_way`, `takes_builtin_tools`, `takes_uploads`, `extracts_files`,
    `takes_message_tools`): one that does not know it passes over it, and answers something else
    without a word.

    Attributes:
        name: The name that this package calls it by.
        base_url: Where its API is, including ``/v1``; empty where the user must say.
        api_key_names: Environment variables that may hold the key, in the order of looking.
        key_prefixes: How its keys begin, where that tells them from other vendors' keys.
        needs_key: Whether a request without a key is useless. Self-hosted servers get a dummy.
        default_model: What is asked for when no model was named; None where the server is asked.
        base_model: The model whose facts apply to a name that is not Kimi's. Where it is left out:
            the default model, or kimi-k2-instruct where that is none or not Kimi's.
        spellings: Bare model name -> what this server calls it. A server that was started under
            another name (``--served-model-name kimi-k2.5``) wants ``spellings={}``.
        api: The route that is used unless the caller says otherwise: "chat" for
            ``/chat/completions``, "completions" for ``/completions`` with the prompt rendered here.
        tool_call_parser: Who turns Kimi's tokens into tool calls: "server", "client" (here), or
            "auto": the server, and here what it left in the text.
        leaves_raw_calls: Whether its text may hold calls that it failed to parse. False makes
            "auto" the same as "server".
        splits_reasoning: Whether its reasoning is known to come in a field of its own. Where it is
            not, an answer that begins with content is held back until it tells: a server that lacks
            a reasoning parser sends ``thought</think>answer`` as content.
        thinking_switch: The field by which thinking is switched.
        reasoning_field: The field of an assistant message that this server reads back.
        max_tokens_field: The name that it has for the token limit of a chat answer.
        asks_usage: Whether a stream reports usage only when ``stream_options`` asks for it.
        grammar: The grammar language of its sampler, or None.
        completion_max_tokens: Token limit that is sent on the completions route where the caller
            set none. The one exception to sending only what was set: vLLM's own default there is 16
            tokens, which cuts every call, and a llama.cpp server without a limit fills its context.
        rewrites_tool_call_ids: Whether foreign ids in the history must be made native by us. The
            first-party API does it on its side; elsewhere they cost later tool calls.
        pins_sampling: Whether any sampling but the model's own (`ModelInfo.pinned`) is a 400.
        limits_forced_tool_choice: Whether a model that thinks may be forced only as its row says
            (`ModelInfo.forced_tool_choice`); elsewhere any forced choice is sent.
        limits_max_tokens: Whether a token limit above the model's context window is a 400.
        more_efforts: Values of reasoning_effort that it takes beside a model's own
            (`ModelInfo.reasoning_efforts`), for a model that has any.
        max_stops: How many stop strings it takes; None for any number.
        max_stop_bytes: How long each may be, in bytes of UTF-8; None for any length.
        max_body_bytes: How large the media of one request may be, as base64; None for any size.
        schema_dialect: The flavour of JSON schema that tools and answers are rewritten into; None:
            sent as they are.
        tool_name_rule: Which names of tools it takes: "moonshot" (a letter or underscore, then
            letters, digits, underscores and dashes, 128 at most) or "words" (no dashes). Others are
            sent under a name that fits. None: any.
        prefix_way: How it is told to continue a last message of the assistant: "partial" (a field
            of the message, at Moonshot), "continue_final_message" (that field of the request, and
            ``add_generation_prompt``), or "last_message" (it does so unasked, and its answer begins
            with the message, which is cut off here). None: it begins a new answer, so that such a
            message is refused on the chat route.
        takes_builtin_tools: Whether it runs Moonshot's own functions, such as ``$web_search``.
        takes_uploads: Whether it reads ``ms://`` addresses, which name files uploaded to Moonshot.
        extracts_files: Whether it has Moonshot's files API, which reads the text of documents
            (`Options.files`).
        max_files: How many files an account may keep there; None for any number.
        max_file_bytes: How large each may be; None for any size.
        lacks_fields: Fields of OpenAI's that its documents do not have; they are left out, with a
            warning.
        takes_message_tools: Whether a system message without content may bring tools, for a model
            of dialect "k3"; prompts that are rendered here have a place for them in any case.
        takes_named_tool_choice: Whether it reads a choice of one tool by its name on the chat
            route; where it does not, that tool alone is sent, and "required".
        forces_by_grammar: Whether a forced choice of a K2 model is said by the grammar on the chat
            route, too, and not by ``tool_choice``.
        keeps_response_format: Whether ``response_format`` binds the answer on the chat route; if
            not, objects are asked for with a forced tool.
        takes_parallel_tool_calls: Whether it has that field; otherwise False only warns.
        takes_provider: Whether routing (`Options.provider`) may be tried; otherwise it is refused.
        takes_token_ids: Whether a prompt may be a list of token ids.
        takes_json_prefix: Whether a prefix to be continued goes with response_format "json_object".
        takes_stray_results: Whether a tool result without its call may be sent.
        takes_media_urls: Whether it fetches pictures and videos from the web.
        takes_other_parts: Whether content parts and media types may be tried that Moonshot's
            documents do not list.
        retires_models: Whether the dates of `ModelInfo.retired` hold here, as they do at Moonshot.
        uses_own_names: Whether it calls its models as `kimi_core.models` does: any spelling of a
            live one is sent under that name.
        anthropic_path: Where its Anthropic-compatible route is, from the root of its host; None
            where it has none.
        provider_name: What traces and messages call whoever runs it; None: its name.
        chat_fields: Request fields that every answer on the chat route needs to come unspoilt;
            sent although nobody set them.
        raw_fields: Request fields that keep Kimi's tokens in the text, for raw use.
        raw_chat_fields: Request fields needed on the chat route when calls are parsed here.
        default_headers: Headers of every request.
        any_path: Whether a base URL may have any path; otherwise one without a path is refused,
            because nearly every server has its API below ``/v1``.
        embedded: Whether it is the engine in this package's care, started where no base URL is
            given.
        notes: One line for people.
    """

    name: str
    base_url: str
    api_key_names: tuple[str, ...] = ()
    key_prefixes: tuple[str, ...] = ()
    needs_key: bool = True
    default_model: str | None = None
    base_model: str = ""
    spellings: Mapping[str, str] = field(default_factory=dict[str, str])
    api: Api = "chat"
    tool_call_parser: ToolCallParser = "auto"
    leaves_raw_calls: bool = True
    splits_reasoning: bool = False
    thinking_switch: ThinkingSwitch = "none"
    reasoning_field: str = "reasoning_content"
    max_tokens_field: str = "max_tokens"
    asks_usage: bool = True
    grammar: GrammarEngine | None = None
    completion_max_tokens: int | None = 4_096
    rewrites_tool_call_ids: bool = True
    pins_sampling: bool = False
    limits_forced_tool_choice: bool = False
    limits_max_tokens: bool = False
    more_efforts: tuple[str, ...] = ()
    max_stops: int | None = None
    max_stop_bytes: int | None = None
    max_body_bytes: int | None = None
    schema_dialect: SchemaDialect | None = None
    tool_name_rule: ToolNameRule | None = None
    prefix_way: PrefixWay | None = None
    takes_builtin_tools: bool = False
    takes_uploads: bool = False
    extracts_files: bool = False
    max_files: int | None = None
    max_file_bytes: int | None = None
    takes_message_tools: bool = False
    takes_named_tool_choice: bool = True
    forces_by_grammar: bool = False
    keeps_response_format: bool = True
    takes_parallel_tool_calls: bool = True
    lacks_fields: tuple[str, ...] = ()
    takes_provider: bool = True
    takes_json_prefix: bool = True
    takes_token_ids: bool = False
    takes_stray_results: bool = True
    takes_media_urls: bool = True
    takes_other_parts: bool = True
    retires_models: bool = False
    uses_own_names: bool = False
    anthropic_path: str | None = None
    provider_name: str | None = None
    chat_fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    raw_fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    raw_chat_fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    default_headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    any_path: bool = False
    embedded: bool = False
    notes: str = ""

    def __post_init__(self) -> None:
        address, secret = without_credentials(self.base_url)
        if secret:
            object.__setattr__(self, "base_url", address)
            object.__setattr__(self, "default_headers", {**secret, **self.default_headers})
        if not self.base_model:
            known = get_model(self.default_model) if self.default_model else None
            object.__setattr__(self, "base_model", known.name if known else "kimi-k2-instruct")

    def spell(self, model: str) -> str:
        """Return what this server calls a bare model name.

        A name that is not in the table stays as it is: one with an organisation, a path or a suffix
        was written for this very server. A routing suffix (``kimi-k2.6:nitro``) stays behind it.
        """
        bare, colon, suffix = model.partition(":")
        return self.spellings.get(model) or self.spellings.get(bare, bare) + colon + suffix
