"""The child process of one job: reads its order on standard input, runs the command, says how it ended.

Output goes to standard output (the job's log); steps and the result go as JSON lines to a pipe of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

from .cargo import JobCargo
from .config import AgentConfig, load_config
from .errors import AgentError, StepFailed
from .procs import Outcome, child_environment
from .registry import COMMANDS
from .text import clean_text

RESULT_CAP_BYTES = 64 * 1024


class JobContext:
    """What a command may use."""

    def __init__(
        self, config: AgentConfig, job_id: str, events: int, attempt: int = 1, cargo: dict[str, object] | None = None
    ) -> None:
        self.config = config
        self.root = config.root
        self.job_id = job_id
        self.attempt = attempt
        self._events = events
        self._cargo = JobCargo(config, job_id, attempt, cargo or {})

    def input(self, name: str) -> bytes:
        """A file that was ordered with the job, checked against the sealed order. StepFailed otherwise."""
        return self._cargo.fetch(name)

    def output(self, name: str, data: bytes) -> None:
        """Hand a file of at most 4 MiB to the control plane."""
        self._cargo.hand_over(name, data)

    def event(self, value: dict[str, object]) -> None:
        os.write(self._events, json.dumps(value).encode() + b"\n")

    def step(self, text: str, percent: int | None = None) -> None:
        """Tell the operator what happens now."""
        self.say(f"== {text}")
        self.event({"step": text, **({} if percent is None else {"percent": percent})})

    def say(self, text: str) -> None:
        sys.stdout.write(text.rstrip("\n") + "\n")
        sys.stdout.flush()

    def run(self, argv: list[str], timeout_sec: float = 60.0) -> Outcome:
        """Run a program in the job's process group; its output goes to the log as it comes."""
        self.say("$ " + " ".join(argv))
        try:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=child_environment(),
            )
        except OSError as why:
            raise StepFailed(f"{argv[0]} cannot be started: {why.strerror or why}", 127) from None
        late = threading.Event()

        def give_up() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(timeout_sec, give_up)
        timer.start()
        kept = bytearray()
        try:
            while process.stdout is not None:
                chunk = os.read(process.stdout.fileno(), 65536)
                if not chunk:
                    break
                sys.stdout.buffer.write(chunk)
                sys.stdout.flush()
                kept += chunk
                del kept[: -(256 * 1024)]
            status = process.wait()
        finally:
            timer.cancel()
        output = clean_text(bytes(kept).decode("utf-8", "replace"))
        if late.is_set():
            return Outcome(None, output, f"{argv[0]} took longer than {timeout_sec:g} s")
        return Outcome(status, output)

    def need(self, argv: list[str], timeout_sec: float = 60.0) -> str:
        """Run a program that must succeed; its output. StepFailed with the last lines otherwise."""
        done = self.run(argv, timeout_sec)
        if not done.ok:
            last = " / ".join(line.strip() for line in done.output.strip().splitlines()[-3:])
            raise StepFailed(done.reason or f"{' '.join(argv[:4])} failed ({done.status}): {last}", done.status or 1)
        return done.output


def run_job_child(environ: dict[str, str], events: int) -> int:
    """Entry of `--run-job`. The result always goes out as an event; the exit status is 0 unless the process breaks."""
    be_expendable()
    order = json.loads(sys.stdin.buffer.read())
    context = JobContext(load_config(environ), str(order["jobId"]), events, int(order["attempt"]), order["cargo"])
    entry = COMMANDS[order["command"]]
    try:
        result = entry.function(context, order["params"])
        ending: dict[str, object] = {"status": "completed", "exitCode": 0, "result": bounded_result(result)}
    except StepFailed as why:
        ending = {"status": "failed", "exitCode": why.exit_code, "error": str(why)}
    except AgentError as why:
        ending = {"status": "failed", "exitCode": why.exit_code, "error": str(why)}
    except OSError as why:
        ending = {"status": "failed", "exitCode": 1, "error": f"{why.filename or 'system call'}: {why.strerror or why}"}
    except Exception as why:
        sys.excepthook(*sys.exc_info())  # standard error is the job's log too
        ending = {"status": "failed", "exitCode": 70, "error": f"unexpected {type(why).__name__}: {why}"}
    sys.stdout.flush()
    context.event({"ending": ending})
    return 0


def be_expendable() -> None:
    """When memory runs out, a job goes before the heartbeat does."""
    try:
        with open("/proc/self/oom_score_adj", "w") as out:
            out.write("200")
    except OSError:
        pass


def bounded_result(result: object) -> dict[str, object]:
    value = result if isinstance(result, dict) else {}
    return value if len(json.dumps(value)) <= RESULT_CAP_BYTES else {"truncated": True}
