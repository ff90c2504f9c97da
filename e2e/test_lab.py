"""The lab keeps its promises: real hosts, real faults, and nothing left behind."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import trustme
from support.servers import Bind, PowerDns, Smtp

from e2e.conftest import MakeLab
from e2e.lab import HostSpec, Lab, LabError, available, state, wait_until
from e2e.lab.aptrepo import AptRepository
from e2e.lab.client import Client
from e2e.lab.door import NameServerDoor
from e2e.lab.hosts import Host
from e2e.lab.network import Station
from e2e.lab.proxy import FaultProxy
from e2e.lab.rootfs import EMPTY_FOLDERS, SYSTEM_FOLDERS
from e2e.lab.tree import debian_tree

pytestmark = pytest.mark.lab
ROOT = Path(__file__).resolve().parent.parent
USUAL_FOLDERS = SYSTEM_FOLDERS | set(EMPTY_FOLDERS)


def call(*argv: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False, **options)


def curl(url: str, timeout_sec: float = 2) -> subprocess.CompletedProcess[str]:
    return call("curl", "-sf", "--noproxy", "*", "--max-time", str(timeout_sec), url)


def whoami(host: Host, seen_from: Station, timeout_sec: float = 1) -> str | None:
    """What the host's HAProxy says, or None when it cannot be reached."""
    with seen_from.inside():
        done = curl(f"http://{host.address}/whoami", timeout_sec)
    return done.stdout.strip() if done.returncode == 0 else None


def traces(lab_id: str) -> list[str]:
    """Everything on this machine that carries the lab's id."""
    found = [f"netns {path.name}" for path in Path("/run/netns").glob(f"{lab_id}-*")]
    found += [f"mount {line}" for line in Path("/proc/mounts").read_text().splitlines() if f"/{lab_id}" in line]
    found += [f"cgroup {path}" for path in Path("/sys/fs/cgroup").glob(f"**/serversctl-lab/{lab_id}")]
    found += [f"nspawn {path}" for path in Path("/run/systemd/nspawn").glob(f"*/{lab_id}-*")]
    found += [f"folder {path}" for path in Path("/run/serversctl-lab").glob(lab_id)]
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        words = path.read_bytes().split(b"\0") if path.exists() else []
        if any(f"/{lab_id}/".encode() in word or word.startswith(f"{lab_id}-".encode()) for word in words):
            found.append(f"process {path.parent.name} {b' '.join(words).decode()}")
    return found


def machine_links() -> str:
    return call("ip", "-o", "link").stdout


def machine_routes() -> str:
    return call("ip", "route", "show", "table", "all").stdout


def test_hosts_boot_within_20_seconds_and_serve(make_lab: MakeLab) -> None:
    begin = time.monotonic()
    lab = make_lab(hosts=3)
    assert time.monotonic() - begin < 20
    assert [host.state() for host in lab.hosts] == ["running"] * 3
    assert [whoami(host, lab.control) for host in lab.hosts] == ["h1", "h2", "h3"]
    assert [whoami(host, lab.world) for host in lab.hosts] == ["h1", "h2", "h3"]


def test_a_host_has_what_the_agent_needs_and_sees_nothing_of_this_machine(lab: Lab) -> None:
    host = lab.host("h1")
    for program in ("python3", "openssl", "unzip", "curl", "systemctl"):
        assert host.exec("which", program).stdout.startswith(("/usr/bin/", "/bin/"))
    assert host.exec("hostname").stdout.strip() == "h1"
    assert host.exec("cat", "/proc/1/comm").stdout.strip() == "systemd"
    assert host.exec("getent", "hosts", "control", "h2").stdout.split()[::2] == [
        lab.control.address,
        lab.host("h2").address,
    ]
    assert host.sh("ls /usr/local /root /home /opt | grep -v : | tr -d '\\n'") == ""
    assert set(host.sh("ls /").split()) <= USUAL_FOLDERS
    assert host.exec("test", "-e", ROOT, check=False).returncode == 1


