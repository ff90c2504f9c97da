"""Tries a key against its provider: for the test button, the zone list and the rotation of a secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from ..kernel.db import reading, unit_of_work
from . import credentials
from .links import Door, Key
from .ports import CredentialReport, ProviderError, Zone
from .tables import ProviderCredential


def check_key(door: Door, account_id: UUID, credential_id: UUID) -> CredentialReport:
    """Ask the provider, keep what it said. Raises NotFound; what the provider refuses is in the report."""
    try:
        with door.provider(_key(door, account_id, credential_id), urgent=False) as provider:
            report = provider.check()
    except ProviderError as why:
        report = CredentialReport(False, why.detail, "Enter the key's secret again.")
    with unit_of_work(door.sessions) as session:
        held = session.get(ProviderCredential, credential_id)
        if held is not None:
            credentials.note_test(session, held, report)
    return report


def zones_of(door: Door, account_id: UUID, credential_id: UUID) -> list[Zone]:
    """The zones that a key sees. Raises NotFound and ProviderError."""
    with door.provider(_key(door, account_id, credential_id), urgent=False) as provider:
        return sorted(provider.zones(), key=lambda zone: zone.name)


def check_values(door: Door, account_id: UUID, credential_id: UUID, values: Mapping[str, Any]) -> CredentialReport:
    """Would the key work with these new values? Nothing is saved. Raises NotFound and Invalid."""
    with reading(door.sessions) as session:
        row = credentials.find(session, account_id, credential_id)
        kind, config = row.kind, credentials.merged_config(row, door.sealer, values)
    provider = door.unmetered(kind, config)
    try:
        return provider.check()
    except ProviderError as why:
        return CredentialReport(False, why.detail, "Check the new secret.")
    finally:
        provider.close()


def _key(door: Door, account_id: UUID, credential_id: UUID) -> Key:
    with reading(door.sessions) as session:
        return door.key_of(credentials.find(session, account_id, credential_id))
