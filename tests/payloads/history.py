"""Rows about the messages of a conversation: roles, contents, prefixes, ids, results.

Owns: the rows for sections 2.4 (results), 2.8, 3.2 (ids) and 6 of the rules in ``tests/payloads``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.payloads.row import HELLO, WEATHER, Row, call, result, said, user

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ROWS"]

K26, K3 = "kimi-k2.6", "kimi-k3"
VLLM = "moonshotai/Kimi-K2-Instruct"
WHY = {"reasoning_content": "why"}
BLANK = {"reasoning_content": " "}
MISSING = "No result of this call was recorded."


def _became(
    given: Sequence[Mapping[str, Any]], sent: Sequence[Mapping[str, Any]], **rest: Any
) -> Row:
    own = rest.pop("own", {})
    if "endpoint" not in rest:
        rest.setdefault("model", K26)
    return Row(messages=given, sent={"model": K26, "messages": list(sent), **own}, **rest)


_ROLES: Mapping[str, Row] = {
    "several system messages, anywhere": Row(
        model=K26,
        messages=[
            {"role": "system", "content": "One."},
            {"role": "system", "content": "Two."},
            user(),
            {"role": "system", "content": "Three."},
        ],
        sent={"model": K26},
    ),
    "the role developer is system": _became(
        [{"role": "developer", "content": "Be brief."}, *HELLO],
        [{"role": "system", "content": "Be brief."}, *HELLO],
    ),
    "names": Row(model=K26, messages=[user("Hi", name="Ada")], sent={"model": K26}),
    "users in a row stay apart": Row(
        model=K26, messages=[user("One"), user("Two")], sent={"model": K26}
    ),
}

TEXT = {"type": "text", "text": "a"}
EMPTY = {"type": "text", "text": ""}

_CONTENTS: Mapping[str, Row] = {
    "an empty question": _became([user("")], [user(" ")]),
    "an empty answer": _became([*HELLO, said(""), user()], [*HELLO, said(" "), user()]),
    "an answer that is null": _became([*HELLO, said(None), user()], [*HELLO, said(" "), user()]),
    "an answer of no parts": _became([*HELLO, said([]), user()], [*HELLO, said(" "), user()]),
    "an answer of an empty part": _became(
        [*HELLO, said([EMPTY]), user()], [*HELLO, said(" "), user()]
    ),
    "an answer of reasoning alone": _became(
        [*HELLO, said("", **WHY), user()], [*HELLO, said(" "), user()]
    ),
    "an empty answer elsewhere": Row(
        model=K26,
        endpoint="openrouter",
        messages=[*HELLO, said(""), user()],
        sent={"model": "moonshotai/kimi-k2.6", "messages": [*HELLO, said(" "), user()]},
    ),
    "texts are joined": _became([user([TEXT, {"type": "text", "text": "b"}])], [user("ab")]),
    "an empty text is left out": _became([user([EMPTY, TEXT])], [user("a")]),
    "nothing beside calls": _became(
        [*HELLO, said(None, call("a:0"), **WHY), result("a:0", "")],
        [*HELLO, said("", call("a:0"), **WHY), result("a:0", " ")],
    ),
    "no parts beside calls": _became(
        [*HELLO, said([], call("a:0"), **WHY), result("a:0")],
        [*HELLO, said("", call("a:0"), **WHY), result("a:0")],
    ),
    "an empty part beside calls": _became(
        [*HELLO, said([EMPTY], call("a:0"), **WHY), result("a:0")],
        [*HELLO, said("", call("a:0"), **WHY), result("a:0")],
    ),
}

_PREFIXES: Mapping[str, Row] = {
    "a prefix": Row(model=K26, messages=[*HELLO, said("Once", partial=True)], sent={"model": K26}),
    "a prefix as a setting": Row(
        model=K26,
        options={"prefix": "Once"},
        sent={"model": K26, "messages": [*HELLO, said("Once", partial=True)]},
    ),
    "a prefix as a setting at vllm": Row(
        endpoint="vllm",
        settings={"prefix": "Once"},
        sent={
            "model": VLLM,
            "messages": [*HELLO, said("Once")],
            "continue_final_message": True,
            "add_generation_prompt": False,
        },
    ),
    "a prefix that is said twice": Row(
        model=K26,
        options={"prefix": "O" * 50},
        messages=[*HELLO, said("Once", partial=True)],
        refused=(f"prefix='{'O' * 40}...'", "partial=True", "one of them"),
    ),
    "an empty prefix of a named speaker": Row(
        model=K26, messages=[*HELLO, said("", partial=True, name="Kelsier")], sent={"model": K26}
    ),
    "a cut answer with its reasoning": Row(
        model=K26, messages=[*HELLO, said("Once", partial=True, **WHY)], sent={"model": K26}
    ),
    "a prefix that was continued": _became(
        [*HELLO, said("Once", partial=True), user()], [*HELLO, said("Once"), user()]
    ),
    **{
        f"a prefix at {endpoint}": Row(
            endpoint=endpoint,
            messages=[*HELLO, said("Once", partial=True)],
            sent={
                "model": VLLM,
                "messages": [*HELLO, said("Once")],
                "continue_final_message": True,
                "add_generation_prompt": False,
            },
        )
        for endpoint in ("vllm", "sglang")
    },
    "a prefix at llama.cpp": Row(
        endpoint="llama.cpp",
        messages=[*HELLO, said("Once", partial=True)],
        sent={"model": VLLM, "messages": [*HELLO, said("Once")]},
    ),
    "a prefix that was continued elsewhere": Row(
        endpoint="vllm",
        messages=[*HELLO, said("Once", partial=True), user()],
        sent={"model": VLLM, "messages": [*HELLO, said("Once"), user()]},
    ),
    **{
        f"a prefix at {endpoint} is refused": Row(
            endpoint=endpoint,
            messages=[*HELLO, said("Once", partial=True)],
            refused=("partial=True", f"'{endpoint}'", "api='completions'", "prefix_way"),
        )
        for endpoint in ("openrouter", "fireworks", "tensorrt-llm", "custom")
    },
    "a prefix of kimi-k3 in a prompt rendered here": Row(
        endpoint="vllm",
        model=K3,
        settings={"api": "completions"},
        messages=[*HELLO, said("Once", partial=True)],
        refused=("partial=True", "api='chat'"),
    ),
    "a prefix of kimi-k3 that vllm would take for a thought": Row(
        endpoint="vllm",
        model=K3,
        options={"prefix": "Once", "thinking": True},
        refused=("prefix='Once'", "thinking=False"),
    ),
}


def _loop(*identities: str, **reasoning: str) -> list[dict[str, Any]]:
    """Return a question, a turn of two calls, and a turn of one."""
    first, second, third = identities
    return [
        *HELLO,
        said("", call(first), call(second), **reasoning),
        result(first),
        result(second, "rainy"),
        said("", call(third), **reasoning),
        result(third, "cloudy"),
    ]


_IDS: Mapping[str, Row] = {
    "ids of the API stay": Row(
        model=K26,
        messages=_loop("functions.get_weather:0", "get_weather:1", "call_2", **WHY),
        sent={"model": K26},
        tools=[WEATHER],
    ),
    "kimi-k3 starts again in every turn": Row(
        model=K3,
        messages=_loop("get_weather_0", "get_weather_1", "get_weather_0", **WHY),
        sent={
            "model": K3,
            "messages": _loop("get_weather_0", "get_weather_1", "get_weather_0__2", **WHY),
        },
    ),
    "one id for all": _became(_loop("a", "a", "a", **WHY), _loop("a", "a__2", "a__3", **WHY)),
    "empty ids": _became(
        _loop("", "", "", **WHY),
        _loop(
            "functions.get_weather:0", "functions.get_weather:1", "functions.get_weather:2", **WHY
        ),
    ),
    "empty ids elsewhere": Row(
        endpoint="vllm",
        messages=_loop("", "", ""),
        sent={
            "model": VLLM,
            "messages": _loop(*(f"functions.get_weather:{number}" for number in range(3))),
        },
    ),
    "a function_call of before": Row(
        endpoint="vllm",
        messages=[
            *HELLO,
            {"role": "assistant", "content": "", "function_call": call("")["function"]},
            {"role": "function", "name": "get_weather", "content": "sunny"},
        ],
        sent={
            "model": VLLM,
            "messages": [
                *HELLO,
                said("", call("functions.get_weather:0")),
                {**result("functions.get_weather:0"), "name": "get_weather"},
            ],
        },
        core_only="each framework has a place of its own for it: tests/parity/test_calls.py",
    ),
    "a result without an id and without a call": Row(
        endpoint="vllm",
        messages=[*HELLO, result("")],
        refused=("messages[1] is the result of a tool", "no tool_call_id"),
    ),
    "elsewhere foreign ids are made native": Row(
        endpoint="vllm",
        messages=_loop("call_a", "toolu_b", "call_c"),
        sent={
            "model": VLLM,
            "messages": _loop(*(f"functions.get_weather:{number}" for number in range(3))),
        },
    ),
    "elsewhere native ids stay": Row(
        endpoint="openrouter",
        model="kimi-k2",
        messages=_loop(*(f"functions.get_weather:{number}" for number in range(3))),
        sent={"model": "moonshotai/kimi-k2"},
    ),
}

_TURN = said("", call("a:0"), call("b:1"), **WHY)

_RESULTS: Mapping[str, Row] = {
    "all calls have results": Row(
        model=K26,
        messages=[*HELLO, _TURN, result("b:1"), result("a:0")],
        sent={"model": K26},
    ),
    "a result with the name of its tool": Row(
        model=K26,
        messages=[*HELLO, said("", call("a:0"), **WHY), result("a:0", name="get_weather")],
        sent={"model": K26},
        core_only="langchain-openai's conversion leaves the name out",
    ),
    "one of two results is missing": _became(
        [*HELLO, _TURN, result("b:1"), *HELLO],
        [*HELLO, _TURN, result("b:1"), result("a:0", MISSING), *HELLO],
    ),
    "a run that was interrupted": _became(
        [*HELLO, _TURN, *HELLO],
        [*HELLO, _TURN, result("a:0", MISSING), result("b:1", MISSING), *HELLO],
    ),
    "calls at the end": _became(
        [*HELLO, _TURN], [*HELLO, _TURN, result("a:0", MISSING), result("b:1", MISSING)]
    ),
    "a result that comes late": _became(
        [*HELLO, _TURN, result("b:1"), user("Well?"), result("a:0", "rainy")],
        [*HELLO, _TURN, result("b:1"), result("a:0", "rainy"), user("Well?")],
    ),
    "a missing result elsewhere": Row(
        endpoint="vllm",
        messages=[*HELLO, said("", call("functions.get_weather:0")), *HELLO],
        sent={
            "model": VLLM,
            "messages": [
                *HELLO,
                said("", call("functions.get_weather:0")),
                result("functions.get_weather:0", MISSING),
                *HELLO,
            ],
        },
    ),
    "a result without its call": Row(
        model=K26,
        messages=[*HELLO, result("a:0")],
        refused=("messages[1] answers tool call 'a:0'",),
    ),
    "a result without its call elsewhere": Row(
        endpoint="vllm", messages=[*HELLO, result("functions.f:0")], sent={"model": VLLM}
    ),
    "calls without reasoning": _became(
        [*HELLO, said("", call("a:0")), result("a:0")],
        [*HELLO, said("", call("a:0"), **BLANK), result("a:0")],
    ),
}

ROWS: dict[str, Row] = {**_ROLES, **_CONTENTS, **_PREFIXES, **_IDS, **_RESULTS}
"""Rows by what they show."""
