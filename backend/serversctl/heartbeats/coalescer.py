"""Heartbeats from memory to the store: one trip each 100 ms, in a thread of its own."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence

import msgspec
import redis as redis_lib
from msgspec import UNSET

from . import refused, rings
from .directory import Entry
from .intake import Intake, sample_of, stacks_of
from .messages import Beat, ProbeReport
from .rules import next_level
from .store import Change, Flushed, FlushScript, StoredBeat

log = logging.getLogger(__name__)

PERIOD_SEC = 0.1
# While the store is away only this many heartbeats are kept, each member's newest, and none older than this.
KEPT_MAX, KEPT_AGE_SEC = 20_000, 10.0
NO_SAMPLE = bytes(rings.SAMPLE.size)
OnChanges = Callable[[Sequence[Change]], None]


class Coalescer:
    """The sink of a web process. `add` is called on the event loop and only appends."""

    def __init__(
        self,
        redis: redis_lib.Redis,
        replica: str,
        *,
        on_changes: OnChanges | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.level = 0
        self.dropped = 0
        self.flushed_at: float | None = None
        self._redis = redis
        self._script = FlushScript(redis, replica)
        self._on_changes = on_changes
        self._monotonic = monotonic
        self._beats: list[tuple[float, StoredBeat]] = []
        self._slow: list[tuple[str, dict[str, bytes]]] = []
        self._canary: float | None = None
        # Store seconds minus our own, as of the last trip. Until the first trip: wall time, only for nonces.
        self._offset = time.time() - monotonic()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._pace = _Pace()
        self._up = True
        self.intake: Intake | None = None

    # --- on the event loop ---------------------------------------------------------------------------------------

    def store_now(self) -> float:
        return self._monotonic() + self._offset

    def canary(self, at: float) -> None:
        self._canary = at

    def add(self, entry: Entry, beat: Beat, body: bytes, *, source: str, issued: float | None, at: float) -> None:
        haproxy = beat.haproxy
        monitored = haproxy is not None and haproxy.monitored
        sample = sample_of(beat)
        window, coarse = self._coarse(entry, sample, at)
        self._beats.append(
            (
                at,
                StoredBeat(
                    (
                        entry.id_text, 0.0, beat.boot_id, beat.seq, issued, beat.agent_version, beat.ip, source,
                        monitored, haproxy is not None and haproxy.active, entry.live.interval_sec, stacks_of(beat),
                        [_probe(p) for p in beat.probe_results], window,
                    ),
                    sample, coarse, body,
                ),
            )
        )  # fmt: skip
        slow = _slow_blocks(beat)
        if slow:
            self._slow.append((entry.id_text, slow))

    def _coarse(self, entry: Entry, sample: bytes, at: float) -> tuple[int | None, bytes]:
        """The mean of the last 10 s when this beat begins a new window, else nothing."""
        window = int((at + self._offset) // rings.COARSE.step_sec)
        sums = entry.live.sums
        closed: tuple[int | None, bytes] = (None, NO_SAMPLE)
        if sums is None or sums[0] != window:
            if sums is not None:
                closed = (int(sums[0]), _mean_of(sums))
            sums = entry.live.sums = [float(window)] + [0.0] * 11
        cpu, memory, disk, flags, load, sessions = rings.SAMPLE.unpack(sample)
        for place, value, unknown in (
            (1, cpu, 255), (3, memory, 255), (5, disk, 255), (7, load, 65535), (10, sessions, 65535),
        ):  # fmt: skip
            if value != unknown:
                sums[place] += value
                sums[place + 1] += 1
        sums[9] = flags if sums[9] == 0 else int(sums[9]) & flags | flags & rings.MONITORED
        return closed

    # --- in its own thread ---------------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="coalescer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """The last beats still go out."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5)
        self.flush()
        # A replica that ended well is not a silent one: deciders need not wait for it.
        with contextlib.suppress(redis_lib.RedisError, OSError):
            self._script.leave()

    def _run(self) -> None:
        due = self._monotonic() + PERIOD_SEC
        while not self._stop.wait(max(0.0, due - self._monotonic())):
            lag = max(0.0, self._monotonic() - due)
            due = max(due + PERIOD_SEC, self._monotonic())
            try:
                self.flush()
            except Exception:
                log.exception("a flush failed")
            self.level = self._pace.after_flush(self.level, lag, self._monotonic())

    def flush(self) -> Flushed | None:
        """One trip. None when the store is away; the newest beat of each member is then kept for the next one."""
        # A list that is swapped out first: the event loop goes on appending to the new one.
        beats, self._beats = self._beats, []
        slow, self._slow = self._slow, []
        canary, self._canary = self._canary, None
        now = self._monotonic()
        aged = [beat._replace(fields=(beat.fields[0], max(0.0, now - at), *beat.fields[2:])) for at, beat in beats]
        try:
            done = self._script.run(aged, None if canary is None else max(0.0, now - canary), slow)
            self._write_refusals(done.now, now)
        except (redis_lib.RedisError, OSError) as why:
            self._keep(beats, slow, now)
            if self._up:
                log.warning("the store is away (%s): heartbeats are answered from memory", why)
                self._up = False
            return None
        if not self._up:
            log.warning("the store is back")
            self._up = True
        self._offset = done.now - self._monotonic()
        self.flushed_at = self._monotonic()
        self.dropped += done.dropped
        self._take(done)
        return done

    def _take(self, done: Flushed) -> None:
        if self.intake is not None:
            wanted = done.with_jobs | done.with_cancels
            by_id = self.intake.directory.by_id
            for id_text in wanted:
                entry = by_id.get(id_text)
                if entry is not None:
                    entry.live.jobs = True
            for id_text in self._flagged - wanted:
                entry = by_id.get(id_text)
                if entry is not None:
                    entry.live.jobs = False
            self._flagged = wanted
        if done.changes and self._on_changes is not None:
            self._on_changes(done.changes)

    _flagged: frozenset[str] = frozenset()

    def _write_refusals(self, store_now: float, now: float) -> None:
        notes = self.intake.refusals.drain() if self.intake is not None else []
        if notes:
            refused.write(self._redis, notes, store_now=store_now, now=now)

    def _keep(
        self, beats: list[tuple[float, StoredBeat]], slow: list[tuple[str, dict[str, bytes]]], now: float
    ) -> None:
        newest = {kept[1].fields[0]: kept for kept in beats if now - kept[0] < KEPT_AGE_SEC}
        self._beats[:0] = list(newest.values())[-KEPT_MAX:]
        self._slow[:0] = slow[-KEPT_MAX:]


