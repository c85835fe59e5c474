"""Facts of a server, whatever model it serves. One row an endpoint.

Owns: the `Endpoint` type, the table of presets, and the helpers that make one for your own server.
May know: the standard library. What is true of a model wherever it runs stands in
`kimi_core.models`.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from kimi_core.errors import KimiConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ENDPOINTS",
    "Endpoint",
    "get_endpoint",
    "ktransformers",
    "llama_cpp",
    "local",
    "openrouter",
    "sglang",
    "tensorrt_llm",
    "vllm",
]

Api = Literal["chat", "completions"]
ToolCallParser = Literal["auto", "server", "client"]
ThinkingSwitch = Literal["thinking", "chat_template_kwargs", "reasoning", "none"]
GrammarEngine = Literal["llama.cpp", "vllm", "sglang"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One server, or one kind of server.

    Attributes:
        name: The name that this package calls it by.
        base_url: Where its API is, including ``/v1``; empty where the user must say.
        api_key_names: Environment variables that may hold the key, in the order of looking.
        needs_key: Whether a request without a key is useless. Self-hosted servers get a dummy.
        default_model: What is asked for when no model was named; None where the server is asked.
        base_model: The model whose facts apply to a name that is not Kimi's.
        spellings: Bare model name -> what this server calls it. A server that was started under
            another name (``--served-model-name kimi-k2.5``) wants ``spellings={}``.
        api: The route that is used unless the caller says otherwise: "chat" for
            ``/chat/completions``, "completions" for ``/completions`` with the prompt rendered here.
        tool_call_parser: Who turns Kimi's tokens into tool calls: "server", "client" (here), or
            "auto": the server, and here what it left in the content.
        thinking_switch: The field by which thinking is switched.
        reasoning_field: The field of an assistant message that this server reads back.
        max_tokens_field: The name that it has for the token limit of a chat answer.
        asks_usage: Whether a stream reports usage only when ``stream_options`` asks for it.
        grammar: The grammar language of its sampler, or None.
        completion_max_tokens: Token limit that is sent on the completions route where the caller
            set none. The one exception to sending only what was set: vLLM's own default there is 16
            tokens, which cuts every call, and a llama.cpp server without a limit fills its context.
        first_party: Whether it is Moonshot's own API, whose extra rules (pinned sampling, forced
            tool_choice against thinking, retired ids) then apply.
        rewrites_tool_call_ids: Whether foreign ids in the history must be made native by us. The
            first-party API does it on its side; elsewhere they cost later tool calls.
        raw_fields: Request fields that keep Kimi's tokens in the text, for raw use.
        raw_chat_fields: Request fields needed on the chat route when calls are parsed here.
        default_headers: Headers of every request.
        notes: One line for people.
    """

    name: str
    base_url: str
    api_key_names: tuple[str, ...] = ()
    needs_key: bool = True
    default_model: str | None = None
    base_model: str = "kimi-k2-instruct"
    spellings: Mapping[str, str] = field(default_factory=dict[str, str])
    api: Api = "chat"
    tool_call_parser: ToolCallParser = "auto"
    thinking_switch: ThinkingSwitch = "none"
    reasoning_field: str = "reasoning_content"
    max_tokens_field: str = "max_tokens"
    asks_usage: bool = True
    grammar: GrammarEngine | None = None
    completion_max_tokens: int | None = 4_096
    first_party: bool = False
    rewrites_tool_call_ids: bool = True
    raw_fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    raw_chat_fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    default_headers: Mapping[str, str] = field(default_factory=dict[str, str])
    notes: str = ""

    def spell(self, model: str) -> str:
        """Return what this server calls a bare model name.

        A name that is not in the table stays as it is: one with an organisation, a path or a suffix
        was written for this very server.
        """
        return self.spellings.get(model, model)


_OPEN_WEIGHTS = {
    "kimi-k2-instruct": "moonshotai/Kimi-K2-Instruct",
    "kimi-k2-instruct-0905": "moonshotai/Kimi-K2-Instruct-0905",
    "kimi-k2-thinking": "moonshotai/Kimi-K2-Thinking",
    "kimi-k2.5": "moonshotai/Kimi-K2.5",
    "kimi-k2.6": "moonshotai/Kimi-K2.6",
    "kimi-k2-base": "moonshotai/Kimi-K2-Base",
}

