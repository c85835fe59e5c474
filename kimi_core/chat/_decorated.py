"""A method with what a framework puts round it, and without.

Owns: which of the two is called. May know: the standard library.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar

__all__ = ["decorated_where"]

_Method = TypeVar("_Method", bound=Callable[..., Any])


def decorated_where(
    decorate: Callable[..., Any], wanted: Callable[[Any], bool]
) -> Callable[[_Method], _Method]:
    """Return a decorator that is another one for those instances alone for which it does anything.

    Args:
        decorate: The other one.
        wanted: Whether it does anything for an instance; asked with every call.
    """

    def decorated(method: Any) -> Any:  # noqa: ANN401 - of any signature, as what it returns
        other = decorate(method)
        if hasattr(method, "__wrapped__"):  # LlamaIndex's mark is True, and inspect would follow it
            del method.__wrapped__

        @wraps(method)
        def called(instance: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as above
            return (other if wanted(instance) else method)(instance, *args, **kwargs)

        @wraps(method)
        async def awaited(instance: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as above
            return await called(instance, *args, **kwargs)

        return awaited if iscoroutinefunction(method) else called

    return decorated
