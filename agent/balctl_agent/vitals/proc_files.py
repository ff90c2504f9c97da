"""Small kernel files, read every second: opened once and read again from the start."""

from __future__ import annotations

import os

from ..files import under


class ProcFiles:
    """Kept-open files below a root folder. `read` is empty when the file is not there."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._open: dict[str, int] = {}

    def read(self, path: str, size_bytes: int = 16384) -> bytes:
        handle = self._open.get(path)
        try:
            if handle is None:
                handle = os.open(under(self.root, path), os.O_RDONLY | os.O_CLOEXEC)
                self._open[path] = handle
            return os.pread(handle, size_bytes, 0)
        except OSError:
            self.forget(path)
            return b""

    def forget(self, path: str) -> None:
        handle = self._open.pop(path, None)
        if handle is not None:
            os.close(handle)

    def close(self) -> None:
        for path in list(self._open):
            self.forget(path)
