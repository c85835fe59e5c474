"""Keywords of the classes that users come from say what to write instead, in both adapters.

Owns: that none of them is sent to a server, a key least of all, and that what is named exists.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from kimi_core import endpoints
from kimi_core.errors import OLD_NAMES, KimiConfigError
from langchain_kimi import ChatKimiK2 as LangChainKimi
from llama_index_kimi import ChatKimiK2 as LlamaIndexKimi

adapters = pytest.mark.parametrize("kind", [LangChainKimi, LlamaIndexKimi])
# Each framework has one of them.
OWN = {LangChainKimi: "model_kwargs", LlamaIndexKimi: "additional_kwargs"}


@adapters
@pytest.mark.parametrize("name", OLD_NAMES)
def test_an_old_name_says_what_to_write(kind: Any, name: str) -> None:
    if name == OWN[kind]:
        kind(api_key="k", **{name: {"top_k": 5}})
        return
    with pytest.raises(KimiConfigError) as caught:
        kind(api_key="k", **{name: "sk-made-up"})
    sentence = str(caught.value)
    assert sentence == f"ChatKimiK2 has no setting {name!r}; {OLD_NAMES[name]}."
    assert "sk-made-up" not in sentence


@adapters
@pytest.mark.parametrize("name", OLD_NAMES)
def test_what_is_to_be_written_exists(kind: Any, name: str) -> None:
    fields = {alias for item in kind.model_fields.values() if (alias := item.alias)}
    known = kind.model_fields.keys() | fields | {"api_key", "base_url"}
    for written in re.findall(r"write (\w+)=", OLD_NAMES[name]):
        assert written in known or name == OWN[kind]
    for argument in re.findall(r"openrouter\((\w+)=", OLD_NAMES[name]):
        assert endpoints.openrouter(**{argument: "x"}).default_headers


@adapters
@pytest.mark.parametrize(
    "working",
    [{"api_base": "http://gpu:8000/v1"}, {"max_completion_tokens": 5}, {"request_timeout": 3}],
    ids=lambda working: next(iter(working)),
)
def test_old_names_that_mean_the_same_go_on_working(kind: Any, working: dict[str, Any]) -> None:
    kind(api_key="k", **working)
