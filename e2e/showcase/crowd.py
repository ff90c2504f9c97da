"""Thousands of members at once. They go into the database itself: through the API a user may make 240 changes a minute."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import create_engine, insert, select
from sqlalchemy.orm import Session

from .facts import SimHost
from .scene import CITIES, Scene


def many(scene: Scene, count: int, *, pool: str = "fleet-of-many", beating: bool = True) -> str:
    """A pool with `count` members `node-0001` …; with `beating` each has an agent. The pool's id."""
    import serversctl.identity.tables  # noqa: F401  what members refer to
    from serversctl.members.service import touch_directory  # found by the paths that `stage` sets
    from serversctl.members.tables import Member
    from serversctl.pools.tables import Pool

    pool_id = UUID(scene.pool(pool))
    engine = create_engine(f"sqlite:///{scene.place.plane.data_dir / 'serversctl.db'}", connect_args={"timeout": 30})
    with Session(engine) as session:
        account_id = session.scalars(select(Pool.account_id).where(Pool.id == pool_id)).one()
        rows = [row_of(number, account_id, pool_id) for number in range(1, count + 1)]
        session.execute(insert(Member), rows)
        touch_directory(session)
        session.commit()
    engine.dispose()
    for number, row in enumerate(rows, start=1):
        if beating:
            host = SimHost(row["hostname"], sessions=20 + number % 90)
            scene.place.fleet.enrol(host, {"enrollment": {"secret": secret_of(number)}}, row["allowed_ips"][0])
    return str(pool_id)


def secret_of(number: int) -> str:
    return hashlib.sha256(b"crowd %d" % number).hexdigest()[:48]


def row_of(number: int, account_id: UUID, pool_id: UUID) -> dict[str, Any]:
    city, latitude, longitude = list(CITIES.values())[number % len(CITIES)]
    now = datetime.now(UTC)
    return {
        "id": uuid4(), "account_id": account_id, "pool_id": pool_id, "hostname": f"node-{number:04d}.example.net",
        "display_name": f"node-{number:04d}", "template": "haproxy_edge", "linux_family": "debian",
        "allowed_ips": [f"45.91.{number // 250}.{number % 250 + 1}"], "public_ips": [], "priority": 100,
        "never_promote": False, "maintenance": False, "created_at": now, "first_seen_at": now,
        "location": {"name": city, "latitude": latitude, "longitude": longitude},
        "secret_hash": hashlib.sha256(secret_of(number).encode()).hexdigest(),
    }  # fmt: skip
