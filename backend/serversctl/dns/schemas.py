"""Provider keys and pool names on the wire. Secrets go in and never come out."""

from __future__ import annotations

from typing import Any, cast

from marshmallow import fields, validate

from ..kernel.http import PageArgs, WireSchema, page_of
from .ports import Option, options_of
from .registry import all_providers
from .tables import COLOURS, SCOPES, STATES

TEXT_MAX = 2000


def _provider_fields() -> dict[str, fields.Field[Any]]:
    """Every field of every provider, optional here: the kind's own Config says which are needed."""
    found: dict[str, tuple[Option, list[str]]] = {}
    for kind, cls in all_providers().items():
        for option in options_of(cls.config_class):
            known, kinds = found.setdefault(option.name, (option, []))
            if (known.type, known.secret) != (option.type, option.secret):
                raise ValueError(f"The field {option.name} of {kind} means something else at {kinds[0]}.")
            kinds.append(kind)
    return {name: _field(option, kinds) for name, (option, kinds) in found.items()}


def _field(option: Option, kinds: list[str]) -> fields.Field[Any]:
    metadata = {"description": f"{option.label} ({', '.join(kinds)}): {option.help}", "writeOnly": option.secret}
    if option.type is int:
        return fields.Integer(strict=True, metadata=metadata)
    return fields.String(validate=validate.Length(max=TEXT_MAX), metadata=metadata)


PROVIDER_FIELDS = tuple(_provider_fields())


class CredentialTraits(WireSchema):
    scope = fields.String(
        validate=validate.OneOf(SCOPES),
        metadata={"description": "dns: for DNS only. account: for account operations, never used for a pool's DNS"},
    )
    is_global = fields.Boolean(metadata={"description": "The one Cloudflare key that serves where no other is named"})


class CredentialNew(CredentialTraits):
    kind = fields.String(required=True, validate=validate.OneOf(list(all_providers())))
    name = fields.String(required=True, validate=validate.Length(1, 120))


class CredentialChanges(CredentialTraits):
    name = fields.String(validate=validate.Length(1, 120))


def _with_provider_fields(base: type[WireSchema], name: str) -> type[WireSchema]:
    made = type(name, (base,), {"__doc__": base.__doc__, **_provider_fields()})
    return cast("type[WireSchema]", made)


CredentialIn = _with_provider_fields(CredentialNew, "ProviderCredentialIn")
CredentialPatch = _with_provider_fields(CredentialChanges, "ProviderCredentialPatch")
RotateIn = _with_provider_fields(
    cast(
        "type[WireSchema]",
        WireSchema.from_dict(
            {
                "force": fields.Boolean(
                    load_default=False, metadata={"description": "Save the new secret even if its test fails"}
                )
            }
        ),
    ),
    "ProviderCredentialRotation",
)


class SecretOut(WireSchema):
    """That a secret is there, and its last four characters."""

    name = fields.String(required=True)
    last_four = fields.String(required=True)


class ReportOut(WireSchema):
    """What the provider said of a key."""

    ok = fields.Boolean(required=True)
    detail = fields.String(required=True)
    fix = fields.String(required=True)
    zones = fields.List(fields.String(), required=True)
    permissions = fields.List(fields.String(), required=True)
    expires_at = fields.String(required=True, allow_none=True)


class CredentialOut(WireSchema):
    """A saved key without its secrets."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    scope = fields.String(required=True)
    is_global = fields.Boolean(required=True)
    config = fields.Dict(keys=fields.String(), required=True)
    secrets = fields.List(fields.Nested(SecretOut), required=True)
    used_by = fields.List(fields.String(), required=True, metadata={"description": "Names of the pools that use it"})
    created_at = fields.AwareDateTime(required=True)
    rotated_at = fields.AwareDateTime(required=True, allow_none=True)
    tested_at = fields.AwareDateTime(required=True, allow_none=True)
    test_report = fields.Nested(ReportOut, required=True, allow_none=True)


class FieldOut(WireSchema):
    """One field of a provider's form."""

    name = fields.String(required=True)
    label = fields.String(required=True)
    help = fields.String(required=True)
    secret = fields.Boolean(required=True)
    required = fields.Boolean(required=True)
    type = fields.String(required=True, validate=validate.OneOf(["string", "integer"]))
    default = fields.Raw(required=True, allow_none=True)


