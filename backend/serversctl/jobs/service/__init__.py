"""The use cases of jobs. Each takes a Session; the edge opens and commits it."""

from .cargo import forget_cargo, input_for_agent, keep_output, output_of
from .claiming import LEASE_SEC, Claimed, claim
from .completing import Receipt, Report, complete
from .ending import move
from .look import (
    attempts_of,
    evidence_of,
    get_job,
    job_of_account,
    job_of_member,
    jobs_page,
    jobs_to_run_here,
    log_of,
    members_to_cancel,
    members_with_work,
    running_jobs,
    waiting,
)
from .ordering import Ordered, order
from .postponing import postpone
from .progressing import Progress, progress
from .steering import cancel, hold_open, resolve
from .stopping import lift_stop, stop_of, stop_work
from .sweeping import forget_old, sweep

__all__ = [
    "LEASE_SEC",
    "Claimed",
    "Ordered",
    "Progress",
    "Receipt",
    "Report",
    "attempts_of",
    "cancel",
    "claim",
    "complete",
    "evidence_of",
    "forget_cargo",
    "forget_old",
    "get_job",
    "hold_open",
    "input_for_agent",
    "job_of_account",
    "job_of_member",
    "jobs_page",
    "jobs_to_run_here",
    "keep_output",
    "lift_stop",
    "log_of",
    "members_to_cancel",
    "members_with_work",
    "move",
    "order",
    "output_of",
    "postpone",
    "progress",
    "resolve",
    "running_jobs",
    "stop_of",
    "stop_work",
    "sweep",
    "waiting",
]
