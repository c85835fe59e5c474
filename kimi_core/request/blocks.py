"""Content blocks and tool calls in the words of frameworks and of other providers -> Kimi's.

Owns: what a block says: a picture, a video, a file, text, reasoning, or what another field of the
message says already. May know: its own files, _json, errors. Which of them a model takes is decided
when the request is planned.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kimi_core._json import as_mapping, as_sequence
from kimi_core.errors import KimiConfigError
from kimi_core.request.foreign import result_in, text_in, text_of

__all__ = [
    "arguments_text",
    "calls_in",
    "data_or_url",
    "in_texts",
    "in_words",
    "kept_reasoning",
    "known",
    "media_part",
    "media_parts",
    "plain_call",
    "readable_prompt",
    "reasoning_in",
    "spoken",
    "text_parts",
    "tool_call",
    "written",
]

# Blocks of an assistant's content that say what other fields of the message say, too.
_UNSPOKEN = frozenset(
    {
        "function_call", "invalid_tool_call", "reasoning", "reasoning_content", "redacted_thinking",
        "thinking", "tool_call", "tool_call_chunk", "tool_use",
    }
)  # fmt: skip
_CALLS = frozenset({"function_call", "tool_call", "tool_use"})
# A block's type -> where its text stands; the first is Anthropic's own form.
_REASONING = {name: name for name in ("thinking", "reasoning", "reasoning_content")}


def known(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - values of any field
    """Return the fields that say something: what is None, empty, 0 or False is left out."""
    return {name: value for name, value in fields.items() if value}


def media_parts(content: Any) -> Any:  # noqa: ANN401 - text or blocks
    """Turn blocks of pictures, videos and files into parts; everything else stays as it is.

    Args:
        content: Text, or a list in which one is ``{"type": "image", "video" or "file"}`` with
            ``file_id``, ``url``, or ``base64`` and ``mime_type``; with ``id`` or ``data`` in
            LangChain's words before 1.0. A picture that is no uploaded file is left to the
            framework, which has words for it; so is a file in OpenAI's form.
    """
    return content if isinstance(content, str) else [_media(block) for block in content]


def _media(block: Any) -> Any:  # noqa: ANN401 - text or a block
    if isinstance(block, str) or result_in(block) is not None:
        return block
    if text := text_in(block, of_model=False):
        return {"type": "text", "text": text}
    kind = block.get("type")
    if kind in {"file", "text-plain"}:
        return block if "file" in block else _file(block)
    if kind not in {"image", "video"} or (kind == "image" and not _file_id(block)):
        return block
    return media_part(kind, _url(block))


def _file(block: Mapping[str, Any]) -> dict[str, Any]:
    # LangChain moves what a block of before 1.0 had in "metadata" into "extras".
    extras = as_mapping(block.get("extras")) or {}
    beside = [extras, block.get("metadata"), extras.get("metadata")]
    places = [block, *(as_mapping(place) or {} for place in beside)]
    names = [place.get(word) for place in places for word in ("filename", "name", "title")]
    name = next((str(one) for one in names if one), None)
    data = block.get("base64") or block.get("data")
    said = f"data:{block.get('mime_type') or ''};base64,{data}" if data else None
    from kimi_core.request.documents import file_part

    return file_part(
        name, **known(file_data=said, file_url=block.get("url"), file_id=_file_id(block))
    )


def _file_id(block: Mapping[str, Any]) -> str | None:
    return block.get("file_id") or (block.get("id") if block.get("source_type") == "id" else None)


def _url(block: Mapping[str, Any]) -> str:
    uploaded = _file_id(block)
    if uploaded:
        return uploaded if uploaded.startswith("ms://") else f"ms://{uploaded}"
    data = block.get("base64") or block.get("data")
    return f"data:{block.get('mime_type')};base64,{data}" if data else str(block.get("url") or "")


def readable_prompt(prompt: Any) -> Any:  # noqa: ANN401 - LangChain's
    """Return a prompt whose files of text are in LangChain's words since 1.0.

    It brings those of before up to date by itself, and takes the address of one that has a text and
    none: a KeyError (langchain-core 1.8.3).

    Args:
        prompt: LangChain's ``PromptValue``. Not changed.
    """
    messages: Sequence[Any] = getattr(prompt, "messages", ())
    listed = [one for one in messages if one.content.__class__ is not str]
    if not any(_is_old_text(part) for one in listed for part in one.content):
        return prompt
    told = [one.model_copy(update={"content": _in_todays_words(one.content)}) for one in messages]
    return prompt.model_copy(update={"messages": told})


def _in_todays_words(content: Any) -> Any:  # noqa: ANN401 - text or blocks
    if isinstance(content, str):
        return content
    return [
        {**{k: v for k, v in part.items() if k != "source_type"}, "type": "text-plain"}
        if _is_old_text(part)
        else part
        for part in content
    ]


def _is_old_text(part: object) -> bool:
    block = as_mapping(part) or {}
    return block.get("source_type") == "text" and "text" in block and "url" not in block


def data_or_url(data: bytes, media_type: str | None) -> bytes | str:
    """Return a data URL of the type that the caller names; without one, the bytes."""
    if media_type is None:
        return data
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def media_part(modality: str, source: object, *, detail: str | None = None) -> dict[str, Any]:
    """Return the part of a picture ("image") or video ("video").

    Args:
        modality: Which of them.
        source: Bytes and paths, which are inlined where the request is built, or a URL as text or
            as an object of a framework's.
        detail: How closely a picture is looked at; sent where it is set.
    """
    url = source if isinstance(source, (bytes, Path)) else str(source)
    return {"type": f"{modality}_url", f"{modality}_url": {"url": url, **known(detail=detail)}}


def text_parts(content: Any) -> Any:  # noqa: ANN401 - text, blocks or nothing
    """Write the texts among blocks as Kimi's parts, without keys of other providers."""
    parts = as_sequence(content)
    return content if parts is None else [_text(part) for part in parts]


