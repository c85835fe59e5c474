"""What an account may ask at once and in a minute, as the simulator holds to it.

Owns: counting requests and tokens, and the words of a 429. Simulated: limits and words are those
that users quoted; how Moonshot's minute slides is not known. May know: its own files, endpoints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from kimi_core.testing._request import ChatRequest, is_object
from kimi_core.testing._tokens import prompt_tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from kimi_core.endpoints.tiers import Tier
    from kimi_core.testing._outcome import RecordedRequest
    from kimi_core.testing._request import ServerOptions

__all__ = ["AccountLimits"]

_MINUTE = 60
_DAY = 86_400
_ANSWER = 32_768  # allowed where a request says nothing, and the model's row neither
_WAIT = "please try again after 1 seconds"


@final
class AccountLimits:
    """What one account has asked.

    Args:
        tier: The limits.
        clock: Seconds, from any beginning.
    """

    def __init__(self, tier: Tier, clock: Callable[[], float]) -> None:
        self._tier = tier
        self._clock = clock
        self._sent: list[tuple[float, int]] = []
        self._running: set[int] = set()

    def refusal(self, request: RecordedRequest, options: ServerOptions) -> dict[str, Any] | None:
        """Return the body of a 429, or None where the request is let in; it counts either way."""
        if request.method != "POST" or not is_object(request.body):
            return None
        chat = ChatRequest(request.body, options)
        self._sent.append((self._clock(), _charge(chat)))
        broken = self._broken()
        if broken is None:
            return None
        message = f"Your account org-simulated<ak-simulated> {broken}"
        return {"error": {"message": message, "type": "rate_limit_reached_error"}}

    def enter(self, number: int) -> Callable[[], None]:
        """Count a request as running; what is returned ends that, as often as it is called."""
        self._running.add(number)
        return lambda: self._running.discard(number)

    def _broken(self) -> str | None:
        tier = self._tier
        asked, tokens = self._within(_MINUTE)
        _, of_day = self._within(_DAY)
        if tier.concurrency and len(self._running) >= tier.concurrency:
            return f"request reached max organization concurrency: {tier.concurrency}, {_WAIT}"
        if tier.requests_per_minute and asked > tier.requests_per_minute:
            return f"request reached max organization RPM: {tier.requests_per_minute}, {_WAIT}"
        if tier.tokens_per_minute and tokens > tier.tokens_per_minute:
            limit = f"current: {tokens}, limit: {tier.tokens_per_minute}"
            return f"request reached organization TPM rate limit, {limit}, {_WAIT}"
        if tier.tokens_per_day and of_day > tier.tokens_per_day:
            limit = f"current: {of_day}, limit: {tier.tokens_per_day}"
            return f"request reached organization TPD rate limit, {limit}"
        return None

    def _within(self, seconds: float) -> tuple[int, int]:
        since = self._clock() - seconds
        charged = [tokens for at, tokens in self._sent if at > since]
        return len(charged), sum(charged)


def _charge(chat: ChatRequest) -> int:
    asked = chat.body.get("max_completion_tokens") or chat.body.get("max_tokens")
    allowed = asked or chat.info.default_output or _ANSWER
    return prompt_tokens(chat) + (allowed if isinstance(allowed, int) else _ANSWER)
