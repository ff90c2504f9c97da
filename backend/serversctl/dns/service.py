"""The name of a pool: connected to a key and a zone, changed, adopted, disconnected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..kernel import paging
from ..kernel.db import database_now
from ..kernel.errors import Conflict, Invalid, NotFound
from ..kernel.ids import new_id
from ..kernel.paging import Page
from ..pools.tables import Pool
from . import credentials, names, rules
from .ports import Limits
from .registry import all_providers
from .tables import DnsPreflight, DnsWrite, PoolDns, ProviderCredential

WRITES_KEPT, PREFLIGHTS_KEPT = 200, 50


@dataclass(frozen=True, slots=True)
class Wish:
    """What an operator asks for. zone and label as typed; ttl in seconds."""

    credential_id: UUID
    zone: str
    label: str
    ttl: int
    proxied: bool = False
    dynamic_sync: bool = False
    internal: bool = False


def pool_of(session: Session, account_id: UUID, pool_id: UUID) -> Pool:
    """Raises NotFound, for other accounts' pools too."""
    pool = session.scalar(select(Pool).where(Pool.id == pool_id, Pool.account_id == account_id))
    if pool is None:
        raise NotFound("pool_not_found", "There is no such pool. Reload the list.")
    return pool


def link_of(session: Session, account_id: UUID, pool_id: UUID) -> PoolDns:
    """Raises NotFound when the pool is not connected."""
    pool_of(session, account_id, pool_id)
    found = session.scalar(select(PoolDns).where(PoolDns.pool_id == pool_id, PoolDns.account_id == account_id))
    if found is None:
        raise NotFound("dns_not_connected", "This pool has no DNS yet: choose an API key, a zone and a label.")
    return found


def limits_of(credential: ProviderCredential) -> Limits:
    return all_providers()[credential.kind].limits


def connect(session: Session, account_id: UUID, pool_id: UUID, wish: Wish) -> PoolDns:
    """Give a pool its name, or change it. A new name, zone or key forgets what was known of the old one.

    The record at the old name stays as it is. What changes the record's form forgets only that it was ordered, so that
    the monitor orders it anew within seconds. Raises NotFound, Invalid or Conflict.
    """
    pool_of(session, account_id, pool_id)
    credential = _credential_for_dns(session, account_id, wish.credential_id)
    zone, label = names.clean_zone(wish.zone), names.clean_label(wish.label)
    fqdn = names.fqdn(label, zone)
    _check_how(wish, limits_of(credential))
    _check_free(session, account_id, pool_id, fqdn)
    now = database_now(session)
    row = session.scalar(select(PoolDns).where(PoolDns.pool_id == pool_id))
    if row is None:
        row = PoolDns(id=new_id(), account_id=account_id, pool_id=pool_id, created_at=now, owned=[], fqdn="")
        session.add(row)
    if (row.fqdn, row.zone, row.credential_id) != (fqdn, zone, credential.id):
        row.zone_ref = row.observed = row.observed_at = row.verified = row.wanted = None
        row.owned, row.adopted, row.state, row.detail = [], False, "unknown", "Not looked at yet."
        row.preflight_colour, row.preflight_detail, row.preflight_at = None, "", None
    row.credential_id, row.zone, row.label, row.fqdn = credential.id, zone, label, fqdn
    ttl = rules.ttl_to_write(wish.ttl, wish.proxied, limits_of(credential))
    if row.wanted and (row.ttl, row.proxied) != (ttl, wish.proxied):
        row.wanted = None
        if row.state == "in_sync":
            row.state, row.detail = "drift", "The settings changed: the record follows within seconds."
    row.ttl = ttl
    row.proxied, row.dynamic_sync, row.internal = wish.proxied, wish.dynamic_sync, wish.internal
    row.updated_at = now
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError as why:
        raise _name_taken(fqdn, "another pool") from why
    return row


def disconnect(session: Session, account_id: UUID, pool_id: UUID) -> None:
    """Forget the pool's name. The record itself stays as it is."""
    session.delete(link_of(session, account_id, pool_id))
    session.flush()


def adopt(session: Session, account_id: UUID, pool_id: UUID) -> PoolDns:
    """From now on every address record at the name is ours; the next convergence removes the surplus."""
    row = link_of(session, account_id, pool_id)
    row.adopted = True
    row.updated_at = database_now(session)
    if row.state == "conflict":
        row.state, row.detail = "drift", "Adopted: the next check puts the name right."
    session.flush()
    return row


