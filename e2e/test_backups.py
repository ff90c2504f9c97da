"""Backups between real hosts: saved by the agent, kept by the control plane, brought back, and onto another host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .stage import Stage, until

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]
CONFIG = "/etc/haproxy/haproxy.cfg"
CERTIFICATE = "/etc/haproxy/certs/own.example.net.pem"
MAKE_CERTIFICATE = (
    "mkdir -p /etc/haproxy/certs && cd /etc/haproxy/certs && openssl req -x509 -newkey rsa:2048 -nodes -days 30"
    " -subj /CN=own.example.net -keyout k -out c 2>/dev/null && cat c k > own.example.net.pem && rm c k && chmod 600 *.pem"
)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage.open(hosts=2) as played:
        played.create_pool()
        for host in played.lab.hosts:
            played.enrol(host, played.add_member(host))
        played.await_beats(*[host.hostname for host in played.lab.hosts])
        played.host("edge-1").exec("bash", "-c", MAKE_CERTIFICATE)
        yield played


def ended(stage: Stage, job: dict[str, Any], *, within_sec: float = 60) -> dict[str, Any]:
    """The job at its end."""
    found: dict[str, Any] = until(
        lambda: stage.api.get(f"/jobs/{job['id']}"),
        good=lambda seen: seen["status"] in {"completed", "failed", "cancelled"},
        within_sec=within_sec,
        what=f"the end of {job.get('command')}",
    )
    return found


def saved(stage: Stage, hostname: str, kind: str = "haproxy") -> dict[str, Any]:
    """A fresh snapshot of a host, checked by the control plane."""
    member = stage.member_ids[hostname]
    job = ended(stage, stage.api.post(f"/members/{member}/snapshots", {"kind": kind}))
    assert job["status"] == "completed", job
    rows = until(
        lambda: [row for row in stage.api.get(f"/members/{member}/snapshots")["items"] if row["jobId"] == job["id"]],
        good=lambda rows: bool(rows) and rows[0]["state"] != "running",
        within_sec=20,
        what="the snapshot's record",
    )
    return dict(rows[0])


def digest(stage: Stage, hostname: str, path: str) -> str:
    return str(stage.host(hostname).exec("sha256sum", path).stdout.split()[0])


def test_a_host_gets_back_what_was_saved(stage: Stage) -> None:
    snapshot = saved(stage, "edge-1")
    assert snapshot["state"] == "complete", snapshot
    assert {row["id"] for row in snapshot["scopes"]} >= {"main_config", "certificates"}
    before = [digest(stage, "edge-1", path) for path in (CONFIG, CERTIFICATE)]
    stage.host("edge-1").exec("bash", "-c", f"rm {CERTIFICATE}; sed -i 's/^defaults/# a bad day\\ndefaults/' {CONFIG}")
    job = ended(stage, stage.api.post(f"/snapshots/{snapshot['id']}/restore", {"scopes": []}))
    assert job["status"] == "completed", job
    assert job["result"]["checkedFirst"] is True
    assert [digest(stage, "edge-1", path) for path in (CONFIG, CERTIFICATE)] == before
    assert stage.host("edge-1").exec("systemctl", "is-active", "haproxy").stdout.strip() == "active"


def test_a_second_backup_sends_almost_nothing(stage: Stage) -> None:
    first, second = saved(stage, "edge-1"), saved(stage, "edge-1")
    assert second["bytes"] == first["bytes"]
    assert second["newBytes"] < first["storedBytes"]
    assert ended(stage, stage.api.post(f"/snapshots/{second['id']}/verify", {}))["result"]["proved"] is True


def test_certificates_reach_another_host(stage: Stage) -> None:
    snapshot = saved(stage, "edge-1")
    wish = {"memberId": stage.member_ids["edge-2"], "scopes": ["certificates"]}
    job = ended(stage, stage.api.post(f"/snapshots/{snapshot['id']}/restore", wish))
    assert job["status"] == "completed", job
    assert digest(stage, "edge-2", CERTIFICATE) == digest(stage, "edge-1", CERTIFICATE)


def test_what_does_not_work_on_the_other_host_changes_nothing_there(stage: Stage) -> None:
    host = stage.host("edge-1")
    host.exec("cp", CONFIG, "/root/good.cfg")
    host.exec("bash", "-c", f"printf 'listen broken\\n    bind nowhere.invalid:1\\n' >> {CONFIG}")
    snapshot = saved(stage, "edge-1")
    host.exec("cp", "/root/good.cfg", CONFIG)
    before = digest(stage, "edge-2", CONFIG)
    job = ended(
        stage,
        stage.api.post(
            f"/snapshots/{snapshot['id']}/restore", {"memberId": stage.member_ids["edge-2"], "scopes": ["main_config"]}
        ),
    )
    assert job["status"] == "failed", job
    assert "nothing was changed" in job["error"]
    assert digest(stage, "edge-2", CONFIG) == before
    assert stage.host("edge-2").exec("systemctl", "is-active", "haproxy").stdout.strip() == "active"


def test_firewall_rules_come_back_and_count(stage: Stage) -> None:
    host = stage.host("edge-2")
    for rule in (["allow", "22/tcp"], ["allow", "80/tcp"], ["--force", "enable"]):
        host.exec("ufw", *rule)
    found = saved(stage, "edge-2", "ufw")
    host.exec("ufw", "deny", "80/tcp")
    job = ended(stage, stage.api.post(f"/snapshots/{found['id']}/restore", {"scopes": ["firewall"]}))
    assert job["status"] == "completed", job
    rules = host.exec("ufw", "status").stdout
    assert "DENY" not in rules
    assert "80/tcp" in rules
    host.exec("ufw", "--force", "disable")
