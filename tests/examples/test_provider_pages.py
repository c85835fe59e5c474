"""The pages that are sent to other projects run as they stand, against the simulator.

Owns: what is answered to each of their questions. No model answers.
"""

from __future__ import annotations

import importlib
import re
import textwrap
from functools import partial
from pathlib import Path

import pytest

from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall

PAGES = Path(__file__).parents[2] / "docs" / "provider_pages"
SAYS = {
    "chat_kimi.mdx": [
        SimulatedReply(content="Rayleigh.", reasoning="Scattering."),
        SimulatedReply(tool_calls=[SimulatedToolCall("depth_of", '{"river": "Elbe"}')]),
        SimulatedReply(content="15 metres."),
        SimulatedReply(content='{"ship": "Aurora", "days": 11}'),
    ],
    "provider_kimi.mdx": [],
    "llamahub.txt": [SimulatedReply(content="Rayleigh.")],
}


def code_of(page: Path) -> str:
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".txt":
        indented = re.findall(r"(?:^ {4}.*\n)+", text, re.MULTILINE)
        return "\n".join(textwrap.dedent(block) for block in indented)
    return "\n".join(re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("name", SAYS)
def test_a_page_runs_as_it_stands(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = "llama_index_kimi" if name == "llamahub.txt" else "langchain_kimi"
    for needed in ("llama_index.core", "langchain.chat_models.base"):
        pytest.importorskip(needed)
    base = importlib.import_module("langchain.chat_models.base")
    monkeypatch.setattr(base, "_BUILTIN_PROVIDERS", dict(base._BUILTIN_PROVIDERS))
    module = importlib.import_module(adapter)
    code = code_of(PAGES / name)
    assert "ChatKimiK2" in code
    with MoonshotSimulator() as server:
        for reply in SAYS[name]:
            server.reply(reply)
        where = {"base_url": server.base_url, "api_key": server.api_key}
        monkeypatch.setenv("MOONSHOT_API_KEY", server.api_key)
        monkeypatch.setattr(module, "ChatKimiK2", partial(module.ChatKimiK2, **where))
        if hasattr(module, "official_tools"):
            monkeypatch.setattr(module, "official_tools", partial(module.official_tools, **where))
        exec(compile(code, name, "exec"), {"__name__": name})  # noqa: S102 - our own page
    asked = [seen for seen in server.requests if seen.path.endswith("/chat/completions")]
    assert len(asked) == len(SAYS[name])
    assert server.refusals == []


def test_every_page_is_run() -> None:
    assert {path.name for path in PAGES.iterdir()} == {*SAYS, "README.md"}
