"""F3: HAProxy of the active member is restarted, again and again. Nothing moves."""

from __future__ import annotations

import time

from .finding import Finding, Say
from .watched_pool import watched_pool

CODE, WHAT = "F3", "HAProxy restarted or reloaded"
# Two seconds of rest, now and then none: three inactive reports in a row would be a verdict.
RESTS_SEC = (2.0, 0.5, 1.0, 0.0)


def count(runs: int) -> int:
    return max(20, runs // 2)


def play(runs: int, *, long: bool, say: Say) -> Finding:
    found = Finding(CODE, WHAT, "0 promotions")
    with watched_pool(found, say) as pool:
        active = pool.stage.host("edge-1")
        # A dozen starts within ten seconds are refused by systemd's own rate limit, which is not what is tried here.
        active.put("/etc/systemd/system/haproxy.service.d/soak.conf", "[Unit]\nStartLimitIntervalSec=0\n")
        active.exec("systemctl", "daemon-reload")
        for number in range(1, runs + 1):
            active.service("reload" if number % 4 == 0 else "restart", "haproxy")
            time.sleep(RESTS_SEC[number % len(RESTS_SEC)])
            pool.judge(number)
            if number % 10 == 0:
                say(f"F3 {number}/{runs}: {len(found.misses)} promotions")
        time.sleep(6)  # three reports and the decision on them
        pool.judge(runs)
        found.runs = runs
    found.figures = {"promotions": str(len(found.misses))}
    return found
