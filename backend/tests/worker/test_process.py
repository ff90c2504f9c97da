"""The worker as a process tree: from an event to a mail, through a loss of Redis, and away without a trace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from serversctl.kernel import outbox
from serversctl.kernel.clock import SystemClock
from serversctl.kernel.db import unit_of_work
from serversctl.kernel.ids import new_id
from sqlalchemy import Engine
from support.api import SECRET_KEY, Tenant, make_tenant, make_wiring
from support.servers.redis import Redis
from support.servers.smtp import Smtp

START = "from serversctl.kernel.settings import from_env; from serversctl.worker.main import run; import os, sys; sys.exit(run(from_env(os.environ)[0]))"


class Tree:
    """A worker with its lanes, and an account whose owner gets mail."""

    def __init__(self, engine: Engine, redis: Redis, smtp: Smtp, data_dir: Path) -> None:
        self.wiring = make_wiring(engine, SystemClock())
        self.tenant: Tenant = make_tenant(self.wiring, "mine")
        url = engine.url.render_as_string(hide_password=False)
        environ = {
            **os.environ, "SERVERSCTL_DATABASE_URL": url, "SERVERSCTL_REDIS_URL": redis.url,
            "SERVERSCTL_DATA_DIR": str(data_dir), "SERVERSCTL_SECRET_KEY": SECRET_KEY,
            "SERVERSCTL_SMTP_URL": f"{smtp.url}?from=panel@example.com",
        }  # fmt: skip
        self.process = subprocess.Popen([sys.executable, "-c", START], env=environ)

    def happens(self) -> None:
        with unit_of_work(self.wiring.sessions) as session:
            outbox.emit(
                session, "failover.hold_escalated", account_id=self.tenant.account_id, payload={"reason": str(new_id())}
            )

    def lanes(self) -> list[int]:
        """Child processes that run lanes (not the resource tracker of multiprocessing)."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.fixture
def smtp() -> Iterator[Smtp]:
    with Smtp.start() as server:
        yield server


@pytest.fixture
def tree(engine: Engine, redis_server: Redis, smtp: Smtp, tmp_path: Path) -> Iterator[Tree]:
    if not redis_server.running():
        redis_server.restart()
    redis_server.flush()
    made = Tree(engine, redis_server, smtp, tmp_path)
    yield made
    if made.process.poll() is None:
        made.process.kill()
    made.process.wait()


def within(seconds: float, what: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_an_event_becomes_a_mail_also_after_redis_lost_everything_and_stop_leaves_nothing(
    tree: Tree, smtp: Smtp, redis_server: Redis
):
    tree.happens()
    smtp.wait_for(1, timeout_sec=20)
    lanes = tree.lanes()

    redis_server.restart()  # empty: the queue is gone
    tree.happens()
    smtp.wait_for(2, timeout_sec=30)
    tree.process.send_signal(signal.SIGTERM)
    code = tree.process.wait(20)

    assert len(lanes) == 2
    assert code == 0
    assert len(smtp.mails) == 2
    assert within(5, lambda: not any(alive(pid) for pid in lanes))


def test_a_lane_that_is_killed_comes_back_and_a_killed_worker_takes_its_lanes_along(tree: Tree, smtp: Smtp):
    assert within(20, lambda: len(tree.lanes()) == 2)
    for pid in tree.lanes():
        os.kill(pid, signal.SIGKILL)
    tree.happens()
    smtp.wait_for(1, timeout_sec=20)

    assert within(20, lambda: len(tree.lanes()) == 2)
    lanes = tree.lanes()
    tree.process.kill()

    assert within(10, lambda: not any(alive(pid) for pid in lanes))
