"""What happened to each job, on disk before it happens: one file per job id, kept for 30 days.

`started` is written and synced before the first effect, `finished` with the completion before anyone is told.
A start that finds `started` knows that the job was cut off in the middle.
"""

from __future__ import annotations

import json
import os
import threading
import time

from .files import read_capped, remove_quietly, write_atomic
from .log import log

KEEP_SEC = 30 * 86400
SPOOL_CAP_BYTES = 50 << 20
ENTRY_CAP_BYTES = 2 << 20


class JobJournal:
    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._waiting: dict[str, int] = {}  # job id -> bytes of its unacknowledged completion

    def path(self, job_id: str) -> str:
        return os.path.join(self.folder, job_id + ".json")

    def find(self, job_id: str) -> dict[str, object] | None:
        return self._load(self.path(job_id))

    def _load(self, path: str) -> dict[str, object] | None:
        try:
            value = json.loads(read_capped(path, ENTRY_CAP_BYTES).decode("utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, RecursionError):
            # A damaged entry still says that this job was here: it must not run again.
            return {"state": "finished", "attempt": 1 << 30, "crashes": 0, "acked": True, "completion": None}
        return value if isinstance(value, dict) else None

    def _store(self, entry: dict[str, object]) -> None:
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        write_atomic(self.path(str(entry["jobId"])), json.dumps(entry, sort_keys=True).encode())

    def begin(self, job_id: str, attempt: int, command_id: str) -> None:
        """Synced before the first effect. OSError: the job must not start."""
        known = self.find(job_id) or {}
        self._store({
            "jobId": job_id, "attempt": attempt, "command": command_id, "state": "started", "startedAt": time.time(),
            "crashes": known.get("crashes", 0), "acked": False, "completion": None,
        })  # fmt: skip

    def note_process(self, job_id: str, pid: int) -> None:
        """The process group of a running job, so that the next start can end what a crash left behind."""
        entry = self.find(job_id)
        if entry:
            entry["pid"], entry["pidStarted"] = pid, process_started(pid)
            try:
                self._store(entry)
            except OSError as why:
                log.warn_seldom("journal", f"{self.folder}: {why.strerror or why}")

    def note_stop(self, job_id: str) -> None:
        """The agent is asked to stop while this job runs: it will be interrupted, which is not the job's fault."""
        entry = self.find(job_id)
        if entry and entry.get("state") == "started":
            entry["stopped"] = True
            try:
                self._store(entry)
            except OSError as why:
                log.warn_seldom("journal", f"{self.folder}: {why.strerror or why}")

    def finish(self, job_id: str, completion: dict[str, object], crashed: bool = False) -> None:
        """Keep the completion until it is acknowledged. The log goes first when the spool is full."""
        entry = self.find(job_id) or {"jobId": job_id, "crashes": 0, "command": "", "startedAt": time.time()}
        crashes = entry.get("crashes")
        entry.update(
            jobId=job_id,
            attempt=completion["attempt"],
            state="finished",
            acked=False,
            finishedAt=time.time(),
            completion=completion,
        )
        entry["crashes"] = (crashes if isinstance(crashes, int) else 0) + (1 if crashed else 0)
        size_bytes = len(json.dumps(completion))
        with self._lock:
            if sum(self._waiting.values()) + size_bytes > SPOOL_CAP_BYTES:
                entry["completion"] = {**completion, "log": "log dropped: the agent's spool is full"}
                size_bytes = 1024
        self._store(entry)
        with self._lock:
            self._waiting[job_id] = size_bytes

    def acknowledge(self, job_id: str) -> None:
        entry = self.find(job_id)
        with self._lock:
            self._waiting.pop(job_id, None)
        if entry and entry.get("completion"):
            completion = dict(entry["completion"])  # type: ignore[call-overload]
            completion.pop("log", None)
            entry.update(acked=True, completion=completion)
            try:
                self._store(entry)
            except OSError as why:
                log.warn_seldom("journal", f"{self.folder}: {why.strerror or why}")

    def send_again(self, job_id: str) -> None:
        with self._lock:
            self._waiting.setdefault(job_id, 1024)

    def waiting(self) -> list[str]:
        with self._lock:
            return list(self._waiting)

    def recover(self) -> list[dict[str, object]]:
        """At the start: entries that were cut off in the middle. Finished ones wait to be sent; old ones go."""
        cut_off = []
        try:
            names = os.listdir(self.folder)
        except OSError:
            return []
        for name in sorted(names):
            path = os.path.join(self.folder, name)
            if not name.endswith(".json"):
                remove_quietly(path)  # left by a power cut in the middle of a write
                continue
            entry = self._load(path)
            if entry is None or "jobId" not in entry:
                continue
            if entry.get("state") == "started":
                cut_off.append(entry)
            elif not entry.get("acked"):
                self._waiting[str(entry["jobId"])] = os.path.getsize(path)
        self.prune(time.time())
        return cut_off

    def prune(self, now: float) -> None:
        """Forget acknowledged jobs after 30 days, by the file's own time."""
        try:
            with os.scandir(self.folder) as entries:
                old = [entry.path for entry in entries if now - entry.stat().st_mtime > KEEP_SEC]
        except OSError:
            return
        for path in old:
            entry = self._load(path)
            if entry and entry.get("acked"):
                remove_quietly(path)


def process_started(pid: int) -> str:
    """Start time of a process in clock ticks: with the pid it names one process for ever on this boot."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as source:
            return source.read(4096).rpartition(b")")[2].split()[19].decode()
    except (OSError, IndexError):
        return ""
