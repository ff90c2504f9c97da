"""Which objects of the store a running job may touch: said by the room that orders such jobs.

A room declares `@objects_of("backup.haproxy")` above a function and imports the file from its `api.py`. What no function
allows is refused, so a member reads and writes exact objects of its own running job and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum

from sqlalchemy.orm import Session

from ..kernel.errors import NotFound
from .tables import Job

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*){0,4}")
NAME_MAX = 200


class Access(StrEnum):
    READ = "read"
    WRITE = "write"


# (session, job, name as the agent says it, access) → key in the store, or None.
Authoriser = Callable[[Session, Job, str, Access], str | None]
_AUTHORISERS: dict[str, Authoriser] = {}


def objects_of(*command_ids: str) -> Callable[[Authoriser], Authoriser]:
    """Register the function below for these commands. Raises ValueError for a second one."""

    def register(function: Authoriser) -> Authoriser:
        for command_id in command_ids:
            known = _AUTHORISERS.get(command_id)
            if known is not None and known.__qualname__ != function.__qualname__:
                raise ValueError(f"the objects of {command_id} are said twice")
            _AUTHORISERS[command_id] = function
        return function

    return register


def key_for(session: Session, job: Job, name: str, access: Access) -> str:
    """The key of an object for this job. NotFound when it may not touch it."""
    says = _AUTHORISERS.get(job.command) if NAME.fullmatch(name) and len(name) <= NAME_MAX else None
    key = says(session, job, name, access) if says else None
    if key is None:
        raise NotFound("object_not_found", f"This job has no object {name[:80]!r} to {access}.")
    return key
