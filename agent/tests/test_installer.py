"""The installer below a folder, with systemctl noted instead of run."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys

import pytest
from support.certs import make_key
from support.control import SECRET
from support.form import AGENT_FOLDER, BUILT_FILE
from support.host import SYSTEMCTL


@pytest.fixture
def bundle(tmp_path):
    folder = tmp_path / "unzipped"
    shutil.copytree(os.path.join(AGENT_FOLDER, "packaging"), folder)
    shutil.copy(BUILT_FILE, folder)
    return folder


@pytest.fixture
def install(host, bundle):
    os.unlink(host.env_file)
    os.rmdir(os.path.dirname(host.env_file))
    host.program("systemctl", SYSTEMCTL.format(python=sys.executable, log=host.calls, fail=host.fail))
    os.symlink(sys.executable, os.path.join(host.bin, "python3"))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", str(bundle / "balctl-agent.sh"), *arguments],
            env=host.environ(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def enrol_arguments(server, authority, *more: str) -> list[str]:
    return [
        "--enrol",
        "--key",
        SECRET,
        "--hostname",
        "lb1.example.com",
        "--api-base",
        server.url,
        "--ca-file",
        authority.ca,
        *more,
    ]


def test_enrolment_installs_checks_and_starts_and_may_be_repeated(control, host, install, server, authority, tmp_path):
    with open(make_key(str(tmp_path), "rel")[1]) as key:
        control.files["/download/agent.json"] = json.dumps({"keys": [{"publicKey": key.read()}]}).encode()
    for _ in range(2):
        done = install(*enrol_arguments(server, authority, "--declare-ip", "203.0.113.10"))
        assert done.returncode == 0, done.stderr + done.stdout
    text = host.read("/etc/balctl/agent.env")
    assert f"BALCTL_ENROLLMENT_SECRET={SECRET}" in text and text.endswith("# end\n")
    assert os.stat(host.env_file).st_mode & 0o777 == 0o600
    assert os.stat(os.path.dirname(host.env_file)).st_mode & 0o077 == 0
    assert control.beats[-1]["hostname"] == "lb1.example.com"
    assert os.access(host.path("/usr/local/bin/balctl_heartbeat.py"), os.X_OK)
    assert os.access(host.path("/usr/local/bin/balctl_heartbeat.py.prev"), os.X_OK)
    assert "ExecStart=" + host.bin + "/python3 -I -S" in host.read("/etc/systemd/system/balctl-heartbeat.service")
    assert host.systemctl_calls()[:3] == [
        "daemon-reload",
        "enable balctl-heartbeat.service",
        "restart balctl-heartbeat.service",
    ]
    assert os.listdir(host.path("/etc/balctl/update-keys")) == ["release-1.pem"]


def test_other_settings_survive_a_second_enrolment(host, install, server, authority):
    install(*enrol_arguments(server, authority))
    with open(host.env_file, "a") as out:
        out.write("BALCTL_DEBUG=1\nHTTPS_PROXY=http://127.0.0.1:9\n")
    install(*enrol_arguments(server, authority))
    text = host.read("/etc/balctl/agent.env")
    assert "BALCTL_DEBUG=1" in text and "HTTPS_PROXY=" in text
    assert text.count("BALCTL_ENROLLMENT_SECRET") == 1 and text.count("\n# end\n") == 1


def test_a_ca_may_come_in_base64(control, host, install, server, authority):
    with open(authority.ca, "rb") as source:
        text = base64.b64encode(source.read()).decode()
    done = install(
        "--enrol", "--key", SECRET, "--hostname", "lb1.example.com", "--api-base", server.url, "--ca-pem-base64", text
    )
    assert done.returncode == 0, done.stderr
    assert control.beats


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"--key": SECRET[:-1]}, "47 characters"), ({"--key": "7d9a3a52-8d5c-4c1e-9a53-0f6f3c2d1b00"}, "UUID"),
        ({"--api-base": "http://control.example.com"}, "plain text"), ({"--hostname": "a b"}, "plain words"),
        ({"--declare-ip": "1.2.3.4.5"}, "one IPv4"), ({"--ca-file": "/nonexistent"}, "cannot be read"), ({"--key": "x;reboot"}, "plain words"),
    ],
)  # fmt: skip
def test_a_bad_argument_changes_nothing_and_names_the_fix(host, install, server, authority, change, says):
    values = {
        "--key": SECRET,
        "--hostname": "lb1.example.com",
        "--api-base": server.url,
        "--ca-file": authority.ca,
        **change,
    }
    done = install("--enrol", *[word for pair in values.items() for word in pair])
    assert done.returncode in (2, 3)
    assert says in done.stderr
    assert not os.path.exists(host.env_file)
    assert host.systemctl_calls() == []


def test_a_refused_heartbeat_leaves_the_service_running_and_fails_loudly(control, host, install, server, authority):
    control.refuse = (403, {"code": "ip_not_allowed", "detail": "Add 192.0.2.7 to the member."})
    done = install(*enrol_arguments(server, authority))
    assert done.returncode == 1
    assert "Add 192.0.2.7" in done.stdout
    assert "enable balctl-heartbeat.service" in host.systemctl_calls()


def test_uninstalling_removes_the_agent_and_leaves_haproxy(host, install, server, authority):
    install(*enrol_arguments(server, authority))
    host.write("/etc/haproxy/haproxy.cfg", "global\n")
    host.write("/etc/balctl/policy.json", "{}")
    done = install("--uninstall")
    assert done.returncode == 0, done.stderr
    left = sorted(
        os.path.join(where, name)[len(host.root) :]
        for where, _, names in os.walk(host.root)
        for name in names
        if "/proc" not in where
    )
    assert [path for path in left if not path.startswith("/proc")] == [
        "/etc/balctl/policy.json",
        "/etc/haproxy/haproxy.cfg",
    ]
    assert install("--uninstall").returncode == 0


def test_usage_errors_end_with_two(install):
    assert install().returncode == 2
    assert install("--enrol").returncode == 2
    assert install("--nonsense").returncode == 2
    assert install("--help").returncode == 0
