"""F1: the active host dies. The name server's answer moves within the recovery time + 8 s."""

from __future__ import annotations

from ..lab.hosts import HostSpec
from ..stage import Late, Stage
from .finding import Finding, Say, span
from .groups import Group, add_bystanders

CODE, WHAT = "F1", "active host loses power"
RECOVERY_SEC, PROMISE_SEC = 10, 8.0
GROUPS = 3


def count(runs: int) -> int:
    return runs


def play(runs: int, *, long: bool, say: Say) -> Finding:
    found = Finding(CODE, WHAT, f"answer moved <= {PROMISE_SEC:g} s past the recovery time")
    labels = [f"soak{number}" for number in range(1, min(GROUPS, runs) + 1)]
    specs = [HostSpec(hostname=f"{label}-{side}") for label in labels for side in "ab"]
    past: list[float] = []
    with Stage.open(specs, say=say) as stage:
        groups = [
            Group(stage, label, (stage.host(f"{label}-a"), stage.host(f"{label}-b")), recovery_sec=RECOVERY_SEC)
            for label in labels
        ]
        add_bystanders(stage, runs)
        for number in range(runs):
            group = groups[number % len(groups)]
            try:
                group.await_rested()
                past.append(group.harm(within_sec=RECOVERY_SEC + 60) - RECOVERY_SEC)
            except Late as why:
                found.misses.append(f"run {number + 1}: {why}")
            else:
                say(f"F1 {number + 1}/{runs}: {past[-1]:+.2f} s past the recovery time")
                if past[-1] > PROMISE_SEC:
                    found.misses.append(f"run {number + 1}: {past[-1]:.2f} s")
            found.runs += 1
    found.figures = span(past)
    return found
