"""The probes in their order, and the texts for errors that any of them may meet.

Owns: `PROBES` and `run_check`. May know: its own files, chat, endpoints, errors.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from kimi_core.chat import Settings
from kimi_core.check._answers import ANSWERS
from kimi_core.check._connection import CONNECTION
from kimi_core.check._formats import FORMATS
from kimi_core.check._probe import Outcome, Probe, Verdict, outcome
from kimi_core.check._reasoning import REASONING
from kimi_core.check._report import Finding, Report
from kimi_core.check._session import OTHER_REGION, Session
from kimi_core.check._tools import TOOLS
from kimi_core.endpoints import Endpoint
from kimi_core.errors import (
    KimiConfigError,
    KimiConnectionError,
    KimiError,
    KimiOverloadedError,
    KimiQuotaError,
    KimiRateLimitError,
    KimiStatusError,
    KimiStreamTruncatedError,
)

__all__ = ["PROBES", "run_check"]

_CHAT, _STREAMING, _USAGE, _CONTEXT = ANSWERS
PROBES = (*CONNECTION, _CHAT, _STREAMING, _USAGE, *REASONING, *TOOLS, *FORMATS, _CONTEXT)
"""All probes, in the order of asking."""

# The first that an error is an instance of.
_ERRORS: tuple[tuple[type[KimiError], Verdict], ...] = (
    (
        KimiConfigError,
        Verdict(
            "amber",
            "{error}",
            "This package refuses it before any request, as it will in your program.",
            "Do as the sentence says, or do without.",
        ),
    ),
    (
        KimiQuotaError,
        Verdict(
            "red",
            "{message}",
            "The account has no balance; nothing will be answered.",
            "Recharge the account on the host's own site.",
        ),
    ),
    (
        KimiOverloadedError,
        Verdict(
            "amber",
            "{message}",
            "The server is busy; this says nothing of its setup.",
            "Run the check again later.",
        ),
    ),
    (
        KimiRateLimitError,
        Verdict(
            "amber",
            "not asked, because of the rate limit: {message}",
            "The account's limit is lower than a check needs (Moonshot's first tier: 3 a minute).",
            "Wait a minute and run the check again; for programs, raise max_retries or the tier.",
        ),
    ),
    (
        KimiStreamTruncatedError,
        Verdict(
            "red",
            "the stream broke off here, too",
            "See the probe streaming.",
            "See the probe streaming.",
        ),
    ),
    (
        KimiConnectionError,
        Verdict(
            "red",
            "{error}",
            "The server took the request and did not answer.",
            "Look into its log; raise --timeout where it is only slow.",
        ),
    ),
    (
        KimiStatusError,
        Verdict(
            "red",
            "refused with status {status}: {message}",
            "A program that needs this will fail.",
            "Do as the server's message says; its log may say more.",
        ),
    ),
    (
        KimiError,
        Verdict(
            "red",
            "{error}",
            "The answer is not what an OpenAI-compatible server sends.",
            "Look at what stands between: a proxy, a gateway, another version of the server.",
        ),
    ),
)
_NO_SHAPE = Verdict(
    "red",
    "the answer has not the shape of a chat answer ({error})",
    "Every program will fail on it.",
    "Look at what stands between: a proxy, a gateway, another API than OpenAI's.",
)
_NOT_ASKED = Verdict("skipped", "not asked, because of: {reason}")


def run_check(
    settings: Settings,
    *,
    regions: Mapping[str, Endpoint] = OTHER_REGION,
    only: Collection[str] | None = None,
    on_finding: Callable[[Finding], None] | None = None,
) -> Report:
    """Ask a server everything that Kimi in an agent needs, and say what is wrong.

    It makes about a dozen small requests, through the same code as both adapters.

    Args:
        settings: Where and whom to ask; a retry of each request is up to ``max_retries``.
        regions: Where else a refused first-party key is tried (only where the endpoint's own
            address is asked).
        only: Names of the probes to ask; all where it is None. What they need must be among them.
        on_finding: Told of each finding as it is made.

    Returns:
        The report; a refusal by the server is a finding and not an exception.

    Raises:
        KimiConfigError: For settings that cannot work, before any request.
    """
    session = Session(settings, regions=regions)
    findings: dict[str, Finding] = {}
    probes = [probe for probe in PROBES if only is None or probe.name in only]
    try:
        for finding in _findings(session, probes, findings):
            findings[finding.probe] = finding
            if on_finding is not None:
                on_finding(finding)
        return _report(session, findings)
    finally:
        session.close()


def _findings(
    session: Session, probes: Iterable[Probe], so_far: Mapping[str, Finding]
) -> Iterator[Finding]:
    for probe in probes:
        missing = [name for name in probe.needs if so_far[name].status in {"red", "skipped"}]
        if missing:
            yield _written(session, probe, _NOT_ASKED, outcome("", reason=missing[0]))
        else:
            yield _asked(session, probe)


def _asked(session: Session, probe: Probe) -> Finding:
    try:
        found = probe.ask(session)
    except KimiError as error:
        verdict = next(text for kind, text in _ERRORS if isinstance(error, kind))
        status = getattr(error, "status_code", "")
        message = getattr(error, "server_message", "")
        return _written(
            session, probe, verdict, outcome("", error=error, status=status, message=message)
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # What stands where an object belongs can be anything, and a check has to end.
        return _written(session, probe, _NO_SHAPE, outcome("", error=repr(error)))
    return _written(session, probe, probe.verdicts[found.key], found)


def _written(session: Session, probe: Probe, verdict: Verdict, found: Outcome) -> Finding:
    words = {**session.words(), **found.details}
    texts = (verdict.seen, verdict.means, verdict.fix)
    seen, means, fix = (session.redacted(text.format(**words)) for text in texts)
    return Finding(probe.name, verdict.status, seen, means, fix)


def _report(session: Session, findings: Mapping[str, Finding]) -> Report:
    capabilities = session.chat.capabilities
    return Report(
        endpoint=session.endpoint.name,
        base_url=session.base_url,
        model=capabilities.model,
        api=capabilities.api,
        tool_call_parser=capabilities.tool_call_parser,
        findings=tuple(findings.values()),
        requests=session.requests,
        prompt_tokens=session.usage.prompt_tokens,
        completion_tokens=session.usage.completion_tokens,
    )
