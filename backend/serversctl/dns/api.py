"""Provider keys and the names of pools, for people and programs.

Calls that ask a provider end the request's transaction first: no database lock is held while a vendor thinks.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView

from ..identity import audit
from ..identity.access import Role, actor, allow, principal
from ..kernel.errors import Invalid
from ..kernel.http import Blueprint, PageArgs, session, wired
from ..kernel.paging import Page
from . import checks, credentials, rules, schemas, service
from .keeper import RecordKeeper, keeper_of
from .ports import CredentialReport, options_of, wire_name
from .preflight import Preflight
from .registry import all_providers
from .tables import DnsPreflight, DnsWrite, PoolDns, ProviderCredential

blp = Blueprint("dns", __name__, url_prefix="/api", description="DNS providers and the names of pools")


def _keeper() -> RecordKeeper:
    return keeper_of(wired())


def _account() -> UUID:
    return principal().account_id


def _record(action: str, target: ProviderCredential | PoolDns, **details: Any) -> None:
    kind = "provider_credential" if isinstance(target, ProviderCredential) else "pool_dns"
    audit.record(
        session(),
        actor(),
        action,
        account_id=_account(),
        target_type=kind,
        target_id=target.id,
        details=details,
    )


def _values(wish: dict[str, Any]) -> dict[str, Any]:
    """The provider's own fields out of a flat body."""
    return {name: wish[name] for name in schemas.PROVIDER_FIELDS if name in wish}


def _shown(row: ProviderCredential) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "name": row.name,
        "scope": row.scope,
        "is_global": row.is_global,
        "config": {wire_name(name): value for name, value in row.config.items()},
        "secrets": [{"name": wire_name(name), "last_four": hint} for name, hint in sorted(row.hints.items())],
        "used_by": credentials.pools_using(session(), row.id),
        "created_at": row.created_at,
        "rotated_at": row.rotated_at,
        "tested_at": row.tested_at,
        "test_report": row.test_report,
    }


def _link(row: PoolDns) -> dict[str, Any]:
    credential = credentials.find(session(), row.account_id, row.credential_id)
    return _link_with(row, credential, service.last_preflight(session(), row.pool_id))


def _link_with(row: PoolDns, credential: ProviderCredential, preflight: DnsPreflight | None) -> dict[str, Any]:
    limits = service.limits_of(credential)
    names = (
        "pool_id",
        "credential_id",
        "zone",
        "label",
        "fqdn",
        "ttl",
        "proxied",
        "dynamic_sync",
        "internal",
        "adopted",
    )
    held = ("state", "detail", "wanted", "observed", "observed_at", "verified")
    observed = row.observed or {}
    return {name: getattr(row, name) for name in (*names, *held)} | {
        "credential_name": credential.name,
        "kind": credential.kind,
        "ttl_bound_sec": rules.ttl_bound_sec(row.ttl, row.proxied, limits),
        "current_target": [*observed.get("A", []), *observed.get("AAAA", [])],
        "preflight": preflight,
    }


@blp.route("/provider-kinds")
class Kinds(MethodView):
    @allow(Role.VIEWER, "dns:read")
    @blp.response(200, schemas.KindsOut)
    def get(self) -> dict[str, Any]:
        """List the DNS providers and the fields of their keys"""
        return {
            "items": [
                {
                    "kind": kind,
                    "title": cls.title,
                    "form": [
                        {
                            "name": wire_name(option.name),
                            "label": option.label,
                            "help": option.help,
                            "secret": option.secret,
                            "required": option.required,
                            "type": "integer" if option.type is int else "string",
                            "default": option.default,
                        }
                        for option in options_of(cls.config_class)
                    ],
                    "can_proxy": cls.limits.can_proxy,
                    "ttl_min_sec": cls.limits.ttl_min,
                    "ttl_max_sec": cls.limits.ttl_max,
                    "ttl_auto": cls.limits.ttl_auto,
                }
                for kind, cls in all_providers().items()
            ]
        }


