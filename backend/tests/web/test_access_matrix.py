"""Every operation x every kind of caller. Rooms that arrive later are covered without an edit here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.views import MethodView
from serversctl.identity import policy
from serversctl.identity.access import Role
from serversctl.identity.rules import Demand
from serversctl.web.openapi import document
from support.api import Api, Client
from support.path_ids import Factory, factories, fill, missing, parameters
from werkzeug.test import TestResponse

# Refusals that come from the policy; any other answer means that the caller was let through to the view.
POLICY = {
    "no_policy", "not_signed_in", "token_unknown", "role_too_low", "scope_missing", "session_required",
    "step_up_required", "csrf_token_wrong", "cross_origin",
}  # fmt: skip
ROLES = ("viewer", "operator", "admin", "owner")
MEMBER_SECRET = "0123456789abcdef" * 3


@dataclass(frozen=True)
class Line:
    """One operation with a body that fits it."""

    method: str
    rule: str
    demand: Demand
    body: Any
    query: str = ""

    @property
    def changes(self) -> bool:
        return self.method != "GET"

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"


def lines(app: Flask) -> Iterator[Line]:
    """The guarded operations: what needs a signed-in caller."""
    spec = document(app)
    by_id = {
        (method.upper(), operation["operationId"]): operation
        for item in spec["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    }
    by_place = {(method, path): by_id[(method, oid)] for method, path, oid in _places(spec)}
    for operation in policy.operations(app):
        if operation.demand is not None and operation.demand.role is not None:
            declared = by_place[(operation.method, _shape(operation.path))]
            content = declared.get("requestBody", {}).get("content", {}).get("application/json", {})
            yield Line(operation.method, operation.path, operation.demand, content.get("example"), _query(declared))


def _query(declared: Any) -> str:
    """Examples of the parameters in the query that the operation cannot do without."""
    needed = [one for one in declared.get("parameters", ()) if one.get("in") == "query" and one.get("required")]
    return urlencode({one["name"]: one["schema"].get("example", one.get("example", "")) for one in needed})


def _places(spec: Any) -> Iterator[tuple[str, str, str]]:
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield method.upper(), _shape(path), operation["operationId"]


def _shape(path: str) -> str:
    """A path with its parameters' names taken out, to compare Flask's form with OpenAPI's."""
    for left, right in (("<", ">"), ("{", "}")):
        while left in path:
            before, _, rest = path.partition(left)
            path = before + "*" + rest.partition(right)[2]
    return path