# The five tool markers are special=false in Kimi's tokenizer config, but a converted tokenizer may
# have lost the flag; and vLLM's default puts blanks round every added token (vLLM 0.32.0 with the
# slow tokenizer that real checkpoints have, recording s).
_KEEP_MARKERS: Mapping[str, Any] = {
    "skip_special_tokens": False,
    "spaces_between_special_tokens": False,
}

_MOONSHOT = Endpoint(
    name="moonshot",
    base_url="https://api.moonshot.ai/v1",
    api_key_names=("MOONSHOT_API_KEY", "KIMI_API_KEY"),
    default_model="kimi-k2.6",
    base_model="kimi-k2.6",
    thinking_switch="thinking",
    max_tokens_field="max_completion_tokens",
    # Usage comes in the choice of the last chunk without being asked for (recording
    # moonshot-k2-0905-stream); asking adds a second copy.
    asks_usage=False,
    first_party=True,
    rewrites_tool_call_ids=False,
    notes="Moonshot's own API, international.",
)

_SELF_HOSTED = Endpoint(
    name="self-hosted",
    base_url="",
    needs_key=False,
    spellings=_OPEN_WEIGHTS,
    thinking_switch="chat_template_kwargs",
)

_VLLM = replace(
    _SELF_HOSTED,
    name="vllm",
    base_url="http://localhost:8000/v1",
    api_key_names=("VLLM_API_KEY",),
    # vLLM 0.32.0 renders `reasoning` of an assistant message and drops `reasoning_content`.
    reasoning_field="reasoning",
    grammar="vllm",
    raw_fields=_KEEP_MARKERS,
    # Without --enable-auto-tool-choice every tool_choice but "none" is a 400; with "none" the
    # tools are still rendered into the prompt.
    raw_chat_fields={"tool_choice": "none"},
    notes="Your own vLLM; start it with --enable-auto-tool-choice --tool-call-parser kimi_k2.",
)

_SGLANG = replace(
    _SELF_HOSTED,
    name="sglang",
    base_url="http://localhost:30000/v1",
    api_key_names=("SGLANG_API_KEY",),
    grammar="sglang",
    raw_fields=_KEEP_MARKERS,
    notes="Your own SGLang; start it with --tool-call-parser kimi_k2.",
)

_LLAMA_CPP = replace(
    _SELF_HOSTED,
    name="llama.cpp",
    base_url="http://localhost:8080/v1",
    api_key_names=("LLAMA_API_KEY",),
    grammar="llama.cpp",
    notes="Your own llama-server.",
)

_ROWS = (
    _MOONSHOT,
    replace(
        _MOONSHOT,
        name="moonshot-cn",
        base_url="https://api.moonshot.cn/v1",
        notes="Moonshot's own API, mainland China; keys are not shared with api.moonshot.ai.",
    ),
    Endpoint(
        name="openrouter",
        base_url="https://openrouter.ai/api/v1",
        api_key_names=("OPENROUTER_API_KEY",),
        default_model="kimi-k2.6",
        base_model="kimi-k2.6",
        spellings={
            "kimi-k2-instruct": "moonshotai/kimi-k2",
            "kimi-k2-instruct-0905": "moonshotai/kimi-k2-0905",
            **{
                name: f"moonshotai/{name}"
                for name in (
                    "kimi-k2",
                    "kimi-k2-0905",
                    "kimi-k2-thinking",
                    "kimi-k2.5",
                    "kimi-k2.6",
                    "kimi-k2.7-code",
                    "kimi-k3",
                )
            },
        },
        thinking_switch="reasoning",
        reasoning_field="reasoning",
        # Usage is always returned; stream_options is a deprecated no-op there.
        asks_usage=False,
        notes="Many hosts behind one key; hosts differ in quality.",
    ),
    _VLLM,
    _SGLANG,
    replace(
        _SELF_HOSTED,
        name="ktransformers",
        base_url="http://localhost:10002/v1",
        tool_call_parser="client",
        notes="KTransformers has no tool-call parser: raw tokens are parsed here.",
    ),
    replace(
        _SELF_HOSTED,
        name="tensorrt-llm",
        base_url="http://localhost:8000/v1",
        raw_fields=_KEEP_MARKERS,
        notes="trtllm-serve.",
    ),
    _LLAMA_CPP,
    replace(
        _LLAMA_CPP,
        name="local",
        base_url="",
        default_model="local",
        api_key_names=(),
        api="completions",
        tool_call_parser="client",
        completion_max_tokens=1_024,
        notes="llama.cpp inside this process's care, with a small stand-in model that is not Kimi.",
    ),
)

