"""Jobs over the real wire: judged, run once, reported until acknowledged."""

from __future__ import annotations

import hashlib
import json
import os
import time
from functools import partial

import pytest
from support.control import MEMBER, SECRET, seal, stamp
from support.form import agent

DRAIN = {"backend": "app", "server": "s1"}


def test_a_drain_is_done_and_confirmed(control, host, haproxy):
    control.add_job("j1", "haproxy.server_drain", DRAIN)
    host.start()
    done = control.wait_done("j1")
    assert done["status"] == "completed"
    assert done["result"] == {"backend": "app", "server": "s1", "state": "DRAIN"}
    assert haproxy.changes == ["set server app/s1 state drain"]
    control.add_job("j2", "haproxy.server_ready", DRAIN)
    assert control.wait_done("j2")["result"]["state"] == "UP"


def test_every_request_about_a_job_says_the_host_name(control, host, haproxy):
    host.program("haproxy", "#!/bin/sh\n[ $1 = -c ] || exit 0\nsleep 4; echo valid\n")
    control.add_job("j1", "haproxy.reload")
    host.start()
    control.wait_done("j1")
    assert {call for call, _ in control.job_calls} == {"claim", "progress", "complete"}
    assert {body.get("hostname") for _, body in control.job_calls} == {"lb1.example.com"}


def test_a_server_that_does_not_exist_fails_with_haproxys_words(control, host, haproxy):
    control.add_job("j1", "haproxy.server_maint", {"backend": "app", "server": "nope"})
    host.start()
    done = control.wait_done("j1")
    assert done["status"] == "failed"
    assert "No such server" in done["error"]


def test_a_server_that_is_down_can_be_drained(control, host, haproxy):
    haproxy.states[("app", "s1")] = "DOWN"
    control.add_job("j1", "haproxy.server_drain", DRAIN)
    host.start()
    assert control.wait_done("j1")["result"] == {"backend": "app", "server": "s1", "state": "DOWN"}


def test_an_order_that_haproxy_accepts_and_does_not_follow_is_a_failure(control, host, haproxy):
    haproxy.deaf = True
    control.add_job("j1", "haproxy.server_drain", DRAIN)
    host.start()
    assert "did not become drain" in control.wait_done("j1")["error"]


TAMPERED = {
    "memberId": "00000000-0000-0000-0000-000000000000", "attempt": 2, "generation": 2, "command": "haproxy.server_maint",
    "params": {"backend": "app", "server": "s2"}, "expiresAt": stamp(7200), "mac": "0" * 64,
}  # fmt: skip


@pytest.mark.parametrize("field", sorted(TAMPERED))
def test_a_job_changed_in_any_field_is_refused_and_does_nothing(control, host, haproxy, field):
    job = control.add_job("j1", "haproxy.server_drain", DRAIN)
    job[field] = TAMPERED[field]
    host.start()
    done = control.wait_done("j1")
    assert done["status"] == "failed"
    assert done["result"]["code"] == "mac_invalid"
    assert haproxy.changes == []


@pytest.mark.parametrize(
    ("overrides", "code"),
    [
        ({"memberId": "00000000-0000-0000-0000-000000000000"}, "wrong_member"),
        ({"generation": 0}, "generation_old"),
        ({"expiresAt": stamp(-60)}, "expired"),
        ({"expiresAt": "tomorrow"}, "expiry_invalid"),
        ({"command": "haproxy.explode"}, "unknown_command"),
        ({"params": {"backend": "app"}}, "params_invalid"),
        ({"params": {**DRAIN, "extra": 1}}, "params_invalid"),
        ({"params": {"backend": "app", "server": "s1; shutdown sessions"}}, "params_invalid"),
        ({"params": {"backend": "app", "server": "s1\nquit"}}, "params_invalid"),
        ({"params": {"backend": "-x", "server": "s1"}}, "params_invalid"),
        ({"params": {"backend": 7, "server": "s1"}}, "params_invalid"),
        ({"mac": " "}, "mac_invalid"),
    ],
)
def test_a_sealed_job_that_does_not_fit_is_refused_with_its_code(control, host, haproxy, overrides, code):
    control.generation = 1
    control.add_job("j1", **{"command": "haproxy.server_drain", "params": DRAIN, **overrides})
    host.start()
    assert control.wait_done("j1")["result"]["code"] == code
    assert haproxy.changes == []


