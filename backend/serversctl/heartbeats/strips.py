"""The last seconds of a member as one character each, for a strip of beats. Pure."""

from __future__ import annotations

from pathlib import Path

from . import rings

STRIP_MAX_SEC = 120
# Seconds before the strip that are read too: whether its first seconds are a gap shows only there.
LOOK_BACK_SEC = 15
SCRIPT = (Path(__file__).parent / "strips.lua").read_text(encoding="utf-8")

HEARD, GAP, INACTIVE, NOTHING = "o", "l", "d", "."


def slots_to_read(seconds: int) -> int:
    return seconds + LOOK_BACK_SEC


def strip_of(slots: bytes, *, now: float, seconds: int, interval_sec: int, first_seen_at: float | None) -> str:
    """`seconds` characters, oldest first, up to the last full second: `o` heard, `d` HAProxy inactive while
    monitored, `l` gap, `.` before the first heartbeat.

    `slots` is what strips.lua read for `slots_to_read(seconds)`. A hole no longer than the interval is how two
    clocks' phases look, not a gap: it repeats what was before.
    """
    wanted = slots_to_read(seconds)
    first = int(now) - wanted
    rows = list(rings.SLOT.iter_unpack(slots)) if len(slots) == wanted * rings.SLOT.size else [None] * wanted
    known_since = None if first_seen_at is None else int(first_seen_at)
    shown, before, hole = [], "", 0
    for second, row in enumerate(rows, first):
        if row is not None and row[4] & rings.HEARD and row[0] == second // rings.FINE.slots % 65536:
            before, hole = _heard(row[4]), 0
            shown.append(before)
            continue
        hole += 1
        if before and hole <= interval_sec:
            shown.append(before)
        else:
            shown.append(NOTHING if known_since is None or second < known_since else GAP)
    return "".join(shown[LOOK_BACK_SEC:])


def _heard(flags: int) -> str:
    return INACTIVE if flags & rings.MONITORED and not flags & rings.ACTIVE else HEARD
