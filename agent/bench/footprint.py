"""What the agent costs: RSS, private memory and CPU over 40 s of one-second heartbeats to a real HTTPS server.

    python3 agent/bench/footprint.py [PYTHON] [SECONDS]

The agent runs the built file with HAProxy's socket to ask and a bus to read four units from, as on a real host. CPU counts the
process and the children that it waited for, from the moment when the slow readers have had their first round.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

AGENT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(AGENT, "tests"))
os.environ["BALCTL_TEST_FORM"] = "built"

from support.bus import FakeBus  # noqa: E402
from support.certs import TestAuthority  # noqa: E402
from support.control import ControlServer  # noqa: E402
from support.form import BUILT_FILE  # noqa: E402
from support.haproxy import FakeHaproxy  # noqa: E402
from support.host import Host  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
UNITS = ("haproxy", "ssh", "cron", "nftables")


def cpu_sec(pid: int) -> float:
    """Time on a processor: of the threads by the scheduler's own count (in ns), of finished children in clock ticks."""
    total = 0.0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as source:
            total += int(source.read().split()[0]) / 1e9
    with open(f"/proc/{pid}/stat") as source:
        fields = source.read().rpartition(")")[2].split()
    return total + (int(fields[13]) + int(fields[14])) / TICKS


def memory_mb(pid: int) -> dict[str, float]:
    with open(f"/proc/{pid}/smaps_rollup") as source:
        rows = dict(line.split(":")[:2] for line in source.read().splitlines()[1:])
    kb = {name: int(value.split()[0]) for name, value in rows.items()}
    return {
        "rss": kb["Rss"] / 1024,
        "pss": kb["Pss"] / 1024,
        "private": (kb["Private_Dirty"] + kb["Private_Clean"]) / 1024,
    }


def main(python: str, seconds: int) -> int:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        authority = TestAuthority(folder)
        with ControlServer(authority.server, authority.key) as server:
            host = Host(folder, server.url, authority.ca)
            host.with_haproxy()
            for unit in UNITS:
                host.write(f"/usr/lib/systemd/system/{unit}.service", "[Service]\n")
            haproxy = FakeHaproxy(host.path("/run/haproxy/admin.sock"))
            bus = FakeBus(host.path("/run/dbus/system_bus_socket"), {unit + ".service": "active" for unit in UNITS})
            process = host.start([python, "-I", "-S", BUILT_FILE], MALLOC_ARENA_MAX="1")
            time.sleep(6)
            began, before, beats = time.monotonic(), cpu_sec(process.pid), len(server.control.beats)
            time.sleep(seconds)
            spent, wall = cpu_sec(process.pid) - before, time.monotonic() - began
            sent = len(server.control.beats) - beats
            memory = memory_mb(process.pid)
            host.close()
            haproxy.close()
            bus.listener.close()
    version = subprocess.run([python, "-V"], capture_output=True, text=True, check=True).stdout.strip()
    print(
        f"{version}: {sent} beats in {wall:.0f} s, CPU {100 * spent / wall:.3f} % of a core ({1000 * spent / max(sent, 1):.2f} ms per beat), "
        f"RSS {memory['rss']:.1f} MB, PSS {memory['pss']:.1f} MB, private {memory['private']:.1f} MB"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else sys.executable, int(sys.argv[2]) if len(sys.argv) > 2 else 40))