def test_an_own_clock_that_is_hours_off_expires_no_job():
    class Config:
        state_dir = "/nonexistent"

    view = agent.ServerView(Config())
    view.learn(agent.BeatAnswer({"serverTime": stamp(-3 * 3600)}))
    assert abs(view.now() - (time.time() - 3 * 3600)) < 3


def test_the_hosts_policy_cannot_be_overruled(control, host, haproxy):
    host.write("/etc/balctl/policy.json", json.dumps({"allow": ["haproxy.*"], "deny": ["haproxy.server_*"]}))
    control.add_job("j1", "haproxy.server_drain", DRAIN)
    control.add_job("j2", "agent.update")
    host.start()
    assert control.wait_done("j1")["result"]["code"] == "denied_by_policy"
    assert control.wait_done("j2")["result"]["code"] == "denied_by_policy"
    assert haproxy.changes == []
    assert control.beats[-1]["policy"] == {
        "present": True,
        "allow": ["haproxy.*"],
        "deny": ["haproxy.server_*"],
        "denyDanger": [],
    }


@pytest.mark.parametrize("text", ["", "{", "[]", '{"allow": "x"}', '{"alow": []}', '{"deny": [1]}'])
def test_a_faulty_policy_denies_everything(tmp_path, text):
    path = tmp_path / "policy.json"
    path.write_text(text)
    path.chmod(0o644)
    policy = agent.read_policy(str(path))
    assert "nothing is accepted" in policy.refusal("haproxy.reload", "change")
    path.write_text("{}")
    path.chmod(0o666)
    assert "root alone" in agent.read_policy(str(path)).fault
    path.chmod(0o644)
    assert agent.read_policy(str(path)).refusal("haproxy.reload", "change") == ""


def test_a_known_attempt_gets_its_stored_result_again_and_runs_once(control, host, haproxy):
    control.add_job("j1", "haproxy.server_drain", DRAIN)
    host.start()
    first = control.wait_done("j1")
    with control.lock:
        control.jobs["j1"]["state"] = "pending"
        control.completions.clear()
    again = control.wait_done("j1")
    assert haproxy.changes == ["set server app/s1 state drain"]
    assert again["status"] == first["status"]
    assert again["result"] == first["result"]


def test_a_completed_job_does_not_run_again_even_as_a_new_attempt(control, host, haproxy):
    control.add_job("j1", "haproxy.server_drain", DRAIN)
    process = host.start()
    control.wait_done("j1")
    host.kill(process)
    with control.lock:
        control.completions.clear()
        control.add_job("j1", "haproxy.server_drain", DRAIN, attempt=2)
    host.start()
    control.wait_done("j1")
    assert len(haproxy.changes) == 1


def test_a_job_cut_off_by_a_crash_is_reported_from_the_journal_and_not_run(control, host, haproxy):
    haproxy.delay_sec = 3.0
    job = control.add_job("j1", "haproxy.server_drain", DRAIN)
    process = host.start()
    control.wait(lambda: os.path.exists(host.path("/var/lib/balctl/jobs/j1.json")) and "pid" in host.journal("j1"), 10)
    child = host.journal("j1")["pid"]
    host.kill(process)
    haproxy.delay_sec = 0.0
    host.start()
    done = control.wait_done("j1")
    assert done["status"] == "failed"
    assert done["error"].startswith("interrupted")
    assert done["result"] == {"code": "interrupted", "idempotent": True}
    assert not os.path.exists(f"/proc/{child}") or open(f"/proc/{child}/stat").read().split()[2] == "Z"
    assert job["attempt"] == 1


def test_a_job_that_crashes_twice_is_quarantined(control, host, haproxy):
    host.start()
    haproxy.delay_sec = 30.0
    for attempt in (1, 2):
        with control.lock:
            control.completions.clear()
            control.add_job("j1", "haproxy.server_drain", DRAIN, attempt=attempt)
        control.wait(partial(started, host, "j1", attempt), 10)
        os.kill(host.journal("j1")["pid"], 9)
        assert control.wait_done("j1")["result"]["code"] == "crashed"
    with control.lock:
        control.completions.clear()
        control.add_job("j1", "haproxy.server_drain", DRAIN, attempt=3)
    assert control.wait_done("j1")["result"]["code"] == "quarantined"


