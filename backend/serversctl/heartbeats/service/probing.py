"""What the room that decides tells intake: the pace of a pool, and what its members try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ...members.service import touch_directory
from ..tables import MemberProbe, PoolPace


@dataclass(frozen=True, slots=True)
class Probe:
    """One service that a member is asked to try."""

    id: str
    kind: str  # tcp | tls | http
    host: str
    port: int
    path: str | None = None
    host_header: str | None = None
    timeout_ms: int = 2000


def set_probes(session: Session, pool_id: UUID, probes: Mapping[UUID, Sequence[Probe]]) -> None:
    """Replace what the members of a pool try. Takes effect within 2 s; the same again changes nothing."""
    known = {
        (row.member_id, Probe(row.probe_id, row.kind, row.host, row.port, row.path, row.host_header, row.timeout_ms))
        for row in session.scalars(select(MemberProbe).where(MemberProbe.pool_id == pool_id))
    }
    if known == {(member_id, probe) for member_id, wanted in probes.items() for probe in wanted}:
        return
    session.execute(delete(MemberProbe).where(MemberProbe.pool_id == pool_id))
    for member_id, wanted in probes.items():
        for probe in wanted:
            session.add(
                MemberProbe(
                    member_id=member_id, probe_id=probe.id, pool_id=pool_id, kind=probe.kind, host=probe.host,
                    port=probe.port, path=probe.path, host_header=probe.host_header, timeout_ms=probe.timeout_ms,
                )
            )  # fmt: skip
    session.flush()
    touch_directory(session)


def set_pace(session: Session, pool_id: UUID, *, recovery_sec: int, interval_sec: int | None = None) -> None:
    """Tell intake a pool's failover delay, and its heartbeat interval where one is wished."""
    pace = session.get(PoolPace, pool_id)
    if pace is not None and pace.recovery_sec == recovery_sec and interval_sec in {None, pace.interval_sec}:
        return
    if pace is None:
        pace = PoolPace(pool_id=pool_id, recovery_sec=recovery_sec, interval_sec=interval_sec or 1)
        session.add(pace)
    else:
        pace.recovery_sec = recovery_sec
        if interval_sec is not None:
            pace.interval_sec = interval_sec
    session.flush()
    touch_directory(session)
