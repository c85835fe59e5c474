"""The table of faults: what is injected, and what a user must get.

Owns: `FAULTS`, all rows. May know: tests.faults. docs/faults.md is written from it.

The law: a user gets the right answer, or one error of ours that carries all that had come; never a
silent loss, an exception of another library, or a hang; never more than ``max_retries`` + 1
requests; and nothing is asked again once a token was delivered.
"""

from __future__ import annotations

from tests.faults.answers import BODIES, ERRORS_INSIDE, EVENTS, VALUES
from tests.faults.connections import CONNECTIONS, FRAMING, TIMES
from tests.faults.refusals import REDIRECTS, REFUSALS, RETRY_AFTER

__all__ = ["FAULTS"]

FAULTS = {
    f"{fault.group}: {fault.name}": fault
    for fault in [
        *REFUSALS, *RETRY_AFTER, *REDIRECTS, *CONNECTIONS, *FRAMING, *TIMES, *BODIES, *EVENTS,
        *ERRORS_INSIDE, *VALUES,
    ]
}  # fmt: skip
