"""A contract for import-linter: what is private to a room stays in it.

Owns: one rule. A module with a leading underscore in its path (``kimi_core.request._history``) may
be imported only from below the package that holds it (``kimi_core.request``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from importlinter import Contract, ContractCheck, output

if TYPE_CHECKING:
    from grimp import ImportGraph

__all__ = ["PrivateModules"]


def _owner(module: str) -> str | None:
    """Return the package that a private module is private to; None for a public one."""
    parts = module.split(".")
    for number, part in enumerate(parts):
        if part.startswith("_"):
            return ".".join(parts[:number])
    return None


class PrivateModules(Contract):
    """No private module is imported from outside the package that holds it."""

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001 - the base's signature
        """Look at every import inside the three packages."""
        broken: list[dict[str, Any]] = []
        for imported in sorted(graph.modules):
            owner = _owner(imported)
            if owner is None or graph.is_module_squashed(imported):
                continue
            broken += [
                {"importer": importer, "imported": imported}
                for importer in sorted(graph.find_modules_that_directly_import(imported))
                if not importer.startswith(f"{owner}.") and importer != owner
            ]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name each import that the rule forbids."""
        for row in check.metadata["broken"]:
            output.print_error(f"{row['importer']} imports {row['imported']}")
