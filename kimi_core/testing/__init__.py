"""Local stand-ins for Moonshot's API and for engines of your own, for our tests and for yours.

Owns: a server that simulates Moonshot's API by its published rules, and one that simulates engines.
May know: its own files.

Everything here is simulated: the rules come from Moonshot's documents, from its published schema
validator and conformance suite, and from error bodies that users quoted, not from the server
itself, which may differ. No model runs. It listens on 127.0.0.1 only::

    with MoonshotSimulator() as server:
        server.reply(SimulatedReply(content="Hi", reasoning="A greeting."))
        model = ChatKimiK2(endpoint="moonshot", base_url=server.base_url, api_key=server.api_key)

`EngineSimulator` stands for vLLM, SGLang, llama.cpp, TensorRT-LLM or KTransformers, started in one
of several ways; the rows of `ENGINE_PROFILES` say what each is known from::

    with EngineSimulator("sglang-raw") as server:
        model = ChatKimiK2(endpoint="sglang", base_url=server.base_url)
"""

from kimi_core.testing._engine_server import EngineSimulator
from kimi_core.testing._engines import ENGINE_PROFILES, EngineProfile
from kimi_core.testing._outcome import RecordedRequest, Refusal
from kimi_core.testing._replies import SimulatedReply, SimulatedToolCall
from kimi_core.testing._rules import RULES, Rule
from kimi_core.testing._server import MoonshotSimulator

__all__ = [
    "ENGINE_PROFILES",
    "RULES",
    "EngineProfile",
    "EngineSimulator",
    "MoonshotSimulator",
    "RecordedRequest",
    "Refusal",
    "Rule",
    "SimulatedReply",
    "SimulatedToolCall",
]
