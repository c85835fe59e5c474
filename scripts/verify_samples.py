"""Writes the verifier's own samples into a file, for other tools and for people.

Run ``python scripts/verify_samples.py samples.jsonl``. The file is in the format of Moonshot's
K2-Vendor-Verifier, one request body a line; ``kimi-k2 verify`` needs no such file.

Owns: the file. May know: kimi_core.verify, which has the recipe.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from kimi_core.verify import own_samples


def main() -> None:
    """Write the file that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="where to write")
    file: Path = parser.parse_args().file
    lines = [json.dumps(sample.body, ensure_ascii=False) + "\n" for sample in own_samples()]
    file.write_text("".join(lines), encoding="utf-8")
    print(f"{file}: {len(lines)} samples")


if __name__ == "__main__":
    main()
