"""Faults: a status that says no, what it says about a retry, and redirects.

Owns: these rows. May know: tests.faults.
"""

from __future__ import annotations

from tests.faults.row import Fault, body, error, head, sse, tokens
from tests.faults.wire import ELSEWHERE, RESET, SELF, STALL

__all__ = ["REDIRECTS", "REFUSALS", "RETRY_AFTER"]

_OF = "A status that says no"
_STATUSES = {
    400: ("KimiBadRequestError", 1),
    401: ("KimiAuthenticationError", 1),
    402: ("KimiQuotaError", 1),
    403: ("KimiAuthenticationError", 1),
    404: ("KimiModelNotFoundError", 1),
    408: ("KimiBadRequestError", 2),
    409: ("KimiBadRequestError", 2),
    413: ("KimiBadRequestError", 1),
    422: ("KimiBadRequestError", 1),
    429: ("KimiRateLimitError", 2),
    500: ("KimiServerError", 2),
    502: ("KimiServerError", 2),
    503: ("KimiOverloadedError", 2),
    504: ("KimiServerError", 2),
    529: ("KimiOverloadedError", 2),
}
_PAGE = b"<html><head><title>Sorry</title></head><body>nginx</body></html>"


def _html(status: int) -> bytes:
    return head(status, "text/html", content_length=len(_PAGE)) + _PAGE


def _empty(status: int) -> bytes:
    return head(status, "text/plain", content_length=0)


_SHAPES = {"with JSON": error, "with a page of HTML": _html, "without a body": _empty}

REFUSALS = [
    Fault(group=_OF, name=f"{status} {shape}", says=(say(status),), gets=gets, requests=requests)
    for status, (gets, requests) in _STATUSES.items()
    for shape, say in _SHAPES.items()
] + [
    Fault(group=_OF, name="429 for want of money", gets="KimiQuotaError",
          says=(error(429, "insufficient balance", "exceeded_current_quota_error"),)),
    Fault(group=_OF, name="429 whose body is a list", gets="KimiRateLimitError", requests=2,
          says=(body([], 429),)),
    Fault(group=_OF, name="400 whose error is null", gets="KimiBadRequestError",
          says=(body({"error": None}, 400),)),
    Fault(group=_OF, name="400 whose error is a number", gets="KimiBadRequestError",
          says=(body({"error": 7}, 400),)),
    Fault(group=_OF, name="400 whose body is no UTF-8", gets="KimiBadRequestError",
          says=(body(b'{"error": "\xff\xfe"}', 400),)),
    Fault(group=_OF, name="400 whose body is nested 5,000 deep", gets="KimiBadRequestError",
          says=(body(b'{"error": ' + b"[" * 5000, 400),)),
    Fault(group=_OF, name="400 whose body is reset", gets="KimiBadRequestError",
          says=(head(400, "application/json", content_length=99) + b'{"err', RESET)),
    Fault(group=_OF, name="400 whose body breaks off", gets="KimiBadRequestError",
          says=(head(400, "application/json", content_length=99) + b'{"err',)),
    Fault(group=_OF, name="400 whose body stalls", gets="KimiBadRequestError",
          says=(head(400, "application/json", content_length=99) + b'{"err', STALL),
          settings=(("timeout", 0.3),)),
    Fault(group=_OF, name="400 whose body is no gzip", gets="KimiBadRequestError",
          says=(body(b"no gzip", 400, content_encoding="gzip"),)),
    Fault(group=_OF, name="500 whose body is reset", gets="KimiServerError", requests=2,
          says=(head(500, "application/json", content_length=99) + b'{"err', RESET)),
    Fault(group=_OF, name="429 whose body is reset", gets="KimiRateLimitError", requests=2,
          says=(head(429, "application/json", content_length=99) + b'{"err', RESET)),
    Fault(group=_OF, name="413 and a reset while the request is sent", gets="KimiBadRequestError",
          says=(error(413),), unread=1, asks=200_000),
]  # fmt: skip

_AFTER = "What a refusal says about a retry"


def _after(
    name: str,
    requests: int = 2,
    *,
    status: int = 429,
    waits: tuple[float, ...] | None = None,
    sdk: int = 2,
    **headers: object,
) -> Fault:
    gets = _STATUSES[status][0]
    return Fault(group=_AFTER, name=f"{status} with {name}", says=(error(status, **headers),),
                 gets=gets, requests=requests, waits=waits, sdk=sdk)  # fmt: skip


RETRY_AFTER = [
    _after("retry-after: 7", waits=(7,), retry_after=7),
    _after("retry-after: 7", status=503, waits=(7,), retry_after=7),
    _after("retry-after: 0.5", waits=(0.5,), retry_after=0.5),
    _after("retry-after-ms: 250", waits=(0.25,), retry_after_ms=250),
    _after("retry-after: 0", retry_after=0),
    _after("retry-after: -5", retry_after=-5),
    _after("retry-after: soon", retry_after="soon"),
    _after("retry-after: nan", retry_after="nan"),
    _after("a date of the past in retry-after", retry_after="Wed, 21 Oct 2015 07:28:00 GMT"),
    _after("retry-after: 86400", 1, retry_after=86400, sdk=3),
    _after("x-should-retry: false", 1, x_should_retry="false"),
    _after("x-should-retry: true", 2, status=400, x_should_retry="true"),
]

_LEAD = "Redirects"
_FINE = head() + sse(*tokens("Hel", "lo"))


def _leads(status: int, name: str, to: bytes | None) -> Fault:
    location = None if to is None else to.decode()
    said = head(status, "text/plain", location=location, content_length=0)
    return Fault(group=_LEAD, name=f"{status} {name}", says=(said,), gets="KimiBadRequestError")


REDIRECTS = [
    *(
        _leads(status, "to another origin", ELSEWHERE + b"/v1/chat/completions")
        for status in (301, 302, 303, 307, 308)
    ),
    _leads(307, "to the same origin", SELF + b"/v2/chat/completions"),
    _leads(307, "to what is no address", b"http://:x:/"),
    _leads(307, "to a file", b"file:///etc/passwd"),
    *(_leads(status, "without a location", None) for status in (300, 302, 304, 307)),
]