def test_a_file_can_be_put_while_the_host_is_on_and_while_it_is_off(lab: Lab) -> None:
    host = lab.host("h1")
    host.put("/etc/lab/on", b"\x00binary", mode=0o600)
    assert host.exec("stat", "-c", "%s %a", "/etc/lab/on").stdout.strip() == "7 600"
    host.crash()
    host.put("/etc/lab/off", "text")
    with pytest.raises(LabError, match="leads out"):
        host.put("/var/run/lab", "would land on this machine")
    host.boot()
    assert host.read("/etc/lab/off") == "text"
    with pytest.raises(LabError, match="No such file"):
        host.read("/etc/lab/absent")


def test_a_cut_host_is_silent_and_answers_after_healing(lab: Lab) -> None:
    host = lab.host("h2")
    host.cut()
    assert whoami(host, lab.control, timeout_sec=0.5) is None
    assert whoami(lab.host("h1"), lab.control) == "h1"
    assert host.service("is-active", "haproxy") == "active"
    host.heal()
    assert wait_until(lambda: whoami(host, lab.control) == "h2", timeout_sec=5, what="h2 answers") < 5


def test_a_crash_sends_no_goodbye_and_keeps_the_disk(lab: Lab) -> None:
    host = lab.host("h1")
    host.sh("echo kept > /etc/kept; echo lost > /run/lost")
    with lab.control.inside():
        line = socket.create_connection((host.address, 80), timeout=2)
    line.settimeout(0.5)
    host.crash()
    with pytest.raises(TimeoutError):
        line.recv(1)  # neither FIN nor reset: a host without power says nothing
    line.close()
    assert host.state() == "off"
    assert whoami(host, lab.control, timeout_sec=0.5) is None
    with pytest.raises(LabError, match="is off"):
        host.exec("true")
    host.boot()
    assert host.read("/etc/kept") == "kept\n"
    assert host.exec("test", "-e", "/run/lost", check=False).returncode == 1
    assert wait_until(lambda: whoami(host, lab.control) == "h1", timeout_sec=3, what="h1 answers") < 3


def test_a_clean_shutdown_stops_services_first(lab: Lab) -> None:
    host = lab.host("h1")
    unit = "[Service]\nExecStart=/bin/sleep infinity\nExecStop=/bin/sh -c 'echo stopped > /var/tmp/stopped'\n"
    host.put("/etc/systemd/system/witness.service", unit)
    host.sh("systemctl daemon-reload; systemctl start witness")
    host.poweroff()
    assert host.state() == "off"
    host.boot()
    assert host.read("/var/tmp/stopped") == "stopped\n"


def test_a_host_that_halts_by_itself_is_silent(lab: Lab) -> None:
    host = lab.host("h1")
    host.exec("systemctl", "poweroff", check=False)
    wait_until(lambda: not host.is_on, timeout_sec=10, what="h1 is off")
    with lab.control.inside():
        wait_until(lambda: curl(f"http://{host.address}/", 0.3).returncode == 28, timeout_sec=5, what="h1 is silent")
    host.boot()
    assert whoami(host, lab.control) == "h1"


def test_power_may_fail_at_any_moment(lab: Lab) -> None:
    host = lab.host("h1")
    for wait_sec in (0, 0.05, 0.2):
        host.crash()
        host.start()
        time.sleep(wait_sec)  # somewhere in the middle of booting
    host.crash()
    host.crash()
    host.boot()
    with pytest.raises(LabError, match="already on"):
        host.boot()
    host.exec("systemctl", "reboot", check=False)
    host.crash()
    assert not host.is_on
    time.sleep(0.5)
    assert not host.is_on  # nobody starts it again
    host.boot()
    assert whoami(host, lab.control) == "h1"


def test_a_host_that_reboots_by_itself_comes_back_with_a_new_boot_id(lab: Lab) -> None:
    host = lab.host("h1")
    before = host.sh("systemctl show -p UserspaceTimestampMonotonic")
    host.reboot()
    assert host.sh("systemctl show -p UserspaceTimestampMonotonic") != before
    assert whoami(host, lab.control) == "h1"