def _text(part: Any) -> Any:  # noqa: ANN401 - text or a block
    if isinstance(part, str):
        return {"type": "text", "text": part}
    is_text = part.get("type") == "text"
    return {"type": "text", "text": part.get("text") or ""} if is_text else part


def kept_reasoning(kept: Mapping[str, Any]) -> str:
    """Return the reasoning that stands beside a message's content, or an empty string."""
    found = (kept.get(name) for name in ("reasoning_content", "reasoning"))
    return next((text for text in found if isinstance(text, str) and text), "")


def reasoning_in(blocks: Iterable[object]) -> str:
    """Return the reasoning of a message that any provider wrote, or an empty string."""
    said = [block for one in blocks if (block := as_mapping(one))]
    texts = [block.get(_REASONING.get(str(block.get("type")), "")) for block in said]
    return "".join(text_of(text) for text in texts)  # Mistral's is a list of texts


def spoken(content: Any) -> Any:  # noqa: ANN401 - text or blocks
    """Return of an assistant's content what no other field of its message says."""
    if isinstance(content, str):
        return content
    said = [part for part in content if isinstance(part, str) or not _is_unspoken(part)]
    return media_parts(in_texts(said))


def _is_unspoken(part: Mapping[str, Any]) -> bool:
    # An answer that a filter withheld is a refusal without words.
    unsaid = part.get("type") == "refusal" and not part.get("refusal")
    return unsaid or part.get("type") in _UNSPOKEN or "toolUse" in part


def in_words(wire: dict[str, Any], kept: Mapping[str, Any]) -> None:
    """Put in words what another model said in place of text.

    That is the transcript of what it said aloud, which Kimi does not hear, and a refusal, which
    OpenAI's chat completions have in a field of its own.
    """
    spoken_aloud = wire.pop("audio", None) is not None
    aloud = text_of(as_mapping(kept.get("audio"))) if spoken_aloud else ""
    if aloud and not wire["content"]:
        wire["content"] = aloud
    refused, content = kept.get("refusal"), wire["content"]
    if isinstance(refused, str) and refused and refused not in text_of(content):
        parts = as_sequence(content)
        more = {"type": "text", "text": refused}
        wire["content"] = f"{content or ''}{refused}" if parts is None else [*parts, more]


def calls_in(content: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - text or blocks
    """Return the calls that stand in a model's content alone, in the words of another API.

    Anthropic's, OpenAI's Responses API's, Bedrock's, and LangChain's own.
    """
    if isinstance(content, str):
        return []
    found = (as_mapping(block) or {} for block in content)
    return [tool_call(*plain_call(one)) for one in found if one.get("type") in _CALLS or _own(one)]


def _own(call: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what is inside a call, where its API puts all of it there."""
    return as_mapping(call.get("toolUse"))


def in_texts(parts: Iterable[Any]) -> list[Any]:
    """Return the parts of a model's message, those that another server wrote as their text."""
    told = ((part, text_in(part, of_model=True)) for part in parts)
    return [{"type": "text", "text": text} if text else part for part, text in told]


def written(tools: Sequence[Any] | None) -> Sequence[Any]:
    """Return the tools that a message brings.

    Raises:
        KimiConfigError: For one of which LangChain kept the name alone, as it cannot be written.
    """
    for tool in tools or ():
        fields = as_mapping(tool) or {}
        if fields.get("type") == "not_implemented" and "lc" in fields:
            raise KimiConfigError(
                f"a system message brings the tool {fields.get('repr') or fields.get('id')!r}, of "
                "which LangChain's serialization kept the name alone; make such a message with "
                "langchain_kimi.tools_message(tools), which holds dicts from the beginning."
            )
    return tools or ()


def tool_call(call_id: str | None, name: str, arguments: object) -> dict[str, Any]:
    """Return an OpenAI-style tool call; one without an id gets one where a request is planned."""
    function = {"name": name, "arguments": arguments_text(arguments)}
    return {"id": call_id or "", "type": "function", "function": function}


def arguments_text(arguments: object) -> str:
    """Return arguments as text: a string as it is, since prefix caches compare bytes."""
    if isinstance(arguments, str):
        return arguments or "{}"
    return _written(arguments)


_written = json.JSONEncoder(ensure_ascii=False, default=str).encode


def plain_call(call: Any) -> tuple[str | None, str, Any]:  # noqa: ANN401 - see below
    """Return id, name and arguments of a call: a dict in the words of any API, or a model of it."""
    plain = as_mapping(call) or call.model_dump()
    plain = _own(plain) or plain
    said = as_mapping(plain.get("function") or plain.get("function_call")) or plain
    # OpenAI's Responses API has an id of its own for what it says, beside that of the call.
    call_id = plain.get("call_id") or plain.get("id") or plain.get("toolUseId")
    given = next((said[word] for word in ("arguments", "input", "args") if said.get(word)), "")
    return call_id, str(said.get("name") or ""), given
