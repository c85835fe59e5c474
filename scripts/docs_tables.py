"""Writes the generated blocks of the documentation: tables of facts, and the state diagrams.

Run ``python scripts/docs_tables.py``; with ``--check`` it writes nothing and exits with 1 where a
block is stale. A block stands between ``<!-- begin generated: NAME -->`` and
``<!-- end generated: NAME -->``; what stands between is replaced.

Owns: how a row of a table of the package looks in Markdown. May know: those tables. The package
has to be installed (``make venv``).
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import astuple
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from docs_comparison import COMPARISON
from docs_dialects import DIALECTS
from docs_engines import engines, sessions, wrongs
from docs_faults import faults
from docs_markdown import code, number, table
from docs_rooms import rooms
from docs_versions import versions

from kimi_core.cli.launch_plan import LAUNCHES, on_lines, plan_launch
from kimi_core.endpoints import ENDPOINTS
from kimi_core.endpoints.tiers import TIERS
from kimi_core.models import MODELS, RETIRED_IDS, retirement

if TYPE_CHECKING:
    from collections.abc import Callable

    from kimi_core.endpoints import Endpoint
    from kimi_core.models import ModelInfo, Sampling

__all__ = ["BLOCKS", "DOCS", "stale_blocks", "updated"]

DOCS = Path(__file__).resolve().parent.parent / "docs"

_BLOCK = re.compile(
    r"(<!-- begin generated: (?P<name>[\w-]+) -->\n).*?(<!-- end generated: (?P=name) -->)",
    re.DOTALL,
)


def updated(text: str) -> str:
    """Return a page with each generated block as it should be.

    Args:
        text: The page's Markdown.

    Raises:
        KeyError: The page has a block of an unknown name.
    """
    return _BLOCK.sub(lambda found: f"{found[1]}\n{BLOCKS[found['name']]()}\n\n{found[3]}", text)


def stale_blocks(text: str) -> list[str]:
    """Return the names of a page's generated blocks that differ from what they should be."""
    blocks = zip(_BLOCK.finditer(text), _BLOCK.finditer(updated(text)), strict=True)
    return [old["name"] for old, new in blocks if old[0] != new[0]]


# ---- models --------------------------------------------------------------------------------------


def _tiers() -> str:
    head = ("tier", "concurrency", "requests a minute", "tokens a minute", "tokens a day")
    return table(head, [(str(tier), *map(number, astuple(row))) for tier, row in TIERS.items()])


def _models() -> str:
    head = (
        *("model", "context window", "default output", "inputs", "thinking", "efforts"),
        *("forced `tool_choice` while thinking", "reasoning to send back"),
        "raw dialect",
    )
    return table(head, map(_model, MODELS.values()))


def _model(info: ModelInfo) -> tuple[str, ...]:
    reasoning = "all turns" if info.keeps_reasoning else "turns with tool calls"
    return (
        f"`{info.name}`",
        number(info.context_window),
        number(info.default_output),
        ", ".join(info.inputs),
        info.thinking,
        _efforts(info),
        "" if info.thinking == "none" else code(info.forced_tool_choice) or "neither",
        "" if info.thinking == "none" else reasoning,
        info.dialect,
    )


def _efforts(info: ModelInfo) -> str:
    default = f" (`{info.default_effort}` by default)" if info.default_effort else ""
    return code(info.reasoning_efforts) + default


def _sampling() -> str:
    head = ("model", "pinned while thinking", "pinned without thinking", "model card's temperature")
    return table(
        head,
        (
            (
                f"`{info.name}`",
                _pinned(info.pinned),
                _pinned(info.pinned_without_thinking),
                number(info.recommended_temperature),
            )
            for info in MODELS.values()
        ),
    )


def _pinned(sampling: Sampling | None) -> str:
    if sampling is None:
        return ""
    return (
        f"temperature {sampling.temperature:g}, top_p {sampling.top_p:g}, n {sampling.n}, "
        f"penalties {sampling.penalty:g}"
    )


def _lifetimes() -> str:
    head = (
        *(
            "model",
            "cached input",
            "input",
            "output",
            "in yuan: cached / input / output",
            "knowledge until",
        ),
        *("released", "retired on Moonshot's API", "replacement"),
    )
    return table(head, map(_lifetime, MODELS.values()))


def _lifetime(info: ModelInfo) -> tuple[str, ...]:
    kinds = ("cached", "input", "output")
    prices = [info.prices.get(kind) for kind in kinds]
    yuan = [f"¥{info.prices_cny[kind]:.2f}" for kind in kinds if kind in info.prices_cny]
    return (
        f"`{info.name}`",
        *("" if price is None else f"${price:.2f}" for price in prices),
        " / ".join(yuan),
        info.knowledge_cutoff or "",
        info.released or "",
        info.retired or (f"planned for {info.retires}" if info.retires else ""),
        code([info.replacement] if info.replacement else []),
    )


