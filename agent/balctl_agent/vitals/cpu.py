"""Processor use between two readings, load and uptime."""

from __future__ import annotations

import os

from .proc_files import ProcFiles


class CpuReader:
    def __init__(self, files: ProcFiles) -> None:
        self._files = files
        self._last: tuple[int, int] | None = None
        self._count = 0

    def cpu(self) -> dict[str, object]:
        fields = self._files.read("/proc/stat", 512).split(b"\n", 1)[0].split()[1:9]
        try:
            ticks = [int(field) for field in fields]
        except ValueError:
            ticks = []
        if not self._count:
            self._count = self._files.read("/proc/stat", 1 << 20).count(b"\ncpu") or os.cpu_count() or 1
        reading: dict[str, object] = {"count": self._count}
        if len(ticks) >= 5:
            total, idle = sum(ticks), ticks[3] + ticks[4]
            if self._last and total > self._last[0]:
                busy = 1 - (idle - self._last[1]) / (total - self._last[0])
                reading["usedPct"] = round(min(max(busy, 0.0), 1.0) * 100, 1)
            self._last = (total, idle)
        return reading

    def load(self) -> list[float]:
        try:
            return [float(field) for field in self._files.read("/proc/loadavg", 128).split()[:3]]
        except ValueError:
            return []

    def uptime_sec(self) -> int | None:
        try:
            return int(float(self._files.read("/proc/uptime", 64).split()[0]))
        except (ValueError, IndexError):
            return None
