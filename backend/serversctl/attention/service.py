"""Gathers what deserves attention: a handful of queries over the account, and one look at the heartbeat store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from ..certificates.rules import ends_soon, is_late
from ..certificates.tables import Certificate, CertificateInstall
from ..dns.tables import PoolDns, ProviderCredential
from ..failover.rules.warnings import Certificate as ReportedCertificate
from ..failover.tables import FailoverEvent, FailoverHalt, FailoverHold, FailoverSettings, MonitorLease
from ..heartbeats.latest import Facts
from ..heartbeats.lending import recovery_secs
from ..heartbeats.rules import Freshness, state
from ..kernel.db import database_now
from ..members.tables import Member
from ..notifications.service import last_deliveries
from ..notifications.tables import NotificationChannel
from ..pools.tables import Pool
from . import rules
from .rules import Item, Kind, MemberSeen, PoolSeen, Severity

CHANNELS_MAX = 500
# After a monitor's sudden death the next one waits for its lease and the lock before it acts.
TAKEOVER_MAX = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Heard:
    """What the store says of members, by id as text. None: it does not answer."""

    facts: Mapping[str, Facts] | None
    certificates: Mapping[str, ReportedCertificate]


def member_ids(session: Session, account_id: UUID) -> list[str]:
    return [str(key) for key in session.scalars(select(Member.id).where(Member.account_id == account_id))]


def attention(session: Session, account_id: UUID, heard: Heard, *, latest_agent: int) -> tuple[list[Item], bool]:
    """Worst first, and whether there is more."""
    now = database_now(session)
    rows = session.execute(
        select(Pool.id, Pool.name, Pool.template, Pool.active_member_id).where(Pool.account_id == account_id)
    )
    pools = {
        row.id: PoolSeen(
            str(row.id),
            row.name,
            row.template == "haproxy",
            str(row.active_member_id) if row.active_member_id else None,
        )
        for row in rows
    }
    members = _members(session, account_id, pools, heard, now)
    found = [
        *_installation(session, heard),
        *_monitor(session, pools, now),
        *_moves(session, account_id, pools, now),
        *_holds(session, account_id, pools),
        *_records(session, account_id, pools),
        *_without_active(pools, members),
        *(item for member in members for item in rules.member_items(member, now)),
        *rules.outdated_items(members, latest_agent),
        *_certificates(session, account_id, pools, now),
        *_keys(session, account_id),
        *_channels(session, account_id),
    ]
    return rules.worst_first(found)


def _members(
    session: Session, account_id: UUID, pools: Mapping[UUID, PoolSeen], heard: Heard, now: datetime
) -> list[MemberSeen]:
    recovery = recovery_secs(session, set(pools))
    rows = session.execute(
        select(Member.id, Member.pool_id, Member.display_name, Member.maintenance).where(
            Member.account_id == account_id
        )
    )
    found = []
    for row in rows:
        key, facts = str(row.id), (heard.facts or {}).get(str(row.id))
        if row.pool_id not in pools:
            continue  # its pool was made in this very moment
        told: dict[str, Any] = {}
        if facts is not None:
            freshness = state(facts.age_sec, facts.interval_sec, recovery[row.pool_id])
            told = {
                "down": freshness is Freshness.DOWN and not row.maintenance,
                "heard_at": now - timedelta(seconds=facts.age_sec),
                "haproxy_inactive": facts.haproxy_monitored and not facts.haproxy_active and not row.maintenance
                and freshness is not Freshness.DOWN,
                "clone_suspected": facts.clone_suspected,
                "agent_version": facts.agent_version,
            }  # fmt: skip
        found.append(
            MemberSeen(key, row.display_name, pools[row.pool_id], certificate=heard.certificates.get(key), **told)
        )
    return found


def _installation(session: Session, heard: Heard) -> Iterator[Item]:
    if heard.facts is None:
        yield Item(
            Severity.CRITICAL, Kind.LIVENESS_UNKNOWN, "Nothing is known of heartbeats: no member can be judged.",
            "Check Redis: `serversctl doctor` says what it finds.", "/fleet",
        )  # fmt: skip
    halt = session.get(FailoverHalt, 1)
    if halt is not None:
        yield Item(
            Severity.CRITICAL, Kind.AUTOMATION_HALTED, f"Automation is stopped in the whole installation: {halt.reason}",
            "Look at the pools, then run `serversctl failover resume`.", "/fleet", since=halt.since,
        )  # fmt: skip


def _monitor(session: Session, pools: Mapping[UUID, PoolSeen], now: datetime) -> Iterator[Item]:
    """Without a monitor every screen is green and nothing is watched: the worst silence of all."""
    until = session.scalar(select(func.max(MonitorLease.expires_at)).where(MonitorLease.released.is_(False)))
    if pools and (until is None or now - until > TAKEOVER_MAX):
        yield Item(
            Severity.CRITICAL, Kind.NO_MONITOR, "No monitor is running: nothing fails over by itself.",
            "Start `serversctl monitor`; `serversctl doctor` says what it finds.", "/fleet", since=until,
        )  # fmt: skip


def _moves(session: Session, account_id: UUID, pools: Mapping[UUID, PoolSeen], now: datetime) -> Iterator[Item]:
    latest = (
        select(FailoverEvent.pool_id, func.max(FailoverEvent.epoch).label("epoch"))
        .where(FailoverEvent.account_id == account_id)
        .group_by(FailoverEvent.pool_id)
        .subquery()
    )
    events = session.scalars(
        select(FailoverEvent)
        .join(latest, and_(FailoverEvent.pool_id == latest.c.pool_id, FailoverEvent.epoch == latest.c.epoch))
        .where(FailoverEvent.state.in_(("failed", "deciding", "switching")))
    ).all()
    acknowledged = dict(
        session.execute(
            select(FailoverSettings.pool_id, FailoverSettings.acknowledged_at).where(
                FailoverSettings.pool_id.in_([event.pool_id for event in events])
            )
        ).all()
    )
    for event in events:
        if event.pool_id not in pools:
            continue
        item = rules.move_item(
            pools[event.pool_id],
            event_id=str(event.id),
            state=event.state,
            to=event.to_name,
            at=event.created_at,
            now=now,
            acknowledged_at=acknowledged.get(event.pool_id),
        )
        if item is not None:
            yield item


def _holds(session: Session, account_id: UUID, pools: Mapping[UUID, PoolSeen]) -> Iterator[Item]:
    for hold in session.scalars(select(FailoverHold).where(FailoverHold.account_id == account_id)):
        if hold.pool_id not in pools:
            continue
        severity = Severity.WARNING if hold.escalated_at is None else Severity.CRITICAL
        yield rules.of_pool(
            pools[hold.pool_id], Kind.HOLD, severity, f"Automatic failover holds: {hold.sentence}",
            "Mend the cause, or look and acknowledge; a manual cutover works at any time.", since=hold.since,
        )  # fmt: skip


def _records(session: Session, account_id: UUID, pools: Mapping[UUID, PoolSeen]) -> Iterator[Item]:
    query = select(PoolDns).where(PoolDns.account_id == account_id)
    for row in session.scalars(query):
        if row.pool_id not in pools:
            continue
        yield from rules.record_items(
            pools[row.pool_id], fqdn=row.fqdn, state=row.state, detail=row.detail, colour=row.preflight_colour,
            why=row.preflight_detail,
        )  # fmt: skip


def _without_active(pools: Mapping[UUID, PoolSeen], members: list[MemberSeen]) -> Iterator[Item]:
    peopled = {member.pool.id for member in members}
    for pool in pools.values():
        if pool.haproxy and pool.active_id is None and pool.id in peopled:
            yield rules.of_pool(
                pool, Kind.NO_ACTIVE_MEMBER, Severity.WARNING, f"{pool.name} has members and none is active.",
                "Cut over to the member that shall serve now.",
            )  # fmt: skip


def _certificates(session: Session, account_id: UUID, pools: Mapping[UUID, PoolSeen], now: datetime) -> Iterator[Item]:
    for row in session.scalars(select(Certificate).where(Certificate.account_id == account_id)):
        item = rules.certificate_item(
            pools[row.pool_id],
            hostname=row.hostname,
            error=row.last_error,
            not_after=row.not_after,
            late=is_late(row.not_before, row.not_after, now),
            soon=ends_soon(row.not_before, row.not_after, now),
            now=now,
        )
        if item is not None:
            yield item
    failed = session.execute(
        select(CertificateInstall, Certificate.hostname, Certificate.pool_id, Member.display_name)
        .join(Certificate, Certificate.id == CertificateInstall.certificate_id)
        .join(Member, Member.id == CertificateInstall.member_id)
        .where(Certificate.account_id == account_id, CertificateInstall.state == "failed")
        .limit(rules.ITEMS_MAX)
    )
    for install, hostname, pool_id, member_name in failed:
        yield rules.install_item(
            pools[pool_id],
            member_id=str(install.member_id),
            member_name=member_name,
            hostname=hostname,
            detail=install.detail,
        )


def _keys(session: Session, account_id: UUID) -> Iterator[Item]:
    used = set(session.scalars(select(PoolDns.credential_id).where(PoolDns.account_id == account_id)))
    for row in session.scalars(select(ProviderCredential).where(ProviderCredential.account_id == account_id)):
        if row.test_report is not None and not row.test_report.get("ok"):
            yield Item(
                Severity.CRITICAL if row.id in used else Severity.WARNING, Kind.PROVIDER_KEY,
                f"The key {row.name} failed its last test. {row.test_report.get('detail', '')}".strip(),
                str(row.test_report.get("fix") or "Enter the key again and test it."),
                "/settings/api-providers", since=row.tested_at,
            )  # fmt: skip


def _channels(session: Session, account_id: UUID) -> Iterator[Item]:
    rows = session.scalars(
        select(NotificationChannel)
        .where(NotificationChannel.account_id == account_id, NotificationChannel.enabled)
        .limit(CHANNELS_MAX)
    ).all()
    last = last_deliveries(session, [row.id for row in rows])
    for row in rows:
        tried = last.get(row.id)
        if tried is not None and tried.last_error and tried.state in {"failed", "waiting"}:
            yield Item(
                Severity.WARNING, Kind.CHANNEL,
                f"The channel {row.name} did not get its last message through: {tried.last_error}",
                "Correct its settings and send a test.", "/settings/channels", since=tried.created_at,
            )  # fmt: skip
