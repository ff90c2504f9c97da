"""Who may send heartbeats, in memory: loaded from SQL, loaded again when its revision moves."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from ..members.tables import DirectoryRevision, Member
from ..pools.tables import Pool
from .rules import backoff_cap_sec
from .tables import RECOVERY_SEC_DEFAULT, MemberProbe, PoolPace

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_encode = msgspec.json.Encoder().encode


class Live:
    """What this process knows of one member between two loads."""

    __slots__ = ("greeted", "in_second", "interval_sec", "jobs", "second", "sums")

    def __init__(self) -> None:
        self.greeted = False  # told its id, and asked for the slow facts
        self.jobs = False  # has jobs to claim or to cancel
        self.second, self.in_second = 0, 0
        self.interval_sec = 1
        self.sums: list[float] | None = None


@dataclass(slots=True, eq=False)
class Entry:
    """One member as intake sees it. `tail` is the part of its answer that changes with the directory only."""

    member_id: UUID
    id_text: str
    account_id: UUID
    pool_id: UUID
    hostname: str
    addresses: frozenset[str]
    networks: tuple[Network, ...]
    active: bool
    base_interval_sec: int
    recovery_sec: int
    tail: bytes
    greeting: bytes
    never_seen: bool
    live: Live

    def allows(self, source: str) -> bool:
        if source in self.addresses:
            return True
        if not self.networks:
            return False
        address = ipaddress.ip_address(source)
        return any(address in network for network in self.networks)


@dataclass(slots=True)
class Key:
    """One slot of a member's secret. `until` is wall seconds; `pending` asks to be promoted by its first use."""

    entry: Entry
    until: float | None = None
    pending: bool = False


@dataclass(slots=True)
class Directory:
    """A load. `keys` is by the SHA-256 digest of the secret."""

    revision: int = -1
    generation: int = 1
    keys: dict[bytes, Key] = field(default_factory=dict)
    by_id: dict[str, Entry] = field(default_factory=dict)
    by_hostname: dict[str, list[Entry]] = field(default_factory=dict)


@lru_cache(maxsize=65536)
def _sources(allowed: tuple[str, ...]) -> tuple[frozenset[str], tuple[Network, ...]]:
    networks = [ipaddress.ip_network(text, strict=False) for text in allowed]
    single = [network for network in networks if network.prefixlen == network.max_prefixlen]
    wide = tuple(network for network in networks if network.prefixlen != network.max_prefixlen)
    return frozenset(str(network.network_address) for network in single), wide


def revision_of(session: Session) -> tuple[int, int]:
    """(revision, generation) as they are in the database now."""
    row = session.execute(select(DirectoryRevision.revision, DirectoryRevision.generation)).first()
    return (0, 1) if row is None else (row.revision, row.generation)


def load(session: Session, before: Directory, *, latest_version: int) -> Directory:
    """The directory as it is now. What `before` knew of a member's moment is carried over."""
    revision, generation = revision_of(session)
    made = Directory(revision=revision, generation=generation)
    probes = _probes(session)
    query = (
        select(
            Member.id, Member.account_id, Member.pool_id, Member.hostname, Member.allowed_ips, Member.secret_hash,
            Member.next_secret_hash, Member.next_secret_until, Member.next_secret_sealed, Member.first_seen_at,
            Pool.active_member_id, PoolPace.recovery_sec, PoolPace.interval_sec,
        )
        .join(Pool, Pool.id == Member.pool_id)
        .join(PoolPace, PoolPace.pool_id == Pool.id, isouter=True)
    )  # fmt: skip
    for row in session.execute(query):
        id_text = str(row.id)
        known = before.by_id.get(id_text)
        recovery_sec = row.recovery_sec or RECOVERY_SEC_DEFAULT
        addresses, networks = _sources(tuple(row.allowed_ips))
        entry = Entry(
            member_id=row.id,
            id_text=id_text,
            account_id=row.account_id,
            pool_id=row.pool_id,
            hostname=row.hostname,
            addresses=addresses,
            networks=networks,
            active=row.active_member_id == row.id,
            base_interval_sec=row.interval_sec or 1,
            recovery_sec=recovery_sec,
            tail=_tail(recovery_sec, latest_version, tuple(probes.get(row.id, ()))),
            greeting=_encode({"memberId": id_text, "generation": generation, "full": True})[1:-1] + b",",
            never_seen=row.first_seen_at is None,
            live=known.live if known else Live(),
        )
        made.by_id[id_text] = entry
        made.by_hostname.setdefault(row.hostname, []).append(entry)
        made.keys[bytes.fromhex(row.secret_hash)] = Key(entry)
        if row.next_secret_hash:
            until = row.next_secret_until.timestamp() if row.next_secret_until else None
            made.keys[bytes.fromhex(row.next_secret_hash)] = Key(entry, until, row.next_secret_sealed is not None)
    return made


def digest_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _probes(session: Session) -> dict[UUID, list[bytes]]:
    found: dict[UUID, list[bytes]] = {}
    for probe in session.scalars(select(MemberProbe).order_by(MemberProbe.member_id, MemberProbe.probe_id)):
        text = {"id": probe.probe_id, "kind": probe.kind, "host": probe.host, "port": probe.port}
        extra = {"path": probe.path, "hostHeader": probe.host_header}
        wire = {**text, **{name: value for name, value in extra.items() if value}, "timeoutMs": probe.timeout_ms}
        found.setdefault(probe.member_id, []).append(_encode(wire))
    return found


@lru_cache(maxsize=4096)
def _tail(recovery_sec: int, latest_version: int, probes: tuple[bytes, ...]) -> bytes:
    return b'"backoffCapSec":%d,"agent":{"latestVersion":%d},"probes":[%b]' % (
        backoff_cap_sec(recovery_sec),
        latest_version,
        b",".join(probes),
    )


def entries(directory: Directory) -> Iterable[Entry]:
    return directory.by_id.values()