class _Pace:
    """Decides each second whether we are overloaded: flushes that lag, or no CPU left in this process."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._cpu = time.process_time()
        self._lag = 0.0
        self._calm_since = self._since

    def after_flush(self, level: int, lag_sec: float, now: float) -> int:
        self._lag = max(self._lag, lag_sec)
        passed = now - self._since
        if passed < 1.0:
            return level
        cpu = time.process_time()
        share = (cpu - self._cpu) / passed
        new = next_level(level, lag_sec=self._lag, cpu_share=share, calm_sec=now - self._calm_since)
        if new != level:
            log.warning("heartbeat pace: level %d -> %d (lag %.2f s, CPU %.0f %%)", level, new, self._lag, share * 100)
            self._calm_since = now
        elif self._lag > 0.15 or share > 0.5:
            self._calm_since = now
        self._since, self._cpu, self._lag = now, cpu, 0.0
        return new


def _probe(report: ProbeReport) -> tuple[str, bool, float, str, float]:
    return report.id, report.ok, -1.0 if report.millis is None else report.millis, report.error or "", report.age_sec


def _mean_of(sums: list[float]) -> bytes:
    def mean(place: int) -> float | None:
        return sums[place] / sums[place + 1] if sums[place + 1] else None

    load, sessions = mean(7), mean(10)
    return rings.pack(
        mean(1), mean(3), mean(5), int(sums[9]), load=None if load is None else load / 100,
        sessions=None if sessions is None else round(sessions),
    )  # fmt: skip


def _slow_blocks(beat: Beat) -> dict[str, bytes]:
    """The blocks that agents send only now and then, as JSON, by their place in the body."""
    found: dict[str, bytes] = {}
    host, haproxy = beat.host, beat.haproxy
    if host is not None:
        for name, raw in (("firewall", host.firewall), ("certificates", host.certificates)):
            if raw is not UNSET:
                found[f"host.{name}"] = bytes(memoryview(raw))
        for name, value in (
            ("pendingUpdates", host.pending_updates),
            ("securityUpdates", host.security_updates),
            ("rebootRequired", host.reboot_required),
        ):
            if value is not None:
                found[f"host.{name}"] = msgspec.json.encode(value)
    if haproxy is not None:
        for name, raw in (("listeners", haproxy.listeners), ("topology", haproxy.topology)):
            if raw is not UNSET:
                found[f"haproxy.{name}"] = bytes(memoryview(raw))
    return found
