"""A name of a model, however it is written -> its row.

Owns: what hosts and converters put round a name, which newest relative stands in for a model that
is not known yet, and when a name was retired. May know: its own files, errors.

Sources of the spellings: OpenRouter's and Fireworks' lists, Bedrock, Databricks, Venice, Azure and
Vercel by their documents (2026-11), and the files of converters on Hugging Face.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from kimi_core.errors import KimiConfigError
from kimi_core.models._rows import MODELS, REPLACEMENT, RETIRED_IDS, ModelInfo

__all__ = ["get_model", "nearest_models", "newest_relative", "retirement"]

_SPELLINGS = {spelling: row for row in MODELS.values() for spelling in (row.name, *row.aliases)}

# What stands before a name: a vendor, a region, a host's mark. global.moonshotai.kimi-k3.1 is
# Bedrock's, databricks-kimi-k3-1-pro Databricks', FW-Kimi-K3 Fireworks' on Azure.
_PREFIX = re.compile(
    r"^(?:(?:global|us|eu|in|apac|jp)\.)?(?:moonshot(?:ai)?[.-])?(?:databricks-|azure-|fw-|hf-|bedrock-)?"
    r"(?=kimi|k\d)"
)
# A version as hosts write it who may not write a point: k3p1, k3-1, k2_6. Not the date of k2-0905.
_VERSION = re.compile(r"(?<![a-z\d])(k\d)[p_-](\d)(?![a-z\d])")
# What stands behind a name: the same weights in another format, of another day, or served faster.
_SUFFIX = re.compile(
    r"[-_.](?:gguf|maas|mlx|bf16|fp[48]|nvfp4|mxfp[48]|int[48]|w\d+a\d+|awq|gptq|exl[23]"
    r"|\d(?:\.\d)?-?bit|(?:ud-)?[it]?q\d(?:_[a-z\d]+)*|\d{5}-of-\d{5}|ud|dynamic|imatrix|quantized"
    r"|20\d{6}|20\d\d-\d\d-\d\d|v\d+(?::\d+)?|fast|turbo|latest|free|tee|original|hf|preview|instruct|thinking)$"
)
_FAMILY = re.compile(r"kimi[-_.]?k(?P<major>\d{1,2})(?:\.(?P<minor>\d{1,2}))?(?![\d.])")


def _bare(name: str) -> str:
    """Take off what stands round a name as a whole: organisation, path, routing suffix, prefix."""
    last = name.strip().lower().lstrip("~@").rsplit("/", 1)[-1]
    return _VERSION.sub(r"\1.\2", _PREFIX.sub("", last.split(":", 1)[0]))


def _spellings(name: str) -> Iterator[str]:
    """Yield what a name may mean, from the whole of it to what is left without its suffixes."""
    spelling = _bare(name)
    while True:
        yield spelling
        shorter = _SUFFIX.sub("", spelling)
        if shorter == spelling:
            return
        spelling = shorter


def get_model(name: str) -> ModelInfo | None:
    """Find the facts of a model under any common spelling of its name.

    ``moonshotai/Kimi-K2-Instruct:nitro``, ``accounts/fireworks/models/kimi-k2-instruct``,
    ``moonshot.kimi-k2-instruct``, ``kimi-k2-instruct-20260101`` and
    ``Kimi-K2-Instruct-Q4_K_M-00001-of-00013.gguf`` name the same weights as ``kimi-k2-instruct``.

    Args:
        name: E.g. ``kimi-k3.1-pro``, ``moonshotai/Kimi-K2-Instruct`` or
            ``moonshotai/kimi-k2-0905:exacto``.

    Returns:
        The row, or None for a name that is not known: not Kimi's (a server may call its model
        anything), or of a later Kimi, see `newest_relative`.

    Raises:
        KimiConfigError: For an empty name.
    """
    if not _bare(name):
        message = f"model {name!r} is empty; name a model, e.g. one of {', '.join(MODELS)}."
        raise KimiConfigError(message)
    found = (_SPELLINGS.get(spelling.replace("_", "-")) for spelling in _spellings(name))
    return next((row for row in found if row is not None), None)


def newest_relative(name: str) -> ModelInfo | None:
    """Return the newest known relative of a Kimi that has no row yet; None for any other name.

    A model of a known generation (``kimi-k3.2-...``) is taken for the newest of that generation, a
    later generation (``kimi-k4``) for the newest model that is known: never for an older family,
    whose token format and rules may differ.

    Args:
        name: Any spelling of a name that `get_model` does not find.
    """
    found = _FAMILY.search(_bare(name))
    if found is None:
        return None
    wanted = int(found["major"])
    related = [row for row in MODELS.values() if (_version(row) or (0, 0))[0] == wanted]
    newest = [row for row in related or MODELS.values() if row.prompt_style is not None]
    return max(newest, key=lambda row: _version(row) or (0, 0))


def _version(row: ModelInfo) -> tuple[int, int] | None:
    found = _FAMILY.match(row.name)
    return (int(found["major"]), int(found["minor"] or 0)) if found else None


def retirement(name: str) -> tuple[str, str] | None:
    """Return since when the first-party API answers 404 for a name, and what to use instead.

    Args:
        name: Any spelling of a model or of a retired id, e.g. ``moonshot-v1-8k``.

    Returns:
        Date and replacement, or None for a name that is not retired.
    """
    info = get_model(name)
    if info is not None:
        return (info.retired, info.replacement) if info.retired and info.replacement else None
    retired = RETIRED_IDS.get(_bare(name))
    return (retired, REPLACEMENT) if retired else None


def nearest_models(name: str) -> list[str]:
    """Return the known spellings that look most like a name, best first."""
    return difflib.get_close_matches(_bare(name), _SPELLINGS, n=3, cutoff=0.6)
