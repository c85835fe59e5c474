"""One client in a process of its own, which does what it is told on its standard input.

Owns: the clock, and the two lives of a worker. May know: `_langchain`, `_llama_index`, `_others`.

``python _worker.py FAMILY NAME URL`` reads a line of JSON for each run, ``{"action", "raw",
"aiohttp", "arguments", "measure", "units", "longest"}``, and answers with one: ``{"value"}`` or
``{"error"}``. A value is seconds for each unit, or bytes. What an action needs is made once.

``python _worker.py FAMILY NAME URL --startup`` says what it costs to get there.
"""

from __future__ import annotations

import gc
import http.client
import importlib
import json
import resource
import signal
import statistics
import sys
import time
from typing import Any
from urllib.parse import urlsplit

FAMILIES = {"langchain": "_langchain", "llama_index": "_llama_index", "other": "_others"}
# What is imported for a client, where that is more than its module.
PACKAGES = {
    "ChatKimiK2": "{family}_kimi",
    "ChatOpenAI": "langchain_openai",
    "ChatDeepSeek": "langchain_deepseek",
    "ChatMoonshot": "langchain_moonshot",
    "ChatOpenRouter": "langchain_openrouter",
    "ChatLiteLLM": "langchain_litellm",
    "OpenAILike": "llama_index.llms.openai_like",
    "OpenAI": "llama_index.llms.openai",
    "pydantic-ai": "pydantic_ai.models.openai",
    "openai": "openai",
    "kimi_core": "kimi_core",
}
CONSTRUCTED = 50
FIRSTS = 9


def main() -> None:
    """Live as the arguments say."""
    family, name, url, *starts = sys.argv[1:]
    if starts:
        print(json.dumps(startup(family, name, url)), flush=True)
        return
    module = importlib.import_module(FAMILIES[family])
    made: dict[str, Any] = {}
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGALRM, _give_up)
    for line in sys.stdin:
        told = json.loads(line)
        signal.alarm(told["longest"])
        try:
            value = measured(module, (name, url), told, made)
            said: dict[str, Any] = {"value": value}
        except Exception as error:  # noqa: BLE001 - what a client cannot do is said in its cell
            said = {"error": f"{type(error).__name__}: {error}"[:200]}
        finally:
            signal.alarm(0)
        print(json.dumps(said), flush=True)


def _give_up(*_: object) -> None:
    raise TimeoutError("it was not done in time")


def measured(
    module: Any, client: tuple[str, str], told: dict[str, Any], made: dict[str, Any]
) -> float:
    """Do one run, and return what was asked for."""
    action = getattr(module, told["action"], None)
    if action is None:
        raise NotImplementedError(told["action"])
    name, url = client
    kind = json.dumps(settings := {"raw": told["raw"], "aiohttp": told["aiohttp"]})
    if kind not in made:
        made[kind] = module.MODELS[name](url, **settings)
    if told["measure"] == "bytes":
        return float(action(made[kind], **told["arguments"]))
    if told["measure"] == "added":
        return _added(module, made[kind], url)
    key = json.dumps([told["action"], kind, told["arguments"]])
    if key not in made:
        made[key] = action(made[kind], **told["arguments"])
    gc.collect()
    start = time.process_time()
    counted = made[key]()
    return (time.process_time() - start) / (told["units"] or counted)


def _added(module: Any, model: Any, url: str) -> float:
    """Return how much later the first piece is there than with nothing but a socket."""
    module.first(model)
    bare, client = [], []
    for _ in range(FIRSTS):
        # What the openai SDK leaves of a stream that somebody left is closed by the collector;
        # where that ran inside the next request, it waited for a lock of httpcore's for ever.
        gc.collect()
        start = time.perf_counter()
        _bare(url)
        between = time.perf_counter()
        module.first(model)
        bare.append(between - start)
        client.append(time.perf_counter() - between)
    return statistics.median(client) - statistics.median(bare)


def _bare(url: str) -> None:
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port)
    body = json.dumps({"messages": [{"role": "user", "content": "Go."}], "stream": True})
    # Without a blank behind the colon, as the server looks for it.
    connection.request("POST", f"{where.path}/chat/completions", body)
    connection.getresponse().readline()
    connection.close()


def startup(family: str, name: str, url: str) -> dict[str, float]:
    """Return what it takes to import a client, to make it and to have it."""
    resident, start = _resident(), time.process_time()
    importlib.import_module(PACKAGES[name].format(family=family))
    found = {"import": time.process_time() - start}
    if family == "core":
        return found
    module = importlib.import_module(FAMILIES[family])
    make = module.MODELS[name]
    kept = [make(url)]
    found["rest"] = _resident() - resident
    start = time.process_time()
    kept += [make(url) for _ in range(CONSTRUCTED)]
    found["construct"] = (time.process_time() - start) / CONSTRUCTED
    return found


def _resident() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak if sys.platform == "darwin" else peak * 1024)


if __name__ == "__main__":
    main()
