"""Enrolment: one pasted command, and for each mistake a sentence that says the fix."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .lab.hosts import HostSpec
from .lab.tree import debian_tree
from .stage import Stage, until

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def old_tree() -> Path:
    """A Debian 11 system: Python 3.9 and systemd 247."""
    return debian_tree("bullseye")


@pytest.fixture(scope="module")
def stage(old_tree: Path) -> Iterator[Stage]:
    hosts = [HostSpec(hostname="edge-new"), HostSpec(hostname="edge-old", tree=old_tree)]
    with Stage.open(hosts) as played:
        played.create_pool()
        yield played


@pytest.mark.parametrize("hostname", ["edge-new", "edge-old"])
def test_one_command_enrols_a_host(stage: Stage, hostname: str) -> None:
    host = stage.host(hostname)
    stage.enrol(host, stage.add_member(host))
    stage.await_beats(hostname)
    assert host.service("is-active", "balctl-heartbeat") == "active"
    assert host.sh("stat -c %a /etc/balctl/agent.env").strip() == "600"


def refused(stage: Stage, hostname: str, code: str) -> dict[str, object]:
    return until(
        lambda: stage.enrolment(hostname),
        good=lambda e: e["status"] == "refused" and e["code"] == code,
        within_sec=30,
        what=f"{hostname} refused as {code}",
    )


def again(stage: Stage, hostname: str) -> dict[str, object]:
    """Remove the member, so that the next story can create it anew."""
    if hostname in stage.member_ids:
        stage.api.delete(f"/members/{stage.member_ids.pop(hostname)}", confirm=hostname)
    return {}


def test_a_wrong_address_is_named_and_fixed_with_one_click(stage: Stage) -> None:
    host = stage.host("edge-new")
    again(stage, "edge-new")
    made = stage.add_member(host, allowedIps=["8.8.4.4"])
    host.exec("bash", "-c", made["enrollment"]["installCommand"], check=False, timeout_sec=120)
    said = refused(stage, "edge-new", "ip_not_allowed")
    assert host.address in str(said["detail"])
    stage.api.post(f"/members/{stage.member_ids['edge-new']}/enrollment/fix", said["fix"])
    stage.await_beats("edge-new", within_sec=60)


def test_a_wrong_hostname_shows_both_names(stage: Stage) -> None:
    host = stage.host("edge-new")
    again(stage, "edge-new")
    made = stage.add_member(host)
    command = made["enrollment"]["installCommand"].replace("--hostname edge-new", "--hostname edge-newer")
    assert "edge-newer" in command
    host.exec("bash", "-c", command, check=False, timeout_sec=120)
    said = refused(stage, "edge-new", "hostname_mismatch")
    assert "edge-newer" in str(said["detail"])
    assert "edge-new" in str(said["detail"])


def test_the_uuid_in_place_of_the_secret_is_recognised(stage: Stage) -> None:
    host = stage.host("edge-new")
    again(stage, "edge-new")
    made = stage.add_member(host)
    command = made["enrollment"]["installCommand"].replace(made["enrollment"]["secret"], made["member"]["id"])
    done = host.exec("bash", "-c", command, check=False, timeout_sec=120)
    assert done.returncode != 0
    assert "48" in done.stdout + (done.stderr or "")


def test_uninstalling_leaves_haproxy_and_its_configuration(stage: Stage) -> None:
    host = stage.host("edge-old")
    host.sh("sh /usr/local/sbin/balctl-agent.sh --uninstall || sh /usr/local/bin/balctl-agent.sh --uninstall")
    assert host.service("is-active", "balctl-heartbeat") != "active"
    assert host.sh("ls /etc/haproxy/haproxy.cfg").strip()
    assert host.exec("test", "-e", "/etc/balctl/agent.env", check=False).returncode != 0
