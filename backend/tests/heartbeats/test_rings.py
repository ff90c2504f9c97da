"""Rings keep the last round and nothing older."""

from __future__ import annotations

from serversctl.heartbeats import rings


def write(ring: rings.Ring, data: bytearray, at: float, cpu: float) -> None:
    offset, lap = rings.place(ring, at)
    sample = rings.pack(cpu, 50.4, 99.6, rings.MONITORED | rings.ACTIVE, load=1.239, sessions=70_000)
    data[offset : offset + rings.SLOT.size] = lap.to_bytes(2, "little") + sample


def test_samples_come_back_oldest_first_with_their_times() -> None:
    data = bytearray(rings.FINE.size_bytes)
    for at in (1000.2, 1001.9, 1003.0):
        write(rings.FINE, data, at, at - 1000)
    found = rings.unpack(rings.FINE, bytes(data), 1003.5)
    assert [(s.at, s.cpu_pct) for s in found] == [(1000, 0), (1001, 2), (1003, 3)]
    assert (found[0].memory_pct, found[0].disk_pct, found[0].load) == (50, 100, 1.23)
    assert found[0].haproxy_active is True
    assert found[0].sessions == 65534


def test_what_an_earlier_round_left_behind_is_not_shown() -> None:
    data = bytearray(rings.FINE.size_bytes)
    write(rings.FINE, data, 1000.0, 1)
    assert rings.unpack(rings.FINE, bytes(data), 1599.0) != []
    assert rings.unpack(rings.FINE, bytes(data), 1600.0) == []
    assert rings.unpack(rings.FINE, bytes(data), 1000.0 + 600 * 50) == []


def test_a_short_or_empty_string_is_an_empty_ring() -> None:
    assert rings.unpack(rings.COARSE, b"", 1e9) == []
    assert rings.unpack(rings.COARSE, b"\0" * 25, 1e9) == []


def test_unknown_stays_unknown_also_in_a_mean() -> None:
    blank = rings.pack(None, None, None, 0, load=None, sessions=None)
    sample = rings.unpack_day(bytes(2) + blank, 0)[0]
    assert (sample.cpu_pct, sample.load, sample.sessions, sample.haproxy_active) == (None, None, None, None)
    again = rings.unpack_day(bytes(2) + (rings.average([sample]) or b""), 0)[0]
    assert (again.cpu_pct, again.haproxy_active) == (None, None)
    assert rings.average([]) is None


def test_haproxy_counts_as_active_in_a_mean_only_when_it_always_was() -> None:
    data = bytearray(rings.FINE.size_bytes)
    write(rings.FINE, data, 10, 10)
    up = rings.unpack(rings.FINE, bytes(data), 10)[0]
    down = rings.unpack_day(bytes(2) + rings.pack(30, 0, 0, rings.MONITORED, load=0, sessions=0), 0)[0]
    mean = rings.unpack_day(bytes(2) + (rings.average([up, down]) or b""), 0)[0]
    assert (mean.haproxy_active, mean.cpu_pct) == (False, 20)


def test_the_whole_history_of_a_member_is_small() -> None:
    assert rings.FINE.size_bytes + rings.COARSE.size_bytes < 28_000
    assert rings.DAY.size_bytes < 3000
