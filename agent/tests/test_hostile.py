"""Answers from hell: the agent neither falls over nor runs anything."""

from __future__ import annotations

import json
import os
import random
import socket
import time

import pytest
from support.control import SECRET
from support.form import agent

CASES = int(os.environ.get("BALCTL_FUZZ_CASES", "5000"))
NAMES = ["heartbeatIntervalSec", "serverTime", "nonce", "backoffCapSec", "jobs", "cancelJobs", "agent", "probes", "memberId", "generation", "full",
         "id", "command", "latestVersion", "host", "port", "kind", "timeoutMs", "job", "attempt", "params", "mac", "expiresAt", "leaseSec"]  # fmt: skip


def random_value(dice: random.Random, depth: int = 0) -> object:
    kind = dice.randrange(9 if depth < 4 else 6)
    if kind == 0:
        return dice.choice([None, True, False, 0, -1, 1, 61, 2**63, 10**400, -0.0, 1e308, float("nan"), float("inf")])
    if kind == 1:
        return dice.randrange(-100, 100)
    if kind == 2:
        return dice.choice(
            [
                "",
                "tcp",
                "a" * 5000,
                "\x00",
                "../../x",
                "haproxy.reload",
                "\ud800",
                "é\u202e",
                "2026-01-01T00:00:00Z",
                "9999-99-99T99:99:99Z",
            ]
        )
    if kind in (3, 4, 5):
        return dice.choice(NAMES)
    if kind == 6:
        return [random_value(dice, depth + 1) for _ in range(dice.randrange(5))]
    return {dice.choice(NAMES): random_value(dice, depth + 1) for _ in range(dice.randrange(8))}


def test_random_objects_are_read_without_a_crash_and_without_an_accepted_job():
    dice = random.Random(20261121)
    jobs_seen = 0
    for _ in range(CASES):
        value = random_value(dice)
        if isinstance(value, dict) and dice.random() < 0.3:
            value["jobs"] = [random_value(dice, 3), {"id": dice.choice(NAMES), "command": random_value(dice, 3)}]
        raw = json.dumps(value).encode("utf-8", "surrogatepass")
        if dice.random() < 0.2:
            raw = raw[: dice.randrange(len(raw) + 1)] + bytes([dice.randrange(256)])
        try:
            document = agent.Answer(200, {}, raw).json_object()
        except agent.BadAnswer:
            continue
        answer = agent.BeatAnswer(document)
        assert answer.interval_sec is None or 1 <= answer.interval_sec <= 60
        assert answer.backoff_cap_sec is None or 1 <= answer.backoff_cap_sec <= 3600
        jobs_seen += len(answer.jobs)
        assert all(agent.JOB_ID.fullmatch(job_id) for job_id, _ in answer.jobs)
        for probe in answer.probes:
            assert 1 <= probe.port <= 65535 and probe.timeout_sec <= 10
        try:
            job = agent.ClaimedJob(document, "j1")
        except agent.BadAnswer:
            continue
        with pytest.raises(agent.JobRefused):
            agent.check_seal(job, [SECRET], "", 0, time.time())
    assert jobs_seen > 0  # else the dice never reached the code behind


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 900_000,
        b'{"a":' * 100_000,
        b"",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"jobs": [' + b"{}," * 200_000 + b"{}]}",
        b'"' + b"a" * 900_000,
    ],
)
def test_deep_and_broken_json_is_a_bad_answer(raw):
    try:
        answer = agent.BeatAnswer(agent.Answer(200, {}, raw).json_object())
    except agent.BadAnswer:
        return
    assert answer.jobs == []


def send_raw(data: bytes, pause_sec: float = 0.0, times: int = 1):
    def answer(handler, path, raw):
        handler.close_connection = True
        try:
            for _ in range(times):
                handler.wfile.write(data)
                handler.wfile.flush()
                time.sleep(pause_sec)
        except OSError:
            pass
        handler.cut()

    return answer


HOSTILE = {
    "not http": send_raw(b"SSH-2.0-OpenSSH_9\r\n"),
    "endless head": send_raw(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000),
    "endless lines": send_raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000),
    "huge length": send_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
    "negative length": send_raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}"),
    "two lengths": send_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"),
    "cut": send_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"),
    "endless body": send_raw(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 3_000_000),
    "endless chunks": send_raw(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"10000\r\n" + b"x" * 65536 + b"\r\n") * 40
    ),
    "bad chunks": send_raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "redirect": send_raw(b"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"),
    "gzip": send_raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
    "array": send_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"),
    "empty": send_raw(b""),
    "many 100s": send_raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 50),
    "slow drip": send_raw(b"H", 0.5, 40),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_answer_ends_in_bounded_time_with_a_reason(control, host, name):
    control.raw_answer = HOSTILE[name]
    began = time.monotonic()
    config = agent.load_config({"BALCTL_ROOT": host.root})
    client = agent.HttpsClient(config)
    with pytest.raises((agent.BadAnswer, agent.Unreachable)):
        client.post_json("/api/agents/heartbeat", {"hostname": "x"}, 1.5).json_object()
    assert time.monotonic() - began < 4.0


def test_the_process_survives_all_of_them_and_runs_nothing(control, host, haproxy):
    dice = random.Random(5)
    quick = [HOSTILE[name] for name in sorted(HOSTILE) if name != "slow drip"]
    count = [0]

    def answer(handler, path, raw):
        count[0] += 1
        if dice.random() < 0.5:
            dice.choice(quick)(handler, path, raw)
            return
        body = {
            "jobs": [{"id": f"j{count[0]}", "command": "haproxy.reload"}],
            "backoffCapSec": 1,
            "heartbeatIntervalSec": 1,
        }
        if path.endswith("claim"):
            body = {
                "job": {
                    "id": json.loads(raw)["jobId"],
                    "memberId": "m",
                    "attempt": 1,
                    "generation": 1,
                    "command": "haproxy.reload",
                    "params": {},
                    "expiresAt": "2099-01-01T00:00:00Z",
                    "timeoutSec": 10,
                    "mac": "0" * 64,
                }
            }
        handler.reply(200, json.dumps(body).encode())

    control.raw_answer = answer
    process = host.start()
    deadline = time.monotonic() + 20
    while count[0] < 30 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert count[0] >= 20
    assert process.poll() is None
    control.raw_answer = None
    control.wait(lambda: len(control.beats) >= 2)
    assert host.systemctl_calls() == []


def test_a_peer_that_never_speaks_tls_costs_seconds_not_for_ever(authority, tmp_path):
    from support.host import Host

    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = Host(str(tmp_path), f"https://localhost:{silent.getsockname()[1]}", authority.ca)
        client = agent.HttpsClient(agent.load_config({"BALCTL_ROOT": host.root}))
        began = time.monotonic()
        with pytest.raises(agent.Unreachable, match="in time"):
            client.post_json("/x", {}, 1.0)
        assert time.monotonic() - began < 2.5
