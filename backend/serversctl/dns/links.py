"""From a pool's row to a working provider: read once, closed session, then the network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select

from ..kernel.db import SessionFactory, reading
from ..kernel.outbound import Outbound
from ..kernel.sealed import CannotOpen, Sealer
from ..kernel.settings import Settings
from ..pools.tables import Pool
from .budget import Budget
from .credentials import opened_config
from .ports import Limits, Provider, ProviderUnauthorized, RateLimited, Refused, Tools, Zone
from .reconcile import Target
from .registry import all_providers
from .tables import PoolDns, ProviderCredential


@dataclass(frozen=True, slots=True)
class Key:
    """An opened credential. Its config never shows its secrets in logs (they are repr=False)."""

    id: UUID
    account_id: UUID
    kind: str
    name: str
    config: Any

    @property
    def limits(self) -> Limits:
        return all_providers()[self.kind].limits


@dataclass(frozen=True, slots=True)
class Link:
    """A pool's name as it was when we looked."""

    pool_id: UUID
    account_id: UUID
    key: Key
    zone: str
    zone_ref: str | None
    fqdn: str
    ttl: int
    proxied: bool
    dynamic_sync: bool
    internal: bool
    adopted: bool
    owned: frozenset[str]
    wanted: dict[str, tuple[str, ...]] | None
    observed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    observed_at: datetime | None = None
    state: str = "unknown"
    detail: str = ""
    preflight_colour: str | None = None
    epoch: int = 0

    def target(self, zone: Zone) -> Target:
        return Target(zone, self.fqdn, self.ttl, self.proxied, self.owned, self.adopted)


@dataclass(frozen=True, slots=True)
class Door:
    """Opens links and providers. One per process; nothing here holds a session during a network call."""

    sessions: SessionFactory
    sealer: Sealer
    settings: Settings
    outbound: Outbound
    # What each key's provider says that it grants; learnt anew by each process with its first answer.
    granted: dict[UUID, Limits] = field(default_factory=dict)

    def link(self, pool_id: UUID) -> Link | None:
        """The pool's link, or None when it is not connected. Raises ProviderUnauthorized when its key does not open."""
        with reading(self.sessions) as session:
            found = session.execute(
                select(PoolDns, ProviderCredential, Pool.epoch)
                .join(Pool, Pool.id == PoolDns.pool_id)
                .join(ProviderCredential, ProviderCredential.id == PoolDns.credential_id)
                .where(PoolDns.pool_id == pool_id)
            ).one_or_none()
            if found is None:
                return None
            row, credential, epoch = found
            return Link(
                pool_id=row.pool_id,
                account_id=row.account_id,
                key=self.key_of(credential),
                zone=row.zone,
                zone_ref=row.zone_ref,
                fqdn=row.fqdn,
                ttl=row.ttl,
                proxied=row.proxied,
                dynamic_sync=row.dynamic_sync,
                internal=row.internal,
                adopted=row.adopted,
                owned=frozenset(row.owned or ()),
                wanted=_tuples(row.wanted) if row.wanted is not None else None,
                observed=_tuples(row.observed or {}),
                observed_at=row.observed_at,
                state=row.state,
                detail=row.detail,
                preflight_colour=row.preflight_colour,
                epoch=epoch,
            )

    def key_of(self, credential: ProviderCredential) -> Key:
        try:
            config = opened_config(credential, self.sealer)
        except CannotOpen as why:
            raise ProviderUnauthorized(str(why), code="credential_sealed") from why
        return Key(credential.id, credential.account_id, credential.kind, credential.name, config)

    @contextmanager
    def provider(self, key: Key, *, urgent: bool) -> Iterator[Provider]:
        """A provider on this key's budget; a 429 from it blocks the key for everybody until its time has come."""
        meter = Budget(self.sessions, key.id, key.limits, urgent=urgent, granted=self.granted)
        made = self.unmetered(key.kind, key.config, meter)
        try:
            yield cast(Provider, _Watched(made, meter))
        finally:
            made.close()

    def unmetered(self, kind: str, config: Any, meter: Budget | None = None) -> Provider:
        """A provider for values that are not saved yet (testing a new secret)."""
        tools = Tools(outbound=self.outbound, cloudflare_api_base=self.settings.cloudflare_api_base)
        if meter is not None:
            tools = replace(tools, meter=meter, heard=meter.heard)
        return all_providers()[kind](config, tools)


def find_zone(provider: Provider, name: str) -> Zone:
    """The zone by name. Raises Refused when the key does not see it, or sees it twice."""
    found = provider.zones(name)
    if not found:
        raise Refused(
            f"The key does not see the zone {name}. Check the spelling, and that the key may read this zone.",
            code="dns_zone_not_found",
        )
    if len(found) > 1:
        raise Refused(
            f"The key sees {len(found)} zones named {name}. Limit it to one account, or give the account id.",
            code="dns_zone_ambiguous",
        )
    return found[0]


def _tuples(values: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {kind: tuple(contents) for kind, contents in values.items()}


class _Watched:
    """A provider that tells the meter when the vendor says 429 (and not when the meter itself said no)."""

    def __init__(self, inner: Provider, meter: Budget) -> None:
        self._inner = inner
        self._meter = meter

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in {"zones", "read", "apply", "texts", "add_text", "remove_text", "check"}:
            return found

        def call(*args: Any, **more: Any) -> Any:
            try:
                return found(*args, **more)
            except RateLimited as why:
                if why.from_provider:
                    self._meter.block(why.retry_after_sec)
                raise

        return call
