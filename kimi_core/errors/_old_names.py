"""What settings of other classes are called here.

Owns: one sentence for each keyword of the classes that users come from, where it has another name
here or needs none. May know: the standard library. Words that are understood as they are stand in
`kimi_core.request`.

Such a keyword may hold a key (``moonshot_api_key``): passed on as a field of the payload, as an
unknown keyword of LangChain's is, it would be sent and traced.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["OLD_NAMES", "is_of_a_connection", "meant_instead"]

_KEY, _ADDRESS = "write api_key=", "write base_url="
_ROUTING = 'write endpoint=endpoints.openrouter({}="...")'

OLD_NAMES: Mapping[str, str] = {
    # Keys and addresses of every class.
    **dict.fromkeys(
        (
            *("anthropic_api_key", "deepseek_api_key", "groq_api_key", "moonshot_api_key"),
            *("openrouter_api_key", "together_api_key", "fireworks_api_key"),
        ),
        _KEY,
    ),
    **dict.fromkeys(
        ("anthropic_api_url", "moonshot_api_base", "openrouter_api_base", "deepseek_api_base"),
        _ADDRESS,
    ),
    **dict.fromkeys(("host", "url"), _ADDRESS),
    # Each framework has the one and not the other.
    "additional_kwargs": "write model_kwargs=",
    "model_kwargs": "write additional_kwargs=",
    "callback_manager": "write callbacks=",
    "callbacks": "write callback_manager=",
    "custom_get_token_ids": "write tokenizer=",
    "profile": "write context_window=, or base_model=",
    **dict.fromkeys(("stream", "streaming"), "leave it out: the method that is called decides"),
    "stream_chunk_timeout": "write timeout=",
    "system_prompt": "begin the conversation with a system message",
    # ChatOpenRouter.
    "openrouter_provider": "write provider=",
    "app_url": _ROUTING.format("referer"),
    "app_title": _ROUTING.format("title"),
    "allow_fallbacks": 'write provider={"allow_fallbacks": ...}',
    "order": 'write provider={"order": [...]}',
    "app_categories": 'write default_headers={"X-OpenRouter-Categories": "..."}',
    # ChatAnthropic, Anthropic.
    "default_request_timeout": "write timeout=",
    "max_tokens_to_sample": "write max_tokens=",
    "thinking_dict": "write thinking=",
    "effort": "write reasoning_effort=",
    "cache_idx": "leave it out: prefixes are cached anyway; to help, write prompt_cache_key=",
    "mcp_servers": "leave it out: no server of Kimi asks MCP servers; give their tools to an agent",
    **dict.fromkeys(
        ("betas", "container", "inference_geo", "reuse_last_container"),
        "leave it out: it is Anthropic's",
    ),
    "output_config": "write reasoning_effort=, or response_format=",
    "user_profile_id": "write safety_identifier=",
    **dict.fromkeys(
        ("aws_region", "project_id", "region"), "leave it out: base_url= says where the server is"
    ),
    **dict.fromkeys(
        ("functions", "tools"),
        "leave it out: give tools to an agent, to bind_tools or to chat_with_tools",
    ),
    "function_call": "leave it out: tool_choice says which tool is to be called",
    # ChatOllama, Ollama, ChatMistralAI, ChatGoogleGenerativeAI and what is run in this process.
    **dict.fromkeys(("max_new_tokens", "num_predict"), "write max_tokens="),
    **dict.fromkeys(("n_ctx", "num_ctx"), "write context_window="),
    **dict.fromkeys(("format", "response_schema"), "write response_format="),
    **dict.fromkeys(
        ("json_mode", "response_mime_type"), 'write response_format={"type": "json_object"}'
    ),
    "enable_thinking": "write thinking=",
    **dict.fromkeys(
        ("thinking_budget", "thinking_config", "thinking_level"), "write reasoning_effort="
    ),
    "random_seed": "write seed=",
    "max_concurrent_requests": "write rate_limit=",
    "headers": "write default_headers=",
    **dict.fromkeys(
        ("async_client_kwargs", "client_kwargs", "sync_client_kwargs"),
        "write http_client= and http_async_client=, HTTP clients of your own",
    ),
    # ChatGroq.
    "reasoning_format": "leave it out: reasoning always stands beside the content",
    # LlamaIndex's OpenAI and OpenAILike.
    "async_http_client": "write http_async_client=",
    "is_chat_model": "leave it out: it always is",
    "is_function_calling_model": "leave it out: it always is",
    "reuse_client": (
        "leave it out: connections are shared, one pool for each event loop, and closed when the "
        "last one goes"
    ),
    "should_use_structured_outputs": (
        "leave it out: as_structured_llm sends the schema where the model thinks, and otherwise "
        "forces a call"
    ),
    "openai_client": "write http_client=, for an HTTP client of your own",
    "async_openai_client": "write http_async_client=, for an HTTP client of your own",
    "audio_config": "leave it out: Kimi answers with text alone",
    # OpenAIResponses and AzureOpenAI.
    "built_in_tools": "write official_tools(...): they are Moonshot's own",
    "call_metadata": "leave it out: no server of Kimi keeps it",
    "instructions": "begin the conversation with a system message",
    "reasoning_options": "write reasoning_effort=",
    "azure_endpoint": _ADDRESS,
    **dict.fromkeys(("azure_deployment", "deployment_name", "engine"), "write model="),
    "strict": "leave it out: it is said with a tool or a schema",
    **dict.fromkeys(
        ("openai_organization", "organization"),
        'write default_headers={"OpenAI-Organization": "..."}',
    ),
    "project": 'write default_headers={"OpenAI-Project": "..."}',
    **dict.fromkeys(
        ("api_version", "model_version", "openai_api_version"),
        "leave it out: no server of Kimi has one",
    ),
    **dict.fromkeys(("api_type", "openai_api_type"), "leave it out: write endpoint="),
}
"""What to write in place of each; a clause that goes on from "ChatKimiK2 has no setting X; "."""

# Any other class has a key and an address of its own; a key is the last thing that may be sent.
_ENDINGS: Mapping[str, str] = {
    r"(^|_)(api_key|access_key|access_key_id|secret_key|webhook_key)": _KEY,
    r"(^|_)(api|auth|access|ad|session)_token|(^|_)(secret|password|credentials)": _KEY,
    r"_token_provider": "write api_key=, which may be a function",
    r"_(api_base|api_url|base_url)": _ADDRESS,
    r"_proxy": "set HTTPS_PROXY, or write http_client= and http_async_client=, with a proxy",
}


def meant_instead(name: str) -> str | None:
    """Return what to write in place of a keyword of another class; None where it is none."""
    found = (told for ending, told in _ENDINGS.items() if re.search(f"({ending})$", name))
    return OLD_NAMES.get(name) or next(found, None)


def is_of_a_connection(name: str) -> bool:
    """Whether a keyword of another class is a key or an address, whatever it is called there."""
    return (meant_instead(name) or "").startswith((_KEY, _ADDRESS))
