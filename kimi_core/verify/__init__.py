"""How well a server calls tools, measured: requests, figures with intervals, reports.

Owns: the samples, how they are asked and judged, the figures of a run, its reports, and the
conformance runs for K3. May know: its own files. ``kimi-k2 verify`` prints it.

Formulas and file formats are those of Moonshot's K2-Vendor-Verifier and Kimi-Vendor-Verifier, so
that figures compare with the published tables; docs/verify.md has them.
"""

from kimi_core.verify._compare import Comparison, Difference, compare_reports
from kimi_core.verify._conformance import (
    GROUPS,
    Check,
    Conformance,
    Questions,
)
from kimi_core.verify._figures import Agreement, Column, Cost, IdFormat, Latency
from kimi_core.verify._intervals import Median, Share, difference, f1_interval, wilson
from kimi_core.verify._outcome import Outcome
from kimi_core.verify._recipe import own_samples
from kimi_core.verify._report import Failure, Report, make_report
from kimi_core.verify._rows import Row, read_rows
from kimi_core.verify._run import Job
from kimi_core.verify._samples import Sample, read_samples
from kimi_core.verify._sections import Section, compared, heading, sections
from kimi_core.verify._valid import valid_call
from kimi_core.verify._verify import averify, verify
from kimi_core.verify._write import (
    comparison_markdown,
    report_markdown,
    write_comparison,
    write_report,
)

__all__ = [
    "GROUPS",
    "Agreement",
    "Check",
    "Column",
    "Comparison",
    "Conformance",
    "Cost",
    "Difference",
    "Failure",
    "IdFormat",
    "Job",
    "Latency",
    "Median",
    "Outcome",
    "Questions",
    "Report",
    "Row",
    "Sample",
    "Section",
    "Share",
    "averify",
    "compare_reports",
    "compared",
    "comparison_markdown",
    "difference",
    "f1_interval",
    "heading",
    "make_report",
    "own_samples",
    "read_rows",
    "read_samples",
    "report_markdown",
    "sections",
    "valid_call",
    "verify",
    "wilson",
    "write_comparison",
    "write_report",
]
