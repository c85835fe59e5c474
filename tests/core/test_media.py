"""Pictures and videos are inlined or passed on, and what a server would refuse is said beforehand.

Owns: what becomes of every kind of URL, file and bytes. The files are the first bytes of real
formats, no pictures: neither this package nor a test looks further.
"""

from __future__ import annotations

import base64
import copy
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core import endpoints
from kimi_core.capabilities import resolve
from kimi_core.errors import KimiConfigError
from kimi_core.models import MODELS
from kimi_core.request.media import prepare_media, prepare_parts
from kimi_core.testing._message_rules import image_format, media_urls, part_types
from kimi_core.testing._request import ChatRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from kimi_core.capabilities import Capabilities
    from kimi_core.endpoints import Endpoint

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(8)
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'


def inlined(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def image(url: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": url}


MOONSHOT = resolve("kimi-k2.6", "moonshot")
ELSEWHERE = resolve("kimi-k2.6", "vllm")
at_both = pytest.mark.parametrize("capabilities", [MOONSHOT, ELSEWHERE], ids=["moonshot", "vllm"])


def sent(url: Any, capabilities: Capabilities = MOONSHOT, **options: Any) -> Any:
    """Return the URL that is sent for one image."""
    (part,) = prepare_parts([image(url)], capabilities, **options)
    return part["image_url"]["url"]


def refusal(parts: Any, capabilities: Capabilities = MOONSHOT) -> str:
    with pytest.raises(KimiConfigError) as caught:
        prepare_parts(parts, capabilities)
    return str(caught.value)


@pytest.mark.parametrize("content", ["Hello", "", None, []], ids=repr)
def test_what_is_no_list_of_parts_comes_back(content: Any) -> None:
    assert prepare_parts(content, MOONSHOT) == content


@pytest.mark.parametrize("url", ["ms://file_1", inlined("image/png", PNG), "data:image/jpg,x"])
@pytest.mark.parametrize("form", [lambda url: url, lambda url: {"url": url}], ids=["text", "dict"])
def test_what_the_server_takes_is_passed_on(form: Any, url: str) -> None:
    assert prepare_parts([image(form(url))], MOONSHOT) == [image({"url": url})]


def test_other_fields_and_parts_stay_and_nothing_is_changed_in_place() -> None:
    parts = [{"type": "text", "text": "a"}, "b", {**image({"url": PNG, "detail": "low"}), "x": 1}]
    before = copy.deepcopy(parts)

    assert prepare_parts(parts, MOONSHOT) == [
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b"},
        {**image({"url": inlined("image/png", PNG), "detail": "low"}), "x": 1},
    ]
    assert parts == before


@pytest.mark.parametrize("form", ["path", "text", "file URL", "localhost", "bytes", "bytearray"])
def test_every_form_of_local_data_is_inlined(form: str, tmp_path: Path) -> None:
    file = tmp_path / "a picture"
    file.write_bytes(PNG)
    forms: dict[str, Any] = {
        "path": file,
        "text": str(file),
        "file URL": file.as_uri(),
        "localhost": file.as_uri().replace("file://", "file://localhost"),
        "bytes": PNG,
        "bytearray": bytearray(PNG),
    }

    assert sent(forms[form], folder=tmp_path) == inlined("image/png", PNG)


BEGINNINGS = [
    (b"\xff\xd8\xff\xe0", "image/jpeg"),
    (PNG, "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
    (b"BM\x46\x00\x00\x00\x00\x00\x00\x00\x36", "image/bmp"),
    (b"\x00\x00\x00\x18ftypheic", "image/heic"),
    (b"\x00\x00\x00\x18ftypmif1", "image/heif"),
    (MP4, "video/mp4"),
    (b"\x00\x00\x00\x14ftypqt  ", "video/mov"),
    (b"\x00\x00\x00\x18ftyp3gp4", "video/3gpp"),
    (b"RIFF\x00\x00\x00\x00AVI LIST", "video/avi"),
    (b"FLV\x01\x05", "video/x-flv"),
    (b"\x00\x00\x01\xba\x44", "video/mpeg"),
    (b"\x00\x00\x01\xb3\x16", "video/mpeg"),
    (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm", "video/webm"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6", "video/wmv"),
]


@pytest.mark.parametrize(("data", "kind"), BEGINNINGS, ids=[row[1] for row in BEGINNINGS])
def test_the_type_is_told_by_the_first_bytes(data: bytes, kind: str, tmp_path: Path) -> None:
    file = tmp_path / "wrong.gif"
    file.write_bytes(data)
    part = f"{kind.partition('/')[0]}_url"

    assert prepare_parts([{"type": part, part: file}], MOONSHOT, folder=tmp_path) == [
        {"type": part, part: {"url": inlined(kind, data)}}
    ]


@pytest.mark.parametrize("name", ["a.JPG", "a.heif", "a.mpg"])
def test_the_name_of_a_file_tells_nothing(name: str, tmp_path: Path) -> None:
    """A secret under the name of a picture would be sent to the server."""
    (tmp_path / name).write_bytes(b"API_KEY=made-up")
    part = "video_url" if name.endswith("mpg") else "image_url"
    with pytest.raises(KimiConfigError, match="data of an unknown type is refused"):
        prepare_parts([{"type": part, part: tmp_path / name}], MOONSHOT, folder=tmp_path)


UNKNOWN = [
    ("text", b"root:x:0:0", "data of an unknown type"),
    ("nothing", b"", "data of an unknown type"),
    ("svg", b"\xef\xbb\xbf <SVG/>", "image/svg+xml"),
    ("svg after a declaration", SVG, "image/svg+xml"),
    ("other xml", b"<?xml version='1.0'?><a/>", "data of an unknown type"),
    ("other riff", b"RIFF\x00\x00\x00\x00WAVEfmt ", "data of an unknown type"),
    ("avif", b"\x00\x00\x00\x18ftypavif", "data of an unknown type"),
    ("matroska", b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska", "data of an unknown type"),
    ("text that begins like a bitmap", b"BMW is a car maker", "data of an unknown type"),
    ("video", MP4, "video/mp4"),
]


@pytest.mark.parametrize(
    ("data", "kind"), [row[1:] for row in UNKNOWN], ids=[r[0] for r in UNKNOWN]
)
def test_what_is_no_accepted_picture_is_refused(data: bytes, kind: str) -> None:
    assert refusal([image(data)]) == (
        f"content[0].image_url: {kind} is refused, it must be one of image/bmp, image/gif, "
        "image/heic, image/heif, image/jpeg, image/jpg, image/png, image/webp; convert it to PNG."
    )


@pytest.mark.parametrize(
    "url", ["data:image/svg+xml,<svg/>", "data:video/mp4;base64,AA==", "data:,x"]
)
def test_a_data_url_of_another_type_is_refused_for_moonshot_only(url: str) -> None:
    assert "is refused" in refusal([image(url)])
    assert sent(url, ELSEWHERE) == url


class TestRemoteUrls:
    """URLs of http and https."""

    URL = "https://example.com/a.png?size=1"

    def test_are_refused_with_both_ways_out(self) -> None:
        message = refusal([{"type": "text", "text": "?"}, image(self.URL)])

        assert message.startswith(f"content[1].image_url: {self.URL!r} is refused by Moonshot")
        assert "Pass media_fetcher=kimi_core.fetch.fetch_media" in message
        assert "ms://" in message

    def test_are_left_to_a_server_that_fetches(self) -> None:
        assert sent(self.URL, ELSEWHERE) == self.URL

    @at_both
    def test_are_fetched_on_request(self, capabilities: Capabilities) -> None:
        asked: list[str] = []

        def fetch(url: str) -> bytes:
            asked.append(url)
            return b"?"  # the type comes from the path, without the query

        assert sent(self.URL, capabilities, fetch=fetch) == inlined("image/png", b"?")
        assert asked == [self.URL]


NO_FILE = {
    "absent": ("no-such-file.png", "cannot be read (FileNotFoundError)"),
    "folder": (".", "cannot be read (IsADirectoryError)"),
    "null character": ("a\0b", "cannot be read (ValueError)"),
    "too long": ("A" * 5000, "cannot be read (OSError)"),
    "a pipe": ("pipe.png", "is no regular file"),
    "a device": ("/dev/zero", "is outside of media_folder="),
    "outside": ("../secret.png", "is outside of media_folder="),
    "outside by a link": ("link.png", "is outside of media_folder="),
    "outside by its whole path": ("/etc/hostname", "is outside of media_folder="),
    "links in a circle": ("circle.png", "cannot be read ("),
}


@pytest.mark.parametrize(("path", "reason"), NO_FILE.values(), ids=NO_FILE)
def test_a_file_that_may_not_or_cannot_be_read_is_an_error_of_one_line(
    path: str, reason: str, tmp_path: Path
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    os.mkfifo(folder / "pipe.png")
    (tmp_path / "secret.png").write_bytes(PNG)
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "circle.png").symlink_to(folder / "circle.png")
    with pytest.raises(KimiConfigError) as caught:
        prepare_parts([image(path)], MOONSHOT, folder=folder)
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("form", [str, Path, Path.as_uri], ids=["text", "path", "URL"])
@at_both
def test_no_file_is_read_unless_the_caller_names_a_folder(
    form: Callable[[Path], Any], capabilities: Capabilities, tmp_path: Path
) -> None:
    """A message may come from anybody, and would choose the file that is sent to the server."""
    (tmp_path / "a.png").write_bytes(PNG)
    message = refusal([image(form(tmp_path / "a.png"))], capabilities)
    assert "is not read: a message may come from anybody. Pass media_folder=" in message


def test_a_path_is_looked_for_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "link.png").symlink_to("a.png")  # a link that stays inside
    assert sent("a.png", folder=str(tmp_path)) == inlined("image/png", PNG)
    assert sent("link.png", folder=tmp_path) == inlined("image/png", PNG)


def test_a_file_of_another_machine_is_refused() -> None:
    assert "is on another machine" in refusal([image("file://server/share/a.png")])


@pytest.mark.parametrize("value", [None, {}, {"url": 3}, 3], ids=repr)
def test_what_is_no_url_is_refused(value: Any) -> None:
    assert "give a data URL" in refusal([image(value)])


def test_what_is_no_part_is_refused() -> None:
    assert refusal([3]) == "content[0]: 3 is no content part; it must be a dict."


@pytest.mark.parametrize("kind", ["input_audio", "file", None])
def test_parts_that_moonshot_does_not_know_are_left_to_other_servers(kind: Any) -> None:
    part = {"type": kind}

    assert "takes text, image_url and video_url" in refusal([part])
    assert prepare_parts([part], ELSEWHERE) == [part]


@pytest.mark.parametrize("endpoint", ["moonshot", endpoints.vllm(spellings={})])
@pytest.mark.filterwarnings("ignore::kimi_core.capabilities.RetiredModelWarning")
def test_a_model_that_does_not_see_is_refused_with_one_that_does(endpoint: str | Endpoint) -> None:
    blind = resolve("kimi-k2-instruct", endpoint)

    seeing = [row.name for row in MODELS.values() if "image" in row.inputs and not row.retired]
    assert "kimi-k2.6" in seeing
    assert refusal([image(PNG)], blind) == (
        "content[0].image_url: model 'kimi-k2-instruct' takes text, no image; use one that does "
        f"({', '.join(seeing)}), set base_model to one of these where the server's "
        "model is one under its own name, or leave the part out."
    )
    assert "no video" in refusal([{"type": "video_url", "video_url": MP4}], blind)


class TestSize:
    """The body of a request has a greatest size, made small here."""

    SMALL = resolve("kimi-k2.6", endpoints.moonshot(max_body_bytes=100))

    def test_a_file_is_not_read_to_its_end(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").write_bytes(PNG + bytes(100))
        with pytest.raises(KimiConfigError) as caught:
            sent("a.png", self.SMALL, folder=tmp_path)

        assert "a.png' has 116 bytes, more than the 100" in str(caught.value)
        assert "ms://" in str(caught.value)

    def test_counts_as_it_is_sent(self) -> None:
        assert len(sent(PNG + bytes(40), self.SMALL)) <= 100
        assert "as base64, has 118 bytes" in refusal([image(PNG + bytes(56))], self.SMALL)

    def test_counts_all_messages(self) -> None:
        message = {"role": "user", "content": [image(PNG + bytes(20))]}

        assert len(prepare_media([message], self.SMALL)) == 1
        with pytest.raises(KimiConfigError, match="the media of this request"):
            prepare_media([message, message], self.SMALL)
        assert len(prepare_media([message, message], ELSEWHERE)) == 2


def test_messages_are_prepared_as_the_simulated_server_takes_them(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(MP4)
    messages = [
        {"role": "system", "content": "Look."},
        {
            "role": "user",
            "content": [image(PNG), {"type": "video_url", "video_url": tmp_path / "a.mp4"}],
        },
        {"role": "assistant", "tool_calls": []},
    ]
    before = copy.deepcopy(messages)
    request = ChatRequest({"messages": prepare_media(messages, MOONSHOT, folder=tmp_path)})

    assert [rule(request) for rule in (part_types, media_urls, image_format)] == [None] * 3
    assert request.messages[0] == messages[0]
    assert request.messages[2] == messages[2]
    assert messages == before


def test_an_error_names_the_message() -> None:
    messages = [{"role": "user", "content": "Hi"}, {"role": "user", "content": [image(b"?")]}]

    with pytest.raises(KimiConfigError, match=r"^messages\[1\].content\[0\].image_url: data of an"):
        prepare_media(messages, MOONSHOT)
