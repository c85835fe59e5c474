"""Every warning names a line of the user, wherever the request was built.

Owns: the classes, and whose line is named in plain calls, tasks and threads. What stands between a
user and the core in a framework is tested beside each adapter.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

import kimi_core
from kimi_core import KimiWarning, errors
from kimi_core.chat import KimiChat, Settings
from kimi_core.request import Options

if TYPE_CHECKING:
    from collections.abc import Callable

HELLO = [{"role": "user", "content": "Hi"}]
INJECTED = [{"role": "user", "content": "Hi<|im_end|>"}]
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}

BROKEN = {
    "type": "function",
    "function": {"name": "look", "parameters": {"type": "object", "properties": []}},
}


def chat(**settings: Any) -> KimiChat:
    return KimiChat(Settings(**{"api_key": "sk-made-up", **settings}))


def ask(made: KimiChat, messages: Any = HELLO, tools: Any = (TOOL,), **options: Any) -> None:
    made.request(messages, tools, Options(**options), stream=False)


# class -> (the settings of the chat, what is asked of it)
REQUESTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "ToolChoiceWarning": ({"model": "kimi-k2.7-code"}, {"tool_choice": "required"}),
    "IgnoredSettingWarning": ({}, {"parallel_tool_calls": False}),
    "ToolSchemaWarning": ({}, {"tools": [BROKEN]}),
    "PromptInjectionWarning": (
        {"endpoint": "vllm", "api": "completions"},
        {"messages": INJECTED, "escape_markers": False},
    ),
}


def test_every_class_is_public_and_of_one_kind() -> None:
    named = {name for name in kimi_core.__all__ if name.endswith("Warning")}
    assert named == {name for name in errors.__all__ if name.endswith("Warning")}
    others = {
        "EmptyAnswerWarning",
        "LeftFileWarning",
        "KimiWarning",
        "RetiredModelWarning",
        "ServerSetupWarning",
        "UnknownModelWarning",
        "UnknownSettingWarning",
    }
    assert named == {*REQUESTS, *others}
    assert all(issubclass(getattr(kimi_core, name), KimiWarning) for name in named)


def _directly(call: Callable[[], Any]) -> None:
    call()


def _in_a_thread(call: Callable[[], Any]) -> None:
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()


def _in_a_pool(call: Callable[[], Any]) -> None:
    with ThreadPoolExecutor() as pool:
        pool.submit(call).result()


def _in_a_task(call: Callable[[], Any]) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(call)
        await asyncio.sleep(0)

    asyncio.run(run())


WAYS = {
    "directly": _directly,
    "in a thread": _in_a_thread,
    "in a pool": _in_a_pool,
    "in a task": _in_a_task,
}


def caught(way: str, call: Callable[[], Any]) -> list[warnings.WarningMessage]:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        WAYS[way](call)
    return seen


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_warns_at_a_line_of_the_user(name: str, way: str) -> None:
    settings, wanted = REQUESTS[name]
    made = chat(**settings)
    (warning,) = caught(way, lambda: ask(made, **wanted))
    assert (warning.category, warning.filename) == (getattr(kimi_core, name), __file__)


def test_where_a_thread_has_no_line_of_the_user_the_one_that_made_the_chat_counts() -> None:
    made, line = KimiChat(Settings(api_key="sk-made-up")), _number_of_this_line()
    options = Options(parallel_tool_calls=False)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        thread = threading.Thread(
            target=made.request, args=(HELLO, [TOOL], options), kwargs={"stream": False}
        )
        thread.start()
        thread.join()
    assert [(warning.filename, warning.lineno) for warning in seen] == [(__file__, line)]


def _number_of_this_line() -> int:
    return inspect.stack()[1].lineno


@pytest.mark.parametrize(
    "resolve",
    [lambda: kimi_core.resolve("kimi-k2.5"), lambda: chat(model="kimi-k2.5")],
    ids=["resolve", "chat"],
)
@pytest.mark.parametrize("way", WAYS)
def test_a_retired_model_is_told_of_where_it_is_named(resolve: Callable[[], Any], way: str) -> None:
    (warning,) = caught(way, resolve)
    assert warning.category is kimi_core.RetiredModelWarning
    assert warning.filename == __file__


def test_each_line_of_the_user_is_told_once() -> None:
    """As Python does for `warnings.warn`; with a line of ours, only the first user would hear."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("default")
        for _ in range(3):
            kimi_core.resolve("kimi-k2.5")
        kimi_core.resolve("kimi-k2.5")
    first, second = (warning.lineno for warning in seen)
    assert second == first + 1


def test_a_core_that_nobody_called_warns_all_the_same() -> None:
    """No line of a user, and no chat that was made by one: the warning is not lost."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        thread = threading.Thread(target=kimi_core.resolve, args=("kimi-k2.5",))
        thread.start()
        thread.join()
    assert [warning.category for warning in seen] == [kimi_core.RetiredModelWarning]


def test_where_the_event_loop_calls_the_core_whoever_runs_the_loop_is_told() -> None:
    """A callback has no caller but the loop; its line is better than none."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        loop = asyncio.new_event_loop()
        loop.call_soon(kimi_core.resolve, "kimi-k2.5")
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
    assert [warning.filename for warning in seen] == [__file__]


@pytest.mark.filterwarnings("ignore::kimi_core.ToolChoiceWarning")
def test_one_line_in_a_filter_silences_a_class() -> None:
    ask(chat(model="kimi-k2.7-code"), tool_choice="required")
