"""How a pool stands now, for people: the same view and the same decision as the monitor's, from what it left word of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...heartbeats.ports import Liveness, Sighting
from ...kernel.db import database_now
from ...kernel.errors import NotFound, Unavailable
from ...pools.tables import Pool
from ..observing import HERE, Observations, pool_view
from ..ports import DnsFacts, PoolRow, Reports
from ..rules.decide import Decision, decide
from ..rules.view import Mass, PoolView, Vote, Warn, Weather
from ..rules.warnings import pool_warnings
from ..tables import FailoverHalt, MonitorLease
from .rows import disruptions_of, fleet_of, pool_rows

MONITOR_GONE_SEC = 10.0
NO_MONITOR = "No monitor is at work: start `serversctl monitor`, or look at its log."
NO_STORE = "The heartbeat store does not answer: check Redis."


@dataclass(frozen=True, slots=True)
class Look:
    """A pool as it stands, and what would be decided now."""

    view: PoolView
    weather: Weather
    decision: Decision


def look(
    session: Session,
    pool: Pool,
    *,
    liveness: Liveness,
    dns: Mapping[UUID, DnsFacts],
    reports: Reports | None = None,
    dead: Collection[UUID] = (),
) -> Look:
    """Judge the pool now, with `dead` members taken as dead. Changes nothing.

    Without `reports` nobody is warned of.
    """
    now = database_now(session)
    row = pool_rows(session, now, [pool.id]).get(pool.id)
    if row is None:
        raise NotFound("pool_not_found", "There is no such pool.")
    status, age = _status(session, now)
    store_now, sightings = _sightings(liveness, [member.member_id for member in row.members])
    floor = status.get("floor") if age is not None and age < MONITOR_GONE_SEC else None

    def silence(since: float | None) -> float:
        if store_now is None:
            return 0.0
        began = max(
            value for value in (since, floor, 0.0 if since is None and floor is None else None) if value is not None
        )
        return max(0.0, store_now - began)

    view = pool_view(
        row,
        Observations(
            now=store_now or 0.0,
            database_now=now,
            sightings=sightings,
            silence=silence,
            dns=dns,
            votes=_votes(status, age),
            disruptions=disruptions_of(session, [member.member_id for member in row.members]),
            warnings={} if reports is None or store_now is None else _warnings(row, reports, now),
        ),
    )
    weather = _weather(session, now, status=status, age=age, store_now=store_now)
    return Look(view, weather, decide(view, weather, dead=dead))


def votes_of_the_monitor(session: Session, now: datetime) -> dict[UUID, Vote]:
    """The control plane's own probes, as the monitor at work left word of them."""
    return _votes(*_status(session, now))


def _status(session: Session, now: datetime) -> tuple[dict[str, Any], float | None]:
    lease = session.get(MonitorLease, "failover", populate_existing=True)
    if lease is None or lease.status_at is None or lease.released:
        return {}, None
    return lease.status, (now - lease.status_at).total_seconds()


def _sightings(liveness: Liveness, ids: list[UUID]) -> tuple[float | None, Mapping[UUID, Sighting]]:
    try:
        return liveness.now(), liveness.sightings(ids)
    except Unavailable:
        return None, {}


def _warnings(row: PoolRow, reports: Reports, now: datetime) -> dict[UUID, tuple[Warn, ...]]:
    members = [member.member_id for member in row.members]
    return pool_warnings(members, row.active_id, reports.of(members), latest_agent=reports.latest_agent, now=now)


def _votes(status: Mapping[str, Any], age: float | None) -> dict[UUID, Vote]:
    if age is None:
        return {}
    return {
        UUID(member): Vote(by=HERE, ok=ok, age_sec=vote_age + age, millis=millis, error=error)
        for member, (ok, vote_age, millis, error) in status.get("votes", {}).items()
    }


def _weather(
    session: Session, now: datetime, *, status: Mapping[str, Any], age: float | None, store_now: float | None
) -> Weather:
    blackout = status.get("blackout")
    if age is None or age > MONITOR_GONE_SEC:
        blackout = NO_MONITOR
    elif store_now is None:
        blackout = NO_STORE
    mass = status.get("mass")
    fleet, last = fleet_of(session, now)
    halt = session.get(FailoverHalt, 1)
    good_since = status.get("goodSince")
    return Weather(
        blackout=blackout,
        good_for_sec=store_now - good_since if store_now is not None and good_since is not None else 0.0,
        lock_delay_sec=max(0.0, status.get("lockDelaySec", 0.0) - (age or 0.0)),
        mass=Mass(mass["silent"], mass["of"], mass["forSec"]) if mass else None,
        fleet_pools=session.scalar(select(func.count()).select_from(Pool)) or 1,
        fleet_recent=fleet,
        fleet_last_sec=(now - last).total_seconds() if last else None,
        halted=halt.reason if halt else None,
    )
