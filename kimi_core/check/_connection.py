"""Probes of the way to the server: is it there, does it take the key, does it have the model.

Owns: `CONNECTION`. May know: its own files, errors, models.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kimi_core.check._page import is_page
from kimi_core.check._probe import Outcome, Probe, Verdict, outcome
from kimi_core.errors import (
    KimiAuthenticationError,
    KimiConnectionError,
    KimiError,
    KimiModelNotFoundError,
    KimiProtocolError,
    KimiStatusError,
)
from kimi_core.models import get_model, retirement

if TYPE_CHECKING:
    from kimi_core.check._session import Session

__all__ = ["CONNECTION"]

_REFUSED = frozenset({401, 403})
_VERSIONED = re.compile(r"/v[0-9]+[a-z0-9]*$")


def _reach(session: Session) -> Outcome:
    try:
        page = session.listing()
    except KimiConnectionError as error:
        return outcome("unreachable", reason=str(_first_cause(error)) or error)
    refused = page.status in _REFUSED and page.refusal and not is_page(page.refusal)
    if page.rows is not None or refused:
        return outcome("answers", status=page.status)
    if not _VERSIONED.search(urlsplit(session.base_url).path):
        below = f"{session.base_url}/v1"
        if session.look(f"{below}/models").rows is not None:
            return outcome("version_missing", below=below)
    return _reach_by_asking(session, page.status)


def _first_cause(error: BaseException) -> BaseException:
    """Return what an error began with, which has the words of the operating system."""
    return error if error.__cause__ is None else _first_cause(error.__cause__)


def _reach_by_asking(session: Session, status: int) -> Outcome:
    """Ask for an answer: a server may well be OpenAI-compatible and list no models."""
    try:
        session.ready()
    except KimiStatusError as error:
        if is_page(error):
            return outcome("no_api", answer=f"{error.status_code}: {error.server_message[:120]}")
    except KimiProtocolError as error:
        return outcome("no_api", answer=str(error)[:200])
    except KimiError:
        pass  # a later probe says it better
    return outcome("no_list", status=status)


def _authenticate(session: Session) -> Outcome:
    try:
        session.ready()
    except KimiAuthenticationError as error:
        return _refused_key(session, error)
    except KimiError:
        pass  # whatever it is, it is not the key
    return outcome("accepted" if session.has_key else "no_key")


def _refused_key(session: Session, error: KimiAuthenticationError) -> Outcome:
    other = session.other_region
    if other is not None and _is_taken_at(session, other.base_url):
        return outcome("other_region", other=other.name, other_url=other.base_url)
    names = session.endpoint.api_key_names
    key_name = names[0] if names else "api_key"
    key = "no_key_given" if not session.has_key else "wrong"
    return outcome(key, message=error.server_message, status=error.status_code, key_name=key_name)


def _is_taken_at(session: Session, base_url: str) -> bool:
    try:
        return session.look(f"{base_url}/models").refusal is None
    except KimiConnectionError:
        return False


def _find_model(session: Session) -> Outcome:
    rows = session.listing().rows
    try:
        session.ready()
    except KimiModelNotFoundError as error:
        return _missing_model(session, error)
    except KimiError:
        pass  # the probe "chat" says it
    if rows is None:
        return outcome("not_listed_at_all")
    return outcome("listed" if session.row() else "unlisted")


def _missing_model(session: Session, error: KimiModelNotFoundError) -> Outcome:
    name = session.chat.capabilities.model
    retired = retirement(name) if session.endpoint.retires_models else None
    if retired is not None:
        return outcome("retired", date=retired[0], replacement=retired[1])
    served = [str(row["id"]) for row in session.listing().rows or ()]
    if not served:
        return outcome("unknown", message=error.server_message)
    near = difflib.get_close_matches(name, served, n=3, cutoff=0.3) or served[:3]
    info = get_model(near[0]) or session.chat.capabilities.info
    return outcome("another", served=", ".join(served[:8]), near=near[0], facts=info.name)


CONNECTION = (
    Probe(
        name="reachability",
        question="Does an OpenAI-compatible API answer at the base URL?",
        ask=_reach,
        needs=(),
        verdicts={
            "answers": Verdict("green", "{base_url} answers (status {status} at /models)"),
            "no_list": Verdict(
                "green", "{base_url} answers; it lists no models (status {status} at /models)"
            ),
            "unreachable": Verdict(
                "red",
                "no answer from {base_url}/models: {reason}",
                "No request will get there.",
                "Start the server, or correct base_url; from a container, localhost is the "
                "container itself.",
            ),
            "version_missing": Verdict(
                "red",
                "the API stands below /v1, and {base_url} lacks it",
                "Every request will be answered with 404.",
                "Set base_url to {below}",
            ),
            "no_api": Verdict(
                "red",
                "the host answers, and not as an OpenAI-compatible API does ({answer})",
                "It is a website, another API, or a proxy's own page.",
                "Correct base_url: it ends where /chat/completions would follow, usually in /v1.",
            ),
        },
    ),
    Probe(
        name="auth",
        question="Is the key taken?",
        ask=_authenticate,
        needs=("reachability",),
        verdicts={
            "accepted": Verdict("green", "the key is taken"),
            "no_key": Verdict("green", "no key is sent, and none is asked for"),
            "no_key_given": Verdict(
                "red",
                "the server wants a key and got none (status {status}: {message})",
                "Every request will be refused.",
                "Set {key_name}, or store it: kimi-k2 setup --endpoint {endpoint}",
            ),
            "wrong": Verdict(
                "red",
                "the key is refused (status {status}: {message})",
                "Every request will be refused.",
                "Make a key on this host's own site and set {key_name}; keys of other hosts and "
                "of the Kimi Code subscription (sk-kimi-...) open nothing here.",
            ),
            "other_region": Verdict(
                "red",
                "the key is refused at {base_url} and taken at {other_url}",
                "The two regions share neither accounts nor keys.",
                "Use endpoint={other!r}, or a key made in this region.",
            ),
        },
    ),
    Probe(
        name="model",
        question="Is the model served?",
        ask=_find_model,
        needs=("auth",),
        verdicts={
            "listed": Verdict("green", "{model} is served, and listed"),
            "unlisted": Verdict("green", "{model} is served, though /models does not list it"),
            "not_listed_at_all": Verdict("green", "{model} is not refused; there is no list"),
            "retired": Verdict(
                "red",
                "{model} was retired here on {date}",
                "Every request will be answered with 404.",
                "Use model={replacement!r}; other hosts, e.g. endpoint='openrouter', and your own "
                "engine may still serve {model}.",
            ),
            "another": Verdict(
                "red",
                "{model} is not served; the server has {served}",
                "Every request will be answered with 404.",
                "Use model={near!r} with base_model={facts!r}, which sends the name as it is, or "
                "start the server under the name {model} (vLLM, SGLang: --served-model-name).",
            ),
            "unknown": Verdict(
                "red",
                "{model} is not served ({message})",
                "Every request will be answered with 404.",
                "Correct the model's name, and see that base_url ends in the API's version, "
                "usually /v1.",
            ),
        },
    ),
)
"""Reachability, auth, model."""
