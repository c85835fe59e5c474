"""One GET, without the SDK: what stands at an address, whatever it is.

Owns: fetching a page that may not be an API's at all. May know: the standard library, certifi,
errors. A redirect is not followed: the key would go along to wherever it leads.
"""

from __future__ import annotations

import http.client
import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import certifi

from kimi_core._json import as_mapping, as_sequence
from kimi_core.errors import KimiConnectionError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Page", "get"]

# A list of models is the longest thing that is asked for: OpenRouter's has some 700 kB.
_LONGEST_PAGE = 8_000_000


@dataclass(frozen=True, slots=True)
class Page:
    """What an address answered.

    Attributes:
        status: The HTTP status.
        body: The JSON body, or None where it is none.
    """

    status: int
    body: object | None

    @property
    def rows(self) -> list[Mapping[str, Any]] | None:
        """The models that it lists, or None where it is no list of models."""
        fields = as_mapping(self.body)
        # Together answers with the bare list.
        rows = as_sequence(self.body if fields is None else fields.get("data"))
        if rows is None:
            return None
        return [row for row in map(as_mapping, rows) if row and "id" in row]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:  # noqa: ANN401 - the base class's
        """Take the redirect itself for the answer."""


def get(url: str, *, headers: Mapping[str, str], timeout: float) -> Page:
    """Fetch an address; any status is an answer.

    Args:
        url: The address, http or https.
        headers: The request's headers.
        timeout: Seconds until a silent server counts as unreachable.

    Raises:
        KimiConnectionError: Where there was no answer.
    """
    opener = urllib.request.build_opener(
        _NoRedirect, urllib.request.HTTPSHandler(context=_context())
    )
    request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 - checked to be http(s)
    try:
        try:
            with opener.open(request, timeout=timeout) as answer:
                return Page(answer.status, _json(answer.read(_LONGEST_PAGE)))
        except urllib.error.HTTPError as error:
            with error:
                return Page(error.code, _json(error.read(_LONGEST_PAGE)))
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise KimiConnectionError(f"no answer from {url}: {reason}") from error


@lru_cache(maxsize=1)
def _context() -> ssl.SSLContext:
    # Building one takes 20 to 40 ms.
    return ssl.create_default_context(cafile=certifi.where())


def _json(data: bytes) -> object | None:
    try:
        value: object = json.loads(data)
    except ValueError:
        return None
    return value
