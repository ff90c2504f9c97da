"""One port: nobody who is slow, long or curious may hold up the heartbeats."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import trustme
from intake.conftest import Agent, Ground
from support.servers.control_plane import ControlPlaneWeb

THREADS = 2  # of the server under test, see ControlPlaneWeb


@contextmanager
def stream(web: ControlPlaneWeb, token: str, query: str = "", **headers: str) -> Iterator[HTTPResponse]:
    connection = HTTPConnection("127.0.0.1", web.port, timeout=10)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", f"/api/events{query}", headers={"Authorization": f"Bearer {token}", **named})
    answer = connection.getresponse()
    try:
        yield answer
    finally:
        connection.close()


def events(answer: HTTPResponse, count: int) -> list[tuple[str | None, str, Any]]:
    """The next events as (id, name, data); comments and `beats` are passed over."""
    found: list[tuple[str | None, str, Any]] = []
    lines: dict[str, str] = {}
    while len(found) < count:
        line = answer.readline().decode().rstrip("\n")
        if line:
            name, _, value = line.partition(": ")
            lines[name] = value
        elif "data" in lines:
            if lines.get("event") != "beats":
                found.append((lines.get("id"), lines["event"], json.loads(lines["data"])))
            lines = {}
        else:
            lines = {}
    return found


def publish(ground: Ground, kind: str, **more: str) -> str:
    text = json.dumps({"kind": kind, **more})
    made: Any = ground.store.xadd(f"ev:{ground.account_id}", {"data": text}, maxlen=1000)
    return str(made.decode())


def follow(web: ControlPlaneWeb, ground: Ground, answer: HTTPResponse) -> None:
    """Wait until the stream's reader is there: an event of ours comes through."""
    answer.readline()
    time.sleep(0.3)


def test_events_come_as_they_happen_and_resume_where_they_were(web: ControlPlaneWeb, ground: Ground) -> None:
    with stream(web, ground.token) as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/event-stream")
        follow(web, ground, answer)
        publish(ground, "failover.promoted", poolId=str(ground.pool_id))
        ((first, name, data),) = events(answer, 1)
        assert (name, data["poolId"]) == ("failover.promoted", str(ground.pool_id))
    publish(ground, "job.completed")
    publish(ground, "job.failed")
    with stream(web, ground.token, Last_Event_ID=str(first)) as answer:
        assert [name for _, name, _ in events(answer, 2)] == ["job.completed", "job.failed"]


def test_a_stream_shows_only_what_was_asked_for(web: ControlPlaneWeb, ground: Ground) -> None:
    member = ground.ids["lb1.example.com"]
    with stream(web, ground.token, f"?pool={ground.pool_id}&member={member}") as answer:
        follow(web, ground, answer)
        publish(ground, "a.other_pool", poolId=str(uuid4()), memberId=str(member))
        publish(ground, "a.other_member", poolId=str(ground.pool_id), memberId=str(uuid4()))
        publish(ground, "a.mine", poolId=str(ground.pool_id), memberId=str(member))
        ((_, name, _),) = events(answer, 1)
        assert name == "a.mine"


def test_another_accounts_events_are_not_seen(web: ControlPlaneWeb, ground: Ground) -> None:
    with stream(web, ground.token) as answer:
        follow(web, ground, answer)
        ground.store.xadd(f"ev:{uuid4()}", {"data": json.dumps({"kind": "secret.thing"})})
        publish(ground, "a.mine")
        assert events(answer, 1)[0][1] == "a.mine"


def test_beats_of_a_watched_pool_come_at_most_once_a_second(web: ControlPlaneWeb, ground: Ground) -> None:
    agent = Agent(web, ground.secrets["lb3.example.com"], "lb3.example.com")
    with stream(web, ground.token, f"?pool={ground.pool_id}") as answer:
        began, count, states, fulls = time.monotonic(), 0, set(), []
        while time.monotonic() - began < 3.2:
            agent.send(seq=0)
            line = answer.readline()
            if line.startswith(b"event: beats"):
                count += 1
                data = json.loads(answer.readline().decode().partition(": ")[2])
                fulls.append(data["full"])
                states |= {m["state"] for m in data["members"] if m["id"] == str(ground.ids["lb3.example.com"])}
        took = time.monotonic() - began
    assert 1 <= count <= took + 1
    assert "fresh" in states
    assert fulls == [True] + [False] * (count - 1)


def test_beats_of_one_pool_go_along_with_the_events_of_all(web: ControlPlaneWeb, ground: Ground) -> None:
    agent = Agent(web, ground.secrets["lb3.example.com"], "lb3.example.com")
    with stream(web, ground.token, f"?beats={ground.pool_id}") as answer:
        follow(web, ground, answer)
        agent.send(seq=0)
        publish(ground, "a.other_pool", poolId=str(uuid4()))
        assert events(answer, 1)[0][1] == "a.other_pool"
        while not answer.readline().startswith(b"event: beats"):
            pass
        assert json.loads(answer.readline().decode().partition(": ")[2])["poolId"] == str(ground.pool_id)


def test_beats_of_a_pool_that_is_gone_do_not_end_the_stream(web: ControlPlaneWeb, ground: Ground) -> None:
    with stream(web, ground.token, f"?beats={uuid4()},{ground.pool_id}") as answer:
        follow(web, ground, answer)
        publish(ground, "a.news", poolId=str(ground.pool_id))
        assert "a.news" in {event[1] for event in events(answer, 1)}


