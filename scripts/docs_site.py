"""Pages of the site that are no files of docs/: README, notebooks, reference; and llms.txt.

Owns: where a file of the repository stands on the site, how links between such files become links
between pages. May know: docs_reference; mkdocs, which calls the functions below by their names
(``mkdocs.yml``, ``make docs``).

The reference is read from the source, never imported: a page of it is a list of mkdocstrings'
directives, one for each public name of a module, taken from its ``__all__``.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from posixpath import dirname, normpath, relpath
from typing import TYPE_CHECKING, Any

from docs_reference import MODULES
from mkdocs.plugins import event_priority, get_plugin_logger
from mkdocs.structure.files import File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.nav import Navigation
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent

_PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "examples/README.md": "examples.md",
}

_LINK = re.compile(r"(!?)\[([^\]\n]+)\]\(([^)\s:]+?)(#[^)\s]*)?\)")  # or a picture
_NOTEBOOK_LINK = re.compile(r'(?<=<a )href="([^":#]+\.(?:md|ipynb))(#[^"]*)?"')
_log = get_plugin_logger(__name__)  # a warning ends a strict build


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages of folders into the navigation, each by its title."""
    folders = {
        "endpoints/": sorted(f"endpoints/{path.name}" for path in _docs().glob("endpoints/*.md")),
        "reference/": [{module: f"reference/{module}.md"} for module in MODULES],
    }
    config.nav = _filled(config.nav, folders)
    return config


def _filled(entry: Any, folders: dict[str, list[Any]]) -> Any:  # noqa: ANN401 - YAML of any depth
    if isinstance(entry, list):
        return [_filled(one, folders) for one in entry]
    if isinstance(entry, dict):
        return {title: _filled(one, folders) for title, one in entry.items()}
    return folders.get(entry, entry)


def _docs() -> Path:
    return ROOT / "docs"


@event_priority(100)  # before mkdocs-jupyter, which looks for notebooks among the files
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what lies outside docs/, and the reference."""
    for source, target in _PAGES.items():
        files.append(File.generated(config, target, abs_src_path=str(ROOT / source)))
    for name in _notebooks():  # mkdocs-jupyter wraps files of a folder only
        files.append(File(name, str(ROOT), config.site_dir, config.use_directory_urls))
    for module, names in _public_names():
        text = "\n\n".join((f"# `{module}`", *(f"::: {module}.{name}" for name in names)))
        files.append(File.generated(config, f"reference/{module}.md", content=text))
    return files


def _notebooks() -> list[str]:
    return sorted(f"notebooks/{path.name}" for path in ROOT.glob("notebooks/*.ipynb"))


def _public_names() -> Iterator[tuple[str, list[str]]]:
    seen: set[str] = set()
    for module in MODULES:
        names = [name for name in _exported(module) if name not in seen]
        seen.update(names)
        yield module, names


def _exported(module: str) -> list[str]:
    """Return the classes and functions of a module's ``__all__``, in its order."""
    path = ROOT.joinpath(*module.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    body = ast.parse(source.read_text(encoding="utf-8")).body
    assigned = next(
        node.value
        for node in body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    return [name for name in ast.literal_eval(assigned) if name.strip("_") == name]


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links between files of the repository lead to their pages."""
    del config
    here = page.file.src_uri

    def moved(link: re.Match[str]) -> str:
        picture, text, target, anchor = link[1], link[2], link[3], link[4] or ""
        path, place = _target(here, target)
        if files.get_file_from_path(place) is None:
            # A file that has no page, e.g. a licence: on the site it is a name alone.
            return text if (ROOT / path).exists() else link[0]
        return f"{picture}[{text}]({relpath(place, dirname(here) or '.')}{anchor})"

    return _LINK.sub(moved, markdown)


def _target(here: str, target: str) -> tuple[str, str]:
    """Return where a link of a page leads: the file of the repository, and its page."""
    places = {**_PAGES, **{name: name for name in _notebooks()}}
    sources = {place: source for source, place in places.items()}
    folder = dirname(sources.get(here, f"docs/{here}"))
    path = normpath(f"{folder}/{target}" if folder else target)
    return path, places.get(path, path.removeprefix("docs/"))


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Do the same in notebooks, whose links are HTML before MkDocs sees them, and unchecked."""
    del config
    here = page.file.src_uri
    if not here.endswith(".ipynb"):
        return html

    def moved(link: re.Match[str]) -> str:
        file = files.get_file_from_path(_target(here, link[1])[1])
        if file is None:
            _log.warning("%s has a link to %s, which is no page of the site.", here, link[1])
            return link[0]
        return f'href="{file.url_relative_to(page.file)}{link[2] or ""}"'

    return _NOTEBOOK_LINK.sub(moved, html)


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> Navigation:
    """Keep the order of the pages, for llms.txt."""
    del files
    config.extra["pages"] = nav.pages
    return nav


def on_post_build(config: MkDocsConfig) -> None:
    """Write llms.txt: every page in the site's order, with what it is about, for programs."""
    lines = [f"# {config.site_name}", "", f"> {config.site_description}"]
    part = None
    for page in config.extra["pages"]:
        top = page.ancestors[-1].title if page.ancestors else "Start"
        if top != part:
            lines += ["", f"## {top}", ""]
            part = top
        about = _first_sentence(_text_of(page.file.src_uri))
        lines.append(f"- [{page.title}]({page.url or './'})" + (f": {about}" if about else ""))
    Path(config.site_dir, "llms.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _text_of(place: str) -> str:
    """Return the Markdown of a page, without its title; none of the reference."""
    if place.startswith("reference/"):
        return ""
    sources = {target: source for source, target in _PAGES.items()}
    path = ROOT / sources.get(place, place if place.endswith(".ipynb") else f"docs/{place}")
    text = path.read_text(encoding="utf-8")
    if place.endswith(".ipynb"):
        text = "".join(json.loads(text)["cells"][0]["source"])
    return text.partition("\n")[2]


def _first_sentence(text: str) -> str:
    """Return the first sentence of a text; one that leads to a list or a block is left whole."""
    paragraph = re.sub(r"^(#.*|<!--.*)$", "", text, flags=re.MULTILINE).strip().split("\n\n", 1)[0]
    if paragraph.startswith(("|", "```", "!")):
        return ""
    sentence = re.split(r"(?<=[.]) ", paragraph.replace("\n", " "), maxsplit=1)[0]
    sentence = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", sentence)  # links lead nowhere from there
    return sentence.rstrip(":")