class Matrix:
    """Sends one operation as one caller; objects in the path are fresh where the call may change them."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.known: dict[str, Factory] = factories()
        self.paths: dict[tuple[str, str], str] = {}

    def path(self, line: Line, role: str, *, fresh: bool) -> str:
        more = f"?{line.query}" if line.query else ""
        if not parameters(line.rule):
            return line.rule + more
        self.api.mine.acting = role
        key = (line.rule, role)
        if fresh or key not in self.paths:
            self.paths[key] = fill(self.api, self.api.mine, line.rule, self.known)
        return self.paths[key] + more

    def send(self, client: Client, line: Line, role: str = "owner", *, fresh: bool = False) -> TestResponse:
        return client.open(self.path(line, role, fresh=fresh), method=line.method, json=line.body)


def code_of(answer: TestResponse) -> str | None:
    if answer.mimetype != "application/problem+json":
        return None
    return str(answer.get_json()["code"])


def passed(answer: TestResponse) -> bool:
    """Let through to the view. 502 and 503 are fine: what lies behind a view may be away in a test."""
    return code_of(answer) not in POLICY and answer.status_code != 500


def cell(line: Line, who: str, answer: TestResponse) -> str:
    return f"{line} as {who}: {answer.status_code} {answer.get_data(as_text=True)[:300]}"


@pytest.fixture
def matrix(api: Api) -> Matrix:
    return Matrix(api)


def test_every_operation_says_who_may_use_it(api: Api) -> None:
    silent = [f"{line.method} {line.path}" for line in policy.operations(api.app) if line.demand is None]
    assert not silent, f"Put @allow(role, scope) or @public on: {', '.join(silent)}"


def test_every_id_in_a_path_can_be_made(matrix: Matrix) -> None:
    sentences = [
        sentence
        for line in policy.operations(matrix.api.app)
        if line.demand is not None and line.demand.role is not None
        for sentence in missing(line.path, matrix.known)
    ]
    assert not sentences, "\n".join(dict.fromkeys(sentences))


def test_an_operation_without_a_rule_is_refused_to_everybody(api: Api) -> None:
    class Forgotten(MethodView):
        def get(self) -> str:
            return "you should not see this"

    api.app.add_url_rule("/api/forgotten", view_func=Forgotten.as_view("forgotten"))
    for client in (api.anonymous(), api.client_as("owner"), api.token_client()):
        answer = client.get("/api/forgotten")
        assert (answer.status_code, code_of(answer)) == (403, "no_policy")
    assert "REFUSED" in policy.table(api.app)


def test_strangers_are_asked_to_sign_in(matrix: Matrix) -> None:
    stranger, member = matrix.api.anonymous(), matrix.api.anonymous()
    member.bearer = MEMBER_SECRET
    for line in lines(matrix.api.app):
        answer = matrix.send(stranger, line)
        assert (answer.status_code, code_of(answer)) == (401, "not_signed_in"), cell(line, "nobody", answer)
        answer = matrix.send(member, line)
        assert (answer.status_code, code_of(answer)) == (401, "token_unknown"), cell(line, "a member", answer)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_does_what_the_table_says_and_no_more(matrix: Matrix, role: str) -> None:
    for line in lines(matrix.api.app):
        assert line.demand.role is not None
        may = Role[role.upper()] >= line.demand.role
        client = matrix.api.client_as(role)  # anew: the call before may have ended this user's sessions
        answer = matrix.send(client, line, role, fresh=may and line.changes)
        if may:
            assert passed(answer), cell(line, role, answer)
            assert code_of(answer) != "validation_failed", f"Give a body example that fits: {cell(line, role, answer)}"
        else:
            assert (answer.status_code, code_of(answer)) == (403, "role_too_low"), cell(line, role, answer)


def test_what_belongs_to_another_account_is_not_there(matrix: Matrix) -> None:
    api = matrix.api
    for line in lines(api.app):
        if not parameters(line.rule):
            continue
        path = matrix.path(line, "owner", fresh=True)
        answer = api.other_tenant("owner").open(path, method=line.method, json=line.body)
        if answer.status_code == 200 and line.method == "GET" and answer.is_json:
            # Catalogues have no owner: then both tenants must read the very same.
            mine = api.client_as("owner").get(path)
            assert answer.get_json() == mine.get_json(), cell(line, "another tenant", answer)
            assert "_id" not in parameters(line.rule)[-1] or line.rule.startswith("/api/commands"), cell(
                line, "another tenant", answer
            )
            continue
        assert answer.status_code == 404, cell(line, "another tenant", answer)


def test_lists_hold_nothing_of_another_account(matrix: Matrix) -> None:
    api = matrix.api
    client = api.other_tenant("owner")
    ids = [str(api.mine.account_id), *map(str, api.mine.users.values())]
    ids += [fill(api, api.mine, f"<uuid:{name}>", matrix.known) for name in ("user_id", "token_id", "session_id")]
    for line in lines(api.app):
        if line.method == "GET" and not parameters(line.rule):
            text = client.get(line.rule).get_data(as_text=True)
            assert not [key for key in ids if key in text], line


def test_a_token_reaches_what_its_scopes_name_and_no_more(matrix: Matrix) -> None:
    api = matrix.api
    for scope in [*sorted(policy.scopes(api.app)), "*"]:
        client = api.token_client([scope])
        for line in lines(api.app):
            asked = line.demand.scope or ""
            reaches = scope in {"*", asked} or scope == asked.replace(":read", ":write")
            answer = matrix.send(client, line, fresh=reaches and line.changes and not line.demand.session_only)
            if line.demand.session_only:
                assert code_of(answer) == "session_required", cell(line, scope, answer)
            elif reaches:
                assert passed(answer), cell(line, scope, answer)
            else:
                assert (answer.status_code, code_of(answer)) == (403, "scope_missing"), cell(line, scope, answer)


def test_a_token_never_exceeds_its_user(matrix: Matrix) -> None:
    client = matrix.api.token_client(["*"], role="viewer")
    for line in lines(matrix.api.app):
        assert line.demand.role is not None
        if line.demand.role > Role.VIEWER:
            answer = matrix.send(client, line)
            assert code_of(answer) == "role_too_low", cell(line, "a viewer's token", answer)


def test_dangerous_operations_want_a_fresh_proof(matrix: Matrix) -> None:
    api = matrix.api
    client = api.client_as("owner")
    api.wiring.clock.pass_time(301)  # type: ignore[attr-defined]
    seen = 0
    for line in lines(api.app):
        if line.demand.dangerous:
            answer = matrix.send(client, line)
            assert (answer.status_code, code_of(answer)) == (403, "step_up_required"), cell(line, "owner", answer)
            seen += 1
    assert seen > 0


def test_changes_from_a_browser_carry_the_csrf_token(matrix: Matrix) -> None:
    client = matrix.api.client_as("owner")
    client.csrf = None
    for line in lines(matrix.api.app):
        if line.changes:
            answer = matrix.send(client, line)
            assert (answer.status_code, code_of(answer)) == (403, "csrf_token_wrong"), cell(line, "owner", answer)
