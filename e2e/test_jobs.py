"""Jobs on a real host: ordered over the API, run by the agent, seen in HAProxy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .lab.aptrepo import AptRepository
from .lab.hosts import HostSpec
from .stage import Stage, until

pytestmark = [pytest.mark.lab, pytest.mark.timeout(240)]

SHOW = (
    "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect('/run/haproxy/admin.sock');"
    "s.sendall(sys.argv[1].encode()+b'\\n'); print(s.makefile().read())"
)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """edge-1 runs HAProxy without an admin socket; edge-bare has no HAProxy at all."""
    with Stage.open([HostSpec(hostname="edge-1"), HostSpec(hostname="edge-bare", haproxy=False)]) as played:
        played.create_pool()
        edge = played.host("edge-1")
        config = "\n".join(
            line for line in edge.read("/etc/haproxy/haproxy.cfg").splitlines() if "stats socket" not in line
        )
        edge.put("/etc/haproxy/haproxy.cfg", config + "\n")
        edge.service("restart", "haproxy")
        for host in played.lab.hosts:
            played.enrol(host, played.add_member(host))
        played.await_beats("edge-1", "edge-bare")
        yield played


def run(stage: Stage, command: str, *, on: str = "edge-1", within_sec: float = 60, **params: Any) -> dict[str, Any]:
    """Order a job and wait for its end."""
    job = stage.api.post(f"/members/{stage.member_ids[on]}/jobs", {"command": command, "params": params})
    seen: dict[str, Any] = until(
        lambda: stage.api.get(f"/jobs/{job['id']}"),
        good=lambda now: now["status"] not in {"pending", "running"},
        within_sec=within_sec,
        what=f"{command} ends",
    )
    return seen


def ask(stage: Stage, question: str) -> str:
    return stage.host("edge-1").exec("/usr/bin/python3", "-c", SHOW, question).stdout


def done(job: dict[str, Any]) -> bool:
    assert job["status"] == "completed", (job["status"], job["error"])
    return True


def test_the_admin_socket_is_enabled_and_a_server_drained_and_made_ready(stage: Stage) -> None:
    assert done(run(stage, "haproxy.admin_socket_enable"))
    assert "/run/haproxy/admin.sock mode 600 level admin" in stage.host("edge-1").read("/etc/haproxy/haproxy.cfg")
    assert done(run(stage, "haproxy.server_drain", backend="app", server="s1"))
    assert ",DRAIN" in ask(stage, "show stat")
    assert done(run(stage, "haproxy.server_maint", backend="app", server="s1"))
    assert ",MAINT" in ask(stage, "show stat")
    assert done(run(stage, "haproxy.server_ready", backend="app", server="s1"))
    assert ",MAINT" not in ask(stage, "show stat")


def test_a_reload_of_a_broken_configuration_fails_and_leaves_haproxy_serving(stage: Stage) -> None:
    edge = stage.host("edge-1")
    good = edge.read("/etc/haproxy/haproxy.cfg")
    edge.put("/etc/haproxy/haproxy.cfg", good + "\nfrontend broken\n    bind nowhere\n")
    job = run(stage, "haproxy.reload")
    assert job["status"] == "failed"
    assert edge.service("is-active", "haproxy") == "active"
    edge.put("/etc/haproxy/haproxy.cfg", good)
    assert done(run(stage, "haproxy.reload"))


def test_a_server_that_is_not_there_is_named(stage: Stage) -> None:
    job = run(stage, "haproxy.server_drain", backend="app", server="s9")
    assert job["status"] == "failed"
    assert "No such server" in str(job["error"])


def test_a_secret_is_rotated_over_the_live_session(stage: Stage) -> None:
    edge = stage.host("edge-1")
    before = edge.sh("grep BALCTL_ENROLLMENT_SECRET /etc/balctl/agent.env")
    stage.api.post(f"/members/{stage.member_ids['edge-1']}/rotate-secret")
    until(
        lambda: edge.sh("grep BALCTL_ENROLLMENT_SECRET /etc/balctl/agent.env"),
        good=lambda now: now != before,
        within_sec=40,
        what="the new secret is on the host",
    )
    until(
        lambda: stage.api.get(f"/members/{stage.member_ids['edge-1']}")["secretPending"],
        good=lambda pending: pending is False,
        within_sec=30,
        what="the new secret is in use",
    )
    edge.service("restart", "balctl-heartbeat")
    stage.await_beats("edge-1")


def test_haproxy_is_installed_on_a_fresh_host(stage: Stage, tmp_path: Path) -> None:
    bare = stage.host("edge-bare")
    with AptRepository(stage.lab.control, tmp_path / "apt", packages=["haproxy"]) as repository:
        bare.use_apt_repository(repository.url)
        assert done(run(stage, "haproxy.provision", on="edge-bare", within_sec=150))
    assert bare.service("is-active", "haproxy") == "active"
