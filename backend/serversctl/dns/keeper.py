"""Keeps a pool's record: the door through which deciders reach DNS, by pool id and addresses alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ..kernel.clock import Clock
from ..kernel.db import SessionFactory, reading
from ..kernel.outbound import Outbound
from ..kernel.sealed import Sealer
from ..kernel.settings import Settings
from ..pools.tables import Pool
from . import rules
from .authority import Authority
from .ledger import store, store_preflight
from .links import Door, Link, find_zone
from .ports import Fence, Provider, ProviderError, ProviderUnauthorized, RateLimited, Refused, Zone
from .preflight import Colour, Moved, Preflight, Step, colour_of, look
from .reconcile import Convergence, Outcome, Want, converge, observed_of
from .tables import PoolDns


@dataclass(frozen=True, slots=True)
class TargetView:
    """What deciders and pages may know of a pool's name. ttl_bound_sec: how long resolvers may keep an old answer."""

    pool_id: UUID
    fqdn: str
    zone: str
    kind: str
    ttl: int
    ttl_bound_sec: int
    proxied: bool
    dynamic_sync: bool
    internal: bool
    adopted: bool
    state: str
    detail: str
    wanted: dict[str, tuple[str, ...]] | None
    observed: dict[str, tuple[str, ...]]
    observed_at: datetime | None
    preflight: Colour | None


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """`problem` is a sentence while a cutover might not get through, else empty."""

    internal: bool
    dynamic_sync: bool
    problem: str


