"""The object store: a folder is tried with a file; a bucket is only asked when outbound checks are wanted."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from ..diagnosis import Finding, Patient, fail, ok


def check(patient: Patient) -> Iterator[Finding]:
    url = patient.settings.storage_url
    if url.startswith("s3://"):
        yield ok("storage", f"bucket {urlsplit(url).netloc} (not asked)")
        return
    folder = Path(urlsplit(url).path) if url else patient.settings.data_dir
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as tried:
            tried.write(b"x" * 4096)
            tried.flush()
    except OSError as why:
        yield fail(
            "storage", f"{folder} takes no files ({why.strerror})", "make it writable, or mend SERVERSCTL_STORAGE_URL"
        )
        return
    yield ok("storage", f"{folder} takes files")
