"""F4: the control plane is paused, as a virtual machine is by its snapshot. Nothing moves on its return."""

from __future__ import annotations

import time

from .finding import Finding, Say
from .watched_pool import RECOVERY_SEC, watched_pool

CODE, WHAT = "F4", "control plane paused (SIGSTOP)"
PAUSES_SEC, LONG_PAUSE_SEC = (5, 60), 600


def count(runs: int) -> int:
    """Each pause a tenth of the runs."""
    return len(PAUSES_SEC) * max(1, runs // 10)


def play(runs: int, *, long: bool, say: Say) -> Finding:
    pauses = (*PAUSES_SEC, LONG_PAUSE_SEC) if long else PAUSES_SEC
    found = Finding(CODE, f"{WHAT}, {' / '.join(map(str, pauses))} s", "0 promotions on its return")
    with watched_pool(found, say) as pool:
        for number in range(1, runs + 1):
            pause = pauses[number % len(pauses)]
            pool.stage.plane.pause()
            time.sleep(pause)
            pool.stage.plane.resume()
            # Longer than the recovery time: whoever counted the pause as silence would act by now.
            time.sleep(RECOVERY_SEC + 5)
            pool.stage.await_beats(*pool.stage.member_ids)
            pool.judge(number)
            say(f"F4 {number}/{runs}: {pause} s, {len(found.misses)} promotions")
    found.figures = {"promotions": str(len(found.misses))}
    return found
