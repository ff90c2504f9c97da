"""The monitor: keeps the lease, looks, decides, writes the decision down, and drives the records."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from ..failover.ports import DnsFacts, FenceLost, Picture, PoolRow, Promotion, RecordKeeper, Store
from ..failover.rules.decide import Decision, Kind, Reason
from ..failover.rules.guards import ALL, Guards
from ..failover.rules.timing import GAP_SEC
from ..failover.rules.verdict import Health
from ..failover.rules.view import Warn
from ..heartbeats.ports import Liveness
from ..kernel.errors import Unavailable
from .evaluator import Evaluator, Judged, Votes
from .presence import Presence
from .reconcile import Reconciler, Threads
from .tenure import Change, Tenure

log = logging.getLogger(__name__)

PICTURE_SEC = 2.0
IDLE_SEC = 0.5
ESCALATE_SEC = 60.0
VOTES_SHOWN = 500  # as many as the lease row carries to the web processes
# Passing states, over before anybody could read of them.
UNTOLD = frozenset({Reason.FLEET_PACE})


class Monitor:
    """Everything that decides. `step` never blocks on a provider; several monitors may run, one acts."""

    def __init__(
        self,
        *,
        store: Store,
        liveness: Liveness,
        keeper: RecordKeeper,
        threads: Threads,
        boot: Callable[[], float],
        holder: str,
        votes: Votes | None = None,
        warnings: Callable[[], Mapping[UUID, tuple[Warn, ...]]] | None = None,
        guards: Guards = ALL,
        shown: Callable[[Picture, Mapping[UUID, DnsFacts]], None] | None = None,
        presence: Presence | None = None,
    ) -> None:
        self._store = store
        self._keeper = keeper
        self._boot = boot
        self._guards = guards
        self._shown = shown
        self._presence = presence
        self.tenure = Tenure(store, holder, guards=guards)
        self.evaluator = Evaluator(liveness, votes, warnings=warnings, guards=guards)
        self.reconciler = Reconciler(store, keeper, self.tenure, threads, boot, guards=guards)
        self._picture_at = float("-inf")
        self._holding: dict[UUID, tuple[str, float]] = {}
        self._escalated: set[UUID] = set()

    def step(self) -> float:
        """One turn. Answers how long to sleep."""
        try:
            return self._step()
        except SQLAlchemyError:
            # R8: no durable intent, no external call. Until the database is back, nothing is done.
            log.exception("the database does not answer: nothing is decided")
            self._picture_at = float("-inf")
            return IDLE_SEC

    def close(self) -> None:
        """Give up the lease cleanly."""
        self.tenure.release()

    def _step(self) -> float:
        change = self.tenure.keep(self._boot(), self._status())
        if change is not Change.NONE:
            self._start_anew()
        if self.tenure.lease is None:
            return IDLE_SEC
        self._look_at_rows()
        self.evaluator.lock_delay_sec = self.tenure.lock_delay(self._boot())
        promoted = False
        for judged in self.evaluator.tick(self._boot()):
            if judged.decision.kind is Kind.PROMOTE and not promoted:
                promoted = self._promote(judged)
            else:
                self._tell(judged)
        if self._presence is not None:
            self._look_who_is_there(self._presence)
        picture = self.evaluator.picture
        if picture is not None:
            self.reconciler.halted = picture.halted is not None
            self.reconciler.step(picture.pools, self.evaluator.dns)
        return self.evaluator.sleep_sec()

    def _look_who_is_there(self, presence: Presence) -> None:
        with suppress(Unavailable):  # the store is away: the evaluator has noted it, and nobody is lost by that
            presence.step(self.evaluator, self._boot())

    def _start_anew(self) -> None:
        self.evaluator.start_anew()
        self.reconciler.start_anew()
        if self._presence is not None:
            self._presence.start_anew()
        self._holding.clear()
        self._escalated.clear()
        self._picture_at = float("-inf")

    def _look_at_rows(self) -> None:
        boot = self._boot()
        if boot - self._picture_at < PICTURE_SEC:
            return
        known: Picture | None = self.evaluator.picture if self._picture_at > float("-inf") else None
        picture = self._store.picture(known.revision if known else None)
        self._picture_at = boot
        self.evaluator.dns = self._keeper.facts()
        if picture is not None:
            self.evaluator.show(picture, boot)
            if self._shown is not None:
                self._shown(picture, self.evaluator.dns)

    # --- acting -------------------------------------------------------------------------------------------------

    def _promote(self, judged: Judged) -> bool:
        """Judge again with fresh sightings, then the promotion transaction. True when it was carried out."""
        again = self.evaluator.again(judged.pool.pool_id, self._boot())
        lease = self.tenure.lease
        if again is None or again.decision.to != judged.decision.to or again.decision.kind is not Kind.PROMOTE:
            return False
        if lease is None or not self.tenure.valid(self._boot()):
            return False
        decided = self._boot()

        def fence() -> None:
            if self._boot() - decided > GAP_SEC or not self.tenure.valid(self._boot()):
                raise FenceLost("the decision is too old: we were asleep")

        event = self._store.promote(promotion_of(again), lease, fence)
        self._picture_at = float("-inf")
        if event is None:
            return False
        log.warning("promoted %s in pool %s: %s", again.decision.to, again.pool.name, again.decision.sentences)
        self._holding.pop(judged.pool.pool_id, None)
        self.reconciler.hurry()
        return True

    def _tell(self, judged: Judged) -> None:
        decision, pool = judged.decision, judged.pool
        if decision.kind in {Kind.HOLD, Kind.NO_CANDIDATE}:
            self._hold(pool, decision)
            return
        if decision.kind is Kind.STAY and (pool.pool_id in self._holding or pool.held):
            self._holding.pop(pool.pool_id, None)
            self._escalated.discard(pool.pool_id)
            self._store.unhold(pool)
            self._picture_at = float("-inf")
        if decision.health is Health.HEALTHY and decision.kind is Kind.STAY:
            self._follow_address(judged)

    def _hold(self, pool: PoolRow, decision: Decision) -> None:
        if decision.reason in UNTOLD:
            return
        boot = self._boot()
        reason, since = self._holding.get(pool.pool_id, ("", boot))
        if reason != decision.reason:
            self._holding[pool.pool_id] = (decision.reason, since)
            self._store.hold(pool, decision.reason, " ".join(decision.sentences), self._alert_key(pool, decision))
        elif boot - since >= ESCALATE_SEC and pool.pool_id not in self._escalated:
            self._escalated.add(pool.pool_id)
            self._store.escalate(pool, decision.reason)

    def _alert_key(self, pool: PoolRow, decision: Decision) -> str:
        """One alert for each hold; many pools held by one mass silence share theirs."""
        if decision.reason is Reason.MASS_SILENCE:
            return f"mass:{pool.account_id}:{self.evaluator.mass_number}"
        return ""

    def _follow_address(self, judged: Judged) -> None:
        facts = self.evaluator.dns.get(judged.pool.pool_id)
        active = judged.view.member(judged.view.active_id)
        if facts is None or active is None or self.evaluator.clock.blackout is not None:
            return
        self.reconciler.follow_address(judged.pool, active.addresses, published=facts.published)

    def _status(self) -> dict[str, Any]:
        """What web processes need to judge as we do: kept in the lease row with every renewal."""
        clock, mass = self.evaluator.clock, self.evaluator.mass
        return {
            "blackout": clock.blackout.value if clock.blackout else None,
            "floor": clock.floor,
            "goodSince": clock.good_since,
            "lockDelaySec": self.tenure.lock_delay(self._boot()),
            "mass": {"silent": mass.silent, "of": mass.of, "forSec": mass.for_sec} if mass else None,
            "votes": {
                str(member): [vote.ok, round(vote.age_sec, 1), vote.millis, vote.error]
                for member, vote in islice(self.evaluator.votes(), VOTES_SHOWN)
            },
        }


def promotion_of(judged: Judged) -> Promotion:
    decision, pool = judged.decision, judged.pool
    assert decision.to is not None  # noqa: S101
    to = judged.view.member(decision.to)
    assert to is not None  # noqa: S101
    return Promotion(
        pool_id=pool.pool_id,
        account_id=pool.account_id,
        expected_active=pool.active_id,
        expected_epoch=pool.epoch,
        to=decision.to,
        addresses=to.addresses,
        kind="failback" if decision.reason is Reason.FAILBACK else "automatic",
        reason=decision.reason.value,
        sentences=decision.sentences,
        evidence=decision.evidence,
    )
