"""How `kimi_core.raw.grammar` is made.

Owns: nothing of its own; the modules beside it go from JSON schema to grammar text.
May know: the standard library.
"""
