"""Random calls made from the document: no crash, no status that the document does not name, no answer off its schema.

All operations of all rooms share one time budget, in the order of a seed; FUZZ_SECONDS and FUZZ_EXAMPLES raise it.
"""

from __future__ import annotations

import json
import os
import random
import re
import time
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import FailureGroup
from serversctl.web.openapi import METHODS, document
from support.api import Api
from support.path_ids import factories, fill

SECONDS = float(os.environ.get("FUZZ_SECONDS", "25"))
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "25"))
SEED = int(os.environ.get("FUZZ_SEED", "20260102"))

load_all_checks()
CHECKS = [
    schemathesis.checks.CHECKS.get_one(name)
    for name in (
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
    )
]
# Ends the caller's own session or token, which would make the rest of the calls worthless.
NOT_AS_ONESELF = {"postAuthLogout"}


def flask_rules(api: Api) -> dict[str, str]:
    """OpenAPI path -> Flask rule, to make ids of real objects for the path."""
    from serversctl.kernel.http import camel

    return {
        re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", lambda found: "{" + camel(found[1]) + "}", rule.rule): rule.rule
        for rule in api.app.url_map.iter_rules()
    }


def test_random_calls_get_only_answers_that_the_document_names(api: Api) -> None:
    rules, known = flask_rules(api), factories()
    spec = json.loads(json.dumps(document(api.app)))
    schema = schemathesis.openapi.from_dict(spec)
    schema.app = api.app
    operations = [found.ok() for found in schema.get_all_operations()]
    random.Random(SEED).shuffle(operations)
    api.app.extensions["serversctl.throttle"].attempt = lambda *_: None
    began, tried, failures = time.monotonic(), 0, []
    for operation in operations:
        if time.monotonic() - began > SECONDS:
            break
        declared = spec["paths"][operation.path][operation.method]
        if declared["operationId"] in NOT_AS_ONESELF:
            continue
        failures += fuzz(api, operation, rules[operation.path], known, declared)
        tried += 1
    assert tried >= min(len(operations) - len(NOT_AS_ONESELF), 10)
    assert not failures, "\n\n".join(failures)


def fuzz(api: Api, operation: Any, rule: str, known: Any, declared: Any) -> list[str]:
    client = api.anonymous() if not declared["security"] else api.client_as("owner")
    here = fill(api, api.mine, rule, known)
    failed: list[str] = []

    @seeded(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def one(case: Any) -> None:
        if failed:
            return
        kwargs = case.as_transport_kwargs(base_url="http://localhost")
        query = {name: value for name, value in (kwargs.get("params") or {}).items() if value is not None}
        sent: dict[str, Any] = {"method": operation.method.upper(), "query_string": query}
        if kwargs.get("json") is not None or case.media_type == "application/json":
            sent.update(data=json.dumps(kwargs.get("json")), content_type="application/json")
        answer = client.open(here, **sent)
        if answer.status_code == 500:
            failed.append(f"{operation.method.upper()} {here} crashed\n{sent}")
            return
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as why:
            told = answer.get_data(as_text=True)[:300]
            failed.append(f"{operation.method.upper()} {here}\n{sent}\n{answer.status_code} {told}\n{why.exceptions}")

    one()
    return failed


def test_a_crash_would_be_found(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from serversctl.identity import service

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(service, "list_users", broken)
    spec = json.loads(json.dumps(document(api.app)))
    schema = schemathesis.openapi.from_dict(spec)
    operation = next(
        o.ok() for o in schema.get_all_operations() if o.ok().path == "/api/users" and o.ok().method == "get"
    )
    assert fuzz(api, operation, "/api/users", factories(), spec["paths"]["/api/users"]["get"])


def test_the_document_names_the_methods_that_are_fuzzed() -> None:
    assert set(METHODS) == {"get", "put", "post", "patch", "delete"}
