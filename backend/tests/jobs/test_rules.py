"""The state table of jobs, alone and as a machine that is driven at random (J2, J3, J5, J10)."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from serversctl.jobs.completion import ending_of
from serversctl.jobs.rules import (
    ENDED,
    MOST_DELIVERIES,
    Choice,
    Ending,
    Kind,
    Standing,
    State,
    Verdict,
    after_cancel,
    after_choice,
    after_report,
    after_silence,
    kind_of_report,
    may_readopt,
    retry_delay_sec,
)

RUNNING = Standing(State.RUNNING, attempt=1)


@pytest.mark.parametrize(
    ("job", "state"),
    [
        (Standing(State.RUNNING, 1, idempotent=True), State.PENDING),
        (Standing(State.RUNNING, 3, idempotent=True), State.UNKNOWN),
        (Standing(State.RUNNING, 1, idempotent=True, cancel_requested=True), State.CANCELLED),
        (Standing(State.RUNNING, 1), State.UNKNOWN),
        (Standing(State.RUNNING, 1, cancel_requested=True), State.UNKNOWN),
        (Standing(State.RUNNING, 1, heard=False), State.PENDING),
        (Standing(State.RUNNING, 1, heard=False, deliveries=MOST_DELIVERIES), State.UNKNOWN),
        (Standing(State.RUNNING, 1, heard=False, cancel_requested=True), State.UNKNOWN),
    ],
)
def test_silence_never_becomes_an_outcome(job: Standing, state: State):
    assert after_silence(job).state is state


def test_an_attempt_of_which_nothing_was_heard_is_offered_again_as_the_same():
    assert after_silence(Standing(State.RUNNING, 1, heard=False)).same_attempt
    assert not after_silence(Standing(State.RUNNING, 1, idempotent=True)).same_attempt


@pytest.mark.parametrize(
    ("ending", "job", "state"),
    [
        (Ending.COMPLETED, RUNNING, State.COMPLETED),
        (Ending.FAILED, RUNNING, State.FAILED),
        (Ending.TIMED_OUT, RUNNING, State.TIMED_OUT),
        (Ending.CANCELLED, RUNNING, State.FAILED),  # nobody asked for it
        (Ending.CANCELLED, Standing(State.RUNNING, 1, cancel_requested=True), State.CANCELLED),
        (Ending.FAILED, Standing(State.RUNNING, 1, cancel_requested=True), State.CANCELLED),
        (Ending.COMPLETED, Standing(State.RUNNING, 1, cancel_requested=True), State.COMPLETED),
        (Ending.COMPLETED, Standing(State.UNKNOWN, 1), State.COMPLETED),
        (Ending.INTERRUPTED, RUNNING, State.UNKNOWN),
        (Ending.INTERRUPTED, Standing(State.RUNNING, 1, idempotent=True), State.PENDING),
        (Ending.INTERRUPTED, Standing(State.RUNNING, 2, idempotent=True, crashes=1), State.FAILED),
        (Ending.INTERRUPTED, Standing(State.RUNNING, 2, crashes=1), State.FAILED),
    ],
)
def test_a_report_leads_to_its_state(ending: Ending, job: Standing, state: State):
    assert after_report(job, ending).state is state


def test_a_crash_is_a_new_attempt_even_if_nothing_else_was_heard():
    verdict = after_report(Standing(State.RUNNING, 1, idempotent=True, heard=False), Ending.INTERRUPTED)

    assert (verdict.state, verdict.same_attempt, verdict.crashed) == (State.PENDING, False, True)


@pytest.mark.parametrize(
    ("status", "error", "result", "ending"),
    [
        ("completed", None, None, Ending.COMPLETED),
        ("completed", "cancelled: x", {"code": "cancelled"}, Ending.COMPLETED),
        ("failed", "cancelled: stopped", None, Ending.CANCELLED),
        ("failed", "interrupted: the host stopped", {"code": "interrupted"}, Ending.INTERRUPTED),
        ("failed", "crashed: signal 9", {"code": "crashed"}, Ending.INTERRUPTED),
        ("failed", "timed_out: too long", None, Ending.TIMED_OUT),
        ("failed", "denied_by_policy: no", {"code": "denied_by_policy"}, Ending.FAILED),
        ("failed", None, {"code": ["x"]}, Ending.FAILED),
        ("failed", "", {}, Ending.FAILED),
    ],
)
def test_the_agents_words_are_understood(
    status: str, error: str | None, result: dict[str, object] | None, ending: Ending
):
    assert ending_of(status, error, result) is ending


def test_pauses_grow_and_end_at_five_minutes():
    assert [retry_delay_sec(n) for n in (1, 2, 3, 7, 100)] == [5, 10, 20, 300, 300]


class JobMachine(RuleBasedStateMachine):
    """A job as the database would keep it, driven by every possible order of events."""

    def __init__(self) -> None:
        super().__init__()
        self.job = Standing(State.PENDING, 0)
        self.told: dict[int, str] = {}
        self.ended_as: State | None = None
        self.same_attempt = False
        self.given: set[int] = set()

    def go(self, verdict: Verdict) -> None:
        crashes = self.job.crashes + verdict.crashed
        cancel = self.job.cancel_requested and verdict.state is not State.PENDING
        self.job = Standing(
            verdict.state, self.job.attempt, idempotent=self.job.idempotent, cancel_requested=cancel, crashes=crashes,
            heard=self.job.heard, deliveries=self.job.deliveries,
        )  # fmt: skip
        self.same_attempt = verdict.same_attempt
        if verdict.state in ENDED:
            self.ended_as = verdict.state

    def change(self, **values: object) -> None:
        from dataclasses import replace

        self.job = replace(self.job, **values)  # type: ignore[arg-type]

    @precondition(lambda self: self.job.attempt == 0)
    @rule(idempotent=st.booleans())
    def is_of_a_kind(self, idempotent: bool) -> None:
        self.change(idempotent=idempotent)

    @precondition(lambda self: self.job.state is State.PENDING)
    @rule()
    def claim(self) -> None:
        again = self.same_attempt
        attempt = self.job.attempt if again else self.job.attempt + 1
        self.change(
            state=State.RUNNING, attempt=attempt, heard=False, deliveries=self.job.deliveries + 1 if again else 1
        )
        assert again or attempt not in self.given, "an attempt was given out twice as new"
        self.given.add(attempt)
        self.same_attempt = False

    @rule(attempt=st.integers(0, 6), ending=st.sampled_from(list(Ending)), words=st.sampled_from("ab"))
    def report(self, attempt: int, ending: Ending, words: str) -> None:
        told = ending.value + words
        kind = kind_of_report(self.job, attempt, self.told.get(attempt), told)
        if kind is Kind.ACCEPT:
            assert self.job.state not in ENDED
            assert attempt == self.job.attempt
            self.go(after_report(self.job, ending))
        if kind in {Kind.ACCEPT, Kind.EVIDENCE}:
            assert attempt not in self.told
            self.told[attempt] = told
        if kind is Kind.SAME:
            assert self.told[attempt] == told
        if kind is Kind.CONFLICT:
            assert self.told[attempt] != told

    @precondition(lambda self: self.job.state is State.RUNNING)
    @rule()
    def lease_runs_out(self) -> None:
        self.go(after_silence(self.job))
        assert self.job.state not in {State.COMPLETED, State.FAILED, State.TIMED_OUT}, "silence became an outcome"

    @precondition(lambda self: self.job.state is State.RUNNING)
    @rule()
    def progress(self) -> None:
        self.change(heard=True)

    @rule(attempt=st.integers(1, 6))
    def late_progress(self, attempt: int) -> None:
        if may_readopt(self.job, attempt) and attempt not in self.told:
            self.change(state=State.RUNNING, heard=True)
            self.same_attempt = False

    @rule()
    def cancel(self) -> None:
        verdict = after_cancel(self.job)
        assert (verdict is None) == (self.job.state in ENDED or self.job.state is State.UNKNOWN)
        if verdict is not None and verdict.state is State.RUNNING:
            self.change(cancel_requested=True)
        elif verdict is not None:
            self.go(verdict)

    @rule(choice=st.sampled_from(list(Choice)))
    def decide(self, choice: Choice) -> None:
        verdict = after_choice(self.job, choice)
        assert (verdict is None) == (self.job.state not in {State.UNKNOWN, State.HELD})
        if verdict is not None:
            self.go(verdict)

    @precondition(lambda self: self.job.state in {State.PENDING, State.RUNNING})
    @rule()
    def restore_holds_it(self) -> None:
        self.go(Verdict(State.HELD))

    @invariant()
    def what_has_ended_stays_ended(self) -> None:
        assert self.ended_as is None or self.job.state is self.ended_as

    @invariant()
    def two_crashes_are_the_end(self) -> None:
        assert self.job.crashes < 2 or self.job.state in ENDED

    @invariant()
    def an_attempt_is_offered_a_bounded_number_of_times(self) -> None:
        assert self.job.deliveries <= MOST_DELIVERIES


TestJobMachine = JobMachine.TestCase
TestJobMachine.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