def test_a_partial_partition_hits_one_pair_alone(lab: Lab) -> None:
    host, other = lab.host("h1"), lab.host("h2")
    lab.network.block(lab.control.address, host.address)
    assert whoami(host, lab.control, timeout_sec=0.5) is None
    assert whoami(host, lab.world) == "h1"
    assert whoami(host, other.station) == "h1"
    lab.network.unblock_all()
    assert whoami(host, lab.control, timeout_sec=3) == "h1"


def test_the_control_station_alone_can_be_cut_off(lab: Lab) -> None:
    lab.control.cut()
    assert whoami(lab.host("h1"), lab.control, timeout_sec=0.5) is None
    assert whoami(lab.host("h1"), lab.world) == "h1"
    lab.control.heal()
    assert wait_until(lambda: whoami(lab.host("h1"), lab.control) == "h1", timeout_sec=5, what="control is back") < 5


def test_nothing_of_a_lab_is_seen_on_this_machine_and_no_packet_leaves_it(lab: Lab) -> None:
    assert lab.lab_id not in machine_links()
    assert lab.host("h1").address not in machine_routes()
    # 192.0.2.0/24 is nobody's; the route leads to the control station, which forwards nothing.
    done = lab.host("h1").exec("curl", "-s", "--max-time", "0.5", "http://192.0.2.1/", check=False)
    assert done.returncode == 28  # timed out


def test_two_labs_stand_side_by_side_even_on_the_same_addresses(make_lab: MakeLab) -> None:
    net = "45.90.7.0/24"
    one, two = make_lab(hosts=[HostSpec("one")], net=net), make_lab(hosts=[HostSpec("two")], net=net)
    assert whoami(one.host("h1"), one.control) == "one"
    assert whoami(two.host("h1"), two.control) == "two"
    one.destroy()
    assert traces(one.lab_id) == []
    assert whoami(two.host("h1"), two.control) == "two"


def test_the_same_id_twice_is_refused_and_harms_nobody(lab: Lab) -> None:
    with pytest.raises(LabError, match="is up already"), Lab(lab.lab_id, hosts=1):
        pass
    assert whoami(lab.host("h1"), lab.control) == "h1"


@pytest.mark.parametrize("lab_id", ["", "x", "UPPER", "with-dash", "1digit", "a" * 11, "../up"])
def test_an_unfit_id_is_refused(lab_id: str) -> None:
    with pytest.raises(LabError, match="id is"):
        Lab(lab_id or "?")


@pytest.mark.parametrize("net", ["45.90.0.0/25", "2001:db8::/64"])
def test_an_unfit_net_is_refused(net: str) -> None:
    with pytest.raises(LabError, match="cannot hold a lab"):
        Lab("fine", net)


def test_nothing_is_left_after_destroy(make_lab: MakeLab) -> None:
    routes, links = machine_routes(), machine_links()
    lab = make_lab(hosts=2)
    lab.control.popen(["sleep", "300"])
    lab.host("h1").popen(["sleep", "300"])
    assert len(traces(lab.lab_id)) > 10
    lab.destroy()
    assert traces(lab.lab_id) == []
    assert (machine_routes(), machine_links()) == (routes, links)


def test_a_lab_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    if reason := available():
        pytest.skip(f"no lab on this machine: {reason}")
    empty_tree = tmp_path / "tree"
    (empty_tree / "etc").mkdir(parents=True)
    lab = Lab(hosts=[HostSpec(), HostSpec(tree=empty_tree)])
    with pytest.raises(LabError, match="has no HAProxy"):
        lab.up()
    assert traces(lab.lab_id) == []


def test_hosts_end_with_a_run_that_is_killed_and_the_next_run_sweeps_the_rest() -> None:
    if reason := available():
        pytest.skip(f"no lab on this machine: {reason}")
    script = (
        "import os; from e2e.lab import Lab; lab = Lab(hosts=1); lab.up()\n"
        "print(lab.lab_id, lab.host('h1').machine.leader(), flush=True); os.kill(os.getpid(), 9)"
    )
    done = call(sys.executable, "-c", script)
    lab_id, leader = done.stdout.split()
    wait_until(lambda: not state.started(int(leader)), timeout_sec=5, what="the host ends with its maker")

    def swept() -> bool:  # by us or by a lab of another worker, whoever came first
        with Lab(hosts=0):
            return traces(lab_id) == []

    wait_until(swept, timeout_sec=10, what="the dead run's leftovers are gone")


