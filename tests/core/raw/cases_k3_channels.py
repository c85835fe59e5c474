"""One case or more for each row on K3's channels.

Owns: texts and what they mean; the row's number is the case's name. May know: `cases_common`.
A number below 61 names the row on K2 whose counterpart it is.
"""

from __future__ import annotations

from tests.core.raw.cases_k3 import (
    ASSISTANT,
    CALL,
    DONE,
    ENDLESS,
    LONG,
    THINKING,
    USER,
    X,
    case,
    channel,
    closed,
    one,
    opened,
    tools,
)

CHANNELS = [
    case("60-plain", channel("response", "Hi ") + DONE, "Hi "),
    case(
        "60-everything",
        f"a{closed('think')}{channel('response', 'b')}{tools(CALL)}{DONE}",
        "b",
        "a",
        X,
        options=THINKING,
    ),
    case(
        "61",
        f"a{channel('response', 'b')}",
        "b",
        "a",
        (),
        ("unclosed_reasoning",),
        options=THINKING,
    ),
    case("61-tools", f"a{tools(CALL)}", "", "a", X, ("unclosed_reasoning",), options=THINKING),
    case("61-observed", f"{opened('think')}a{tools(CALL)}", "", "a", X, ("unclosed_reasoning",)),
    case("61-end", f"a{DONE}", "", "a", (), ("unclosed_reasoning",), options=THINKING),
    case("61-response", f"{opened('response')}a{tools(CALL)}", "a", "", X, ("unclosed_response",)),
    case("62", f"a<|close|>think{channel('response', 'b')}", "b", "a", options=THINKING),
    case("62-end", "a<|close|>think", "", "a", options=THINKING),
    case("62-text", "<|close|>think about it", "<|close|>think about it"),
    case("63", channel("response", "Hi"), "Hi", options=THINKING),
    case(
        "64", f"a{closed('response')}", "a", "a", (), ("reclassified_reasoning",), options=THINKING
    ),
    case(
        "64-tools",
        f" a{closed('response')}{tools(CALL)}",
        " a",
        " a",
        X,
        ("reclassified_reasoning",),
        options=THINKING,
    ),
    case(
        "65",
        f"{opened('think')}a{closed('response')}",
        "",
        f"a{closed('response')}",
        (),
        ("unclosed_reasoning",),
    ),
    case(
        "65-echo",
        f"{opened('think')}a{closed('response')}b{closed('think')}",
        "",
        f"a{closed('response')}b",
        (),
        ("orphan_marker",),
        options=THINKING,
    ),
    case("66", "a", "", "a", options={**THINKING, "finish_reason": "length"}),
    case("66-stop", "a", "", "a", (), ("unclosed_reasoning",), options=THINKING),
    case("66-blank", " \n", "", " \n", options=THINKING),
    case("67", f"a{closed('message')}", "a"),
    case("67-more", f"a{DONE}[EOS]\nb", "a", "", (), ("text_after_end",)),
    case("67-token", "a<|end_of_msg|>", "a"),
    case("67-named", "the [EOS] token", "the [EOS] token"),
    case("68", opened("message", ' role="assistant"') + channel("response", "a"), "a"),
    case("68-thinking", f"\n{ASSISTANT}a{closed('think')}", "", "\na", options=THINKING),
    case("68-later", f"a{USER}", f"a{USER}"),
    case(
        "69",
        "a<|close|> think <|sep|> <|open|> response <|sep|> b <|close|> response <|sep|>",
        " b ",
        "a",
        options=THINKING,
    ),
    case(
        "69-call",
        '<|open|> tools <|sep|> <|open|> call tool = "f"  index="1" <|sep|> '
        '<|open|> argument key="a" type="number" <|sep|> 1 <|close|> argument <|sep|> '
        "<|close|> call <|sep|> <|close|> tools <|sep|>",
        calls=one('{"a":1}'),
    ),
    case(
        "70",
        channel("think", "a")
        + channel("response", "b")
        + tools(CALL)
        + channel("think", "c")
        + channel("response", "d"),
        "bd",
        "ac",
        X,
    ),
    case(
        "70-echo", channel("response", f"a{opened('response')}b"), "ab", "", (), ("orphan_marker",)
    ),
    case(
        "70-outside",
        f"{channel('response', 'a')}\n b{closed('think')} c",
        "ab c",
        "",
        (),
        ("text_outside", "orphan_marker", "text_outside"),
    ),
    case(
        "70-nonsense",
        "<|open|>nothing<|sep|> <|close|>x <|open|> <|sep|>",
        "<|open|>nothing<|sep|> <|close|>x <|open|> <|sep|>",
    ),
    case("70-endless-tag", ENDLESS, ENDLESS),
    case("71", channel("think", f"a{CALL}b"), "", "ab", X, ("bare_call",)),
    case("72", f"a{CALL}{closed('tools')}b", "ab", "", X, ("bare_call", "orphan_marker")),
    case("72-first", f"{CALL}a", "a", "", X, ("bare_call",)),
    case("25-partial", "a<|clo", "a<|clo"),
    case("25-token", "a<|close|>", "a", "", (), ("incomplete_marker",)),
    case("25-tag", "a<|open|>resp", "a", "", (), ("incomplete_marker",)),
    case("25-start", "<|op", "", "<|op", (), ("unclosed_reasoning",), options=THINKING),
    case("26", "a < b <|foo|> <|sep|>", "a < b <|foo|> <|sep|>"),
    *[
        case(f"16-{name}", f"a{tag}b", "ab", "", (), ("orphan_marker",))
        for name, tag in {
            "argument": closed("argument"),
            "json": closed("json"),
            "call": closed("call"),
            "tools": closed("tools"),
            "open-argument": opened("argument", ' key="a"'),
        }.items()
    ],
    case("17", f"{tools(CALL)} after", "after", "", X, ("text_outside",)),
    case(
        "19",
        f"{opened('tools')}noise{CALL}\n{closed('tools')}",
        calls=X,
        diagnostics=("text_in_section",),
    ),
    case("19-at-the-end", f"{opened('tools')} noise", "noise", diagnostics=("empty_section",)),
    case(
        "19-too-much",
        f"{opened('tools')} {LONG}{closed('tools')}",
        LONG,
        diagnostics=("empty_section", "text_outside", "orphan_marker"),
    ),
    case("20", f"{channel('response', 'a')}{tools()}", "a", diagnostics=("empty_section",)),
]
