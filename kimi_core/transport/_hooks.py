"""What is done with every request and every answer of the HTTP client, behind the SDK's back.

Owns: the hooks of a client, and which requests they are for. May know: its own files, errors.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext, suppress
from contextvars import ContextVar
from importlib import import_module
from typing import TYPE_CHECKING, Any

from kimi_core.errors import is_final, wait_asked
from kimi_core.transport.limits import keep_within
from kimi_core.transport.rates import acount_again, count_again, pause_all

if TYPE_CHECKING:
    from kimi_core.transport.call import HttpClient, HttpResponse

__all__ = ["add_async_hooks", "add_hooks", "asked_here", "wants_whole"]

_TOO_MANY = 429
_RETRIED = frozenset({_TOO_MANY, 500, 501})
_REDIRECTS = 300
_REFUSALS = 400
_MOST_BYTES = 1024 * 1024  # of a refusal, unpacked
_MOST_SECONDS = 10.0  # for the body of a refusal
_MOST_BYTES_WHOLE = 256 * 1024 * 1024  # of a list, or of a file's text

asked_here: ContextVar[bool] = ContextVar("asked by this package", default=False)
"""Whether the running request is ours: a client of the user's has others, which are left alone."""

wants_whole: ContextVar[bool] = ContextVar("the body is wanted whole", default=False)
"""Whether the body of the running request is one that the SDK reads to its end."""


def add_hooks(http_client: HttpClient) -> None:
    """Add what a sync client does with every request and answer."""
    _add_hook(http_client, "response", _forbid_useless_retry)
    _add_hook(http_client, "request", keep_within)
    _add_hook(http_client, "request", count_again)


def add_async_hooks(http_client: HttpClient) -> None:
    """Add what an async client does; its time limit is kept by whoever waits for it."""
    _add_hook(http_client, "response", _aforbid_useless_retry)
    _add_hook(http_client, "request", acount_again)


def _add_hook(http_client: HttpClient, when: str, hook: object) -> None:
    # On the user's own client, too: the SDK's only other place to refuse a retry is a private
    # method, which cannot read an async body. It acts on a 429 and a 500, the hooks of requests on
    # those that have a total_timeout or a rate_limit.
    hooks = http_client.event_hooks
    if hook not in hooks[when]:
        http_client.event_hooks = {**hooks, when: [*hooks[when], hook]}


def _drop_no_address(response: HttpResponse) -> None:
    """Keep a redirect to what is no address an answer with a status.

    httpx (openai 2.x) reads the address though nothing is sent on, and what it cannot read was a
    broken connection, asked once more. httpx2 says nothing.
    """
    if not asked_here.get() or response.status_code not in range(_REDIRECTS, _REFUSALS):
        return
    try:
        response.request.url.join(response.headers.get("location", ""))
    except Exception:  # noqa: BLE001 - the library's own, which is one of two
        del response.headers["location"]


def _forbid_useless_retry(response: HttpResponse) -> None:
    """Keep the SDK from repeating a request that can have no other answer.

    Moonshot answers an empty balance with the same 429 as a rate limit, llama.cpp a picture that
    it cannot read with a 500, and the SDK repeats both unless the server's own header forbids it.
    """
    _drop_no_address(response)
    said = _body_of(response)
    if said is not None:
        with said.breaking_off():
            for piece in response.iter_bytes():
                if said.is_enough(piece):
                    break
        response.close()  # httpx leaves open what breaks off, and its connection counts for ever
        said.keep(response)
    if response.status_code in _RETRIED:
        with suppress(Exception):
            response.read()
            _mark(response)


async def _aforbid_useless_retry(response: Any) -> None:  # noqa: ANN401 - httpx or httpx2
    _drop_no_address(response)
    said = _body_of(response)
    if said is not None:
        with said.breaking_off():
            async for piece in response.aiter_bytes():
                if said.is_enough(piece):
                    break
        await response.aclose()
        said.keep(response)
    if response.status_code in _RETRIED:
        with suppress(Exception):
            await response.aread()
            _mark(response)


def _body_of(response: HttpResponse) -> _Body | None:
    """Return what keeps the body of one of ours, which the SDK would read however long it is."""
    if not asked_here.get():
        return None
    if response.status_code >= _REFUSALS:
        return _Body(_MOST_BYTES, _MOST_SECONDS)
    if wants_whole.get():
        seconds = response.request.extensions.get("timeout", {}).get("read")
        return _WholeBody(_MOST_BYTES_WHOLE, seconds)
    return None


class _Body:
    """What a server says with a refusal, as far as it comes, up to a bound of size and time.

    200 MB of blanks, packed into 200 KB, took 25 s; a byte now and then, each of which is a sign of
    life for the HTTP library, took for ever. What breaks off is still told with its status.
    """

    def __init__(self, most: int, seconds: float | None) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._most = most
        self._ends = None if seconds is None else time.monotonic() + seconds
        self._is_late = False

    def is_enough(self, piece: bytes) -> bool:
        """Take a piece; return whether no more is wanted."""
        self._pieces.append(piece[: self._most - self._size])
        self._size += len(piece)
        self._is_late = self._ends is not None and time.monotonic() > self._ends
        return self._size > self._most or self._is_late

    def breaking_off(self) -> AbstractContextManager[None]:
        """Return what reading stands in: a refusal that breaks off says nothing of it."""
        return suppress(Exception)

    def keep(self, response: HttpResponse) -> None:
        """Make it all that the SDK reads; httpx and httpx2 have no other place for it."""
        response._content = b"".join(self._pieces)  # noqa: SLF001 - see above


class _WholeBody(_Body):
    """A body that is of use only when it is whole; errors of reading are the SDK's, as before."""

    def breaking_off(self) -> AbstractContextManager[None]:
        """Return what changes nothing."""
        return nullcontext()

    def keep(self, response: HttpResponse) -> None:
        """Keep it.

        Raises:
            Exception: The HTTP library's own for a body that is too long, or comes too slowly; the
                SDK makes it an error of its own.
        """
        library = import_module(type(response).__module__.partition(".")[0])
        if self._size > self._most:
            raise library.DecodingError(f"the body is longer than {self._most} bytes")
        if self._is_late:
            raise library.ReadTimeout("the body was not whole in time")
        super().keep(response)


def _mark(response: HttpResponse) -> None:
    if is_final(response.status_code, response.text):
        response.headers["x-should-retry"] = "false"
    elif response.status_code == _TOO_MANY:
        pause_all(wait_asked(response.text, response.headers))
