"""What holds for every model and endpoint, and sentences that name the setting.

Owns: settings on the chat route, beside the table of exact payloads (test_payloads.py). Histories
are in test_history.py, tool_choice in test_tool_choice.py, prompts rendered here in
test_request_raw.py.
"""

from __future__ import annotations

import pytest

from kimi_core.endpoints import ENDPOINTS
from kimi_core.errors import KimiConfigError
from kimi_core.models import MODELS
from tests.core.asking import ask, payload


def test_other_fields_are_sent_as_they_are_and_win() -> None:
    found = payload("moonshot", temperature=1.0, extra={"temperature": 0.3, "model": "another"})
    assert found == {"model": "another", "temperature": 0.3}


def test_the_route() -> None:
    assert ask("moonshot").path == "/chat/completions"
    assert ask("local").path == "/completions"


@pytest.mark.parametrize("endpoint", ["moonshot", "moonshot-cn"])
def test_a_pinned_value_is_refused_with_the_way_out(endpoint: str) -> None:
    with pytest.raises(KimiConfigError) as caught:
        payload(endpoint, "kimi-k2.6", temperature=0.7)
    assert str(caught.value) == (
        f"temperature=0.7 is refused by model 'kimi-k2.6' on {endpoint}: only 1 is accepted. "
        "Leave temperature out, or pass unsupported='warn' where other code sets it."
    )


@pytest.mark.parametrize("endpoint", sorted(set(ENDPOINTS) - {"moonshot", "moonshot-cn"}))
def test_elsewhere_sampling_is_free(endpoint: str) -> None:
    found = payload(endpoint, "kimi-k2.6", temperature=0.2, top_p=0.5)
    assert (found["temperature"], found["top_p"]) == (0.2, 0.5)


# endpoint, model, effort -> rule
EFFORTS = [
    ("moonshot", "kimi-k3", "medium", "takes one of low, high, max; leave it out."),
    ("vllm", "kimi-k2-instruct", "low", "has no reasoning_effort; leave it out, or use kimi-k3."),
]


@pytest.mark.parametrize("api", ["chat", "completions"])
@pytest.mark.parametrize(("endpoint", "model", "effort", "rule"), EFFORTS)
def test_an_effort_that_the_model_has_not_is_refused(
    endpoint: str, model: str, effort: str, rule: str, api: str
) -> None:
    with pytest.raises(KimiConfigError) as caught:
        payload(endpoint, model, reasoning_effort=effort, overrides={"api": api})
    assert str(caught.value) == (
        f"reasoning_effort {effort!r} does not go with model "
        f"{ask(endpoint, model).capabilities.model!r}, which {rule}"
    )


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("model", sorted(set(MODELS) - {"kimi-k2-base"}))
@pytest.mark.filterwarnings("ignore::kimi_core.RetiredModelWarning")
def test_what_was_not_set_is_not_sent(endpoint: str, model: str) -> None:
    row = ENDPOINTS[endpoint]
    found = payload(endpoint, model)
    # Two exceptions: the completions route, whose own limit is 16 tokens on vLLM, and the blanks
    # that vLLM puts round markers.
    completion = {"model", "prompt", "stop", "max_tokens"}
    allowed = completion if row.api == "completions" else {"model", *row.chat_fields}
    assert not row.chat_fields or endpoint == "vllm"
    if row.tool_call_parser == "client":
        allowed |= set(row.raw_fields)
    assert set(found) == allowed


def test_a_base_model_can_be_asked_although_it_has_no_prompt() -> None:
    assert payload("sglang", "kimi-k2-base") == {"model": "moonshotai/Kimi-K2-Base"}
    with pytest.raises(KimiConfigError, match="model 'kimi-k2-base' has no known prompt"):
        payload("sglang", "kimi-k2-base", overrides={"api": "completions"})
