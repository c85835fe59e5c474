"""Without an extra, the sentence that is seen says which one is missing.

Owns: importing and using what an extra brings where its packages are blocked, in a process of its
own. The packages are blocked, not absent, so that this runs in every environment.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from importlib.util import find_spec

import pytest

from kimi_core.errors import needs_extra

# what is used -> program, packages that are blocked, class of the error, the extra that is named
CASES = {
    "langchain": (
        "import langchain_kimi",
        ("langchain_core", "langchain_openai"),
        "ModuleNotFoundError",
        "langchain",
    ),
    "langchain without its openai": (
        "from langchain_kimi.chat_models import ChatKimiK2",
        ("langchain_openai",),
        "ModuleNotFoundError",
        "langchain",
    ),
    "llama-index": (
        "from llama_index_kimi import ChatKimiK2",
        ("llama_index", "llama_index.core"),
        "ModuleNotFoundError",
        "llama-index",
    ),
    "cli": ("from kimi_core.cli import main; main()", ("typer",), "kimi-k2", "cli"),
    "cli without rich": ("from kimi_core.cli import main; main()", ("rich",), "kimi-k2", "cli"),
    "local": (
        "from kimi_core.local import LocalEngine; LocalEngine(__file__)",
        ("xllamacpp",),
        "KimiLocalEngineError",
        "local",
    ),
    "tokens": (
        "from kimi_core import Tokenizer; Tokenizer.from_file(__file__).count('Hi')",
        ("tiktoken",),
        "KimiConfigError",
        "tokens",
    ),
    "progress": (
        "from kimi_core.platform._progress import _bar; _bar('b')",
        ("tqdm",),
        "KimiConfigError",
        "cli",
    ),
}

# What is imported before the package that a case blocks; a reduced install lacks it, and says so.
FIRST = ("langchain_core", "typer")


def run(program: str, *blocked: str) -> subprocess.CompletedProcess[str]:
    block = f"import sys; sys.modules.update(dict.fromkeys({blocked!r})); __file__ = {__file__!r}; "
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", block + program], capture_output=True, text=True, check=False
    )


# Each is a Python of its own; the reduced installs of the gate lack what is only blocked here.
ALWAYS = ("langchain", "local")


@pytest.mark.parametrize(
    ("program", "blocked", "kind", "extra"),
    [
        pytest.param(*case, id=name, marks=() if name in ALWAYS else pytest.mark.deep)
        for name, case in CASES.items()
    ],
)
def test_what_is_missing_is_named_with_the_line_that_brings_it(
    program: str, blocked: tuple[str, ...], kind: str, extra: str
) -> None:
    done = run(program, *blocked)
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode != 0
    assert kind in last.partition(":")[0]
    absent = [name for name in FIRST if find_spec(name) is None]
    assert any(name in last for name in (*blocked, *absent))
    assert f"kimi-k2-integrations[{extra}]" in last


@pytest.mark.deep
def test_what_no_extra_brings_is_named_as_pip_wants_it() -> None:
    """Middlewares are for agents of the package langchain, which nothing else here needs."""
    pytest.importorskip("langchain_openai", reason="without it the extra is named first")
    blocked = ("langchain", "langchain.agents", "langchain.agents.middleware")
    last = run("import langchain_kimi.middleware", *blocked).stderr.strip().splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: the package 'langchain")
    assert last.endswith("is not installed; no extra brings it: pip install langchain")


@pytest.mark.deep
@pytest.mark.parametrize(
    ("adapter", "framework"),
    [("langchain_kimi", "langchain_"), ("llama_index_kimi", "llama_index")],
)
def test_a_program_that_tries_an_adapter_may_go_on_without_it(adapter: str, framework: str) -> None:
    """The error is Python's own class, and says by name what is not there."""
    program = (
        f"\ntry:\n    import {adapter}\nexcept ModuleNotFoundError as error:\n"
        "    import kimi_core; print(error.name)"
    )
    done = run(program, "langchain_core", "langchain_openai", "llama_index")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(framework)


def test_the_core_needs_none_of_them() -> None:
    done = run(
        "import kimi_core, kimi_core.chat, kimi_core.platform",
        "langchain_core", "langchain_openai", "llama_index", "typer", "rich", "xllamacpp", "tqdm",
        "tiktoken",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_broken_in_a_package_of_ours_is_no_missing_extra() -> None:
    broken = pytest.raises(ModuleNotFoundError, match=r"^No module named 'kimi_core\.nowhere'$")
    with broken, needs_extra("langchain"):
        importlib.import_module("kimi_core.nowhere")
