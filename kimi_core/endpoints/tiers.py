"""What an account may ask at once, in a minute and in a day.

Owns: `Tier`, and Moonshot's tiers, one row each.
May know: errors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any, cast

from kimi_core.errors import KimiConfigError, check_setting

__all__ = ["TIERS", "Tier"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """The limits of one account. None, the default of each, is no limit.

    Attributes:
        concurrency: Requests at once; one counts until its answer was read to its end or closed.
        requests_per_minute: Requests in any 60 seconds.
        tokens_per_minute: Tokens in any 60 seconds, as Moonshot charges them: those of the prompt,
            and the whole ``max_tokens``, whatever the answer has in the end.
        tokens_per_day: The same in any 24 hours.

    Raises:
        KimiConfigError: For a limit that is no whole number from 1 on.
    """

    concurrency: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    tokens_per_day: int | None = None

    def __post_init__(self) -> None:
        for item in fields(self):
            check_setting(item.name, getattr(self, item.name))

    @classmethod
    def of(cls, said: Tier | int | str | Mapping[str, Any]) -> Tier:
        """Return the tier that is meant.

        Args:
            said: A tier, the number of one of Moonshot's (``1``, ``"1"``, ``"tier1"``), or what
                `written` returned.

        Raises:
            KimiConfigError: For what is no tier.
        """
        check_setting("rate_limit", said)
        if isinstance(said, Tier):
            return said
        if isinstance(said, (int, str)):
            return _numbered(said)
        try:
            return cls(**said)
        except TypeError:
            names = ", ".join(item.name for item in fields(cls))
            message = (
                f"rate_limit={said!r} is refused: a tier has {names} and nothing else. "
                "Pass e.g. rate_limit=kimi_core.Tier(requests_per_minute=100)."
            )
            raise KimiConfigError(message) from None

    def written(self) -> dict[str, int]:
        """Return what is limited, as a dict that JSON can hold."""
        return {name: limit for name, limit in asdict(self).items() if limit is not None}


def _numbered(said: int | str) -> Tier:
    number = re.sub(r"^tier|[\s_-]", "", str(said).strip().lower())
    row = TIERS.get(int(number)) if number.isdecimal() else None
    if row is None:
        message = (
            f"rate_limit={said!r} is refused: Moonshot's tiers are {', '.join(map(str, TIERS))}. "
            "Pass the number that the console shows for your account, or a kimi_core.Tier of your "
            "own."
        )
        raise KimiConfigError(message)
    return row


def _tier(concurrency: int, requests: int, tokens: int, day: int | None = None) -> Tier:
    return Tier(
        concurrency=concurrency,
        requests_per_minute=requests,
        tokens_per_minute=tokens,
        tokens_per_day=day,
    )


TIERS: Mapping[int, Tier] = cast(
    "Mapping[int, Tier]",
    MappingProxyType(
        {
            0: _tier(1, 3, 500_000, 1_500_000),
            1: _tier(15, 100, 2_000_000),
            2: _tier(40, 100, 3_000_000),
            3: _tier(50, 200, 3_000_000),
            4: _tier(60, 200, 4_000_000),
            5: _tier(100, 300, 5_000_000),
        }
    ),
)
"""Moonshot's tiers by number: https://platform.kimi.ai/docs/pricing/limits, read 2026-09-23.

A tier is that of an account, whatever its keys and models, and follows from what was paid in so
far: 1, 10, 20, 100, 1,000 and 3,000 dollars (in China 0, 50, 100, 500, 5,000 and 20,000 yuan)."""
