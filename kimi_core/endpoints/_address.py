"""An address and the secret in it, told apart.

Owns: that. May know: errors.
"""

from __future__ import annotations

import base64
from urllib.parse import unquote, urlsplit, urlunsplit

from kimi_core.errors import KimiConfigError

__all__ = ["without_credentials"]


def without_credentials(base_url: str) -> tuple[str, dict[str, str]]:
    """Take a user's name and password out of an address.

    An address is shown: in errors, in traces, in the log of the HTTP library.

    Returns:
        The address without them, and the header that says the same.

    Raises:
        KimiConfigError: Where it is no address at all; it is not shown, since nobody knows then
            what of it is a password.
    """
    try:
        parts = urlsplit(base_url.strip())
    except ValueError:  # its text may quote the password
        message = (
            "base_url is no http(s) URL: a bracket is not closed, or letters are in it that no "
            "host has; write it as 'http://localhost:8000/v1', or 'http://[::1]:8000/v1'."
        )
        raise KimiConfigError(message) from None
    if "@" not in parts.netloc:
        return base_url, {}
    said, _, host = parts.netloc.rpartition("@")
    user, _, password = said.partition(":")
    pair = f"{unquote(user)}:{unquote(password)}".encode()
    header = {"Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"}
    return urlunsplit(parts._replace(netloc=host)), header
