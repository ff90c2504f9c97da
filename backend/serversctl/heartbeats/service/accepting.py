"""One heartbeat in, one answer out: the same function behind the gate and behind the ordinary view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from ...kernel.errors import DomainError
from ..directory import Entry, digest_of
from ..intake import Intake, LookAgain, check_hostname, check_pace, check_source, find_key, note
from ..messages import read_beat
from .noticing import note_first_contact, promote_secret

# (session, member) -> (jobs to claim, jobs to cancel); the room above lends it.
WaitingJobs = Callable[[Session, Any], tuple[Sequence[dict[str, str]], Sequence[str]]]


NOT_OURS = -1.0  # an echo that we did not make: it proves nothing


class Ordinary:
    """What the ordinary path has and the gate has not: a unit of work, and what to say of jobs."""

    def __init__(self, session: Session, waiting: WaitingJobs | None) -> None:
        self.session = session
        self.waiting = waiting

    def answer(self, intake: Intake, entry: Entry, at: float, *, digest_hex: str) -> bytes:
        promote_secret(self.session, entry.member_id, digest_hex)
        if entry.never_seen:
            note_first_contact(self.session, entry.member_id)
            entry.never_seen = False
        jobs, cancel = self.waiting(self.session, entry.member_id) if self.waiting else ((), ())
        encode = msgspec.json.encode
        return intake.answer(entry, at, jobs=encode(list(jobs)), cancel=encode(list(cancel)))


def accept(
    intake: Intake, authorization: str | None, source: str | None, body: bytes, *, ordinary: Ordinary | None = None
) -> bytes | None:
    """The answer to one heartbeat. Raises DomainError in the contract's order: secret, source address, hostname.

    Without `ordinary` (on the gate) the answer is None when the member needs more than prebuilt bytes: jobs are
    waiting, it was never heard before, it shows a rotated secret for the first time, or its secret is not known yet. Then nothing was recorded
    and the caller takes the ordinary way, which calls this again.
    """
    at = intake.monotonic()
    try:
        key = find_key(intake, authorization, source, body, look_again=ordinary is None)
    except LookAgain:
        return None
    if key is None:
        intake.sink.canary(at)
        return b'{"heartbeatIntervalSec":1,%b"backoffCapSec":1,"jobs":[],"cancelJobs":[],"probes":[]}' % intake.moment(
            at
        )
    entry = key.entry
    said = None
    try:
        source = check_source(entry, source)
        beat = read_beat(body)
        said = beat.hostname
        check_hostname(entry, said)
        if ordinary is None and (entry.live.jobs or entry.never_seen or key.pending):
            return None
        check_pace(entry, at)
    except DomainError as why:
        note(intake, entry, why, source, said)
        raise
    issued = None if beat.echo is None else intake.nonces.issued_at(beat.echo)
    if beat.echo is not None and issued is None:
        issued = NOT_OURS
    intake.sink.add(entry, beat, body, source=source, issued=issued, at=at)
    if ordinary is None:
        return intake.answer(entry, at)
    answer = ordinary.answer(intake, entry, at, digest_hex=digest_of((authorization or "").partition(" ")[2]).hex())
    key.pending = False
    return answer
