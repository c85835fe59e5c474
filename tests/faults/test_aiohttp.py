"""The table of faults over aiohttp, which the openai SDK has a transport for.

Owns: the run, and the few rows in which what that library reads differs. It is the SDK's transport
that is put to the test: what it has no name for is aiohttp's own exception, and what it names a
timeout may be a connection that was refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openai
import pytest

from kimi_core.errors import KimiConnectionError
from tests.faults import asking_core
from tests.faults.holding import Told, every, hold, settings_of
from tests.faults.table import FAULTS

if TYPE_CHECKING:
    from tests.faults.row import Fault
    from tests.faults.wire import FaultServer

pytest.importorskip(
    "aiohttp" if openai.__version__.startswith("3") else "httpx_aiohttp",
    reason="it comes with the extra 'aiohttp'",
)


# What is no HTTP is asked for once: the SDK repeats errors that its transport has a name for. That
# of openai 2, the package httpx-aiohttp, has one for these, too.
_ONCE: dict[str, Any] = {"requests": 1 if openai.__version__.startswith("3") else 2}
# aiohttp reads the head and the body in one go, and gives neither where it refuses the body.
_LOST: dict[str, Any] = {**_ONCE, "gets": "KimiConnectionError", "content": ""}
_OTHERWISE = {
    "no HTTP at all": _ONCE,
    "a head that never ends": _ONCE,
    "a content length that is no number": _ONCE,
    "two content lengths": _ONCE,
    "a content length that is too short": _LOST,
    "a content length of 0": _LOST,
    "chunks, then garbage": _LOST,
    "a chunk of a negative size": _LOST,
}
# What is told by other rules over aiohttp; the deep run goes through all rows.
_TOLD_ANEW = {*_OTHERWISE, "refused", "closed before the head", "reset inside the head"}


def hold_over_aiohttp(fault: Fault, server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = replace(fault, **_OTHERWISE.get(fault.name, {}))
    hold(fault, asking_core.OVER_AIOHTTP, server, monkeypatch)


@pytest.mark.parametrize(
    "fault",
    [pytest.param(it, id=name) for name, it in FAULTS.items() if it.name in _TOLD_ANEW],
)
def test_a_fault_of_the_transport_ends_as_its_row_says(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    hold_over_aiohttp(fault, server, monkeypatch)


@pytest.mark.deep
@every
def test_a_fault_ends_as_its_row_says(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    hold_over_aiohttp(fault, server, monkeypatch)


def test_what_is_no_http_shows_no_key(server: FaultServer) -> None:
    """Aiohttp's error holds the request, and shows its headers in its repr."""
    fault = FAULTS["HTTP's framing and encoding: no HTTP at all"]
    server.will(fault.says)
    told = Told()
    with pytest.raises(KimiConnectionError, match="Bad status line") as caught:
        asking_core.OVER_AIOHTTP["whole"](settings_of(fault, server), "x", told)
    below = caught.value.__cause__
    assert below is not None
    shown = f"{caught.value!r} {vars(caught.value)} {below!r} {below.args} {vars(below)}"
    assert "made-up" not in shown