class RecordKeeper:
    """Opens its own short sessions and never holds one during a network call. Safe to share between threads."""

    def __init__(
        self,
        session_factory: SessionFactory,
        sealer: Sealer,
        clock: Clock,
        settings: Settings,
        *,
        outbound: Outbound | None = None,
        authority: Authority | None = None,
    ) -> None:
        self._sessions = session_factory
        self._clock = clock
        self.outbound = outbound or Outbound(allow=settings.outbound_allow, ca_file=settings.outbound_ca_file)
        self.door = Door(session_factory, sealer, settings, self.outbound)
        self._authority = authority or Authority(self.outbound)

    def target(self, pool_id: UUID) -> TargetView | None:
        """The pool's name and its last known state, from the database alone; None when it is not connected."""
        try:
            link = self.door.link(pool_id)
        except ProviderUnauthorized:
            return None
        if link is None:
            return None
        return TargetView(
            pool_id=pool_id,
            fqdn=link.fqdn,
            zone=link.zone,
            kind=link.key.kind,
            ttl=link.ttl,
            ttl_bound_sec=rules.ttl_bound_sec(link.ttl, link.proxied, link.key.limits),
            proxied=link.proxied,
            dynamic_sync=link.dynamic_sync,
            internal=link.internal,
            adopted=link.adopted,
            state=link.state,
            detail=link.detail,
            wanted=link.wanted,
            observed=link.observed,
            observed_at=link.observed_at,
            preflight=Colour(link.preflight_colour) if link.preflight_colour else None,
        )

    def converge(
        self, pool_id: UUID, addresses: Mapping[str, tuple[str, ...]], fence: Fence, *, urgent: bool = True
    ) -> Convergence:
        """Make the pool's name hold exactly these addresses; call again until `done` and `verified`.

        urgent: a cutover, which may use the whole request budget; a steady check that puts a hand edit back may not.
        How often it puts one back is the caller's to limit: only it knows when a person has looked. `fence` is called
        right before each write; what it raises goes through.
        """
        try:
            link = self.door.link(pool_id)
        except ProviderError as why:
            return Convergence(Outcome.UNAUTHORIZED, detail=why.detail)
        if link is None:
            return Convergence(Outcome.REFUSED, detail="DNS is not connected: choose an API key, a zone and a label.")
        want = {kind: tuple(found) for kind, found in addresses.items() if found}
        if problems := rules.check_want(want, internal=link.internal):
            return Convergence(Outcome.REFUSED, link.observed, detail=" ".join(problems))
        restoring = not urgent and link.wanted == want
        found, zone = self._converge(link, want, fence, urgent=urgent)
        store(self._sessions, link, want, found, zone, restored=restoring)
        return found

    def observe(self, pool_id: UUID) -> Convergence:
        """Look without writing: in sync, drifted, in conflict or not known. Keeps what was found."""
        try:
            link = self.door.link(pool_id)
        except ProviderError as why:
            return Convergence(Outcome.UNAUTHORIZED, detail=why.detail)
        if link is None:
            return Convergence(Outcome.REFUSED, detail="DNS is not connected: choose an API key, a zone and a label.")
        want = link.wanted or {}

        def read_only() -> None:
            raise _WouldWrite

        try:
            if want:
                found, zone = self._converge(link, want, read_only, urgent=False)
            else:
                found, zone = self._read(link)
                store(self._sessions, link, want, found, zone, state="unknown" if found.done else None)
                return found
        except _WouldWrite:
            found, zone = self._read(link)
            if found.done:
                shown = ", ".join(link_text(found.observed)) or "nothing"
                found = replace(found, outcome=Outcome.DRIFT, detail=f"The name holds {shown} instead of what we set.")
        store(self._sessions, link, want, found, zone)
        return found

    def preflight(self, pool_id: UUID, *, write: bool = False, fence: Fence | None = None) -> Preflight | None:
        """Walk the way that a cutover will take and keep what was found (R11); None when DNS is not connected.

        write: also write the record as it is, which proves the right to edit. Only where the name is in sync, and
        not while the pool moves: without a `fence` of the caller's, the pool's epoch is compared right before.
        """
        try:
            link = self.door.link(pool_id)
        except ProviderError as why:
            return self._key_does_not_open(why)
        if link is None:
            return None
        may_write = write and link.state == "in_sync" and bool(link.wanted)
        with self.door.provider(link.key, urgent=False) as provider:
            steps = look(
                provider,
                link,
                self._authority,
                write=may_write,
                fence=fence or self._unmoved(link),
                now=self._clock.now(),
            )
        found = Preflight(self._clock.now(), colour_of(steps), tuple(steps), wrote=may_write)
        store_preflight(self._sessions, link, found)
        return found

    def facts(self) -> dict[UUID, PoolFacts]:
        """Every connected pool in one query, for deciders: what its record allows, and what is wrong with its way."""
        with reading(self._sessions) as session:
            rows = session.execute(
                select(
                    PoolDns.pool_id,
                    PoolDns.internal,
                    PoolDns.dynamic_sync,
                    PoolDns.state,
                    PoolDns.detail,
                    PoolDns.preflight_colour,
                    PoolDns.preflight_detail,
                )
            ).all()
        return {
            pool_id: PoolFacts(internal, dynamic_sync, _problem(state, detail, colour, why))
            for pool_id, internal, dynamic_sync, state, detail, colour, why in rows
        }

    def _unmoved(self, link: Link) -> Fence:
        def check() -> None:
            with reading(self._sessions) as session:
                if session.scalar(select(Pool.epoch).where(Pool.id == link.pool_id)) != link.epoch:
                    raise Moved

        return check

    def _key_does_not_open(self, why: ProviderError) -> Preflight:
        fix = "Restore SERVERSCTL_SECRET_KEY, or enter the key's secret again."
        step = Step("credential", False, why.detail, fix)
        return Preflight(self._clock.now(), Colour.RED, (step,), wrote=False)

    def _read(self, link: Link) -> tuple[Convergence, Zone | None]:
        zone = None
        try:
            with self.door.provider(link.key, urgent=False) as provider:
                zone = self._zone(provider, link)
                records = provider.read(zone, link.fqdn)
        except ProviderError as why:
            return _failed(why), zone
        return Convergence(Outcome.IN_SYNC, observed_of(records), records=records), zone

    def _converge(self, link: Link, want: Want, fence: Fence, *, urgent: bool) -> tuple[Convergence, Zone | None]:
        zone = None
        try:
            with self.door.provider(link.key, urgent=urgent) as provider:
                zone = self._zone(provider, link)
                servers = provider.authorities(zone)

                def verify(_zone: Zone, name: str, wanted: Want) -> bool | None:
                    return self._authority.agrees(link.zone, servers, name, wanted)

                found = converge(provider, link.target(zone), want, fence, verify=verify)
                if found.outcome is Outcome.REFUSED and link.zone_ref and not found.records:
                    # The zone may have been removed and made again under another id.
                    zone = find_zone(provider, link.zone)
                    if zone.ref != link.zone_ref:
                        found = converge(provider, link.target(zone), want, fence, verify=verify)
        except ProviderError as why:
            return _failed(why), zone
        return found, zone

    def _zone(self, provider: Provider, link: Link) -> Zone:
        return Zone(link.zone, link.zone_ref) if link.zone_ref else find_zone(provider, link.zone)


class _WouldWrite(Exception):
    """Raised by the fence of a look that must not write."""


def _problem(state: str, detail: str, colour: str | None, why: str) -> str:
    if state in {"conflict", "error"}:
        return detail
    return why if colour == Colour.RED else ""


def keeper_of(wiring: Any) -> RecordKeeper:
    """The keeper of this process, made at first use from the Wiring."""
    if "dns_keeper" not in wiring.hooks:
        made = RecordKeeper(wiring.sessions, wiring.sealer, wiring.clock, wiring.settings)
        wiring.hooks.setdefault("dns_keeper", lambda: made)
    found: RecordKeeper = wiring.hooks["dns_keeper"]()
    return found


def link_text(observed: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [f"{kind} {content}" for kind, contents in observed.items() for content in contents]


def _failed(why: ProviderError) -> Convergence:
    outcome = Outcome.FAILED
    if isinstance(why, RateLimited):
        return Convergence(Outcome.RATE_LIMITED, detail=why.detail, retry_after_sec=why.retry_after_sec)
    if isinstance(why, ProviderUnauthorized):
        outcome = Outcome.UNAUTHORIZED
    elif isinstance(why, Refused):
        outcome = Outcome.REFUSED
    return Convergence(outcome, detail=why.detail)
