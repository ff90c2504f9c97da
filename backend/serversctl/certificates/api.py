"""Certificates for people and integrations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from ..identity.access import Role, actor, allow, principal
from ..identity.tenancy import owned
from ..jobs import service as jobs
from ..jobs.catalogue import Catalogue, load
from ..jobs.schemas import JobOut
from ..jobs.tables import Job
from ..kernel.db import database_now
from ..kernel.http import Blueprint, session, wired
from ..members.tables import Member
from ..pools.tables import Pool
from . import configuring, rules, schemas, service
from .commands import ISSUE, RENEW
from .installing import install_again
from .tables import Certificate, CertificateInstall

blp = Blueprint("certificates", __name__, url_prefix="/api", description="TLS certificates by ACME")

FILES, HOST_FILES = "/etc/haproxy/certs", "/etc/ssl/serversctl"


def _pool(pool_id: UUID) -> Pool:
    return owned(session(), Pool, pool_id, principal().account_id)


def _certificate(certificate_id: UUID, *, lock: bool = False) -> Certificate:
    return service.find(session(), principal().account_id, certificate_id, lock=lock)


def _catalogue() -> Catalogue:
    """The catalogue of this process, shared with the jobs room."""
    hooks = wired().hooks
    if "jobs_catalogue" not in hooks:
        found = load(wired().settings.agent_dist)
        hooks["jobs_catalogue"] = lambda: found
    made: Catalogue = hooks["jobs_catalogue"]()
    return made


def _order(command: str, certificate: Certificate) -> Job:
    return jobs.order(
        session(),
        command=_catalogue().find(command),
        params={"certificateId": str(certificate.id)},
        actor=actor(),
        pool=session().get_one(Pool, certificate.pool_id),
        member=None,
    ).job


@blp.route("/pools/<uuid:pool_id>/certificates")
class PoolCertificates(MethodView):
    @allow(Role.VIEWER, "certificates:read")
    @blp.arguments(schemas.CertificateArgs, location="query")
    @blp.response(200, schemas.CertificatePage)
    def get(self, args: dict[str, Any], pool_id: UUID) -> dict[str, Any]:
        """List a pool's certificates, newest first"""
        pool = _pool(pool_id)
        found = service.page(session(), pool, **args)
        return {"items": _shown(pool, list(found.items)), "next_cursor": found.next_cursor}

    @allow(Role.OPERATOR, "certificates:write")
    @blp.arguments(schemas.CertificateIn)
    @blp.response(201, schemas.CertificateOut)
    def post(self, wish: dict[str, Any], pool_id: UUID) -> dict[str, Any]:
        """Ask for a certificate and order the job that gets it"""
        pool = _pool(pool_id)
        made = service.create(session(), pool, wish["names"], actor())
        job = _order(ISSUE, made)
        return {**_shown(pool, [made])[0], "job_id": job.id}


@blp.route("/certificates/<uuid:certificate_id>")
class OneCertificate(MethodView):
    @allow(Role.VIEWER, "certificates:read")
    @blp.response(200, schemas.CertificateOut)
    def get(self, certificate_id: UUID) -> dict[str, Any]:
        """Read a certificate"""
        found = _certificate(certificate_id)
        return _shown(_pool(found.pool_id), [found])[0]

    @allow(Role.OPERATOR, "certificates:write")
    @blp.response(204)
    def delete(self, certificate_id: UUID) -> None:
        """Forget a certificate and its key; files on members stay"""
        service.delete(session(), _certificate(certificate_id, lock=True), actor())


@blp.route("/certificates/<uuid:certificate_id>/renew")
class Renew(MethodView):
    @allow(Role.OPERATOR, "certificates:write")
    @blp.response(202, JobOut)
    def post(self, certificate_id: UUID) -> Job:
        """Renew a certificate now"""
        return _order(RENEW, _certificate(certificate_id))


@blp.route("/certificates/<uuid:certificate_id>/sync-domain")
class SyncDomain(MethodView):
    @allow(Role.OPERATOR, "certificates:write")
    @blp.response(202, JobOut)
    def post(self, certificate_id: UUID) -> Job:
        """Let a certificate follow the name that the pool keeps in DNS, and order it anew"""
        found = _certificate(certificate_id, lock=True)
        service.follow_pool_name(session(), _pool(found.pool_id), found, actor())
        return _order(RENEW, found)


