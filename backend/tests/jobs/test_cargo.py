"""Cargo: files of a job reach its running attempt and nobody else, and are not kept longer than needed."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

import pytest
from serversctl.jobs import service
from serversctl.jobs.rules import Ending
from serversctl.jobs.seasoning import params_for_agent, seasons
from serversctl.jobs.service.cargo import PIECE_MAX_BYTES
from serversctl.jobs.tables import JobCargo
from serversctl.kernel.errors import Conflict, Invalid
from serversctl.kernel.sealed import Sealer
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from .conftest import PAST, SECRET, House, Wire, a_command

SEALER = Sealer("k" * 32)
CONFIG = b"global\n    maxconn 10\n" + bytes(range(256))


def carrying(house: House, **inputs: bytes) -> UUID:
    return house.order(a_command(), inputs=inputs, sealer=SEALER)


def fetch(wire: Wire, job_id: UUID, name: str, attempt: int = 1, secret: str = SECRET) -> TestResponse:
    return wire.app.test_client().post(
        "/api/agents/blobs/input", json={"jobId": str(job_id), "attempt": attempt, "name": name},
        headers={"Authorization": f"Bearer {secret}"}, environ_base={"REMOTE_ADDR": "192.0.2.1"},
    )  # fmt: skip


def hand_over(wire: Wire, job_id: UUID, name: str, data: bytes, digest: str = "", attempt: int = 1) -> TestResponse:
    return wire.app.test_client().post(
        "/api/agents/blobs/output", data=data, content_type="application/octet-stream",
        query_string={"jobId": str(job_id), "attempt": attempt, "name": name, "sha256": digest or sha256(data).hexdigest()},
        headers={"Authorization": f"Bearer {SECRET}"}, environ_base={"REMOTE_ADDR": "192.0.2.1"},
    )  # fmt: skip


def test_the_sealed_order_names_the_files_and_the_running_attempt_fetches_them(wire: Wire):
    job_id = carrying(wire.house, config=CONFIG)

    before = fetch(wire, job_id, "config")
    claimed = wire.agent("claim", {"jobId": str(job_id)}).get_json()["job"]
    found = fetch(wire, job_id, "config")

    assert (before.status_code, before.get_json()["code"]) == (409, "attempt_over")
    assert sha256(CONFIG).hexdigest() in claimed["params"]["cargo"]
    assert (found.status_code, found.data, found.mimetype) == (200, CONFIG, "application/octet-stream")
    assert fetch(wire, job_id, "config", attempt=2).get_json()["code"] == "attempt_over"
    assert fetch(wire, job_id, "other").status_code == 404


def test_another_members_files_do_not_exist(wire: Wire):
    job_id = carrying(wire.house, config=CONFIG)
    house = wire.house
    other = house.order(member=house.other, command=a_command(), inputs={"config": b"theirs"}, sealer=SEALER)
    house.claim(other, member=house.other)
    house.claim(job_id)

    assert fetch(wire, other, "config").status_code == 404
    assert hand_over(wire, other, "x", b"y").status_code == 404
    assert fetch(wire, job_id, "config", secret="0" * 48).status_code == 401


def test_files_are_sealed_at_rest_and_bound_to_their_job(house: House):
    job_id, other = carrying(house, pem=b"PRIVATE KEY " * 9), carrying(house, pem=b"another")

    with house.sessions() as session:
        row = session.get_one(JobCargo, (job_id, "in", "pem"))
        assert b"PRIVATE" not in row.sealed
        stolen = session.get_one(JobCargo, (other, "in", "pem")).sealed
    with pytest.raises(Exception, match="does not open"):
        SEALER.open_bytes(stolen, f"job_cargo:{job_id}:in:pem")


def test_inputs_go_when_the_job_ends_and_outputs_a_day_later(wire: Wire):
    house = wire.house
    job_id = carrying(house, config=CONFIG)
    house.claim(job_id)
    assert hand_over(wire, job_id, "diff", b"-a\n+b\n").get_json() == {"sizeBytes": 6}
    house.do(service.complete, job_id, house.member.id, 1, service.Report(ending=Ending.COMPLETED))

    with house.sessions() as session:
        kept = session.execute(select(JobCargo.direction, JobCargo.name)).all()
        assert [tuple(row) for row in kept] == [("out", "diff")]
        assert service.output_of(session, SEALER, job_id, "diff") == b"-a\n+b\n"
    house.do(service.forget_cargo)
    with house.sessions() as session:
        assert service.output_of(session, SEALER, job_id, "diff") is not None
        session.execute(update(JobCargo).values(created_at=PAST))
        session.commit()
    house.change(job_id, ended_at=PAST)
    house.do(service.forget_cargo)
    with house.sessions() as session:
        assert service.output_of(session, SEALER, job_id, "diff") is None


def test_a_file_handed_over_twice_is_replaced_and_a_broken_one_refused(wire: Wire):
    job_id = carrying(wire.house)
    wire.house.claim(job_id)

    assert hand_over(wire, job_id, "config", b"old").status_code == 200
    assert hand_over(wire, job_id, "config", b"new").status_code == 200
    broken = hand_over(wire, job_id, "config", b"neW", sha256(b"new").hexdigest())

    assert (broken.status_code, broken.get_json()["code"]) == (422, "digest_mismatch")
    with wire.house.sessions() as session:
        assert service.output_of(session, SEALER, job_id, "config") == b"new"


def test_too_much_is_refused_and_nothing_is_kept(wire: Wire):
    house = wire.house
    with pytest.raises(Invalid, match="4194304 at most"):
        carrying(house, config=b"x" * (PIECE_MAX_BYTES + 1))
    with pytest.raises(Invalid, match="at most 16 files"):
        carrying(house, **{f"f{n}": b"" for n in range(17)})
    job_id = carrying(house)
    house.claim(job_id)

    assert hand_over(wire, job_id, "big", b"x" * PIECE_MAX_BYTES).status_code == 200
    assert hand_over(wire, job_id, "big", b"x" * (PIECE_MAX_BYTES + 1)).status_code == 413
    assert hand_over(wire, job_id, "../etc", b"x").status_code == 422


def test_a_seasoning_adds_secrets_that_are_never_stored(house: House):
    @seasons("haproxy.seasoned")
    def with_key(_session: object, _sealer: object, job: object, _member: object) -> dict[str, str]:
        return {"backupKey": "5" * 64}

    job_id = house.order(a_command("haproxy.seasoned"))
    with house.sessions() as session:
        job = service.get_job(session, job_id)
        assert job is not None
        assert params_for_agent(session, SEALER, job, house.member) == {"backupKey": "5" * 64}
        assert job.params == {}
    with pytest.raises(ValueError, match="seasoned twice"):
        seasons("haproxy.seasoned")(lambda *_: {})


def test_a_job_that_cannot_be_seasoned_fails_before_the_agent_sees_it(wire: Wire):
    @seasons("facts.read")
    def gone(*_: object) -> dict[str, str]:
        raise Conflict("no_key", "The key of this backup is gone: order a new one.")

    job_id = wire.order("facts.read")
    answer = wire.agent("claim", {"jobId": job_id})

    assert (answer.status_code, answer.get_json()["code"]) == (409, "no_key")
    assert wire.house.job(UUID(job_id)).state == "failed"
    assert "The key of this backup is gone" in (wire.house.job(UUID(job_id)).error or "")
