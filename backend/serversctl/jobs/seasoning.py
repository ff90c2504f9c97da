"""Parameters that are added when an agent claims a job: secrets, which are neither stored with the job nor shown.

A room declares `@seasons("area.verb_object")` above a function and imports the file from its `api.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from ..kernel.sealed import Sealer
from ..members.tables import Member
from .service.cargo import inputs_of
from .tables import Job

# Raises Conflict when the job makes no sense any more: it then fails with that sentence, before the agent sees it.
Seasoning = Callable[[Session, Sealer, Job, Member], Mapping[str, Any]]
_SEASONINGS: dict[str, Seasoning] = {}
CARGO = "cargo"


def seasons(command_id: str) -> Callable[[Seasoning], Seasoning]:
    """Register the function below for one command. Raises ValueError for a second one."""

    def register(function: Seasoning) -> Seasoning:
        known = _SEASONINGS.get(command_id)
        if known is not None and known.__qualname__ != function.__qualname__:
            raise ValueError(f"{command_id} is seasoned twice")
        _SEASONINGS[command_id] = function
        return function

    return register


def params_for_agent(session: Session, sealer: Sealer, job: Job, member: Member) -> dict[str, Any]:
    """The parameters as the agent gets them, under the MAC: the job's own, secrets, and the digests of its cargo."""
    params = dict(job.params)
    season = _SEASONINGS.get(job.command)
    if season is not None:
        params |= season(session, sealer, job, member)
    inputs = inputs_of(session, job.id)
    if inputs:
        params[CARGO] = json.dumps(inputs, sort_keys=True)
    return params
