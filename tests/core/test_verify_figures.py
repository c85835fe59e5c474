"""Figures and their intervals: pure functions over rows."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kimi_core.endpoints import get_endpoint
from kimi_core.models import MODELS
from kimi_core.verify import (
    Agreement,
    Cost,
    IdFormat,
    Latency,
    Row,
    Share,
    difference,
    f1_interval,
    own_samples,
    valid_call,
    wilson,
)
from kimi_core.verify._figures import agreement_of
from kimi_core.verify._intervals import median_of
from kimi_core.verify._outcome import leaks
from kimi_core.verify._whole import whole_body
from tests.core.simulated_vendor import DAMAGES, RIGHT, TOOL, Vendor

SEEDS = range(20)
RATES = {"calls": 0.55, "damaged": 0.13}


def call(name: str = "book_room", arguments: Any = RIGHT, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"functions.{name}:0",
        "function": {"name": name, "arguments": arguments},
        **fields,
    }


def answer(*calls: dict[str, Any], at: int = 1, usage: Any = None, **fields: Any) -> Row:
    message = {"role": "assistant", "content": "", "tool_calls": [*calls]}
    choice = {"message": message, "finish_reason": "tool_calls" if calls else "stop"}
    response = {"choices": [choice], "usage": usage}
    finish = choice["finish_reason"]
    return Row(data_index=at, response=response, finish_reason=finish, **fields)


class TestIntervals:
    """The 95 % intervals of shares, of F1 and of medians."""

    @pytest.mark.parametrize(
        ("good", "n", "low", "high"),
        # Figures of Brown, Cai and DasGupta's formula, worked out by hand to four digits.
        [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (60, 60, 0.9398, 1.0), (0, 0, 0.0, 1.0)],
    )
    def test_wilson(self, good: int, n: int, low: float, high: float) -> None:
        assert wilson(good, n) == pytest.approx((low, high), abs=1e-4)

    @example(48, 0)  # came to 0.9999999999999999
    @given(st.integers(0, 3_000), st.integers(0, 3_000))
    def test_an_interval_holds_its_share_and_lies_in_0_to_1(self, good: int, more: int) -> None:
        share = Share(good, good + more)
        low, high = share.interval

        assert 0.0 <= low <= high <= 1.0
        assert (low == 0.0) is (good == 0)
        assert (high == 1.0) is (more == 0)
        assert share.value is None or share.holds(share.value)

    @given(st.integers(0, 2_000), st.integers(0, 2_000))
    def test_the_interval_of_an_f1_holds_it(self, both: int, errors: int) -> None:
        low, high = f1_interval(both, errors)
        f1 = Agreement(name="", tp=both, fp=errors, fn=0, tn=0).f1

        assert 0.0 <= low <= f1 + 1e-12
        assert f1 - 1e-12 <= high <= 1.0

    @pytest.mark.parametrize("rate", ["calls", "damaged"])
    def test_over_20_seeds_at_least_17_intervals_hold_the_true_rate(self, rate: str) -> None:
        """Of the simulated vendor, which is asked by name and not over HTTP."""
        held = 0
        for seed in SEEDS:
            vendor = Vendor(seed=seed, **RATES)
            decided = [vendor.decide(f"wish {number}") for number in range(400)]
            calling = [what for what in decided if what != "text"]
            damaged = [what for what in calling if what in DAMAGES]
            share = (
                Share(len(calling), 400) if rate == "calls" else Share(len(damaged), len(calling))
            )
            held += share.holds(RATES[rate])

        assert held >= 17

    @pytest.mark.parametrize("n", [9, 40, 401])
    def test_intervals_of_medians_hold_the_true_one(self, n: int) -> None:
        """Of latencies with a long tail, whose median is 1."""
        held = 0
        for seed in range(200):
            draw = random.Random(seed)  # noqa: S311 - numbers, no secrets
            found = median_of([draw.lognormvariate(0, 1.5) for _ in range(n)])
            assert found.low is not None
            assert found.high is not None
            held += found.low <= 1.0 <= found.high

        assert held >= 182  # of 190 expected, less three standard errors

    def test_a_median_of_nothing_is_none(self) -> None:
        assert median_of([]).to_dict()["value"] is None
        assert median_of([3.0]).to_dict()["interval"] == [3.0, 3.0]

    def test_a_difference_is_told_with_its_interval(self) -> None:
        gap = difference(Share(90, 100), Share(70, 100))

        assert gap is not None
        assert gap[0] == pytest.approx(-0.2)
        assert gap[1] < gap[0] < gap[2] < 0
        assert difference(Share(0, 0), Share(1, 2)) is None


class TestValidCall:
    """The published rule, oddities included."""

    @pytest.mark.parametrize(
        ("one", "fits"),
        [
            (call(), True),
            (call(arguments={"town": "Graz", "nights": 2}), True),
            (call("img_gen"), False),
            (call(arguments='{"town": "Graz", "nights": "2"}'), False),
            (call(arguments='{"town": "a\nb", "nights": 2}'), False),
            (call(arguments="{"), False),
            (call(arguments="null"), False),
            ({"function": {"name": "book_room"}}, False),
            ({}, False),
        ],
    )
    def test_of_one_tool(self, one: dict[str, Any], fits: bool) -> None:
        assert valid_call(one, [TOOL]) is fits

    @pytest.mark.parametrize("parameters", [{}, None])
    def test_a_tool_with_an_empty_schema_is_never_right(self, parameters: Any) -> None:
        tool = {"function": {"name": "ping", "parameters": parameters}}

        assert not valid_call(call("ping", "{}"), [tool])

    def test_no_schema_makes_this_process_fetch_anything(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fetched: list[object] = []
        monkeypatch.setattr("urllib.request.urlopen", lambda *args, **_: fetched.append(args))
        schema = {"type": "object", "properties": {"a": {"$ref": "https://example.com/a.json"}}}
        tool = {"function": {"name": "f", "parameters": schema}}

        assert not valid_call(call("f", '{"a": 1}'), [tool])
        assert fetched == []

    def test_a_schema_that_is_none_is_never_right(self) -> None:
        tool = {"function": {"name": "f", "parameters": {"type": "no such type"}}}

        assert not valid_call(call("f", "{}"), [tool])


class TestWholeBody:
    """Fragments of a stream, put together by the published rule."""

    @staticmethod
    def calls(*fragments: dict[str, Any]) -> Any:
        chunks = [{"choices": [{"delta": {"tool_calls": [one]}}]} for one in fragments]
        return whole_body(chunks, "m")["choices"][0]["message"]["tool_calls"]

    def test_the_first_id_and_the_last_name_count(self) -> None:
        first = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{"}}
        second = {"id": "b", "function": {"name": "g", "arguments": "}"}}

        assert self.calls(first, second) == [
            {"id": "a", "type": "function", "function": {"name": "g", "arguments": "{}"}}
        ]

    def test_arguments_may_be_an_object(self) -> None:
        made = self.calls(
            {"index": 1, "function": {"name": "f", "arguments": {"a": 1}}}, {"index": 1}
        )

        assert made[0]["function"]["arguments"] == {"a": 1}

    def test_an_answer_without_an_end_has_ended_by_itself(self) -> None:
        made = whole_body([{"choices": [{"delta": {"content": "a", "reasoning": "b"}}]}], "m")

        assert made["choices"][0]["finish_reason"] == "stop"
        assert made["choices"][0]["message"]["reasoning_content"] == "b"
        assert made["choices"][0]["message"]["tool_calls"] is None


class TestAgreement:
    """Who calls where the baseline calls."""

    def test_is_counted_sample_by_sample(self) -> None:
        yes, no = answer(call()), answer()
        rows = [replace(row, data_index=at) for at, row in enumerate([yes, yes, no, no, yes])]
        base = [replace(row, data_index=at) for at, row in enumerate([yes, no, yes, no])]
        found = agreement_of(rows, base, "b")

        assert (found.tp, found.fp, found.fn, found.tn) == (1, 1, 1, 1)
        assert found.to_dict()["tool_call_f1"] == 0.5
        assert found.precision.value == found.recall.value == 0.5

    def test_of_nothing_is_0(self) -> None:
        assert agreement_of([], [], "b").to_dict()["tool_call_f1"] == 0.0

    def test_a_failed_request_calls_nothing(self) -> None:
        failed = Row(data_index=1, status="failed")

        assert agreement_of([failed], [answer(call())], "b").fn == 1

    def test_samples_with_other_messages_are_counted_apart(self) -> None:
        one = answer(request={"messages": [1], "tools": [], "model": "a"})
        other = answer(request={"messages": [2], "tools": [], "model": "b"})

        assert agreement_of([one], [other], "b").changed == 1
        assert agreement_of([one], [replace(one, request={})], "b").changed == 0


class TestIds:
    """Ids of calls."""

    def test_k2(self) -> None:
        history = [{"role": "assistant", "tool_calls": [{}, {}]}]
        rows = [
            answer(call(id="functions.book_room:2"), request={"messages": history}),
            answer(call(id="functions.other:0"), call(id="call_1"), call(id=None)),
            answer(call(id="functions.book_room:0"), call(id="functions.book_room:0")),
        ]
        found = IdFormat.of(rows, "k2")

        assert (found.native.good, found.native.n) == (3, 6)
        assert found.counted.good == 2
        assert (found.missing, found.repeated) == (1, 1)

    @pytest.mark.parametrize("one", ["book_room:0", "book_room_0", "functions.book_room:0"])
    def test_k3_has_other_forms(self, one: str) -> None:
        rows = [answer(call(id=one))]

        assert IdFormat.of(rows, "k3").native.good == 1
        assert IdFormat.of(rows, "k2").native.good == one.startswith("functions.")


@pytest.mark.parametrize(
    ("text", "leaked"),
    [
        ("<|tool_call_begin|>", True),
        ("functions.f:0{", True),
        ("functions.book_room:12 {}", True),
        ("</think>", True),
        ("<|end_of_msg|>", True),
        ("fill it with [PAD] and [EOS]", False),
        ("call functions.f:0 later", False),
        ("a < b | c > d", False),
    ],
)
def test_leaks_are_the_models_tokens(text: str, leaked: bool) -> None:
    assert leaks(text) is leaked


class TestLatencyAndCost:
    """Times and money."""

    def test_speed_is_that_of_the_tokens_between_first_and_last_piece(self) -> None:
        times = {"first_token_ms": 100.0, "last_token_ms": 600.0, "pieces": 9, "retries": 0}
        rows = [
            answer(usage={"completion_tokens": 50}, measured=times, duration_ms=700),
            answer(usage={"completion_tokens": 50}, measured={**times, "retries": 1}),
            answer(usage=None, measured={**times, "last_token_ms": 100.0}, duration_ms=500),
        ]
        found = Latency.of(rows)

        assert found.first_token_ms.value == 100
        assert found.tokens_per_second.value == 100
        assert (found.duration_ms.value, found.duration_ms.n) == (600, 2)

    def test_a_server_that_says_its_cost_is_believed(self) -> None:
        rows = [answer(usage={"prompt_tokens": 5, "cost": 0.25}), answer(usage={"cost": 0.5})]
        found = Cost.of(rows, MODELS["kimi-k3"], get_endpoint("openrouter"))

        assert (found.amount, found.currency, found.source) == (0.75, "USD", "server")

    @pytest.mark.parametrize(
        ("endpoint", "amount", "currency"),
        [("moonshot", 3.0 + 0.3 + 15.0, "USD"), ("moonshot-cn", 20.0 + 2.0 + 100.0, "CNY")],
    )
    def test_moonshots_own_prices_count_at_its_own_hosts(
        self, endpoint: str, amount: float, currency: str
    ) -> None:
        usage = {"prompt_tokens": 2_000_000, "completion_tokens": 1_000_000}
        rows = [answer(usage={**usage, "cached_tokens": 1_000_000})]
        found = Cost.of(rows, MODELS["kimi-k3"], get_endpoint(endpoint))

        assert found.amount == pytest.approx(amount)
        assert (found.currency, found.source) == (currency, "price list")

    def test_nobody_knows_what_other_hosts_cost(self) -> None:
        rows = [answer(usage={"prompt_tokens": 5, "cost": True})]

        assert Cost.of(rows, MODELS["kimi-k3"], get_endpoint("vllm")).amount is None


class TestOwnSamples:
    """The 400 samples of this package."""

    def test_are_the_same_on_every_machine(self) -> None:
        import hashlib

        lines = "\n".join(json.dumps(sample.body, sort_keys=True) for sample in own_samples())

        assert hashlib.sha256(lines.encode()).hexdigest() == OWN_SAMPLES

    def test_have_the_promised_variety(self) -> None:
        bodies = [sample.body for sample in own_samples()]
        asked = [json.dumps([body["messages"], body["tools"]]) for body in bodies]
        tools = {len(body["tools"]) for body in bodies}
        turns = [sum(m["role"] == "user" for m in body["messages"]) for body in bodies]

        assert len(bodies) == len(set(asked)) == 400
        assert tools == {1, 2, 3, 4, 5, 6}
        assert set(turns) == {1, 2}
        assert sum(bool(body["stream"]) for body in bodies) == 200
        assert {"system", "user", "assistant", "tool"} == {
            m["role"] for body in bodies for m in body["messages"]
        }

    def test_calls_in_their_histories_fit(self) -> None:
        calls = [
            (one, body["tools"])
            for body in (sample.body for sample in own_samples())
            for message in body["messages"]
            for one in message.get("tool_calls", ())
        ]

        assert len(calls) > 50
        assert [one for one, tools in calls if not valid_call(one, tools)] == []


OWN_SAMPLES = "fc0e44ba74446103bc21deff04a677f3789c753610a1a7c7847504ec9d98205d"