ENDPOINTS: Mapping[str, Endpoint] = {row.name: row for row in _ROWS}
"""All presets by name."""


def get_endpoint(endpoint: str | Endpoint) -> Endpoint:
    """Find a preset by its name; an `Endpoint` is returned as it is.

    Args:
        endpoint: E.g. "moonshot", "openrouter", "vllm".

    Raises:
        KimiConfigError: For an unknown name, with the nearest known ones.
    """
    if isinstance(endpoint, Endpoint):
        return endpoint
    key = endpoint.strip().lower().replace("_", "-")
    for name in (key, key.replace("llama-cpp", "llama.cpp").replace("llamacpp", "llama.cpp")):
        if name in ENDPOINTS:
            return ENDPOINTS[name]
    near = difflib.get_close_matches(key, ENDPOINTS, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    message = (
        f"endpoint {endpoint!r} is not known.{hint} Known endpoints: {', '.join(ENDPOINTS)}; "
        "for any other server pass an Endpoint, or the nearest of these with base_url=."
    )
    raise KimiConfigError(message)


def check_base_url(base_url: str, *, endpoint: str) -> str:
    """Return a base URL without a trailing slash, or say what is wrong with it.

    Raises:
        KimiConfigError: Where it is empty, has no scheme, or names a route instead of a base.
    """
    url = base_url.strip().rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        message = (
            f"base_url {base_url!r} of endpoint {endpoint!r} is not an http(s) URL; "
            "write it with its scheme and /v1, e.g. 'http://localhost:8000/v1'."
        )
        raise KimiConfigError(message)
    for route in ("/chat/completions", "/completions"):
        if parts.path.endswith(route):
            message = (
                f"base_url {base_url!r} of endpoint {endpoint!r} names a route; leave off "
                f"{route!r}: {url.removesuffix(route)!r}."
            )
            raise KimiConfigError(message)
    return url


def _at(preset: Endpoint, base_url: str | None, changes: Mapping[str, Any]) -> Endpoint:
    if base_url is not None:
        changes = {**changes, "base_url": check_base_url(base_url, endpoint=preset.name)}
    return replace(preset, **changes)


def vllm(base_url: str | None = None, **changes: Any) -> Endpoint:  # noqa: ANN401 - Endpoint's fields
    """Describe your own vLLM.

    Args:
        base_url: Including ``/v1``; ``http://localhost:8000/v1`` where it is left out.
        **changes: Any field of `Endpoint`, e.g. ``tool_call_parser="client", api="completions"``.

    Raises:
        KimiConfigError: For a URL that cannot be one.
    """
    return _at(_VLLM, base_url, changes)


def sglang(base_url: str | None = None, **changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe your own SGLang; arguments as for `vllm`, default ``http://localhost:30000/v1``."""
    return _at(_SGLANG, base_url, changes)


def ktransformers(base_url: str | None = None, **changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe your own KTransformers; arguments as for `vllm`."""
    return _at(ENDPOINTS["ktransformers"], base_url, changes)


def tensorrt_llm(base_url: str | None = None, **changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe your own TensorRT-LLM; arguments as for `vllm`."""
    return _at(ENDPOINTS["tensorrt-llm"], base_url, changes)


def llama_cpp(base_url: str | None = None, **changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe your own llama-server; arguments as for `vllm`."""
    return _at(_LLAMA_CPP, base_url, changes)


def local(**changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe the embedded engine; any field of `Endpoint` may be changed."""
    return _at(ENDPOINTS["local"], None, changes)


def openrouter(**changes: Any) -> Endpoint:  # noqa: ANN401 - as vllm()
    """Describe OpenRouter; any field of `Endpoint` may be changed."""
    return _at(ENDPOINTS["openrouter"], None, changes)
