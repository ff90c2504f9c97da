"""Saved provider keys: kept sealed, shown as their last four characters, never given back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ..kernel import paging
from ..kernel.db import database_now
from ..kernel.errors import Conflict, Invalid, NotFound
from ..kernel.ids import new_id
from ..kernel.paging import Page
from ..kernel.sealed import Sealer
from ..pools.tables import Pool
from .ports import CredentialReport, make_config, options_of
from .registry import all_providers
from .tables import SCOPES, PoolDns, ProviderCredential

# The kind of which one key per account serves every pool that names no other (the "Global" key).
GLOBAL_KIND = "cloudflare"


def listed(session: Session, account_id: UUID) -> Sequence[ProviderCredential]:
    query = select(ProviderCredential).where(ProviderCredential.account_id == account_id)
    return session.scalars(query.order_by(ProviderCredential.name, ProviderCredential.id)).all()


def page(session: Session, account_id: UUID, *, limit: int, cursor: str | None) -> Page[ProviderCredential]:
    query = select(ProviderCredential).where(ProviderCredential.account_id == account_id)
    if after := paging.decode(cursor, 1):
        query = query.where(ProviderCredential.name > str(after[0]))  # names are unique in an account
    rows = session.scalars(query.order_by(ProviderCredential.name).limit(limit + 1)).all()
    more = paging.encode(rows[limit - 1].name) if len(rows) > limit else None
    return Page(rows[:limit], more)


def find(session: Session, account_id: UUID, credential_id: UUID) -> ProviderCredential:
    """Raises NotFound, for other accounts' keys too."""
    found = session.scalar(
        select(ProviderCredential).where(
            ProviderCredential.id == credential_id, ProviderCredential.account_id == account_id
        )
    )
    if found is None:
        raise NotFound("provider_credential_not_found", "There is no such API key. Reload the list.")
    return found


def create(
    session: Session,
    sealer: Sealer,
    account_id: UUID,
    *,
    kind: str,
    name: str,
    values: Mapping[str, Any],
    scope: str = "dns",
    is_global: bool = False,
) -> ProviderCredential:
    """Save a key. The first Cloudflare key of an account becomes its global one. Raises Invalid or Conflict."""
    row = ProviderCredential(
        id=new_id(),
        account_id=account_id,
        kind=_known_kind(kind),
        name=_clean_name(name),
        scope=_known_scope(scope),
        config={},
        sealed={},
        hints={},
        created_at=database_now(session),
    )
    _fill(row, sealer, config_for(kind, values))
    first = kind == GLOBAL_KIND and not any(c.is_global for c in listed(session, account_id))
    if is_global or first:
        _make_global(session, row)
    session.add(row)
    _flush(session, row)
    return row


def change(
    session: Session,
    sealer: Sealer,
    account_id: UUID,
    credential_id: UUID,
    *,
    name: str | None = None,
    scope: str | None = None,
    is_global: bool | None = None,
    values: Mapping[str, Any] | None = None,
) -> ProviderCredential:
    """Change what is given; secrets that are not given stay. Raises NotFound, Invalid or Conflict."""
    row = find(session, account_id, credential_id)
    if name is not None:
        row.name = _clean_name(name)
    if scope is not None and scope != row.scope:
        if scope == "account" and (pools := pools_using(session, row.id)):
            raise _in_use(pools, "An account-operations key cannot carry a pool's DNS")
        row.scope = _known_scope(scope)
    if values:
        _fill(row, sealer, merged_config(row, sealer, values))
        row.rotated_at = database_now(session)
        row.tested_at = row.test_report = None
    if is_global:
        _make_global(session, row)
    elif is_global is False and row.is_global:
        raise Conflict("global_key_needed", "Make another Cloudflare key the global one instead of clearing this one.")
    _flush(session, row)
    return row


def remove(session: Session, account_id: UUID, credential_id: UUID) -> None:
    """Delete a key that no pool uses; the oldest other Cloudflare key inherits being global. Raises Conflict."""
    row = find(session, account_id, credential_id)
    if pools := pools_using(session, row.id):
        raise _in_use(pools, "This key is in use")
    was_global = row.is_global
    session.delete(row)
    session.flush()
    heirs = [c for c in listed(session, account_id) if c.kind == GLOBAL_KIND] if was_global else []
    if heirs:
        min(heirs, key=lambda c: c.created_at).is_global = True
        session.flush()


