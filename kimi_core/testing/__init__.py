"""A strict local stand-in for Moonshot's API, for our tests and for yours.

Owns: a server that simulates Moonshot's API by its published rules.
May know: its own files.

Everything here is simulated: the rules come from Moonshot's documents, from its published schema
validator and conformance suite, and from error bodies that users quoted, not from the server
itself, which may differ. No model runs. It listens on 127.0.0.1 only::

    with MoonshotSimulator() as server:
        server.reply(SimulatedReply(content="Hi", reasoning="A greeting."))
        model = ChatKimiK2(endpoint="moonshot", base_url=server.base_url, api_key=server.api_key)
"""

from kimi_core.testing._outcome import RecordedRequest, Refusal
from kimi_core.testing._replies import SimulatedReply, SimulatedToolCall
from kimi_core.testing._rules import RULES, Rule
from kimi_core.testing._server import MoonshotSimulator

__all__ = [
    "RULES",
    "MoonshotSimulator",
    "RecordedRequest",
    "Refusal",
    "Rule",
    "SimulatedReply",
    "SimulatedToolCall",
]
