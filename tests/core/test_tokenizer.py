"""The tokenizer: where its file is found, what it gives, and how far the estimate may be off.

May know: `kimi_core.tokenizer`; a stand-in for Kimi's file, in which the id of a byte is its value;
and the real file of ``shared/data``.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from kimi_core.errors import KimiConfigError
from kimi_core.raw.prompt import encode_prompt
from kimi_core.tokenizer import Tokenizer
from tests.core.kimi_files import golden_rows, real_tokenizer, write_stand_in

if TYPE_CHECKING:
    from pathlib import Path

HI = [{"role": "user", "content": "Hi"}]


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_stand_in(tmp_path_factory.mktemp("tokenizer") / "tiktoken.model")


@pytest.fixture(autouse=True)
def _no_file_anywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("KIMI_TOKENIZER", "HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def without_tiktoken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tiktoken", None)


class TestFinding:
    """The argument, then KIMI_TOKENIZER, then the Hugging Face cache, then an estimate."""

    @pytest.fixture(autouse=True)
    def _tiktoken(self) -> None:
        pytest.importorskip("tiktoken")

    def test_a_file_or_its_folder(self, stand_in: Path) -> None:
        for path in (stand_in, stand_in.parent, str(stand_in)):
            tokenizer = Tokenizer.find(path)
            assert (tokenizer.exact, tokenizer.source) == (True, str(stand_in))

    def test_the_environment(self, stand_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("KIMI_TOKENIZER", str(stand_in))
        assert Tokenizer.find().source == str(stand_in)

    @pytest.mark.parametrize(
        ("variable", "below"),
        [
            ("HF_HUB_CACHE", ""),
            ("HF_HOME", "hub"),
            ("XDG_CACHE_HOME", "huggingface/hub"),
            ("HOME", ".cache/huggingface/hub"),
        ],
    )
    def test_the_hugging_face_cache(
        self,
        variable: str,
        below: str,
        stand_in: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        folder = tmp_path / below / "models--moonshotai--Kimi-K2.6" / "snapshots" / "7eb5002"
        folder.mkdir(parents=True)
        (folder / "tiktoken.model").symlink_to(stand_in)
        monkeypatch.setenv(variable, str(tmp_path))
        assert Tokenizer.find().source == str(folder / "tiktoken.model")

    def test_nothing_found_is_an_estimate(self) -> None:
        tokenizer = Tokenizer.find()
        assert (tokenizer.exact, tokenizer.source) == (False, "estimate")
        assert repr(tokenizer) == "<Tokenizer estimate>"

    def test_a_missing_file_is_an_error_that_names_the_setting(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KIMI_TOKENIZER", str(tmp_path / "none"))
        with pytest.raises(KimiConfigError, match=r"KIMI_TOKENIZER .*none' names no file"):
            Tokenizer.find()
        with pytest.raises(KimiConfigError, match=r"path .* names no file"):
            Tokenizer.find(tmp_path)

    @pytest.mark.parametrize(
        "content",
        [b"version https://git-lfs.github.com/spec/v1\n", b"!!! x\n", b"", b"YQ== 0\n"],
        ids=["LFS pointer", "no base64", "empty", "too few"],
    )
    def test_another_file_is_an_error(self, content: bytes, tmp_path: Path) -> None:
        file = tmp_path / "tiktoken.model"
        file.write_bytes(content)
        with pytest.raises(KimiConfigError, match="is not Kimi's tiktoken"):
            Tokenizer.from_file(file)

    def test_a_file_that_changes_is_loaded_again(self, stand_in: Path, tmp_path: Path) -> None:
        file = tmp_path / "tiktoken.model"
        file.write_bytes(stand_in.read_bytes())
        assert Tokenizer.from_file(file).count("ab") == 2
        file.write_bytes(stand_in.read_bytes().replace(b"//4AAQA= 256\n", b"YWI= 256\n"))
        os.utime(file, ns=(1, 1))
        assert Tokenizer.from_file(file).count("ab") == 1


class TestWithoutTiktoken:
    """Without the extra a file cannot be used; nothing else is affected."""

    pytestmark = pytest.mark.usefixtures("without_tiktoken")

    def test_a_named_file_is_an_error_that_names_the_extra(self, stand_in: Path) -> None:
        with pytest.raises(KimiConfigError, match=r'pip install "kimi-k2-integrations\[tokens\]"'):
            # A copy: the stand-in itself may have been loaded, and is then kept.
            Tokenizer.from_file(_copy(stand_in))

    def test_a_cached_file_is_passed_over(
        self, stand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "models--moonshotai--Kimi-K3" / "snapshots" / "c5d1dd4c"
        folder.mkdir(parents=True)
        (folder / "tiktoken.model").symlink_to(stand_in)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
        assert not Tokenizer.find().exact


def _copy(file: Path) -> Path:
    other = file.with_name("copy.model")
    other.write_bytes(file.read_bytes())
    return other


class TestEncoding:
    """Ids of the stand-in: each byte is its value, special tokens are their ids."""

    @pytest.fixture
    def tokenizer(self, stand_in: Path) -> Tokenizer:
        pytest.importorskip("tiktoken")
        return Tokenizer.from_file(stand_in)

    def test_special_tokens_are_text_unless_allowed(self, tokenizer: Tokenizer) -> None:
        assert tokenizer.encode("a[EOS]b") == list(b"a[EOS]b")
        assert tokenizer.encode("a[EOS]b", allow_special=True) == [97, 163585, 98]

    @pytest.mark.parametrize(
        ("dialect", "text", "ids"),
        [
            ("k2", "<|im_end|><think>", [163586, 163606]),
            ("k3", "<|end_of_msg|><|open|>", [163586, 163587]),
            ("k2", "<|open|>", list(b"<|open|>")),
            ("k3", "<|im_end|>", list(b"<|im_end|>")),
            ("k2", "<|reserved_token_163589|>", [163589]),
        ],
    )
    def test_each_dialect_has_its_own_special_tokens(
        self, tokenizer: Tokenizer, dialect: str, text: str, ids: list[int]
    ) -> None:
        assert tokenizer.encode(text, allow_special=True, dialect=dialect) == ids

    @pytest.mark.parametrize(
        "text",
        ["a" * 25_001, " " * 60_000, "a " * 210_000, "é" * 25_000 + " " + "x" * 50_001, ""],
        ids=["one over", "blanks", "over 400,000", "mixed", "empty"],
    )
    def test_cutting_loses_nothing(self, tokenizer: Tokenizer, text: str) -> None:
        assert bytes(tokenizer.encode(text)) == text.encode()

    def test_messages_count_as_their_prompt(self, tokenizer: Tokenizer) -> None:
        for model in ("kimi-k2.6", "kimi-k3"):
            ids = encode_prompt(HI, model=model, tokenizer=tokenizer)
            assert tokenizer.count_messages(HI, model=model) == len(ids)


class TestRealFile:
    """Kimi's own file; the goldens' ids are compared in test_prompt_goldens.py."""

    @pytest.fixture
    def tokenizer(self) -> Tokenizer:
        pytest.importorskip("tiktoken")
        return real_tokenizer()

    @pytest.mark.shared("data/tokenizer")
    @pytest.mark.parametrize(
        ("text", "ids"),
        [
            ("functions.get_weather:0", [41937, 1150, 21055, 2800, 25, 15]),
            ("<|tool_call_section_begin|>", [27, 91, 20960, 21568, 31722, 37763, 91, 29]),
            ("🎉", [5885, 236, 231]),
        ],
    )
    def test_ids_are_kimis(self, tokenizer: Tokenizer, text: str, ids: list[int]) -> None:
        assert tokenizer.encode(text) == ids

    @pytest.mark.shared("data/tokenizer")
    @pytest.mark.parametrize("length", [25_000, 25_001, 60_000])
    def test_a_run_is_cut_every_25000_characters(self, tokenizer: Tokenizer, length: int) -> None:
        # "abc" and 25,000 share no divisor, so a cut falls inside a word and shows in the ids.
        text = ("abc" * length)[:length]
        cut = [text[start : start + 25_000] for start in range(0, length, 25_000)]
        assert tokenizer.encode(text) == [i for piece in cut for i in tokenizer.encode(piece)]
        whole = tokenizer._encoding.encode_ordinary(text)
        assert (tokenizer.encode(text) == whole) is (length == 25_000)

    @pytest.mark.shared("data/tokenizer")
    def test_a_text_is_cut_every_400000_characters(self, tokenizer: Tokenizer) -> None:
        text = " word" * 80_000
        assert tokenizer.encode(f"wo{text}")[-3:] != tokenizer.encode(text)[-3:]


SAMPLES = {
    "English": (
        "A tool call that never arrives is worse than one that fails: the agent waits, the user "
        "waits, and nothing in the log says why. So the parser keeps what it cannot explain."
    ),
    "Chinese": (
        "大型语言模型通过在海量文本上训练、学会了理解与生成自然语言。工具调用让模型能够查询数据库、"
        "执行代码、并把结果用于后续推理。"
    ),
    "Russian": "Привет, как дела? Сегодня хорошая погода.",
    "Japanese": "こんにちは、世界。今日はいい天気ですね。",
    "Korean": "한국어 문장을 몇 개 써 봅시다.",
    "Arabic": "مرحبا بالعالم",
    "emoji": "😀🎉👍 ok",
    "Python": "def find(self, path=None):\n    if path is not None:\n        return self[path]\n",
    "JSON": '{"name": "get_weather", "arguments": {"city": "Paris", "days": 12345}}',
}


class TestEstimate:
    """Labelled as an estimate, without ids, and near the truth."""

    def test_it_has_no_ids_and_says_so(self) -> None:
        with pytest.raises(KimiConfigError, match="only estimates and has no ids"):
            Tokenizer.estimate().encode("a")

    def test_nothing_is_no_token_and_something_is_at_least_one(self) -> None:
        counts = [Tokenizer.estimate().count(text) for text in ("", "a", "\ud800", "_")]
        assert counts == [0, 1, 1, 1]

    @pytest.mark.shared("data/tokenizer")
    @pytest.mark.parametrize("sample", SAMPLES)
    def test_sentences_are_estimated_within_22_percent(self, sample: str) -> None:
        pytest.importorskip("tiktoken")
        truth = real_tokenizer().count(SAMPLES[sample])
        assert Tokenizer.estimate().count(SAMPLES[sample]) == pytest.approx(truth, rel=0.22)

    @pytest.mark.shared("data/raw", "data/tokenizer")
    @pytest.mark.parametrize(
        "model", ["kimi-k2-instruct", "kimi-k2-thinking", "kimi-k2.5", "kimi-k3"]
    )
    def test_conversations_are_estimated_within_12_percent(self, model: str) -> None:
        pytest.importorskip("tiktoken")
        for row in golden_rows(model):
            estimate, truth = (
                counter.count_messages(row["messages"], row["tools"], model=model)
                for counter in (Tokenizer.estimate(), real_tokenizer())
            )
            assert estimate == pytest.approx(truth, rel=0.12)
