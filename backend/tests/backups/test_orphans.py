"""What nobody names goes after a day; what anybody names stays."""

from __future__ import annotations

import hashlib
import os
import time
from uuid import UUID

import pytest
from serversctl.backups.service.orphans import owner_of, remove_orphans
from serversctl.kernel.db import unit_of_work
from serversctl.kernel.ids import new_id

from .conftest import Site


def put(site: Site, key: str, *, hours_old: float) -> str:
    site.store.put(key, [b"x"], size_bytes=1, sha256=hashlib.sha256(b"x").hexdigest())
    age(site, key, hours_old)
    return key


def age(site: Site, key: str, hours_old: float) -> None:
    at = time.time() - hours_old * 3600
    os.utime(site.store._path(key), (at, at))


def swept(site: Site) -> int:
    with unit_of_work(site.api.wiring.sessions) as session:
        return remove_orphans(session, site.store)


def test_old_objects_of_no_snapshot_go_and_others_stay(site: Site):
    snapshot = site.row(site.back_up())
    folder = f"{snapshot.account_id}/sites/{snapshot.pool_id}/snapshots"
    mine = [found.key for found in site.store.list(f"{folder}/{snapshot.id}/")]
    for key in mine:
        age(site, key, 100)
    loose = put(site, f"{folder}/{new_id()}/packs/{'a' * 32}", hours_old=25)
    young = put(site, f"{folder}/{new_id()}/manifest", hours_old=23)
    foreign = put(site, "somebody/elses/file", hours_old=1000)

    assert swept(site) == 1

    assert site.store.head(loose) is None
    assert all(site.store.head(key) for key in [*mine, young, foreign])


def test_packs_that_a_younger_snapshot_stands_on_outlive_the_row_of_the_older_one(site: Site):
    first = site.row(site.back_up())
    second = site.row(site.back_up())
    shared = [row["key"] for row in second.packs]
    assert shared == [row["key"] for row in first.packs]
    with unit_of_work(site.api.wiring.sessions) as session:
        session.delete(session.get_one(type(first), first.id))
    for found in list(site.store.list("")):
        age(site, found.key, 48)

    assert swept(site) == 1  # the older one's manifest

    assert all(site.store.head(key) for key in shared)
    assert site.store.head(f"{second.account_id}/sites/{second.pool_id}/snapshots/{second.id}/manifest")


@pytest.mark.parametrize("key", ["check/0011", "a/sites/b/snapshots/c/manifest", "x/y/z/snapshots/u/v", "manifest"])
def test_keys_of_another_shape_have_no_owner(key: str):
    assert owner_of(key) is None
    place = f"{new_id()}/sites/{new_id()}/snapshots"
    assert owner_of(f"{place}/{UUID(int=5)}/packs/x") == UUID(int=5)
