"""What a decision looks at: plain values, gathered once, the same for the monitor and for a simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from .timing import RECOVERY_DEFAULT_SEC

Addresses = Mapping[str, tuple[str, ...]]  # record type → contents


class ProbeKind(StrEnum):
    NONE = "none"
    TCP = "tcp"
    TLS = "tls"
    HTTP = "http"


@dataclass(frozen=True, slots=True)
class Probe:
    """How a pool's service is tried, if at all."""

    kind: ProbeKind = ProbeKind.NONE
    port: int = 443
    path: str = "/"
    host_header: str | None = None

    @property
    def configured(self) -> bool:
        return self.kind is not ProbeKind.NONE


@dataclass(frozen=True, slots=True)
class Policy:
    """A pool's failover settings as far as a decision needs them."""

    auto: bool = False
    recovery_sec: int = RECOVERY_DEFAULT_SEC
    probe: Probe = Probe()
    failback_auto: bool = False
    preferred: UUID | None = None
    stable_sec: int = 300
    paused: str | None = None  # the reason of a maintenance pause that runs now


@dataclass(frozen=True, slots=True)
class Vote:
    """One try of a service. `by` says from where."""

    by: str
    ok: bool
    age_sec: float
    millis: float | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """One member as it stands now. Ages are seconds; `silence_sec` counts only seconds that count (R1)."""

    member_id: UUID
    name: str
    priority: int = 100
    never_promote: bool = False
    maintenance: bool = False
    addresses: Addresses = field(default_factory=dict)  # publishable ones, by record type
    address_problem: str = ""
    ever_seen: bool = True
    heard: bool = True  # the store has a sighting
    assumed_dead: bool = False  # on paper, by whoever asks what would happen
    age_sec: float = 0.0
    proof_age_sec: float = 0.0
    silence_sec: float = 0.0
    run_sec: float = 0.0
    interval_sec: int = 1
    agent_version: int = 1
    haproxy_monitored: bool = False
    haproxy_active: bool = False
    inactive_reports: int = 0
    clone_suspected: bool = False
    disruption_sec: float | None = None  # age of a running job that stops or replaces HAProxy
    seen_from_here: Vote | None = None  # the control plane's own probe of this member
    seen_by_peers: Mapping[UUID, Vote] = field(default_factory=dict)
    warnings: tuple[Warn, ...] = ()


@dataclass(frozen=True, slots=True)
class Warn:
    """Something that ranks a candidate lower and never blocks it. Severe ones rank it last."""

    name: str
    reason: str
    severe: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """What automation did to this pool lately (R10)."""

    since_automatic_sec: float | None = None
    automatic_last_hour: int = 0  # since the last acknowledgement
    flapping: bool = False  # the hold stands until somebody acknowledges it
    acknowledged_sec: float | None = None


@dataclass(frozen=True, slots=True)
class PoolView:
    """One pool, with everything that decides about it."""

    pool_id: UUID
    account_id: UUID
    name: str
    haproxy: bool  # False: a generic pool, judged by heartbeats alone
    epoch: int
    active_id: UUID | None
    policy: Policy
    members: tuple[Standing, ...]
    history: History = History()
    dns_problem: str = ""

    def member(self, member_id: UUID | None) -> Standing | None:
        return next((m for m in self.members if m.member_id == member_id), None)


@dataclass(frozen=True, slots=True)
class Mass:
    """Many members fell silent at once."""

    silent: int
    of: int
    for_sec: float


@dataclass(frozen=True, slots=True)
class Weather:
    """What holds for the whole installation at this moment."""

    blackout: str | None = None
    good_for_sec: float = 1e9
    lock_delay_sec: float = 0.0  # still to wait after an unclean takeover
    mass: Mass | None = None
    fleet_pools: int = 1
    fleet_recent: int = 0  # automatic promotions in the last 10 minutes
    fleet_last_sec: float | None = None
    halted: str | None = None  # automation is off for the installation, with the reason


FINE = Weather()
