"""Classify texts with a tool through Moonshot's batch API; start it again after a kill, it goes on.

    MOONSHOT_API_KEY=... python examples/moonshot_batch.py texts.txt results.jsonl

Each line of the first file is a text. State and answers are kept in the second one.
"""

import argparse
from pathlib import Path

from kimi_core.platform import KimiClient
from kimi_core.request import Options

TOPIC = {
    "type": "function",
    "function": {
        "name": "set_topic",
        "description": "Note what the text is about.",
        "parameters": {
            "type": "object",
            "properties": {"topic": {"type": "string", "enum": ["sport", "money", "other"]}},
            "required": ["topic"],
        },
    },
}

parser = argparse.ArgumentParser()
parser.add_argument("texts", type=Path)
parser.add_argument("results", type=Path)
parser.add_argument("--base-url", help="another server than Moonshot's")
parser.add_argument("--poll", type=float, default=30, help="seconds between two looks")
given = parser.parse_args()

requests = {
    f"text-{number}": [{"role": "user", "content": f"Set the topic of this text: {text}"}]
    for number, text in enumerate(given.texts.read_text(encoding="utf-8").splitlines())
}
# Only the K2 series has batches.
with KimiClient("kimi-k2.6", endpoint="moonshot", base_url=given.base_url) as client:
    results = client.run_batch(
        requests,
        state_file=given.results,
        tools=[TOPIC],
        options=Options(max_tokens=4_000),
        poll=given.poll,
    )

calls = [
    call for result in results.values() if result.message for call in result.message.tool_calls
]
errors = [result for result in results.values() if result.error]
tokens = sum(result.usage.completion_tokens or 0 for result in results.values() if result.usage)
print(f"{len(results)} results, {len(calls)} calls, {len(errors)} errors, {tokens} tokens written")
