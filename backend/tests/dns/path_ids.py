"""Saved provider keys for the ids in paths. The server lies where nobody answers, so that no test goes outside."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from serversctl.dns import credentials
from serversctl.kernel.sealed import Sealer
from sqlalchemy.orm import Session
from support.api import SECRET_KEY, Tenant


def make_credential(session: Session, tenant: Tenant, made: dict[str, Any]) -> UUID:
    values = {"api_url": "https://127.0.0.1:9/", "api_key": "nobodys-key"}
    name = secrets.token_hex(6)
    row = credentials.create(session, Sealer(SECRET_KEY), tenant.account_id, kind="powerdns", name=name, values=values)
    return row.id


PATH_IDS = {"credential_id": make_credential}
