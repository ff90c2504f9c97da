"""The control plane's own looks: service probes and the canary, against real little servers."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import trustme
from serversctl.failover.rules.view import Probe, ProbeKind
from serversctl.heartbeats import canary as canary_credential
from serversctl.kernel.clock import SystemClock
from serversctl.kernel.outbound import Outbound
from serversctl.kernel.settings import Settings
from serversctl.monitor.canary import HttpCanary, entry_of
from serversctl.monitor.witness import Prober, Target

LOOPBACK = Outbound(allow=(ipaddress.ip_network("127.0.0.0/8"),))
KEY = "a key for tests only, 0123456789abcdef"


class Handler(BaseHTTPRequestHandler):
    status = 200
    seen: list[Any]

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers["Host"]))
        self.send_response(self.status)
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.path, self.headers["Authorization"], json.loads(body)))
        self.send_response(self.status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_args: Any) -> None: ...


@contextmanager
def http_server(status: int = 200, context: ssl.SSLContext | None = None) -> Iterator[Any]:
    handler = type("Answering", (Handler,), {"status": status, "seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    server.seen = handler.seen  # type: ignore[attr-defined]
    yield server
    server.shutdown()
    server.server_close()


def look(kind: str, port: int, *, outbound: Outbound = LOOPBACK, **more: Any) -> Any:
    prober, member = Prober(outbound, SystemClock()), UUID(int=1)
    prober.aim((Target(member, "127.0.0.1", Probe(ProbeKind(kind), port, **more)),))
    asyncio.run(prober.round())
    return prober.latest(0.0).get(member)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.parametrize("kind", ["tcp", "http"])
def test_a_service_that_answers_is_a_good_vote(kind: str) -> None:
    with http_server() as server:
        vote = look(kind, server.server_port, path="/up", host_header="www.example.net")
        assert vote.ok
        assert vote.age_sec < 1
        if kind == "http":
            assert server.seen == [("/up", "www.example.net")]


def test_a_tls_probe_shakes_hands_and_judges_no_certificate() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("other.example").configure_cert(context)
    with http_server(context=context) as server:
        assert look("tls", server.server_port).ok
    with http_server() as plain:
        assert not look("tls", plain.server_port).ok


def test_what_does_not_serve_is_a_bad_vote_with_its_reason() -> None:
    assert not look("tcp", free_port()).ok
    with http_server(503) as server:
        assert look("http", server.server_port).error == "HTTP 503"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert look("http", silent.getsockname()[1]).error == "timeout"


def test_where_we_may_not_look_there_is_no_vote() -> None:
    with http_server() as server:
        assert look("tcp", server.server_port, outbound=Outbound()) is None


def test_results_of_members_that_are_no_longer_tried_are_forgotten() -> None:
    with http_server() as server:
        prober, member = Prober(LOOPBACK, SystemClock()), UUID(int=1)
        prober.aim((Target(member, "127.0.0.1", Probe(ProbeKind.TCP, server.server_port)),))
        asyncio.run(prober.round())
        assert prober.latest(0.0)
        prober.aim(())
        assert not prober.latest(0.0)


def test_the_canary_posts_a_heartbeat_with_its_own_credential() -> None:
    with http_server() as server:
        settings = Settings(secret_key=KEY, tls="off", listen=f"0.0.0.0:{server.server_port}")
        bird = HttpCanary(settings)
        assert bird.post()
        bird.close()
        ((path, authorization, body),) = server.seen
    assert path == "/api/agents/heartbeat"
    assert authorization == f"Bearer {canary_credential.token(KEY)}"
    assert body == {"hostname": "canary"}


def test_a_closed_door_makes_the_canary_fail_and_the_next_post_tries_anew(tmp_path: Path) -> None:
    port = free_port()
    bird = HttpCanary(Settings(secret_key=KEY, tls="off", listen=f"127.0.0.1:{port}", data_dir=tmp_path))
    assert not bird.post()
    with http_server(500) as server:
        assert not HttpCanary(Settings(secret_key=KEY, tls="off", listen=f"127.0.0.1:{server.server_port}")).post()


@pytest.mark.parametrize(
    ("given", "entry"),
    [
        ({"listen": "0.0.0.0:8443"}, "https://127.0.0.1:8443"),
        ({"listen": "[::]:8443"}, "https://[::1]:8443"),
        ({"listen": "192.0.2.5:80", "tls": "off"}, "http://192.0.2.5:80"),
        ({"canary_url": "https://ctl.example.net/"}, "https://ctl.example.net"),
    ],
)
def test_the_canary_finds_the_entry(given: dict[str, Any], entry: str) -> None:
    assert entry_of(Settings(secret_key=KEY, **given)) == entry
