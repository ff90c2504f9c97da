"""What identity asks of the worker: forget what is over, and put the audit trail's head on record each day."""

from __future__ import annotations

import logging
from typing import Any

from ..kernel.db import reading, unit_of_work
from .audit_trail import signed_head
from .service.forgetting import forget_over

log = logging.getLogger(__name__)


def forget(wiring: Any) -> None:
    """Delete ended sessions, spent links and old attempt counts."""
    with unit_of_work(wiring.sessions) as session:
        gone = forget_over(session, wiring.clock.now())
    if gone:
        log.info("forgot %s ended sessions, links and counts", gone)


def put_head_on_record(wiring: Any) -> None:
    """Write the signed end of the whole audit trail to the log, which other machines collect and keep."""
    with reading(wiring.sessions) as session:
        head = signed_head(session, None, wiring.settings.secret_key, wiring.clock.now())
    log.info("audit head: %s signature %s", head.text().decode(), head.signature)


PERIODIC = [("identity-forget", 3600, forget), ("identity-audit-head", 86400, put_head_on_record)]