class KindOut(WireSchema):
    """A provider: how its form looks and what it can do."""

    kind = fields.String(required=True)
    title = fields.String(required=True)
    form = fields.List(fields.Nested(FieldOut), required=True, data_key="fields")
    can_proxy = fields.Boolean(required=True)
    ttl_min_sec = fields.Integer(required=True)
    ttl_max_sec = fields.Integer(required=True)
    ttl_auto = fields.Integer(required=True, allow_none=True)


class KindsOut(WireSchema):
    items = fields.List(fields.Nested(KindOut), required=True)


class ZoneOut(WireSchema):
    name = fields.String(required=True)
    status = fields.String(required=True)


class ZonesOut(WireSchema):
    items = fields.List(fields.Nested(ZoneOut), required=True)


class PoolDnsIn(WireSchema):
    """How a pool is called."""

    credential_id = fields.UUID(required=True)
    zone = fields.String(required=True, validate=validate.Length(1, 1012), metadata={"example": "example.com"})
    label = fields.String(required=True, validate=validate.Length(1, 1012), metadata={"example": "lb"})
    ttl = fields.Integer(strict=True, load_default=60, validate=validate.Range(1, 2**31 - 1))
    proxied = fields.Boolean(load_default=False)
    dynamic_sync = fields.Boolean(load_default=False)
    internal = fields.Boolean(
        load_default=False,
        metadata={"description": "Clients are on a private network: private addresses may be published"},
    )


class StepOut(WireSchema):
    """One step of a test. `warn`: it works, and somebody should look."""

    name = fields.String(required=True, metadata={"example": "credential"})
    ok = fields.Boolean(required=True)
    warn = fields.Boolean(required=True)
    why = fields.String(required=True)
    fix = fields.String(required=True)


class DnsTestOut(WireSchema):
    at = fields.AwareDateTime(required=True)
    colour = fields.String(required=True, validate=validate.OneOf(COLOURS))
    steps = fields.List(fields.Nested(StepOut), required=True)


def _addresses() -> fields.Dict:
    return fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        required=True,
        allow_none=True,
        metadata={"example": {"A": ["203.0.113.10"]}},
    )


class PoolDnsOut(WireSchema):
    """A pool's name, what stands there, and what is wrong with it."""

    pool_id = fields.UUID(required=True)
    credential_id = fields.UUID(required=True)
    credential_name = fields.String(required=True)
    kind = fields.String(required=True)
    zone = fields.String(required=True)
    label = fields.String(required=True)
    fqdn = fields.String(required=True)
    ttl = fields.Integer(required=True)
    ttl_bound_sec = fields.Integer(
        required=True,
        metadata={"description": "Longest time that resolvers keep an old answer; the recovery time comes on top"},
    )
    proxied = fields.Boolean(required=True)
    dynamic_sync = fields.Boolean(required=True)
    internal = fields.Boolean(required=True)
    adopted = fields.Boolean(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    detail = fields.String(required=True)
    current_target = fields.List(fields.String(), required=True, metadata={"description": "Addresses at the name"})
    wanted = _addresses()
    observed = _addresses()
    observed_at = fields.AwareDateTime(required=True, allow_none=True)
    verified = fields.Boolean(
        required=True, allow_none=True, metadata={"description": "What the zone's own servers said; null: not asked"}
    )
    preflight = fields.Nested(DnsTestOut, required=True, allow_none=True)


class AccountDnsOut(PoolDnsOut):
    """The same with the pool's name."""

    pool_name = fields.String(required=True)


class WriteOut(WireSchema):
    """One record that we wrote."""

    id = fields.UUID(required=True)
    at = fields.AwareDateTime(required=True)
    fqdn = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(["create", "update", "delete"]))
    type = fields.String(required=True)
    old = fields.String(required=True, allow_none=True)
    new = fields.String(required=True, allow_none=True)
    certain = fields.Boolean(required=True)
    restored = fields.Boolean(required=True)


class WritesArgs(WireSchema):
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class WritesOut(WireSchema):
    items = fields.List(fields.Nested(WriteOut), required=True)


class AccountDnsArgs(PageArgs):
    pool_id = fields.UUID(load_default=None, metadata={"description": "Only this pool's name"})


CredentialPage = page_of(CredentialOut)
AccountDnsPage = page_of(AccountDnsOut)
