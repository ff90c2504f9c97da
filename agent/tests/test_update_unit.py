"""The service's unit comes with an update, and goes back with the program when the trial fails."""

from __future__ import annotations

import json
import os
import sys

import pytest
from support.form import AGENT_FOLDER, BUILT_FILE, agent
from support.update import PROGRAM, PYTHON, Release, version_of

UNIT = "/etc/systemd/system/balctl-heartbeat.service"
STAND_IN = """#!/bin/sh
echo "${{0##*/}} $*" >> '{log}'
case $1 in
    show) if grep -q '^Broken' '{unit}'; then echo LoadState=bad-setting; else echo LoadState=loaded; fi ;;
esac
"""


@pytest.fixture
def release(tmp_path):
    made = Release(str(tmp_path))
    made.unit = packaged_unit().replace("TimeoutStopSec=20", "TimeoutStopSec=25").encode()
    return made


@pytest.fixture
def installed(host):
    """The agent as the installer leaves it, below systemd."""
    with open(BUILT_FILE) as built:
        host.write(PROGRAM, built.read(), 0o755)
    host.write(UNIT, local(packaged_unit()))
    os.makedirs(host.path("/run/systemd/system"))
    for name in ("systemctl", "systemd-run"):
        host.program(name, STAND_IN.format(log=host.calls, unit=host.path(UNIT)))
    return [*PYTHON, host.path(PROGRAM)]


def packaged_unit() -> str:
    with open(os.path.join(AGENT_FOLDER, "packaging", "balctl-heartbeat.service")) as source:
        return source.read()


def local(unit: str) -> str:
    """With the interpreter of this host, as the installer's sed does it."""
    return unit.replace("/usr/bin/python3 ", sys.executable + " ")


def fail_the_trial(host, installed) -> None:
    state = json.loads(host.read("/var/lib/balctl/update.json"))
    host.write("/var/lib/balctl/update.json", json.dumps({**state, "starts": 9}))
    assert host.run("--trial-guard", command=installed).returncode == 0


def test_a_changed_unit_is_installed_with_this_hosts_interpreter_and_loaded(control, host, installed, release):
    release.offer(control, host)
    assert host.run("--update", command=installed).returncode == 0
    assert host.read(UNIT) == local(release.unit.decode())
    assert os.stat(host.path(UNIT)).st_mode & 0o777 == 0o644
    assert "systemctl daemon-reload" in host.systemctl_calls()
    assert version_of(installed) == "101"


def test_the_same_unit_is_not_touched(control, host, installed, release):
    release.unit = packaged_unit().encode()
    release.offer(control, host)
    assert host.run("--update", command=installed).returncode == 0
    assert host.systemctl_calls() == []


def test_a_changed_unit_alone_is_an_update(control, host, installed, release, tmp_path):
    release.offer(control, host)
    host.run("--update", command=installed)
    host.write(UNIT, local(packaged_unit()))
    host.write("/var/lib/balctl/update.json", json.dumps({"state": "good", "newestVersion": 101}))
    assert "restart the service" in host.run("--update", command=installed).stdout
    assert host.read(UNIT) == local(release.unit.decode())


@pytest.mark.parametrize("unit", [None, "[Service]\nExecStart=/opt/wrapper balctl_heartbeat.py\n"])
def test_a_missing_or_foreign_unit_stays_as_it_is(control, host, installed, release, unit):
    os.unlink(host.path(UNIT))
    if unit:
        host.write(UNIT, unit)
    release.offer(control, host)
    assert host.run("--update", command=installed).returncode == 0
    assert version_of(installed) == "101"
    assert (host.read(UNIT) if unit else os.path.exists(host.path(UNIT))) == (unit or False)


def test_a_failed_trial_puts_the_unit_back_with_the_program(control, host, installed, release):
    release.offer(control, host)
    host.run("--update", command=installed)
    os.unlink(host.calls)
    fail_the_trial(host, installed)
    assert version_of(installed) == "100"
    assert host.read(UNIT) == local(packaged_unit())
    assert "systemctl daemon-reload" in host.systemctl_calls()


def test_a_unit_that_somebody_changed_during_the_trial_is_left_to_them(control, host, installed, release):
    release.offer(control, host)
    host.run("--update", command=installed)
    host.write(UNIT, local(packaged_unit()) + "# by hand\n")
    fail_the_trial(host, installed)
    assert version_of(installed) == "100"
    assert host.read(UNIT).endswith("# by hand\n")


def test_a_unit_that_systemd_does_not_load_stops_the_update(control, host, installed, release):
    release.unit += b"Broken=yes\n"
    release.offer(control, host)
    done = host.run("--update", command=installed)
    assert done.returncode == 5
    assert "bad-setting" in done.stderr
    assert version_of(installed) == "100"
    assert host.read(UNIT) == local(packaged_unit())
    assert host.run("--trial-guard", command=installed).stderr.count("no trial") == 1


def test_a_release_whose_unit_does_not_start_the_agent_is_refused(control, host, installed, release):
    release.unit = b"[Service]\nExecStart=/bin/true\n"
    release.offer(control, host)
    assert "does not start and guard the agent" in host.run("--update", command=installed).stderr
    assert version_of(installed) == "100"


def test_systemd_ends_the_trial_of_a_unit_that_never_starts(control, host, installed, release):
    release.offer(control, host)
    host.run("--update", command=installed)
    (watch,) = [call for call in host.systemctl_calls() if call.startswith("systemd-run")]
    assert "--on-active=180" in watch
    assert watch.endswith(f"{host.path(PROGRAM)}.prev --trial-over")
    assert host.run("--trial-over", command=[*PYTHON, host.path(PROGRAM) + ".prev"]).returncode == 0
    assert version_of(installed) == "100"
    assert host.read(UNIT) == local(packaged_unit())
    assert host.systemctl_calls()[-1] == "systemctl restart --no-block balctl-heartbeat.service"


def test_the_end_of_a_good_trial_changes_nothing(control, host, installed, release):
    release.offer(control, host)
    host.run("--update", command=installed)
    host.start(installed)
    control.wait(lambda: json.loads(host.read("/var/lib/balctl/update.json"))["state"] == "good")
    host.run("--trial-over", command=installed)
    assert version_of(installed) == "101"
    assert host.read(UNIT) == local(release.unit.decode())


CUTS = ["update.previous_kept", "update.state_pending", "update.unit_replaced", "update.replaced", "update.done"]


@pytest.mark.parametrize("point", CUTS)
def test_a_power_cut_leaves_a_program_with_the_unit_that_belongs_to_it(control, host, installed, release, point):
    release.offer(control, host)
    assert host.run("--update", command=installed, BALCTL_FAILPOINT=point).returncode == -9
    assert host.run("--trial-guard", command=installed).returncode == 0
    new = version_of(installed) == "101"
    assert new == (point in CUTS[3:])
    assert host.read(UNIT) == local(release.unit.decode() if new else packaged_unit())


def test_a_power_cut_while_putting_back_is_made_good_by_the_next_start(control, host, installed, release):
    release.offer(control, host)
    host.run("--update", command=installed)
    state = json.loads(host.read("/var/lib/balctl/update.json"))
    host.write("/var/lib/balctl/update.json", json.dumps({**state, "starts": agent.MOST_TRIAL_STARTS}))
    cut = host.run("--trial-guard", command=installed, BALCTL_FAILPOINT="update.unit_rolled_back")
    assert cut.returncode == -9
    assert host.run("--trial-guard", command=installed).returncode == 0
    assert (version_of(installed), host.read(UNIT)) == ("100", local(packaged_unit()))