def test_a_quiet_stream_says_within_seconds_that_it_lives(web: ControlPlaneWeb, ground: Ground) -> None:
    with stream(web, ground.token) as answer:
        answer.readline()
        while not answer.readline().startswith(b":"):
            pass  # the connection's own timeout of 10 s, a browser's patience, ends this


@pytest.mark.parametrize(
    ("token", "query", "status"),
    [
        ("", "", 401),
        (None, "?beats=nonsense", 422),
        (None, f"?beats={','.join([str(uuid4())] * 9)}", 422),
        ("sctl_x_y", "", 401),
        (None, "?pool=nonsense", 422),
        (None, "?pool=00000000-0000-4000-8000-000000000000", 404),
    ],
)
def test_a_stream_needs_a_caller_and_an_object_of_theirs(
    web: ControlPlaneWeb, ground: Ground, token: str | None, query: str, status: int
) -> None:
    with stream(web, ground.token if token is None else token, query) as answer:
        assert answer.status == status
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_many_open_streams_hold_no_thread(web: ControlPlaneWeb, ground: Ground) -> None:
    from contextlib import ExitStack

    with ExitStack() as stack:
        for _ in range(20 * THREADS):
            assert stack.enter_context(stream(web, ground.token)).status == 200
        assert quick(web, "/healthz") < 2.0
        assert Agent(web, ground.secrets["lb0.example.com"], "lb0.example.com").send(seq=0)[0].status in {200, 429}


def test_clients_that_never_finish_their_body_hold_no_thread(web: ControlPlaneWeb, ground: Ground) -> None:
    stuck = []
    try:
        for path in ["/api/auth/login", "/api/agents/heartbeat"] * (5 * THREADS):
            client = socket.create_connection(("127.0.0.1", web.port))
            client.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{{".encode())
            stuck.append(client)
        assert quick(web, "/healthz") < 2.0
        assert quick(web, "/readyz") < 2.0
        assert Agent(web, ground.secrets["lb1.example.com"], "lb1.example.com").send(seq=0)[0].status in {200, 429}
    finally:
        for client in stuck:
            client.close()


def test_headers_cookies_and_queries_reach_the_app_as_they_were_sent(web: ControlPlaneWeb, ground: Ground) -> None:
    connection = HTTPConnection("127.0.0.1", web.port, timeout=10)
    headers = {"Authorization": f"Bearer {ground.token}"}
    connection.request("GET", f"/api/pools/{ground.pool_id}/members?limit=1", headers=headers)
    answer = connection.getresponse()
    body = json.loads(answer.read())
    assert (answer.status, len(body["items"])) == (200, 1)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    connection.request("HEAD", "/healthz")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    connection.request("GET", "/nothing/%C3%A9%2F..")
    assert json.loads(connection.getresponse().read())["code"] == "not_found"
    raw = b'{"name":"' + b"x" * 200 + b'"}'
    connection.request("POST", "/api/pools", raw, headers | {"Content-Type": "application/json"})
    assert connection.getresponse().status == 422


def test_a_body_over_the_limit_is_refused_without_being_read(web: ControlPlaneWeb, ground: Ground) -> None:
    client = socket.create_connection(("127.0.0.1", web.port), timeout=10)
    client.sendall(
        b"POST /api/pools HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Authorization: Bearer " + ground.token.encode() + b"\r\nContent-Length: 5000000\r\n\r\n{"
    )
    assert b" 413 " in client.recv(4096).split(b"\r\n")[0]
    client.close()


def test_sigterm_ends_streams_and_leaves_with_a_clean_code(ground: Ground) -> None:
    server = ground.web()
    with stream(server, ground.token) as answer:
        answer.readline()
        began = time.monotonic()
        server.stop()
        took = time.monotonic() - began
        with suppress(OSError):
            assert answer.read(100) in {b"", b"\n"}
    assert took < 8.0


def test_a_store_that_is_away_stops_no_heartbeat_and_no_page(ground: Ground) -> None:
    with ground.web() as server:
        agent = Agent(server, ground.secrets["lb2.example.com"], "lb2.example.com")
        agent.send(seq=0)
        ground.redis_server.kill()
        try:
            time.sleep(1.1)
            answer, body = agent.send(seq=0)
            assert (answer.status, body["heartbeatIntervalSec"]) == (200, 1)
            assert quick(server, "/healthz") < 3.0
        finally:
            ground.redis_server.restart()


def test_plain_http_to_a_tls_port_is_refused_and_tls_is_spoken(ground: Ground, tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    with (tmp_path / "cert.pem").open("wb") as out:
        for blob in issued.cert_chain_pems:
            out.write(blob.bytes())
    with ground.web(tls=f"{tmp_path / 'cert.pem'}:{tmp_path / 'key.pem'}", ca=tmp_path / "ca.pem") as server:  # type: ignore[arg-type]
        context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        with (
            socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw,
            context.wrap_socket(raw, server_hostname="localhost") as client,
        ):
            assert client.version() == "TLSv1.3"
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200")
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
            client.sendall(b"POST /api/agents/heartbeat HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            assert not client.recv(100).startswith(b"HTTP/1.1 200")


def quick(web: ControlPlaneWeb, path: str) -> float:
    """Seconds until an ordinary page answers."""
    began = time.monotonic()
    connection = HTTPConnection("127.0.0.1", web.port, timeout=10)
    connection.request("GET", path)
    connection.getresponse().read()
    connection.close()
    return time.monotonic() - began
