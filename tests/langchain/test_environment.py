"""Where settings come from: arguments, Kimi's own variables, and never OpenAI's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core import UnknownSettingWarning, get_endpoint
from kimi_core.errors import KimiConfigError
from langchain_kimi import ChatKimiK2, __version__, endpoints

if TYPE_CHECKING:
    from pathlib import Path

    from kimi_core.testing import MoonshotSimulator
    from tests.langchain.conftest import MakeModel

CANARIES = {
    "OPENAI_API_BASE": "http://canary.invalid/v1",
    "OPENAI_API_KEY": "canary-key",
    "OPENAI_BASE_URL": "http://canary.invalid/v1",
    "OPENAI_ORGANIZATION": "canary-organization",
    "OPENAI_ORG_ID": "canary-organization",
    "OPENAI_PROJECT_ID": "canary-project",
    "OPENAI_PROXY": "http://canary.invalid:3128",
    # What ChatDeepSeek and ChatOpenRouter read.
    "DEEPSEEK_API_BASE": "http://canary.invalid/v1",
    "DEEPSEEK_API_KEY": "canary-key",
    "OPENROUTER_API_BASE": "http://canary.invalid/v1",
    "OPENROUTER_APP_TITLE": "canary-title",
    "OPENROUTER_APP_URL": "http://canary.invalid",
    "OPENROUTER_SESSION_ID": "canary-session",
}


@pytest.fixture
def canaries(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a variable nor a ``.env``."""
    for name in ("MOONSHOT_API_KEY", "KIMI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", ["moonshot", "openrouter"])
@pytest.mark.usefixtures("canaries")
async def test_no_variable_of_another_class_reaches_a_request(
    server: MoonshotSimulator, make: MakeModel, name: str
) -> None:
    as_it_is = replace(get_endpoint(name), spellings={})  # the simulator knows Moonshot's names
    model = make(endpoint=as_it_is, model="kimi-k3")
    model.invoke("Go.")
    await model.ainvoke("Go.")
    list(model.stream("Go."))
    assert len(server.requests) == 3  # they arrived here, so neither host nor proxy was OpenAI's
    for request in server.requests:
        sent = f"{dict(request.headers)} {request.body}"
        assert "canary" not in sent
        of_others = ("openai-", "http-referer", "x-title")
        assert not [name for name in request.headers if name.startswith(of_others)]


def test_an_organization_is_sent_where_the_caller_names_one(
    server: MoonshotSimulator, make: MakeModel
) -> None:
    make(organization="mine", default_headers={"x-team": "core"}).invoke("Go.")
    headers = server.requests[-1].headers
    assert (headers["openai-organization"], headers["x-team"]) == ("mine", "core")


@pytest.mark.usefixtures("canaries", "no_key")
def test_openai_s_key_is_never_used() -> None:
    with pytest.raises(KimiConfigError, match="MOONSHOT_API_KEY or KIMI_API_KEY"):
        ChatKimiK2()


@pytest.mark.parametrize("name", ["MOONSHOT_API_KEY", "KIMI_API_KEY"])
@pytest.mark.usefixtures("no_key")
def test_the_key_comes_from_kimi_s_variables(
    monkeypatch: pytest.MonkeyPatch, server: MoonshotSimulator, name: str
) -> None:
    monkeypatch.setenv(name, server.api_key)
    assert (
        ChatKimiK2(endpoint="moonshot", base_url=server.base_url).invoke("Go.").text
        == "You said: Go."
    )


@pytest.mark.usefixtures("no_key")
def test_the_key_comes_from_the_nearest_env_file(tmp_path: Path, server: MoonshotSimulator) -> None:
    (tmp_path / ".env").write_text(f"MOONSHOT_API_KEY={server.api_key}\n")
    assert (
        ChatKimiK2(endpoint="moonshot", base_url=server.base_url).invoke("Go.").text
        == "You said: Go."
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"endpoint": "monshot"}, ["endpoint 'monshot'", "Did you mean 'moonshot'?"]),
        ({"base_url": "localhost:8000"}, ["base_url 'localhost:8000'", "/v1"]),
        ({"base_model": "kimi-k9"}, ["base_model 'kimi-k9'", "kimi-k3"]),
        ({"api": "responses"}, ["api 'responses'", "'completions'"]),
        ({"tool_call_parser": "mine"}, ["tool_call_parser 'mine'", "'client'"]),
        ({"use_responses_api": True}, ["use_responses_api", "leave it out"]),
        ({"openai_proxy": "http://proxy"}, ["openai_proxy", "HTTPS_PROXY"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_cannot_work_is_one_clear_sentence(settings: dict[str, Any], words: list[str]) -> None:
    """The error is the core's own, not pydantic's list of them, and still a ValueError."""
    with pytest.raises(KimiConfigError) as caught:
        ChatKimiK2(**{"api_key": "sk-made-up", **settings})
    assert isinstance(caught.value, ValueError)
    for word in words:
        assert word in str(caught.value)


def test_what_pydantic_refuses_of_langchain_s_own_settings_is_one_sentence_too() -> None:
    with pytest.raises(
        KimiConfigError, match=r"^include_response_headers is refused: Input should"
    ) as caught:
        ChatKimiK2(api_key="sk-made-up", include_response_headers="sk-secret")
    assert "sk-secret" not in str(caught.value)


def test_a_keyword_that_is_no_setting_is_sent_with_a_warning() -> None:
    """As in ChatOpenAI, whose users pass fields of their servers so; a slip is told of here."""
    words = r"no setting 'temprature'; it is sent.*Did you mean 'temperature'.*model_kwargs"
    with pytest.warns(UnknownSettingWarning, match=words) as caught:
        model = ChatKimiK2(
            endpoint="vllm", model="kimi-k2-instruct", temprature=1, model_kwargs={"a": 1}
        )
    assert {warning.filename for warning in caught} == {__file__}
    payload = model._get_request_payload("Go.")
    assert (payload["temprature"], payload["a"]) == (1, 1)


def test_the_key_is_not_in_the_repr() -> None:
    assert "sk-secret" not in repr(ChatKimiK2(api_key="sk-secret"))


@pytest.mark.filterwarnings("ignore::kimi_core.UnknownModelWarning")  # a name of its own
@pytest.mark.parametrize(
    ("settings", "model"),
    [
        ({}, "kimi-k3.1-pro"),
        ({"model": None}, "kimi-k3.1-pro"),
        ({"model": "kimi-k3"}, "kimi-k3"),
        ({"model_name": "kimi-k3"}, "kimi-k3"),
        ({"endpoint": "openrouter", "model": "kimi-k2-thinking"}, "moonshotai/kimi-k2-thinking"),
        ({"endpoint": endpoints.vllm(), "model": "kimi-k2.5"}, "moonshotai/Kimi-K2.5"),
        ({"endpoint": "vllm", "model": "my-finetune"}, "my-finetune"),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::kimi_core.UnknownModelWarning")
def test_model_name_is_what_is_sent(settings: dict[str, Any], model: str) -> None:
    chat = ChatKimiK2(api_key="sk-made-up", **settings)
    assert chat.model_name == chat.model == model
    assert chat._get_request_payload("Go.")["model"] == model


def test_traces_carry_the_version() -> None:
    versions = (ChatKimiK2(api_key="sk-made-up").metadata or {})["lc_versions"]
    assert versions["langchain-kimi"] == __version__
    assert "langchain-openai" in versions
