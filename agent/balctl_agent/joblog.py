"""A job's output within bounds: the first and the last 64 KiB, the true size noted, no terminal escapes."""

from __future__ import annotations

import threading

from .text import clean_text

EACH_END_BYTES = 64 * 1024


class JobLog:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._head = bytearray()
        self._tail = bytearray()
        self.size_bytes = 0

    def add(self, chunk: bytes) -> None:
        with self._lock:
            self.size_bytes += len(chunk)
            room = EACH_END_BYTES - len(self._head)
            if room > 0:
                self._head += chunk[:room]
                chunk = chunk[room:]
            self._tail += chunk
            if len(self._tail) > 2 * EACH_END_BYTES:
                del self._tail[:-EACH_END_BYTES]

    def text(self) -> str:
        with self._lock:
            head, tail = bytes(self._head), bytes(self._tail[-EACH_END_BYTES:])
        left_out = self.size_bytes - len(head) - len(tail)
        middle = f"\n… {left_out} of {self.size_bytes} bytes left out …\n" if left_out > 0 else ""
        if not middle:
            return clean_text((head + tail).decode("utf-8", "replace"))
        return clean_text(head.decode("utf-8", "replace")) + middle + clean_text(tail.decode("utf-8", "replace"))

    def tail(self, limit_bytes: int = 4096) -> str:
        with self._lock:
            recent = bytes((self._tail or self._head)[-limit_bytes:])
        return clean_text(recent.decode("utf-8", "replace"))
