"""The process tree: started in order, kept alive, drained in the reverse order, and gone with its parent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from serversctl.cli.supervisor import BACKOFF_CAP_SEC, backoff_sec

# Roles are small Python programs; the tree runs in a process of its own because it takes over the signals.
HARNESS = """
import json, logging, os, sys
from pathlib import Path
from serversctl.cli.supervisor import Role, Supervisor
logging.basicConfig(level="INFO", format="up: %(message)s")
folder = Path(sys.argv[1])
roles = []
for name, stop_sec, waits_for, code in json.loads(sys.argv[2]):
    ready = (lambda path: path.exists) (folder / waits_for) if waits_for else None
    roles.append(Role(name, [sys.executable, "-u", "-c", code], stop_sec, ready))
supervisor = Supervisor(roles, state_file=folder / "tree.json", environ=os.environ,
    print_line=lambda role, line: print(f"{role}|{line}", flush=True), on_ready=lambda: print("ALL READY", flush=True))
sys.exit(supervisor.run())
"""

STAYS = "import time; print('here'); time.sleep(60)"
POLITE = """
import signal, sys, time
def leave(*_): print('drained'); sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print('here')
while True: time.sleep(0.05)
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here'); time.sleep(60)"


class Tree:
    """A supervisor in a process of its own."""

    def __init__(self, folder: Path, roles: list[tuple[str, float, str, str]]) -> None:
        self.folder = folder
        argv = [sys.executable, "-c", HARNESS, str(folder), json.dumps(roles)]
        self.log = folder / "log"
        with self.log.open("w") as out:
            self.process = subprocess.Popen(argv, stdout=out, stderr=subprocess.STDOUT)

    def text(self) -> str:
        return self.log.read_text()

    def state(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "tree.json").read_text())["roles"])

    def until(self, holds: Callable[[], object], seconds: float = 10) -> None:
        end = time.monotonic() + seconds
        while not _safely(holds):
            assert time.monotonic() < end, f"it did not happen within {seconds} s:\n{self.text()}"
            time.sleep(0.02)

    def pids(self) -> list[int]:
        return [role["pid"] for role in self.state().values() if role["pid"]]

    def ask_to_stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=15)


def _safely(holds: Callable[[], object]) -> bool:
    try:
        return bool(holds())
    except (OSError, ValueError, KeyError):
        return False


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Callable[..., Tree]]:
    made: list[Tree] = []

    def start(*roles: tuple[str, float, str, str]) -> Tree:
        made.append(Tree(tmp_path, list(roles)))
        return made[-1]

    yield start
    for each in made:
        pids = each.pids() if (each.folder / "tree.json").exists() else []
        each.process.kill()
        each.process.wait()
        for pid in pids:
            if not gone(pid):
                os.kill(pid, signal.SIGKILL)


def test_lines_carry_their_role_and_all_end_on_sigterm(tree: Callable[..., Tree]) -> None:
    up = tree(("one", 5, "", POLITE), ("two", 5, "", POLITE))
    up.until(lambda: "one|here" in up.text() and "two|here" in up.text() and "ALL READY" in up.text())
    pids = up.pids()
    assert up.ask_to_stop() == 0
    assert all(gone(pid) for pid in pids)
    text = up.text()
    assert (
        text.index("stopping two") < text.index("two|drained") < text.index("stopping one") < text.index("one|drained")
    )
    assert not (up.folder / "tree.json").exists()


def test_a_role_waits_for_the_one_before_it_at_the_first_start(tree: Callable[..., Tree], tmp_path: Path) -> None:
    up = tree(("store", 5, "store-ready", STAYS), ("user", 5, "", STAYS))
    up.until(lambda: "store|here" in up.text())
    time.sleep(0.3)
    assert "user|here" not in up.text()
    (tmp_path / "store-ready").write_text("")
    up.until(lambda: "user|here" in up.text())


def test_a_role_that_dies_is_started_again_and_the_others_stay(tree: Callable[..., Tree]) -> None:
    up = tree(("one", 5, "", STAYS), ("two", 5, "", STAYS))
    up.until(lambda: len(up.pids()) == 2 and "two|here" in up.text())
    one, two = up.state()["one"]["pid"], up.state()["two"]["pid"]
    os.kill(one, signal.SIGKILL)
    up.until(lambda: up.state()["one"]["pid"] not in {one, None})
    assert up.state()["one"]["restarts"] == 1
    assert up.state()["one"]["lastExit"] == "signal SIGKILL"
    assert up.state()["two"]["pid"] == two


