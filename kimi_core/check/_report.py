"""What a check found, as values.

Owns: `Finding` and `Report`, and their form as JSON. May know: the standard library.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

__all__ = ["Finding", "Report", "Status"]

Status = Literal["green", "amber", "red", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one probe found.

    Attributes:
        probe: The probe's name.
        status: "green" (as it should be), "amber" (works with a limit), "red" (will fail), or
            "skipped" (there was nothing to ask).
        seen: What was seen.
        means: What an amber or a red means for a program.
        fix: The launch flag or the setting that repairs an amber or a red.
    """

    probe: str
    status: Status
    seen: str
    means: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a check found.

    Attributes:
        endpoint: Name of the endpoint.
        base_url: Where was asked.
        model: The model's name as it was sent.
        api: "chat" or "completions".
        tool_call_parser: "auto", "server" or "client".
        findings: One for each probe, in the order of asking.
        requests: How many HTTP requests were made; a retry by the SDK is not counted.
        prompt_tokens: Tokens of all prompts, as far as the server said.
        completion_tokens: Tokens of all answers, as far as the server said.
    """

    endpoint: str
    base_url: str
    model: str
    api: str
    tool_call_parser: str
    findings: tuple[Finding, ...]
    requests: int
    prompt_tokens: int
    completion_tokens: int

    @property
    def passed(self) -> bool:
        """Whether nothing is red."""
        return all(finding.status != "red" for finding in self.findings)

    def finding(self, probe: str) -> Finding:
        """Return what a probe found.

        Raises:
            KeyError: There is no probe of this name.
        """
        return {finding.probe: finding for finding in self.findings}[probe]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values, with ``passed``."""
        return {"passed": self.passed, **asdict(self)}
