"""Claim: one attempt for one agent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from serversctl.jobs import service
from serversctl.jobs.rules import Ending, State
from serversctl.kernel.errors import Conflict, NotFound

from .conftest import ANN, House, a_command


def test_a_hundred_parallel_claims_hand_the_job_out_once(house: House):
    job_id = house.order()

    def try_it(_: int) -> int:
        try:
            return house.claim(job_id).job.attempt
        except Conflict:
            return 0

    with ThreadPoolExecutor(16) as crowd:
        attempts = list(crowd.map(try_it, range(100)))

    assert sorted(attempts)[-2:] == [0, 1]
    assert house.job(job_id).attempt == 1


def test_another_members_job_does_not_exist(house: House):
    job_id = house.order()

    with pytest.raises(NotFound):
        house.claim(job_id, member=house.other)

    assert house.job(job_id).state == State.PENDING


def test_two_jobs_that_need_the_same_thing_run_one_after_the_other(house: House):
    first, second = house.order(), house.order(a_command("haproxy.provision"))
    house.claim(first)

    with pytest.raises(Conflict) as refused:
        house.claim(second)
    offered_meanwhile = house.do(service.waiting, house.member.id)[0]
    house.do(service.complete, first, house.member.id, 1, service.Report(ending=Ending.COMPLETED))

    assert refused.value.code == "resource_busy"
    assert (house.job(second).state, house.job(second).attempt) == (State.PENDING, 0)
    assert offered_meanwhile == []
    assert house.claim(second).job.attempt == 1


def test_the_same_resource_on_two_members_is_two_resources(house: House):
    here, there = house.order(), house.order(member=house.other)

    house.claim(here)

    assert house.claim(there, member=house.other).job.attempt == 1


def test_a_job_that_needs_nothing_runs_beside_another(house: House):
    busy, free = house.order(), house.order(a_command("facts.read", resource=None))
    house.claim(busy)

    assert house.claim(free).job.state == State.RUNNING


def test_nothing_starts_while_the_stop_switch_is_on(house: House):
    job_id = house.order()
    house.do(service.stop_work, house.account_id, ANN, "incident")

    with pytest.raises(Conflict) as refused:
        house.claim(job_id)
    with pytest.raises(Conflict):
        house.order()

    assert refused.value.code == "jobs_stopped"
    assert house.do(service.waiting, house.member.id)[0] == []
    house.do(service.lift_stop, house.account_id, ANN)
    assert house.claim(job_id).job.attempt == 1


@pytest.mark.parametrize("state", [s for s in State if s is not State.PENDING])
def test_only_a_pending_job_can_be_claimed(house: House, state: State):
    job_id: UUID = house.order()
    house.change(job_id, state=state.value)

    with pytest.raises(Conflict) as refused:
        house.claim(job_id)

    assert refused.value.extra["state"] == state
