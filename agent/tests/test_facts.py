"""Readers on recorded trees, and HAProxy for real where it is installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time

import pytest
from support.bus import FakeBus
from support.certs import openssl
from support.form import agent

RECORDED = {
    "/proc/stat": "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 50 0 50 400 0 0 0 0\ncpu1 50 0 50 400 0 0 0 0\nintr 1\n",
    "/proc/meminfo": "MemTotal:        2000 kB\nMemFree:          100 kB\nMemAvailable:    1500 kB\nSwapTotal:       1000 kB\nSwapFree:         900 kB\n",
    "/proc/loadavg": "0.10 0.20 0.30 1/200 4242\n",
    "/proc/uptime": "12345.67 1000.00\n",
    "/proc/net/dev": "Inter-|   Receive\n face |bytes\n    lo: 9 1 0 0 0 0 0 0 9 1 0 0 0 0 0 0\n  eth0: 1000 5 0 0 0 0 0 0 2000 6 0 0 0 0 0 0\nveth12: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n",
    "/proc/self/mounts": "/dev/vda1 / ext4 rw 0 0\nproc /proc proc rw 0 0\nserver:/x /nfs nfs4 rw 0 0\n/dev/vda1 /bind ext4 rw 0 0\n",
    "/proc/sys/kernel/osrelease": "6.1.0-test\n",
    "/etc/os-release": 'ID=almalinux\nID_LIKE="rhel centos fedora"\nPRETTY_NAME="AlmaLinux 9.4"\n',
}


@pytest.fixture
def tree(tmp_path):
    def put(path: str, text: str) -> None:
        full = tmp_path / path.lstrip("/")
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(text)

    for path, text in RECORDED.items():
        put(path, text)
    put.root = str(tmp_path)
    return put


def test_host_metrics_are_read_from_the_recorded_tree(tree):
    facts = agent.HostFacts(tree.root)
    facts.read(0.0)
    tree("/proc/stat", "cpu  200 0 200 1600 0 0 0 0 0 0\ncpu0 1\ncpu1 1\n")
    host = facts.read(1.0)
    assert (host["osFamily"], host["osName"], host["kernel"]) == ("rhel", "AlmaLinux 9.4", "6.1.0-test")
    assert host["cpu"] == {"count": 2, "usedPct": 20.0}
    assert host["memory"] == {"totalBytes": 2048000, "usedBytes": 512000}
    assert host["swap"] == {"totalBytes": 1024000, "usedBytes": 102400}
    assert (host["load"], host["uptimeSec"]) == ([0.1, 0.2, 0.3], 12345)
    assert host["network"] == [{"name": "eth0", "rxBytes": 1000, "txBytes": 2000}]
    assert [disk["mount"] for disk in host["disks"]] == ["/"]


def test_an_empty_tree_gives_an_empty_report_and_no_error(tmp_path):
    host = agent.HostFacts(str(tmp_path)).read(0.0)
    assert host["memory"] == {} and host["network"] == [] and host["disks"] == []


def test_network_file_systems_are_left_alone():
    assert agent.real_mounts(
        "srv:/x /mnt/x nfs rw 0 0\n//s/y /mnt/y cifs rw 0 0\n/dev/sdb1 /data\\040disk xfs rw 0 0\n"
    ) == ["/data disk"]


CONFIG = """
global
    stats socket /run/haproxy/user.sock mode 660 level user
    stats socket ipv4@127.0.0.1:9999 level admin
    stats socket /run/haproxy/admin.sock mode 600 level admin   # the one
frontend web
    mode http
    bind *:80,192.0.2.1:8080
    bind :::443 ssl crt /x.pem
    bind unix@/run/x.sock
    default_backend app
backend app
    server s1 192.0.2.1:80 check
    server s2 192.0.2.2:80 check # bind 1.2.3.4:5
listen both
    bind 127.0.0.1:9000-9005
    server s3 192.0.2.3:1
