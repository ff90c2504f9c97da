"""Bounded history: fixed-size strings of 10-byte slots that are overwritten in turns.

A slot is `<HBBBBHH`: lap, CPU %, memory %, fullest disk %, flags, load x 100, HAProxy sessions. The lap counts how
often the ring went round, so that a slot of an earlier round is not taken for one of this round (65,536 laps of the
shortest ring are 455 days). 255 stands for an unknown percentage, 65535 for an unknown number.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SLOT = struct.Struct("<HBBBBHH")
SAMPLE = struct.Struct("<BBBBHH")
UNKNOWN_PCT, UNKNOWN = 255, 65535
MONITORED, ACTIVE, HEARD = 1, 2, 4


@dataclass(frozen=True, slots=True)
class Ring:
    """How long and how fine."""

    name: str
    step_sec: int
    slots: int

    @property
    def size_bytes(self) -> int:
        return self.slots * SLOT.size


FINE = Ring("1s", 1, 600)
COARSE = Ring("10s", 10, 2160)
DAY = Ring("5m", 300, 288)  # one row per member and day in SQL, 30 of them


@dataclass(frozen=True, slots=True)
class Sample:
    """What one slot tells. None: not known."""

    at: int
    cpu_pct: int | None
    memory_pct: int | None
    disk_pct: int | None
    haproxy_active: bool | None
    load: float | None
    sessions: int | None


def pack(
    cpu_pct: float | None,
    memory_pct: float | None,
    disk_pct: float | None,
    flags: int,
    *,
    load: float | None,
    sessions: int | None,
) -> bytes:
    """A sample without its lap."""
    return SAMPLE.pack(
        UNKNOWN_PCT if cpu_pct is None else min(100, int(cpu_pct + 0.5)),
        UNKNOWN_PCT if memory_pct is None else min(100, int(memory_pct + 0.5)),
        UNKNOWN_PCT if disk_pct is None else min(100, int(disk_pct + 0.5)),
        flags | HEARD,
        UNKNOWN if load is None else min(UNKNOWN - 1, int(load * 100)),
        UNKNOWN if sessions is None else min(UNKNOWN - 1, sessions),
    )


def place(ring: Ring, at: float) -> tuple[int, int]:
    """Offset in bytes and lap of the slot that this moment falls into."""
    step = int(at // ring.step_sec)
    return step % ring.slots * SLOT.size, step // ring.slots % 65536


def unpack(ring: Ring, data: bytes, now: float) -> list[Sample]:
    """The samples of the last round, oldest first; slots that were never written or are older are left out."""
    newest = int(now // ring.step_sec)
    samples = []
    for step in range(newest - ring.slots + 1, newest + 1):
        if step < 0:
            continue
        offset, lap = step % ring.slots * SLOT.size, step // ring.slots % 65536
        if offset + SLOT.size > len(data):
            continue
        found = _sample(data, offset, lap, step * ring.step_sec)
        if found is not None:
            samples.append(found)
    return samples


def unpack_day(data: bytes, midnight: int) -> list[Sample]:
    found = (_sample(data, i * SLOT.size, 0, midnight + i * DAY.step_sec) for i in range(len(data) // SLOT.size))
    return [sample for sample in found if sample is not None]


def _sample(data: bytes, offset: int, wanted_lap: int, at: int) -> Sample | None:
    lap, cpu, memory, disk, flags, load, sessions = SLOT.unpack_from(data, offset)
    if lap != wanted_lap or not flags & HEARD:
        return None
    return Sample(
        at=at,
        cpu_pct=None if cpu == UNKNOWN_PCT else cpu,
        memory_pct=None if memory == UNKNOWN_PCT else memory,
        disk_pct=None if disk == UNKNOWN_PCT else disk,
        haproxy_active=bool(flags & ACTIVE) if flags & MONITORED else None,
        load=None if load == UNKNOWN else load / 100,
        sessions=None if sessions == UNKNOWN else sessions,
    )


def average(samples: Sequence[Sample]) -> bytes | None:
    """The mean of some samples as one, with HAProxy active only when it was in all of them."""
    if not samples:
        return None
    states = [sample.haproxy_active for sample in samples if sample.haproxy_active is not None]
    flags = (MONITORED if states else 0) | (ACTIVE if states and all(states) else 0)
    sessions = _mean(sample.sessions for sample in samples)
    return pack(
        _mean(sample.cpu_pct for sample in samples),
        _mean(sample.memory_pct for sample in samples),
        _mean(sample.disk_pct for sample in samples),
        flags,
        load=_mean(sample.load for sample in samples),
        sessions=None if sessions is None else int(sessions),
    )


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
