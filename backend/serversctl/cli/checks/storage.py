"""The object store: an object is stored, read back and deleted."""

from __future__ import annotations

from collections.abc import Iterator

from ...storage.opening import open_store
from ...storage.ports import StoreError
from ..diagnosis import Finding, Patient, fail, ok


def check(patient: Patient) -> Iterator[Finding]:
    try:
        found = open_store(patient.settings).check()
    except (StoreError, ValueError) as why:
        yield fail("storage", str(getattr(why, "detail", why)), "mend SERVERSCTL_STORAGE_URL")
        return
    if found.ok:
        yield ok("storage", found.detail)
    else:
        yield fail("storage", found.detail, "mend the store, or SERVERSCTL_STORAGE_URL")
