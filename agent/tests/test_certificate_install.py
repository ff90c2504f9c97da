"""A certificate onto a host: what is refused before anything moves, what HAProxy serves, what a failure leaves behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time

import pytest
from support.certs import TestAuthority
from support.form import agent

NAME = "lb.example.com"
SHOWN = f"/etc/haproxy/certs/{NAME}.pem"
CONFIG = """global
    stats socket {root}/admin.sock mode 600 level admin
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend web
    bind 127.0.0.1:{port} ssl crt {crt}
    http-request return status 200 content-type text/plain string "hello"
"""
HAPROXY_PROGRAM = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin")
needs_haproxy = pytest.mark.skipif(HAPROXY_PROGRAM is None, reason="HAProxy is not installed: apt-get install haproxy")


class Context:
    """What a command gets, without a wire: the PEM is handed in, programs run for real."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.pem = b""
        self.said: list[str] = []

    def input(self, name: str) -> bytes:
        assert name == "pem"
        return self.pem

    def step(self, text: str, percent: int | None = None) -> None:
        self.said.append(text)

    def say(self, text: str) -> None:
        self.said.append(text)

    def run(self, argv, timeout_sec=60.0):  # type: ignore[no-untyped-def]
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return agent.Outcome(done.returncode, done.stdout)


