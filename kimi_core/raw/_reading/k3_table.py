"""The K3 dialect (XTML) as a table: which tag is legal in which state, and where it leads.

Owns: the states, the markers, and `K3_TRANSITIONS`. The table is the machine (`k3` runs it) and
the documentation.
May know: the standard library.

A message is made of channels, ``<|open|>think<|sep|>...<|close|>think<|sep|>`` and the like. What
stands between tags is raw, never escaped, so that a tag that a state does not list is ordinary
text there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["K3_TRANSITIONS", "K3Action", "K3Marker", "K3State", "K3Transition"]


class K3State(Enum):
    """Where in the message the next character stands."""

    THINK_START = "inside the prompt's reasoning channel, before anything visible"
    PREFILLED_THINK = "inside the reasoning channel that the prompt opened"
    THINK = "inside a reasoning channel that the model opened"
    RESPONSE_START = "inside the prompt's answer channel, before anything visible"
    RESPONSE = "inside the answer"
    OUTSIDE = "between channels"
    TOOLS = "inside the tool channel, between calls"
    CALL = "inside a call, before its first argument"
    CALL_ARGUMENTS = "inside a call, between arguments"
    CALL_DONE = "inside a call, after a block of JSON"
    STRING_VALUE = "inside an argument that is a raw string"
    JSON_VALUE = "inside an argument of another type"
    JSON_BLOCK = "inside the JSON that stands in place of arguments"
    ENDED = "after the end of the message"

    # Enum hashes the name in Python, which shows where a state is looked up for each chunk.
    __hash__ = object.__hash__


class K3Marker(Enum):
    """What the model writes to structure a message."""

    OPEN_THINK = "opens reasoning"
    CLOSE_THINK = "closes reasoning"
    OPEN_RESPONSE = "opens the answer"
    CLOSE_RESPONSE = "closes the answer"
    OPEN_TOOLS = "opens the tool channel"
    CLOSE_TOOLS = "closes the tool channel"
    OPEN_CALL = "opens a call and names the tool"
    CLOSE_CALL = "closes a call"
    OPEN_ARGUMENT = "opens an argument and gives its key and type"
    CLOSE_ARGUMENT = "closes an argument"
    OPEN_JSON = "opens a block of JSON"
    CLOSE_JSON = "closes a block of JSON"
    OPEN_MESSAGE = "opens a message"
    CLOSE_MESSAGE = "closes the message"
    END_OF_TURN = "ends the turn"
    CUT = "a tag that the end of the text cut off"


class K3Action(Enum):
    """What a marker does, besides the change of state."""

    SWITCH = "change the channel"
    RECLASSIFY = "what was said as reasoning is the answer"
    DROP = "leave the marker out and record it"
    OPEN_CALL = "begin a call"
    CLOSE_CALL = "the call is complete"
    OPEN_ARGUMENT = "begin an argument: its type says whether as a string or as JSON"
    OPEN_BLOCK = "begin a block of JSON"
    CLOSE_VALUE = "the value is whole"
    DECIDE = "data or the end of the value: decided by what follows"
    END_TURN = "stop reading"


@dataclass(frozen=True, slots=True)
class K3Transition:
    """One cell of the table.

    Attributes:
        action: What is done; a call or a value that is still open is closed first.
        state: Where it leads. None: back to where the call was opened; for
            `K3Action.OPEN_ARGUMENT`, what the argument's type says; for `K3Action.DECIDE`,
            wherever the decision leads.
    """

    action: K3Action
    state: K3State | None


_M, _S, _A, _T = K3Marker, K3State, K3Action, K3Transition

_ORPHANS = (_M.OPEN_ARGUMENT, _M.CLOSE_ARGUMENT, _M.OPEN_JSON, _M.CLOSE_JSON, _M.CLOSE_CALL)


def _drop(state: K3State, *markers: K3Marker) -> dict[K3Marker, K3Transition]:
    return {marker: _T(_A.DROP, state) for marker in markers}


# What is legal wherever no value is being read.
_ANYWHERE: dict[K3Marker, K3Transition] = {
    _M.OPEN_RESPONSE: _T(_A.SWITCH, _S.RESPONSE),
    _M.OPEN_TOOLS: _T(_A.SWITCH, _S.TOOLS),
    _M.OPEN_CALL: _T(_A.OPEN_CALL, _S.CALL),
    _M.CLOSE_MESSAGE: _T(_A.END_TURN, _S.ENDED),
    _M.END_OF_TURN: _T(_A.END_TURN, _S.ENDED),
}


def _text(state: K3State) -> dict[K3Marker, K3Transition]:
    return {**_ANYWHERE, **_drop(state, *_ORPHANS, _M.CLOSE_TOOLS, _M.CUT)}


def _prefilled(state: K3State) -> dict[K3Marker, K3Transition]:
    return {
        **_text(state),
        _M.CLOSE_THINK: _T(_A.SWITCH, _S.OUTSIDE),
        _M.CLOSE_RESPONSE: _T(_A.RECLASSIFY, _S.OUTSIDE),
    }


def _response(state: K3State) -> dict[K3Marker, K3Transition]:
    return {
        **_text(state),
        **_drop(state, _M.CLOSE_THINK, _M.OPEN_RESPONSE),
        _M.OPEN_THINK: _T(_A.SWITCH, _S.THINK),
        _M.CLOSE_RESPONSE: _T(_A.SWITCH, _S.OUTSIDE),
    }


def _call(state: K3State) -> dict[K3Marker, K3Transition]:
    return {
        **_ANYWHERE,
        **_drop(state, *_ORPHANS, _M.CUT),
        _M.OPEN_THINK: _T(_A.SWITCH, _S.THINK),
        _M.CLOSE_THINK: _T(_A.SWITCH, _S.OUTSIDE),
        _M.CLOSE_RESPONSE: _T(_A.SWITCH, _S.OUTSIDE),
        _M.CLOSE_TOOLS: _T(_A.SWITCH, _S.OUTSIDE),
        _M.CLOSE_CALL: _T(_A.CLOSE_CALL, None),
    }


_ARGUMENT = {_M.OPEN_ARGUMENT: _T(_A.OPEN_ARGUMENT, None)}

K3_TRANSITIONS: dict[K3State, dict[K3Marker, K3Transition]] = {
    _S.THINK_START: {
        **_prefilled(_S.THINK_START),
        _M.OPEN_THINK: _T(_A.DROP, _S.THINK),
        _M.OPEN_MESSAGE: _T(_A.SWITCH, _S.THINK_START),
    },
    _S.PREFILLED_THINK: _prefilled(_S.PREFILLED_THINK),
    _S.THINK: {**_text(_S.THINK), _M.CLOSE_THINK: _T(_A.SWITCH, _S.OUTSIDE)},
    _S.RESPONSE_START: {
        **_response(_S.RESPONSE_START),
        _M.OPEN_RESPONSE: _T(_A.SWITCH, _S.RESPONSE),
        _M.OPEN_MESSAGE: _T(_A.SWITCH, _S.RESPONSE_START),
    },
    _S.RESPONSE: _response(_S.RESPONSE),
    _S.OUTSIDE: {
        **_text(_S.OUTSIDE),
        **_drop(_S.OUTSIDE, _M.CLOSE_THINK, _M.CLOSE_RESPONSE),
        _M.OPEN_THINK: _T(_A.SWITCH, _S.THINK),
        # A message in the message is the answer; vLLM's parser shows its tag (vllm issue 51412).
        _M.OPEN_MESSAGE: _T(_A.SWITCH, _S.RESPONSE_START),
    },
    _S.TOOLS: {
        **_ANYWHERE,
        **_drop(_S.TOOLS, *_ORPHANS, _M.OPEN_TOOLS, _M.CUT),
        _M.OPEN_THINK: _T(_A.SWITCH, _S.THINK),
        _M.CLOSE_THINK: _T(_A.SWITCH, _S.OUTSIDE),
        _M.CLOSE_RESPONSE: _T(_A.SWITCH, _S.OUTSIDE),
        _M.CLOSE_TOOLS: _T(_A.SWITCH, _S.OUTSIDE),
    },
    _S.CALL: {
        **_call(_S.CALL),
        **_ARGUMENT,
        _M.OPEN_JSON: _T(_A.OPEN_BLOCK, _S.JSON_BLOCK),
    },
    _S.CALL_ARGUMENTS: {**_call(_S.CALL_ARGUMENTS), **_ARGUMENT},
    _S.CALL_DONE: _call(_S.CALL_DONE),
    _S.STRING_VALUE: {
        **_drop(_S.STRING_VALUE, _M.CUT),
        _M.CLOSE_ARGUMENT: _T(_A.DECIDE, _S.CALL_ARGUMENTS),
    },
    _S.JSON_VALUE: {
        **_call(_S.CALL_ARGUMENTS),
        **_ARGUMENT,
        **_drop(_S.JSON_VALUE, _M.CUT),
        _M.CLOSE_ARGUMENT: _T(_A.DECIDE, _S.CALL_ARGUMENTS),
    },
    _S.JSON_BLOCK: {
        **_call(_S.CALL_DONE),
        **_drop(_S.JSON_BLOCK, _M.CUT),
        _M.CLOSE_JSON: _T(_A.DECIDE, _S.CALL_DONE),
    },
    _S.ENDED: {
        _M.CLOSE_MESSAGE: _T(_A.END_TURN, _S.ENDED),
        _M.END_OF_TURN: _T(_A.END_TURN, _S.ENDED),
    },
}
