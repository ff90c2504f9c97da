"""What deserves a person's attention, how bad it is, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from ..failover.rules.warnings import Certificate, Report, warnings_of

ITEMS_MAX = 200
SWITCHING_MAX = timedelta(seconds=60)
NAMED_MAX = 3


class Severity(StrEnum):
    CRITICAL = "critical"
    WARNING = "warning"


class Kind(StrEnum):
    """Worst first among items of one severity."""

    LIVENESS_UNKNOWN = "liveness_unknown"
    NO_MONITOR = "no_monitor"
    AUTOMATION_HALTED = "automation_halted"
    CUTOVER_FAILED = "cutover_failed"
    CUTOVER_SLOW = "cutover_slow"
    MEMBER_DOWN = "member_down"
    HAPROXY_INACTIVE = "haproxy_inactive"
    HOLD = "hold"
    DNS_CONFLICT = "dns_conflict"
    DNS_ERROR = "dns_error"
    DNS_PREFLIGHT = "dns_preflight"
    DNS_DRIFT = "dns_drift"
    NO_ACTIVE_MEMBER = "no_active_member"
    CLONE_SUSPECTED = "clone_suspected"
    CERTIFICATE = "certificate"
    PROVIDER_KEY = "provider_key"
    CHANNEL = "channel"
    AGENT_OUTDATED = "agent_outdated"


SEVERITIES, KINDS = list(Severity), list(Kind)
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PoolSeen:
    """A pool, as far as its items need it."""

    id: str
    name: str
    haproxy: bool
    active_id: str | None


@dataclass(frozen=True, slots=True)
class MemberSeen:
    """A member with its last heartbeat. `down` is false for one that is late, new, or in maintenance."""

    id: str
    name: str
    pool: PoolSeen
    down: bool = False
    heard_at: datetime | None = None
    haproxy_inactive: bool = False
    clone_suspected: bool = False
    agent_version: int = 0
    certificate: Certificate | None = None

    @property
    def active(self) -> bool:
        return self.id == self.pool.active_id

    @property
    def link(self) -> str:
        return f"/pools/{self.pool.id}/members/{self.id}/control-panel"


@dataclass(frozen=True, slots=True)
class Item:
    """One line. `link` is a path of the dashboard; `since` None: nobody noted when it began."""

    severity: Severity
    kind: Kind
    text: str
    fix: str
    link: str
    pool_id: str | None = None
    pool_name: str | None = None
    member_id: str | None = None
    member_name: str | None = None
    since: datetime | None = None


def worst_first(items: Iterable[Item]) -> tuple[list[Item], bool]:
    """The first ITEMS_MAX, and whether there are more. What lasts longest comes first among equals."""
    ranked = sorted(
        items,
        key=lambda item: (
            SEVERITIES.index(item.severity),
            KINDS.index(item.kind),
            item.since or NEVER,
            item.pool_name or "",
            item.member_name or "",
        ),
    )
    return ranked[:ITEMS_MAX], len(ranked) > ITEMS_MAX


def of_pool(
    pool: PoolSeen,
    kind: Kind,
    severity: Severity,
    text: str,
    fix: str,
    *,
    page: str = "",
    since: datetime | None = None,
) -> Item:
    return Item(severity, kind, text, fix, f"/pools/{pool.id}{page}", pool.id, pool.name, since=since)


def of_member(
    member: MemberSeen, kind: Kind, severity: Severity, text: str, fix: str, *, since: datetime | None = None
) -> Item:
    return Item(
        severity, kind, text, fix, member.link, member.pool.id, member.pool.name, member.id, member.name, since
    )  # fmt: skip


def member_items(member: MemberSeen, now: datetime) -> Iterator[Item]:
    """What is wrong with one member. A silent one's other troubles are old news and left out."""
    if member.down:
        role = "active member" if member.active else "member"
        yield of_member(
            member, Kind.MEMBER_DOWN, Severity.CRITICAL, f"The {role} {member.name} is not heard any more.",
            "Look at the host, and at its agent: systemctl status balctl-agent", since=member.heard_at,
        )  # fmt: skip
    elif member.haproxy_inactive:
        severity = Severity.CRITICAL if member.active else Severity.WARNING
        yield of_member(
            member, Kind.HAPROXY_INACTIVE, severity, f"HAProxy is not active on {member.name}.",
            "Look why: systemctl status haproxy, and haproxy -c -f on its configuration.",
        )  # fmt: skip
    if member.clone_suspected:
        yield of_member(
            member, Kind.CLONE_SUSPECTED, Severity.CRITICAL, f"Two hosts report in as {member.name}.",
            "One of them is a copy: stop its agent, or enrol it as a member of its own.",
        )  # fmt: skip
    if member.certificate is not None:
        warned = warnings_of(Report(first_to_expire=member.certificate), None, latest_agent=0, now=now)
        for warn in warned:
            severity = Severity.CRITICAL if warn.severe else Severity.WARNING
            yield of_member(
                member, Kind.CERTIFICATE, severity, f"{member.name}: {warn.reason}", "Renew it and reload HAProxy."
            )


