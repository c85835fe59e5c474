"""What errors of the SDK and of the HTTP library show -> the same without keys and passwords.

Owns: which parts of a request are secret, and where in a chain of errors they stand. May know: its
own files.

Callbacks, tracers and crash reports are handed the error itself: with the request that failed,
whose headers hold the key, with the server's answer, which may repeat it (langchain-core gives its
body to ``on_llm_error``), and with the errors behind it, whose sentences name the address with its
query. So all of these are copies that show none of it; request and answer themselves stay whole.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from kimi_core.errors._aiohttp import hide_request
from kimi_core.errors._facts import redacted

__all__ = ["hide_key"]

_HIDDEN = "[hidden]"
# Headers and parameters whose values a server might repeat, and nobody should see; others say who
# asks.
_SECRET = re.compile("auth|cookie|key|secret|token", re.IGNORECASE)
# Of a request, what the SDK and the HTTP library say themselves; any other header is the caller's.
_PLAIN = re.compile(
    "accept.*|connection|content-.*|host|user-agent|x-stainless-.*|idempotency-key", re.IGNORECASE
)
_OF_FRAMING = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_TEXTS = ("message", "body", "server_message", "doc")


def hide_key(exc: BaseException, sent: Any) -> None:  # noqa: ANN401 - of the SDK or the HTTP library
    """Take the key out of an error and of those behind it, which may repeat what the server said.

    Args:
        exc: The error; one of the SDK's stays in the chain as a cause, whose sentence a traceback
            prints too.
        sent: What has the ``request`` with the key: one that rotates is known nowhere else.
    """
    secrets = ["", *_secrets_in(sent.request)]  # what looks like a key is hidden in any case
    for error in _chain(exc):
        hide_request(error)
        error.args = _without(error.args, secrets)
        for name in _TEXTS:
            if name in vars(error):
                setattr(error, name, _without(vars(error)[name], secrets))
        _hide_exchange(error, secrets)


def _without(value: Any, secrets: list[str]) -> Any:  # noqa: ANN401 - any JSON value
    for secret in secrets:
        value = redacted(value, secret)
    return value


def _chain(exc: BaseException | None) -> Iterator[BaseException]:
    waiting, seen = [exc], set[int]()
    while waiting:
        error = waiting.pop()
        if error is not None and id(error) not in seen:
            seen.add(id(error))
            yield error
            waiting += [error.__cause__, error.__context__]


def _secrets_in(request: Any) -> Iterator[str]:  # noqa: ANN401 - of httpx or httpx2
    for name, value in request.headers.items():
        scheme, _, said = value.partition(" ")
        if _SECRET.search(name):
            yield value
        if name.lower() == "authorization":
            yield said
        if scheme == "Basic":  # of a password in an address
            with suppress(ValueError):
                yield base64.b64decode(said).decode().partition(":")[2]
    for name, value in parse_qsl(str(request.url).partition("?")[2]):
        if _SECRET.search(name):
            yield value
    from urllib.request import getproxies_environment  # a third of what importing errors takes

    for proxy in getproxies_environment().values():
        with suppress(ValueError):  # of an address that is none
            yield unquote(urlsplit(proxy).password or "")


def _hide_exchange(error: BaseException, secrets: list[str]) -> None:
    """Put copies in place of the request and the answer that an error holds."""
    told: Any = error
    request, response = _held(error, "request"), _held(error, "response")
    if request is not None:
        told.request = shown = _shown_request(request)
        if response is not None:
            told.response = _shown_response(response, shown, secrets)


def _held(error: BaseException, name: str) -> Any:  # noqa: ANN401 - of httpx or httpx2
    with suppress(RuntimeError):  # the HTTP library's, of a request that it was not told
        found = getattr(error, name, None)
        return found if hasattr(found, "headers") else None
    return None


def _shown_request(request: Any) -> Any:  # noqa: ANN401 - as above
    url = request.url
    for name in url.params:
        if _SECRET.search(name):
            url = url.copy_set_param(name, _HIDDEN)
    headers = {
        name: value if _PLAIN.fullmatch(name) else _HIDDEN
        for name, value in request.headers.items()
        if name.lower() not in _OF_FRAMING
    }
    return type(request)(request.method, url, headers=headers)


def _shown_response(response: Any, request: Any, secrets: list[str]) -> Any:  # noqa: ANN401 - as above
    headers = [
        (name, _HIDDEN if "cookie" in name.lower() else _without(value, secrets))
        for name, value in response.headers.multi_items()
        if name.lower() not in _OF_FRAMING
    ]
    content = _read_so_far(response).decode(errors="surrogateescape")
    return type(response)(
        response.status_code,
        headers=headers,
        content=_without(content, secrets).encode(errors="surrogateescape"),
        request=request,
    )


def _read_so_far(response: Any) -> bytes:  # noqa: ANN401 - as above
    with suppress(RuntimeError):  # the HTTP library's, of a body that was not read
        content: bytes = response.content
        return content
    return b""
