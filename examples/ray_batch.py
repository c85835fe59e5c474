"""Thousands of prompts with a tool on four Ray workers; started again, it asks what is left.

Needs: pip install "kimi-k2-integrations[langchain,ray]", and MOONSHOT_API_KEY. Run it with a table
of "id" and "prompt", a folder for the answers, and the URLs of relays of Moonshot's, if any.
"""

import hashlib
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import ray

from langchain_kimi import ChatKimiK2

KEPT = ("content", "tool_calls", "invalid_tool_calls", "usage_metadata", "response_metadata")
WEATHER = {"title": "get_weather", "properties": {"city": {"type": "string"}}, "type": "object"}


def _row(name: str, answer: object) -> dict:
    if isinstance(answer, Exception):
        return {"id": name, "error": repr(answer)}
    return {"id": name, **{part: json.dumps(getattr(answer, part)) for part in KEPT}}


class Ask:
    """One worker, which asks all servers in turn."""

    def __init__(self, servers: list, folder: Path) -> None:
        models = [ChatKimiK2(endpoint="moonshot", base_url=it, max_tokens=4_000) for it in servers]
        self.models, self.folder = [model.bind_tools([WEATHER]) for model in models], folder

    def __call__(self, batch: dict) -> dict:
        """Answer some prompts; their ids are the file's name, so done twice they are there once."""
        ids, prompts = batch["id"].tolist(), batch["prompt"].tolist()
        digest = hashlib.sha256(json.dumps(ids).encode()).hexdigest()
        path = self.folder / f"{digest}.parquet"
        if not path.exists():  # Ray does a killed worker's block again, and parts of it may be done
            model = self.models[int(digest, 16) % len(self.models)]
            answers = model.batch(prompts, {"max_concurrency": 16}, return_exceptions=True)
            columns = pa.schema([(name, "string") for name in ("id", *KEPT, "error")])
            table = pa.Table.from_pylist([*map(_row, ids, answers)], columns)
            pq.write_table(table, half := self.folder / f".{digest}")
            half.replace(path)  # at once, so that no file is ever half a file
        return {"answered": [len(ids)]}


if __name__ == "__main__":
    prompts, folder, servers = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:] or [None]
    folder.mkdir(parents=True, exist_ok=True)
    done = {it for path in folder.glob("*.parquet") for it in pq.read_table(path)["id"].to_pylist()}
    left = [asked for asked in pq.read_table(prompts).to_pylist() if asked["id"] not in done]
    workers = {"compute": ray.data.ActorPoolStrategy(size=4), "num_cpus": 0.1}  # they mostly wait
    asking = ray.data.from_items(left, override_num_blocks=16).map_batches(
        Ask, batch_size=50, fn_constructor_args=[servers, folder], **workers
    )
    print(sum(part["answered"] for part in asking.take_all()), "were answered")
