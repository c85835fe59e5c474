"""Addresses and keys that cannot work, refused before a request.

Owns: what a base URL must look like, and whose keys begin how. May know: its own files, errors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from kimi_core.endpoints._address import without_credentials
from kimi_core.endpoints._hosted import HOSTED, OTHER_KEY_PREFIXES
from kimi_core.endpoints._type import Endpoint
from kimi_core.errors import KimiConfigError

__all__ = ["check_api_key", "check_base_url", "check_headers"]

_HEADER = re.compile(r"[\x20-\x7e]*")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"(?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?")
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
        KimiConfigError: Where it is empty, has no scheme, a query or no real port, names a route
            instead of a base, or has no path: servers have their API below ``/v1``, known hosts
            where their row says.
    """
    base_url, _ = without_credentials(base_url)
    url = base_url.strip().rstrip("/")
    parts = urlsplit(url)
    # What is left of a user's name and password was not found by the standard's rules.
    shown = repr(base_url) if "@" not in base_url else "(not shown, for it has an '@')"
    asked = f"base_url {shown} of endpoint {endpoint!r}"
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        message = (
            f"{asked} is not an http(s) URL; "
            "write it with its scheme and /v1, e.g. 'http://localhost:8000/v1'."
        )
        raise KimiConfigError(message)
    _check_parts(parts, f"base_url of endpoint {endpoint!r}")
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


def _check_parts(parts: SplitResult, asked: str) -> None:
    """Refuse what a route cannot be written behind, unseen: it may be, or hold, a secret."""
    if parts.query or parts.fragment:
        message = (
            f"{asked} has a '?' or a '#', behind which no route can stand; give a query as "
            "default_query={...}, and write either as %3F or %23 in a password."
        )
        raise KimiConfigError(message)
    try:
        _ = parts.port
    except ValueError:
        message = (
            f"{asked} has no port behind its ':', which is a number up to 65535; write a '/' in a "
            "password as %2F."
        )
        raise KimiConfigError(message) from None


def check_headers(headers: Mapping[str, object], setting: str) -> None:
    """Refuse headers that HTTP cannot carry.

    Args:
        headers: Values that are no text, such as the SDK's own, are not looked at.
        setting: Where they were given, for the message.

    Raises:
        KimiConfigError: It names the header, and never its value.
    """
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            message = f"{setting}: {name!r} cannot be the name of a header; use letters and '-'."
            raise KimiConfigError(message)
        if isinstance(value, str) and not _HEADER_VALUE.fullmatch(value):
            message = (
                f"{setting}: the value of {name!r} holds a character that no HTTP header can carry "
                "(a line end, another control character, one that is not ASCII, or a blank at its "
                "beginning or end); correct it."
            )
            raise KimiConfigError(message)


def check_api_key(key: str, endpoint: Endpoint) -> None:
    """Refuse a key that no header can carry, and one that another vendor gave out.

    A self-hosted or custom endpoint may want any key, so the beginning of its is not looked at.

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
    if key.lower().startswith("bearer "):
        raise KimiConfigError(
            f"api_key for endpoint {endpoint.name!r} begins with 'Bearer', which is put before it "
            "when it is sent; pass what stands behind it."
        )
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
