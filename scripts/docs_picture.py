"""The README's picture: what ``kimi-k2 demo`` prints, as a drawing (SVG).

Owns: how it is drawn. May know: kimi_core.cli. The text is that of a run on this machine, of one
framework; the times in it are this machine's, too.

Run it after a change of what the demo prints: ``python scripts/docs_picture.py``.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from rich.console import Console

from kimi_core.cli.demo import run_demos

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "images" / "demo.svg"
COLUMNS = 100
FRAMEWORK = "langchain"

# Rich's own format lets every reader's browser ask another host for its font. Each run of text has
# its length in the SVG, so that any font of fixed width fits.
_FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: monospace; font-size: {char_height}px;
  line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def main() -> int:
    """Run the demo and write the picture; 1 where the demo failed."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=False)
    passed = run_demos(
        endpoint="local", model=None, base_url=None, framework=FRAMEWORK, console=console
    )
    drawn = console.export_svg(
        title="kimi-k2 demo --framework langchain",
        code_format=_FORMAT,
        unique_id="demo",
    )
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(drawn, encoding="utf-8")
    print(f"{PICTURE.name}: {len(drawn) // 1000} kB")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
