"""Builds what would be released, twice, and checks it: ``make release``.

Owns: what a release must be. Both builds are the same byte for byte; the packages hold exactly the
files of the last commit that they should; their metadata is what PyPI takes; whoever installs them
gets no licence that asks for more than a notice; the version has its entry in CHANGELOG.md; the
public API is compared with that of the last tag. May know: build, twine, check-wheel-contents,
CycloneDX, griffe, as programs.

``--tag v1.2.3`` demands that the version is that of the tag, that its entry has a date, and what
only a project with an address can say: without ``--tag`` that is told and not judged.
"""

from __future__ import annotations

import argparse
import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from kimi_core import __version__

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
DISTRIBUTION = "kimi_k2_integrations"
PACKAGES = ("kimi_core", "langchain_kimi", "llama_index_kimi")
METADATA = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
# Licences of what comes with every install: each asks for its notice, or that changes to its own
# files stay free (MPL).
LICENCES = re.compile(r"MIT|BSD|Apache|ISC|PSF|Python|MPL|Mozilla|Unlicense", re.IGNORECASE)


def run(*command: str, **environment: str) -> str:
    """Run a program of this environment and return what it printed; end with its error."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S603 - our own words
        command,
        cwd=ROOT,
        env={**os.environ, **environment, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")
    return done.stdout


def build(folder: Path) -> list[Path]:
    """Build both packages of the last commit into a folder, dated by it.

    Of the commit, and not of this folder: what lies about here is released by nobody.
    """
    moment = run("git", "log", "-1", "--format=%ct").strip()
    source = folder / "source"
    run("git", "clone", "-q", "--no-hardlinks", ".", str(source))
    run(sys.executable, "-m", "build", "-o", str(folder), str(source), SOURCE_DATE_EPOCH=moment)
    shutil.rmtree(source)
    return sorted(folder.glob("*.whl")) + sorted(folder.glob("*.tar.gz"))


def differing(first: list[Path], second: list[Path]) -> list[str]:
    """Say which packages were built otherwise the second time."""
    again = {path.name: path.read_bytes() for path in second}
    return [
        f"{path.name}: a second build is another file"
        for path in first
        if again.get(path.name) != path.read_bytes()
    ]


def wrong_files(wheel: Path, sdist: Path) -> list[str]:
    """Say what the packages hold and should not, and the other way round."""
    tracked = run("git", "ls-files").splitlines()
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    included = re.search(r"targets\.sdist\]\ninclude = (\[.*\])", settings)  # 3.10 has no tomllib
    inside = [one.strip("/") for one in ast.literal_eval(included[1])] if included else []
    name = f"{DISTRIBUTION}-{__version__}"
    ours = {path for path in tracked if path.split("/")[0] in PACKAGES}
    source = {path for path in tracked if path.split("/")[0] in inside} | {
        *("pyproject.toml", "README.md", "LICENSE", ".gitignore", "PKG-INFO"),
    }
    with zipfile.ZipFile(wheel) as opened:
        found = set(opened.namelist())
    with tarfile.open(sdist) as opened_too:
        members = {one.name.partition("/")[2] for one in opened_too.getmembers() if one.isfile()}
    return [
        *_unlike(wheel, found, ours | {f"{name}.dist-info/{one}" for one in METADATA}),
        *_unlike(sdist, members, source),
    ]


def _unlike(package: Path, found: set[str], wanted: set[str]) -> list[str]:
    return [
        *(f"{package.name} has {one}" for one in sorted(found - wanted)),
        *(f"{package.name} lacks {one}" for one in sorted(wanted - found)),
    ]


def install(wheel: Path, folder: Path) -> Path:
    """Install a wheel alone into an environment, and return that one's python."""
    run(sys.executable, "-m", "venv", str(folder))
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(str(python), "-m", "pip", "install", "-q", str(wheel))
    run(str(python), "-c", "import kimi_core")
    return python


