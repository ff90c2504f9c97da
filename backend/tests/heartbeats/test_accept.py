"""The three checks in the contract's order, the answer, and every field of the body gone wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from serversctl.heartbeats import canary
from serversctl.heartbeats.intake import check_envelope
from serversctl.heartbeats.messages import read_beat
from serversctl.heartbeats.service import accept
from serversctl.heartbeats.service.accepting import Ordinary
from serversctl.kernel.errors import DomainError, Invalid
from support.fleet import SECRET_KEY, SOURCE, Fleet

GOOD = b'{"hostname":"lb1.example.com"}'


def refused(fleet: Fleet, authorization: str | None, source: str | None = SOURCE, body: bytes = GOOD) -> DomainError:
    with pytest.raises(DomainError) as caught:
        accept(fleet.replica.intake, authorization, source, body)
    return caught.value


def bearer(fleet: Fleet, hostname: str = "lb1.example.com", **how: Any) -> str:
    return f"Bearer {fleet.secrets[fleet.enrol(hostname, **how)]}"


def test_a_bare_hostname_is_a_valid_heartbeat(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    answer = fleet.beat(lb1, seq=0, bootId="")
    assert answer["heartbeatIntervalSec"] == 1
    assert (answer["jobs"], answer["cancelJobs"], answer["probes"]) == ([], [], [])
    assert answer["agent"]["latestVersion"] == 7
    assert answer["backoffCapSec"] == 10
    assert answer["serverTime"].endswith("Z")
    assert answer["nonce"]


def test_the_first_answer_greets_the_member_and_later_ones_do_not(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    first, second = fleet.beat(lb1), fleet.beat(lb1)
    assert (first["memberId"], first["generation"], first["full"]) == (str(lb1), 1, True)
    assert "memberId" not in second


def test_the_hostname_is_compared_without_regard_to_case(fleet: Fleet) -> None:
    lb1 = fleet.enrol("LB1.Example.COM")
    for said in ("lb1.example.com", "LB1.EXAMPLE.COM", "lb1.example.com."):
        assert fleet.beat(lb1, hostname=said)


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic abc", "0" * 48])
def test_without_a_credential(fleet: Fleet, authorization: str | None) -> None:
    why = refused(fleet, authorization)
    assert (why.status, why.code) == (401, "credential_missing")


@pytest.mark.parametrize("secret", ["0" * 48, "0" * 47, "0" * 49, "z" * 48, "é" * 48, "A" * 48, " " * 48 + "x"])
def test_an_unknown_credential(fleet: Fleet, secret: str) -> None:
    fleet.enrol()
    why = refused(fleet, f"Bearer {secret}")
    assert (why.status, why.code) == (401, "credential_unknown")
    assert ("48 hexadecimal" in why.detail) == (secret != "0" * 48)


@pytest.mark.parametrize(("secret", "asks"), [("0" * 48, True), ("0" * 47, False), ("z" * 48, False)])
def test_the_gate_sends_an_unknown_secret_of_the_right_shape_to_the_database_first(
    fleet: Fleet, secret: str, asks: bool
) -> None:
    fleet.replica.intake.may_look_again = lambda _at: True  # type: ignore[method-assign]
    if asks:
        assert accept(fleet.replica.intake, f"Bearer {secret}", SOURCE, GOOD) is None
    else:
        assert refused(fleet, f"Bearer {secret}").code == "credential_unknown"


def test_the_member_id_instead_of_the_secret_is_named_as_such(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    why = refused(fleet, f"Bearer {lb1}")
    assert (why.status, why.code) == (401, "credential_unknown")
    assert "UUID" in why.detail
    fleet.replica.coalescer.flush()
    from serversctl.heartbeats import refused as notes

    (note,) = notes.read(fleet.redis, notes.member_key(str(lb1)))
    assert "UUID" in note.detail


def test_a_secret_in_upper_case_is_not_the_secret(fleet: Fleet) -> None:
    secret = bearer(fleet).partition(" ")[2]
    if secret.upper() != secret:
        assert refused(fleet, f"Bearer {secret.upper()}").code == "credential_unknown"


def test_an_address_that_is_not_allowed_is_named(fleet: Fleet) -> None:
    why = refused(fleet, bearer(fleet), "198.51.100.99")
    assert (why.status, why.code) == (403, "ip_not_allowed")
    assert "198.51.100.99" in why.detail
    assert why.extra == {"seenAddress": "198.51.100.99"}


def test_an_address_that_is_not_known(fleet: Fleet) -> None:
    why = refused(fleet, bearer(fleet), None)
    assert (why.status, why.code) == (403, "source_ip_missing")


@pytest.mark.parametrize(
    ("allowed", "source", "well"),
    [
        ("203.0.113.0/24", "203.0.113.77", True), ("203.0.113.0/24", "203.0.114.1", False),
        ("2001:db8::/32", "2001:db8::7", True), ("2001:db8::7", "2001:db8::8", False), ("10.0.0.0/8", "10.1.2.3", True),
    ],
)  # fmt: skip
def test_blocks_and_both_families_are_allowed_sources(fleet: Fleet, allowed: str, source: str, well: bool) -> None:
    lb1 = fleet.enrol(allowed_ips=[allowed])
    if well:
        assert fleet.beat(lb1, source=source)
    else:
        assert refused(fleet, f"Bearer {fleet.secrets[lb1]}", source).code == "ip_not_allowed"


def test_another_hostname_is_told_with_both_names(fleet: Fleet) -> None:
    why = refused(fleet, bearer(fleet), body=b'{"hostname":"edge-fra"}')
    assert (why.status, why.code) == (403, "hostname_mismatch")
    assert "edge-fra" in why.detail
    assert "lb1.example.com" in why.detail
    assert "BALCTL_HOSTNAME" in why.detail


def test_the_order_is_secret_then_address_then_hostname(fleet: Fleet) -> None:
    good = bearer(fleet)
    bad_name = b'{"hostname":"other"}'
    assert refused(fleet, "Bearer " + "0" * 48, "198.51.100.99", bad_name).code == "credential_unknown"
    assert refused(fleet, good, "198.51.100.99", bad_name).code == "ip_not_allowed"
    assert refused(fleet, good, "198.51.100.99", b"not json").code == "ip_not_allowed"
    assert refused(fleet, good, SOURCE, bad_name).code == "hostname_mismatch"


def test_more_than_five_in_a_second_are_too_many_for_that_member_alone(fleet: Fleet) -> None:
    lb1, lb2 = fleet.enrol(), fleet.enrol("lb2.example.com")
    for _ in range(5):
        fleet.beat(lb1, paced=True)
    with pytest.raises(DomainError) as caught:
        fleet.beat(lb1, paced=True)
    assert (caught.value.status, getattr(caught.value, "retry_after_sec", 0)) == (429, 1)
    assert fleet.beat(lb2, paced=True)
    fleet.ticker.at += 1
    assert fleet.beat(lb1, paced=True)


def test_a_refused_heartbeat_leaves_no_sighting(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    header = f"Bearer {fleet.secrets[lb1]}"
    refused(fleet, header, "198.51.100.99")
    refused(fleet, header, body=b'{"hostname":"other"}')
    refused(fleet, header, body=b'{"hostname":"lb1.example.com","seq":-1}')
    fleet.replica.coalescer.flush()
    assert fleet.liveness.known() == 0


def test_the_canary_is_known_by_its_token_alone_and_is_no_member(fleet: Fleet) -> None:
    answer = accept(fleet.replica.intake, f"Bearer {canary.token(SECRET_KEY)}", "192.0.2.200", canary.BODY)
    assert answer is not None
    assert json.loads(answer)["heartbeatIntervalSec"] == 1
    fleet.replica.coalescer.flush()
    assert fleet.liveness.canary_at() > 0
    assert fleet.liveness.known() == 0
    assert refused(fleet, f"Bearer {canary.token('another key ' * 3)}", body=canary.BODY).code == "credential_unknown"


def test_the_gate_passes_on_what_needs_more_than_prebuilt_bytes(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    header = f"Bearer {fleet.secrets[lb1]}"
    assert accept(fleet.replica.intake, header, SOURCE, GOOD) is None  # first contact
    fleet.replica.coalescer.flush()
    assert fleet.liveness.known() == 0  # and nothing was recorded on the way
    fleet.beat(lb1)
    assert accept(fleet.replica.intake, header, SOURCE, GOOD) is not None
    fleet.redis.sadd("jobs:pending", str(lb1))
    fleet.replica.coalescer.flush()
    assert accept(fleet.replica.intake, header, SOURCE, GOOD) is None
    jobs = [{"id": "j1", "command": "haproxy.reload"}]
    with fleet.work() as session:
        answer = accept(
            fleet.replica.intake, header, SOURCE, GOOD, ordinary=Ordinary(session, lambda *_: (jobs, ["j0"]))
        )
    assert answer is not None
    assert json.loads(answer)["jobs"] == jobs
    assert json.loads(answer)["cancelJobs"] == ["j0"]
    fleet.redis.srem("jobs:pending", str(lb1))
    fleet.replica.coalescer.flush()
    assert accept(fleet.replica.intake, header, SOURCE, GOOD) is not None


def test_members_with_jobs_to_cancel_take_the_ordinary_way_too(fleet: Fleet) -> None:
    lb1 = fleet.enrol()
    fleet.beat(lb1)
    fleet.redis.sadd("jobs:cancel", str(lb1))
    fleet.replica.coalescer.flush()
    assert accept(fleet.replica.intake, f"Bearer {fleet.secrets[lb1]}", SOURCE, GOOD) is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"hostname": None}, "hostname"), ({"hostname": 7}, "hostname"), ({"hostname": ""}, "hostname"),
        ({"hostname": "a" * 254}, "hostname"), ({"hostname": ["x"]}, "hostname"),
        ({"ip": 7}, "ip"), ({"ip": "1" * 46}, "ip"),
        ({"agentVersion": "1"}, "agentVersion"), ({"agentVersion": -1}, "agentVersion"),
        ({"agentVersion": 1.5}, "agentVersion"), ({"agentVersion": 2**31}, "agentVersion"),
        ({"bootId": 1}, "bootId"), ({"bootId": "b" * 129}, "bootId"),
        ({"seq": -1}, "seq"), ({"seq": "1"}, "seq"), ({"seq": 2**60}, "seq"), ({"seq": True}, "seq"),
        ({"sentAt": 1}, "sentAt"), ({"sentAt": "x" * 41}, "sentAt"),
        ({"host": []}, "host"), ({"host": {"osFamily": 1}}, "host.osFamily"),
        ({"host": {"uptimeSec": -1}}, "host.uptimeSec"), ({"host": {"cpu": {"usedPct": "5"}}}, "host.cpu.usedPct"),
        ({"host": {"cpu": {"count": -2}}}, "host.cpu.count"), ({"host": {"memory": {"usedBytes": -1}}}, "host.memory.usedBytes"),
        ({"host": {"disks": {}}}, "host.disks"), ({"host": {"disks": [{"mount": 1}]}}, "host.disks[0].mount"),
        ({"host": {"load": [1, 2, 3, 4]}}, "host.load"), ({"host": {"load": ["x"]}}, "host.load[0]"),
        ({"host": {"network": "eth0"}}, "host.network"), ({"host": {"services": 3}}, "host.services"),
        ({"host": {"pendingUpdates": -3}}, "host.pendingUpdates"), ({"host": {"rebootRequired": 1}}, "host.rebootRequired"),
        ({"host": {"firewall": True}}, "host.firewall"), ({"host": {"certificates": "none"}}, "host.certificates"),
        ({"haproxy": "yes"}, "haproxy"), ({"haproxy": {"monitored": 1}}, "haproxy.monitored"),
        ({"haproxy": {"active": "true"}}, "haproxy.active"), ({"haproxy": {"version": 2.6}}, "haproxy.version"),
        ({"haproxy": {"listeners": 5}}, "haproxy.listeners"), ({"haproxy": {"topology": "x"}}, "haproxy.topology"),
        ({"haproxy": {"stats": 1}}, "haproxy.stats"), ({"mariadb": 1}, "mariadb"), ({"cpanel": "x"}, "cpanel"),
        ({"openlitespeed": 0}, "openlitespeed"), ({"runningJobs": "j"}, "runningJobs"),
        ({"runningJobs": [1]}, "runningJobs[0]"), ({"runningJobs": ["j"] * 101}, "runningJobs"),
        ({"echo": 5}, "echo"), ({"echo": "e" * 1025}, "echo"), ({"probeResults": {}}, "probeResults"),
        ({"probeResults": [{"ok": True}]}, "probeResults[0].id"), ({"probeResults": [{"id": "p", "ok": "yes"}]}, "probeResults[0].ok"),
        ({"probeResults": [{"id": "p", "ok": True, "millis": -1}]}, "probeResults[0].millis"),
        ({"probeResults": [{"id": "p", "ok": True, "ageSec": -5}]}, "probeResults[0].ageSec"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_beat(json.dumps({"hostname": "lb1", **change}).encode())
    assert list(caught.value.errors) == [field]
    assert caught.value.status == 422


def test_a_missing_hostname_is_named() -> None:
    with pytest.raises(Invalid) as caught:
        read_beat(b"{}")
    assert list(caught.value.errors) == ["hostname"]


@pytest.mark.parametrize(
    "body", [b"", b"nothing", b"[]", b"null", b'"x"', b'{"hostname":', b"\x1f\x8b\x08", b'{"hostname":"\xff"}', b"\x00"]
)
def test_a_body_that_is_no_heartbeat_is_refused_with_a_reason(body: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        read_beat(body)
    assert caught.value.detail


def test_unknown_fields_and_empty_blocks_are_fine() -> None:
    beat = read_beat(
        b'{"hostname":"lb1","future":{"x":[1]},"host":{"swap":{},"cpu":{},"new":1,"firewall":{},"network":[]},'
        b'"haproxy":{"topology":{},"listeners":[]},"mariadb":{},"runningJobs":[],"probeResults":[]}'
    )
    assert beat.hostname == "lb1"


def test_nesting_as_deep_as_a_body_can_be_is_refused_and_breaks_nothing() -> None:
    deep = b'{"hostname":"lb1","mariadb":' + b"[" * 30_000 + b"]" * 30_000 + b"}"
    with pytest.raises(Invalid) as caught:
        read_beat(deep)
    assert caught.value.code == "body_invalid"


@pytest.mark.parametrize(
    ("length", "encoding", "status"),
    [(65_537, None, 413), (10, "gzip", 415), (10, "GZIP", 415), (10, "br", 415), (10, "identity, gzip", 415)],
)
def test_long_and_compressed_bodies_are_refused_before_they_are_read(
    length: int, encoding: str | None, status: int
) -> None:
    with pytest.raises(DomainError) as caught:
        check_envelope(length, encoding)
    assert caught.value.status == status


def test_a_body_of_exactly_the_limit_is_read() -> None:
    check_envelope(65_536, None)
    check_envelope(None, "identity")
