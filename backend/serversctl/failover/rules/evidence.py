"""What a decision was made from, as JSON values: stored with it and shown to whoever asks why (B1, B14)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from .readiness import Gate, Readiness
from .view import PoolView, Standing, Vote, Weather


def evidence_of(pool: PoolView, weather: Weather, ready: dict[UUID, Readiness]) -> dict[str, Any]:
    return {
        "poolId": str(pool.pool_id),
        "epoch": pool.epoch,
        "activeMemberId": str(pool.active_id) if pool.active_id else None,
        "recoverySec": pool.policy.recovery_sec,
        "probe": pool.policy.probe.kind.value,
        "weather": weather_of(weather),
        "members": [member_of(member, ready[member.member_id]) for member in pool.members],
    }


def weather_of(weather: Weather) -> dict[str, Any]:
    mass = weather.mass
    return {
        "blackout": weather.blackout,
        "goodForSec": round(min(weather.good_for_sec, 1e6), 1),
        "lockDelaySec": round(weather.lock_delay_sec, 1),
        "massSilence": {"silent": mass.silent, "of": mass.of, "forSec": round(mass.for_sec, 1)} if mass else None,
        "promotionsLast10Min": weather.fleet_recent,
    }


def member_of(member: Standing, ready: Readiness) -> dict[str, Any]:
    heard = member.heard
    cast = [vote for vote in (member.seen_from_here, *member.seen_by_peers.values()) if vote is not None]
    return {
        "memberId": str(member.member_id),
        "name": member.name,
        "heartbeatAgeSec": round(member.age_sec, 2) if heard else None,
        "silenceSec": round(min(member.silence_sec, 1e6), 2),
        "runSec": round(member.run_sec, 1) if heard else None,
        "haproxy": {"monitored": member.haproxy_monitored, "active": member.haproxy_active,
                    "inactiveReports": member.inactive_reports},
        "addresses": {kind: list(found) for kind, found in member.addresses.items()},
        "votes": [vote_of(vote) for vote in cast],
        "ready": ready.ready,
        "gates": [gate_of(gate) for gate in ready.gates],
    }  # fmt: skip


def vote_of(vote: Vote) -> dict[str, Any]:
    age = round(vote.age_sec, 1)
    return {"by": vote.by, "ok": vote.ok, "ageSec": age, "millis": vote.millis, "error": vote.error}


def gate_of(gate: Gate) -> dict[str, Any]:
    return {"name": gate.name, "passed": gate.passed, "blocking": gate.blocking, "reason": gate.reason}
