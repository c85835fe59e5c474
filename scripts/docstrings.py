"""Holds what the docstrings of public names must say: run it by ``make lint``.

A name is public where the ``__all__`` of a module of the reference has it (``docs_reference.py``),
and so are the methods and fields of such a class. Each parameter and field is told of, a length of
time with its unit; and what is returned; and each error that a function's own code makes. The
source is read by griffe and never imported; it makes the reference of the site, too.

Ruff's rules (D417, and DOC in preview) ask nothing of a docstring that has no section, and hold
every private function to it; pydoclint wants a section even where the first line says it all.
Whether a text is true, and where a fact is from, no rule can see.

Owns: the rules. May know: griffe.
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import griffe
from docs_reference import MODULES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("kimi_core", "langchain_kimi", "llama_index_kimi")

# What a number of such a name counts must be said: the annotation is a bare int or float.
_TIME = re.compile(r"timeout|interval|poll|delay|wait|_age$")
_UNIT_OF_TIME = re.compile(r"second|minute|hour|day", re.IGNORECASE)
_HANDS_ON = re.compile(r"\b(returns?|yields?|whether)\b", re.IGNORECASE)
# One docstring for several: `like_this` is a member beside it, or of what it is told as for.
_LEAVES_TO = re.compile(r"`(\w+)`")
_AS_FOR = re.compile(r"(arguments|settings) as for `", re.IGNORECASE)
# Whoever raises these says that code is unfinished or wrong, which no caller handles.
_NOT_HANDLED = {"AssertionError", "NotImplementedError", "StopIteration", "StopAsyncIteration"}


def problems(root: Path, packages: Sequence[str], modules: Sequence[str]) -> list[str]:
    """Return what the docstrings of public names lack, each with file, line and name.

    Args:
        root: The folder that the packages lie in.
        packages: What is loaded.
        modules: Those of it whose ``__all__`` is public.
    """
    loader = griffe.GriffeLoader(search_paths=[root], docstring_parser="google")
    for package in packages:
        loader.load(package)
    loader.resolve_aliases(external=False)
    public = {
        thing.path: thing
        for module in modules
        for thing in _public(loader.modules_collection[module])
    }
    return [
        f"{Path(str(thing.filepath)).relative_to(root)}:{thing.lineno}: {thing.name} {lacking}"
        for thing in public.values()
        for lacking in dict.fromkeys(_lacking(thing))
    ]


def _public(module: griffe.Object | griffe.Alias) -> Iterator[griffe.Object]:
    for name in module.exports or ():
        target = _own(module.members.get(str(name)))
        if target is not None and not isinstance(target, griffe.Module):
            yield target
            if isinstance(target, griffe.Class):
                yield from _methods(target)


def _own(thing: griffe.Object | griffe.Alias | None) -> griffe.Object | None:
    if not isinstance(thing, griffe.Alias):
        return thing
    try:
        return thing.final_target
    except griffe.AliasResolutionError:  # of another library
        return None


def _methods(made: griffe.Class) -> Iterator[griffe.Object]:
    for name, member in made.members.items():
        if not name.startswith("_") and isinstance(member, griffe.Function):
            yield member


def _lacking(thing: griffe.Object) -> Iterator[str]:
    if isinstance(thing, griffe.Attribute):
        return  # a constant, or a property: its one value is what its docstring is about
    if thing.docstring is None:
        yield "has no docstring"
        return
    makers = (thing.members.get("__init__"), thing.members.get("__post_init__"))
    said = _Said(thing.docstring, *(one.docstring for one in makers if one))
    if isinstance(thing, griffe.Class):
        if not _is_dict(thing):
            yield from _unsaid(said, _inputs(thing) if _has_own_inputs(thing) else [])
            yield from _unsaid(said, _fields(thing))
        yield from _unraised(said, *makers)
    elif isinstance(thing, griffe.Function) and not _leaves_to_another(thing):
        inputs = _inputs(thing)
        if len(inputs) > 1 or said.names:  # of an only one the first line speaks
            yield from _unsaid(said, inputs)
        yield from _unreturned(said, thing)
        yield from _unraised(said, thing)


class _Said:
    """What a docstring says: of which names, and of which errors."""

    def __init__(self, *docstrings: griffe.Docstring | None) -> None:
        """Read a docstring, and those of a class's constructor."""
        there = [docstring for docstring in docstrings if docstring]
        self.text = "\n\n".join(docstring.value for docstring in there)
        self.first = self.text.partition("\n\n")[0]
        self.names: dict[str, str] = {}
        self.sections: set[str] = set()
        self.errors: set[str] = set()
        for section in chain.from_iterable(one.parse("google", warnings=False) for one in there):
            self.sections.add(section.kind.value)
            if isinstance(
                section, griffe.DocstringSectionParameters | griffe.DocstringSectionAttributes
            ):
                self.names |= {one.name.lstrip("*"): one.description for one in section.value}
            if isinstance(section, griffe.DocstringSectionRaises):
                self.errors |= {_last(str(one.annotation)) for one in section.value}

    def of(self, name: str) -> str:
        """Return the text of a name: its own, or what is in front of the sections and has it."""
        text = self.text.partition("\n    ")[0]
        return self.names.get(name, "") or (text if re.search(rf"\b{name}\b", text) else "")


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _leaves_to_another(function: griffe.Function) -> bool:
    """Say whether another docstring has it all: `documented_as` appends it, or it is named."""
    if any(_last(str(one.callable_path)) == "documented_as" for one in function.decorators):
        return True
    siblings = function.parent.members if function.parent else {}
    text = function.docstring.value if function.docstring else ""
    return any(name in siblings for name in _LEAVES_TO.findall(text.partition("\n\n")[0]))


