"""What llama.cpp's own chat route does with Kimi's template, through both adapters.

Owns: what it reads otherwise than other servers do. The server is real, the model a scripted GGUF
(support/llamacpp_files.py), which calls get_weather whatever is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kimi_core import IgnoredSettingWarning
from kimi_core.errors import KimiBadRequestError, KimiContextOverflowError
from tests.engines.scenario import ALARM, ANSWER, CALL, QUESTION, REASONING, RENDERED, WEATHER
from tests.engines.test_sglang import FORM, PIXEL

if TYPE_CHECKING:
    from typing import Any

    from tests.engines.conftest import Connect

pytestmark = pytest.mark.parametrize("engine", ["llama.cpp"], indirect=True)
streamed = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@streamed
@pytest.mark.parametrize("way", [{}, RENDERED], ids=["parsed by llama.cpp", "prompt rendered here"])
def test_a_call(connect: Connect, way: dict[str, Any], stream: bool) -> None:
    said = connect(**way).ask(QUESTION, [WEATHER], stream=stream)
    assert [call[1:] for call in said.calls] == [CALL]
    assert (said.content, said.reasoning.strip()) == ("", REASONING.strip())
    assert said.finish == "tool_calls"


@streamed
def test_a_choice_by_name_calls_that_tool(connect: Connect, stream: bool) -> None:
    """It reads a name as "auto": what is sent is the one tool, and "required"."""
    said = connect().ask(QUESTION, [WEATHER, ALARM], stream=stream, tool_choice="set_alarm")
    assert [call[1:] for call in said.calls] == [("set_alarm", {"day": "Monday", "hour": 7})]


@streamed
def test_without_tools_a_call_is_text(connect: Connect, stream: bool) -> None:
    said = connect().ask(QUESTION, stream=stream)
    assert said.calls == ()
    assert "functions.get_weather:0" in said.content


def test_a_schema_binds_nothing_and_that_is_said(connect: Connect) -> None:
    with pytest.warns(IgnoredSettingWarning, match="'function_calling'"):
        said = connect().ask("Paris as JSON", response_format=FORM)
    assert "functions.get_weather:0" in said.content


@streamed
def test_a_beginning_is_not_said_again(connect: Connect, stream: bool) -> None:
    conversation = connect(thinking=False)
    conversation.begin(QUESTION, ANSWER[:5])
    assert conversation.go_on(stream=stream).content == ANSWER[5:]


def test_a_prompt_that_is_too_long(connect: Connect) -> None:
    with pytest.raises(KimiContextOverflowError, match="available context size"):
        connect().ask("word " * 5_000)


def test_a_picture_is_no_fault_of_the_server(connect: Connect) -> None:
    """It answers with a 500, which would be tried again."""
    with pytest.raises(KimiBadRequestError, match="--mmproj"):
        connect(max_retries=2).look("What is it?", PIXEL)
