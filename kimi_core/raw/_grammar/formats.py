"""The string formats of JSON schema that a grammar can say exactly.

Owns: one expression for each, and its lengths. May know: the standard library.

None of them has a character that JSON would escape. A format that is not here is an annotation, as
JSON schema has it: uri, hostname and ipv6 have rules that a grammar cannot say.
"""

from __future__ import annotations

__all__ = ["FORMATS"]

_YEAR = "[1-9] [0-9]{3}"
_LEAP_HUNDRED = '("0" [48] | [2468] [048] | [13579] [26])'
_LEAP_YEAR = f'([1-9] [0-9] {_LEAP_HUNDRED} | ([2468] [048] | [13579] [26]) "00")'
_LONG_MONTH = '("0" [13578] | "1" [02])'
_SHORT_MONTH = '("0" [469] | "11")'
_DATE = (
    f'({_YEAR} "-" ({_LONG_MONTH} "-" ("0" [1-9] | [12] [0-9] | "3" [01])'
    f' | {_SHORT_MONTH} "-" ("0" [1-9] | [12] [0-9] | "30")'
    ' | "02-" ("0" [1-9] | "1" [0-9] | "2" [0-8]))'
    f' | {_LEAP_YEAR} "-02-29")'
)
_HOUR = '([01] [0-9] | "2" [0-3])'
_SIXTY = "[0-5] [0-9]"
# RFC 3339 wants an offset, and so does JSON schema; six digits are what Python's datetime holds.
_TIME = f'{_HOUR} ":" {_SIXTY} ":" {_SIXTY} ("." [0-9]{{1,6}})? ("Z" | [+-] {_HOUR} ":" {_SIXTY})'
_COUNT = "[0-9]{1,4}"
_CLOCK = (
    f'"T" ({_COUNT} "H" ({_COUNT} "M" ({_COUNT} "S")?)? | {_COUNT} "M" ({_COUNT} "S")?'
    f' | {_COUNT} "S")'
)
_CALENDAR = (
    f'({_COUNT} "Y" ({_COUNT} "M" ({_COUNT} "D")?)? | {_COUNT} "M" ({_COUNT} "D")? | {_COUNT} "D")'
)
_BYTE = '("25" [0-5] | "2" [0-4] [0-9] | "1" [0-9] [0-9] | [1-9]? [0-9])'
_LABEL = '[a-zA-Z0-9]{1,25} ("-" [a-zA-Z0-9]{1,25})?'

FORMATS: dict[str, tuple[str, int, int]] = {
    "date": (_DATE, 10, 10),
    "date-time": (f'{_DATE} "T" {_TIME}', 20, 32),
    "duration": (f'"P" ({_CALENDAR} ({_CLOCK})? | {_CLOCK} | {_COUNT} "W")', 3, 32),
    "email": (
        (
            '[a-zA-Z0-9_+-]{1,32} ("." [a-zA-Z0-9_+-]{1,31})? "@" '
            f'({_LABEL} "."){{1,3}} [a-zA-Z]{{2,12}}'
        ),
        6,
        233,
    ),
    "ipv4": (f'{_BYTE} ("." {_BYTE}){{3}}', 7, 15),
    "time": (_TIME, 9, 21),
    "uuid": ('[0-9a-fA-F]{8} ("-" [0-9a-fA-F]{4}){3} "-" [0-9a-fA-F]{12}', 36, 36),
}
"""Format -> expression of what stands between the quotes, its least and its greatest length."""
