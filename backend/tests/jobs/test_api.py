"""Jobs over HTTP: the contract, and every way to get it wrong."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from uuid import uuid4

import pytest

from .conftest import SECRET, Wire


def test_an_order_is_claimed_sealed_reported_and_read(wire: Wire):
    job_id = wire.order()

    flagged = wire.app.extensions["serversctl"].redis.smembers("jobs:pending")
    claimed = wire.agent("claim", {"jobId": job_id, "futureField": 1}).get_json()
    wire.agent("progress", {"jobId": job_id, "attempt": 1, "percent": 40, "step": "Reloading", "logTail": "checking\n"})
    done = wire.agent("complete", {
        "jobId": job_id, "attempt": 1, "status": "completed", "exitCode": 0, "result": {"pid": 7}, "log": "checking\nok\n",
    })  # fmt: skip
    shown = wire.ask("GET", f"/api/jobs/{job_id}").get_json()

    assert flagged == {str(wire.house.member.id).encode()}
    assert claimed["leaseSec"] == 30
    assert claimed["job"]["mac"] == expected_mac(SECRET, claimed["job"])
    assert (done.status_code, done.get_json()) == (200, {"status": "completed", "recorded": True})
    assert (shown["status"], shown["exitCode"], shown["result"]) == ("completed", 0, {"pid": 7})
    assert (shown["log"], shown["percent"], shown["attempts"][0]["outcome"]) == ("checking\nok\n", 100.0, "completed")


def expected_mac(secret: str, job: dict[str, Any]) -> str:
    """The agent's own sum, written down a second time on purpose."""
    key = hmac.new(hashlib.sha256(secret.encode()).digest(), b"serversctl-job-v1", hashlib.sha256).digest()
    sealed = {n: job[n] for n in ("memberId", "attempt", "generation", "expiresAt", "command", "params")}
    text = json.dumps({**sealed, "jobId": job["id"]}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def test_the_same_idempotency_key_orders_once(wire: Wire):
    path, body = f"/api/members/{wire.house.member.id}/jobs", {"command": "haproxy.reload", "params": {}}

    first = wire.ask("POST", path, body, Idempotency_Key="k-1")
    again = wire.ask("POST", path, body, Idempotency_Key="k-1")
    other = wire.ask("POST", path, {"command": "facts.read"}, Idempotency_Key="k-1")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json()["id"] == again.get_json()["id"]
    assert (other.status_code, other.get_json()["code"]) == (409, "idempotency_key_reused")


DRAIN = {"backend": "web", "server": "s1"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "command"),
        ({"command": ""}, "command"),
        ({"command": 7}, "command"),
        ({"command": "x" * 65}, "command"),
        ({"command": "haproxy.explode"}, "command"),
        ({"command": "rm -rf /; ünïcode"}, "command"),
        ({"command": "haproxy.reload", "params": []}, "params"),
        ({"command": "haproxy.reload", "params": None}, "params"),
        ({"command": "haproxy.reload", "extra": 1}, "extra"),
        ({"command": "haproxy.reload", "params": {"nope": 1}}, "params.nope"),
        ({"command": "haproxy.server_drain", "params": {"server": "s1"}}, "params.backend"),
        ({"command": "haproxy.server_drain", "params": {**DRAIN, "server": "-x"}}, "params.server"),
        ({"command": "haproxy.server_drain", "params": {**DRAIN, "server": "a b"}}, "params.server"),
        ({"command": "haproxy.server_drain", "params": {**DRAIN, "server": "a\n"}}, "params.server"),
        ({"command": "haproxy.server_drain", "params": {**DRAIN, "server": "\ud800"}}, "params"),
        ({"command": "haproxy.server_drain", "params": {**DRAIN, "server": 3}}, "params.server"),
        ({"command": "haproxy.server_drain", "params": {**DRAIN, "server": "x" * 5000}}, "params.server"),
        ({"command": "haproxy.server_drain", "params": {**DRAIN, "graceSec": -1}}, "params.graceSec"),
        ({"command": "haproxy.server_drain", "params": {**DRAIN, "graceSec": 601}}, "params.graceSec"),
        ({"command": "haproxy.server_drain", "params": {**DRAIN, "graceSec": True}}, "params.graceSec"),
        ({"command": "haproxy.server_drain", "params": {**DRAIN, "graceSec": 1.5}}, "params.graceSec"),
        ({"command": "haproxy.server_drain", "params": {**DRAIN, "force": "yes"}}, "params.force"),
        ({"command": "haproxy.server_drain", "params": {**DRAIN, "mode": "odd"}}, "params.mode"),
    ],
)
def test_a_wrong_order_names_its_field_and_changes_nothing(wire: Wire, body: Any, field: str):
    answer = wire.ask("POST", f"/api/members/{wire.house.member.id}/jobs", body)

    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert field in answer.get_json()["errors"]
    assert wire.ask("GET", "/api/jobs").get_json()["items"] == []


