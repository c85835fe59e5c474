"""The tutorial in the class docstring: every example runs, in order, on a simulated server."""

from __future__ import annotations

import re
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kimi_core.endpoints import ENDPOINTS
from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall
from langchain_kimi import ChatKimiK2

if TYPE_CHECKING:
    import pytest

EXAMPLES = [
    textwrap.dedent(code)
    for code in re.findall(r"```python\n(.*?)```", ChatKimiK2.__doc__ or "", re.DOTALL)
]


def test_the_examples_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {}
    with MoonshotSimulator() as server:
        here = replace(ENDPOINTS["moonshot"], base_url=server.base_url)
        monkeypatch.setitem(ENDPOINTS, "moonshot", here)  # type: ignore[arg-type]  # a dict behind Mapping
        monkeypatch.setenv("MOONSHOT_API_KEY", server.api_key)
        server.reply(
            SimulatedReply(tool_calls=[SimulatedToolCall("get_weather", {"city": "Paris"})]),
            SimulatedReply(content="Sunny."),
        )
        for example in EXAMPLES:
            exec(compile(example, "<docstring>", "exec"), names)  # noqa: S102 - our own text
        assert server.refusals == []
        assert len(server.requests) == 3
    assert capsys.readouterr().out == ""
    assert len(EXAMPLES) == 3
    assert names["messages"][-1].content == "Paris: sunny"