def pools_using(session: Session, credential_id: UUID) -> list[str]:
    query = select(Pool.name).join(PoolDns, PoolDns.pool_id == Pool.id).where(PoolDns.credential_id == credential_id)
    return sorted(session.scalars(query))


def opened_values(row: ProviderCredential, sealer: Sealer) -> dict[str, Any]:
    """The plain fields and the opened secrets. Raises kernel.sealed.CannotOpen."""
    secrets = {name: sealer.open(text, _context(row, name)) for name, text in row.sealed.items()}
    return {**row.config, **secrets}


def opened_config(row: ProviderCredential, sealer: Sealer) -> Any:
    """The provider's own Config. Raises Invalid when a stored value no longer passes (a provider grew stricter)."""
    return config_for(row.kind, opened_values(row, sealer))


def merged_config(row: ProviderCredential, sealer: Sealer, values: Mapping[str, Any]) -> Any:
    """The stored values with new ones over them. A secret that does not open any more may be given anew."""
    given = set(values)
    opened = {name: sealer.open(text, _context(row, name)) for name, text in row.sealed.items() if name not in given}
    return config_for(row.kind, {**row.config, **opened, **values})


def config_for(kind: str, values: Mapping[str, Any]) -> Any:
    config, errors = make_config(all_providers()[kind].config_class, values)
    if config is None:
        first = next(iter(errors.values()))[0]
        raise Invalid("provider_credential_invalid", first, errors=errors)
    return config


def note_test(session: Session, row: ProviderCredential, report: CredentialReport) -> None:
    """Keep what a test found, with its time."""
    row.tested_at = database_now(session)
    row.test_report = {
        "ok": report.ok,
        "detail": report.detail,
        "fix": report.fix,
        "zones": list(report.zones)[:200],
        "expires_at": report.expires_at,
        "permissions": list(report.permissions)[:50],
    }


def _fill(row: ProviderCredential, sealer: Sealer, config: Any) -> None:
    plain, sealed, hints = {}, {}, {}
    for option in options_of(type(config)):
        value = getattr(config, option.name)
        if not option.secret:
            plain[option.name] = value
        elif value:
            sealed[option.name] = sealer.seal(value, _context(row, option.name))
            hints[option.name] = value[-4:] if len(value) >= 12 else ""
    row.config, row.sealed, row.hints = plain, sealed, hints


def _context(row: ProviderCredential, field: str) -> str:
    return f"provider_credentials:{row.id}:{row.account_id}:{field}"


def _make_global(session: Session, row: ProviderCredential) -> None:
    if row.kind != GLOBAL_KIND:
        raise Invalid(
            "global_kind", "Only a Cloudflare key can be global.", errors={"isGlobal": ["Only for Cloudflare keys."]}
        )
    session.execute(
        update(ProviderCredential).where(ProviderCredential.account_id == row.account_id).values(is_global=False)
    )
    row.is_global = True


def _flush(session: Session, row: ProviderCredential) -> None:
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError as why:
        raise Conflict(
            "provider_credential_exists",
            f"There is already a key named {row.name!r}. Choose another name.",
            errors={"name": ["Already used."]},
        ) from why


def _known_kind(kind: str) -> str:
    if kind not in all_providers():
        kinds = ", ".join(all_providers())
        raise Invalid("provider_kind_unknown", f"Use one of {kinds}.", errors={"kind": [f"Use one of {kinds}."]})
    return kind


def _known_scope(scope: str) -> str:
    if scope not in SCOPES:
        raise Invalid("scope_unknown", "Use dns or account.", errors={"scope": ["Use dns or account."]})
    return scope


def _clean_name(name: str) -> str:
    text = " ".join(name.split())
    if not text or len(text) > 120 or any(ord(ch) < 32 for ch in text):
        raise Invalid("name_invalid", "Use 1 to 120 characters.", errors={"name": ["Use 1 to 120 characters."]})
    return text


def _in_use(pools: Sequence[str], what: str) -> Conflict:
    names = ", ".join(pools[:5]) + (" …" if len(pools) > 5 else "")
    return Conflict(
        "provider_credential_in_use",
        f"{what}: {names}. Link those pools to another key first.",
        extra={"pools": list(pools)},
    )