class Bench:
    """A root folder, an authority, and HAProxy on it when asked for."""

    def __init__(self, root: str, authority: TestAuthority) -> None:
        self.root = root
        self.authority = authority
        self.context = Context(root)
        self.serial = 0
        self.process: subprocess.Popen[bytes] | None = None
        os.makedirs(root + "/etc/haproxy/certs")
        os.makedirs(root + "/run")
        # The configuration names the socket as HAProxy opens it, and the agent looks for it below its root.
        os.makedirs(root + root)
        os.symlink(root + "/admin.sock", root + root + "/admin.sock")

    @property
    def live(self) -> str:
        return self.root + SHOWN

    def pem(self, names: str = f"DNS:{NAME}", days: int = 30, *, key: str = "", chain: bool = True) -> bytes:
        self.serial += 1
        certificate, own_key = self.authority.issue(f"{os.path.basename(self.root)}-{self.serial}", names, days)
        parts = [certificate, *([self.authority.ca] if chain else []), key or own_key]
        return b"".join(read(path) for path in parts)

    def install(self, pem: bytes, hostname: str = NAME) -> dict[str, object]:
        self.context.pem = pem
        found: dict[str, object] = agent.run_tls_install_certificate(self.context, {"hostname": hostname})
        return found

    def configure(self, crt: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        with open(self.root + "/etc/haproxy/haproxy.cfg", "w") as out:
            out.write(CONFIG.format(root=self.root, port=self.port, crt=self.root + crt))

    def start(self) -> None:
        config = self.root + "/etc/haproxy/haproxy.cfg"
        pid_file = self.root + "/run/haproxy.pid"
        self.process = subprocess.Popen(
            [HAPROXY_PROGRAM or "", "-W", "-db", "-p", pid_file, "-f", config],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        with open(pid_file, "w") as out:
            out.write(f"{self.process.pid}\n")
        end = time.monotonic() + 10
        while not self.leaf():
            assert time.monotonic() < end, "HAProxy did not start"
            time.sleep(0.05)

    def leaf(self) -> str:
        return str(agent.shown_leaf(("127.0.0.1", self.port), NAME))

    def close(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(10)


def read(path: str) -> bytes:
    with open(path, "rb") as source:
        return source.read()


@pytest.fixture
def bench(authority):
    root = tempfile.mkdtemp(prefix="tls-", dir="/tmp")  # a socket's path may have 107 bytes
    made = Bench(root, authority)
    yield made
    made.close()
    shutil.rmtree(root)


def test_without_a_configuration_the_file_is_placed_and_the_next_step_is_said(bench):
    pem = bench.pem()
    result = bench.install(pem)
    assert read(bench.live) == pem
    assert os.stat(bench.live).st_mode & 0o777 == 0o600
    assert (result["changed"], result["inUse"], result["served"]) == (True, False, None)
    assert f"ssl crt {SHOWN}" in str(result["note"])
    assert os.listdir(os.path.dirname(bench.live)) == [f"{NAME}.pem"]


def test_the_same_certificate_again_changes_nothing(bench):
    pem = bench.pem()
    bench.install(pem)
    before = os.stat(bench.live)
    assert bench.install(pem)["changed"] is False
    assert os.stat(bench.live) == before


def refused(bench: Bench, pem: bytes, sentence: str) -> None:
    with pytest.raises(agent.StepFailed) as why:
        bench.install(pem)
    assert sentence in str(why.value)


def test_what_does_not_fit_is_refused_and_the_old_file_stays(bench):
    good = bench.pem()
    bench.install(good)
    other_key = bench.authority.issue("stranger", "DNS:x.example")[1]
    cases = [
        (bench.pem(key=other_key), "another certificate"),
        (bench.pem("DNS:elsewhere.example.com"), f"not for {NAME}"),
        (bench.pem("DNS:*.sub.example.com"), f"not for {NAME}"),
        (bench.pem(days=-1), "ended at"),
        (bench.pem(chain=False), "1 certificates"),
        (b"", "0 certificates"),
        (bench.pem().split(b"-----BEGIN PRIVATE")[0], "0 private keys"),
        (bench.pem().replace(b"MII", b"AAA", 1), "not a certificate"),
        (b"x" * 300_000, "far too large"),
    ]
    for pem, sentence in cases:
        refused(bench, pem, sentence)
        assert read(bench.live) == good
    assert sorted(os.listdir(os.path.dirname(bench.live))) == [f"{NAME}.pem"]


def test_a_wildcard_covers_one_label(bench):
    assert bench.install(bench.pem("DNS:*.example.com"))["changed"] is True


def test_a_hosts_certificate_lies_beside_haproxys_and_is_checked_alike(bench):
    path = f"{bench.root}/etc/ssl/serversctl/{NAME}.pem"
    for _ in range(2):  # the second one replaces the first
        bench.context.pem = bench.pem()
        result = agent.run_tls_install_host_certificate(bench.context, {"hostname": NAME})
        assert (read(path), result["changed"]) == (bench.context.pem, True)
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert path.removeprefix(bench.root) in str(result["note"])
    good, bench.context.pem = bench.context.pem, bench.pem(days=-1)
    with pytest.raises(agent.StepFailed, match="ended at"):
        agent.run_tls_install_host_certificate(bench.context, {"hostname": NAME})
    assert read(path) == good
    assert [row["path"] for row in agent.read_certificates(bench.root)] == [path.removeprefix(bench.root)]


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("bind :443 ssl crt /etc/haproxy/certs/lb.example.com.pem", True),
        ("bind :443 ssl crt /etc/haproxy/certs/", True),
        ("bind :443 ssl crt /etc/haproxy/certs", True),
        ('bind :443 ssl crt "/etc/haproxy/certs/lb.example.com.pem" alpn h2', True),
        ("crt-base /etc/haproxy/certs\nbind :443 ssl crt lb.example.com.pem", True),
        ("bind :443 ssl crt-list /etc/haproxy/list.txt", True),
        ("bind :443 ssl crt /etc/haproxy/certs/other.pem", False),
        ("# bind :443 ssl crt /etc/haproxy/certs/lb.example.com.pem", False),
        ("bind :80", False),
    ],
)
def test_the_configurations_ways_to_name_the_file(tmp_path, text, used):
    (tmp_path / "etc/haproxy").mkdir(parents=True)
    (tmp_path / "etc/haproxy/list.txt").write_text(f"# mine\n{SHOWN} [alpn h2] {NAME}\n")
    assert agent.uses_certificate(str(tmp_path), text, SHOWN) is used


@needs_haproxy
@pytest.mark.parametrize("crt", [SHOWN, "/etc/haproxy/certs/"])
def test_haproxy_serves_the_new_certificate_and_no_request_is_lost(bench, crt):
    bench.configure(crt)
    bench.context.pem = b""
    with open(bench.live, "wb") as out:
        out.write(bench.pem())
    bench.start()
    old = bench.leaf()
    failures: list[str] = []
    stop = threading.Event()

    def client() -> None:
        trust = ssl.create_default_context(cafile=bench.authority.ca)
        while not stop.is_set():
            try:
                raw = socket.create_connection(("127.0.0.1", bench.port), timeout=5)
                with raw, trust.wrap_socket(raw, server_hostname=NAME) as tls:
                    tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
                    if b"200" not in tls.recv(100):
                        failures.append("no 200")
            except OSError as why:
                failures.append(str(why))

    threads = [threading.Thread(target=client) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        result = bench.install(bench.pem())
    finally:
        time.sleep(0.5)
        stop.set()
        for thread in threads:
            thread.join(10)
    assert (result["inUse"], result["served"]) == (True, True)
    assert bench.leaf() == result["fingerprint"] != old
    assert failures == []
    assert any("without a reload" in text for text in bench.context.said)


@needs_haproxy
def test_without_an_admin_socket_haproxy_is_reloaded(bench):
    bench.configure(SHOWN)
    config = bench.root + "/etc/haproxy/haproxy.cfg"
    text = read(config).decode().replace("level admin", "level user")
    with open(config, "w") as out:
        out.write(text)
    with open(bench.live, "wb") as out:
        out.write(bench.pem())
    bench.start()
    result = bench.install(bench.pem())
    assert (result["served"], bench.leaf()) == (True, result["fingerprint"])
    assert not any("without a reload" in text for text in bench.context.said)


@needs_haproxy
def test_a_file_that_haproxy_has_not_loaded_yet_comes_in_by_a_reload(bench):
    bench.configure("/etc/haproxy/certs/")
    with open(bench.root + "/etc/haproxy/certs/other.pem", "wb") as out:
        out.write(bench.pem("DNS:other.example.com"))
    bench.start()
    result = bench.install(bench.pem())
    assert (result["served"], bench.leaf()) == (True, result["fingerprint"])


@needs_haproxy
def test_a_configuration_that_is_broken_gets_the_old_certificate_back(bench):
    bench.configure(SHOWN)
    good = bench.pem()
    with open(bench.live, "wb") as out:
        out.write(good)
    bench.start()
    served = bench.leaf()
    with open(bench.root + "/etc/haproxy/haproxy.cfg", "a") as out:
        out.write("    no-such-keyword here\n")
    refused(bench, bench.pem(), "the configuration is not valid")
    assert read(bench.live) == good
    assert bench.leaf() == served


@needs_haproxy
@pytest.mark.parametrize("point", ["tls_before_swap", "tls_swapped"])
def test_a_crash_leaves_a_whole_file_and_a_second_run_finishes(bench, point, monkeypatch):
    bench.configure(SHOWN)
    old, new = bench.pem(), bench.pem()
    with open(bench.live, "wb") as out:
        out.write(old)
    bench.start()
    child = os.fork()
    if child == 0:
        os.environ["BALCTL_FAILPOINT"] = point
        try:
            bench.install(new)
        finally:
            os._exit(7)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert read(bench.live) == (old if point == "tls_before_swap" else new)
    result = bench.install(new)
    assert (read(bench.live), result["served"]) == (new, True)
    assert bench.leaf() == result["fingerprint"]


@needs_haproxy
def test_a_listener_that_shows_another_certificate_is_told(bench):
    bench.configure(SHOWN)
    other = bench.pem("DNS:lb.example.com,DNS:www.example.com")
    with open(bench.root + "/etc/haproxy/certs/first.pem", "wb") as out:
        out.write(other)
    text = read(bench.root + "/etc/haproxy/haproxy.cfg").decode()
    first = f"crt {bench.root}/etc/haproxy/certs/first.pem crt"
    with open(bench.root + "/etc/haproxy/haproxy.cfg", "w") as out:
        out.write(text.replace("ssl crt", "ssl " + first))
    with open(bench.live, "wb") as out:
        out.write(bench.pem())
    bench.start()
    result = bench.install(bench.pem())
    assert (result["inUse"], result["served"]) == (True, False)
    assert "no listener here shows it" in str(result["note"])
