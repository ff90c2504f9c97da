"""The parent's side of a job's child process: its group, its output, its steps, its end."""

from __future__ import annotations

import json
import os
import subprocess
import threading

from .joblog import JobLog
from .procs import end_group, own_environment
from .program import program_command
from .text import clean_line

CANCEL_GRACE_SEC = 10.0
EVENT_CAP_BYTES = 1 << 20


class JobProcess:
    """Started in a session of its own, so that an end reaches everything that the command started."""

    def __init__(self, order: dict[str, object]) -> None:
        """`order` is what the child reads: jobId, attempt, command, params and the names of its cargo."""
        self.log = JobLog()
        self.step = ""
        self.percent: int | None = None
        self.after = ""
        self._ending: dict[str, object] | None = None
        self._ended_by_us = False
        reader, writer = os.pipe()
        try:
            self._process = subprocess.Popen(
                [*program_command(), "--run-job", str(writer)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                pass_fds=(writer,), start_new_session=True, env=own_environment(),
            )  # fmt: skip
        except OSError:
            os.close(reader)
            raise
        finally:
            os.close(writer)
        self.pid = self._process.pid
        self._readers = [
            threading.Thread(target=self._read_log, name="job-log", daemon=True),
            threading.Thread(target=self._read_events, args=(reader,), name="job-events", daemon=True),
        ]
        for thread in self._readers:
            thread.start()
        try:
            if self._process.stdin is not None:
                self._process.stdin.write(json.dumps(order).encode())
                self._process.stdin.close()
        except OSError:
            pass  # it died at once; its end tells why

    def _read_log(self) -> None:
        stream = self._process.stdout
        while stream is not None:
            chunk = os.read(stream.fileno(), 65536)
            if not chunk:
                return
            self.log.add(chunk)

    def _read_events(self, reader: int) -> None:
        kept = b""
        with os.fdopen(reader, "rb", 0) as stream:
            while True:
                chunk = stream.read(65536)
                if not chunk:
                    return
                kept += chunk
                *lines, kept = kept.split(b"\n")
                for line in lines:
                    self._event(line)
                if len(kept) > EVENT_CAP_BYTES:
                    return

    def _event(self, line: bytes) -> None:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            return
        if isinstance(value.get("step"), str):
            self.step = clean_line(value["step"], 200)
        if isinstance(value.get("percent"), int):
            self.percent = min(max(value["percent"], 0), 100)
        if isinstance(value.get("ending"), dict):
            self._ending = value["ending"]

    def wait(self, timeout_sec: float) -> bool:
        """True when the process has ended."""
        try:
            self._process.wait(timeout_sec)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self) -> None:
        self._ended_by_us = True
        end_group(self._process, CANCEL_GRACE_SEC)

    def completion(self, job_id: str, attempt: int, verdict: str) -> tuple[dict[str, object], bool]:
        """The completion, and whether the process broke down by itself. `verdict` says why we ended it."""
        for thread in self._readers:
            thread.join(2.0)  # a left-over grandchild may hold the pipe: do not wait for it for ever
        body: dict[str, object] = {"jobId": job_id, "attempt": attempt, "log": self.log.text()}
        crashed = False
        if verdict:
            body.update(status="failed", error=verdict, result={"code": verdict.partition(":")[0]})
        elif self._ending is None:
            crashed = True
            status = self._process.returncode
            how = f"signal {-status}" if status is not None and status < 0 else f"exit status {status}"
            body.update(
                status="failed",
                exitCode=status,
                error=f"crashed: the job's process ended without a result ({how})",
                result={"code": "crashed"},
            )
        else:
            ending = dict(self._ending)
            result = ending.get("result")
            if isinstance(result, dict):
                self.after = str(result.pop("after", ""))
            body.update(ending)
            if body.get("error"):
                body["error"] = clean_line(body["error"], 2000)
        return body, crashed
