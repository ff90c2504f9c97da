"""Objects for the ids in paths: each room says in `tests/<room>/path_ids.py` how to make one of its own.

    def make_pool(session: Session, tenant: Tenant, made: Made) -> UUID: ...
    PATH_IDS = {"pool_id": make_pool}

`made` holds what was made for the parameters further left in the same path, so `/pools/{pool_id}/members/{member_id}`
can put the member into that pool. The access matrix and the fuzz test use them for every operation of every room.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from serversctl.kernel.db import unit_of_work
from sqlalchemy.orm import Session

from .api import Api, Tenant

Made = dict[str, Any]
Factory = Callable[[Session, Tenant, Made], "UUID | str"]


def factories() -> dict[str, Factory]:
    found: dict[str, Factory] = {}
    for file in sorted(Path(__file__).parents[1].glob("*/path_ids.py")):
        if file.parent.name == "support":
            continue
        spec = importlib.util.spec_from_file_location(f"path_ids_of_{file.parent.name}", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found.update(module.PATH_IDS)
    return found


def parameters(rule: str) -> list[str]:
    return re.findall(r"<(?:[^:<>]+:)?([^<>]+)>", rule)


def missing(rule: str, known: dict[str, Factory]) -> list[str]:
    """Sentences that say what to add for a path whose ids nobody can make."""
    return [
        f"{rule}: nobody knows how to make a {name}. Add a factory for it to PATH_IDS in "
        f"backend/tests/<room>/path_ids.py (see backend/tests/support/path_ids.py)."
        for name in parameters(rule)
        if name not in known
    ]


def fill(api: Api, tenant: Tenant, rule: str, known: dict[str, Factory]) -> str:
    """The path with ids of fresh objects of this tenant; a random one where `missing` has something to say."""
    made: Made = {}
    with unit_of_work(api.wiring.sessions) as session:
        for name in parameters(rule):
            made[name] = known[name](session, tenant, made) if name in known else uuid4()
            session.flush()
    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", lambda found: str(made[found[1]]), rule)
