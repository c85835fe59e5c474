"""Which modules the reference lists: what their ``__all__`` has is public.

Owns: that list, in its order; a name stands on the first page that has it, which is what users
import it from. Read by the site (``docs_site.py``) and by the rules for docstrings
(``docstrings.py``).
"""

MODULES = (
    "langchain_kimi",
    "langchain_kimi.middleware",
    "llama_index_kimi",
    "kimi_core",
    "kimi_core.errors",
    "kimi_core.endpoints",
    "kimi_core.endpoints.tiers",
    "kimi_core.models",
    "kimi_core.config",
    "kimi_core.platform",
    "kimi_core.request",
    "kimi_core.chat",
    "kimi_core.response",
    "kimi_core.events",
    "kimi_core.events.arguments",
    "kimi_core.raw.parser",
    "kimi_core.raw.prompt",
    "kimi_core.raw.grammar",
    "kimi_core.raw.tool_ids",
    "kimi_core.schema",
    "kimi_core.schema.limits",
    "kimi_core.fetch",
    "kimi_core.local",
    "kimi_core.check",
    "kimi_core.verify",
    "kimi_core.testing",
)
