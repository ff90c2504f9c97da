"""What is known of a member when somebody looks at its recipes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..dns.tables import PoolDns
from ..heartbeats.latest import LatestFacts
from ..kernel.errors import Unavailable
from ..members.release import built_version
from ..members.tables import Member
from ..workflows.service import Tools
from .ports import Facts


def facts_of(session: Session, wiring: Any, tools: Tools, member: Member) -> Facts:
    """Without Redis nothing is heard: the recipes say so instead of guessing."""
    reported = tools.facts_of(member.id)
    link = session.scalar(select(PoolDns).where(PoolDns.pool_id == member.pool_id))
    return Facts(
        hostname=member.hostname,
        heard=reported is not None,
        stacks=reported.stacks if reported else frozenset(),
        agent_version=reported.agent_version if reported else 0,
        newest_agent=built_version(wiring.settings.agent_dist),
        admin_socket=_admin_socket(wiring, member),
        dns_linked=link is not None,
        pool_name=link.fqdn if link else None,
    )


def _admin_socket(wiring: Any, member: Member) -> bool | None:
    try:
        body = LatestFacts(wiring.redis).body(member.id) or {}
    except Unavailable:
        return None
    block = body.get("haproxy")
    told = block.get("adminSocket") if isinstance(block, dict) else None
    return None if told is None else bool(told)
