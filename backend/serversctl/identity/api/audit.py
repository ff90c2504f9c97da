"""The audit trail: page, file, and its signed end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Response
from flask.views import MethodView
from marshmallow import RAISE

from ...kernel import http
from ...kernel.db import reading
from ...kernel.http import page_of, wired
from ...kernel.paging import Page
from .. import audit_trail, schemas
from ..access import Role, allow, principal
from ..tables import AuditEntry
from .asking import now
from .blueprint import blp


@blp.route("/audit")
class Audit(MethodView):
    @allow(Role.ADMIN, "audit:read")
    @blp.arguments(schemas.AuditArgs, location="query", unknown=RAISE)
    @blp.response(200, page_of(schemas.AuditOut))
    def get(self, args: dict[str, Any]) -> Page[AuditEntry]:
        """The audit trail, newest first"""
        limit, cursor = args.pop("limit"), args.pop("cursor")
        return audit_trail.page(
            http.session(), principal().account_id, audit_trail.Filters(**args), limit=limit, cursor=cursor
        )


@blp.route("/audit/export")
class AuditExport(MethodView):
    @allow(Role.ADMIN, "audit:read")
    @blp.arguments(schemas.AuditExportArgs, location="query", unknown=RAISE)
    @blp.response(200, content_type="application/json", description="A JSON list, or CSV with `format=csv`")
    def get(self, args: dict[str, Any]) -> Response:
        """The audit trail as a file"""
        kind = args.pop("format")
        lines = _export(principal().account_id, audit_trail.Filters(**args), kind)
        answer = Response(lines, mimetype="text/csv" if kind == "csv" else "application/json")
        answer.headers["Content-Disposition"] = f'attachment; filename="audit.{kind}"'
        return answer


@blp.route("/audit/head")
class AuditHead(MethodView):
    @allow(Role.ADMIN, "audit:read")
    @blp.response(200, schemas.AuditHeadOut)
    def get(self) -> audit_trail.SignedHead:
        """The signed end of the account's audit chain, to be kept elsewhere"""
        return audit_trail.signed_head(http.session(), principal().account_id, wired().settings.secret_key, now())


def _export(account_id: UUID, filters: audit_trail.Filters, kind: str) -> Iterator[str]:
    sessions = wired().sessions

    def lines() -> Iterator[str]:
        with reading(sessions) as session:
            yield from audit_trail.export_lines(audit_trail.entries(session, account_id, filters), kind)

    return lines()
