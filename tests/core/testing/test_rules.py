"""Every rule: a request that breaks it, the body that comes back, and a legal twin that passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kimi_core.testing import RULES, MoonshotSimulator
from tests.core.testing import cases_messages, cases_model, cases_tools
from tests.core.testing.cases_schema import SCHEMAS
from tests.core.testing.support import Case, body, post, tool

if TYPE_CHECKING:
    from collections.abc import Iterator

_CASES = [*cases_model.CASES, *cases_messages.CASES, *cases_tools.CASES]
_OF_K3 = [case for case in _CASES if case.broken["model"] == "kimi-k3"]


@pytest.fixture(scope="module")
def server() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator() as running:
        yield running


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.id)
def test_a_broken_rule_is_refused_with_its_body(server: MoonshotSimulator, case: Case) -> None:
    rule = RULES[case.rule]
    status, answer = post(server, case.broken)
    assert answer == {"error": {"message": case.message, "type": rule.type}}
    assert status == rule.status
    assert server.refusals[-1].rule == case.rule
    assert server.refusals[-1].message == case.message


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.id)
def test_the_legal_twin_passes(server: MoonshotSimulator, case: Case) -> None:
    status, answer = post(server, case.legal)
    assert (status, answer["object"]) == (200, "chat.completion")


@pytest.mark.parametrize("model", ["kimi-k3.1-pro", "kimi-k3.1-pro-highspeed"])
@pytest.mark.parametrize("case", _OF_K3, ids=lambda case: case.id)
def test_the_successors_of_kimi_k3_have_its_rules(
    server: MoonshotSimulator, case: Case, model: str
) -> None:
    status, answer = post(server, {**case.broken, "model": model})
    assert (status, answer["error"]["message"]) == (RULES[case.rule].status, case.message)
    if case.legal["model"] == "kimi-k3":
        assert post(server, {**case.legal, "model": model})[0] == 200


def test_every_rule_has_a_case() -> None:
    assert {case.rule for case in _CASES} == set(RULES)


def test_an_unknown_model_is_the_only_404() -> None:
    other = {rule.name: (rule.status, rule.type) for rule in RULES.values()}
    assert other.pop("model") == (404, "resource_not_found_error")
    assert set(other.values()) == {(400, "invalid_request_error")}


@pytest.mark.parametrize(
    ("broken", "problem"), [(s[1], s[2]) for s in SCHEMAS], ids=[s[0] for s in SCHEMAS]
)
def test_a_schema_outside_the_flavour_is_refused(
    server: MoonshotSimulator, broken: object, problem: str
) -> None:
    function = {"name": "add", "parameters": broken}
    status, answer = post(server, body(tools=[{"type": "function", "function": function}]))
    assert status == 400
    assert answer["error"]["message"] == (
        "Invalid request: tools.function.parameters is not a valid moonshot flavored json schema, "
        f"details: <{problem}>"
    )


@pytest.mark.parametrize("legal", [s[3] for s in SCHEMAS], ids=[s[0] for s in SCHEMAS])
def test_the_schema_s_legal_twin_passes(server: MoonshotSimulator, legal: object) -> None:
    status, answer = post(server, body(tools=[tool(legal)], tool_choice="none"))
    assert (status, answer["object"]) == (200, "chat.completion")


def test_unknown_fields_may_be_let_pass() -> None:
    with MoonshotSimulator(unknown_fields="ignore") as lenient:
        status, _ = post(lenient, body({"role": "user", "content": "Hi", "x": 1}, seed=42))
        assert (status, lenient.refusals) == (200, [])


@pytest.mark.parametrize("model", ["kimi-k2.6", "kimi-k3", "kimi-k3.1-pro"])
def test_the_verifier_s_temperatures_pass_where_it_is_asked_for(model: str) -> None:
    with MoonshotSimulator(rules="verifier") as server:
        taken = [t for t in (-0.1, 0, 0.3, 0.6, 1, 1.1) if _takes(server, model, temperature=t)]
        off = {"type": "disabled"}
        without = [t for t in (0, 0.6, 1) if _takes(server, model, temperature=t, thinking=off)]
    assert (taken, without) == ([0, 0.6, 1], [0.6])


def _takes(server: MoonshotSimulator, model: str, **fields: object) -> bool:
    return post(server, body(model=model, **fields))[0] == 200


def test_no_rule_applies_to_a_lenient_server() -> None:
    with MoonshotSimulator(rules="none") as lenient:
        for case in _CASES:
            status, _ = post(lenient, case.broken)
            assert status in {200, 500}, case.id
        assert lenient.refusals == []


def test_a_lenient_server_says_so_when_it_has_no_answer() -> None:
    with MoonshotSimulator(rules="none") as lenient:
        status, answer = post(lenient, body(tools=[tool()], tool_choice={"type": "any"}))
    assert (status, answer["error"]["type"]) == (500, "server_error")
    assert "KeyError" in answer["error"]["message"]
