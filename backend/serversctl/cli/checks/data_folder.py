"""The data folder: there, ours alone, with room, and with its key."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator

from ...kernel.settings import PREFIX
from ..diagnosis import Finding, Patient, fail, ok, warn
from ..environment import ENV_FILE, KEY_FILE

FREE_FAIL_BYTES, FREE_WARN_BYTES = 100 << 20, 1 << 30


def check(patient: Patient) -> Iterator[Finding]:
    folder = patient.settings.data_dir
    if not folder.is_dir():
        yield fail("data folder", f"{folder} is not there", "start `serversctl up` once, or set SERVERSCTL_DATA_DIR")
        return
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        yield fail("data folder", f"{folder} is open to others ({mode:04o})", f"chmod 700 {folder}")
    elif not os.access(folder, os.W_OK):
        yield fail("data folder", f"{folder} is not writable for this user", "run as its owner")
    else:
        yield ok("data folder", str(folder))
    free = shutil.disk_usage(folder).free
    seen = f"{free / (1 << 30):.1f} GiB free"
    if free < FREE_FAIL_BYTES:
        yield fail("disk", seen, f"free some space on the disk of {folder}: writes are about to fail")
    elif free < FREE_WARN_BYTES:
        yield warn("disk", seen, f"free some space on the disk of {folder}")
    else:
        yield ok("disk", seen)
    env_file = folder / ENV_FILE
    if env_file.exists() and env_file.stat().st_mode & 0o077:
        yield warn("settings file", f"{env_file} may be read by others", f"chmod 600 {env_file}")
    yield key(patient)


def key(patient: Patient) -> Finding:
    path = patient.settings.data_dir / KEY_FILE
    if not path.exists():
        if patient.settings.secret_key:
            return ok("secret key", f"from {PREFIX}SECRET_KEY")
        return fail("secret key", "none", f"put {path} back, or set {PREFIX}SECRET_KEY")
    if path.stat().st_mode & 0o077:
        return fail("secret key", f"{path} may be read by others", f"chmod 600 {path}")
    return ok("secret key", str(path))
