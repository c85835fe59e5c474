"""Pictures and videos in messages, made fit to be sent.

Owns: what may stand in a content part and how it gets there: data URLs and uploaded files
(``ms://``) as they are, local files and bytes as data URLs. May know: errors, the models (to name
one that sees), and the media types. Reads local files; fetches nothing by itself.

Moonshot's server takes no http(s) URL, no SVG, and at most 100 MB of body (its documents, September
2026). Whoever puts other people's text into a part's URL should know that a path is read there; a
file that is neither picture nor video by its bytes or its name is refused.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from kimi_core._media_types import ACCEPTED, is_svg, media_type_of
from kimi_core.errors import KimiConfigError
from kimi_core.models import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["MAX_BODY_BYTES", "MediaRules", "prepare_media", "prepare_parts"]
