"""Fetching a picture or video from the web, for callers who ask for it.

Owns: one download, bounded in time and size. May know: errors; certifi. No other room calls it: it
is handed in, as ``media_fetcher``, so that building a request stays free of the network.

Whatever address a message names is asked, one inside your own network too: whoever passes other
people's messages on should hand in a function that looks at the address first.
"""

from __future__ import annotations

import ssl
from http.client import HTTPException
from urllib import request
from urllib.error import HTTPError

import certifi

from kimi_core.errors import KimiConfigError

__all__ = ["fetch_media"]

_SHOWN = 80  # characters of a URL in an error


def fetch_media(url: str, *, timeout: float = 30.0, max_bytes: int = 75 * 1024 * 1024) -> bytes:
    """Return what is at an http(s) URL; redirects to other http(s) URLs are followed.

    It blocks the calling thread: in an event loop fetch beforehand, e.g. with your own HTTP client
    in a thread, and pass the bytes.

    Args:
        url: The address.
        timeout: Seconds without a byte before it gives up.
        max_bytes: The largest file; the default is what fits Moonshot's 100 MB body as base64.

    Raises:
        KimiConfigError: For a URL that answers with no file, or a file that is too large.
    """
    try:
        with _opener().open(url, timeout=timeout) as response:
            data: bytes = response.read(max_bytes + 1)
    except (OSError, HTTPException, ValueError) as error:
        if isinstance(error, HTTPError):
            error.close()  # it is the response, too, and holds the connection
        raise KimiConfigError(
            f"the media at {url[:_SHOWN]!r} cannot be fetched ({error}); give a URL that answers, "
            "a path, or the bytes."
        ) from error
    if len(data) > max_bytes:
        raise KimiConfigError(
            f"the media at {url[:_SHOWN]!r} has more than {max_bytes} bytes; make it smaller, or "
            "upload it as a file and send ms://<file id>."
        )
    return data


def _opener() -> request.OpenerDirector:
    """Return a client of HTTP alone: the standard library's own also reads file: and ftp: URLs."""
    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(),
        request.HTTPHandler(),
        request.HTTPSHandler(context=ssl.create_default_context(cafile=certifi.where())),
        request.HTTPRedirectHandler(),
        request.HTTPDefaultErrorHandler(),
        request.HTTPErrorProcessor(),
        request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener
