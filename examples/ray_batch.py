"""Ask ten thousand prompts with a tool on four Ray workers; started again, it asks what is left.

    pip install "kimi-k2-integrations[langchain,ray]"
    python examples/ray_batch.py prompts.parquet answers [https://my-server/v1 ...]

The prompts have the columns "id" and "prompt", both text. The folder gets one row for each id.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import ray

from langchain_kimi import ChatKimiK2

TEXTS = ("id", "content", "tool_calls", "diagnostics", "error")
NUMBERS = ("input_tokens", "output_tokens")
SCHEMA = pa.schema([*((name, "string") for name in TEXTS), *((name, "int64") for name in NUMBERS)])


def get_weather(city: str) -> str:
    """Return the weather of a city now."""


def row(name, answer):
    if isinstance(answer, Exception):
        return {"id": name, "error": repr(answer)}
    called = json.dumps([*answer.tool_calls, *answer.invalid_tool_calls])
    found = json.dumps(answer.response_metadata.get("diagnostics", []))
    said = {"id": name, "content": answer.text, "tool_calls": called, "diagnostics": found}
    return {**said, **(answer.usage_metadata or {})}


class Ask:
    """One worker, which asks all servers in turn."""

    def __init__(self, servers, folder):
        models = [ChatKimiK2(base_url=server, max_tokens=4_000) for server in servers]
        self.models, self.folder = [model.bind_tools([get_weather]) for model in models], folder

    def __call__(self, batch):
        ids, prompts = batch["id"].tolist(), batch["prompt"].tolist()
        digest = hashlib.sha256(json.dumps(ids).encode()).hexdigest()[:16]
        path = self.folder / f"{digest}.parquet"
        if not path.exists():  # Ray does a killed worker's block again, and parts of it may be done
            model = self.models[int(digest, 16) % len(self.models)]
            answers = model.batch(prompts, {"max_concurrency": 16}, return_exceptions=True)
            table = pa.Table.from_pylist(list(map(row, ids, answers)), SCHEMA)
            pq.write_table(table, half := path.with_suffix(f".{os.getpid()}"))
            half.replace(path)  # at once, so that no file is ever half a file
        return {"answered": [len(ids)]}


def run(prompts, folder, servers, workers=4, worker=Ask):
    folder.mkdir(parents=True, exist_ok=True)
    tables = [pq.read_table(path, columns=["id"]) for path in folder.glob("*.parquet")]
    done = {name for table in tables for name in table["id"].to_pylist()}
    left = [asked for asked in pq.read_table(prompts).to_pylist() if asked["id"] not in done]
    if not left:
        return len(done), 0
    answered = ray.data.from_items(left, override_num_blocks=4 * workers).map_batches(
        worker,
        fn_constructor_args=[servers, folder],
        batch_size=50,
        compute=ray.data.ActorPoolStrategy(size=workers),
        num_cpus=0.1,  # a worker waits more than it computes
    )
    return len(done), sum(part["answered"] for part in answered.take_all())


if __name__ == "__main__":
    prompts, folder, *servers = sys.argv[1:]
    print("{} were there, {} were answered".format(*run(prompts, Path(folder), servers or [None])))