def _aliases() -> str:
    rows = ((f"`{info.name}`", code(info.aliases)) for info in MODELS.values())
    return table(("model", "other spellings"), rows)


def _retired_ids() -> str:
    rows = ((name, *(retirement(name) or ("", ""))) for name in RETIRED_IDS)
    return table(
        ("id", "retired", "replacement"),
        ((f"`{name}`", date, f"`{replacement}`") for name, date, replacement in rows),
    )


# ---- endpoints -----------------------------------------------------------------------------------


def _endpoints() -> str:
    head = ("endpoint", "base URL", "key from", "default model", "route", "notes")
    return table(head, map(_endpoint, ENDPOINTS.values()))


def _endpoint(row: Endpoint) -> tuple[str, ...]:
    keys = " or ".join(f"`{name}`" for name in row.api_key_names)
    return (
        f"`{row.name}`",
        f"`{row.base_url}`" if row.base_url else "started here",
        keys if row.needs_key or not keys else f"{keys}, if it has one",
        f"`{row.default_model}`" if row.default_model else "the server is asked",
        f"`{row.api}`",
        row.notes,
    )


_PARSES = {
    "auto": "the server; here what it left in the text",
    "server": "the server",
    "client": "here",
}


def _parser(row: Endpoint) -> str:
    by_server = row.tool_call_parser == "auto" and not row.leaves_raw_calls
    return _PARSES["server" if by_server else row.tool_call_parser]


def _protocols() -> str:
    head = (
        *("endpoint", "tool calls are parsed by", "grammar", "thinking switch"),
        *("reasoning is sent back as", "token limit", "foreign ids are rewritten"),
    )
    return table(head, map(_protocol, ENDPOINTS.values()))


def _protocol(row: Endpoint) -> tuple[str, ...]:
    return (
        f"`{row.name}`",
        _parser(row),
        row.grammar or "",
        "" if row.thinking_switch == "none" else f"`{row.thinking_switch}`",
        f"`{row.reasoning_field}`",
        f"`{row.max_tokens_field}`",
        "here" if row.rewrites_tool_call_ids else "by the server",
    )


def _spellings() -> str:
    rows = ((row.name, name, there) for row in ENDPOINTS.values() for name, there in _spelled(row))
    return table(("endpoint", "model", "its name there"), (_code_cells(*row) for row in rows))


def _spelled(row: Endpoint) -> list[tuple[str, str]]:
    """Return a row's spellings; those of all self-hosted servers are told once, by vLLM's."""
    told = row.name == "vllm" or row.spellings != ENDPOINTS["vllm"].spellings
    return list(row.spellings.items()) if told else []


def _facts(row: Endpoint) -> str:
    """Return all that the row says, for the page of one endpoint."""
    keys = " or ".join(f"`{name}`" for name in row.api_key_names)
    facts = {
        "base URL": f"`{row.base_url}`" if row.base_url else "given by you, or started here",
        "key from": (keys if row.needs_key or not keys else f"{keys}, if it has one") or "none",
        "keys begin with": code(row.key_prefixes),
        "default model": f"`{row.default_model}`" if row.default_model else "the server is asked",
        "facts of an unknown name": f"those of `{row.base_model}`",
        "route": f"`{row.api}`",
        "tool calls are parsed by": _parser(row),
        "grammar": row.grammar or "none",
        "thinking is switched by": "nothing known"
        if row.thinking_switch == "none"
        else f"`{row.thinking_switch}`",
        "reasoning is sent back as": f"`{row.reasoning_field}`",
        "token limit": f"`{row.max_tokens_field}`",
        "usage of a stream": "asked for" if row.asks_usage else "comes unasked",
        "foreign ids of calls are rewritten": "here" if row.rewrites_tool_call_ids else "there",
        **_limits(row),
    }
    return table(("fact", row.name), ((name, fact) for name, fact in facts.items() if fact))


_NAME_RULES = {
    "moonshot": "letters, digits, `_` and `-`, first a letter or `_`; others go under such a name",
    "words": "letters, digits and `_`, first no digit; others go under such a name",
}


_PREFIXES = {
    "partial": "by `partial` of its message",
    "continue_final_message": "by `continue_final_message`, which is set for `partial=True`",
    "last_message": "in any case; what stood in the message is taken off the answer",
}


