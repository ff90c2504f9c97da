"""From SERVERSCTL_STORAGE_URL to a store."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..kernel.settings import Settings
from .folder import FolderStore
from .ports import Store


def open_store(settings: Settings) -> Store:
    """The folder in the data folder unless another one or a bucket is set. Nothing is connected yet."""
    url = settings.storage_url
    if url.startswith("s3://"):
        from .s3 import S3Store  # noqa: PLC0415 - boto3 takes half a second and 20 MB that a folder does not need

        return S3Store(url)
    return FolderStore(Path(unquote(urlsplit(url).path)) if url else settings.data_dir / "storage")