"""


def test_listeners_admin_socket_and_topology_come_from_the_configuration():
    facts = agent.ConfigFacts(CONFIG)
    assert facts.admin_socket == "/run/haproxy/admin.sock"
    assert [(row["proxy"], row["address"], row.get("port"), row["ssl"]) for row in facts.listeners[:3]] == [
        ("web", "*", 80, False), ("web", "192.0.2.1", 8080, False), ("web", "::", 443, True),
    ]  # fmt: skip
    topology = facts.topology({("app", "s1"): "DRAIN"})
    assert topology["frontends"][0] == {"name": "web", "mode": "http", "defaultBackend": "app"}
    assert [(s["name"], s["state"]) for s in topology["backends"][0]["servers"]] == [("s1", "DRAIN"), ("s2", "unknown")]


def test_the_fingerprint_is_of_contents_in_reading_order(tree):
    tree(
        "/lib/systemd/system/haproxy.service",
        "[Service]\nExecStart=/usr/sbin/haproxy -Ws -f /etc/haproxy/haproxy.cfg -f $CFGDIR -p $PIDFILE\n",
    )
    tree("/etc/haproxy/haproxy.cfg", "global\n")
    for name in ("b.cfg", "a.cfg", "c.txt", ".hidden.cfg"):
        tree(f"/etc/haproxy/conf.d/{name}", name)
    arguments = agent.config_arguments(tree.root)
    files = agent.config_files(tree.root, arguments)
    assert files == ["/etc/haproxy/haproxy.cfg", "/etc/haproxy/conf.d/a.cfg", "/etc/haproxy/conf.d/b.cfg"]
    before = agent.config_fingerprint(tree.root, files)
    tree("/etc/haproxy/conf.d/b.cfg", "changed")
    assert agent.config_fingerprint(tree.root, files) != before
    tree("/etc/haproxy/conf.d/b.cfg", "b.cfg")
    assert agent.config_fingerprint(tree.root, files) == before


def test_a_stack_that_is_not_there_has_no_block(tree):
    stack = agent.HaproxyStack(tree.root)
    stack.refresh()
    assert stack.fast({}) is None
    tree("/etc/haproxy/haproxy.cfg", "global\n")
    stack.refresh()
    assert stack.fast({}) is None  # a left-over file without a unit or a process is not a service
    tree("/lib/systemd/system/haproxy.service", "[Service]\n")
    stack.refresh()
    assert stack.fast({"haproxy": "failed"})["active"] is False
    assert stack.fast({"haproxy": "active"})["active"] is True


def test_a_hung_admin_socket_does_not_hold_up_the_heartbeat(tree):
    path = tree.root + "/run/a.sock"
    os.makedirs(os.path.dirname(path))
    tree("/etc/haproxy/haproxy.cfg", "global\n stats socket /run/a.sock level admin\n")
    tree("/lib/systemd/system/haproxy.service", "[Service]\n")
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(path)
        silent.listen(5)
        stack = agent.HaproxyStack(tree.root)
        stack.refresh()
        began = time.monotonic()
        assert stack.fast({"haproxy": "active"})["adminSocket"] is False
        assert time.monotonic() - began < 0.5
        began = time.monotonic()
        stack.fast({"haproxy": "active"})
        assert time.monotonic() - began < 0.05


@pytest.mark.parametrize(
    ("name", "mark"),
    [
        ("openlitespeed", "/usr/local/lsws/bin/openlitespeed"),
        ("mariadb", "/usr/sbin/mariadbd"),
        ("cpanel", "/usr/local/cpanel/version"),
    ],
)
def test_other_stacks_are_recognised_by_their_files(tree, name, mark):
    stack = agent.STACKS[name](tree.root)
    stack.refresh()
    assert stack.fast({}) is None
    tree(mark, "11.120.0.5\n")
    stack.refresh()
    assert stack.fast({})["detected"] is True


def test_certificates_tell_names_and_expiry(tree):
    folder = tree.root + "/etc/haproxy/certs"
    os.makedirs(folder)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder + "/lb.key", "-out", folder + "/lb.pem", "-days", "40",
            "-subj", "/CN=lb.example.com", "-addext", "subjectAltName=DNS:lb.example.com,DNS:*.example.com,IP:192.0.2.1")  # fmt: skip
    tree("/etc/haproxy/certs/broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    tree("/etc/haproxy/certs/none.pem", "nothing")
    rows = {row["path"]: row for row in agent.read_certificates(tree.root)}
    good = rows["/etc/haproxy/certs/lb.pem"]
    assert good["names"] == ["lb.example.com", "*.example.com", "192.0.2.1"]
    assert abs(agent.parse_stamp(good["notAfter"]) - time.time() - 40 * 86400) < 3600
    assert rows["/etc/haproxy/certs/broken.pem"]["error"]
    assert "/etc/haproxy/certs/none.pem" not in rows


def test_random_der_is_refused_not_crashed_on():
    for seed in range(2000):
        data = bytes((seed * 31 + i * i * 7) % 256 for i in range(seed % 90))
        with pytest.raises((ValueError, IndexError, OverflowError)):
            agent.read_der(data)


def test_pending_updates_are_counted_from_the_package_managers_words():
    apt = "Inst a [1] (2 Debian:12.5/stable [amd64])\nInst b [1] (2 Debian-Security:12/stable-security [amd64])\nConf a (2)\n"
    assert agent.apt_counts(apt) == {"pendingUpdates": 2, "securityUpdates": 1}
    assert (
        agent.dnf_count("\nkernel.x86_64   5.14-1   baseos\nbash.x86_64 5-1 baseos\nObsoleting Packages\nx.y 1 z\n")
        == 2
    )


def test_firewalls_are_summed_up(tree):
    assert agent.read_firewall(tree.root) == {"kind": "none", "enabled": False}
    tree("/etc/ufw/ufw.conf", "ENABLED=yes\n")
    tree("/etc/ufw/user.rules", "*filter\n### tuple ### allow any 22\n### tuple ### allow any 80\n")
    assert agent.read_firewall(tree.root) == {"kind": "ufw", "enabled": True, "rules": 2}


def test_unit_states_come_over_one_kept_bus_connection(tmp_path):
    bus = FakeBus(str(tmp_path / "run/dbus/system_bus_socket"), {"haproxy.service": "active", "ssh.service": "failed"})
    reader = agent.UnitBus(str(tmp_path))
    for _ in range(3):
        assert reader.states(["haproxy.service", "ssh.service"]) == {
            "haproxy.service": "active",
            "ssh.service": "failed",
        }
    assert bus.connections == 1
    bus.listener.close()
    reader.close()


def test_without_a_bus_the_reader_says_so(tmp_path):
    with pytest.raises(agent.BusUnavailable):
        agent.UnitBus(str(tmp_path)).states(["haproxy.service"])


@pytest.fixture
def real_haproxy(host):
    program = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:" + os.environ["PATH"])
    if not program:
        pytest.skip("HAProxy is not installed: `apt-get install haproxy` runs this test")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    path = host.path("/run/h.sock")
    host.write(
        "/etc/haproxy/haproxy.cfg",
        f"global\n  stats socket {path} mode 600 level admin\ndefaults\n  mode http\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\n"
        f"frontend web\n  bind 127.0.0.1:{port}\n  default_backend app\nbackend app\n  server s1 127.0.0.1:1 weight 7\n",
    )
    pid = host.path("/run/haproxy.pid")
    process = subprocess.Popen(
        [program, "-W", "-f", host.path("/etc/haproxy/haproxy.cfg"), "-p", pid],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 10
    while not (os.path.exists(path) and os.path.exists(pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    yield port
    process.terminate()
    process.wait(10)


def test_a_real_haproxy_without_systemd_is_seen_drained_and_put_back(control, host, real_haproxy):
    if len(host.path("/run/h.sock")) > 100:
        pytest.skip("the temporary folder's path is too long for a UNIX socket")
    socket_path = host.path("/run/h.sock")
    config = host.read("/etc/haproxy/haproxy.cfg").replace(socket_path, "/run/h.sock")
    host.write("/etc/haproxy/haproxy.cfg", config)  # what the agent reads is relative to its root
    control.add_job("j1", "haproxy.server_drain", {"backend": "app", "server": "s1"})
    host.start(PATH="/usr/sbin:" + os.environ["PATH"])
    assert control.wait_done("j1")["result"]["state"] == "DRAIN"
    control.wait(lambda: control.beats[-1].get("haproxy", {}).get("stats", {}).get("serversDrain") == 1)
    block = control.beats[-1]["haproxy"]
    assert block["active"] is True and block["monitored"] is True and block["adminSocket"] is True
    assert block["version"].startswith(("2.", "3."))
    control.add_job("j2", "haproxy.server_ready", {"backend": "app", "server": "s1"})
    assert control.wait_done("j2")["status"] == "completed"
