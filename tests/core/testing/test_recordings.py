"""Requests that real servers accepted: the simulator refuses nothing legal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kimi_core.testing import MoonshotSimulator
from tests.core.testing.support import body, post, tool, user
from tests.shared import shared_path

_SIMPLE = ("simple-1", "simple-streaming-1")
_TOOL = ("tool-1", "tool-2", "tool-streaming-1", "tool-streaming-2")
_OPENROUTER = (*_SIMPLE, *_TOOL)
_GROQ = (*_OPENROUTER, *(f"multi-{name}" for name in _TOOL))
_REQUESTS = [
    *(f"fantasy-groq-{name}" for name in _GROQ),
    *(f"fantasy-openrouter-{name}" for name in _OPENROUTER),
    *(f"opencode-venice-k26-toolloop-{number}" for number in (1, 2, 3)),
    "reqllm-groq-0905-object-streaming",
]
# Fields and settings of those hosts, which the first-party API does not have or pins.
_HOSTS_OWN = ("usage", "venice_parameters", "seed", "temperature")


def _as_first_party(request: dict[str, Any], name: str) -> dict[str, Any]:
    """Say the same to the first-party API: its model id, and its name for the reasoning."""
    said = {key: value for key, value in request.items() if key not in _HOSTS_OWN}
    said["model"] = "kimi-k2.6"
    if "groq" in name:  # kimi-k2-0905 there does not think
        said["thinking"] = {"type": "disabled"}
    for message in said["messages"]:
        details = message.pop("reasoning_details", None)
        if details is not None:
            message["reasoning_content"] = "".join(part["text"] for part in details)
    return said


@pytest.mark.shared("data/recordings")
@pytest.mark.parametrize("name", _REQUESTS)
def test_a_recorded_request_passes(name: str) -> None:
    request = json.loads(shared_path(f"data/recordings/{name}.request.json").read_text())
    with MoonshotSimulator() as server:
        content = _as_first_party(request, name)
        status, answer = post(server, {**content, "stream": False})
    assert (status, server.refusals) == (200, []), answer


@pytest.mark.shared("data/recordings")
@pytest.mark.parametrize("name", ["k3-tool", "k3-tool-choice-required"])
def test_a_recorded_answer_can_be_said_back(name: str) -> None:
    """With what the server itself adds, such as the index of a call."""
    path = shared_path(f"data/recordings/vercel-moonshot-{name}.json")
    message = json.loads(path.read_text())["choices"][0]["message"]
    call = message["tool_calls"][0]
    result = {"role": "tool", "tool_call_id": call["id"], "content": "Done."}
    tools = [tool(name=call["function"]["name"])]
    with MoonshotSimulator() as server:
        status, answer = post(server, body(user(), message, result, model="kimi-k3", tools=tools))
    assert (status, server.refusals) == (200, []), answer


@pytest.mark.shared("data/recordings")
@pytest.mark.parametrize(
    ("name", "request_body", "status"),
    [
        ("400-k3-temperature", body(model="kimi-k3", temperature=0.5), 400),
        ("400-tool-choice-required", body(tools=[tool()], tool_choice="required"), 400),
        ("404-model", body(model="issue-19552-invalid-model"), 404),
        (
            "400-svg-image",
            body(
                user(
                    [
                        {
                            "type": "image_url",
                            "image_url": {"url": "data:image/svg+xml;base64,PHN2Zz4="},
                        }
                    ]
                )
            ),
            400,
        ),
    ],
)
def test_a_refusal_is_the_recorded_body(name: str, request_body: Any, status: int) -> None:
    path = shared_path(f"data/recordings/vercel-moonshot-error-{name}.json")
    with MoonshotSimulator() as server:
        assert post(server, request_body) == (status, json.loads(path.read_text()))
