"""TXT values for ACME challenges: where they belong, put there, proven at the zone's servers, taken away again.

The names that decide where clients go are never touched here: only TXT records, one value at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ..kernel.db import reading
from .authority import Authority, system_alias
from .keeper import keeper_of
from .links import Door, Key
from .ports import Fence, OutcomeUnknown, Provider, ProviderError, Refused, Stale, Zone
from .tables import PoolDns, ProviderCredential

CHALLENGE = "_acme-challenge."
TTL_SEC = 60
HOPS_MAX = 8
# An edit by somebody else in between, or a lost answer: read and try again.
TRIES = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where a challenge's value goes: a name in a zone that a key of the account may edit."""

    credential_id: UUID
    zone: str
    zone_ref: str
    name: str


class Challenges:
    """Opens its own short sessions and never holds one during a network call."""

    def __init__(
        self, door: Door, authority: Authority | None = None, *, alias: Callable[[str], str | None] = system_alias
    ) -> None:
        self._door = door
        self._authority = authority or Authority(door.outbound)
        self._alias = alias

    def place_for(self, account_id: UUID, pool_id: UUID, name: str) -> Place:
        """Where the CA looks for a name's proof, CNAMEs followed (`_acme-challenge` may be delegated to another zone).

        Raises Refused when no key of the account reaches that zone, ProviderError when a provider does not answer.
        """
        wanted = CHALLENGE + name.removeprefix("*.")
        seen: list[str] = []
        while wanted not in seen and len(seen) < HOPS_MAX:
            seen.append(wanted)
            found = self._reachable(account_id, pool_id, wanted)
            target = self._target(found, wanted) if found is not None else self._alias(wanted)
            if target is None and found is not None:
                return found
            if target is None:
                break
            wanted = target
        if target is not None:
            raise Refused(f"The CNAMEs at {seen[0]} lead in a circle or too far.", code="acme_challenge_alias")
        way = f" (where the CNAME at {seen[0]} leads)" if len(seen) > 1 else ""
        raise Refused(
            f"No DNS key of this account reaches the zone of {seen[-1]}{way}. Save a key for it, or point "
            f"{seen[0]} with a CNAME into a zone that a saved key may edit.",
            code="acme_challenge_zone",
        )

    def add(self, place: Place, value: str, fence: Fence) -> None:
        """Put a value there beside others, and read it back. Raises ProviderError."""
        with self._provider(place) as (provider, zone):
            self._until(
                lambda: provider.add_text(zone, place.name, value, TTL_SEC, fence),
                lambda: value in provider.texts(zone, place.name),
            )

    def remove(self, place: Place, value: str, fence: Fence) -> None:
        """Take exactly this value away, and read that back. Raises ProviderError."""
        with self._provider(place) as (provider, zone):
            self._until(
                lambda: provider.remove_text(zone, place.name, value, fence),
                lambda: value not in provider.texts(zone, place.name),
            )

    def visible(self, place: Place, values: Collection[str]) -> bool | None:
        """Do all the zone's servers show these values? None: none of them answers us."""
        with self._provider(place) as (provider, zone):
            servers = provider.authorities(zone)
        return self._authority.holds_texts(place.zone, servers, place.name, values)

    def _until(self, write: Callable[[], None], done: Callable[[], bool]) -> None:
        last: ProviderError | None = None
        for _ in range(TRIES):
            try:
                write()
            except (Stale, OutcomeUnknown) as why:
                last = why
            if done():
                return
        raise last or OutcomeUnknown("The provider took the TXT record and does not show it: try again in a minute.")

    def _target(self, place: Place, name: str) -> str | None:
        with self._provider(place) as (provider, zone):
            servers = provider.authorities(zone)
        return self._authority.alias(place.zone, servers, name)

    def _reachable(self, account_id: UUID, pool_id: UUID, name: str) -> Place | None:
        """The longest zone around a name that a key sees, the pool's own key first."""
        trouble: ProviderError | None = None
        for key, hint in self._keys(account_id, pool_id):
            try:
                with self._door.provider(key, urgent=False) as provider:
                    zone = _zone_around(provider, name, hint)
            except ProviderError as why:
                trouble = trouble or why
                continue
            if zone is not None:
                return Place(key.id, zone.name, zone.ref, name)
        if trouble is not None:
            raise trouble
        return None

    def _keys(self, account_id: UUID, pool_id: UUID) -> Sequence[tuple[Key, str]]:
        """Keys with the zone that the pool has there; one that does not open is passed over."""
        with reading(self._door.sessions) as session:
            rows = session.execute(
                select(ProviderCredential, PoolDns.zone)
                .outerjoin(PoolDns, (PoolDns.credential_id == ProviderCredential.id) & (PoolDns.pool_id == pool_id))
                .where(ProviderCredential.account_id == account_id, ProviderCredential.scope == "dns")
                .order_by(PoolDns.zone.is_(None), ProviderCredential.created_at)
            ).all()
            found = []
            for credential, zone in rows:
                try:
                    found.append((self._door.key_of(credential), zone or ""))
                except ProviderError:
                    continue
            return found

    @contextmanager
    def _provider(self, place: Place) -> Iterator[tuple[Provider, Zone]]:
        with reading(self._door.sessions) as session:
            credential = session.get(ProviderCredential, place.credential_id)
            if credential is None:
                raise Refused(f"The DNS key that wrote {place.name} is gone.", code="dns_key_gone")
            key = self._door.key_of(credential)
        with self._door.provider(key, urgent=False) as provider:
            yield provider, Zone(place.zone, place.zone_ref)


def _zone_around(provider: Provider, name: str, hint: str) -> Zone | None:
    """The longest zone that holds a name; `hint` is asked for first: usually it is the one."""
    labels = name.split(".")
    names = [".".join(labels[at:]) for at in range(1, len(labels) - 1)]
    for wanted in sorted(names, key=lambda one: one != hint):
        for zone in provider.zones(wanted):
            return zone
    return None


def challenges_of(wiring: Any) -> Challenges:
    """The challenges of this process, over the same door as the record keeper's."""
    if "dns_challenges" not in wiring.hooks:
        made = Challenges(keeper_of(wiring).door)
        wiring.hooks.setdefault("dns_challenges", lambda: made)
    found: Challenges = wiring.hooks["dns_challenges"]()
    return found
