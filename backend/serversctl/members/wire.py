"""Members as JSON by the thousand: rows into typed structs into bytes, without a schema object per field."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from .service.listing import dashed


class HeartbeatWire(msgspec.Struct, rename="camel", gc=False):
    """The latest heartbeat in short (schemas.Heartbeat)."""

    state: str = "unknown"
    age_sec: float | None = None
    interval_sec: int | None = None
    agent_version: int | None = None
    ip: str | None = None
    source: str | None = None
    stacks: tuple[str, ...] = ()
    haproxy_monitored: bool = False
    haproxy_active: bool = False
    clone_suspected: bool = False


class MemberWire(msgspec.Struct, rename="camel", gc=False):
    """A member (schemas.MemberOut)."""

    id: UUID | str
    pool_id: UUID | str
    hostname: str
    display_name: str
    template: str
    linux_family: str
    allowed_ips: list[str] | msgspec.Raw
    public_ips: list[str] | msgspec.Raw
    priority: int
    never_promote: bool
    maintenance: bool
    location: dict[str, Any] | msgspec.Raw | None
    active: bool
    secret_pending: bool
    created_at: datetime
    first_seen_at: datetime | None
    heartbeat: HeartbeatWire | None


UNKNOWN = HeartbeatWire()
Wire = TypeVar("Wire", bound=MemberWire)


def member_wire(row: Any, *, active_id: UUID | None, heartbeat: HeartbeatWire | None) -> MemberWire:
    """One Member."""
    return MemberWire(
        row.id, row.pool_id, row.hostname, row.display_name, row.template, row.linux_family, row.allowed_ips,
        row.public_ips, row.priority, row.never_promote, row.maintenance, row.location, row.id == active_id,
        row.next_secret_sealed is not None, row.created_at, row.first_seen_at, heartbeat,
    )  # fmt: skip


def member_wire_of_row(
    kind: type[Wire], row: Any, *, active: bool, heartbeat: HeartbeatWire | None, **more: Any
) -> Wire:
    """One row with the columns of `service.listing.ROW`; `more` are the fields that `kind` adds."""
    raw = msgspec.Raw
    # One unpacking is cheaper than a look-up by name for each of the fields.
    (
        row_id, pool_id, hostname, display_name, template, family, allowed, public, priority, never, maintenance,
        location, pending, created_at, first_seen_at,
    ) = row  # fmt: skip
    return kind(
        dashed(row_id), dashed(pool_id), hostname, display_name, template, family, raw(allowed), raw(public), priority,
        never, maintenance, raw(location) if location else None, active, bool(pending), created_at, first_seen_at,
        heartbeat, **more,
    )  # fmt: skip


def page_bytes(
    rows: Iterable[Any],
    *,
    active: Container[str],
    heartbeats: Mapping[str, HeartbeatWire] | None,
    next_cursor: str | None,
) -> bytes:
    """`{items, nextCursor}` from rows of `service.list_members`. `active` holds the ids of active members;
    without `heartbeats` that field is null in all of them.
    """
    items = []
    for row in rows:
        member_id = dashed(row.id)
        heartbeat = None if heartbeats is None else heartbeats.get(member_id, UNKNOWN)
        items.append(member_wire_of_row(MemberWire, row, active=member_id in active, heartbeat=heartbeat))
    return msgspec.json.encode({"items": items, "nextCursor": next_cursor})


def to_dict(member: MemberWire) -> dict[str, Any]:
    """The same as a plain JSON value, for answers that hold more than members."""
    plain: dict[str, Any] = msgspec.to_builtins(member)
    return plain
