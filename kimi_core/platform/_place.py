"""Where Moonshot's other routes are, given an address.

Owns: that Moonshot's key goes to no unknown host unasked. May know: config, endpoints, errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kimi_core.endpoints import endpoint_at, get_endpoint
from kimi_core.errors import KimiConfigError

if TYPE_CHECKING:
    from kimi_core.config import ApiKey
    from kimi_core.endpoints import Endpoint

__all__ = ["moonshot_at"]


def moonshot_at(base_url: str | None, api_key: ApiKey | None) -> Endpoint:
    """Return the preset of an address for a client of Moonshot's routes.

    Raises:
        KimiConfigError: For an unknown host without a key that was meant for it.
    """
    row = endpoint_at(base_url)
    if row.name != "custom":
        return row
    if api_key is None:
        raise KimiConfigError(
            f"base_url {base_url!r} is no address of Moonshot's, and its key is not sent elsewhere "
            "unasked; pass endpoint='moonshot' for a relay of Moonshot's, or api_key."
        )
    return get_endpoint("moonshot")
