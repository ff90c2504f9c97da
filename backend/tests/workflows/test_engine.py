"""Workflows from their start to their end, and everything that comes between."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from serversctl.jobs import service as job_service
from serversctl.jobs.rules import Ending
from serversctl.jobs.tables import Job
from serversctl.kernel.db import unit_of_work
from serversctl.kernel.errors import Conflict
from serversctl.kernel.failpoint import armed
from serversctl.members.tables import Member
from serversctl.workflows import jobs as worker
from serversctl.workflows import registry, service
from serversctl.workflows.tables import Workflow
from sqlalchemy import delete, update

from .conftest import ANN, Bench


class Died(Exception):
    """The process is gone at this line."""


def die() -> None:
    raise Died


def test_steps_run_one_after_the_other_and_see_the_results_before_them(bench: Bench):
    flow_id = bench.start()

    flow = bench.run(flow_id)

    assert flow.state == "completed"
    assert flow.ended_at is not None
    assert [(job.command, job.params) for job in bench.jobs()] == [
        ("host.write", {"word": "hello"}),
        ("pool.note", {"word": "hello"}),
        ("host.reload", {"before": "before"}),
    ]
    assert bench.states(flow_id) == ["completed"] * 3


def test_a_skipped_step_orders_nothing_and_says_why(bench: Bench):
    flow_id = bench.start(params={"quiet": True})

    bench.run(flow_id)

    note = bench.steps(flow_id)["note"]
    assert (note.state, note.error) == ("skipped", "Nobody wants a note.")
    assert [job.command for job in bench.jobs()] == ["host.write", "host.reload"]


def test_a_failed_job_ends_the_workflow_with_the_reason(bench: Bench):
    flow_id = bench.start()
    bench.look(flow_id)
    bench.finish(Ending.FAILED, error="no_space: The disk is full.")

    flow = bench.look(flow_id)

    assert flow.state == "failed"
    assert "The disk is full." in (flow.error or "")
    assert bench.states(flow_id) == ["failed", "waiting", "waiting"]


def test_a_retry_runs_the_failed_step_again_as_a_new_job(bench: Bench):
    flow_id = bench.start()
    bench.look(flow_id)
    bench.finish(Ending.FAILED, error="no_space: The disk is full.")
    bench.look(flow_id)

    bench.do(service.retry, flow_id)

    assert bench.run(flow_id).state == "completed"
    assert [job.command for job in bench.jobs()] == ["host.write", "host.write", "pool.note", "host.reload"]


def test_an_undo_takes_completed_steps_back_last_one_first(bench: Bench):
    flow_id = bench.start()
    bench.run(flow_id)

    bench.do(service.undo, flow_id)

    assert bench.run(flow_id).state == "undone"
    assert [(job.command, job.params) for job in bench.jobs()][3:] == [
        ("pool.note", {"word": "forget"}),
        ("host.unwrite", {"word": "old"}),
    ]
    assert bench.states(flow_id) == ["undone", "undone", "completed"]


def test_an_undo_that_fails_can_be_tried_again(bench: Bench):
    flow_id = bench.start()
    bench.run(flow_id)
    bench.do(service.undo, flow_id)
    bench.look(flow_id)
    bench.finish(Ending.FAILED, error="busy: Not now.")
    assert bench.look(flow_id).state == "failed"

    bench.do(service.retry, flow_id)

    assert bench.run(flow_id).state == "undone"


def test_cancel_stops_the_running_job_and_begins_no_other(bench: Bench):
    flow_id = bench.start()
    bench.look(flow_id)

    bench.do(service.cancel, flow_id)

    assert bench.look(flow_id).state == "cancelled"
    assert [job.state for job in bench.jobs()] == ["cancelled"]
    with pytest.raises(Conflict, match="nothing to cancel"):
        bench.do(service.cancel, flow_id)


def test_a_job_that_completes_although_it_was_cancelled_counts_and_can_be_undone(bench: Bench):
    flow_id = bench.start()
    bench.look(flow_id)
    job = bench.open_job()
    with unit_of_work(bench.sessions) as session:
        job_service.claim(session, job.id, job.member_id)
    bench.do(service.cancel, flow_id)
    assert bench.look(flow_id).state == "cancelling"
    bench.finish(was="before")

    assert bench.look(flow_id).state == "cancelled"
    bench.do(service.undo, flow_id)

    assert bench.run(flow_id).state == "undone"
    assert [job.command for job in bench.jobs()] == ["host.write", "host.unwrite"]


def test_the_stop_switch_makes_it_wait_and_lifting_it_goes_on(bench: Bench):
    flow_id = bench.start()
    with unit_of_work(bench.sessions) as session:
        job_service.stop_work(session, bench.pool.account_id, ANN, "audit")

    flow = bench.look(flow_id)
    with unit_of_work(bench.sessions) as session:
        job_service.lift_stop(session, bench.pool.account_id, ANN)

    assert flow.state == "waiting"
    assert "lift the stop" in (flow.error or "")
    assert bench.run(flow_id).state == "completed"


def test_a_job_whose_outcome_nobody_knows_holds_the_workflow(bench: Bench):
    flow_id = bench.start()
    bench.look(flow_id)
    with unit_of_work(bench.sessions) as session:
        session.execute(update(Job).values(state="unknown", error="The agent fell silent."))

    flow = bench.look(flow_id)

    assert flow.state == "waiting"
    assert "Decide about it" in (flow.error or "")
    with pytest.raises(Conflict, match="decide about the job"):
        bench.do(service.cancel, flow_id)


def test_a_member_that_is_gone_fails_its_step_in_words(bench: Bench):
    flow_id = bench.start()
    with unit_of_work(bench.sessions) as session:
        session.execute(update(Workflow).values(member_id=None))
        session.execute(delete(Member))

    assert "removed from the pool" in (bench.look(flow_id).error or "")


def test_the_same_key_runs_once_at_a_time(bench: Bench):
    first = bench.start(dedupe_key="writing")

    with pytest.raises(Conflict) as refused:
        bench.start(dedupe_key="writing")
    bench.run(first)

    assert refused.value.code == "workflow_running"
    assert refused.value.extra == {"workflowId": str(first)}
    second = bench.start(dedupe_key="writing")
    with pytest.raises(Conflict, match="under way"):
        bench.do(service.undo, first)
    assert bench.run(second).state == "completed"


def test_a_precondition_refuses_with_its_fix(bench: Bench):
    with pytest.raises(Conflict, match="Choose another") as refused:
        bench.start("forbidden")

    assert refused.value.code == "precondition_failed"


def test_a_kind_that_this_version_does_not_know_fails(bench: Bench):
    flow_id = bench.start()
    kept = registry._KINDS.pop("test.writing")

    flow = bench.look(flow_id)
    registry.register(kept)

    assert (flow.state, "knows no workflow" in (flow.error or "")) == ("failed", True)


POINTS = ["workflow.ordered", "workflow.settling", "workflow.moved", "workflow.committed"]


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("undone", [False, True], ids=["forward", "undo"])
def test_a_worker_killed_at_every_point_costs_no_step_and_runs_none_twice(bench: Bench, point: str, undone: bool):
    """Each move is killed once at this point, then made again by the sweep."""
    flow_id = bench.start()
    if undone:
        bench.run(flow_id)
        bench.do(service.undo, flow_id)
    deaths = 0
    for _ in range(40):
        with armed(point, die):
            try:
                worker.advance(bench.wiring, flow_id)
            except Died:
                deaths += 1
        worker.sweep(bench.wiring)
        if bench.flow(flow_id).state not in {"running", "undoing"}:
            break
        if any(job.state == "pending" for job in bench.jobs()):
            bench.finish(was="before")

    assert bench.flow(flow_id).state == ("undone" if undone else "completed")
    assert deaths >= 2
    done = ["host.write", "pool.note", "host.reload"]
    assert [job.command for job in bench.jobs()] == ([*done, "pool.note", "host.unwrite"] if undone else done)


def test_two_workers_on_the_same_workflow_order_each_step_once(bench: Bench):
    flow_id = bench.start()
    for _ in range(4):
        run_at_once(*[lambda: worker.advance(bench.wiring, flow_id)] * 4)
        if bench.flow(flow_id).state == "running":
            bench.finish(was="before")

    assert bench.flow(flow_id).state == "completed"
    assert [job.command for job in bench.jobs()] == ["host.write", "pool.note", "host.reload"]


def run_at_once(*calls: Callable[[], Any]) -> None:
    wrong: list[Exception] = []
    gate = threading.Barrier(len(calls))

    def call(function: Callable[[], Any]) -> None:
        gate.wait()
        try:
            function()
        except Exception as why:  # noqa: BLE001 - told by the caller
            wrong.append(why)

    threads = [threading.Thread(target=call, args=(function,)) for function in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
