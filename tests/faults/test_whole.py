"""The table of faults, whole: the core and both adapters, sync and async.

Owns: the run. The rows are in tests/faults/table.py, the law in tests/faults/holding.py. Streamed
and whole answers are two files, since processes share out whole files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults import asking_core
from tests.faults.holding import every, hold

if TYPE_CHECKING:
    from tests.faults.row import Fault
    from tests.faults.wire import FaultServer


@every
def test_a_fault_ends_as_its_row_says(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    hold(fault, asking_core.WHOLE, server, monkeypatch)


@pytest.mark.deep
@every
def test_a_fault_ends_so_in_both_adapters(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    pytest.importorskip("langchain_openai", reason="the table is run for both frameworks")
    pytest.importorskip("llama_index.core", reason="the table is run for both frameworks")
    from tests.faults import asking_langchain, asking_llama_index

    adapters = {**asking_langchain.WHOLE, **asking_llama_index.WHOLE}
    hold(fault, adapters, server, monkeypatch)