def _limits(row: Endpoint) -> dict[str, str]:
    """Return what the server refuses or lacks, where others do not."""
    stops = f"at most {row.max_stops}, of {row.max_stop_bytes} bytes each" if row.max_stops else ""
    size = f"{row.max_body_bytes:,} bytes of base64 in a request" if row.max_body_bytes else ""
    taken = "text, `image_url` and `video_url`, of the media types in Moonshot's documents"
    said = {
        "sampling": "the model's pinned values only" if row.pins_sampling else "",
        "forced `tool_choice` while thinking": "as the model's row says"
        if row.limits_forced_tool_choice
        else "",
        "greatest token limit": "the model's context window" if row.limits_max_tokens else "",
        "stop strings": stops,
        "media": size,
        "content parts": "" if row.takes_other_parts else taken,
        "names of tools": _NAME_RULES[row.tool_name_rule] if row.tool_name_rule else "",
        "an answer is continued": _PREFIXES[row.prefix_way] if row.prefix_way else "",
        "JSON schemas": f"rewritten for `{row.schema_dialect}`" if row.schema_dialect else "",
        "retired models": "are refused by the server" if row.retires_models else "",
        "Anthropic-compatible route": f"`{row.anthropic_path}`" if row.anthropic_path else "",
    }
    lacks = {
        "web URLs of media": row.takes_media_urls,
        "a message that begins the answer": row.prefix_way is not None,
        "tools in system messages": row.takes_message_tools,
        "Moonshot's own functions (`$web_search`)": row.takes_builtin_tools,
        "files uploaded to Moonshot (`ms://`)": row.takes_uploads,
        'documents that it reads (`files="extract"`)': row.extracts_files,
        "`parallel_tool_calls`": row.takes_parallel_tool_calls,
        "`provider`": row.takes_provider,
        "a prefix in JSON mode": row.takes_json_prefix,
        "results without a call": row.takes_stray_results,
    }
    missing = ", ".join(name for name, takes in lacks.items() if not takes)
    return {**said, "does not take": missing}


def _names(row: Endpoint) -> str:
    return table(
        ("model", "its name there"), (_code_cells(*pair) for pair in row.spellings.items())
    )


def _code_cells(*cells: str) -> list[str]:
    return [f"`{cell}`" for cell in cells]


def _launch(engine: str) -> str:
    """Return what ``kimi-k2 launch`` prints for an engine and nothing else said."""
    plan = plan_launch(engine)
    lines = [line for where, command in plan.commands for line in (f"# {where}", on_lines(command))]
    flags = ((f"`{flag.text}`", flag.reason) for flag in plan.flags)
    return "\n".join(("```sh", *lines, "```", "", table(("flag", "why"), flags), "", plan.hardware))


BLOCKS: dict[str, Callable[[], str]] = {
    "engines": engines,
    "engine-notes": wrongs,
    "engine-sessions": sessions,
    "models": _models,
    "sampling": _sampling,
    "lifetimes": _lifetimes,
    "aliases": _aliases,
    "retired-ids": _retired_ids,
    "endpoints": _endpoints,
    "protocols": _protocols,
    "spellings": _spellings,
    **DIALECTS,
    **COMPARISON,
    "rooms": rooms,
    "tiers": _tiers,
    "versions": versions,
    "faults": faults,
    **{f"launch-{engine}": partial(_launch, engine) for engine in LAUNCHES},
    **{f"facts-{name.replace('.', '-')}": partial(_facts, row) for name, row in ENDPOINTS.items()},
    **{
        f"names-{name.replace('.', '-')}": partial(_names, row)
        for name, row in ENDPOINTS.items()
        if row.spellings and name != "local"
    },
}
"""The generated blocks by name."""


def missing_pages() -> dict[Path, str]:
    """Return the page, as it begins, of each endpoint that has none."""
    pages = {name: DOCS / "endpoints" / f"{name}.md" for name in ENDPOINTS}
    return {page: _first_page(name) for name, page in pages.items() if not page.exists()}


def _first_page(name: str) -> str:
    blocks = [f"{kind}-{name.replace('.', '-')}" for kind in ("facts", "names")]
    marks = [
        f"<!-- begin generated: {block} -->\n<!-- end generated: {block} -->\n"
        for block in blocks
        if block in BLOCKS
    ]
    return "\n".join([f"# {name}\n", f"{ENDPOINTS[name].notes}\n", "## What is known\n", *marks])


def main() -> int:
    """Write the blocks, or say which are stale; return the exit code."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--check", action="store_true", help="write nothing; 1 if one is stale")
    check = options.parse_args().check
    missing = missing_pages()
    stale = bool(missing)
    for page, text in missing.items():
        print(f"docs/{page.relative_to(DOCS)}: {'is missing' if check else 'written'}")
        if not check:
            page.parent.mkdir(exist_ok=True)
            page.write_text(text, encoding="utf-8")
    for page in sorted([*DOCS.rglob("*.md"), *DOCS.parent.glob("README.md")]):
        text = page.read_text(encoding="utf-8")
        for name in stale_blocks(text):
            stale = True
            print(f"{page.relative_to(DOCS.parent)}: {name} {'is stale' if check else 'written'}")
        if not check:
            page.write_text(updated(text), encoding="utf-8")
    return int(check and stale)


if __name__ == "__main__":
    sys.exit(main())