def writes(session: Session, account_id: UUID, pool_id: UUID, limit: int = 50) -> Sequence[DnsWrite]:
    """Newest first."""
    query = select(DnsWrite).where(DnsWrite.pool_id == pool_id, DnsWrite.account_id == account_id)
    return session.scalars(query.order_by(DnsWrite.at.desc(), DnsWrite.id).limit(limit)).all()


def last_preflight(session: Session, pool_id: UUID) -> DnsPreflight | None:
    query = select(DnsPreflight).where(DnsPreflight.pool_id == pool_id)
    return session.scalar(query.order_by(DnsPreflight.at.desc(), DnsPreflight.id).limit(1))


def links_page(
    session: Session, account_id: UUID, *, limit: int, cursor: str | None, pool_id: UUID | None = None
) -> Page[tuple[PoolDns, str]]:
    """The names of all pools, or of this one, with the pools' own names, by name."""
    query = select(PoolDns, Pool.name).join(Pool, Pool.id == PoolDns.pool_id).where(PoolDns.account_id == account_id)
    if pool_id is not None:
        query = query.where(PoolDns.pool_id == pool_id)
    if after := paging.decode(cursor, 1):
        query = query.where(PoolDns.fqdn > str(after[0]))  # names are unique in an account
    rows = session.execute(query.order_by(PoolDns.fqdn).limit(limit + 1)).all()
    more = paging.encode(rows[limit - 1][0].fqdn) if len(rows) > limit else None
    return Page([(row, pool_name) for row, pool_name in rows[:limit]], more)


def last_preflights(session: Session, pool_ids: Sequence[UUID]) -> dict[UUID, DnsPreflight]:
    """The newest of each pool, in one query."""
    newest = (
        select(DnsPreflight.pool_id, func.max(DnsPreflight.at).label("at"))
        .where(DnsPreflight.pool_id.in_(pool_ids))
        .group_by(DnsPreflight.pool_id)
        .subquery()
    )
    query = select(DnsPreflight).join(
        newest, (DnsPreflight.pool_id == newest.c.pool_id) & (DnsPreflight.at == newest.c.at)
    )
    return {row.pool_id: row for row in session.scalars(query)}


def trim(session: Session, pool_id: UUID) -> None:
    """Keep the logs of a pool bounded."""
    for table, kept in ((DnsWrite, WRITES_KEPT), (DnsPreflight, PREFLIGHTS_KEPT)):
        if (session.scalar(select(func.count()).where(table.pool_id == pool_id)) or 0) > kept:
            newest = select(table.id).where(table.pool_id == pool_id).order_by(table.at.desc(), table.id).limit(kept)
            session.execute(delete(table).where(table.pool_id == pool_id, table.id.not_in(newest)))


def _credential_for_dns(session: Session, account_id: UUID, credential_id: UUID) -> ProviderCredential:
    try:
        found = credentials.find(session, account_id, credential_id)
    except NotFound as why:
        raise _invalid("credentialId", "There is no such API key. Choose one from the list.") from why
    if found.scope != "dns":
        raise _invalid(
            "credentialId",
            "This key is for account operations. Make a key that may only edit DNS and choose that one.",
        )
    return found


def _check_how(wish: Wish, limits: Limits) -> None:
    if wish.proxied and not limits.can_proxy:
        raise _invalid("proxied", "Only Cloudflare can proxy. Choose DNS only.")
    if problem := rules.ttl_problem(wish.ttl, wish.proxied, limits):
        raise _invalid("ttl", problem)


def _check_free(session: Session, account_id: UUID, pool_id: UUID, fqdn: str) -> None:
    other = session.scalar(
        select(Pool.name)
        .join(PoolDns, PoolDns.pool_id == Pool.id)
        .where(PoolDns.account_id == account_id, PoolDns.fqdn == fqdn, PoolDns.pool_id != pool_id)
    )
    if other is not None:
        raise _name_taken(fqdn, other)


def _name_taken(fqdn: str, pool_name: str) -> Conflict:
    return Conflict(
        "dns_name_in_use",
        f"{fqdn} belongs to the pool {pool_name!r}. Choose another label.",
        errors={"label": ["Already used."]},
    )


def _invalid(field: str, sentence: str) -> Invalid:
    return Invalid("pool_dns_invalid", sentence, errors={field: [sentence]})