@blp.route("/certificates/<uuid:certificate_id>/install")
class Install(MethodView):
    @allow(Role.OPERATOR, "certificates:write")
    @blp.arguments(schemas.InstallIn)
    @blp.response(202, schemas.CertificateOut)
    def post(self, wish: dict[str, Any], certificate_id: UUID) -> dict[str, Any]:
        """Install a certificate on its members again"""
        found = _certificate(certificate_id, lock=True)
        install_again(session(), found, wish["member_id"], actor())
        return _shown(_pool(found.pool_id), [found])[0]


@blp.route("/certificates/<uuid:certificate_id>/configure")
class Configure(MethodView):
    @allow(Role.OPERATOR, "certificates:write")
    @blp.arguments(schemas.ConfigureIn)
    @blp.response(201, schemas.ConfiguredOut)
    def post(self, wish: dict[str, Any], certificate_id: UUID) -> dict[str, Any]:
        """Draft the member's HAProxy configuration with the certificate in it; check and apply it like any version"""
        found = _certificate(certificate_id)
        member = owned(session(), Member, wish["member_id"], principal().account_id)
        version = configuring.draft_with(session(), wired().sealer, found, member, actor())
        return {"version_id": version.id, "number": version.number, "member_id": member.id}


@blp.route("/members/<uuid:member_id>/certificates")
class MemberCertificates(MethodView):
    @allow(Role.VIEWER, "certificates:read")
    @blp.response(200, schemas.MemberCertificatesOut)
    def get(self, member_id: UUID) -> dict[str, Any]:
        """Read which certificates of its pool a member has, and whether they cover the pool's name"""
        member = owned(session(), Member, member_id, principal().account_id)
        pool = _pool(member.pool_id)
        shown = _shown(pool, service.of_pool(session(), pool.id))
        for row in shown:
            row["installs"] = [one for one in row["installs"] if one["member_id"] == member.id]
        shown = [row for row in shown if row["member_id"] in {None, member.id}]
        return {"pool_name": service.pool_name(session(), pool), "items": shown}

    @allow(Role.OPERATOR, "certificates:write")
    @blp.arguments(schemas.CertificateIn)
    @blp.response(201, schemas.CertificateOut)
    def post(self, wish: dict[str, Any], member_id: UUID) -> dict[str, Any]:
        """Ask for a certificate for the other services of a host; without names for its host name"""
        member = owned(session(), Member, member_id, principal().account_id)
        pool = _pool(member.pool_id)
        made = service.create(session(), pool, wish["names"], actor(), member=member)
        job = _order(ISSUE, made)
        return {**_shown(pool, [made])[0], "job_id": job.id}


def _shown(pool: Pool, rows: list[Certificate]) -> list[dict[str, Any]]:
    ids = [row.id for row in rows]
    now = database_now(session())
    ordering, installs = service.ordering(session(), ids), service.installs_of(session(), ids)
    own = service.pool_name(session(), pool)
    return [
        {
            **{name: getattr(row, name) for name in _FIELDS},
            "file": f"{HOST_FILES if row.member_id else FILES}/{row.hostname}.pem",
            "chain": row.chain_pem,
            "state": rules.shown_state(
                ordering=row.id in ordering, not_after=row.not_after, error=row.last_error, now=now
            ).value,
            "last_error": {"code": row.last_error_code, "detail": row.last_error, "at": row.last_error_at}
            if row.last_error
            else None,
            "job_id": ordering[row.id].job_id if row.id in ordering else None,
            "pool_name_matches": own is not None and rules.covers(row.names, own),
            "installs": [_install(row, install, name) for install, name in installs.get(row.id, [])],
        }
        for row in rows
    ]


def _install(row: Certificate, install: CertificateInstall, member_name: str) -> dict[str, Any]:
    return {
        "member_id": install.member_id,
        "member_name": member_name,
        "state": install.state,
        "current": install.state == "installed" and install.fingerprint == row.fingerprint,
        "in_use": install.in_use,
        "detail": install.detail,
        "job_id": install.job_id,
        "changed_at": install.changed_at,
        "next_try_at": install.next_try_at,
    }


_FIELDS = (
    "id", "pool_id", "member_id", "hostname", "names", "not_before", "not_after", "fingerprint", "serial", "issuer", "issued_at",
    "next_renewal_at", "held_until", "failures", "created_at",
)  # fmt: skip
