"""Fixtures for stories that need hosts. A machine that cannot make them skips each with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import pytest

from e2e.lab import HostSpec, Lab, available

MakeLab = Callable[..., Lab]


@pytest.fixture
def make_lab() -> Iterator[MakeLab]:
    """Makes labs: `make_lab(hosts=2)`, `make_lab(hosts=[HostSpec(haproxy=False)])`. All are gone after the test."""
    if reason := available():
        pytest.skip(f"no lab on this machine: {reason}")
    with ExitStack() as labs:

        def make(hosts: int | Sequence[HostSpec] = 3, *, lab_id: str | None = None, net: str | None = None) -> Lab:
            return labs.enter_context(Lab(lab_id, net, hosts=hosts))

        yield make


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Three hosts with HAProxy, booted: h1, h2, h3. A lab of its own for each test: it takes about a second."""
    return make_lab(hosts=3)
