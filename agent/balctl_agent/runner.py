"""Jobs: claimed one by one, judged, journalled, run in child processes beside the heartbeat."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

from .claim import ClaimedJob, check_order, check_seal
from .clock import boot_seconds
from .config import AgentConfig
from .courier import Courier
from .errors import AgentError, BadAnswer, ConfigError, JobRefused
from .jobcalls import JobCalls
from .jobproc import JobProcess
from .journal import JobJournal, process_started
from .log import log
from .policy import read_policy
from .registry import COMMANDS, Command
from .server_view import ServerView
from .unfinished import undo_unfinished

MOST_AT_ONCE = 4
PROGRESS_EVERY_SEC = 3.0
ALONE = "agent"  # commands of this resource (update, rotation) run while no other job does


class JobRunner:
    """`offer` is called with each heartbeat's answer and returns at once; threads do the rest."""

    def __init__(
        self, config: AgentConfig, server: ServerView, wake_loop: Callable[[], None], look_again: Callable[[], None]
    ) -> None:
        self._config = config
        self._server = server
        self._wake_loop = wake_loop
        self._look_again = look_again
        self.journal = JobJournal(os.path.join(config.state_dir, "jobs"))
        self._courier = Courier(config, self.journal, server)
        self._lock = threading.Lock()
        self._queue: dict[str, str] = {}
        self._running: dict[str, str] = {}  # job id -> resource
        self._cancelled: set[str] = set()
        self._trouble = ""
        self._restart = False
        self._stopping = False

    def start(self) -> None:
        """Undo and report what the last run left unfinished, then deliver and wait for offers."""
        for entry in self.journal.recover():
            end_leftover(entry)
            known = COMMANDS.get(str(entry.get("command")))
            hint = "it may be retried" if known and known.idempotent else "check its effect before you retry it"
            log.warning(f"job {entry['jobId']} ({entry.get('command')}) was interrupted; {hint}")
            self._finish_quietly(str(entry["jobId"]), {
                "jobId": entry["jobId"], "attempt": entry.get("attempt", 1), "status": "failed",
                "error": f"interrupted: the agent or the host stopped in the middle of the job; {hint}",
                "result": {"code": "interrupted", "idempotent": bool(known and known.idempotent)},
            }, crashed=not entry.get("stopped"))  # fmt: skip
        undo_unfinished(
            self._config
        )  # after its process is gone: a child that outlived the agent must not go on writing
        self._courier.start()

    def stop(self) -> None:
        """Running jobs are left to the service manager, which ends the whole group; the journal knows of them."""
        with self._lock:
            self._stopping = True
            running = list(self._running)
        for job_id in running:
            self.journal.note_stop(job_id)
        self._courier.stop()

    def troubles(self) -> list[str]:
        return [self._trouble] if self._trouble else []

    def running_ids(self) -> list[str]:
        with self._lock:
            return sorted(self._running)

    def want_restart(self) -> None:
        self._restart = True
        self._wake_loop()

    def restart_wanted(self) -> bool:
        """True when a new version waits to be started and no job is in the way."""
        with self._lock:
            return self._restart and not self._running

    def offer(self, jobs: list[tuple[str, str]], cancels: list[str]) -> None:
        with self._lock:
            self._cancelled.update(job_id for job_id in cancels if job_id in self._running)
            waiting = set(self.journal.waiting())
            offered = [(job_id, name) for job_id, name in jobs if job_id not in self._running and job_id not in cancels]
            if waiting & {job_id for job_id, _ in offered}:
                self._courier.wake()
            self._queue = {job_id: name for job_id, name in offered if job_id not in waiting}
        self._start_what_can()

    def _start_what_can(self) -> None:
        with self._lock:
            for job_id, name in list(self._queue.items()):
                if self._stopping or self._restart or len(self._running) >= MOST_AT_ONCE:
                    return
                known = COMMANDS.get(name)
                resource = known.resource if known else "none"
                busy = set(self._running.values())
                if ALONE in busy or (resource == ALONE and busy) or (resource != "none" and resource in busy):
                    if resource == ALONE:
                        return  # later jobs must not overtake it for ever
                    continue
                del self._queue[job_id]
                self._running[job_id] = resource
                threading.Thread(target=self._work, args=(job_id,), name=f"job-{job_id[:8]}", daemon=True).start()

    def _work(self, job_id: str) -> None:
        calls = JobCalls(self._config)
        try:
            self._take(calls, job_id)
        except (AgentError, OSError) as why:
            log.warn_seldom("claim", f"job {job_id}: {why}", 10.0)
        except Exception as why:
            log.error(f"job {job_id}: unexpected {type(why).__name__}: {why}")
        finally:
            calls.close()
            with self._lock:
                self._running.pop(job_id, None)
                self._cancelled.discard(job_id)
            self._courier.wake()
            self._start_what_can()
            if self._restart:
                self._wake_loop()

    def _take(self, calls: JobCalls, job_id: str) -> None:
        answer = calls.claim(job_id)
        if answer.status != 200:
            log.debug(f"job {job_id}: not claimed, {answer.problem()}")
            return
        job = ClaimedJob(answer.json_object(), job_id)
        known = self.journal.find(job_id)
        if known and self._settled(known, job):
            return
        crashes = known.get("crashes") if known else 0
        try:
            self.journal.begin(job_id, job.attempt, str(job.command)[:100])
        except OSError as why:
            self._trouble = f"the job journal cannot be written ({why.strerror or why}): jobs are refused"
            self._refuse_without_journal(calls, job)
            return
        self._trouble = ""
        try:
            secrets = [self._config.secret, *self._server.old_secrets()]
            check_seal(job, secrets, self._server.member_id, self._server.generation, self._server.now())
            self._server.raise_generation(job.generation)
            command, params = check_order(
                job, read_policy(self._config.policy_path), crashes if isinstance(crashes, int) else 0
            )
        except JobRefused as why:
            log.warning(f"job {job_id} refused: {why}")
            self._finish_quietly(job_id, refusal(job, why.code, str(why)))
            return
        log.info(f"job {job_id}: {command.id}, attempt {job.attempt}")
        self._run(calls, job, command, params)

    def _settled(self, known: dict[str, object], job: ClaimedJob) -> bool:
        """True when the journal already answers this claim: the stored result is sent again, nothing runs twice."""
        attempt, completion = known.get("attempt"), known.get("completion")
        seen = isinstance(attempt, int) and attempt >= job.attempt
        done = isinstance(completion, dict) and completion.get("status") == "completed"
        if not seen and not done:
            return False
        if known.get("state") == "finished" and not isinstance(completion, dict):
            self._finish_quietly(
                job.id,
                refusal(
                    job, "journal_damaged", "the record of this job is damaged: check its effect, then order it anew"
                ),
            )
        elif known.get("state") == "finished":
            log.info(f"job {job.id}: known, sending its stored result again")
            self.journal.send_again(job.id)
        return True

    def _refuse_without_journal(self, calls: JobCalls, job: ClaimedJob) -> None:
        log.error(f"job {job.id} refused: {self._trouble}")
        try:
            calls.complete(refusal(job, "journal_unavailable", self._trouble), 10.0)
        except AgentError as why:
            log.warning(f"job {job.id}: {why}")

    def _run(self, calls: JobCalls, job: ClaimedJob, command: Command, params: dict[str, object]) -> None:
        started, timeout_sec = boot_seconds(), job.timeout_sec or command.timeout_sec
        process = JobProcess({
            "jobId": job.id, "attempt": job.attempt, "command": str(job.command), "params": params, "cargo": job.cargo,
        })  # fmt: skip
        self.journal.note_process(job.id, process.pid)
        next_progress = started + min(PROGRESS_EVERY_SEC, job.lease_sec / 3)
        told_step = ""
        verdict = ""
        while not process.wait(0.2):
            now = boot_seconds()
            if self._is_cancelled(job.id):
                verdict = "cancelled: stopped at the operator's request"
            elif now - started >= timeout_sec:
                verdict = f"timed_out: the job took longer than {timeout_sec} s"
            if verdict:
                process.end()
                break
            if now >= next_progress or (process.step != told_step and now >= next_progress - PROGRESS_EVERY_SEC + 1.0):
                told_step = process.step
                self._tell_progress(calls, job, process)
                next_progress = boot_seconds() + min(PROGRESS_EVERY_SEC, job.lease_sec / 3)
        completion, crashed = process.completion(job.id, job.attempt, verdict)
        if crashed and self._stopping:
            return  # ended together with the agent: the next start reports it as interrupted
        if crashed or verdict:
            undo_unfinished(self._config, command.resource)
        log.info(
            f"job {job.id}: {completion['status']}{': ' + str(completion['error']) if 'error' in completion else ''}"
        )
        after = process.after
        self._finish_quietly(job.id, completion, crashed)
        if completion["status"] == "completed":
            if after == "use_secret":
                self._use_secret(params)
            elif after == "restart":
                self._courier.deliver_once(job.id)
                self._restart = True
        self._look_again()

    def _use_secret(self, params: dict[str, object]) -> None:
        try:
            self._server.use_new_secret(str(params["newSecret"]))
        except (ConfigError, KeyError) as why:
            log.error(f"the new secret cannot be used: {why}")

    def _is_cancelled(self, job_id: str) -> bool:
        with self._lock:
            return job_id in self._cancelled

    def _tell_progress(self, calls: JobCalls, job: ClaimedJob, process: JobProcess) -> None:
        """Extends the lease; the answer may ask to cancel. A lost one does no harm: the next follows."""
        body: dict[str, object] = {"jobId": job.id, "attempt": job.attempt, "logTail": process.log.tail()}
        if process.step:
            body["step"] = process.step
        if process.percent is not None:
            body["percent"] = process.percent
        try:
            answer = calls.progress(body)
            if answer.status == 200 and answer.json_object().get("cancel") is True:
                with self._lock:
                    self._cancelled.add(job.id)
        except (AgentError, BadAnswer) as why:
            log.debug(f"progress of job {job.id}: {why}")

    def _finish_quietly(self, job_id: str, completion: dict[str, object], crashed: bool = False) -> None:
        try:
            self.journal.finish(job_id, completion, crashed)
        except OSError as why:
            # The entry stays `started`: the next start reports it as interrupted. Nothing is claimed that we cannot prove.
            self._trouble = f"a job's result could not be kept ({why.strerror or why})"
            log.error(f"job {job_id}: {self._trouble}")


def refusal(job: ClaimedJob, code: str, reason: str) -> dict[str, object]:
    return {
        "jobId": job.id,
        "attempt": job.attempt,
        "status": "failed",
        "error": f"{code}: {reason}",
        "result": {"code": code},
    }


def end_leftover(entry: dict[str, object]) -> None:
    """Kill the process group of an interrupted job if that very process still runs."""
    pid = entry.get("pid")
    if isinstance(pid, int) and pid > 1 and entry.get("pidStarted") and process_started(pid) == entry["pidStarted"]:
        try:
            os.killpg(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
