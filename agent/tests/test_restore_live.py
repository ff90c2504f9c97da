"""Restores under fire: a real HAProxy, clients that never stop asking, and snapshots of configurations that do not work."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import pytest
from support.backups import SNAPSHOT, Job, hidden, restored, tree_hash
from support.form import agent
from support.host import Host

PROGRAM = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin")
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="HAProxy is not installed: apt-get install haproxy")
MAIN = """global
    stats socket {root}/admin.sock mode 600 level admin expose-fd listeners
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend web
    bind 127.0.0.1:{port}
    http-request return status 200 content-type text/plain string "{page}"
{more}
"""
BROKEN = [
    "    use_backend nowhere if TRUE",
    "    default_backend nowhere",
    "    unknown keyword",
    "    bind 127.0.0.1:0 ssl crt {root}/etc/haproxy/certs/missing.pem",
    "    bind 127.0.0.1:0 ssl crt {root}/etc/haproxy/certs/broken.pem",
    "    bind 127.0.0.1:99999",
    "    bind nowhere.invalid:80",
    "    bind 127.0.0.1:{taken}",
    "    acl a nonsense()",
    "    http-request deny if no_such_acl",
    "    timeout client soon",
    "    rate-limit sessions many",
    "    mode sideways",
    "    http-request lua.nothing",
    "    errorfile 503 {root}/etc/haproxy/errors/none.http",
    "    log-format %[nothing]",
    "    use_backend %[map({root}/etc/haproxy/none.map)]",
    "backend b\n    server s nowhere.invalid:80",
    "backend b\n    server s 127.0.0.1:80 ssl",
    "backend b\n    balance by mood\n    server s 127.0.0.1:80",
    "listen l\n    bind 127.0.0.1:{port} ssl crt {root}/etc/haproxy/certs/broken.pem",
    "userlist u\n    user joe groups none password x",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Edge(Host):
    """HAProxy on a root folder of its own; `ask` is what a client sees."""

    def serve(self, page: str = "one") -> None:
        self.port = free_port()
        os.makedirs(self.root + self.root)
        os.symlink(self.root + "/admin.sock", self.root + self.root + "/admin.sock")
        self.configure(page)
        config = self.path("/etc/haproxy/haproxy.cfg")
        self.haproxy = subprocess.Popen(
            [PROGRAM or "", "-W", "-db", "-f", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.write("/run/haproxy.pid", f"{self.haproxy.pid}\n")
        end = time.monotonic() + 10
        while self.ask() != page:
            assert time.monotonic() < end, "HAProxy did not start"
            time.sleep(0.05)

    def configure(self, page: str, more: str = "", **names: object) -> None:
        more = more.format(root=self.root, port=self.port, **names)
        self.write("/etc/haproxy/haproxy.cfg", MAIN.format(root=self.root, port=self.port, page=page, more=more))

    def ask(self) -> str:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=3)
        try:
            link.request("GET", "/")
            return link.getresponse().read().decode()
        except OSError as why:
            return f"failed: {why!r}"
        finally:
            link.close()

    def stop(self) -> None:
        self.haproxy.send_signal(signal.SIGTERM)
        self.haproxy.wait(10)
        self.close()


class Hammer:
    """Clients that ask without pause and count what they get."""

    def __init__(self, edge: Edge) -> None:
        self.pages: dict[str, int] = {}
        self._edge = edge
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._ask) for _ in range(3)]

    def _ask(self) -> None:
        while not self._stop.is_set():
            page = self._edge.ask()
            with self._lock:
                self.pages[page] = self.pages.get(page, 0) + 1
            time.sleep(0.002)

    def __enter__(self) -> Hammer:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def edge(server, control, authority, monkeypatch):
    folder = tempfile.mkdtemp(prefix="rs-", dir="/tmp")  # a socket's path may have 107 bytes
    made = Edge(folder, server.url, authority.ca)
    monkeypatch.setenv("PATH", os.environ["PATH"] + ":/usr/sbin")
    control.store.snapshot_of = {"b1": SNAPSHOT}
    made.write("/etc/haproxy/certs/broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 0o600)
    made.serve()
    yield made
    made.stop()
    shutil.rmtree(folder)


def save(edge, control):
    control.store.objects.clear()
    return agent.take_snapshot(Job(edge, "b1"), "haproxy", hidden())


def test_a_restored_configuration_is_served_without_one_failed_request(edge, control):
    save(edge, control)
    edge.configure("two")
    os.kill(edge.haproxy.pid, signal.SIGUSR2)
    while edge.ask() != "two":
        time.sleep(0.02)
    with Hammer(edge) as hammer:
        result = restored(edge)
        time.sleep(0.5)
    assert result["reloaded"] is True and edge.ask() == "one"
    assert set(hammer.pages) == {"one", "two"}, hammer.pages


def test_no_broken_configuration_costs_a_request_or_changes_a_file(edge, control):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        before_checks = 0
        with Hammer(edge) as hammer:
            for more in BROKEN:
                edge.configure("broken", more, taken=other.getsockname()[1])
                save(edge, control)
                edge.configure("one")
                before = tree_hash(edge.path("/etc"))
                with pytest.raises(agent.StepFailed, match=r".") as failed:
                    restored(edge)
                assert tree_hash(edge.path("/etc")) == before, more
                before_checks += "othing was changed" in str(failed.value)
    assert set(hammer.pages) == {"one"} and hammer.pages["one"] > 100, hammer.pages
    if os.getuid() == 0:
        assert before_checks == len(BROKEN)  # each was found before anything moved


def test_without_overlays_the_files_are_judged_in_place_and_taken_back(edge, control, monkeypatch):
    monkeypatch.setitem(agent.Restore.run.__globals__, "check_overlaid", lambda *_: False)
    with Hammer(edge) as hammer:
        for more in BROKEN[:6]:
            edge.configure("broken", more, taken=0)
            save(edge, control)
            edge.configure("one")
            before, inode = tree_hash(edge.path("/etc")), os.stat(edge.path("/etc/haproxy/haproxy.cfg")).st_ino
            with pytest.raises(agent.StepFailed, match="The old files are back"):
                restored(edge)
            assert tree_hash(edge.path("/etc")) == before, more
            assert os.stat(edge.path("/etc/haproxy/haproxy.cfg")).st_ino == inode
    assert set(hammer.pages) == {"one"}, hammer.pages
