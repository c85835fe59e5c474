"""model x endpoint x setting -> the exact payload: one table, run by the core and both adapters.

Owns: `ROWS`, all rows by what they show. The rules are those of Moonshot's OpenAPI document of
2026-08-17, its guides of September 2026, OpenRouter's documents, and what users saw the servers
refuse; the sections that the modules name are those of the project's fact sheet about the API:

* 0, 1: hosts and models. 2.1 fields. 2.2 thinking. 2.3 reasoning. 2.4 tools and choices.
* 2.5 Moonshot's own functions. 2.6 response_format. 2.7 schemas. 2.8 messages. 2.9 caching.
* 3.2 ids of calls. 5 OpenRouter. 6 what clients get wrong.

May know: kimi_core; no framework.
"""

from tests.payloads import derived, engines, history, hosts, media, settings, thinking, tools
from tests.payloads.row import Row

__all__ = ["ROWS", "Row"]

ROWS: dict[str, Row] = {}
for _part in (settings, thinking, tools, history, media, engines, hosts):
    for _name, _row in _part.ROWS.items():
        assert _name not in ROWS, _name
        ROWS[_name] = _row
ROWS |= derived.rows(ROWS.values())
