"""Watching a batch until it ends. Owns: the bar, and what a refused batch raises.

May know: its own files, capabilities, errors; tqdm. tqdm is imported when a bar is asked for.
"""

from __future__ import annotations

from typing import Any, final

from kimi_core.capabilities import Capabilities
from kimi_core.errors import KimiConfigError, error_from_body
from kimi_core.platform._routes import Batch

__all__ = ["Progress"]


@final
class Progress:
    """What was last seen of a batch, shown as a bar where that is asked for.

    Args:
        batch_id: The batch.
        capabilities: Names endpoint and model in an error.
        shown: Whether to show a bar.

    Raises:
        KimiConfigError: Where a bar is asked for and tqdm is missing.
    """

    def __init__(self, batch_id: str, capabilities: Capabilities, *, shown: bool) -> None:
        self._capabilities = capabilities
        self._bar: Any = _bar(batch_id) if shown else None
        self._last: Batch | None = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def update(self, batch: Batch) -> bool:
        """Take a report and return whether it is the last one.

        Raises:
            KimiBadRequestError: Where the server refused the batch as a whole.
        """
        self._last = batch
        if self._bar is not None:
            self._bar.total = batch.total or None
            self._bar.n = batch.completed + batch.failed
            self._bar.set_postfix_str(batch.status)
        if batch.status == "failed" and not self.result_files():
            raise error_from_body(
                {"message": "; ".join(batch.errors) or "the batch failed"},
                endpoint=self._capabilities.endpoint.name,
                model=self._capabilities.model,
                status=400,
            )
        return batch.ended

    @property
    def status(self) -> str:
        """The batch's last status."""
        return self._last.status if self._last is not None else ""

    def result_files(self) -> list[str]:
        """Return the ids of the files of answers and of failures that there are."""
        last = self._last
        files = (last.output_file_id, last.error_file_id) if last is not None else ()
        return [name for name in files if name]


def _bar(batch_id: str) -> Any:  # noqa: ANN401 - tqdm is an extra
    try:
        from tqdm import tqdm
    except ImportError as error:
        raise KimiConfigError(
            "progress=True needs tqdm, which is not installed: "
            "pip install 'kimi-k2-integrations[cli]', or leave progress out."
        ) from error
    return tqdm(desc=batch_id, unit="request")
