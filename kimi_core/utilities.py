"""Old place of names that live in `kimi_core.platform`; gone with 1.0."""

from kimi_core.platform import Balance, Batch, BatchResult, KimiClient, RemoteFile, RemoteModel

__all__ = ["Balance", "Batch", "BatchResult", "KimiClient", "RemoteFile", "RemoteModel"]