def foreign_licences(python: Path) -> list[str]:
    """Say which packages of an environment have a licence that is not of the list."""
    where = run(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
    installed = importlib.metadata.distributions(path=[where.strip()])
    texts = {one.metadata["Name"]: _licence(one.metadata) for one in installed}
    return [f"{name}: {text!r}" for name, text in texts.items() if not LICENCES.search(text)]


def _licence(metadata: importlib.metadata.PackageMetadata) -> str:
    classified = [one for one in metadata.get_all("Classifier") or [] if "License ::" in one]
    stated = metadata.get("License-Expression") or metadata.get("License") or ""
    return " ".join([stated[:200], *classified])


def unsaid(tag: str | None) -> list[str]:
    """Say what CHANGELOG.md, CITATION.cff and the tag do not say of this version."""
    version = __version__
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    entry = re.search(rf"^## \[{re.escape(version)}\] - (.*)$", changelog, re.MULTILINE)
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    lacks = [] if entry else [f"CHANGELOG.md has no entry for {version}"]
    if f"\nversion: {version}\n" not in citation:
        lacks.append(f"CITATION.cff does not say version: {version}")
    if tag and tag != f"v{version}":
        lacks.append(f"the tag is {tag}, and the version {version} (kimi_core/__init__.py)")
    if tag and entry and not re.fullmatch(r"\d{4}-\d\d-\d\d", entry[1]):
        lacks.append(f"the entry for {version} in CHANGELOG.md has no date")
    return lacks


def unaddressed(wheel: Path) -> list[str]:
    """Say what the project's address is missing from; none is invented here (docs/releasing.md)."""
    name = f"{DISTRIBUTION}-{__version__}.dist-info/METADATA"
    with zipfile.ZipFile(wheel) as opened:
        head, _, readme = opened.read(name).decode().partition("\n\n")
    lacks = [] if "\nProject-URL: " in head else ["pyproject.toml has no [project.urls]"]
    relative = re.findall(r"\]\((?![a-z]+:|#)([^)]+)\)", readme)
    if relative:
        lacks.append(f"README.md has {len(relative)} relative links, which lead nowhere on PyPI")
    if "\nrepository-code: " not in (ROOT / "CITATION.cff").read_text(encoding="utf-8"):
        lacks.append("CITATION.cff has no repository-code")
    return lacks


def changed_api(tag: str | None) -> str:
    """Return what of the API is no longer as the last tag had it; told, not judged."""
    tags = run("git", "tag", "--sort=-creatordate", "--merged", "HEAD").split()
    last = next((one for one in tags if one != tag), None)
    if last is None:
        return "there is no tag yet that the API could be compared with"
    told = [_breakages(package, last) for package in PACKAGES]
    return f"what breaks since {last}:\n" + ("".join(told) or "nothing that griffe sees\n")


def _breakages(package: str, tag: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own words; it exits with 1 where it finds any
        [sys.executable, "-m", "griffe", "check", package, "--against", tag, "--color"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def ready(open_yet: list[str]) -> str:
    """Say that it can be released, or what --tag would refuse."""
    if not open_yet:
        return "ready to be released"
    return "to be released once the project has an address:\n" + "\n".join(open_yet)


def main() -> int:
    """Build, check, tell; return 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tag", help="the tag that is released")
    tag = parser.parse_args().tag
    shutil.rmtree(DIST, ignore_errors=True)
    packages = build(DIST / "packages")
    second = build(DIST / "again")
    wheel, sdist = packages
    python = install(wheel, DIST / "installed")
    print(run("twine", "check", "--strict", *map(str, packages)), end="")
    print(run("check-wheel-contents", "--toplevel", ",".join(PACKAGES), str(wheel)), end="")
    wrong = [
        *differing(packages, second),
        *wrong_files(wheel, sdist),
        *foreign_licences(python),
        *unsaid(tag),
    ]
    open_yet = unaddressed(wheel)
    wrong += open_yet if tag else []
    bill = str(DIST / "sbom.cdx.json")
    run("cyclonedx-py", "environment", "--output-reproducible", "-o", bill, str(python))
    shutil.rmtree(DIST / "again")
    shutil.rmtree(DIST / "installed")
    print(changed_api(tag))
    for path in packages:
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")
    print("\n".join(wrong) or f"built twice, the same; {ready(open_yet)}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
