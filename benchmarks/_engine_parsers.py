"""Loads the K2 parsers of vLLM and SGLang out of their wheels, without installing either.

Owns: the stand-ins for what those modules import. May know: nothing of kimi_core.

The parsers are pure Python; what they import (torch, xgrammar, the servers' protocols) is not
used while parsing, so every such name is served by a stand-in that accepts anything. Their own
modules are the real ones.
"""

from __future__ import annotations

import sys
import types
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["install", "sglang_k2", "vllm_k2"]

_MARKERS = (
    "<|tool_calls_section_begin|>",
    "<|tool_calls_section_end|>",
    "<|tool_call_begin|>",
    "<|tool_call_end|>",
    "<|tool_call_argument_begin|>",
)
_ROOTS = ("sglang", "vllm", "xgrammar")
_REAL = (
    "sglang.srt.function_call.core_types",
    "sglang.srt.function_call.utils",
    "sglang.srt.function_call.base_format_detector",
    "sglang.srt.function_call.kimik2_detector",
    "vllm.parser.engine",
    "vllm.parser.kimi_k2",
    "vllm.parser.abstract_parser",
    "vllm.parser.utils",
    "vllm.tool_parsers.utils",
    "vllm.tool_parsers.abstract_tool_parser",
    "vllm.reasoning.abs_reasoning_parsers",
)


class _Anything(type):
    """A class whose missing attributes are stand-ins too."""

    def __getattr__(cls, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stand_in(name)

    def __getitem__(cls, _item: object) -> object:
        return cls


def _stand_in(name: str) -> type:
    def __init__(self: object, *_args: object, **values: object) -> None:  # noqa: N807 - is one
        self.__dict__.update(values)

    def __getattr__(_self: object, name: str) -> object:  # noqa: N807 - is one
        if name.startswith("__"):
            raise AttributeError(name)

    def __call__(self: object, *_args: object, **_values: object) -> object:  # noqa: N807 - is one
        return self

    return _Anything(
        name, (), {"__init__": __init__, "__getattr__": __getattr__, "__call__": __call__}
    )


class _StandInModule(types.ModuleType):
    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        value = _stand_in(name)
        setattr(self, name, value)
        return value


class _Finder(MetaPathFinder, Loader):
    """Serves the real modules from the unpacked wheels, and stand-ins for the rest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: types.ModuleType | None = None,
    ) -> ModuleSpec | None:
        del path, target
        if fullname.split(".", 1)[0] not in _ROOTS:
            return None
        if any(fullname == real or fullname.startswith(f"{real}.") for real in _REAL):
            parent = self._folder.joinpath(*fullname.split(".")[:-1])
            return PathFinder.find_spec(fullname, [str(parent)])
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        module = _StandInModule(spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        del module


def install(folder: Path) -> None:
    """Make the parsers importable.

    Args:
        folder: Where both wheels were unpacked: it holds ``sglang/`` and ``vllm/``.
    """
    sys.meta_path.insert(0, _Finder(folder))
    environ = __import__("sglang.srt.environ", fromlist=["envs"])
    environ.envs = _Environment()


class _Environment:
    """SGLang's environment variables, none of which is set."""

    def __getattr__(self, name: str) -> object:
        return self

    def get(self) -> bool:
        return False


def sglang_k2() -> Callable[[Sequence[str]], object]:
    """Return a function that feeds SGLang's KimiK2Detector."""
    module = __import__("sglang.srt.function_call.kimik2_detector", fromlist=["KimiK2Detector"])
    function = types.SimpleNamespace(name="f", parameters={}, strict=False)
    tools = [types.SimpleNamespace(type="function", function=function)]

    def run(chunks: Sequence[str]) -> list[Any]:
        detector = module.KimiK2Detector()
        results = [detector.parse_streaming_increment(chunk, tools) for chunk in chunks]
        return [call.parameters for result in results for call in result.calls]

    return run


def vllm_k2() -> Callable[[Sequence[str]], object]:
    """Return a function that feeds vLLM's KimiK2Parser, with the markers' token ids it needs."""
    module = __import__("vllm.parser.kimi_k2", fromlist=["KimiK2Parser"])
    ids = {marker: 163595 + number for number, marker in enumerate(_MARKERS)}
    tokenizer = types.SimpleNamespace(
        get_vocab=lambda: dict(ids),
        encode=lambda text, **_options: [ids.get(text, 7)],
        decode=lambda tokens, **_options: "".join(
            {number: marker for marker, number in ids.items()}.get(token, "x") for token in tokens
        ),
        all_special_tokens=[],
        all_special_ids=[],
    )

    def run(chunks: Sequence[str]) -> list[Any]:
        parser = module.KimiK2Parser(tokenizer, None, chat_template_kwargs={"thinking": False})
        request = types.SimpleNamespace(tools=[], tool_choice="auto")
        results = []
        for chunk in chunks:
            delta = parser.extract_tool_calls_streaming(
                previous_text="",
                current_text="",
                delta_text=chunk,
                previous_token_ids=[],
                current_token_ids=[],
                delta_token_ids=[ids.get(chunk, 7)],
                request=request,
            )
            results.append(delta)
        results.append(parser.finish_streaming())
        return [
            call.function.arguments
            for delta in results
            if delta is not None
            for call in delta.tool_calls or ()
            if call.function is not None
        ]

    return run
