"""R5: is this member dead, as far as we can know? Generic pools are judged by heartbeats alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .timing import DISRUPTION_SEC, silence_limit_sec, stale_after_sec
from .view import PoolView, Standing

INACTIVE_REPORTS = 3


class Health(StrEnum):
    HEALTHY = "healthy"
    LATE = "late"  # silent, and not yet for long enough
    UNKNOWN = "unknown"  # never heard: nobody can say
    SILENT = "silent"
    HAPROXY_DOWN = "haproxy_inactive"


UNHEALTHY = frozenset({Health.SILENT, Health.HAPROXY_DOWN})


@dataclass(frozen=True, slots=True)
class Verdict:
    health: Health
    reason: str

    @property
    def unhealthy(self) -> bool:
        return self.health in UNHEALTHY


def verdict(pool: PoolView, member: Standing) -> Verdict:
    """The state of one member under the pool's recovery time."""
    if member.assumed_dead:
        return Verdict(Health.SILENT, f"{member.name} is taken as dead.")
    if not member.ever_seen:
        return Verdict(Health.UNKNOWN, f"{member.name} has never sent a heartbeat.")
    limit = silence_limit_sec(pool.policy.recovery_sec, member.interval_sec)
    if member.silence_sec >= limit:
        return Verdict(
            Health.SILENT, f"{member.name} was silent for {member.silence_sec:.1f} s, the limit is {limit:.1f} s."
        )
    stale = stale_after_sec(member.interval_sec)
    if not member.heard or member.silence_sec > stale:
        return Verdict(Health.LATE, f"{member.name} is silent for {member.silence_sec:.1f} s of {limit:.1f} s.")
    if pool.haproxy and member.proof_age_sec <= stale and says_inactive(member):
        return Verdict(
            Health.HAPROXY_DOWN, f"{member.name} reported HAProxy inactive {member.inactive_reports} times in a row."
        )
    return Verdict(Health.HEALTHY, f"{member.name} was heard {member.age_sec:.1f} s ago.")


def says_inactive(member: Standing) -> bool:
    """Three reports in a row, and no restart job of the last 30 s that explains them."""
    explained = member.disruption_sec is not None and member.disruption_sec <= DISRUPTION_SEC
    return member.haproxy_monitored and member.inactive_reports >= INACTIVE_REPORTS and not explained
