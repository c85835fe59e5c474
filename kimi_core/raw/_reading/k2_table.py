"""The K2 dialect as a table: which marker is legal in which state, and where it leads.

Owns: the states, the markers with their spellings, and `TRANSITIONS`. The table is the machine
(`k2` runs it and adds nothing to it) and the documentation (the diagram is drawn from it).
May know: the standard library.

A marker that a state does not list is ordinary text there: an answer that explains the protocol,
or a file with a marker in it, must come through unharmed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["SPELLINGS", "TRANSITIONS", "Action", "Marker", "State", "Transition"]


class State(Enum):
    """Where in the message the next character stands."""

    REASONING_START = "inside reasoning, before its first visible character"
    REASONING = "inside reasoning"
    CONTENT = "inside the answer"
    AFTER_CALLS = "inside the answer, after a tool call"
    SECTION = "inside a tool section, between calls"
    HEADER = "inside a call, before its arguments: the id"
    ARGUMENTS = "inside a call's arguments, outside any JSON string"
    STRING = "inside a JSON string of a call's arguments"
    AFTER_ARGUMENTS = "inside a call, after its arguments' JSON value has ended"
    ENDED = "after the end of the turn"

    # Enum hashes the name in Python, which shows where a state is looked up for each chunk.
    __hash__ = object.__hash__


class Marker(Enum):
    """What the model writes to structure a message."""

    THINK_BEGIN = "opens reasoning"
    THINK_END = "closes reasoning"
    SECTION_BEGIN = "opens a tool section"
    SECTION_END = "closes a tool section"
    CALL_BEGIN = "opens a call"
    ARGUMENT_BEGIN = "separates a call's id from its arguments"
    CALL_END = "closes a call"
    END_OF_TURN = "ends the message"
    STRIPPED_CALL = "a call whose markers the server removed (opt-in)"


# The first spelling of each is the token. The singular section markers are no tokens at all
# (eight ordinary pieces); models write them because Moonshot's tech report spells them so, and
# the argument marker likewise.
SPELLINGS: dict[Marker, tuple[str, ...]] = {
    Marker.THINK_BEGIN: ("<think>",),
    Marker.THINK_END: ("</think>",),
    Marker.SECTION_BEGIN: ("<|tool_calls_section_begin|>", "<|tool_call_section_begin|>"),
    Marker.SECTION_END: ("<|tool_calls_section_end|>", "<|tool_call_section_end|>"),
    Marker.CALL_BEGIN: ("<|tool_call_begin|>",),
    Marker.ARGUMENT_BEGIN: ("<|tool_call_argument_begin|>", "<|tool_arguments_begin|>"),
    Marker.CALL_END: ("<|tool_call_end|>",),
    Marker.END_OF_TURN: ("<|im_end|>", "[EOS]", "[EOT]"),
}


class Action(Enum):
    """What a marker does, besides the change of state."""

    SWITCH = "change between reasoning and answer"
    DROP = "leave the marker out and record it"
    OPEN_SECTION = "begin a tool section, which ends reasoning"
    CLOSE_SECTION = "end the tool section"
    OPEN_CALL = "begin to read a call's id"
    BEGIN_ARGUMENTS = "the id is whole: the call starts"
    CLOSE_CALL = "the call is complete"
    DECIDE = "data or the end of the call: decided by what follows"
    END_TURN = "stop reading"


@dataclass(frozen=True, slots=True)
class Transition:
    """One cell of the table.

    Attributes:
        action: What is done; a call that is still open is closed first.
        state: Where it leads. None: back to where the call was opened, that is `State.SECTION`
            inside a section and `State.AFTER_CALLS` for a call that stands alone; for
            `Action.DECIDE`, wherever the decision leads.
    """

    action: Action
    state: State | None


def _text(state: State) -> dict[Marker, Transition]:
    """Return what is legal in every state whose text is shown to somebody."""
    return {
        Marker.SECTION_BEGIN: Transition(Action.OPEN_SECTION, State.SECTION),
        Marker.CALL_BEGIN: Transition(Action.OPEN_CALL, State.HEADER),
        Marker.STRIPPED_CALL: Transition(Action.BEGIN_ARGUMENTS, State.ARGUMENTS),
        Marker.SECTION_END: Transition(Action.DROP, state),
        Marker.ARGUMENT_BEGIN: Transition(Action.DROP, state),
        Marker.CALL_END: Transition(Action.DROP, state),
        Marker.END_OF_TURN: Transition(Action.END_TURN, State.ENDED),
    }


_CALL: dict[Marker, Transition] = {
    Marker.SECTION_BEGIN: Transition(Action.OPEN_SECTION, State.SECTION),
    Marker.SECTION_END: Transition(Action.CLOSE_SECTION, State.AFTER_CALLS),
    Marker.CALL_BEGIN: Transition(Action.OPEN_CALL, State.HEADER),
    Marker.CALL_END: Transition(Action.CLOSE_CALL, None),
    Marker.END_OF_TURN: Transition(Action.END_TURN, State.ENDED),
}

TRANSITIONS: dict[State, dict[Marker, Transition]] = {
    State.REASONING_START: {
        **_text(State.REASONING_START),
        Marker.THINK_BEGIN: Transition(Action.DROP, State.REASONING_START),
        Marker.THINK_END: Transition(Action.SWITCH, State.CONTENT),
    },
    State.REASONING: {
        **_text(State.REASONING),
        Marker.THINK_END: Transition(Action.SWITCH, State.CONTENT),
    },
    State.CONTENT: {
        **_text(State.CONTENT),
        Marker.THINK_BEGIN: Transition(Action.SWITCH, State.REASONING_START),
    },
    State.AFTER_CALLS: {
        **_text(State.AFTER_CALLS),
        Marker.THINK_BEGIN: Transition(Action.SWITCH, State.REASONING_START),
        Marker.THINK_END: Transition(Action.DROP, State.AFTER_CALLS),
    },
    State.SECTION: {
        Marker.SECTION_BEGIN: Transition(Action.DROP, State.SECTION),
        Marker.SECTION_END: Transition(Action.CLOSE_SECTION, State.AFTER_CALLS),
        Marker.CALL_BEGIN: Transition(Action.OPEN_CALL, State.HEADER),
        Marker.ARGUMENT_BEGIN: Transition(Action.DROP, State.SECTION),
        Marker.CALL_END: Transition(Action.DROP, State.SECTION),
        Marker.END_OF_TURN: Transition(Action.END_TURN, State.ENDED),
    },
    State.HEADER: {
        **_CALL,
        Marker.ARGUMENT_BEGIN: Transition(Action.BEGIN_ARGUMENTS, State.ARGUMENTS),
    },
    State.ARGUMENTS: _CALL,
    State.STRING: {
        Marker.SECTION_END: Transition(Action.DECIDE, None),
        Marker.CALL_END: Transition(Action.DECIDE, None),
        Marker.END_OF_TURN: Transition(Action.DECIDE, None),
    },
    State.AFTER_ARGUMENTS: {
        **_CALL,
        Marker.ARGUMENT_BEGIN: Transition(Action.DROP, State.AFTER_ARGUMENTS),
        Marker.THINK_BEGIN: Transition(Action.SWITCH, State.REASONING_START),
        Marker.THINK_END: Transition(Action.DROP, State.AFTER_CALLS),
    },
    State.ENDED: {Marker.END_OF_TURN: Transition(Action.END_TURN, State.ENDED)},
}
