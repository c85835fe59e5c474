"""An address and the secret in it, told apart.

Owns: that. May know: the standard library.
"""

from __future__ import annotations

import base64
import re
from urllib.parse import unquote, urlsplit, urlunsplit

__all__ = ["without_credentials"]


def without_credentials(base_url: str) -> tuple[str, dict[str, str]]:
    """Take a user's name and password out of an address.

    An address is shown: in errors, in traces, in the log of the HTTP library.

    Returns:
        The address without them, and the header that says the same.
    """
    try:
        parts = urlsplit(base_url.strip())
    except ValueError:  # whoever checks the address says so, and shows it
        return re.sub(r"//[^/]*@", "//", base_url), {}
    if "@" not in parts.netloc:
        return base_url, {}
    said, _, host = parts.netloc.rpartition("@")
    user, _, password = said.partition(":")
    pair = f"{unquote(user)}:{unquote(password)}".encode()
    header = {"Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"}
    return urlunsplit(parts._replace(netloc=host)), header
