"""Fetching a picture or video from the web, for callers who ask for it.

Owns: one download, bounded in time and size, from public addresses alone. May know: errors;
certifi. No other room calls it: it is handed in, as ``media_fetcher``, so that building a request
stays free of the network.

A message may come from anybody, and so may the URL in it. What it names is looked at after the name
was resolved, at every redirect, and the connection goes to the address that was looked at: a name
that resolves to another address a moment later gains nothing by it.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import threading
import time
from concurrent import futures
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib import request
from urllib.error import HTTPError
from urllib.parse import urlsplit

import certifi

from kimi_core.errors import KimiConfigError

if TYPE_CHECKING:
    from http.client import HTTPResponse

__all__ = ["fetch_media"]

_SHOWN = 80  # characters of a URL in an error
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# What Python calls global, or did in 3.10: a network's own NAT64 (RFC 8215), IPv4 in two spellings
# that no machine need send away (RFC 4291, RFC 2765), and what went before fd00::/8 (RFC 3879).
_NOT_PUBLIC = tuple(
    map(ipaddress.ip_network, ("64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96", "fec0::/10"))
)


def fetch_media(
    url: str,
    *,
    timeout: float = 30.0,
    max_bytes: int = 75 * 1024 * 1024,
    allow_private: bool = False,
) -> bytes:
    """Return what is at an http(s) URL; redirects to other http(s) URLs are followed.

    It blocks the calling thread: in an event loop fetch beforehand, e.g. with your own HTTP client
    in a thread, and pass the bytes.

    Args:
        url: The address.
        timeout: Seconds that all of it may take, redirects included.
        max_bytes: The largest file; the default is what fits Moonshot's 100 MB body as base64.
        allow_private: Whether addresses that are not public may be asked: this machine, your own
            network, a cloud's metadata. For messages of your own alone:
            ``media_fetcher=functools.partial(fetch_media, allow_private=True)``.

    Raises:
        KimiConfigError: For a URL that answers with no file, an address that may not be asked, or a
            file that is too large or too slow.
    """
    visit = _Visit(timeout, allow_private=allow_private)
    with visit.in_time():
        try:
            data = visit.read(url, max_bytes + 1)
        except (OSError, HTTPException, ValueError) as error:
            if isinstance(error, HTTPError):
                error.close()  # it is the response, too, and holds the connection
            # A socket waits for what is left of the time, and may wake a moment before its end.
            late = visit.over or isinstance(getattr(error, "reason", error), TimeoutError)
            why = f"not whole after {timeout:g} seconds" if late else str(error)
            raise KimiConfigError(
                f"the media at {url[:_SHOWN]!r} cannot be fetched ({why}); give a URL that "
                "answers, a path, or the bytes."
            ) from error
    if len(data) > max_bytes:
        raise KimiConfigError(
            f"the media at {url[:_SHOWN]!r} has more than {max_bytes} bytes; make it smaller, or "
            "upload it as a file and send ms://<file id>."
        )
    return data


class _Visit:
    """The connections of one download."""

    def __init__(self, seconds: float, *, allow_private: bool) -> None:
        self.over = False
        self._seconds, self._end = seconds, time.monotonic() + seconds
        self._allow_private = allow_private
        self._sockets: list[socket.socket] = []
        self.proxied: list[request.Request] = []

    def in_time(self) -> _Timer:
        """Return a context that breaks the connections off when the time is over."""
        return _Timer(self._seconds, self._break_off)

    def _left(self) -> float:
        """Return the seconds that are left; each redirect and each address of a name takes some."""
        left = self._end - time.monotonic()
        self.over = self.over or left <= 0
        if self.over:
            raise OSError("the time is over")
        return left

    def _break_off(self) -> None:
        # The timeout of a socket is for each read: a server that sends a byte now and then would
        # hold the caller for ever.
        self.over = True
        for connected in self._sockets:
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)

    def read(self, url: str, most: int) -> bytes:
        """Return the first bytes of what is there, all of them where there are no more."""
        with self._opener().open(url, timeout=self._left()) as response:
            data: bytes = response.read(most)
            # A read of so many bytes does not mind an end that comes too early.
            if len(data) < most and (self.over or response.length):
                raise HTTPException("the connection ended before the file did")
        return data

    def _opener(self) -> request.OpenerDirector:
        """Return a client of HTTP alone: the standard library's own reads file: and ftp: too."""
        opener = request.OpenerDirector()
        for handler in (
            _Proxies(self),
            _Http(self),
            _Https(self),
            request.HTTPRedirectHandler(),
            request.HTTPDefaultErrorHandler(),
            request.HTTPErrorProcessor(),
            request.UnknownHandler(),
        ):
            opener.add_handler(handler)
        return opener

    def connection(self, kind: Any, asked: request.Request, host: str, **options: Any) -> Any:  # noqa: ANN401 - http.client's
        """Return a connection whose addresses are looked at before they are used."""
        made = kind(host, **options)
        looks = asked not in self.proxied
        # The one place where http.client lets somebody else open the socket; a test pins it.
        made._create_connection = partial(self._connect, looks=looks)  # noqa: SLF001
        return made

    def _connect(
        self, address: tuple[str, int], _timeout: float | None, *_: object, looks: bool
    ) -> socket.socket:
        problem: OSError = OSError("the name has no address")
        for family, kind, protocol, _name, found in self._addresses(*address):
            if looks:
                self._check(str(found[0]), address[0])
            left = self._left()
            opened = socket.socket(family, kind, protocol)
            self._sockets.append(opened)
            opened.settimeout(left)
            try:
                opened.connect(found)
            except OSError as error:
                opened.close()
                problem = error
            else:
                return opened
        raise problem

    def _addresses(self, name: str, port: int | None) -> list[Any]:
        """Look a name up for as long as there is time: the system's own limit is half a minute."""
        found: futures.Future[list[Any]] = futures.Future()

        def look_up() -> None:
            try:
                found.set_result(socket.getaddrinfo(name, port, type=socket.SOCK_STREAM))
            except BaseException as error:  # noqa: BLE001 - raised where it is waited for
                found.set_exception(error)

        threading.Thread(target=look_up, daemon=True).start()
        try:
            return found.result(self._left())
        except futures.TimeoutError as error:
            self.over = True
            raise OSError("the name was not found in time") from error

    def check_behind_proxy(self, target: str) -> None:
        """Look at the addresses of a name that a proxy is asked for."""
        try:
            found = self._addresses(target, None)
        except OSError:
            self._left()
            return  # a name that only the proxy knows is for the proxy to judge
        for *_, address in found:
            self._check(str(address[0]), target)

    def _check(self, address: str, name: str) -> None:
        if not self._allow_private and not _is_public(address):
            raise OSError(
                f"{name!r} is {address}, which is no public address; allow_private=True of "
                "fetch_media lets it be asked"
            )


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    if any(found in network for network in _NOT_PUBLIC):
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inside = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inside = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        found = inside or found
    return found.is_global and not found.is_multicast


