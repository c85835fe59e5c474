"""Addresses and keys that cannot work, refused before a request.

Owns: what a base URL must look like, and whose keys begin how. May know: its own files, errors.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from kimi_core.endpoints._address import without_credentials
from kimi_core.endpoints._hosted import HOSTED, OTHER_KEY_PREFIXES
from kimi_core.endpoints._type import Endpoint
from kimi_core.errors import KimiConfigError

__all__ = ["check_api_key", "check_base_url"]

_HEADER = re.compile(r"[\x20-\x7e]*")
_ROUTES = ("/chat/completions", "/completions", "/models")
_ADDRESSES = {urlsplit(row.base_url).netloc: row for row in HOSTED}
# What is written for a known host when its own path was not looked up.
_GUESSED_PATHS = ("", "/v1", "/api", "/openai", "/anthropic", "/inference")
_PREFIXES = {prefix: row.name for row in HOSTED for prefix in row.key_prefixes}


def check_base_url(base_url: str, *, endpoint: str, any_path: bool = False) -> str:
    """Return a base URL without a trailing slash, or say what is wrong with it.

    Args:
        base_url: Where an API is.
        endpoint: Whose address it is, for the message.
        any_path: Whether a missing path is no mistake.

    Raises:
        KimiConfigError: Where it is empty, has no scheme, names a route instead of a base, or has
            no path: servers have their API below ``/v1``, known hosts where their row says.
    """
    base_url, _ = without_credentials(base_url)
    url = base_url.strip().rstrip("/")
    asked = f"base_url {base_url!r} of endpoint {endpoint!r}"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise KimiConfigError(f"{asked} is not an http(s) URL: {error}.") from error
    if parts.query or parts.fragment:
        message = (
            f"{asked} has more behind its path, where routes are added; write "
            f"{url.partition('?')[0].partition('#')[0]!r}, and parameters as default_query={{...}}."
        )
        raise KimiConfigError(message)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        message = (
            f"{asked} is not an http(s) URL; "
            "write it with its scheme and /v1, e.g. 'http://localhost:8000/v1'."
        )
        raise KimiConfigError(message)
    for route in _ROUTES:
        if parts.path.endswith(route):
            message = f"{asked} names a route; leave off {route!r}: {url.removesuffix(route)!r}."
            raise KimiConfigError(message)
    known = _ADDRESSES.get(parts.netloc)
    if known is not None and parts.path in _GUESSED_PATHS and url != known.base_url:
        message = f"{asked} is not where the API of that host is; use {known.base_url!r}."
        raise KimiConfigError(message)
    if not parts.path and not any_path:
        message = (
            f"{asked} has no path, and nearly every server has its API below /v1: use "
            f"'{url}/v1', or endpoint='custom' for a server that has none."
        )
        raise KimiConfigError(message)
    return url


def check_api_key(key: str, endpoint: Endpoint) -> None:
    """Refuse a key that no header can carry, and one that another vendor gave out.

    Self-hosted and custom servers may want any key, so the beginning of theirs is not looked at.

    Raises:
        KimiConfigError: It names the vendor, and never the key.
    """
    if not _HEADER.fullmatch(key):
        message = (
            f"api_key for endpoint {endpoint.name!r} holds a character that no HTTP header can "
            "carry (a line end, another control character, or one that is not ASCII); copy it "
            "again from the site where it was made."
        )
        raise KimiConfigError(message)
    if not endpoint.needs_key or key.startswith(endpoint.key_prefixes or ("\0",)):
        return
    # The longest first: sk-or- before sk_ and its like.
    for prefix in sorted((*_PREFIXES, *OTHER_KEY_PREFIXES), key=len, reverse=True):
        if key.startswith(prefix):
            owner = _PREFIXES.get(prefix)
            whose = f"endpoint {owner!r}" if owner else OTHER_KEY_PREFIXES[prefix]
            way_out = f", or use endpoint={owner!r}" if owner else ""
            message = (
                f"api_key for endpoint {endpoint.name!r} begins with {prefix!r}, as keys of "
                f"{whose} do; pass a key of {endpoint.name!r}{way_out}."
            )
            raise KimiConfigError(message)
