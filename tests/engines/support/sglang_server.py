"""SGLang's own server on a CPU, for which there are no wheels of its compiled kernels.

Owns: the stand-ins for those, and the start; ``make test-engines`` runs it in SGLang's environment.
May know: SGLang. A stand-in is imported and never computes: the model class does without.
"""

from __future__ import annotations

import contextlib
import importlib.machinery
import inspect
import sys
import types
from typing import Any, ClassVar

__all__ = ["main"]

_ABSENT = frozenset(
    {
        "av", "cuda", "cutlass", "decord", "deep_ep", "deep_gemm", "flash_attn", "flash_mla",
        "flashinfer", "humming", "pynvml", "quack", "sgl_kernel", "soundfile", "tilelang", "timm",
        "torch_memory_saver", "torchaudio", "torchcodec", "torchvision",
    }
)  # fmt: skip


class _Base:
    """What a class of an absent package is derived from."""

    def __init_subclass__(cls, **_: Any) -> None:
        super().__init_subclass__()


class _Thing:
    """Any function or object of an absent package; as a decorator it changes nothing."""

    def __call__(self, *given: Any, **named: Any) -> Any:
        return given[0] if len(given) == 1 and not named and callable(given[0]) else self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Thing()

    def __iter__(self) -> Any:
        return iter(())

    def __bool__(self) -> bool:
        return False

    def __mro_entries__(self, _: Any) -> tuple[type]:
        return (_Base,)

    def __or__(self, _: Any) -> type:
        return object

    __ror__ = __or__


class _Module(types.ModuleType):
    __path__: ClassVar[list[str]] = []
    __version__ = "0.0.0"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = type(name, (_Base,), {}) if name[0].isupper() and not name.isupper() else _Thing()
        if name == "InterpolationMode":  # torchvision's, whose members are taken apart on import
            made = types.SimpleNamespace(**dict.fromkeys(_INTERPOLATIONS, name))
        setattr(self, name, made)
        return made


_INTERPOLATIONS = ("NEAREST", "NEAREST_EXACT", "BILINEAR", "BICUBIC", "BOX", "HAMMING", "LANCZOS")


class _Finder:
    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        del path, target
        absent = name.partition(".")[0] in _ABSENT
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if absent else None

    def create_module(self, spec: Any) -> types.ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """There is nothing in it."""


def _stand_in() -> None:
    """Let absent packages be imported; what asks whether they are there has asked before."""
    import transformers.utils.import_utils as asking
    import tvm_ffi  # noqa: F401 - both look for what is absent, too, and do without
    import xgrammar  # noqa: F401 - as above

    for name, ask in inspect.getmembers(asking, callable):
        if name.startswith("is_") and name.endswith("_available"):
            with contextlib.suppress(Exception):
                ask()
    sys.meta_path.append(_Finder())


_stand_in()  # in the children, too, which import this file and do not run it


def main(arguments: list[str]) -> None:
    """Serve until somebody ends it."""
    from sglang.srt.entrypoints.http_server import launch_server
    from sglang.srt.server_args import prepare_server_args

    launch_server(prepare_server_args(arguments))


if __name__ == "__main__":
    main(sys.argv[1:])