def test_a_living_run_is_not_swept(lab: Lab) -> None:
    script = "from e2e.lab import sweep_dead; print(sweep_dead())"
    done = call(sys.executable, "-c", script)
    assert lab.lab_id not in done.stdout
    assert whoami(lab.host("h1"), lab.control) == "h1"


def test_a_number_that_another_process_got_does_not_keep_a_dead_run_alive() -> None:
    record = state.LabRecord("fine", "45.90.1.0/24", owner_pid=os.getpid(), owner_started="1")
    assert record.owner_is_dead()
    record.owner_started = state.started(os.getpid())
    assert not record.owner_is_dead()


def test_a_lab_made_to_outlive_its_maker_is_never_a_dead_run() -> None:
    assert not state.LabRecord("fine", "45.90.1.0/24").owner_is_dead()


def test_a_client_follows_the_name_to_the_standby(lab: Lab) -> None:
    first, second = lab.host("h1"), lab.host("h2")
    with PowerDns.start(address=lab.names.address, port=53, zone="pool.example", within=lab.names.inside) as dns:
        dns.set("pool.example", "www.pool.example", "A", [first.address], ttl=1)
        with Client("www.pool.example", lab.names.address, every_sec=0.1, within=lab.world.inside) as client:
            client.wait_for("h1", timeout_sec=5)
            begin = time.monotonic()
            first.crash()
            client.wait_for(None, timeout_sec=5)
            dns.set("pool.example", "www.pool.example", "A", [second.address], ttl=1)
            assert client.wait_for("h2", timeout_sec=5, since=begin) < 5
            assert client.outage_sec(begin) < 5
            with pytest.raises(LabError, match="'h3' was not seen"):
                client.wait_for("h3", timeout_sec=0.3)


def test_a_client_keeps_an_address_for_its_ttl(lab: Lab) -> None:
    name = "www.pool.example"
    with PowerDns.start(address=lab.names.address, port=53, zone="pool.example", within=lab.names.inside) as dns:

        def visit(client: Client) -> str | None:
            with lab.world.inside():
                done = client.visit()
            return done.answer or done.error

        old = Client(name, lab.names.address)
        dns.set("pool.example", name, "A", [lab.host("h1").address], ttl=60)
        assert visit(old) == "h1"
        dns.set("pool.example", name, "A", [lab.host("h2").address], ttl=60)
        assert visit(old) == "h1"
        assert visit(Client(name, lab.names.address)) == "h2"
        dns.set("pool.example", name, "A", [])
        assert visit(old) == "h1"
        assert visit(Client(name, lab.names.address)) == "LookupError: www.pool.example has no address"


def test_bind_and_a_mail_server_live_in_the_lab(lab: Lab) -> None:
    with (
        Bind.start(address=lab.names.address, port=53, zone="pool.example", within=lab.names.inside) as dns,
        Smtp.start(address=lab.control.address, port=25, within=lab.control.inside) as mail,
    ):
        assert dns.dig("ns1.pool.example") == (lab.names.address,)
        assert lab.host("h1").exec("getent", "hosts", "ns1.pool.example").stdout.split()[0] == lab.names.address
        talk = f"import smtplib; s = smtplib.SMTP({mail.address!r}, 25, timeout=5); s.sendmail('a@b.example', 'c@d.example', 'hi')"
        lab.host("h1").exec("python3", "-c", talk)
        assert mail.wait_for(1)[0].recipients == ("c@d.example",)


def test_a_way_leads_from_this_machine_into_the_lab(lab: Lab) -> None:
    host = lab.host("h3")
    with FaultProxy((host.address, 80), dial_within=lab.control.inside) as door:
        assert curl(f"http://127.0.0.1:{door.port}/whoami").stdout == "h3\n"


