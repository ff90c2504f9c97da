"""What the hosts say of themselves, read beside the loop: a tick takes the warnings that are ready and never waits."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from uuid import UUID

from ..failover.ports import Picture, PoolRow, Reports
from ..failover.rules.view import Warn
from ..failover.rules.warnings import Report, pool_warnings
from ..kernel.clock import Clock

REFRESH_SEC = 5.0
# A report has some kilobytes. A large fleet is read in turns, so that one trip never holds up heartbeats or the loop.
MEMBERS_EACH = 500

log = logging.getLogger(__name__)


class HostWatch:
    """Keeps the warnings of all members. When the store does not answer there are none."""

    def __init__(self, reports: Reports, clock: Clock) -> None:
        self._reports = reports
        self._clock = clock
        self._pools: Sequence[PoolRow] = ()
        self._next = 0
        self._known: dict[UUID, Report] = {}
        self._warnings: Mapping[UUID, tuple[Warn, ...]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hosts", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def follow(self, picture: Picture) -> None:
        """Take in the present pools."""
        self._pools = tuple(picture.pools.values())

    def latest(self) -> Mapping[UUID, tuple[Warn, ...]]:
        return self._warnings

    def refresh(self) -> None:
        """Ask for this turn's members and judge all anew."""
        pools = self._pools
        asked = self._turn(pools)
        found = self._reports.of(asked)
        here = {member.member_id for pool in pools for member in pool.members}
        kept = {} if asked and not found else self._known
        self._known = {
            **{member: report for member, report in kept.items() if member in here and member not in asked},
            **found,
        }
        warnings: dict[UUID, tuple[Warn, ...]] = {}
        now, latest_agent = self._clock.now(), self._reports.latest_agent
        for pool in pools:
            members = [member.member_id for member in pool.members]
            warnings |= pool_warnings(members, pool.active_id, self._known, latest_agent=latest_agent, now=now)
        self._warnings = warnings

    def _turn(self, pools: Sequence[PoolRow]) -> set[UUID]:
        """The members of the next pools, whole pools each time."""
        at = self._next if self._next < len(pools) else 0
        asked: set[UUID] = set()
        for pool in pools[at:]:
            if asked and len(asked) + len(pool.members) > MEMBERS_EACH:
                break
            asked.update(member.member_id for member in pool.members)
            at += 1
        self._next = at
        return asked

    def _run(self) -> None:
        while not self._stop.wait(REFRESH_SEC):
            try:
                self.refresh()
            except Exception:  # warnings only rank: the loop goes on without them
                log.exception("the hosts' reports were not read")
                self._known, self._warnings = {}, {}