def test_a_cancelled_job_ends_with_its_whole_group(control, host, haproxy):
    host.program(
        "haproxy", "#!/bin/sh\n[ $1 = -c ] || exit 0\nsleep 300 & echo $! > '%s'; wait\n" % host.path("/grandchild")
    )
    control.add_job("j1", "haproxy.reload")
    host.start()
    control.wait(lambda: os.path.exists(host.path("/grandchild")) and host.read("/grandchild").strip(), 10)
    control.cancel.add("j1")
    done = control.wait_done("j1")
    assert done["result"]["code"] == "cancelled"
    grandchild = host.read("/grandchild").strip()
    assert not os.path.exists(f"/proc/{grandchild}") or open(f"/proc/{grandchild}/stat").read().split()[2] == "Z"


def test_a_job_over_its_time_is_ended(control, host, haproxy):
    haproxy.delay_sec = 60.0
    control.add_job("j1", "haproxy.server_drain", DRAIN, timeoutSec=1)
    host.start()
    assert control.wait_done("j1")["result"]["code"] == "timed_out"


def test_heartbeats_go_on_during_a_long_job(control, host, haproxy):
    host.program(
        "haproxy",
        "#!/bin/sh\n[ $1 = -c ] || exit 0\ni=0; while [ $i -lt 60 ]; do echo working $i; i=$((i+1)); sleep 0.1; done; echo valid\n",
    )
    control.add_job("j1", "haproxy.reload")
    host.start()
    done = control.wait_done("j1", 30)
    assert done["status"] == "completed"
    gaps = [b - a for a, b in zip(control.beat_times, control.beat_times[1:])]
    assert max(gaps) <= 3.0
    assert any(beat["runningJobs"] == ["j1"] for beat in control.beats)
    assert any("working" in row["logTail"] for row in control.progress["j1"])
    assert any(row.get("step") == "Check the configuration" for row in control.progress["j1"])


def test_two_jobs_of_one_resource_run_one_after_the_other(control, host, haproxy):
    haproxy.delay_sec = 0.3
    for number in range(4):
        control.add_job(f"j{number}", "haproxy.server_drain", DRAIN)
    host.start()
    control.wait(lambda: len(control.completions) == 4, 20)
    assert all(len(beat["runningJobs"]) <= 1 for beat in control.beats)


def test_a_hundred_jobs_over_a_lossy_line_have_one_effect_each(control, host, haproxy):
    control.lose = 0.15
    count = int(os.environ.get("BALCTL_LOSSY_JOBS", "100"))
    for number in range(count):
        haproxy.states[("app", f"x{number}")] = "UP"
        control.add_job(f"job-{number}", "haproxy.server_drain", {"backend": "app", "server": f"x{number}"})
    host.start()
    control.wait(lambda: len(control.completions) == count, 60 + count, f"{count} completions")
    control.lose = 0.0
    assert sorted(haproxy.changes) == sorted(f"set server app/x{n} state drain" for n in range(count))
    assert all(rows[0]["status"] == "completed" and len(rows) == 1 for rows in control.completions.values())


def test_without_a_journal_jobs_are_refused_and_heartbeats_go_on(control, host, haproxy):
    os.makedirs(host.path("/var/lib/balctl"))
    host.write("/var/lib/balctl/jobs", "a file where the folder should be: works for root too, unlike a mode")
    control.add_job("j1", "haproxy.server_drain", DRAIN)
    host.start()
    assert control.wait_done("j1")["result"]["code"] == "journal_unavailable"
    assert haproxy.changes == []
    control.wait(lambda: any("jobs are refused" in text for beat in control.beats for text in beat.get("degraded", [])))


def test_the_secret_is_rotated_over_the_live_session_and_in_the_file(control, host):
    new = "f" * 48
    control.add_job("j1", "agent.rotate_secret", {"newSecret": new})
    control.secrets.add(new)
    host.start()
    assert control.wait_done("j1")["status"] == "completed"
    control.secrets.discard(SECRET)
    count = len(control.beats)
    control.wait(lambda: len(control.beats) > count + 1)
    assert f"BALCTL_ENROLLMENT_SECRET={new}" in host.read("/etc/balctl/agent.env")
    assert os.stat(host.env_file).st_mode & 0o777 == 0o600
    assert new not in json.dumps(host.journal("j1"))


