"""Nonces prove an issue time, and only ours."""

from __future__ import annotations

import pytest
from serversctl.heartbeats.nonce import Nonces

KEY = "k" * 32


def test_an_echo_tells_when_its_nonce_was_made_also_to_another_replica() -> None:
    nonce = Nonces(KEY).issue(1_700_000_000.25)
    assert Nonces(KEY).issued_at(nonce) == 1_700_000_000.25


@pytest.mark.parametrize(
    "echo", ["", ".", "x", "18b", "18b.", "18b.AAAA", "zz." + "A" * 20, "é" * 40, "1" * 1000 + ".a"]
)
def test_a_made_up_echo_proves_nothing(echo: str) -> None:
    assert Nonces(KEY).issued_at(echo) is None


def test_a_nonce_of_another_installation_proves_nothing() -> None:
    assert Nonces(KEY).issued_at(Nonces("x" * 32).issue(5.0)) is None


def test_a_changed_time_breaks_the_signature() -> None:
    stamp, _, mac = Nonces(KEY).issue(1_700_000_000.0).partition(".")
    later = f"{int(stamp, 16) + 60_000:x}"
    assert Nonces(KEY).issued_at(f"{later}.{mac}") is None


def test_the_memory_of_nonces_is_bounded() -> None:
    nonces = Nonces(KEY)
    for second in range(10_000):
        nonces.issue(float(second))
    assert len(nonces._known) <= 4096
