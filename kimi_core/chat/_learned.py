"""What the answers of a server have told of how it was started.

Owns: what is kept of it from one answer to the next, and the warning that names what is missing.
May know: capabilities, endpoints, errors, request, response.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kimi_core.endpoints.engines import repairs_of
from kimi_core.errors import ServerSetupWarning, warn

if TYPE_CHECKING:
    from kimi_core.capabilities import Capabilities
    from kimi_core.request import Request
    from kimi_core.response import ResponseReader, Splitting

__all__ = ["Learned"]


class Learned:
    """Keeps for each model how its server treats reasoning; a `KimiChat` has one."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._splitting: dict[str, Splitting] = {}

    def splitting(self, request: Request) -> Splitting | None:
        """Return what earlier answers of the request's model said of reasoning."""
        return self._splitting.get(request.capabilities.model)

    def learn(self, request: Request, reader: ResponseReader) -> None:
        """Take what an answer says; warn once where reasoning stands in the content."""
        capabilities, found = request.capabilities, reader.splitting
        before = self._splitting.get(capabilities.model)
        if found is None or found == before or (found == "silent" and before):
            return
        self._splitting[capabilities.model] = found
        if found == "unsplit":
            warn(_unsplit(capabilities), ServerSetupWarning)


def _unsplit(capabilities: Capabilities) -> str:
    endpoint, info = capabilities.endpoint.name, capabilities.info
    repairs = repairs_of(
        endpoint,
        dialect=info.dialect,
        context=info.context_window,
        opened=info.opens_reasoning,
    )
    return (
        f"the server at endpoint {endpoint!r} leaves the reasoning of {capabilities.model!r} in "
        "the content; it is split off here, and an answer is held back until it is. For other "
        f"clients: {repairs['reasoning']}."
    )