def _is_dict(made: griffe.Class) -> bool:
    """Say whether it is a dict's type: what its keys mean is told where they are taken."""
    return any(_last(str(base)) in {"TypedDict", "ModelKeywords"} for base in made.bases)


def _has_own_inputs(made: griffe.Class) -> bool:
    return "__init__" in made.members or "dataclass" in made.labels


def _inputs(thing: griffe.Class | griffe.Function) -> list[tuple[str, str]]:
    return [
        (name, str(one.annotation))
        for one in thing.parameters
        if (name := one.name.lstrip("*")) not in {"self", "cls"}
        and not name.startswith("_")
        # **settings: Unpack[Settings], whose keys are told elsewhere
        and not (one.kind is griffe.ParameterKind.var_keyword and "Unpack" in str(one.annotation))
    ]


def _fields(made: griffe.Class) -> list[tuple[str, str]]:
    return [
        (name, str(member.annotation))
        for name, member in made.members.items()
        if isinstance(member, griffe.Attribute)
        and not name.startswith("_")
        and member.docstring is None
        and "property" not in member.labels
    ]


def _unsaid(said: _Said, names: list[tuple[str, str]]) -> Iterator[str]:
    if _AS_FOR.search(said.text):
        return
    for name, annotation in names:
        text = said.of(name)
        if not text:
            yield f"says nothing of {name}"
        elif _is_length_of_time(name, annotation) and not _UNIT_OF_TIME.search(text):
            yield f"says no unit of {name}"


def _is_length_of_time(name: str, annotation: str) -> bool:
    return bool(_TIME.search(name) and re.fullmatch(r"(int|float)( \| None)?", annotation))


def _unreturned(said: _Said, function: griffe.Function) -> Iterator[str]:
    returns = str(function.returns or "None")
    if returns in {"None", "Self", "NoReturn"} or returns.startswith("Generator[None"):
        return
    if not said.sections & {"returns", "yields"} and not _HANDS_ON.search(said.first):
        yield f"does not say what {returns} it returns"


def _unraised(said: _Said, *functions: griffe.Object | griffe.Alias | None) -> Iterator[str]:
    for function in functions:
        if isinstance(function, griffe.Function):
            for error in sorted(_raised(function) - said.errors - _NOT_HANDLED):
                yield f"does not say when it raises {error}"


def _raised(function: griffe.Function) -> set[str]:
    """Return the errors that a function's own code makes: not what it passes on."""
    body = ast.parse(textwrap.dedent(function.source))
    return {
        name
        for node in ast.walk(body)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
        # what a method like `self.truncated()` makes has no class's name
        if (name := _last(ast.unparse(node.exc.func)))[:1].isupper()
    }


def main() -> int:
    """Print what is lacking, and return 1 where anything is."""
    lacking = problems(ROOT, PACKAGES, MODULES)
    print("\n".join(lacking) or f"the docstrings of {len(MODULES)} modules say what they must")
    return bool(lacking)


if __name__ == "__main__":
    sys.exit(main())
