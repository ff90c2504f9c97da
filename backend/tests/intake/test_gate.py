"""Heartbeats over real HTTP, through the gate on the event loop."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import time
from contextlib import suppress

import pytest
from intake.conftest import Agent, Ground
from serversctl.heartbeats.coalescer import Coalescer
from serversctl.heartbeats.intake import Intake
from serversctl.heartbeats.latest import RedisLiveness
from serversctl.web.serve import IDLE_SEC
from support.servers.control_plane import ControlPlaneWeb


def test_beats_on_one_connection_reach_the_store(web: ControlPlaneWeb, ground: Ground) -> None:
    agent = Agent(web, ground.secrets["lb1.example.com"], "LB1.example.com")
    for seq in range(1, 4):
        answer, body = agent.send(seq=seq, bootId="b")
        assert (answer.status, body["heartbeatIntervalSec"]) == (200, 1)
        sock = agent.connection.sock
        assert sock is not None
        time.sleep(0.2)
    member = ground.ids["lb1.example.com"]
    liveness = RedisLiveness(ground.store)
    seen = liveness.sightings([member])[member]
    assert (seen.seq, seen.source) == (3, "127.0.0.1")
    assert liveness.now() - seen.seen_at < 2


def test_a_beat_is_in_the_store_within_a_flush(web: ControlPlaneWeb, ground: Ground) -> None:
    agent = Agent(web, ground.secrets["lb1.example.com"], "lb1.example.com")
    member, liveness = ground.ids["lb1.example.com"], RedisLiveness(ground.store)
    agent.send(seq=0)
    sent = liveness.now()
    agent.send(seq=0)
    while liveness.sightings([member])[member].seen_at < sent:
        assert liveness.now() - sent < 1.0
    assert liveness.sightings([member])[member].seen_at >= sent


@pytest.mark.parametrize(
    ("raw", "headers", "status", "code"),
    [
        (b"x" * 65_537, {}, 413, "body_too_large"),
        (b'{"hostname":"' + b"x" * 100_000 + b'"}', {}, 413, "body_too_large"),
        (gzip.compress(b"0" * 10_000_000, mtime=0), {"Content-Encoding": "gzip"}, 415, "compressed_body"),
        (b"{", {}, 422, "body_invalid"),
        (b'{"seq":1}', {}, 422, "validation_failed"),
        (b'{"hostname":"other.example.com"}', {}, 403, "hostname_mismatch"),
        (None, {"Authorization": ""}, 401, "credential_missing"),
        (None, {"Authorization": "Bearer " + "0" * 48}, 401, "credential_unknown"),
        (None, {"Authorization": "Bearer " + "0" * 47}, 401, "credential_unknown"),
        (None, {"Authorization": "Bearer " + "g" * 48}, 401, "credential_unknown"),
    ],
)
def test_each_refusal_is_a_problem_document(
    agent: Agent, raw: bytes | None, headers: dict[str, str], status: int, code: str
) -> None:
    answer, body = agent.send(raw, headers=headers)
    assert (answer.status, body["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert body["status"] == status
    assert body["detail"]
    time.sleep(0.21)  # stay under five a second for this member


def test_after_a_refusal_the_connection_goes_on(agent: Agent) -> None:
    time.sleep(1)
    assert agent.send(b"{")[0].status == 422
    assert agent.send(seq=0)[0].status == 200


def test_the_sixth_beat_of_a_second_is_told_to_wait(web: ControlPlaneWeb, ground: Ground) -> None:
    agent = Agent(web, ground.secrets["lb2.example.com"], "lb2.example.com")
    answers = [agent.send()[0] for _ in range(12)]
    late = [answer for answer in answers if answer.status == 429]
    assert late
    assert late[0].headers["Retry-After"] == "1"
    assert sum(answer.status == 200 for answer in answers) <= 10


def test_a_body_of_undeclared_length_is_read_as_far_as_it_may_go(web: ControlPlaneWeb, ground: Ground) -> None:
    agent = Agent(web, ground.secrets["lb3.example.com"], "lb3.example.com")
    assert agent.send(iter([b'{"hostname":', b'"lb3.example.com"}']))[0].status == 200
    head = f"POST /api/agents/heartbeat HTTP/1.1\r\nHost: x\r\nAuthorization: {agent.headers['Authorization']}\r\n"
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as line:
        # The refusal comes while we still send, and the connection ends with it.
        with suppress(BrokenPipeError, ConnectionResetError):
            line.sendall(
                head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + (b"1f40\r\n" + b"x" * 8000 + b"\r\n") * 12
            )
        assert line.recv(4096).startswith(b"HTTP/1.1 413")


def test_another_method_and_a_longer_path_go_to_the_app(web: ControlPlaneWeb) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=10)
    for method, path, status in (("GET", "/api/agents/heartbeat", 405), ("POST", "/api/agents/heartbeat/x", 404)):
        connection.request(method, path, b"{}" if method == "POST" else None)
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["status"]) == (status, status)


def test_a_new_member_is_believed_at_once_and_a_removed_one_refused_within_two_seconds(
    web: ControlPlaneWeb, ground: Ground
) -> None:
    secret = ground.enrol("new.example.com")
    agent = Agent(web, secret, "new.example.com")
    assert agent.send()[0].status == 200, "the very first one, before the directory was looked at by itself"
    from serversctl.identity.audit import SYSTEM
    from serversctl.kernel.db import unit_of_work
    from serversctl.members import service as members
    from serversctl.members.tables import Member

    with unit_of_work(ground.sessions) as session:
        member = session.get_one(Member, ground.ids["new.example.com"])
        members.delete_member(session, member, SYSTEM, confirm=None)
    began = time.monotonic()
    while agent.send()[0].status != 401:
        assert time.monotonic() - began < 2.0
        time.sleep(0.25)


def test_an_idle_connection_outlives_three_beats(web: ControlPlaneWeb, ground: Ground) -> None:
    agent = Agent(web, ground.secrets["lb0.example.com"], "lb0.example.com")
    agent.send(seq=0)
    sock = agent.connection.sock
    time.sleep(3.5)
    assert agent.send(seq=0)[0].status == 200
    assert agent.connection.sock is sock
    assert IDLE_SEC > 3 * 60  # the slowest beat


def test_the_forwarded_address_is_believed_from_our_proxy_alone(ground: Ground) -> None:
    secret = ground.enrol("behind.example.com", "203.0.113.10")
    settings = {"client_ip_header": "CF-Connecting-IP", "trusted_proxies": "127.0.0.1/32"}
    with ground.web(**settings) as server:
        agent = Agent(server, secret, "behind.example.com")
        answer, body = agent.send()
        assert (answer.status, body["code"]) == (403, "source_ip_missing")
        answer, body = agent.send(headers={"CF-Connecting-IP": "198.51.100.1"})
        assert (answer.status, body["seenAddress"]) == (403, "198.51.100.1")
        assert agent.send(headers={"CF-Connecting-IP": "203.0.113.10"})[0].status == 200
        assert agent.send(headers={"CF-Connecting-IP": "203.0.113.10, nonsense"})[0].status == 403
    with ground.web(client_ip_header="CF-Connecting-IP", trusted_proxies="192.0.2.0/24") as server:
        answer, body = Agent(server, secret, "behind.example.com").send(headers={"CF-Connecting-IP": "203.0.113.10"})
        assert (answer.status, body["seenAddress"]) == (403, "127.0.0.1")


def test_a_flood_of_unknown_secrets_asks_the_database_ten_times_a_second_at_most(ground: Ground) -> None:
    intake = Intake("k" * 32, Coalescer(ground.store, "here"))
    asked = sum(intake.may_look_again(at / 1000) for at in range(0, 1000, 5))
    assert asked == 10
