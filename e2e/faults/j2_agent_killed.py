"""J2: the agent is killed in the middle of a job. The job ends with its one effect, and nothing of it is left over."""

from __future__ import annotations

import time
from typing import Any

from ..stage import Late, Stage, until
from .finding import Finding, Say

CODE, WHAT = "J2", "agent killed (kill -9) during a job"
COMMAND = "haproxy.reload"
OPEN = {"pending", "running"}
ENDS_WITHIN_SEC = 120.0


def count(runs: int) -> int:
    return max(8, runs // 4)


def play(runs: int, *, long: bool, say: Say) -> Finding:
    found = Finding(CODE, WHAT, "an idempotent job completes; no child is left")
    hit, attempts, lasted = 0, 0, 0.0
    with Stage.open(hosts=1, say=say) as stage:
        stage.create_pool()
        host = stage.lab.hosts[0]
        stage.enrol(host, stage.add_member(host))
        stage.await_beats(host.hostname)
        # A reload takes a tenth of a second, which a kill would rarely hit.
        host.put("/etc/systemd/system/haproxy.service.d/soak.conf", "[Service]\nExecReload=/bin/sleep 2\n")
        host.exec("systemctl", "daemon-reload")
        ended(stage, until(lambda: order(stage), within_sec=20, what="the member reports HAProxy and takes jobs"))
        begin = time.monotonic()
        ended(stage, order(stage))
        usual_sec = time.monotonic() - begin
        for number in range(1, runs + 1):
            begin, job_id = time.monotonic(), order(stage)
            time.sleep(usual_sec * number / runs)  # from the order to just after the report
            host.exec("systemctl", "kill", "--kill-whom=main", "--signal=KILL", "balctl-heartbeat")
            try:
                job = ended(stage, job_id)
            except Late as why:
                found.misses.append(f"point {number}: {why}")
                continue
            finally:
                found.runs += 1
            hit += job["attempt"] > 1
            attempts += job["attempt"]
            lasted = max(lasted, time.monotonic() - begin)
            left = host.sh("pgrep -f '[-]-run-job' || true").split()
            if job["status"] != "completed" or left or host.service("is-active", "haproxy") != "active":
                found.misses.append(f"point {number}: {job['status']} ({job['error']}), processes left: {left}")
            stage.await_beats(host.hostname)
            say(f"J2 {number}/{runs}: {job['status']} in attempt {job['attempt']}")
    found.figures = {"cut in the middle": str(hit), "attempts": str(attempts), "longest": f"{lasted:.1f} s"}
    return found


def order(stage: Stage) -> str:
    made = stage.api.post(f"/members/{stage.member_ids['edge-1']}/jobs", {"command": COMMAND, "params": {}})
    return str(made["id"])


def ended(stage: Stage, job_id: str) -> dict[str, Any]:
    job: dict[str, Any] = until(
        lambda: stage.api.get(f"/jobs/{job_id}"),
        good=lambda seen: seen["status"] not in OPEN,
        within_sec=ENDS_WITHIN_SEC,
        what=f"{COMMAND} ends",
    )
    return job
