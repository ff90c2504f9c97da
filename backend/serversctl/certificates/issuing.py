"""Getting one certificate: a walk over the order's states that may end at any point and be begun again.

What the authority knows is asked, what we know is stored before each next step. Waiting is not done here: `Later`
gives the queue back, and the same job walks on from where the order stands.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ..dns.ports import ProviderError, RateLimited
from ..jobs.catalogue import Later
from ..kernel.clock import Clock
from ..kernel.db import database_now, unit_of_work
from ..kernel.errors import Conflict, DomainError
from ..kernel.failpoint import failpoint
from ..kernel.sealed import CannotOpen, Sealer
from . import orders, proofs
from .accounts import forget_url, open_ca
from .ca import AccountGone, AcmeError, AcmeHold, Ca, OrderGone, OrderLook, Proof
from .keys import checked_chain, signing_request
from .tables import Certificate, CertificateOrder

log = logging.getLogger(__name__)

# Looked again within a turn, then the queue is given back for a while.
LOOKS, LOOK_EVERY_SEC, PAUSE_SEC = 8, 1.0, 8
VISIBLE_MAX, VERDICT_MAX = timedelta(minutes=10), timedelta(minutes=10)
# Where no server of the zone answers us (a firewall), the provider's word has to do after this long.
UNSEEN_WAIT = timedelta(seconds=20)
# Trouble that passes by itself is waited for within the job this long; then it fails and the renewal tries again.
TROUBLE_MAX = timedelta(minutes=10)
RESTARTS_MAX = 2


@dataclass(slots=True)
class Walk:
    """One turn on one order."""

    wiring: Any
    certificate: Certificate
    order: CertificateOrder
    ca: Ca
    sleep: Callable[[float], None] = time.sleep

    @property
    def sealer(self) -> Sealer:
        found: Sealer = self.wiring.sealer
        return found

    @property
    def clock(self) -> Clock:
        found: Clock = self.wiring.clock
        return found

    def keep(self, **changes: object) -> datetime:
        """Store a step; the moment by the database's clock."""
        with unit_of_work(self.wiring.sessions) as session:
            orders.keep(session, self.certificate.id, self.order.job_id, **changes)
            now = database_now(session)
        for name, value in changes.items():
            setattr(self.order, name, value)
        return now

    def key_pem(self) -> str:
        return self.sealer.open(self.order.key_sealed, orders.key_context(self.certificate.id))

    def run(self) -> None:
        """Walk until the certificate is stored. Raises Later to wait, DomainError when it cannot go on."""
        look = self._look()
        if look.status == "pending":
            look = self._prove(look)
        for _ in range(LOOKS):
            if look.status == "ready":
                self.keep()
                self.ca.finalize(look, signing_request(self.key_pem(), self.order.names))
                failpoint("acme.finalized")
            elif look.status == "valid":
                self._store(look)
                return
            elif look.status == "invalid":
                raise self._refused(look)
            look = self._look_again(look)
        raise Later("Waiting for the authority to issue", retry_in_sec=PAUSE_SEC)

    def _look(self) -> OrderLook:
        if not self.order.url:
            url = self.ca.new_order(self.order.names)
            failpoint("acme.ordered")
            self.keep(url=url)
        return self.ca.order(self.order.url)

    def _look_again(self, look: OrderLook) -> OrderLook:
        if look.status != "ready":
            self.sleep(LOOK_EVERY_SEC)
        return self.ca.order(self.order.url)

    def _prove(self, look: OrderLook) -> OrderLook:
        waiting = [proof for proof in self.ca.proofs(look) if proof.status == "pending"]
        unanswered = [proof for proof in waiting if not proof.answered]
        if unanswered:
            proofs.place(self.wiring, self.certificate, unanswered)
            now = self.keep()
            if self.order.placed_at is None:
                now = self.keep(placed_at=now)
            self._wait_until_visible(unanswered, now)
            failpoint("acme.visible")
            for proof in unanswered:
                self.ca.answer(proof)
            self.keep(answered_at=now)
            failpoint("acme.answered")
        return self._wait_for_verdict()

    def _wait_until_visible(self, wanted: list[Proof], now: datetime) -> None:
        """Asking the authority too early costs a failed validation; so our own look at the servers comes first."""
        since = self.order.placed_at or now
        for _ in range(LOOKS):
            seen = proofs.visible(self.wiring, self.certificate.id, wanted)
            if seen or (seen is None and now - since >= UNSEEN_WAIT):
                return
            self.sleep(LOOK_EVERY_SEC)
            now = self.keep()
        names = ", ".join(proofs.names_of(self.wiring, self.certificate.id))
        if now - since > VISIBLE_MAX:
            raise AcmeError(
                "acme_text_not_visible",
                f"The zone's name servers do not show the TXT record at {names} after "
                f"{int(VISIBLE_MAX.total_seconds()) // 60} minutes: check that they take zone updates (notify, transfers).",
                permanent=False,
            )
        raise Later(f"Waiting for the name servers to show {names}", retry_in_sec=PAUSE_SEC)

    def _wait_for_verdict(self) -> OrderLook:
        for _ in range(LOOKS):
            look = self.ca.order(self.order.url)
            if look.status != "pending":
                return look
            bad = [proof for proof in self.ca.proofs(look) if proof.status not in {"pending", "valid"}]
            if bad:
                raise self._refused(look)
            self.sleep(LOOK_EVERY_SEC)
        now = self.keep()
        if now - (self.order.answered_at or now) > VERDICT_MAX:
            raise AcmeError("acme_slow", "The authority has not looked at the proof for ten minutes.", permanent=False)
        raise Later("Waiting for the authority to check DNS", retry_in_sec=PAUSE_SEC)

    def _refused(self, look: OrderLook) -> AcmeError:
        """The order is dead; the names that failed say why."""
        said = [f"{proof.name}: {proof.problem}" for proof in self.ca.proofs(look) if proof.problem]
        detail = "; ".join(said) or look.problem or "the authority gives no reason"
        return OrderRefused(
            f"The authority could not prove the name ({detail}). Check that its zone is delegated to the name servers "
            "that the key edits, and its CAA records."
        )

    def _store(self, look: OrderLook) -> None:
        chain = self.ca.download(look)
        failpoint("acme.downloaded")
        leaf = checked_chain(chain, self.key_pem(), self.order.names, self.clock.now())
        with unit_of_work(self.wiring.sessions) as session:
            orders.keep(session, self.certificate.id, self.order.job_id)
            current = session.get_one(Certificate, self.certificate.id)
            orders.issued(session, current, self.order, chain, leaf)
        failpoint("acme.stored")


