"""Jobs in the database: silence, crashes, cancel, decisions, restore, bounds (J2–J5, J9, J10)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from serversctl.identity.audit import SYSTEM
from serversctl.jobs import service
from serversctl.jobs.rules import Choice, Danger, Ending, Kind, State
from serversctl.jobs.service.completing import EVIDENCE_PER_JOB, RESULT_MAX_BYTES
from serversctl.jobs.tables import JobEvidence, ResourceLease
from serversctl.kernel.db import unit_of_work
from serversctl.kernel.errors import Conflict, Invalid, TooMany
from sqlalchemy import func, select

from .conftest import ANN, House, a_command, ago

DONE = service.Report(Ending.COMPLETED)
FAILED = service.Report(Ending.FAILED, error="no")
INTERRUPTED = service.Report(Ending.INTERRUPTED, error="interrupted: the agent died")


def sweep(house: House) -> None:
    house.do(service.sweep)


def test_a_lease_that_ran_out_a_moment_ago_is_left_alone(house: House):
    job_id = house.order(a_command(idempotent=False))
    house.claim(job_id)
    house.change(job_id, lease_until=ago(5))

    sweep(house)

    assert house.job(job_id).state == State.RUNNING


def test_a_silent_job_that_may_run_twice_is_tried_again_later(house: House):
    job_id = house.order()
    house.claim(job_id)
    house.do(service.progress, job_id, house.member.id, 1, service.Progress(percent=5))
    house.lease_runs_out(job_id)
    sweep(house)

    with pytest.raises(Conflict):
        house.claim(job_id)  # its pause is not over
    house.backoff_passes(job_id)

    assert house.claim(job_id).job.attempt == 2


def test_a_silent_job_that_must_not_run_twice_waits_for_an_operator_and_frees_its_resource(house: House):
    job_id, next_id = house.order(a_command(idempotent=False)), house.order()
    house.claim(job_id)
    house.do(service.progress, job_id, house.member.id, 1, service.Progress(percent=5))
    house.lease_runs_out(job_id)

    sweep(house)

    assert house.job(job_id).state == State.UNKNOWN
    assert house.claim(next_id).job.attempt == 1


@pytest.mark.parametrize(("choice", "state"), [(Choice.RETRY, State.PENDING), (Choice.FAILED, State.FAILED)])
def test_an_operator_decides_about_an_unknown_outcome_once(house: House, choice: Choice, state: State):
    job_id = house.order()
    house.change(job_id, state="unknown", attempt=1)

    with unit_of_work(house.sessions) as session:
        service.resolve(session, service.job_of_account(session, house.account_id, job_id), choice, ANN)
    with unit_of_work(house.sessions) as session, pytest.raises(Conflict):
        service.resolve(session, service.job_of_account(session, house.account_id, job_id), choice, ANN)

    assert house.job(job_id).state == state


def test_a_late_result_resolves_unknown(house: House):
    job_id = house.order(a_command(idempotent=False))
    house.claim(job_id)
    house.change(job_id, state="unknown")

    receipt = house.do(service.complete, job_id, house.member.id, 1, DONE)

    assert (receipt.kind, house.job(job_id).state) == (Kind.ACCEPT, State.COMPLETED)


def test_a_late_result_of_an_older_attempt_is_evidence_only(house: House):
    job_id = house.order()
    house.claim(job_id)
    house.change(job_id, state="pending")
    house.claim(job_id)

    receipt = house.do(service.complete, job_id, house.member.id, 1, FAILED)

    assert (receipt.kind, house.job(job_id).state, house.job(job_id).attempt) == (Kind.EVIDENCE, State.RUNNING, 2)


def test_any_order_of_completions_keeps_the_first_and_bounded_evidence(house: House):
    job_id = house.order()
    house.claim(job_id)
    kinds = [house.do(service.complete, job_id, house.member.id, 1, DONE).kind for _ in range(2)]
    for number in range(EVIDENCE_PER_JOB + 5):
        other = service.Report(Ending.FAILED, error=f"no {number}")
        kinds.append(house.do(service.complete, job_id, house.member.id, 1, other).kind)

    with unit_of_work(house.sessions) as session:
        evidence = session.scalar(select(func.count()).select_from(JobEvidence))
    assert kinds[:3] == [Kind.ACCEPT, Kind.SAME, Kind.CONFLICT]
    assert (house.job(job_id).state, evidence) == (State.COMPLETED, EVIDENCE_PER_JOB)


def test_an_attempt_that_was_never_given_out_cannot_be_reported(house: House):
    job_id = house.order()

    with pytest.raises(Conflict) as refused:
        house.do(service.complete, job_id, house.member.id, 1, DONE)

    assert refused.value.code == "attempt_unknown"


def test_the_agent_dies_twice_with_the_same_job_and_it_is_quarantined(house: House):
    job_id = house.order()
    for attempt in (1, 2):
        house.claim(job_id)
        house.do(service.complete, job_id, house.member.id, attempt, INTERRUPTED)
        house.backoff_passes(job_id)

    job = house.job(job_id)
    assert (job.state, job.crashes) == (State.FAILED, 2)
    assert "Quarantined" in (job.error or "")


def test_progress_after_an_outage_of_ours_takes_the_job_up_again(house: House):
    job_id = house.order(a_command(idempotent=False))
    house.claim(job_id)
    house.do(service.progress, job_id, house.member.id, 1, service.Progress())
    house.lease_runs_out(job_id)
    sweep(house)
    unknown = house.job(job_id).state

    cancel = house.do(service.progress, job_id, house.member.id, 1, service.Progress(percent=50))

    assert (unknown, cancel, house.job(job_id).state) == (State.UNKNOWN, False, State.RUNNING)
    with unit_of_work(house.sessions) as session:
        assert session.scalar(select(ResourceLease.job_id)) == job_id


@pytest.mark.parametrize("state", ["cancelled", "timed_out", "failed", "completed"])
def test_progress_of_a_job_that_is_over_is_told_to_stop(house: House, state: str):
    job_id = house.order()
    house.claim(job_id)
    house.change(job_id, state=state)

    assert house.do(service.progress, job_id, house.member.id, 1, service.Progress()) is True
    assert house.job(job_id).state == state


def test_a_job_far_over_its_limit_is_timed_out_and_its_agent_told(house: House):
    job_id = house.order()
    house.claim(job_id)
    house.change(job_id, deadline_at=ago(1))

    sweep(house)

    assert house.job(job_id).state == State.TIMED_OUT
    assert house.do(service.waiting, house.member.id)[1] == [str(job_id)]


@pytest.mark.parametrize(("danger", "hours", "state"), [
    (Danger.CHANGE, 1, State.PENDING), (Danger.CHANGE, 25, State.TIMED_OUT), (Danger.DANGEROUS, 1, State.TIMED_OUT),
])  # fmt: skip
def test_an_order_that_nobody_fetched_does_not_surprise_the_host_later(
    house: House, danger: Danger, hours: int, state: State
):
    job_id = house.order(a_command(danger=danger))
    house.change(job_id, created_at=datetime.now(UTC) - timedelta(hours=hours))

    sweep(house)

    assert house.job(job_id).state == state


@pytest.mark.parametrize(
    ("state", "after"),
    [("pending", State.CANCELLED), ("held", State.CANCELLED), ("running", State.RUNNING)],
)
def test_cancel_is_at_once_or_through_the_agent(house: House, state: str, after: State):
    job_id = house.order()
    house.change(job_id, state=state)

    with unit_of_work(house.sessions) as session:
        service.cancel(session, service.job_of_account(session, house.account_id, job_id), ANN)

    job = house.job(job_id)
    assert (job.state, job.cancel_requested) == (after, state == "running")


@pytest.mark.parametrize("state", ["completed", "failed", "cancelled", "timed_out", "unknown"])
def test_cancel_of_what_is_over_is_refused_and_changes_nothing(house: House, state: str):
    job_id = house.order()
    house.change(job_id, state=state)

    with unit_of_work(house.sessions) as session, pytest.raises(Conflict) as refused:
        service.cancel(session, service.job_of_account(session, house.account_id, job_id), ANN)

    assert refused.value.extra == {"state": state}
    assert house.job(job_id).state == state


def test_after_a_restore_nothing_that_was_open_runs_until_somebody_says_so(house: House):
    waiting, running = house.order(), house.order(a_command("facts.read", resource=None))
    house.claim(running)

    held = house.do(service.hold_open, "Restored from a backup.")

    assert held == 2
    assert {house.job(i).state for i in (waiting, running)} == {State.HELD}
    assert house.do(service.waiting, house.member.id) == ([], [])
    with pytest.raises(Conflict):
        house.claim(waiting)


def test_history_is_bounded_for_each_member(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("serversctl.jobs.service.sweeping.KEPT_PER_MEMBER", 3)
    ended = [house.order() for _ in range(5)]
    still_open = house.order()
    for job_id in ended:
        house.change(job_id, state="completed", ended_at=datetime.now(UTC))

    house.do(service.forget_old)

    with unit_of_work(house.sessions) as session:
        kept = [job_id for job_id in ended if service.get_job(session, job_id)]
        assert service.get_job(session, still_open) is not None
    assert kept == ended[-3:]


def test_a_person_cannot_flood_and_the_system_can_go_on(house: House):
    for number in range(60):
        house.order(a_command("facts.read", resource=None), member=house.member if number % 2 else house.other)

    with pytest.raises(TooMany):
        house.order()

    assert house.order(actor=SYSTEM)


def test_dangerous_orders_have_a_tighter_limit(house: House):
    for _ in range(10):
        house.order(a_command(danger=Danger.DANGEROUS))

    with pytest.raises(TooMany) as refused:
        house.order(a_command(danger=Danger.DANGEROUS))

    assert "dangerous" in refused.value.detail
    assert house.order()


def test_a_member_that_is_away_does_not_collect_orders_without_end(house: House):
    for _ in range(50):
        house.order(actor=SYSTEM)

    with pytest.raises(TooMany) as refused:
        house.order(actor=SYSTEM)

    assert refused.value.code == "member_queue_full"


def test_hostile_output_is_stored_as_plain_bounded_text(house: House):
    job_id = house.order()
    house.claim(job_id)
    log = "\x1b]0;title\x07\x1b[31mred\x1b[0m\x00\ud800 ok\n" + "x" * 300_000 + "end"
    report = service.Report(Ending.FAILED, error="\x1b[2J\x00bad", log=log, result={"\ud800": "\x00", "n": [1]})

    house.do(service.complete, job_id, house.member.id, 1, report)

    job = house.job(job_id)
    text = house.do(service.log_of, job_id)
    assert text.startswith("red�? ok\n")
    assert text.endswith("end")
    assert "bytes left out" in text
    assert len(text) < 140_000
    assert job.log_size_bytes > 300_000
    assert (job.error, job.result) == ("�bad", {"?": "�", "n": [1]})


def test_a_result_that_is_too_large_costs_the_result_and_not_the_outcome(house: House):
    job_id = house.order()
    house.claim(job_id)

    house.do(
        service.complete,
        job_id,
        house.member.id,
        1,
        service.Report(Ending.COMPLETED, result={"a": "x" * RESULT_MAX_BYTES}),
    )

    job = house.job(job_id)
    assert (job.state, list(job.result or {})) == (State.COMPLETED, ["leftOut"])


def test_parameters_that_are_too_large_are_refused(house: House):
    spec = {f"p{n}": {"type": "string", "title": "P"} for n in range(10)}

    with pytest.raises(Invalid) as refused:
        house.order(a_command(params=spec), params=dict.fromkeys(spec, "x" * 4000))

    assert refused.value.code == "params_too_large"
