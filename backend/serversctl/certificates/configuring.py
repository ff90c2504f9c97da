"""A certificate into a member's HAProxy configuration: as a draft, for the person to look at, check and apply."""

from __future__ import annotations

from sqlalchemy.orm import Session

from ..haproxy.service.versions import draft, files_of, head_of
from ..haproxy.tables import HaproxyVersion
from ..identity.audit import Actor
from ..kernel.errors import Conflict
from ..kernel.sealed import Sealer
from ..members.tables import Member
from .bind_line import with_certificate
from .tables import Certificate, CertificateInstall

FOLDER = "/etc/haproxy/certs"


def draft_with(
    session: Session, sealer: Sealer, certificate: Certificate, member: Member, actor: Actor
) -> HaproxyVersion:
    """A draft on the newest version with the certificate at its TLS listeners. Raises Conflict."""
    if certificate.member_id is not None or certificate.pool_id != member.pool_id:
        raise Conflict("certificate_elsewhere", "This certificate is not for the HAProxy of this member.")
    install = session.get(CertificateInstall, (certificate.id, member.id))
    if install is None or install.state != "installed":
        raise Conflict(
            "certificate_not_installed",
            "The member does not have the certificate yet, and HAProxy refuses to start without it: wait for its job.",
        )
    head = head_of(session, member.id)
    if head is None:
        raise Conflict("config_not_imported", "Import the configuration of this host first: nothing is known of it.")
    files = with_certificate(files_of(sealer, head), f"{FOLDER}/{certificate.hostname}.pem")
    reason = f"Serve {certificate.hostname} over TLS"
    return draft(session, sealer, member, files, base_id=head.id, reason=reason, actor=actor, origin="certificate")
