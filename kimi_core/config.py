"""Where an API key is found.

Owns: the order of looking: the argument, the environment, the nearest ``.env``.
May know: endpoints, errors, python-dotenv. A ``.env`` is read, never exported: a key of this
process must not reach its children.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from dotenv import dotenv_values

from kimi_core.endpoints import check_api_key
from kimi_core.errors import KimiConfigError

if TYPE_CHECKING:
    from kimi_core.endpoints import Endpoint

__all__ = ["SecretLike", "resolve_api_key"]


@runtime_checkable
class SecretLike(Protocol):
    """Anything that hides a string, e.g. pydantic's ``SecretStr``."""

    def get_secret_value(self) -> str:
        """Return the hidden string."""
        ...


def _nearest_env_file(start: Path) -> Path | None:
    for folder in (start, *start.parents):
        path = folder / ".env"
        if path.is_file():
            return path
    return None


def _plain(value: str | SecretLike | None) -> str | None:
    return value.get_secret_value() if isinstance(value, SecretLike) else value


def resolve_api_key(
    endpoint: Endpoint, argument: str | SecretLike | None = None, *, folder: Path | None = None
) -> str | None:
    """Find the key of an endpoint: the argument, then the environment, then the nearest ``.env``.

    Args:
        endpoint: Names the variables to look for.
        argument: The key itself, where the caller has it.
        folder: Where the search for ``.env`` starts, going up; the working directory by default.

    Returns:
        The key, or None where there is none and the endpoint needs none.

    Raises:
        KimiConfigError: Where the endpoint needs a key and there is none; it says where was looked.
            Where the key is another vendor's, by its beginning.
    """
    key = (_plain(argument) or "").strip()
    if key:
        check_api_key(key, endpoint)
        return key
    path = _nearest_env_file((folder or Path.cwd()).resolve())
    from_file = dotenv_values(path) if path else {}
    for source in (os.environ, from_file):
        for name in endpoint.api_key_names:
            value = (source.get(name) or "").strip()
            if value:
                check_api_key(value, endpoint)
                return value
    if not endpoint.needs_key:
        return None
    names = " or ".join(endpoint.api_key_names)
    message = (
        f"api_key for endpoint {endpoint.name!r} is missing: looked at the api_key argument, "
        f"at {names} in the environment, and in {path or 'a .env file (none found)'}. "
        f"Pass api_key=..., or set {endpoint.api_key_names[0]}."
    )
    raise KimiConfigError(message)