@pytest.mark.parametrize(
    ("call", "body", "field"),
    [
        ("claim", {}, "jobId"),
        ("claim", {"jobId": "nope"}, "jobId"),
        ("claim", {"jobId": ["x"]}, "jobId"),
        ("progress", {"jobId": "JOB", "percent": 101}, "percent"),
        ("progress", {"jobId": "JOB", "percent": "NaN"}, "percent"),
        ("progress", {"jobId": "JOB", "attempt": 0}, "attempt"),
        ("progress", {"jobId": "JOB", "step": {"a": 1}}, "step"),
        ("progress", {"jobId": "JOB", "logTail": 5}, "logTail"),
        ("complete", {"jobId": "JOB"}, "status"),
        ("complete", {"jobId": "JOB", "status": "sort of"}, "status"),
        ("complete", {"jobId": "JOB", "status": "failed", "exitCode": "0"}, "exitCode"),
        ("complete", {"jobId": "JOB", "status": "failed", "exitCode": 1 << 40}, "exitCode"),
        ("complete", {"jobId": "JOB", "status": "failed", "result": [1]}, "result"),
        ("complete", {"jobId": "JOB", "status": "failed", "log": 7}, "log"),
        ("complete", {"jobId": "JOB", "status": "failed", "error": []}, "error"),
    ],
)
def test_a_malformed_report_names_its_field_and_changes_nothing(
    wire: Wire, call: str, body: dict[str, Any], field: str
):
    job_id = wire.order()
    if body.get("jobId") == "JOB":
        wire.agent("claim", {"jobId": job_id})
        body = {**body, "jobId": job_id}
    before = wire.ask("GET", f"/api/jobs/{job_id}").get_json()

    answer = wire.agent(call, body)

    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [field]
    assert wire.ask("GET", f"/api/jobs/{job_id}").get_json() == before


def test_a_body_over_the_limit_and_broken_json_are_refused(wire: Wire):
    job_id = wire.order()
    wire.agent("claim", {"jobId": job_id})

    huge = wire.agent("complete", {"jobId": job_id, "status": "failed", "log": "x" * (1 << 20)})
    broken = wire.app.test_client().post(
        "/api/agents/jobs/complete", data=b'{"jobId": ', content_type="application/json",
        headers={"Authorization": f"Bearer {SECRET}"}, environ_base={"REMOTE_ADDR": "192.0.2.1"},
    )  # fmt: skip

    assert (huge.status_code, broken.status_code) == (413, 400)
    assert wire.ask("GET", f"/api/jobs/{job_id}").get_json()["status"] == "running"


@pytest.mark.parametrize(
    ("secret", "address", "status", "code"),
    [
        ("", "192.0.2.1", 401, "credential_missing"),
        ("ef" * 24, "192.0.2.1", 401, "credential_unknown"),
        (SECRET[:-1], "192.0.2.1", 401, "credential_unknown"),
        (SECRET, "198.51.100.9", 403, "ip_not_allowed"),
    ],
)
def test_only_the_member_itself_gets_its_jobs(wire: Wire, secret: str, address: str, status: int, code: str):
    job_id = wire.order()

    answer = wire.agent("claim", {"jobId": job_id}, secret=secret, address=address)

    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert wire.ask("GET", f"/api/jobs/{job_id}").get_json()["status"] == "pending"


CALLS = {"claim": {}, "progress": {"percent": 5}, "complete": {"status": "completed"}}


@pytest.mark.parametrize("call", CALLS)
def test_a_host_with_another_name_is_refused_in_every_call_and_changes_nothing(wire: Wire, call: str):
    job_id = wire.order()
    if call != "claim":
        wire.agent("claim", {"jobId": job_id})
    before = wire.ask("GET", f"/api/jobs/{job_id}").get_json()

    answer = wire.agent(call, {"jobId": job_id, "hostname": "lb9.example.com", **CALLS[call]})

    assert (answer.status_code, answer.get_json()["code"]) == (403, "hostname_mismatch")
    assert "lb9.example.com" in answer.get_json()["detail"]
    assert wire.ask("GET", f"/api/jobs/{job_id}").get_json() == before


@pytest.mark.parametrize("said", [{}, {"hostname": None}, {"hostname": "LB1.Example.com."}])
def test_the_right_name_in_any_case_and_an_old_agent_without_one_pass_in_every_call(wire: Wire, said: dict[str, Any]):
    job_id = wire.order()

    answers = [wire.agent(call, {"jobId": job_id, **said, **body}).status_code for call, body in CALLS.items()]

    assert answers == [200, 200, 200]
    assert wire.ask("GET", f"/api/jobs/{job_id}").get_json()["status"] == "completed"


def test_the_address_is_checked_before_the_name(wire: Wire):
    job_id = wire.order()

    answer = wire.agent("claim", {"jobId": job_id, "hostname": "lb9.example.com"}, address="198.51.100.9")

    assert answer.get_json()["code"] == "ip_not_allowed"


