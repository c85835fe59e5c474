"""Tool calls that are damaged -> tool calls that can be run, or a reason.

Owns: what is damaged, what of it has exactly one reading, and what is told meanwhile.
May know: its own files.

The law: a value that its schema accepts is never touched; what is refused is mended where one
reading is left; and what is not certain is not run. `docs/repair.md` says why each rule is safe.
"""

from kimi_core.response._repair.calls import SettledCalls
from kimi_core.response._repair.uncalled import uncalled_text
from kimi_core.response._repair.unsettled import Unsettled

__all__ = ["SettledCalls", "Unsettled", "uncalled_text"]