def outdated_items(members: Iterable[MemberSeen], latest: int) -> Iterator[Item]:
    """One line for each pool: an update is ordered for many at once."""
    old: dict[str, list[MemberSeen]] = {}
    for member in members:
        if 0 < member.agent_version < latest:
            old.setdefault(member.pool.id, []).append(member)
    for found in old.values():
        one = found[0] if len(found) == 1 else None
        pool = found[0].pool
        yield Item(
            Severity.WARNING, Kind.AGENT_OUTDATED,
            f"The agent of {names(found)} is older than version {latest}.", "Run the command agent.update there.",
            one.link if one else f"/pools/{pool.id}/members", pool.id, pool.name,
            one.id if one else None, one.name if one else None,
        )  # fmt: skip


def names(members: Sequence[MemberSeen]) -> str:
    shown = sorted(member.name for member in members)
    more = f" and {len(shown) - NAMED_MAX} more" if len(shown) > NAMED_MAX else ""
    return ", ".join(shown[:NAMED_MAX]) + more


def record_items(pool: PoolSeen, *, fqdn: str, state: str, detail: str, colour: str | None, why: str) -> Iterator[Item]:
    """What is wrong with a pool's name and with the way to change it."""
    page = "/managed-dns"
    if state == "conflict":
        fix = "Adopt the name, or remove those records at the provider."
        text = f"Other records stand on {fqdn}. {detail}".strip()
        yield of_pool(pool, Kind.DNS_CONFLICT, Severity.CRITICAL, text, fix, page=page)
    elif state == "error":
        text = f"The record {fqdn} cannot be read or written. {detail}".strip()
        yield of_pool(
            pool, Kind.DNS_ERROR, Severity.CRITICAL, text, "Test the name, and the key that it uses.", page=page
        )
    elif state == "drift":
        text = f"{fqdn} does not hold what was ordered. {detail}".strip()
        fix = "It is put right by itself with dynamic sync on; otherwise order it anew."
        yield of_pool(pool, Kind.DNS_DRIFT, Severity.WARNING, text, fix, page=page)
    if colour == "red":
        text = f"A failover could not change {fqdn} now. {why}".strip()
        yield of_pool(
            pool, Kind.DNS_PREFLIGHT, Severity.CRITICAL, text, "Test the name: each step says its fix.", page=page
        )


def certificate_item(
    pool: PoolSeen, *, hostname: str, error: str, not_after: datetime | None, late: bool, soon: bool, now: datetime
) -> Item | None:
    """A certificate that ended or will, and one that was never issued. A renewal that fails early is tried again."""
    page, fix = "/certificates", "Read the last error of the certificate: it says the fix. Then renew it."
    if not_after is not None and not_after <= now:
        text = f"The certificate of {hostname} ended. {error}".strip()
        return of_pool(pool, Kind.CERTIFICATE, Severity.CRITICAL, text, fix, page=page, since=not_after)
    if not error or (not_after is not None and not late):
        return None
    severity = Severity.CRITICAL if soon else Severity.WARNING
    what = "cannot be issued" if not_after is None else f"ends on {not_after:%Y-%m-%d} and cannot be renewed"
    return of_pool(pool, Kind.CERTIFICATE, severity, f"The certificate of {hostname} {what}. {error}", fix, page=page)


def install_item(pool: PoolSeen, *, member_id: str, member_name: str, hostname: str, detail: str) -> Item:
    """A member without a pool's newest certificate: it cannot take over with it."""
    text = f"{member_name} did not take the certificate of {hostname}. {detail}".strip()
    fix = "Read the job's log. It is tried again by itself."
    return Item(
        Severity.WARNING, Kind.CERTIFICATE, text, fix, f"/pools/{pool.id}/certificates", pool.id, pool.name,
        member_id, member_name,
    )  # fmt: skip


def move_item(
    pool: PoolSeen, *, event_id: str, state: str, to: str, at: datetime, now: datetime, acknowledged_at: datetime | None
) -> Item | None:
    """The pool's latest move, while it failed and nobody acknowledged it, or takes too long."""
    page = f"/events/{event_id}"
    if state == "failed" and (acknowledged_at is None or acknowledged_at < at):
        return of_pool(
            pool, Kind.CUTOVER_FAILED, Severity.CRITICAL, f"The move of {pool.name} to {to} failed.",
            "Read its timeline, then cut over again or acknowledge it.", page=page, since=at,
        )  # fmt: skip
    if state in {"deciding", "switching"} and now - at > SWITCHING_MAX:
        return of_pool(
            pool, Kind.CUTOVER_SLOW, Severity.CRITICAL, f"{pool.name} is still being moved to {to}.",
            "Read its timeline: it says what the record waits for.", page=page, since=at,
        )  # fmt: skip
    return None
