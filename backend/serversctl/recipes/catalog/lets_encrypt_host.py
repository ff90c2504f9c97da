"""A certificate for this one host: panels, mail, whatever reads it."""

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
from ..ports import Facts, Recipe, RecipeStep, is_heard


def checks(facts: Facts) -> list[Precondition]:
    return [
        is_heard(facts),
        Precondition("." in facts.hostname, f"{facts.hostname} is a full name.", "Give the member its full host name."),
        Precondition(facts.dns_linked, "The pool is linked to a DNS provider.", "Link it under Managed DNS."),
    ]


def prepare(session: Session, pool: Pool, member: Member, _wish: Mapping[str, Any], actor: Actor) -> Mapping[str, Any]:
    """The certificate of this host's name: the one that is there, or a new row."""
    there = session.scalar(
        select(Certificate.id).where(Certificate.member_id == member.id, Certificate.hostname == member.hostname)
    )
    return {"certificateId": str(there or certificates.create(session, pool, None, actor, member=member).id)}


RECIPE = Recipe(
    id="lets_encrypt_host",
    title="Let's Encrypt for this host",
    description="Gets a certificate for the host's own name with proof in DNS, and puts it onto this host alone.",
    category="certificates",
    checks=checks,
    prepare=prepare,
    prepared=frozenset({"certificateId"}),
    steps=(
        RecipeStep(
            "issue",
            "Get the certificate and install it",
            "certificate.issue",
            "A certificate for the host's name, its file on this host, and its renewal.",
            asks=("certificateId",),
            on_pool=True,
            no_undo_reason="The certificate stays valid; delete it under Certificates to end its renewal.",
        ),
    ),
)
