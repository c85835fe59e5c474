"""Whether a server is set up right for Kimi: a list of questions, and what each answer means.

Owns: the questions (probes), how an answer is judged, and what to do about it. May know: its own
files. It prints nothing: ``kimi-k2 check`` does.

One file for each group of probes: `_connection`, `_answers`, `_reasoning`, `_tools`, `_formats`.
"""

from kimi_core.check._probe import Outcome, Probe, Verdict
from kimi_core.check._report import Finding, Report, Status
from kimi_core.check._run import PROBES, run_check
from kimi_core.check._session import OTHER_REGION, Session

__all__ = [
    "OTHER_REGION",
    "PROBES",
    "Finding",
    "Outcome",
    "Probe",
    "Report",
    "Session",
    "Status",
    "Verdict",
    "run_check",
]
