"""Heartbeats as the control plane sees them, with a real process and a real connection."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
import time

import pytest
from support.control import SECRET, ControlServer
from support.form import agent
from support.host import Host


def test_the_body_is_that_of_the_contract(control, host, haproxy):
    host.start()
    control.wait(lambda: len(control.beats) >= 3)
    body = control.beats[0]
    assert body["hostname"] == "lb1.example.com"
    assert body["agentVersion"] > 78
    assert re.fullmatch(r"[0-9a-f-]{36}\.[0-9a-f]{8}", body["bootId"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["sentAt"])
    assert {
        "osFamily",
        "osName",
        "kernel",
        "uptimeSec",
        "cpu",
        "memory",
        "swap",
        "disks",
        "load",
        "network",
        "services",
    } <= set(body["host"])
    assert body["host"]["cpu"]["count"] >= 1
    assert body["host"]["memory"]["totalBytes"] > body["host"]["memory"]["usedBytes"] > 0
    assert body["haproxy"]["monitored"] is True
    assert body["haproxy"]["version"] == "2.6.12"
    assert body["haproxy"]["configPath"] == "/etc/haproxy/haproxy.cfg"
    assert not {"openlitespeed", "mariadb", "cpanel"} & set(body)
    assert [beat["seq"] for beat in control.beats[:3]] == [1, 2, 3]
    assert len({beat["bootId"] for beat in control.beats}) == 1


def test_the_nonce_of_the_last_answer_is_echoed(control, host):
    host.start()
    control.wait(lambda: len(control.beats) >= 3)
    assert "echo" not in control.beats[0]
    assert [beat["echo"] for beat in control.beats[1:3]] == ["n1", "n2"]


def test_one_connection_serves_all_heartbeats(control, host):
    host.start()
    control.wait(lambda: len(control.beats) >= 4)
    assert control.connections == 1


def test_slow_facts_go_out_when_they_change_and_on_request(control, host, haproxy):
    host.start()
    control.wait(lambda: len(control.beats) >= 3)
    assert "topology" in control.beats[0]["haproxy"] or "topology" in control.beats[1]["haproxy"]
    assert "topology" not in control.beats[-1]["haproxy"]
    assert "certificates" not in control.beats[-1]["host"]
    haproxy.states[("app", "s2")] = "DOWN"
    control.wait(
        lambda: any(
            s["state"] == "DOWN"
            for b in control.beats[-1]["haproxy"].get("topology", {}).get("backends", [])
            for s in b["servers"]
        )
    )
    count = len(control.beats)
    control.extra["full"] = True
    control.wait(lambda: any("certificates" in beat["host"] for beat in control.beats[count:]))


def test_slow_facts_are_sent_again_after_five_minutes_and_after_a_lost_beat():
    slow = agent.SlowBlocks()
    assert slow.due({"host.firewall": 1}, 0.0) == {"host.firewall": 1}
    assert slow.due({"host.firewall": 1}, 1.0) == {"host.firewall": 1}  # the first was never accepted
    slow.accepted(1.0)
    assert slow.due({"host.firewall": 1}, 300.0) == {}
    assert slow.due({"host.firewall": 1}, 301.0) == {"host.firewall": 1}
    assert slow.due({"host.firewall": 2}, 10.0) == {"host.firewall": 2}


def test_the_interval_of_the_answer_counts_and_a_silly_one_does_not():
    for value in (0, 61, -1, "1", 1.5, None, True, [], 10**30):
        assert agent.BeatAnswer({"heartbeatIntervalSec": value}).interval_sec is None
    assert agent.BeatAnswer({"heartbeatIntervalSec": 60}).interval_sec == 60


def test_the_rhythm_does_not_drift_and_missed_beats_are_skipped():
    assert agent.next_on_grid(10.0, 10.2, 1.0) == 11.0
    assert agent.next_on_grid(10.0, 10.999, 1.0) == 11.0
    assert agent.next_on_grid(10.0, 14.5, 1.0) == 15.0


def test_back_off_has_full_jitter_up_to_the_cap():
    assert [agent.backoff_sec(n, 10, draw=1.0) for n in (1, 2, 3, 4, 5, 50)] == [1, 2, 4, 8, 10, 10]
    draws = [agent.backoff_sec(9, 10) for _ in range(300)]
    assert min(draws) < 2 and max(draws) > 8


def test_a_refusal_is_logged_with_the_fix_and_the_agent_goes_on(control, host):
    control.refuse = (
        403,
        {"code": "ip_not_allowed", "detail": "Address 192.0.2.7 is not allowed. Add it to the member."},
    )
    process = host.start()
    deadline = time.monotonic() + 10
    while "Address 192.0.2.7 is not allowed" not in host.log() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "ip_not_allowed" in host.log()
    control.refuse = None
    control.wait(lambda: control.beats)
    assert process.poll() is None


def test_escapes_in_a_servers_message_do_not_reach_the_terminal(control, host):
    control.refuse = (403, {"code": "x", "detail": "a\x1b]0;pwned\x07b\x1b[2Jc\nd"})
    host.start()
    time.sleep(1.5)
    assert "\x1b" not in host.log()
    assert "abc d" in host.log()


def test_the_agent_comes_back_when_the_control_plane_does(authority, tmp_path):
    with ControlServer(authority.server, authority.key) as first:
        host = Host(str(tmp_path), first.url, authority.ca)
        host.start()
        first.control.wait(lambda: first.control.beats)
    time.sleep(1.0)
    with ControlServer(authority.server, authority.key, port=first.port) as second:
        second.control.wait(lambda: second.control.beats, 10)
    host.close()


@pytest.mark.parametrize(
    ("certificate", "words"), [("expired", "clock"), ("wrong_name", "certificate"), ("foreign", "BALCTL_CA_FILE")]
)
def test_a_bad_certificate_is_never_accepted(authority, tmp_path, certificate, words):
    pair = (
        (authority.server, authority.key)
        if certificate == "foreign"
        else (getattr(authority, certificate), getattr(authority, certificate + "_key"))
    )
    with ControlServer(*pair) as bad:
        host = Host(str(tmp_path), bad.url, authority.ca)
        if certificate == "foreign":
            host.write_env(BALCTL_CA_FILE=authority.wrong_name)
        done = host.run("--once")
        assert done.returncode == 6
        assert words in done.stderr
        assert bad.control.beats == []


def test_probes_are_tried_from_here_and_reported_once(control, host, server):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        control.extra["probes"] = [
            {"id": "open", "kind": "tcp", "host": "127.0.0.1", "port": server.port, "timeoutMs": 1000},
            {"id": "tls", "kind": "tls", "host": "127.0.0.1", "port": server.port, "timeoutMs": 2000},
            {"id": "closed", "kind": "tcp", "host": "127.0.0.1", "port": port, "timeoutMs": 1000},
            {"id": "plain", "kind": "http", "host": "127.0.0.1", "port": server.port, "timeoutMs": 1000},
            {"id": "bad", "kind": "udp", "host": "127.0.0.1", "port": 1},
            {"id": "worse", "kind": "tcp", "host": "a\r\nb", "port": 99999},
        ]
        host.start()
        control.wait(
            lambda: (
                {row["id"] for beat in control.beats for row in beat["probeResults"]}
                >= {"open", "tls", "closed", "plain"}
            )
        )
    rows = {row["id"]: row for beat in control.beats for row in beat["probeResults"]}
    assert rows["open"]["ok"] is True and rows["tls"]["ok"] is True
    assert rows["closed"]["ok"] is False and rows["closed"]["error"]
    assert rows["plain"]["ok"] is False
    assert 0 <= rows["open"]["ageSec"] < 3 and rows["open"]["millis"] < 1000
    assert not {"bad", "worse"} & set(rows)


def test_an_http_probe_reads_the_status(tmp_path):
    answers = {b"/good": b"HTTP/1.1 204 No Content\r\n\r\n", b"/bad": b"HTTP/1.1 503 Busy\r\n\r\n"}
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for _ in range(2):
                link, _ = listener.accept()
                with link:
                    link.sendall(answers[link.recv(4096).split()[1]])

        threading.Thread(target=serve, daemon=True).start()
        results = []
        for path in ("/good", "/bad"):
            order = agent.probe_order(
                {"id": "p", "kind": "http", "host": "127.0.0.1", "port": listener.getsockname()[1], "path": path}
            )
            results.append(agent.knock(order))
    assert results == ["", "HTTP 503"]


class ConnectProxy:
    """An HTTP proxy that knows CONNECT and counts."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._tunnel, args=(link,), daemon=True).start()

    def _tunnel(self, link: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += link.recv(4096)
        self.requests.append(head)
        if b"Basic dXNlcjpwQHNz" not in head:
            link.sendall(b"HTTP/1.1 407 Login needed\r\n\r\n")
            link.close()
            return
        host, _, port = head.split()[1].decode().partition(":")
        far = socket.create_connection((host, int(port)))
        link.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        for one, other in ((link, far), (far, link)):
            threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while chunk := one.recv(65536):
                other.sendall(chunk)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def test_a_proxy_with_a_login_carries_the_heartbeat_without_seeing_it(control, host, server):
    proxy = ConnectProxy()
    done = host.run("--once", BALCTL_HTTPS_PROXY=f"http://user:p%40ss@127.0.0.1:{proxy.port}")
    assert done.returncode == 0, done.stderr
    assert proxy.requests[0].startswith(b"CONNECT localhost:%d HTTP/1.1\r\n" % server.port)
    assert SECRET.encode() not in b"".join(proxy.requests)
    refused = host.run("--once", HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}")
    assert refused.returncode == 6 and "407" in refused.stderr
    assert host.run("--once", HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}", NO_PROXY="localhost").returncode == 0
    proxy.listener.close()


def test_check_prints_a_line_per_requirement(control, host):
    done = host.run("--check")
    assert done.returncode == 0, done.stdout
    for what in ("python", "systemd", "root", "openssl", "settings", "DNS", "TCP and TLS", "clock", "heartbeat"):
        assert what in done.stdout
    os.chmod(host.env_file, 0o644)
    done = host.run("--check")
    assert done.returncode == 1 and "chmod 600" in done.stdout
    control.secrets.clear()
    assert "Re-enrol the member" in host.run("--check").stdout
    host.write_env(BALCTL_API_BASE="https://name.invalid")
    assert "does not resolve" in host.run("--check").stdout


def test_systemd_is_told_of_readiness_and_the_watchdog_is_fed_by_the_loop(control, host, tmp_path):
    path = str(tmp_path / "notify")
    control.refuse = (503, {})  # ready does not wait for the control plane
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(path)
        listener.settimeout(10)
        host.start(NOTIFY_SOCKET=path, WATCHDOG_USEC="600000")
        heard = [listener.recv(1000).decode() for _ in range(6)]
    assert heard[0].startswith("READY=1")
    assert heard.count("WATCHDOG=1") >= 3


def test_a_kept_alive_connection_that_was_closed_is_opened_again_at_once(control, host):
    closed = []

    def close_after_answer(handler, path, raw):
        status, value = control.answer(path, json.loads(raw))
        handler.reply(status, json.dumps(value).encode())
        handler.cut()
        closed.append(1)

    control.raw_answer = close_after_answer
    host.start()
    control.wait(lambda: len(control.beats) >= 4, 10)
    gaps = [b - a for a, b in zip(control.beat_times, control.beat_times[1:])]
    assert max(gaps) < 1.6 and closed


def test_a_second_start_has_another_boot_id_of_the_same_boot(control, host):
    for _ in range(2):
        host.run("--once")
    first, second = (beat["bootId"].split(".") for beat in control.beats)
    assert first[0] == second[0] and first[1] != second[1]


def test_help_names_every_setting_and_exit_status(host):
    text = host.run("--help").stdout
    assert all(name in text for name in agent.SETTING_NAMES)
    assert host.run("--version").stdout.split()[1].isdigit()
    assert host.run("--nonsense").returncode == 2


def test_slow_facts_never_make_a_heartbeat_too_large():
    slow = agent.SlowBlocks()
    blocks = {"a": "x" * 30_000, "b": "y" * 30_000, "c": "z" * 90_000}
    first = slow.due(blocks, 0.0)
    assert set(first) == {"a", "c"}
    assert "omitted" in first["c"]
    slow.accepted(0.0)
    assert set(slow.due(blocks, 1.0)) == {"b"}


def test_a_state_folder_that_cannot_be_used_degrades_and_stops_no_heartbeat(control, host):
    host.write("/var/lib/balctl", "a file where the folder should be")
    host.start()
    control.wait(lambda: len(control.beats) >= 3)
    assert any("cannot be written" in text for beat in control.beats for text in beat.get("degraded", []))
