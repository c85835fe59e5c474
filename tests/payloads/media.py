"""Rows about pictures and videos. Every kind of file and URL is in tests/core/test_media.py.

Owns: the rows for the media part of section 2.8 of the rules in ``tests/payloads``.
"""

from __future__ import annotations

import base64
from typing import Any

from tests.payloads.row import Row, call, result, said, user

__all__ = ["ROWS"]

K26 = "kimi-k2.6"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)  # the beginning of a picture; nobody looks further
INLINED = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
MOVIE = f"data:video/mp4;base64,{base64.b64encode(bytes(12)).decode()}"
DRAWING = f"data:image/svg+xml;base64,{base64.b64encode(b'<svg/>').decode()}"
FAR = "https://example.org/a.png"
PDF = b"%PDF-1.7 ..."
LOOK = {"type": "text", "text": "Look:"}
CORE = "both frameworks have blocks of their own for it"


def _image(url: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def _file(data: bytes) -> dict[str, Any]:
    url = f"data:application/pdf;base64,{base64.b64encode(data).decode()}"
    return {"type": "file", "file": {"filename": "a.pdf", "file_data": url}}


def _video(url: str) -> dict[str, Any]:
    return {"type": "video_url", "video_url": {"url": url}}


ROWS: dict[str, Row] = {
    "a picture": Row(model=K26, messages=[user([LOOK, _image(INLINED)])], sent={"model": K26}),
    "a picture alone": Row(
        model="kimi-k3", messages=[user([_image(INLINED)])], sent={"model": "kimi-k3"}
    ),
    "a video": Row(model=K26, messages=[user([LOOK, _video(MOVIE)])], sent={"model": K26}),
    "an uploaded file": Row(
        model=K26, messages=[user([LOOK, _image("ms://file_1")])], sent={"model": K26}
    ),
    "an uploaded video": Row(
        model=K26, messages=[user([LOOK, _video("ms://file_1")])], sent={"model": K26}
    ),
    **{
        f"a file uploaded to Moonshot is refused for {endpoint}": Row(
            endpoint=endpoint,
            model=K26,
            messages=[user([LOOK, _image("ms://file_1")])],
            refused=("'ms://file_1'", f"'{endpoint}'", "send the data itself", "takes_uploads"),
        )
        for endpoint in ("vllm", "openrouter")
    },
    "a URL without a dict round it": Row(
        model=K26,
        messages=[user([{"type": "image_url", "image_url": INLINED}])],
        sent={"model": K26, "messages": [user([_image(INLINED)])]},
        core_only=CORE,
    ),
    "bytes": Row(
        model=K26,
        messages=[user([LOOK, _image(PNG)])],
        sent={"model": K26, "messages": [user([LOOK, _image(INLINED)])]},
        core_only=CORE,
    ),
    "a URL of the web": Row(
        model=K26,
        messages=[user([LOOK, _image(FAR)])],
        refused=("https://example.org/a.png", "is refused"),
    ),
    "a URL of the web that is fetched": Row(
        model=K26,
        messages=[user([LOOK, _image(FAR)])],
        options={"media_fetcher": {FAR: PNG}.__getitem__},
        sent={"model": K26, "messages": [user([LOOK, _image(INLINED)])]},
        core_only="LlamaIndex's adapter refuses the URL before the core sees it",
    ),
    "a URL of the web elsewhere": Row(
        model=K26,
        endpoint="openrouter",
        messages=[user([LOOK, _image(FAR)])],
        sent={"model": "moonshotai/kimi-k2.6"},
    ),
    "a file of this machine": Row(
        model=K26,
        messages=[user([LOOK, _image("file:///etc/hostname")])],
        refused=("/etc/hostname", "is not read", "media_folder="),
    ),
    "a file outside of the folder": Row(
        model=K26,
        messages=[user([LOOK, _image("file:///etc/hostname")])],
        options={"media_folder": "pictures"},
        refused=("/etc/hostname", "is outside of media_folder='pictures'"),
    ),
    "a drawing": Row(model=K26, messages=[user([_image(DRAWING)])], refused=("image/svg+xml",)),
    "a picture for a model that reads text": Row(
        endpoint="vllm", messages=[user([_image(INLINED)])], refused=("text", "kimi-k2.6")
    ),
    "a picture for a prompt rendered here": Row(
        endpoint="vllm",
        model=K26,
        settings={"api": "completions"},
        messages=[user([_image(INLINED)])],
        refused=("picture", "api='chat'"),
    ),
    "a document": Row(
        model=K26,
        messages=[user([LOOK, _file(PDF)])],
        options={"files": "extract"},
        sent={
            "model": K26,
            "messages": [
                user(
                    "Look:\na.pdf:\n(the text of this document, which Moonshot reads before the "
                    "request is sent)\n"
                )
            ],
        },
        core_only=CORE,
        documented=False,  # Moonshot gets the text: tests/core/test_files.py
    ),
    "a document of text": Row(
        model=K26,
        messages=[user([LOOK, _file(b"Plain.")])],
        sent={"model": K26, "messages": [user("Look:\na.pdf:\nPlain.\n")]},
        core_only=CORE,
    ),
    "a document that nobody may read": Row(
        model=K26,
        messages=[user([LOOK, _file(PDF)])],
        refused=("messages[0].content[1]", "'a.pdf'", "(application/pdf)", "files='extract'"),
        core_only=CORE,
    ),
    "a document elsewhere": Row(
        endpoint="openrouter",
        model=K26,
        messages=[user([LOOK, _file(PDF)])],
        sent={"model": "moonshotai/kimi-k2.6"},
        core_only=CORE,
    ),
    "documents to be read where there is no such API": Row(
        endpoint="vllm",
        model=K26,
        settings={"files": "extract"},
        refused=("files='extract'", "'vllm'", "endpoint='moonshot'", "extracts_files=True"),
    ),
    "sound": Row(
        model=K26,
        messages=[user([{"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}}])],
        refused=("audio",),
        core_only=CORE,
    ),
    "a picture in a result": Row(
        model=K26,
        messages=[
            user(),
            said("", call("a:0"), reasoning_content="why"),
            result("a:0", [LOOK, _image(INLINED)]),
        ],
        sent={"model": K26},
    ),
}
"""Rows by what they show."""
