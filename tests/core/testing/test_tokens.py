"""How the simulator counts: roughly by itself, exactly with Kimi's tokenizer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.raw.prompt import encode_prompt
from kimi_core.testing import MoonshotSimulator, SimulatedReply
from tests.core.kimi_files import golden_rows, real_tokenizer
from tests.core.testing.support import assistant, body, post, post_raw, tool, user

if TYPE_CHECKING:
    from kimi_core.tokenizer import Tokenizer

# Nearly all of it needs the real tokenizer.
pytestmark = pytest.mark.shared("data/tokenizer", "data/raw")

_OFF = {"type": "disabled"}
_EFFORT_LINE = 67  # tokens of the line that names "max"


def _tokenizer() -> Tokenizer:
    pytest.importorskip("tiktoken")
    return real_tokenizer()


def _usage(server: MoonshotSimulator, request: dict[str, Any]) -> dict[str, Any]:
    server.reply(SimulatedReply(content="Fine.", reasoning="A greeting."))
    status, answer = post(server, request)
    assert status == 200, answer
    return dict(answer["usage"])


def _prompt_tokens(server: MoonshotSimulator, request: dict[str, Any]) -> int:
    return int(_usage(server, request)["prompt_tokens"])


def _golden_request(row: dict[str, Any], model: str) -> dict[str, Any]:
    """Say to a chat endpoint what a golden prompt was rendered from."""
    settings = dict(row["kwargs"])
    fields = {"model": model, "messages": row["messages"], "tools": row["tools"] or []}
    if settings.pop("thinking", True) is False:
        fields["thinking"] = _OFF
    if "thinking_effort" in settings:
        fields["reasoning_effort"] = settings.pop("thinking_effort")
    return {**fields, **settings}


def _miscounted(model: str, golden: str, line: int, opened: int) -> list[Any]:
    """Return the goldens that are counted otherwise; a line is what they have no effort for."""
    found: list[Any] = []
    with MoonshotSimulator(rules="none", tokenizer=_tokenizer()) as server:
        for row in golden_rows(golden):
            request = _golden_request(row, model)
            without_line = "thinking" in request or "reasoning_effort" in request
            expected = len(row["ids"]) - opened + (0 if without_line else line)
            # The goldens of kimi-k2.5 were made from flat text, where a marker is a token.
            typed = row["conversation"] == "markers_in_user_text" and line == 0
            if not typed and _prompt_tokens(server, request) != expected:
                found.append((row["conversation"], row["kwargs"]))
    return found


@pytest.mark.parametrize("model", ["kimi-k3", "kimi-k3.1-pro"])
def test_a_prompt_of_kimi_k3_is_counted_as_moonshot_s_encoder_has_it(model: str) -> None:
    """But for the three tokens that open the answer's channel, and with the effort's line."""
    assert _miscounted(model, "kimi-k3", line=_EFFORT_LINE, opened=3) == []


def test_a_prompt_of_kimi_k2_is_counted_as_its_template_has_it() -> None:
    assert _miscounted("kimi-k2.6", "kimi-k2.5", line=0, opened=0) == []


@pytest.mark.parametrize("exact", [False, True])
def test_a_prompt_without_thinking_is_shorter_by_the_line_of_the_effort(*, exact: bool) -> None:
    with MoonshotSimulator(tokenizer=_tokenizer() if exact else None) as server:
        for model in ("kimi-k3", "kimi-k3.1-pro"):
            off = _prompt_tokens(server, body(model=model, thinking=_OFF))
            assert _prompt_tokens(server, body(model=model)) == off + _EFFORT_LINE


def test_tools_of_a_message_are_counted_where_they_stand_and_not_twice() -> None:
    messages = [{"role": "system", "tools": [tool()]}, user()]
    ids = encode_prompt(messages, tokenizer=_tokenizer(), model="kimi-k3", thinking=False)
    with MoonshotSimulator(tokenizer=_tokenizer()) as server:
        request = body(*messages, model="kimi-k3", thinking=_OFF)
        assert _prompt_tokens(server, request) == len(ids) - 3


def test_the_effort_of_the_thinking_object_counts() -> None:
    with MoonshotSimulator(tokenizer=_tokenizer()) as server:
        most, high = (
            _prompt_tokens(server, body(model="kimi-k3", thinking={"effort": effort}))
            for effort in ("max", "high")
        )
        both = body(model="kimi-k3", thinking={"effort": "high"}, reasoning_effort="max")
        assert most != high == _prompt_tokens(server, both)


def test_with_a_tokenizer_an_answer_is_counted_too() -> None:
    tokenizer = _tokenizer()
    with MoonshotSimulator(tokenizer=tokenizer) as server:
        usage = _usage(server, body())
        options = {"stream": True, "stream_options": {"include_internal_content": True}}
        server.reply(SimulatedReply(content="Fine."))
        _, _, stream = post_raw(server, json.dumps(body(**options)).encode())
    ids = f'"internal_content":{{"token_ids":{tokenizer.encode("Fine.")}}}'.replace(" ", "")
    assert ids in stream.decode()
    assert usage["completion_tokens_details"] == {
        "reasoning_tokens": tokenizer.count("A greeting.")
    }
    assert usage["completion_tokens"] == tokenizer.count("A greeting.Fine.")


def test_kept_reasoning_is_part_of_the_prompt() -> None:
    history = (user(), {"role": "assistant", "content": "Hm.", "reasoning_content": "A b c d."})
    with MoonshotSimulator(tokenizer=_tokenizer()) as server:
        keeps = {"thinking": {"type": "enabled", "keep": "all"}}
        dropped = _prompt_tokens(server, body(*history, user()))
        kept = _prompt_tokens(server, body(*history, user(), **keeps))
        code = _prompt_tokens(server, body(*history, user(), model="kimi-k2.7-code"))
    assert dropped < kept == code


def test_what_cannot_be_rendered_is_refused_by_its_own_rule() -> None:
    with MoonshotSimulator(tokenizer=_tokenizer()) as server:
        for broken in (
            body({"role": "developer", "content": "Hi"}, model="kimi-k3"),
            body(user(), {"role": "tool", "content": "5"}, model="kimi-k3"),
        ):
            assert post(server, broken)[0] == 400
        video = user([{"type": "video_url", "video_url": {"url": "ms://file_1"}}])
        assert post(server, body(video, model="kimi-k3"))[0] == 200
        calls = body(user(), assistant("add_0"), user(), model="kimi-k3")
        assert post(server, calls)[0] == 400
        assert [refusal.rule for refusal in server.refusals] == [
            *("roles", "unknown_call_id", "unanswered_calls")
        ]
