"""Rows that serve nobody any more: ended sessions, links that were used or are too old, counts of past windows."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from ..rules import SESSION_IDLE, SESSION_MAX
from ..tables import AttemptCount, MailedToken, UserSession

# Links stay a while after they end, so that "used already" can be told from "never was".
LINKS_KEPT = timedelta(days=7)


def forget_over(session: Session, now: datetime) -> int:
    """Delete them; gives how many there were."""
    sessions = delete(UserSession).where(
        (UserSession.seen_at < now - SESSION_IDLE) | (UserSession.created_at < now - SESSION_MAX)
    )
    links = delete(MailedToken).where(MailedToken.expires_at < now - LINKS_KEPT)
    counts = delete(AttemptCount).where(AttemptCount.window_ends_at < now)
    gone = session.execute(sessions.returning(UserSession.id)).all()
    more = session.execute(links.returning(MailedToken.id)).all()
    rest = session.execute(counts.returning(AttemptCount.bucket)).all()
    return len(gone) + len(more) + len(rest)