def test_another_members_job_is_404_in_all_three_calls(wire: Wire):
    job_id = wire.order()
    wire.agent("claim", {"jobId": job_id})

    answers = [
        wire.agent(call, {"jobId": job_id, "status": "completed"}, secret="cd" * 24).status_code
        for call in ("claim", "progress", "complete")
    ]

    assert answers == [404, 404, 404]
    assert wire.ask("GET", f"/api/jobs/{job_id}").get_json()["status"] == "running"


def test_a_different_second_report_is_409_kept_and_audited(wire: Wire):
    job_id = wire.order()
    wire.agent("claim", {"jobId": job_id})
    wire.agent("complete", {"jobId": job_id, "attempt": 1, "status": "completed"})

    same = wire.agent("complete", {"jobId": job_id, "attempt": 1, "status": "completed"})
    other = wire.agent("complete", {"jobId": job_id, "attempt": 1, "status": "failed", "error": "no"})
    shown = wire.ask("GET", f"/api/jobs/{job_id}").get_json()

    assert (same.status_code, other.status_code, other.get_json()["code"]) == (200, 409, "completion_conflict")
    assert (shown["status"], [e["kind"] for e in shown["evidence"]]) == ("completed", ["conflict"])
    assert "job.conflicting_report" in audited(wire)


def audited(wire: Wire) -> list[str]:
    from serversctl.identity.audit_tables import AuditEntry
    from serversctl.kernel.db import unit_of_work

    with unit_of_work(wire.house.sessions) as session:
        return [entry.action for entry in session.query(AuditEntry)]


def test_cancelling_a_running_job_reaches_its_agent_and_ends_cancelled(wire: Wire):
    job_id = wire.order()
    wire.agent("claim", {"jobId": job_id})

    cancelled = wire.ask("POST", f"/api/jobs/{job_id}/cancel")
    told = wire.agent("progress", {"jobId": job_id, "attempt": 1}).get_json()
    wire.agent("complete", {"jobId": job_id, "attempt": 1, "status": "failed", "error": "cancelled: stopped"})
    again = wire.ask("POST", f"/api/jobs/{job_id}/cancel")

    assert (cancelled.status_code, told["cancel"]) == (202, True)
    assert wire.app.extensions["serversctl"].redis.smembers("jobs:cancel") == {str(wire.house.member.id).encode()}
    assert wire.ask("GET", f"/api/jobs/{job_id}").get_json()["status"] == "cancelled"
    assert (again.status_code, again.get_json()["code"]) == (409, "job_not_cancellable")


def test_a_job_of_another_account_is_404_everywhere(wire: Wire):
    for method, path in [
        ("GET", f"/api/jobs/{uuid4()}"), ("GET", f"/api/jobs/{uuid4()}/log"), ("POST", f"/api/jobs/{uuid4()}/cancel"),
        ("GET", f"/api/members/{uuid4()}/jobs"),
    ]:  # fmt: skip
        assert wire.ask(method, path).status_code == 404


def test_the_log_can_be_followed_from_an_offset(wire: Wire):
    job_id = wire.order()
    wire.agent("claim", {"jobId": job_id})
    wire.agent("progress", {"jobId": job_id, "logTail": "one\ntwo\n"})

    first = wire.ask("GET", f"/api/jobs/{job_id}/log").get_json()
    wire.agent("progress", {"jobId": job_id, "logTail": "two\nthree\n"})
    rest = wire.ask("GET", f"/api/jobs/{job_id}/log?offset={first['nextOffset']}").get_json()

    assert (first["text"], rest["text"], rest["ended"]) == ("one\ntwo\n", "three\n", False)


def test_lists_are_pages_newest_first(wire: Wire):
    made = [wire.order() for _ in range(5)]

    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = wire.ask("GET", "/api/jobs?limit=2" + (f"&cursor={cursor}" if cursor else "")).get_json()
        seen += [job["id"] for job in page["items"]]
        cursor = page["nextCursor"]

    assert seen == made[::-1]
    assert wire.ask("GET", "/api/jobs?cursor=WzEsMl0").status_code == 422


def test_the_stop_switch_stops_and_lifts(wire: Wire):
    stopped = wire.ask("PUT", "/api/jobs/stop", {"stopped": True, "reason": "incident"}).get_json()
    refused = wire.ask("POST", f"/api/members/{wire.house.member.id}/jobs", {"command": "haproxy.reload"})
    wire.ask("PUT", "/api/jobs/stop", {"stopped": False})

    assert (stopped["stopped"], stopped["reason"]) == (True, "incident")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "jobs_stopped")
    assert wire.order()


def test_the_catalogue_is_served(wire: Wire):
    items = wire.ask("GET", "/api/commands").get_json()["items"]

    drain = next(item for item in items if item["id"] == "haproxy.server_drain")
    assert drain["params"]["graceSec"] == {"type": "integer", "title": "Grace", "default": 30, "min": 0, "max": 600}
    assert (drain["danger"], drain["timeoutSec"], drain["applies"]) == ("change", 60, {"stack": "haproxy"})
    assert wire.ask("GET", "/api/commands/haproxy.explode").status_code == 404
