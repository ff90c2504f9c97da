"""Expressions, slots, jitter and what was missed: values only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serversctl.kernel.errors import Invalid
from serversctl.schedules import rules
from serversctl.schedules.rules import Missed

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("cron", ["0 0 31 2 *", "0 0 30 2 *", "15 4 31 4,6,9,11 *"])
def test_a_day_that_never_comes_is_refused_in_words(cron: str):
    with pytest.raises(Invalid, match="no such day") as refused:
        rules.checked(cron, NOON)

    assert refused.value.code == "schedule_never_runs"


@pytest.mark.parametrize(
    "cron",
    ["", "* * * *", "* * * * * *", "@daily", "61 * * * *", "0 25 * * *", "0 0 L * *", "a b c d e", "*/0 * * * *"],
)
def test_what_is_no_expression_of_five_fields_is_refused(cron: str):
    with pytest.raises(Invalid) as refused:
        rules.checked(cron, NOON)

    assert refused.value.code == "cron_invalid"


def test_the_29th_of_february_waits_for_its_year():
    assert rules.next_slot("0 0 29 2 *", NOON) == datetime(2028, 2, 29, tzinfo=UTC)


def test_an_expression_is_said_in_words_with_its_time_zone():
    assert rules.sentence_of("30 2 * * 1-5") == "At 02:30, Monday through Friday (UTC)"


def plan(cron: str = "0 * * * *", *, late: timedelta, missed: Missed = Missed.SKIP, jitter: int = 0) -> rules.Plan:
    return rules.plan("s", cron, expected=NOON, now=NOON + late, jitter_sec=jitter, missed=missed)


def test_a_slot_on_time_runs_and_the_next_one_follows():
    found = plan(late=timedelta(seconds=4))

    assert (found.slot, found.missed, found.next_slot) == (NOON, False, NOON + timedelta(hours=1))


def test_nothing_is_due_before_its_time():
    assert plan(late=timedelta(seconds=-1)).slot is None


@pytest.mark.parametrize(("policy", "missed"), [(Missed.SKIP, True), (Missed.RUN_ONCE, False)])
def test_of_a_hundred_missed_slots_at_most_the_newest_runs(policy: Missed, missed: bool):
    found = plan(late=timedelta(hours=100, minutes=30), missed=policy)

    assert found.slot == NOON + timedelta(hours=100)
    assert (found.missed, found.more_missed) == (missed, True)
    assert found.next_slot == NOON + timedelta(hours=101)


def test_a_slot_that_is_on_time_runs_although_others_were_missed():
    found = plan(late=timedelta(hours=5, seconds=10))

    assert (found.slot, found.missed) == (NOON + timedelta(hours=5), False)


@given(
    jitter=st.integers(0, 5000), late=st.integers(0, 400_000),
    cron=st.sampled_from(["* * * * *", "*/7 * * * *", "0 * * * *", "30 2 * * *", "0 0 29 2 *"]),
    policy=st.sampled_from(list(Missed)),
)  # fmt: skip
def test_whenever_it_looks_the_plan_goes_forward_and_is_the_same_for_all(
    jitter: int, late: int, cron: str, policy: Missed
):
    expected = rules.next_slot(cron, NOON)
    now = expected + timedelta(seconds=late)

    first, second = (
        rules.plan("s", cron, expected=expected, now=now, jitter_sec=jitter, missed=policy) for _ in range(2)
    )

    assert first == second
    if first.slot is None:
        assert first.next_slot == expected
        return
    due = rules.due_at("s", cron, first.slot, jitter)
    assert expected <= first.slot <= due <= now
    assert due < rules.next_slot(cron, first.slot)
    assert first.next_slot > first.slot
    # The slot after it is not due yet.
    assert rules.due_at("s", cron, first.next_slot, jitter) > now
    assert not (policy is Missed.RUN_ONCE and first.missed)


def test_jitter_differs_between_schedules_and_not_between_workers():
    at = {rules.due_at(name, "0 * * * *", NOON, 600) for name in "abcdefghij"}

    assert len(at) > 5
    assert all(NOON <= moment <= NOON + timedelta(seconds=600) for moment in at)
