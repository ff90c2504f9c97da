"""A new agent reaches a host by itself; one that does not work, or is not ours, never stays."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from .control_plane import ROOT
from .stage import Stage, until

TRIAL_SEC = 12
pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One enrolled host whose agent gives a new version little time to prove itself."""
    with Stage.open(hosts=1) as played:
        played.create_pool()
        host = played.lab.hosts[0]
        played.enrol(host, played.add_member(host))
        played.await_beats(host.hostname)
        host.sh(f"sed -i 's/^# end$/BALCTL_UPDATE_TRIAL_SEC={TRIAL_SEC}\\n# end/' /etc/balctl/agent.env")
        host.service("restart", "balctl-heartbeat")
        played.await_beats(host.hostname)
        yield played


def build(stage: Stage, version: int, *, beats: bool = True, unit: str = "") -> str:
    """The agent of this checkout as another version, with `unit` as one more line of its service.

    One that does not beat speaks to a wrong address.
    """
    source, out = stage.folder / f"agent-{version}", stage.folder / f"dist-{version}"
    shutil.copytree(ROOT / "agent", source, ignore=shutil.ignore_patterns("dist", "tests", "__pycache__", ".*"))
    number = source / "balctl_agent" / "version.py"
    number.write_text(re.sub(r"AGENT_VERSION = \d+", f"AGENT_VERSION = {version}", number.read_text()))
    service = source / "packaging" / "balctl-heartbeat.service"
    service.write_text(
        service.read_text().replace("[Service]\n", f"[Service]\nEnvironment=RELEASE={version}\n{unit}\n")
    )
    if not beats:
        for module in (source / "balctl_agent").glob("*.py"):
            module.write_text(module.read_text().replace("/api/agents/heartbeat", "/api/agents/nowhere"))
    subprocess.run([sys.executable, str(source / "build" / "build.py"), "--out", str(out)], check=True)
    return str(out)


def unit_on(stage: Stage) -> str:
    """The release that systemd's own, loaded copy of the unit belongs to."""
    loaded = stage.host("edge-1").sh("systemctl show --property=Environment balctl-heartbeat")
    found = re.search(r"RELEASE=(\d+)", loaded)
    return found.group(1) if found else ""


def order_update(stage: Stage) -> dict[str, Any]:
    member = stage.member_ids["edge-1"]
    job: dict[str, Any] = stage.api.post(f"/members/{member}/jobs", {"command": "agent.update", "params": {}})
    return job


def ended(stage: Stage, job: dict[str, Any], *, within_sec: float = 60) -> dict[str, Any]:
    return until(
        lambda: stage.api.get(f"/jobs/{job['id']}"),
        good=lambda seen: seen["status"] not in {"pending", "running"},
        within_sec=within_sec,
        what="the update job ends",
    )


def version_heard(stage: Stage) -> int:
    heartbeat = stage.api.get(f"/members/{stage.member_ids['edge-1']}")["heartbeat"]
    return int(heartbeat["agentVersion"] or 0) if heartbeat["state"] == "fresh" else 0


def heard_within(stage: Stage, seconds: float) -> int:
    """The version of a heartbeat that is this young, or 0."""
    heartbeat = stage.api.get(f"/members/{stage.member_ids['edge-1']}")["heartbeat"]
    return int(heartbeat["agentVersion"] or 0) if (heartbeat["ageSec"] or 1e9) < seconds else 0


def test_a_good_version_takes_over_and_beats(stage: Stage) -> None:
    stage.plane.restart(AGENT_DIST=build(stage, 201))
    stage.await_beats("edge-1", within_sec=40)
    assert ended(stage, order_update(stage))["status"] == "completed"
    until(lambda: version_heard(stage) == 201, within_sec=30, what="version 201 beats")
    assert unit_on(stage) == "201"


def test_a_version_that_does_not_beat_gives_way_to_the_last_good_one(stage: Stage) -> None:
    stage.plane.restart(AGENT_DIST=build(stage, 202, beats=False))
    stage.await_beats("edge-1", within_sec=40)
    order_update(stage)
    host = stage.host("edge-1")
    read = lambda: host.sh("python3 -I /usr/local/bin/balctl_heartbeat.py --version")  # noqa: E731
    until(lambda: "202" in read(), within_sec=40, what="version 202 is on trial")
    until(lambda: "201" in read(), within_sec=TRIAL_SEC + 60, what="version 201 is put back")
    until(lambda: heard_within(stage, 2.0) == 201, within_sec=30, what="version 201 beats again")
    assert unit_on(stage) == "201"


def test_a_version_whose_unit_cannot_start_gives_way_although_none_of_its_guards_ran(stage: Stage) -> None:
    stage.plane.restart(AGENT_DIST=build(stage, 203, unit="WorkingDirectory=/nonexistent"))
    stage.await_beats("edge-1", within_sec=40)
    order_update(stage)
    until(lambda: unit_on(stage) == "203", within_sec=40, what="the unit of version 203 is loaded")
    until(lambda: unit_on(stage) == "201", within_sec=TRIAL_SEC + 90, what="the unit of version 201 is put back")
    until(lambda: heard_within(stage, 2.0) == 201, within_sec=30, what="version 201 beats again")


def test_a_version_that_another_key_signed_is_refused(stage: Stage) -> None:
    stage.plane.stop()
    (stage.plane.data_dir / "release.key").unlink()  # the next start makes another key, as an impostor has one
    stage.plane.restart(AGENT_DIST=build(stage, 204))
    stage.await_beats("edge-1", within_sec=40)
    job = ended(stage, order_update(stage))
    assert job["status"] == "failed"
    assert re.search(r"key|sign", str(job["error"]))
    assert version_heard(stage) == 201
