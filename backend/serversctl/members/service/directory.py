"""The revision that tells intake to load its directory again."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ..tables import DirectoryRevision


def touch_directory(session: Session) -> None:
    """Something changed that intake must know: a credential, an address, a role, a probe. Seen within 2 s."""
    insert: Any = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        insert(DirectoryRevision)
        .values(id=1, revision=1, generation=1)
        .on_conflict_do_update(index_elements=["id"], set_={"revision": DirectoryRevision.revision + 1})
    )
