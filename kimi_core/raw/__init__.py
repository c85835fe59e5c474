"""The raw token protocol: what Kimi reads and writes when no server stands between.

Owns: parser, prompts, tool-call ids and grammars. Sans I/O: it reads no file and no socket,
logs nothing, and knows no framework. May know: the standard library.
"""

from __future__ import annotations

__all__: list[str] = []  # each name has one home; the public ones stand in `kimi_core`
