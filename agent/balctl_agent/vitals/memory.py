"""Memory and swap in bytes. Used means what cannot be had back without swapping: total less available."""

from __future__ import annotations

from .proc_files import ProcFiles

WANTED = (b"MemTotal", b"MemAvailable", b"SwapTotal", b"SwapFree")


def read_memory(files: ProcFiles) -> tuple[dict[str, int], dict[str, int]]:
    found: dict[bytes, int] = {}
    for line in files.read("/proc/meminfo", 2048).split(b"\n", 24)[:24]:
        name, _, value = line.partition(b":")
        if name in WANTED:
            try:
                found[name] = int(value.split()[0]) * 1024
            except (ValueError, IndexError):
                continue
    memory, swap = {}, {}
    if b"MemTotal" in found:
        memory = {"totalBytes": found[b"MemTotal"], "usedBytes": found[b"MemTotal"] - found.get(b"MemAvailable", 0)}
    if b"SwapTotal" in found:
        swap = {"totalBytes": found[b"SwapTotal"], "usedBytes": found[b"SwapTotal"] - found.get(b"SwapFree", 0)}
    return memory, swap