def test_a_new_secret_that_is_refused_gives_way_to_the_old_one(control, host):
    new = "e" * 48
    control.add_job("j1", "agent.rotate_secret", {"newSecret": new})
    host.start()
    control.wait(lambda: f"={new}" in host.read("/etc/balctl/agent.env"), 10)
    assert control.wait_done("j1")["status"] == "completed"
    count = len(control.beats)
    control.wait(lambda: len(control.beats) > count + 1, 10)
    assert f"BALCTL_ENROLLMENT_SECRET={SECRET}" in host.read("/etc/balctl/agent.env")


def test_a_reload_checks_first_and_changes_nothing_when_the_check_fails(control, host, haproxy):
    host.write("/etc/haproxy/haproxy.cfg", "global\n    broken\n")
    control.add_job("j1", "haproxy.reload")
    host.start()
    done = control.wait_done("j1")
    assert "unknown keyword" in done["error"]
    assert not any(call.startswith("reload") for call in host.systemctl_calls())


def test_the_admin_socket_goes_on_and_off_with_the_two_exact_lines(control, host, haproxy):
    bare = "global\n    log /dev/log local0\n    stats timeout 30s\n\ndefaults\n    mode http\n    timeout client 30s\n"
    host.write("/etc/haproxy/haproxy.cfg", bare)
    control.add_job("j1", "haproxy.admin_socket_enable")
    host.start()
    assert control.wait_done("j1")["result"] == {"changed": True, "socket": "/run/haproxy/admin.sock"}
    lines = [line.strip() for line in host.read("/etc/haproxy/haproxy.cfg").splitlines()]
    assert lines[1:3] == [
        "stats socket /run/haproxy/admin.sock mode 600 level admin expose-fd listeners",
        "stats timeout 2m",
    ]
    assert lines.count("stats timeout 30s") == 0
    control.add_job("j2", "haproxy.admin_socket_disable")
    assert control.wait_done("j2")["result"] == {"changed": True}
    assert host.read("/etc/haproxy/haproxy.cfg") == bare.replace("    stats timeout 30s\n", "")


@pytest.mark.parametrize("fault", ["check", "reload"])
def test_a_configuration_that_does_not_load_is_undone(control, host, haproxy, fault):
    old = "global\n    log /dev/log local0\n" + ("    broken\n" if fault == "check" else "")
    host.write("/etc/haproxy/haproxy.cfg", old)
    if fault == "reload":
        with open(host.fail, "w") as out:
            out.write("reload")
    control.add_job("j1", "haproxy.admin_socket_enable")
    host.start()
    assert control.wait_done("j1")["status"] == "failed"
    assert host.read("/etc/haproxy/haproxy.cfg") == old
    assert os.listdir(host.path("/etc/haproxy")) == ["haproxy.cfg"]


def test_haproxy_is_installed_checked_enabled_and_started(control, host, haproxy):
    os.rename(os.path.join(host.bin, "haproxy"), os.path.join(host.bin, "haproxy.off"))
    host.program(
        "apt-get",
        "#!/bin/sh\necho apt-get \"$@\"\ncase $1 in install) mv '%s/haproxy.off' '%s/haproxy';; esac\n"
        % (host.bin, host.bin),
    )
    control.add_job("j1", "haproxy.provision", {})
    host.start(PATH=host.bin + ":/usr/bin:/bin")
    done = control.wait_done("j1")
    assert done["status"] == "completed", done
    assert done["result"] == {"installed": True}
    assert [call.split()[0] for call in host.systemctl_calls()] == ["enable", "start", "is-active"]
    assert os.path.exists(host.path("/var/lib/balctl/.haproxy-provisioned"))


def test_output_keeps_both_ends_its_size_and_no_escapes():
    log = agent.JobLog()
    log.add(b"first\x1b[31m red\x1b[0m\xff\x00\n")
    for _ in range(300):
        log.add(b"x" * 1000 + b"\n")
    log.add(b"last \x1b]0;title\x07line\n")
    text = log.text()
    assert text.startswith("first red")
    assert text.endswith("last line\n")
    assert "bytes left out" in text and str(log.size_bytes) in text
    assert "\x1b" not in text and "\x00" not in text
    assert len(text) < 140_000