def test_anyone_on_this_machine_can_dig_in_the_lab(lab: Lab) -> None:
    with (
        PowerDns.start(address=lab.names.address, port=53, zone="pool.example", within=lab.names.inside),
        NameServerDoor((lab.names.address, 53), dial_within=lab.names.inside) as door,
    ):
        host, port = door.address
        for way in ("+notcp", "+tcp"):
            asked = call("dig", f"@{host}", "-p", str(port), way, "+short", "+tries=1", "ns1.pool.example")
            assert asked.stdout.strip() == lab.names.address
    asked = call("dig", f"@{host}", "-p", str(port), "+tries=1", "+timeout=1", "ns1.pool.example")
    assert "status: NOERROR" not in asked.stdout


def test_a_host_without_haproxy_installs_it_with_the_real_apt_offline(make_lab: MakeLab, tmp_path: Path) -> None:
    lab = make_lab(hosts=[HostSpec(haproxy=False)])
    host = lab.host("h1")
    assert host.exec("which", "haproxy", check=False).returncode == 1
    assert host.sh("dpkg -l haproxy 2>&1 | grep -c '^ii' || true").strip() == "0"
    with AptRepository(lab.control, tmp_path / "repository", packages=["haproxy"]) as repository:
        host.use_apt_repository(repository.url)
        host.sh("apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y haproxy", timeout_sec=60)
    assert host.service("is-active", "haproxy") == "active"
    assert host.service("is-enabled", "haproxy") == "enabled"


def test_a_debian_11_host_boots_with_python_3_9(make_lab: MakeLab) -> None:
    lab = make_lab(hosts=[HostSpec("old", tree=debian_tree("bullseye")), HostSpec("new")])
    host = lab.host("old")
    assert host.exec("python3", "-V").stdout.startswith("Python 3.9.")
    assert host.exec("systemctl", "--version").stdout.startswith("systemd 247")
    assert (whoami(host, lab.control), whoami(lab.host("new"), lab.control)) == ("old", "new")
    for program in ("openssl", "unzip", "curl"):
        host.exec("which", program)


def test_a_host_trusts_a_given_authority(lab: Lab) -> None:
    authority = trustme.CA(organization_name="Lab")
    host = lab.host("h1")
    host.trust(authority.cert_pem.bytes().decode())
    host.put("/root/ca.pem", authority.cert_pem.bytes())
    assert "OK" in host.exec("openssl", "verify", "-CApath", "/etc/ssl/certs", "/root/ca.pem").stdout


def test_a_command_that_hangs_in_a_host_is_ended(lab: Lab) -> None:
    with pytest.raises(LabError, match="did not end within"):
        lab.host("h1").exec("sleep", "4242", timeout_sec=0.3)
    assert "sleep 4242" not in lab.host("h1").sh("ps ax")


def test_the_command_line_makes_a_lab_that_stays_until_it_is_taken_down() -> None:
    if reason := available():
        pytest.skip(f"no lab on this machine: {reason}")
    lab_id = "cli" + os.urandom(2).hex()

    def cli(*words: str) -> str:
        done = call(sys.executable, "-m", "e2e.lab", "--id", lab_id, *words)
        return done.stdout + done.stderr

    try:
        assert "h1" in cli("up", "-n", "1")
        assert "running" in cli("status")
        assert cli("exec", "h1", "hostname") == "h1\n"
        address = Lab.open(lab_id).host("h1").address
        assert cli("exec", "control", "curl", "-s", "--noproxy", "*", f"http://{address}/whoami") == "h1\n"
        cli("crash", "h1")
        assert "off" in cli("status")
        cli("boot", "h1")
        assert "running" in cli("status")
        cli("cut", "h1")
        assert cli("exec", "control", "curl", "-s", "-m", "0.5", "--noproxy", "*", f"http://{address}/whoami") == ""
        assert "There is no host 'h9'" in cli("exec", "h9", "true")
    finally:
        cli("down")
    assert traces(lab_id) == []
    assert "There is no lab" in cli("status")
