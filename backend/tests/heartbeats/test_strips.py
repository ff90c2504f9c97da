"""Strips of beats, from rings that tests write."""

from __future__ import annotations

import pytest
import redis
from serversctl.heartbeats import rings
from serversctl.heartbeats.panorama import see
from serversctl.heartbeats.strips import LOOK_BACK_SEC, slots_to_read, strip_of

NOW = 1_000_000.4
OK, DEAD = rings.MONITORED | rings.ACTIVE, rings.MONITORED


def slot(second: int, flags: int) -> bytes:
    lap = second // rings.FINE.slots % 65536
    return lap.to_bytes(2, "little") + rings.pack(None, None, None, flags, load=None, sessions=None)


def slots_of(pattern: str, before: str = "") -> bytes:
    """Slots that end with the last full second: `o` and `d` as in a strip, a blank for none."""
    text = (before + pattern).rjust(len(pattern) + LOOK_BACK_SEC)[-(len(pattern) + LOOK_BACK_SEC) :]
    first = int(NOW) - len(text)
    flags = {"o": OK, "d": DEAD, "g": 0}
    return b"".join(bytes(10) if c == " " else slot(first + i, flags[c]) for i, c in enumerate(text))


def shown(pattern: str, *, before: str = "", interval: int = 1, first: float | None = 0.0) -> str:
    data = slots_of(pattern, before)
    return strip_of(data, now=NOW, seconds=len(pattern), interval_sec=interval, first_seen_at=first)


@pytest.mark.parametrize(
    ("written", "strip"),
    [
        ("oooooo", "oooooo"),
        ("oddooo", "oddooo"),
        ("gggggg", "oooooo"),  # HAProxy is not monitored: nothing is inactive
        ("oo   o", "oool" + "lo"),
        ("oooo  ", "oooool"),
        ("dd    ", "dddlll"),
        ("      ", "llllll"),
    ],
)
def test_each_second_is_one_character(written: str, strip: str) -> None:
    assert shown(written) == strip


def test_slow_agents_have_no_gaps_between_their_beats() -> None:
    assert shown("o    o    o", interval=5) == "ooooooooooo"
    assert shown("o          ", interval=5) == "oooooolllll"


def test_what_was_before_the_strip_fills_its_first_second() -> None:
    assert shown(" oo", before="d") == "doo"
    assert shown(" oo", before="d  ") == "loo"


def test_before_the_first_heartbeat_nothing_is_known() -> None:
    assert shown("   ooo", first=NOW - 3) == "...ooo"
    assert shown("ooo   ", first=None)[:3] == "ooo"
    assert shown("      ", first=None) == "......"


def test_a_slot_of_an_earlier_round_is_not_a_beat() -> None:
    stale = b"".join(slot(int(NOW) - 600 - slots_to_read(4) + i, OK) for i in range(slots_to_read(4)))
    assert strip_of(stale, now=NOW, seconds=4, interval_sec=1, first_seen_at=0.0) == "llll"


def test_the_script_reads_around_the_end_of_the_ring(store: redis.Redis) -> None:
    """Every slot holds its own number; wherever the ring stands now, they come in order and without a hole."""
    store.set("hb:1s:a", b"".join(i.to_bytes(10, "little") for i in range(600)))
    store.set("hb:1s:short", b"x")
    for strip_sec in (1, 120, 580):
        seen = see(store, ["a", "short", "none"], strip_sec=strip_sec)
        wanted = slots_to_read(strip_sec)
        numbers = [int.from_bytes(seen.slots[0][i : i + 10], "little") for i in range(0, wanted * 10, 10)]
        assert numbers == [(int(seen.now) - wanted + i) % 600 for i in range(wanted)]
        assert len(seen.slots[1]) == wanted * 10
        assert seen.slots[2] == b""