@blp.route("/provider-credentials")
class Credentials(MethodView):
    @allow(Role.VIEWER, "dns:read")
    @blp.arguments(PageArgs, location="query")
    @blp.response(200, schemas.CredentialPage)
    def get(self, args: dict[str, Any]) -> Page[dict[str, Any]]:
        """List the account's provider keys"""
        page = credentials.page(session(), _account(), **args)
        return Page([_shown(row) for row in page.items], page.next_cursor)

    @allow(Role.ADMIN, "dns:write")
    @blp.arguments(schemas.CredentialIn)
    @blp.response(201, schemas.CredentialOut)
    def post(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Save a provider key"""
        row = credentials.create(
            session(),
            wired().sealer,
            _account(),
            kind=wish["kind"],
            name=wish["name"],
            values=_values(wish),
            scope=wish.get("scope", "dns"),
            is_global=wish.get("is_global", False),
        )
        _record("provider_credential.created", row, name=row.name, kind=row.kind, scope=row.scope)
        return _shown(row)


@blp.route("/provider-credentials/<uuid:credential_id>")
class Credential(MethodView):
    @allow(Role.VIEWER, "dns:read")
    @blp.response(200, schemas.CredentialOut)
    def get(self, credential_id: UUID) -> dict[str, Any]:
        """Read a provider key without its secrets"""
        return _shown(credentials.find(session(), _account(), credential_id))

    @allow(Role.ADMIN, "dns:write")
    @blp.arguments(schemas.CredentialPatch)
    @blp.response(200, schemas.CredentialOut)
    def patch(self, wish: dict[str, Any], credential_id: UUID) -> dict[str, Any]:
        """Change a provider key; secrets that are not sent stay"""
        values = _values(wish)
        row = credentials.change(
            session(),
            wired().sealer,
            _account(),
            credential_id,
            name=wish.get("name"),
            scope=wish.get("scope"),
            is_global=wish.get("is_global"),
            values=values,
        )
        _record("provider_credential.changed", row, name=row.name, fields=sorted(wire_name(name) for name in wish))
        return _shown(row)

    @allow(Role.ADMIN, "dns:write")
    @blp.response(204)
    def delete(self, credential_id: UUID) -> None:
        """Delete a provider key that no pool uses"""
        row = credentials.find(session(), _account(), credential_id)
        _record("provider_credential.deleted", row, name=row.name, kind=row.kind)
        credentials.remove(session(), _account(), credential_id)


@blp.route("/provider-credentials/<uuid:credential_id>/test")
class CredentialTest(MethodView):
    @allow(Role.OPERATOR, "dns:write")
    @blp.response(200, schemas.ReportOut)
    def post(self, credential_id: UUID) -> CredentialReport:
        """Test a provider key against its provider"""
        account_id = _account()
        session().commit()
        return checks.check_key(_keeper().door, account_id, credential_id)


@blp.route("/provider-credentials/<uuid:credential_id>/zones")
class CredentialZones(MethodView):
    @allow(Role.OPERATOR, "dns:read")
    @blp.response(200, schemas.ZonesOut)
    def get(self, credential_id: UUID) -> dict[str, Any]:
        """List the zones that a provider key sees"""
        account_id = _account()
        session().commit()
        return {"items": checks.zones_of(_keeper().door, account_id, credential_id)}


@blp.route("/provider-credentials/<uuid:credential_id>/rotate")
class CredentialRotation(MethodView):
    @allow(Role.ADMIN, "dns:write")
    @blp.arguments(schemas.RotateIn)
    @blp.response(200, schemas.CredentialOut)
    def post(self, wish: dict[str, Any], credential_id: UUID) -> dict[str, Any]:
        """Replace a key's secret after the new one has passed its test"""
        account_id, values = _account(), _values(wish)
        if not values:
            raise Invalid("secret_missing", "Send the new secret.", errors={"body": ["Send the new secret."]})
        session().commit()
        report = checks.check_values(_keeper().door, account_id, credential_id, values)
        if not report.ok and not wish["force"]:
            raise Invalid(
                "provider_credential_rejected",
                f"The old secret stays, because the new one failed: {report.detail} {report.fix}".strip(),
            )
        row = credentials.change(session(), wired().sealer, account_id, credential_id, values=values)
        credentials.note_test(session(), row, report)
        _record("provider_credential.rotated", row, name=row.name, tested=report.ok)
        return _shown(row)


@blp.route("/dns")
class AccountNames(MethodView):
    @allow(Role.VIEWER, "dns:read")
    @blp.arguments(schemas.AccountDnsArgs, location="query")
    @blp.response(200, schemas.AccountDnsPage)
    def get(self, args: dict[str, Any]) -> Page[dict[str, Any]]:
        """List the names of all pools with their records and their drift

        With `poolId` the list has that pool's name, or nothing while it has none: no error, unlike the pool's own address.
        """
        found = service.links_page(session(), _account(), **args)
        keys = {row.id: row for row in credentials.listed(session(), _account())}
        preflights = service.last_preflights(session(), [row.pool_id for row, _ in found.items])
        return Page(
            [
                _link_with(row, keys[row.credential_id], preflights.get(row.pool_id)) | {"pool_name": pool_name}
                for row, pool_name in found.items
            ],
            found.next_cursor,
        )


@blp.route("/pools/<uuid:pool_id>/dns")
class PoolName(MethodView):
    @allow(Role.VIEWER, "dns:read")
    @blp.response(200, schemas.PoolDnsOut)
    def get(self, pool_id: UUID) -> dict[str, Any]:
        """Read a pool's name, its records and its drift"""
        return _link(service.link_of(session(), _account(), pool_id))

    @allow(Role.ADMIN, "dns:write")
    @blp.arguments(schemas.PoolDnsIn)
    @blp.response(200, schemas.PoolDnsOut)
    def put(self, wish: dict[str, Any], pool_id: UUID) -> dict[str, Any]:
        """Give a pool its name, or change it"""
        row = service.connect(session(), _account(), pool_id, service.Wish(**wish))
        _record("pool_dns.changed", row, fqdn=row.fqdn, ttl=row.ttl, proxied=row.proxied, internal=row.internal)
        return _link(row)

    @allow(Role.ADMIN, "dns:write")
    @blp.response(204)
    def delete(self, pool_id: UUID) -> None:
        """Forget a pool's name; its record stays as it is"""
        row = service.link_of(session(), _account(), pool_id)
        _record("pool_dns.removed", row, fqdn=row.fqdn)
        service.disconnect(session(), _account(), pool_id)


@blp.route("/pools/<uuid:pool_id>/dns/test")
class PoolNameTest(MethodView):
    @allow(Role.OPERATOR, "dns:write")
    @blp.response(200, schemas.DnsTestOut)
    def post(self, pool_id: UUID) -> Preflight | None:
        """Walk the way of a cutover: key, zone, record, answer; nothing is written"""
        service.link_of(session(), _account(), pool_id)
        session().commit()
        return _keeper().preflight(pool_id)


@blp.route("/pools/<uuid:pool_id>/dns/refresh")
class PoolNameRefresh(MethodView):
    @allow(Role.OPERATOR, "dns:write")
    @blp.response(200, schemas.PoolDnsOut)
    def post(self, pool_id: UUID) -> dict[str, Any]:
        """Look at the records now; nothing is written"""
        service.link_of(session(), _account(), pool_id)
        session().commit()
        _keeper().observe(pool_id)
        return _link(service.link_of(session(), _account(), pool_id))


@blp.route("/pools/<uuid:pool_id>/dns/adopt")
class PoolNameAdoption(MethodView):
    @allow(Role.ADMIN, "dns:write", dangerous=True)
    @blp.response(200, schemas.PoolDnsOut)
    def post(self, pool_id: UUID) -> dict[str, Any]:
        """Take every address record at the name over; surplus ones go with the next check"""
        row = service.adopt(session(), _account(), pool_id)
        _record("pool_dns.adopted", row, fqdn=row.fqdn)
        return _link(row)


@blp.route("/pools/<uuid:pool_id>/dns/writes")
class PoolNameWrites(MethodView):
    @allow(Role.VIEWER, "dns:read")
    @blp.arguments(schemas.WritesArgs, location="query")
    @blp.response(200, schemas.WritesOut)
    def get(self, args: dict[str, Any], pool_id: UUID) -> dict[str, list[DnsWrite]]:
        """List what we wrote at the pool's name, newest first"""
        service.pool_of(session(), _account(), pool_id)
        return {"items": list(service.writes(session(), _account(), pool_id, args["limit"]))}