def test_grandchildren_of_a_dead_role_do_not_stay(tree: Callable[..., Tree], tmp_path: Path) -> None:
    code = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])
open({str(tmp_path / "grandchild")!r}, 'w').write(str(child.pid))
print('here'); time.sleep(60)
"""
    up = tree(("one", 5, "", textwrap.dedent(code)))
    up.until(lambda: "one|here" in up.text())
    grandchild = int((tmp_path / "grandchild").read_text())
    os.kill(up.state()["one"]["pid"], signal.SIGKILL)
    up.until(lambda: gone(grandchild))


def test_a_role_that_ignores_sigterm_is_killed_when_its_time_is_over(tree: Callable[..., Tree]) -> None:
    up = tree(("one", 0.5, "", STUBBORN))
    up.until(lambda: "one|here" in up.text())
    (pid,) = up.pids()
    began = time.monotonic()
    assert up.ask_to_stop() == 0
    assert 0.4 < time.monotonic() - began < 5
    assert gone(pid)


def test_a_second_signal_does_not_wait(tree: Callable[..., Tree]) -> None:
    up = tree(("one", 30, "", STUBBORN))
    up.until(lambda: "one|here" in up.text())
    up.process.send_signal(signal.SIGINT)
    up.until(lambda: "stopping one" in up.text())
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(timeout=5) == 0


def test_children_end_when_their_parent_is_killed(tree: Callable[..., Tree]) -> None:
    up = tree(("one", 5, "", STAYS), ("two", 5, "", POLITE))
    up.until(lambda: "one|here" in up.text() and "two|here" in up.text())
    pids = up.pids()
    up.process.kill()
    up.until(lambda: all(gone(pid) for pid in pids), seconds=5)


def test_a_role_that_refuses_its_settings_at_the_first_start_ends_the_tree(tree: Callable[..., Tree]) -> None:
    up = tree(("one", 5, "", POLITE), ("two", 5, "never", "import sys; print('SERVERSCTL_X is wrong'); sys.exit(2)"))
    assert up.process.wait(timeout=10) == 2
    assert "two|SERVERSCTL_X is wrong" in up.text()
    # Whether it drained too is told above: here it may be stopped before it is ready for that.
    assert "up: stopping one" in up.text()


def test_a_role_that_keeps_dying_waits_longer_each_time(tree: Callable[..., Tree]) -> None:
    up = tree(("one", 5, "", "import sys; sys.exit(1)"))
    up.until(lambda: up.text().count("starting it again") >= 3)
    assert up.state()["one"]["restarts"] >= 2


def test_a_role_that_closes_its_output_does_not_spin_the_supervisor(tree: Callable[..., Tree]) -> None:
    code = "import os, time; print('here'); os.close(1); os.close(2); time.sleep(60)"
    up = tree(("one", 5, "", code))
    up.until(lambda: "one|here" in up.text())
    before = _cpu_ticks(up.process.pid)
    time.sleep(1.0)
    assert _cpu_ticks(up.process.pid) - before <= 20


def test_a_long_line_is_cut_and_a_last_line_without_its_end_is_shown(tree: Callable[..., Tree]) -> None:
    code = "import sys, time; sys.stdout.write('x' * 300000 + '\\n'); sys.stdout.write('tail'); sys.stdout.flush(); sys.exit(1)"
    up = tree(("one", 5, "", code))
    up.until(lambda: "one|tail" in up.text() or "xtail" in up.text())
    assert max(len(line) for line in up.text().splitlines()) < 140_000


@pytest.mark.parametrize("failures", range(1, 30))
def test_back_off_grows_to_its_cap_and_is_spread(failures: int) -> None:
    least, most = backoff_sec(failures, 0.0), backoff_sec(failures, 1.0)
    assert least == most / 2
    assert most == min(BACKOFF_CAP_SEC, 0.5 * 2 ** (failures - 1))


def _cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
