"""One request of any route, and how its answer is read.

Owns: `Call`, which describes a request that is not one for an answer of the model, and the names of
the HTTP library's objects. May know: the standard library. Sending is the transport's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

__all__ = ["Call", "HttpClient", "HttpResponse", "Timeout", "areads", "reads"]

# Of httpx with openai 2 and of httpx2 with openai 3, so that neither can be named in a type.
HttpClient: TypeAlias = Any
"""A client, sync or async."""

HttpResponse: TypeAlias = Any
"""An open response."""

Timeout: TypeAlias = Any
"""Seconds, or that library's ``Timeout``."""

_T = TypeVar("_T")


def reads(response: HttpResponse) -> Iterator[bytes]:
    """Return the reads of an open response, decoded."""
    found: Iterator[bytes] = response.iter_raw() if _is_raw(response) else response.iter_bytes()
    return found


def areads(response: HttpResponse) -> AsyncIterator[bytes]:
    """Return the reads of an open response, decoded, async."""
    raw = _is_raw(response)
    found: AsyncIterator[bytes] = response.aiter_raw() if raw else response.aiter_bytes()
    return found


def _is_raw(response: HttpResponse) -> bool:
    """Whether there is nothing to decode: 0.6 of the 9 microseconds that the library takes a read.

    A hook of the user's own client may have read the body already, which only the other way has.
    """
    return not response.is_stream_consumed and "content-encoding" not in response.headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[_T]):
    """One request and how its answer is read.

    Attributes:
        method: "get", "post" or "delete".
        path: Route below the base URL, or a whole URL, which gets the same key and headers.
        read: From the text of the answer to its meaning.
        body: The JSON body or the form's fields.
        query: The query.
        files: Name, bytes and media type of a file of a form.
        naming: What an error names: the model that was asked for.
        options: Options of the SDK for this request alone: "timeout", "max_retries".
    """

    method: str
    path: str
    read: Callable[[str], _T]
    body: Mapping[str, Any] | None = None
    query: Mapping[str, object] = field(default_factory=dict[str, object])
    files: tuple[str, bytes, str] | None = None
    naming: Mapping[str, Any] = field(default_factory=dict[str, Any])
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def sending(self) -> dict[str, Any]:
        """Return the arguments of the SDK's method."""
        options = dict(self.options)
        if self.query:
            options["params"] = dict(self.query)
        if self.files is not None:
            options["headers"] = {"Content-Type": "multipart/form-data"}
            return {"body": self.body, "files": [("file", self.files)], "options": options}
        body = {} if self.body is None else {"body": dict(self.body)}
        return {**body, "options": options}
