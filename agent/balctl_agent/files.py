"""Files that survive a power cut: write beside, sync, rename, sync the folder."""

from __future__ import annotations

import os


def sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_beside(path: str, data: bytes, mode: int) -> str:
    """A synced file next to `path`, ready to be renamed over it."""
    beside = f"{path}.{os.getpid()}.new"
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fchmod(out.fileno(), mode)
            os.fsync(out.fileno())
    except BaseException:
        remove_quietly(beside)
        raise
    return beside


def write_atomic(path: str, data: bytes, mode: int = 0o600) -> None:
    """Readers see the old file or the new one, never half of it."""
    beside = write_beside(path, data, mode)
    try:
        os.replace(beside, path)
    except BaseException:
        remove_quietly(beside)
        raise
    sync_folder(os.path.dirname(path) or ".")


def remove_quietly(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass


class ScratchFolder:
    """A private folder for a moment: flat, removed with what is in it."""

    def __init__(self, parent: str) -> None:
        self.path = os.path.join(parent, f".work-{os.getpid()}-{os.urandom(4).hex()}")

    def __enter__(self) -> str:
        os.makedirs(self.path, mode=0o700)
        return self.path

    def __exit__(self, *_: object) -> None:
        for where, folders, names in os.walk(self.path, topdown=False):
            for name in names:
                remove_quietly(os.path.join(where, name))
            for name in folders:
                os.rmdir(os.path.join(where, name))
        os.rmdir(self.path)


def read_capped(path: str, cap_bytes: int) -> bytes:
    """The file's bytes. OSError when it is larger than `cap_bytes`."""
    with open(path, "rb") as source:
        data = source.read(cap_bytes + 1)
    if len(data) > cap_bytes:
        raise OSError(f"{path} is larger than {cap_bytes} bytes")
    return data


def read_text(path: str, cap_bytes: int = 1 << 20) -> str:
    """The file's text, or an empty string when it cannot be read."""
    try:
        return read_capped(path, cap_bytes).decode("utf-8", "replace")
    except OSError:
        return ""


def under(root: str, path: str) -> str:
    """`path` inside another root folder: tests hand in a recorded tree."""
    return path if root == "/" else root.rstrip("/") + path