def test_the_spool_is_bounded_by_dropping_logs_not_results(tmp_path):
    journal = agent.JobJournal(str(tmp_path))
    journal._waiting = {"other": agent.SPOOL_CAP_BYTES}
    journal.begin("j1", 1, "x")
    journal.finish("j1", {"jobId": "j1", "attempt": 1, "status": "completed", "log": "long"})
    assert "spool is full" in journal.find("j1")["completion"]["log"]
    assert journal.find("j1")["completion"]["status"] == "completed"


def test_old_acknowledged_entries_go_after_thirty_days_and_others_stay(tmp_path):
    journal = agent.JobJournal(str(tmp_path))
    for job_id in ("old", "waiting", "fresh"):
        journal.begin(job_id, 1, "x")
        journal.finish(job_id, {"jobId": job_id, "attempt": 1, "status": "completed"})
    journal.acknowledge("old")
    journal.acknowledge("fresh")
    past = time.time() - 31 * 86400
    for job_id in ("old", "waiting"):
        os.utime(journal.path(job_id), (past, past))
    journal.prune(time.time())
    assert [bool(journal.find(job_id)) for job_id in ("old", "waiting", "fresh")] == [False, True, True]


def test_a_damaged_entry_still_keeps_its_job_from_running(tmp_path):
    journal = agent.JobJournal(str(tmp_path))
    journal.begin("j1", 1, "x")
    with open(journal.path("j1"), "w") as out:
        out.write("{")
    assert journal.find("j1")["state"] == "finished"


def test_a_job_with_a_damaged_record_is_reported_and_not_run(control, host, haproxy):
    host.write("/var/lib/balctl/jobs/j1.json", "{")
    control.add_job("j1", "haproxy.server_drain", DRAIN)
    host.start()
    assert control.wait_done("j1")["result"]["code"] == "journal_damaged"
    assert haproxy.changes == []


def test_the_seal_is_the_agreed_one():
    job = {
        "id": "j",
        "memberId": MEMBER,
        "attempt": 1,
        "generation": 1,
        "expiresAt": "t",
        "command": "c",
        "params": {"é": ["\u2028", 1.5]},
    }
    ours = agent.job_mac(
        SECRET, member_id=MEMBER, job_id="j", attempt=1, generation=1, expires_at="t", command="c", params=job["params"]
    )
    assert ours == seal(SECRET, job)
    assert len(hashlib.sha256().hexdigest()) == len(ours)


def test_haproxy_is_installed_once_at_the_first_start_when_asked_for(control, host, haproxy):
    if os.getuid() != 0:
        pytest.skip("installing is for root")
    os.rename(os.path.join(host.bin, "haproxy"), os.path.join(host.bin, "haproxy.off"))
    host.program(
        "apt-get",
        f"#!/bin/sh\necho $1 >> '{host.bin}/apt.log'\ncase $1 in install) mv '{host.bin}/haproxy.off' '{host.bin}/haproxy';; esac\n",
    )
    for _ in range(2):
        process = host.start(PATH=host.bin + ":/usr/bin:/bin", BALCTL_PROVISION_HAPROXY="1")
        control.wait(lambda: os.path.exists(host.path("/var/lib/balctl/.haproxy-provisioned")), 20)
        count = len(control.beats)
        control.wait(lambda: len(control.beats) > count + 1)  # noqa: B023
        process.terminate()
        process.wait(10)
    with open(os.path.join(host.bin, "apt.log")) as log:
        assert log.read().split() == ["update", "install"]


def started(host, job_id: str, attempt: int) -> bool:
    """The journal knows the process of this attempt."""
    if not os.path.exists(host.path(f"/var/lib/balctl/jobs/{job_id}.json")):
        return False
    entry = host.journal(job_id)
    return bool(entry.get("pid")) and entry["attempt"] == attempt


def test_a_stop_during_a_job_is_no_crash_of_the_job(control, host, haproxy):
    haproxy.delay_sec = 6.0
    for attempt in (1, 2, 3):
        control.add_job("j1", "haproxy.server_drain", DRAIN, attempt=attempt)
        process = host.start()
        control.wait(partial(started, host, "j1", attempt), 10)
        process.terminate()
        process.wait(10)
        process = host.start()
        done = control.wait_done("j1")
        assert done["result"]["code"] == "interrupted"
        process.terminate()
        process.wait(10)
        control.completions.clear()
    assert host.journal("j1")["crashes"] == 0
