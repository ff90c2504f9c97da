"""The soak run's own arithmetic: what is chosen, what a bound is judged by, and what the summary says."""

from __future__ import annotations

import argparse
import math

import pytest

from . import soak
from .faults.finding import Finding, share


def chosen(*words: str, runs: int = soak.DEFAULT_RUNS) -> dict[str, int]:
    return soak.chosen(argparse.Namespace(faults=list(words), runs=runs), soak.faults())


def test_every_fault_of_the_table_is_found_by_its_file() -> None:
    assert set(soak.faults()) >= {"F1", "F3", "F4", "J2", "A1"}


def test_two_hundred_runs_are_the_counts_of_the_failure_table() -> None:
    assert chosen(runs=200) == {"A1": 2000, "F1": 200, "F3": 100, "F4": 40, "J2": 50}


def test_faults_are_chosen_by_code_and_counted() -> None:
    assert chosen("f1=20", "J2") == {"F1": 20, "J2": 8}


@pytest.mark.parametrize(("word", "says"), [("X1", "choose from"), ("F1=many", "as a number"), ("F1=0", "as a number")])
def test_a_wrong_choice_names_the_fix(word: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        chosen(word)


def test_the_share_is_the_nearest_rank() -> None:
    values = [float(number) for number in range(200, 0, -1)]
    assert (share(values, 0.5), share(values, 0.99), share(values, 1.0)) == (100.0, 198.0, 200.0)
    assert share([3.0], 0.99) == 3.0
    assert math.isnan(share([], 0.5))


def test_no_run_at_all_is_no_kept_bound() -> None:
    assert not Finding("F1", "w", "b").kept
    assert Finding("F1", "w", "b", runs=1).kept
    assert not Finding("F1", "w", "b", runs=1, misses=["run 1"]).kept


def test_the_table_names_each_miss() -> None:
    text = soak.table([Finding("F1", "dies", "soon", runs=2, figures={"p50": "1 s"}, misses=["run 2: 9 s"])])
    assert "BROKEN" in text
    assert "p50 1 s" in text
    assert "- run 2: 9 s" in text


def test_a_fault_that_cannot_be_played_is_broken_and_the_next_one_goes_on() -> None:
    class Lame:
        CODE, WHAT = "X1", "breaks"

        @staticmethod
        def play(_count: int, **_how: object) -> Finding:
            raise TimeoutError("The control plane was not ready")

    found = soak.play(Lame, 1, long=False)
    assert not found.kept
    assert "not ready" in found.misses[0]
