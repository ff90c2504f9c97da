"""Certificates for the pool's name, on every HAProxy of the pool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...certificates import service as certificates
from ...certificates.tables import Certificate
from ...identity.audit import Actor
from ...members.tables import Member
from ...pools.tables import Pool
from ...workflows.ports import Precondition
from ..ports import Facts, Recipe, RecipeStep, haproxy_is_seen, is_heard


def checks(facts: Facts) -> list[Precondition]:
    return [
        is_heard(facts),
        haproxy_is_seen(facts),
        Precondition(facts.dns_linked, "The pool is linked to a DNS provider.", "Link it under Managed DNS."),
        Precondition(facts.pool_name is not None, "The pool has a failover host name.", "Set it under Managed DNS."),
    ]


def prepare(session: Session, pool: Pool, _member: Member, _wish: Mapping[str, Any], actor: Actor) -> Mapping[str, Any]:
    """The certificate of the pool's name: the one that is there, or a new row."""
    name = certificates.pool_name(session, pool)
    there = session.scalar(
        select(Certificate.id).where(
            Certificate.pool_id == pool.id, Certificate.hostname == name, Certificate.member_id.is_(None)
        )
    )
    return {"certificateId": str(there or certificates.create(session, pool, None, actor).id)}


RECIPE = Recipe(
    id="lets_encrypt_haproxy",
    title="Let's Encrypt for HAProxy",
    description="Gets a certificate for the pool's failover name with proof in DNS, and installs it on every member, standbys too.",
    category="certificates",
    checks=checks,
    prepare=prepare,
    prepared=frozenset({"certificateId"}),
    steps=(
        RecipeStep(
            "issue",
            "Get the certificate and install it",
            "certificate.issue",
            "A certificate for the pool's name, its file on every member, and its renewal. haproxy.cfg stays as it is.",
            asks=("certificateId",),
            on_pool=True,
            no_undo_reason="The certificate stays valid; delete it under Certificates to end its renewal.",
        ),
    ),
)
