"""One pool of connections for each server and account, shared by all that ask it.

Owns: the HTTP clients of a process (one, and one for each event loop), who uses them, and their
end. May know: its own files, errors; openai. The openai SDK is imported on first use.

Programs make many models: one for each prompt, agent or request, and LangChain's
``configurable_fields`` one for each call. Each had connections of its own: 20 instances made 20
handshakes, where ChatOpenAI makes one.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
import threading
import weakref
from collections.abc import AsyncGenerator, Callable, Hashable
from contextlib import suppress
from functools import lru_cache
from typing import Any, TypeAlias, cast

from kimi_core.errors import KimiConfigError, no_aiohttp
from kimi_core.transport._hooks import add_async_hooks, add_hooks
from kimi_core.transport.call import HttpClient
from kimi_core.transport.connections import make_transport
from kimi_core.transport.processes import renew_in_children

Loop: TypeAlias = asyncio.AbstractEventLoop

__all__ = ["Pool", "shared_pool"]

# What the HTTP library reads when a client is made: a client of other values is another one.
_READ = (
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
)

# Connections of the process that this one was forked from. Collected, they would be closed, for
# which they wait for locks that nobody here will open.
_abandoned: list[object] = []


class _OfLoop:
    """The client of one event loop; closed once, whoever comes first: who uses it, or the loop.

    Attributes:
        client: It.
        keeper: The generator that the loop closes at its end.
        forgotten: Closes it when its pool is collected.
    """

    def __init__(
        self, client: HttpClient, loop: Loop, pool: Pool, forget: Callable[[], object]
    ) -> None:
        self.client, self._loop = client, loop
        self.keeper = _keep_open(self, forget)
        self.forgotten: weakref.finalize[..., Any] = weakref.finalize(pool, self.close_soon)
        self.forgotten.atexit = False
        self._closing: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None

    @property
    def is_past(self) -> bool:
        """Whether the loop was closed."""
        return self._loop.is_closed()

    async def aclose(self) -> None:
        """Close it, or wait for who is at it."""
        self.forgotten.detach()
        if self._closing is None:
            self._closing = self._loop.create_task(self.client.aclose())
        try:
            await asyncio.shield(self._closing)
        except asyncio.CancelledError:
            if self._closing.cancelled():  # with all tasks of a loop that ends, before it began
                await self.client.aclose()
            raise

    def close_soon(self) -> None:
        """Let the loop close it, in whichever thread the last one goes.

        Collected with its pool instead, the generator would be closed by a task that a loop which
        ends does not wait for: ``asyncio.run`` left sockets open where its last line held a model.
        """
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._start)

    def _start(self) -> None:
        # Held, since a loop holds neither a task nor a generator. Where it ends before the task has
        # begun, it still closes the generator, if that is there.
        _closing_soon.difference_update([one for one in _closing_soon if one.is_past])
        _closing_soon.add(self)
        self._ending = self._loop.create_task(self._end())

    async def _end(self) -> None:
        await self.aclose()
        with suppress(RuntimeError):  # the loop ends as well, and closes its generators
            await self.keeper.aclose()


# Clients whose pool nobody holds any more, until their loops have closed them.
_closing_soon: set[_OfLoop] = set()


class Pool:
    """The connections to one server for one account.

    It lives as long as somebody holds it. Connections are closed when the last user has left them
    or is collected, and those of an event loop when the loop ends.

    Args:
        aiohttp: Whether those of event loops are aiohttp's.
    """

    def __init__(self, *, aiohttp: bool = False) -> None:
        self._aiohttp = aiohttp
        self._users: weakref.WeakSet[Any] = weakref.WeakSet()
        # Who has said that it is done: with the sync connections, with those of a loop.
        self._left: weakref.WeakSet[Any] = weakref.WeakSet()
        self._left_loops: weakref.WeakKeyDictionary[Loop, weakref.WeakSet[Any]] = (
            weakref.WeakKeyDictionary()
        )
        self._client: HttpClient | None = None
        self._closes_client: weakref.finalize[..., Any] | None = None
        self._loops: dict[Loop, _OfLoop] = {}
        self._opening = threading.Lock()
        renew_in_children(self, Pool._renew)

    def _renew(self) -> None:
        """Forget the connections of the process that this one was forked from; they stay open."""
        _abandoned.extend([self._client, self._loops])
        for closes in (self._closes_client, *(one.forgotten for one in self._loops.values())):
            if closes is not None:
                closes.detach()
        self._client, self._loops = None, {}
        self._opening = threading.Lock()

    def join(self, user: object) -> None:
        """Keep what others open for a user who may ask later."""
        with self._opening:
            self._users.add(user)

    def client(self, user: object) -> HttpClient:
        """Return the sync client."""
        with self._opening:
            self._left.discard(user)
            if self._client is None:
                import openai

                client = self._client = _made(openai.DefaultHttpxClient)
                add_hooks(client)
                self._closes_client = weakref.finalize(self, client.close)
            return self._client

    async def aclient(
        self, user: object, loop: Loop, forget: Callable[[Any], object]
    ) -> HttpClient:
        """Return the client of the running event loop.

        Args:
            user: Who asks.
            loop: The loop.
            forget: Called with each user when the loop ends; it must hold none of them.
        """
        with self._opening:
            left = self._left_loops.get(loop)
            if left is not None:
                left.discard(user)
        kept = self._loops.get(loop)
        if kept is None:
            import openai

            # A loop that was closed without ``shutdown_asyncgens`` has not said so.
            for ended in [one for one in list(self._loops) if one.is_closed()]:
                self._loops.pop(ended, None)
            kind = openai.DefaultAioHttpClient if self._aiohttp else openai.DefaultAsyncHttpxClient
            client = _made(kind, aiohttp=self._aiohttp)
            add_async_hooks(client)
            kept = _OfLoop(client, loop, self, self._forgetting(loop, forget))
            # Nothing else of this loop runs until it is kept: the generator waits for nothing.
            await kept.keeper.__anext__()
            self._loops[loop] = kept
        return kept.client

    def leave(self, user: object) -> None:
        """Close the sync connections, where nobody else may use them."""
        with self._opening:
            self._left.add(user)
            client = self._client if self._all_in(self._left) else None
            if client is not None:
                self._client = None
        if client is not None:
            client.close()

    async def aleave(self, user: object, loop: Loop) -> None:
        """Close the connections of a loop, and the sync ones, where nobody else may use them."""
        self.leave(user)
        with self._opening:
            left = self._left_loops.setdefault(loop, weakref.WeakSet())
            left.add(user)
            kept = self._loops.pop(loop, None) if self._all_in(left) else None
        if kept is not None:
            await kept.keeper.aclose()

    def _all_in(self, left: weakref.WeakSet[Any]) -> bool:
        return all(user in left for user in self._users)

    def _forgetting(self, loop: Loop, forget: Callable[[Any], object]) -> Callable[[], None]:
        """Return what forgets the client of a loop, without holding this object."""
        kept = weakref.ref(self)

        def end() -> None:
            pool = kept()
            if pool is not None:
                pool._end(loop, forget)  # noqa: SLF001 - its own

        return end

    def _end(self, loop: Loop, forget: Callable[[Any], object]) -> None:
        self._loops.pop(loop, None)
        with self._opening:
            users = list(self._users)
        for user in users:
            forget(user)


class _Registry:
    """The pools of this process, as long as somebody holds them."""

    def __init__(self) -> None:
        self.pools: weakref.WeakValueDictionary[Hashable, Pool] = weakref.WeakValueDictionary()
        self._looking = threading.Lock()
        renew_in_children(self, _Registry._renew)

    def _renew(self) -> None:
        self._looking = threading.Lock()

    def find(self, key: Hashable, *, aiohttp: bool) -> Pool:
        with self._looking:
            pool = self.pools.get(key)
            if pool is None:
                pool = self.pools[key] = Pool(aiohttp=aiohttp)
            return pool


_registry = _Registry()


def shared_pool(account: Hashable, *, aiohttp: bool = False) -> Pool:
    """Return the pool of an account, which all that ask for it share.

    Args:
        account: The server, whose key is sent, and whatever else tells users apart: cookies of one
            account are not for another.
        aiohttp: Whether connections of event loops are aiohttp's.
    """
    key = (account, aiohttp, *(os.environ.get(name) for name in _READ))
    return _registry.find(key, aiohttp=aiohttp)


def _made(kind: Callable[..., HttpClient], *, aiohttp: bool = False) -> HttpClient:
    """Make a client of the HTTP library's, which reads the environment.

    Raises:
        KimiConfigError: For a variable that it cannot use; its value is not shown, as it may hold
            a password. For aiohttp that is not there.
    """
    try:
        verify = _ssl_context()
    except OSError as error:
        raise KimiConfigError(
            f"SSL_CERT_FILE or SSL_CERT_DIR names no certificates that can be read ({error}); "
            "correct it, or unset it."
        ) from error
    try:
        transport = None if aiohttp else make_transport(kind, verify)
        return kind(verify=verify, transport=transport)
    except RuntimeError as error:  # the SDK's own for what stands in for a client over aiohttp
        raise no_aiohttp() from error
    except ImportError as error:
        message = f"HTTP_PROXY, HTTPS_PROXY or ALL_PROXY cannot be used: {error}"
        raise KimiConfigError(message) from error
    except Exception:  # noqa: BLE001 - of the HTTP library, which has no common base for these
        raise KimiConfigError(
            "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY or NO_PROXY is no address that can be used; write "
            "it as 'http://host:3128', with %2F for a '/' in its password, or unset it."
        ) from None


def _ssl_context() -> ssl.SSLContext:
    return _cached_ssl_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@lru_cache(maxsize=4)
def _cached_ssl_context(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """Return what the SDK's own client would trust: the system's CAs with httpx2, a company's too.

    Building one takes 20 to 40 ms, which every peer pays for every instance. The arguments are the
    variables that it depends on.
    """
    import openai

    library = sys.modules[openai.DefaultHttpxClient.__mro__[1].__module__.partition(".")[0]]
    return cast("ssl.SSLContext", library.create_ssl_context())


async def _keep_open(client: _OfLoop, forget: Callable[[], object]) -> AsyncGenerator[None, None]:
    """Close a client when its event loop ends, and forget both.

    A loop closes the async generators that were started in it (``loop.shutdown_asyncgens``, which
    ``asyncio.run`` calls), so this one's ``finally`` runs in time. One client shared by all loops
    is why every peer fails with "Event loop is closed" when ``asyncio.run`` is called twice.
    """
    try:
        yield
    finally:
        forget()
        await client.aclose()
        _closing_soon.discard(client)