class OrderRefused(AcmeError):
    """The authority ended the order; the next try begins a new one."""

    def __init__(self, detail: str) -> None:
        super().__init__("acme_challenge_failed", detail, permanent=False)


def issue(wiring: Any, certificate: Certificate, job_id: UUID, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Order, prove, fetch and store. Raises Later to wait, DomainError after it was noted at the certificate."""
    with unit_of_work(wiring.sessions) as session:
        current = session.get_one(Certificate, certificate.id)
        _refuse_held(current, database_now(session))
        order = orders.claim(session, wiring.sealer, current, job_id)
    failpoint("acme.claimed")
    try:
        ca = open_ca(wiring)
        try:
            Walk(wiring, certificate, order, ca, sleep).run()
        finally:
            ca.close()
    except (OrderGone, AccountGone) as why:
        _begin_anew(wiring, certificate.id, job_id, why)
    except (AcmeError, ProviderError) as why:
        _wait_or_fail(wiring, certificate.id, job_id, why)
    except CannotOpen as why:
        sealed = AcmeError("secret_does_not_open", str(why))
        _fail(wiring, certificate.id, job_id, sealed, end_order=True)
        raise sealed from why
    except Conflict:
        raise  # another job has it
    except DomainError as why:
        # A certificate that must not be used: a new order with a new key comes next.
        _fail(wiring, certificate.id, job_id, why, end_order=True)
        raise
    proofs.clean(wiring, certificate.id)


def _refuse_held(certificate: Certificate, now: datetime) -> None:
    if certificate.held_until is not None and certificate.held_until > now:
        raise Conflict(
            "certificate_held",
            f"The authority asked us to wait until {certificate.held_until:%Y-%m-%d %H:%M} UTC: {certificate.last_error}",
            permanent=False,
        )


def _begin_anew(wiring: Any, certificate_id: UUID, job_id: UUID, why: AcmeError) -> None:
    if isinstance(why, AccountGone):
        forget_url(wiring)
    with unit_of_work(wiring.sessions) as session:
        orders.keep(session, certificate_id, job_id)
        order = session.get_one(CertificateOrder, certificate_id, populate_existing=True)
        order.restarts += 1
        too_often = order.restarts > RESTARTS_MAX
        if not too_often:
            orders.restart(session, wiring.sealer, order, order.names)
    proofs.clean(wiring, certificate_id)
    if too_often:
        _fail(wiring, certificate_id, job_id, why, end_order=True)
        raise why
    raise Later(f"Beginning again: {why.detail}"[:200], retry_in_sec=1)


def _wait_or_fail(wiring: Any, certificate_id: UUID, job_id: UUID, why: DomainError) -> None:
    hold_sec = why.wait_sec if isinstance(why, AcmeHold) else 0
    passes = not why.permanent and not hold_sec and why.code in {"acme_unavailable"} | _PASSING
    if passes:
        with unit_of_work(wiring.sessions) as session:
            orders.keep(session, certificate_id, job_id)
            order = session.get_one(CertificateOrder, certificate_id)
            waited = database_now(session) - order.claimed_at
        if waited < TROUBLE_MAX:
            pause = why.retry_after_sec if isinstance(why, RateLimited) else PAUSE_SEC
            raise Later(why.detail[:200], retry_in_sec=int(min(max(pause, 1), 120))) from why
    _fail(wiring, certificate_id, job_id, why, end_order=isinstance(why, OrderRefused), hold_sec=hold_sec)
    raise why


_PASSING = {"dns_provider_unavailable", "dns_outcome_unknown", "dns_zone_changed", "dns_rate_limited"}


def _fail(
    wiring: Any, certificate_id: UUID, job_id: UUID, why: DomainError, *, end_order: bool, hold_sec: float = 0
) -> None:
    with unit_of_work(wiring.sessions) as session:
        current = session.get(Certificate, certificate_id)
        if current is not None:
            orders.failed(session, current, job_id, why, hold_sec=hold_sec)
            if end_order:
                orders.close(session, certificate_id)
            else:
                orders.release(session, certificate_id, job_id)
    proofs.clean(wiring, certificate_id)
