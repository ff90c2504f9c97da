"""What the agent remembers between starts, in /var/lib/balctl. Every write is whole or not at all."""

from __future__ import annotations

import json
import os

from .files import read_capped, remove_quietly, write_atomic

STATE_CAP_BYTES = 1 << 20


def disk_trouble(folder: str) -> str:
    """Empty when the state folder takes a synced file, else what is wrong."""
    probe = os.path.join(folder, f".probe.{os.getpid()}")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        write_atomic(probe, b"x" * 4096)
    except OSError as why:
        return f"{folder} cannot be written ({why.strerror or why}). Free some space or remount it; jobs are refused until then."
    finally:
        remove_quietly(probe)
    return ""


class StateFile:
    """A small JSON object in a file. An unreadable one counts as empty: state is a memory, not a condition to start."""

    def __init__(self, path: str) -> None:
        self.path = path

    def read(self) -> dict[str, object]:
        try:
            value = json.loads(read_capped(self.path, STATE_CAP_BYTES).decode("utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    def write(self, value: dict[str, object]) -> None:
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        write_atomic(self.path, json.dumps(value, sort_keys=True, indent=1).encode() + b"\n")

    def remove(self) -> None:
        remove_quietly(self.path)
