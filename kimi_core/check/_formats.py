"""Probes of what is not plain text: JSON that fits a schema, and images.

Owns: `FORMATS`. May know: its own files, errors.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import TYPE_CHECKING

from kimi_core.check._probe import Outcome, Probe, Verdict, outcome
from kimi_core.errors import KimiBadRequestError

if TYPE_CHECKING:
    from kimi_core.check._session import Session

__all__ = ["FORMATS"]

_CITY = [{"role": "user", "content": "The capital of France, as JSON with the one key `city`."}]
_SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": ["Paris", "Lyon"]}},
    "required": ["city"],
    "additionalProperties": False,
}
_FORMAT = {"type": "json_schema", "json_schema": {"name": "city", "schema": _SCHEMA}}
_SIDE = 64


def _structure(session: Session) -> Outcome:
    try:
        answer = session.ask(_CITY, options=session.brief(response_format=_FORMAT))
    except KimiBadRequestError as error:
        return outcome("refused", message=error.server_message)
    content = answer.message.content.strip()
    try:
        fits = json.loads(content) in ({"city": "Paris"}, {"city": "Lyon"})
    except ValueError:
        fits = False
    return outcome("fits" if fits else "ignored", text=repr(content[:60]))


def _see(session: Session) -> Outcome:
    capabilities = session.chat.capabilities
    if "image" not in capabilities.info.inputs:
        return outcome("text_only")
    image = {"type": "image_url", "image_url": {"url": _red_square()}}
    question = {"type": "text", "text": "Which colour is the image? One word."}
    try:
        answer = session.ask([{"role": "user", "content": [image, question]}])
    except KimiBadRequestError as error:
        return outcome("refused", message=error.server_message)
    content = answer.message.content.strip()
    return outcome("seen" if "red" in content.lower() else "unseen", text=repr(content[:40]))


def _red_square() -> str:
    """Return a red PNG as a data URL; made here, so that no picture is kept in the package."""
    rows = (b"\0" + b"\xff\0\0" * _SIDE) * _SIDE
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    data = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
    text = base64.b64encode(b"\x89PNG\r\n\x1a\n" + data).decode()
    return f"data:image/png;base64,{text}"


FORMATS = (
    Probe(
        name="structured_output",
        question="Is a JSON schema kept?",
        ask=_structure,
        verdicts={
            "fits": Verdict("green", "the answer fits the schema: {text}"),
            "refused": Verdict(
                "amber",
                "response_format is refused: {message}",
                "with_structured_output by json_schema gets this error.",
                "Use method='function_calling'.",
            ),
            "ignored": Verdict(
                "amber",
                "response_format is not kept: {text}",
                "with_structured_output by json_schema fails at times.",
                "Use method='function_calling'; vLLM and SGLang keep a schema by their grammar "
                "backend (xgrammar), which must not be switched off.",
            ),
        },
    ),
    Probe(
        name="images",
        question="Are images read?",
        ask=_see,
        verdicts={
            "text_only": Verdict("skipped", "{base_model} reads text only"),
            "seen": Verdict("green", "a red square was seen: {text}"),
            "refused": Verdict(
                "amber",
                "images are refused: {message}",
                "Every message with an image gets this error.",
                "Either {images_flag}; or send no images here.",
            ),
            "unseen": Verdict(
                "amber",
                "a red square was answered with {text}",
                "The server may drop images without a word.",
                "Either {images_flag}; or send no images here.",
            ),
        },
    ),
)
"""Structured output, images."""