class _Timer:
    def __init__(self, seconds: float, over: Any) -> None:  # noqa: ANN401 - a function
        self._timer = threading.Timer(seconds, over)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


class _Proxies(request.ProxyHandler):
    def __init__(self, visit: _Visit) -> None:
        super().__init__()
        self._visit = visit

    def proxy_open(self, req: request.Request, proxy: str, type: str) -> Any:  # noqa: ANN401, A002 - as the base has it
        if not req.host or request.proxy_bypass(req.host):
            return None
        if req not in self._visit.proxied:
            # Of the host as urllib has it, percent signs resolved. A guess by comparing names once
            # took http://%31%32%37.0.0.1 for one behind a proxy, and asked this machine.
            self._visit.check_behind_proxy(urlsplit(f"//{req.host}").hostname or "")
            self._visit.proxied.append(req)
        return super().proxy_open(req, proxy, type)


class _Http(request.HTTPHandler):
    def __init__(self, visit: _Visit) -> None:
        super().__init__()
        self._visit = visit

    def http_open(self, req: request.Request) -> HTTPResponse:
        return self.do_open(partial(self._visit.connection, HTTPConnection, req), req)


class _Https(request.HTTPSHandler):
    def __init__(self, visit: _Visit) -> None:
        self._trusted = ssl.create_default_context(cafile=certifi.where())
        super().__init__(context=self._trusted)
        self._visit = visit

    def https_open(self, req: request.Request) -> HTTPResponse:
        connect = partial(self._visit.connection, HTTPSConnection, req, context=self._trusted)
        return self.do_open(connect, req)
