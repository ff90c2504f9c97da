"""Brings completions to the control plane until each is acknowledged, whatever happens on the way."""

from __future__ import annotations

import threading

from .config import AgentConfig
from .errors import AgentError
from .jobcalls import JobCalls
from .journal import JobJournal
from .log import log
from .pacing import backoff_sec
from .server_view import ServerView

SETTLED = (200, 201, 202, 204, 404, 409, 410)  # done, or of no interest to the control plane any more
TOO_MUCH = (400, 413, 422)


class Courier:
    def __init__(self, config: AgentConfig, journal: JobJournal, server: ServerView) -> None:
        self._config = config
        self._journal = journal
        self._server = server
        self._calls = JobCalls(config)
        self._wake = threading.Event()
        self._stopping = False

    def start(self) -> None:
        threading.Thread(target=self._run, name="courier", daemon=True).start()

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    def _run(self) -> None:
        failures = 0
        while not self._stopping:
            waiting = self._journal.waiting()
            if not waiting:
                self._calls.close()
                self._wake.wait()
                self._wake.clear()
                continue
            good = [self.deliver(job_id) for job_id in waiting]
            failures = 0 if all(good) else failures + 1
            if failures:
                self._wake.wait(backoff_sec(failures, self._server.backoff_cap_sec))
                self._wake.clear()

    def deliver_once(self, job_id: str) -> None:
        """A try on a connection of its own, for a completion that should be known before the agent restarts."""
        Courier(self._config, self._journal, self._server).deliver(job_id)

    def deliver(self, job_id: str) -> bool:
        """One try. True when nothing is left to do for this job."""
        entry = self._journal.find(job_id)
        completion = entry.get("completion") if entry else None
        if not isinstance(completion, dict):
            self._journal.acknowledge(job_id)
            return True
        try:
            status = self._calls.complete(completion).status
            if status in TOO_MUCH:
                bare = {key: completion[key] for key in ("jobId", "attempt", "status") if key in completion}
                bare["error"] = str(completion.get("error") or "the full result was not accepted")[:500]
                status = self._calls.complete(bare).status
                if status in TOO_MUCH:
                    log.error(
                        f"job {job_id}: its completion is not accepted (HTTP {status}); it stays in {self._journal.folder}"
                    )
                    status = 200
        except AgentError as why:
            log.warn_seldom("complete", f"completion of job {job_id}: {why}", 30.0)
            return False
        if status not in SETTLED:
            log.warn_seldom("complete", f"completion of job {job_id}: HTTP {status}", 30.0)
            return False
        self._journal.acknowledge(job_id)
        return True
