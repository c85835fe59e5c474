"""Where an API key is found.

Owns: the order of looking: the argument, the environment, the nearest ``.env``; and keys that are
asked for with every request. May know: endpoints, errors; dotenv. A ``.env`` is read, never
exported: a key of this process must not reach its children.
"""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from kimi_core.endpoints import Endpoint, check_api_key
from kimi_core.errors import KimiConfigError, check_setting

__all__ = ["ApiKey", "RotatingKey", "SecretLike", "key_of_a_copy", "resolve_api_key"]

_MOST_BYTES = 1024 * 1024  # of a .env; a file of variables has a few thousand


@runtime_checkable
class SecretLike(Protocol):
    """Anything that hides a string, e.g. pydantic's ``SecretStr``."""

    def get_secret_value(self) -> str:
        """Return the hidden string."""
        ...


_Text = str | SecretLike
ApiKey = _Text | Callable[[], _Text] | Callable[[], Awaitable[_Text]]
"""What a caller may give as a key: text, hidden text, or a function (async, too) that is asked for
one before every request, for keys that rotate."""


class RotatingKey:
    """A caller's function, asked for the key of each request, retries included.

    Args:
        function: Returns the key, hidden or not. An async one serves async calls only; a plain one
            is called in a thread there, so that it may wait for whoever hands out keys.
        endpoint: Whose key it is.

    Attributes:
        function: As given.
    """

    def __init__(self, function: Callable[[], Any], endpoint: Endpoint) -> None:
        self.function = function
        self._endpoint = endpoint
        call = getattr(function, "__call__", None)  # noqa: B004 - an object whose call is async
        self._waits = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)

    def get(self) -> str:
        """Return the key for a sync request.

        Raises:
            KimiConfigError: For an async function, and for what is no key of this endpoint.
        """
        given = None if self._waits else self.function()
        if self._waits or inspect.isawaitable(given):
            if inspect.iscoroutine(given):
                given.close()  # one that nobody waits for would be a RuntimeWarning
            message = (
                "api_key is an async function, which a sync call cannot wait for; use the async "
                "methods, or pass a plain function or a string."
            )
            raise KimiConfigError(message)
        return self._checked(given)

    async def aget(self) -> str:
        """Return the key for an async request; errors as for `get`."""
        given = self.function() if self._waits else await asyncio.to_thread(self.function)
        return self._checked(await given if inspect.isawaitable(given) else given)

    def _checked(self, given: object) -> str:
        key = given.get_secret_value() if isinstance(given, SecretLike) else given
        if not isinstance(key, str) or not key.strip():
            found = "empty text" if isinstance(key, str) else f"a {type(key).__name__}"
            message = (
                f"api_key is a function that returned {found}; endpoint {self._endpoint.name!r} "
                "needs the key as text. Return it as str or SecretStr."
            )
            raise KimiConfigError(message)
        check_api_key(key.strip(), self._endpoint)
        return key.strip()


@dataclass
class _EnvFile:
    """The nearest ``.env``, which is opened only when it is needed.

    Attributes:
        path: Where it is; None where there is none.
        problem: Why nothing could be read from it, or an empty string.
    """

    path: Path | None = None
    problem: str = ""

    def read(self, start: Path) -> Mapping[str, str | None]:
        """Return its variables; a file that cannot be read has none."""
        try:
            self.path = next(
                filter(Path.is_file, (f / ".env" for f in (start, *start.parents))), None
            )
            if self.path is None:
                return {}
            if self.path.stat().st_size > _MOST_BYTES:
                self.problem = f" (more than {_MOST_BYTES} bytes, so not read)"
                return {}
            from dotenv import dotenv_values

            # A key is what stands there: a dollar sign in it names no other variable.
            return dotenv_values(self.path, interpolate=False)
        except (OSError, UnicodeDecodeError) as error:
            self.problem = f" (which cannot be read: {type(error).__name__})"
            return {}


def _given(argument: ApiKey | None) -> str | Callable[[], Any]:
    if argument is None or isinstance(argument, str):  # mostly; the protocol below takes 10 us
        return (argument or "").strip()
    check_setting("api_key", argument)
    plain = argument.get_secret_value() if isinstance(argument, SecretLike) else argument
    return plain if callable(plain) else plain.strip()


def resolve_api_key(
    endpoint: Endpoint, argument: ApiKey | None = None, *, folder: Path | None = None
) -> str | RotatingKey | None:
    """Find the key of an endpoint: the argument, then the environment, then the nearest ``.env``.

    Args:
        endpoint: Names the variables to look for.
        argument: The key itself, where the caller has it, or a function that is asked for it.
        folder: Where the search for ``.env`` starts, going up; the working directory by default.

    Returns:
        The key, or None where there is none and the endpoint needs none. A function is not called
        here, but with each request.

    Raises:
        KimiConfigError: Where the endpoint needs a key and there is none; it says where was looked.
            Where the key is another vendor's, by its beginning.
    """
    key = _given(argument)
    if callable(key):
        return RotatingKey(key, endpoint)
    if key:
        check_api_key(key, endpoint)
        return key
    file = _EnvFile()
    found = _first(os.environ, endpoint) or _first(file.read(folder or Path.cwd()), endpoint)
    if found:
        check_api_key(found, endpoint)
        return found
    if not endpoint.needs_key:
        return None
    raise KimiConfigError(_missing(endpoint, file))


def key_of_a_copy(endpoint: Endpoint) -> ApiKey | None:
    """Return the key of a model that comes out of a pickle, which never holds one.

    Returns:
        None where the key is found now, as for any model; otherwise a function that looks for it
        with each request. A worker process that raised while it unpickles would not even be able
        to say so: multiprocessing.Pool starts another one, for ever, and waits.
    """
    try:
        resolve_api_key(endpoint)
    except KimiConfigError:
        return partial(_sought, endpoint)
    return None


def _sought(endpoint: Endpoint) -> str:
    try:
        return str(resolve_api_key(endpoint))
    except KimiConfigError as error:
        message = (
            f"{error} This model comes out of a pickle, as in a worker process, and no pickle "
            "holds the key that its original was given."
        )
        raise KimiConfigError(message) from None


def _first(variables: Mapping[str, str | None], endpoint: Endpoint) -> str:
    values = ((variables.get(name) or "").strip() for name in endpoint.api_key_names)
    return next(filter(None, values), "")


def _missing(endpoint: Endpoint, file: _EnvFile) -> str:
    names = " or ".join(endpoint.api_key_names)
    if not names:
        return f"api_key for endpoint {endpoint.name!r} is missing; pass api_key=...."
    where = f"{file.path or 'a .env file (none found)'}{file.problem}"
    return (
        f"api_key for endpoint {endpoint.name!r} is missing: looked at the api_key argument, "
        f"at {names} in the environment, and in {where}. "
        f"Pass api_key=..., or set {endpoint.api_key_names[0]}; the command kimi-k2 setup"
        f"{'' if endpoint.name == 'moonshot' else f' --endpoint {endpoint.name}'} keeps it in .env."
    )
