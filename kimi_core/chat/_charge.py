"""What a request is charged against a limit of tokens.

Owns: an estimate that is rather too high than too low. May know: _json, request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core._json import as_mapping, as_sequence

if TYPE_CHECKING:
    from kimi_core.request import Request

__all__ = ["charged_tokens"]

# English has four bytes a token or a little more, Chinese four and a half, code three and a half.
_BYTES_PER_TOKEN = 3
# Roles, names of fields, and the line that says how hard to think.
_AROUND = 100
_MEDIA = 1_000
_ANSWER = 32_768  # Moonshot's default for most models
_LIMITS = ("max_completion_tokens", "max_tokens")


def charged_tokens(request: Request) -> int:
    """Return the tokens of the prompt and those that the answer may have.

    Moonshot charges an answer as long as was allowed, whatever is said in the end, and 131,072
    tokens where a K3 model was allowed nothing in particular.

    Args:
        request: As it is sent.
    """
    payload = request.payload
    allowed = next((payload[name] for name in _LIMITS if name in payload), None)
    answer = allowed or request.capabilities.info.default_output or _ANSWER
    said = [payload.get(name) for name in ("messages", "prompt", "tools", "response_format")]
    return int(answer) + _AROUND + _tokens(said)


def _tokens(value: Any) -> int:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        if value.startswith(("data:", "ms://")):
            return _MEDIA
        return -(-len(value.encode(errors="replace")) // _BYTES_PER_TOKEN)
    fields = as_mapping(value)
    if fields is not None:
        return sum(_tokens(name) + _tokens(item) for name, item in fields.items())
    return 1 + sum(map(_tokens, as_sequence(value) or ()))
