"""Recipes and schedules on real hosts: the admin socket, a way in by SSH, hardening that locks nobody out."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .api import Problem
from .lab.hosts import Host
from .stage import Stage, until

pytestmark = [pytest.mark.lab, pytest.mark.timeout(240)]
CONFIG, DROP_IN = "/etc/haproxy/haproxy.cfg", "/etc/ssh/sshd_config.d/00-balctl-hardening.conf"
OURS = "/run/haproxy/admin.sock"


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage.open(hosts=1) as played:
        played.create_pool()
        edge = played.host("edge-1")
        lines = [line for line in edge.read(CONFIG).splitlines() if line.split()[:1] != ["stats"]]
        edge.put(CONFIG, "\n".join(lines) + "\n")
        edge.service("restart", "haproxy")
        for host in played.lab.hosts:
            played.enrol(host, played.add_member(host))
        played.await_beats("edge-1")
        yield played


def path(stage: Stage) -> str:
    return f"/members/{stage.member_ids['edge-1']}"


def ended(stage: Stage, flow: dict[str, Any], state: str) -> dict[str, Any]:
    found: dict[str, Any] = until(
        lambda: stage.api.get(f"/workflows/{flow['id']}"),
        good=lambda seen: seen["state"] in {"completed", "failed", "cancelled", "undone"},
        within_sec=60,
        what=f"the end of {flow['title']}",
    )
    assert found["state"] == state, found
    return found


def run(stage: Stage, recipe: str, **params: Any) -> dict[str, Any]:
    return ended(stage, stage.api.post(f"{path(stage)}/recipes/{recipe}/run", {"params": params}), "completed")


def undo(stage: Stage, recipe: str) -> dict[str, Any]:
    return ended(stage, stage.api.post(f"{path(stage)}/recipes/{recipe}/undo"), "undone")


def recipe(stage: Stage, recipe_id: str) -> dict[str, Any]:
    return next(row for row in stage.api.get(f"{path(stage)}/recipes")["items"] if row["id"] == recipe_id)


def may_sign_in(stage: Stage, host: Host, key: Path) -> bool:
    """Over the network, from the control plane's machine, by this key alone."""
    ssh = [
        "ssh", "-i", str(key), "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no",
        "-o", "UserKnownHostsFile=/dev/null", f"root@{host.address}", "true",
    ]  # fmt: skip
    inside = ["ip", "netns", "exec", stage.lab.control.namespace.name]
    done = subprocess.run([*inside, *ssh], check=False, capture_output=True, timeout=30)
    return done.returncode == 0


def test_the_admin_socket_comes_and_goes_and_the_file_is_as_before(stage: Stage) -> None:
    edge = stage.host("edge-1")
    before = edge.read(CONFIG)
    until(
        lambda: recipe(stage, "admin_socket"), good=lambda seen: seen["available"], within_sec=30, what="a report of HAProxy"
    )  # fmt: skip

    run(stage, "admin_socket")
    assert OURS in edge.read(CONFIG)
    undo(stage, "admin_socket")

    assert edge.read(CONFIG) == before
    assert edge.service("is-active", "haproxy") == "active"
    assert recipe(stage, "admin_socket")["state"] == "undone"


def test_a_key_lets_in_hardening_keeps_it_and_the_last_one_stays(stage: Stage, tmp_path: Path) -> None:
    edge, key = stage.host("edge-1"), tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ann", "-f", str(key)], check=True)
    public = key.with_suffix(".pub").read_text().strip()
    alone = stage.api.post(f"{path(stage)}/recipes/ssh_hardening/run", {"params": {}})
    assert "would lock everybody out" in ended(stage, alone, "failed")["error"]
    assert not may_sign_in(stage, edge, key)

    run(stage, "ssh_access", publicKey=public)
    assert may_sign_in(stage, edge, key)
    run(stage, "ssh_hardening")
    assert "passwordauthentication no" in edge.read(DROP_IN)
    assert may_sign_in(stage, edge, key)

    refused = stage.api.post(f"{path(stage)}/recipes/ssh_access/undo")
    assert "last key" in ended(stage, refused, "failed")["error"]
    assert may_sign_in(stage, edge, key)

    undo(stage, "ssh_hardening")
    assert edge.sh(f"test -e {DROP_IN} && echo there || echo gone").strip() == "gone"
    ended(stage, stage.api.post(f"/workflows/{refused['id']}/retry"), "undone")
    assert not may_sign_in(stage, edge, key)


def test_a_recipe_without_its_precondition_is_refused_with_the_fix(stage: Stage) -> None:
    assert recipe(stage, "install_haproxy")["available"] is False
    with pytest.raises(Problem, match="runs already"):
        stage.api.post(f"{path(stage)}/recipes/install_haproxy/run", {"params": {}})


def test_a_schedule_reloads_haproxy_by_the_clock(stage: Stage) -> None:
    wish = {"name": "Every minute", "command": "haproxy.reload", "cron": "* * * * *"}
    made = stage.api.post(f"{path(stage)}/schedules", wish)

    last = until(
        lambda: stage.api.get(f"/schedules/{made['id']}")["lastRun"] or {},
        good=lambda seen: seen.get("state") == "completed",
        within_sec=90,
        what="a run by the clock",
    )

    assert stage.api.get(f"/jobs/{last['jobId']}")["requestedBy"]["name"] == "schedule Every minute"
    stage.api.delete(f"/schedules/{made['id']}")
