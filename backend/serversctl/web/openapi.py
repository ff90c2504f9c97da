"""The OpenAPI 3.1 document: what the rooms declare, completed with ids, access rules, refusals and examples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, current_app, jsonify
from flask_smorest import Api

from ..identity.access import public
from ..identity.caller import CSRF_HEADER, cookie_name
from ..identity.policy import demand_of
from ..identity.rules import Demand
from ..kernel.http import camel, wired

METHODS = ("get", "put", "post", "patch", "delete")
AGENTS = "/api/agents/"
REFUSALS = {
    400: ("json_invalid", "The body is not valid JSON"),
    401: ("not_signed_in", "Nobody is signed in, or the credential is not known"),
    403: ("role_too_low", "Known, and not allowed"),
    404: ("pool_not_found", "Absent, or another account's"),
    409: ("conflict", "Somebody was first, or it clashes with what is stored"),
    413: ("body_too_large", "The body is over the limit"),
    415: ("unsupported_media_type", "Not JSON, or compressed"),
    422: ("validation_failed", "Well formed and wrong; `errors` says which field and why"),
    429: ("too_many_requests", "Too much at once; Retry-After says how long to wait"),
    500: ("internal_error", "A bug of ours; the log has the request id"),
    503: ("database_unavailable", "Something we depend on is away; Retry-After says when to try again"),
}
FORMATS = {
    "uuid": "3f0c6a52-9c1d-4b6e-8f6e-0d6f3b2a1c4d",
    "date-time": "2026-01-02T03:04:05Z",
    "email": "ada@example.com",
    "uri": "https://example.com/hook",
    "url": "https://example.com/hook",
    "ipv4": "203.0.113.10",
    "ipv6": "2001:db8::10",
    "password": "seven green lamps hum",
}
NAMES = {
    "email": "ada@example.com",
    "alertEmail": "alerts@example.com",
    "name": "Example",
    "displayName": "lb1",
    "hostname": "lb1.example.com",
    "zone": "example.com",
    "address": "203.0.113.10",
    "edition": "selfhosted",
    "brand": "ServersCTL",
    "version": "1.0.0",
    "detail": "What happened and the fix.",
}
Json = dict[str, Any]


def document(app: Flask) -> Json:
    """The whole document of this app; made once."""
    made: Json | None = app.extensions.get("serversctl.openapi")
    if made is None:
        api: Api = app.extensions["serversctl.api"]
        made = complete(app, api.spec.to_dict())
        app.extensions["serversctl.openapi"] = made
    return made


def install(app: Flask, api: Api) -> None:
    app.extensions["serversctl.api"] = api

    @app.get("/api/openapi.json")
    @public
    def openapi_json() -> Response:
        """This document"""
        return jsonify(document(current_app._get_current_object()))  # type: ignore[attr-defined]


def complete(app: Flask, spec: Json) -> Json:
    rules = {_template(rule.rule): rule.endpoint for rule in app.url_map.iter_rules()}
    paths: Json = {}
    for template, item in spec["paths"].items():
        shared = [_parameter(parameter) for parameter in item.get("parameters", [])]
        kept: Json = {"parameters": shared} if shared else {}
        for method in METHODS:
            if method in item:
                demand = demand_of(app, rules[template], method.upper())
                kept[method] = _operation(item[method], method, template, demand)
        paths[_camel_path(template)] = kept
    components = spec.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["responses"] = {f"Problem{status}": _refusal(status) for status in REFUSALS}
    with app.app_context():
        components["securitySchemes"] = _schemes()
    spec = {
        "openapi": spec["openapi"],
        "info": {
            **spec["info"],
            "description": "Problems are `application/problem+json` (RFC 9457) with a stable `code`. Lists answer "
            "`{items, nextCursor}`. Times are RFC 3339 in UTC, durations end in `Sec`, sizes in `Bytes`.",
        },
        "servers": [{"url": "/"}],
        "tags": spec.get("tags", []),
        "paths": dict(sorted(paths.items())),
        "components": components,
    }
    for operation in operations(spec):
        _exemplify(operation, spec)
    return spec


def operations(spec: Json) -> Iterator[Json]:
    for item in spec["paths"].values():
        yield from (item[method] for method in METHODS if method in item)


def _template(rule: str) -> str:
    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule)


def _camel_path(template: str) -> str:
    return re.sub(r"\{([^}]+)\}", lambda found: "{" + camel(found[1]) + "}", template)


def _parameter(parameter: Json) -> Json:
    return {**parameter, "name": camel(parameter["name"])} if parameter.get("in") == "path" else parameter


def _operation(raw: Json, method: str, template: str, demand: Demand | None) -> Json:
    made: Json = {"operationId": raw.get("operationId") or _operation_id(method, template), **raw}
    if "parameters" in made:
        made["parameters"] = [_parameter(parameter) for parameter in made["parameters"]]
    made["security"] = _security(template, demand)
    if demand is not None and demand.role is not None:
        made["x-role"], made["x-scope"] = demand.role.word, demand.scope
        made["x-step-up"], made["x-session-only"] = demand.dangerous, demand.session_only
    wanted = _statuses(method, template, demand, takes_body="requestBody" in raw, takes_arguments="parameters" in raw)
    good = {
        status: answer
        for status, answer in raw.get("responses", {}).items()
        if status != "default" and (status[0] in "123" or "content" in answer)
    }
    refusals = {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in wanted}
    made["responses"] = dict(sorted({**refusals, **good}.items()))
    return made


def _operation_id(method: str, template: str) -> str:
    words = [part for part in re.split(r"[^A-Za-z0-9]+", template.removeprefix("/api")) if part]
    return method + "".join(word[0].upper() + word[1:] for word in words)


def _statuses(
    method: str, template: str, demand: Demand | None, *, takes_body: bool, takes_arguments: bool
) -> set[int]:
    wanted = {500, 503}
    if demand is None or demand.role is not None or method != "get" or template.startswith(AGENTS):
        wanted |= {401, 403}
    if "{" in template:
        wanted |= {404, 409, 422}  # the object may be in a state, or hold values, that the view cannot work with
    if takes_arguments:
        wanted.add(422)
    if method != "get":
        wanted |= {400, 404, 409, 413, 415, 422, 429}
    return wanted | ({400} if takes_body else set())


def _security(template: str, demand: Demand | None) -> list[Json]:
    if template.startswith(AGENTS):
        return [{"memberSecret": []}]
    if demand is None or demand.role is None:
        return []
    session: Json = {"sessionCookie": [], "csrfToken": []}
    return [session] if demand.session_only else [session, {"apiToken": [demand.scope] if demand.scope else []}]


def _schemes() -> Json:
    return {
        "sessionCookie": {"type": "apiKey", "in": "cookie", "name": cookie_name(wired().settings)},
        "csrfToken": {
            "type": "apiKey",
            "in": "header",
            "name": CSRF_HEADER,
            "description": "`csrfToken` of /api/auth/me; for changes made with a session cookie",
        },
        "apiToken": {"type": "http", "scheme": "bearer", "description": "`sctl_…`, from /api/auth/tokens"},
        "memberSecret": {"type": "http", "scheme": "bearer", "description": "A member's 48 hexadecimal digits"},
    }


PROBLEM: Json = {
    "type": "object",
    "description": "RFC 9457 problem details",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "description": "A URI that names the kind of problem"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable, for programs"},
        "detail": {"type": "string", "description": "What happened and the fix"},
        "errors": {
            "type": "object",
            "description": "Sentences by field",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}


def _refusal(status: int) -> Json:
    code, meaning = REFUSALS[status]
    example = {
        "type": f"urn:serversctl:problem:{code}",
        "title": meaning,
        "status": status,
        "code": code,
        "detail": f"{meaning}.",
    }
    made: Json = {
        "description": meaning,
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
        },
    }
    if status in {429, 503}:
        made["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}}
    return made


def _exemplify(operation: Json, spec: Json) -> None:
    """Give every body an example: the room's own, or one made from its schema."""
    bodies = [operation.get("requestBody", {}).get("content", {})]
    bodies += [answer.get("content", {}) for answer in operation["responses"].values()]
    for content in bodies:
        for body in content.values():
            if "schema" in body and "example" not in body and "examples" not in body:
                body["example"] = example_of(body["schema"], spec)


def example_of(schema: Json, spec: Json, depth: int = 0) -> Any:
    """A value that fits the schema: its own example, or one made from types, limits and formats."""
    if "$ref" in schema:
        schema = spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    given = [schema[key] for key in ("example", "default", "const") if key in schema]
    given += (schema.get("examples") or [])[:1] + (schema.get("enum") or [])[:1]
    if given:
        return given[0]
    choices = [schema[key][0] for key in ("allOf", "oneOf", "anyOf") if schema.get(key)]
    return example_of(choices[0], spec, depth) if choices else _made_example(schema, spec, depth)


def _named_example(name: str, schema: Json, spec: Json, depth: int) -> Any:
    """A property's example; a plain text without one gets a likely value from its name."""
    made = example_of(schema, spec, depth)
    return NAMES.get(name, made) if made == "text" else made


def _made_example(schema: Json, spec: Json, depth: int) -> Any:
    kinds = schema.get("type", "object")
    kind = next((word for word in kinds if word != "null"), "null") if isinstance(kinds, list) else kinds
    if kind == "object":
        properties = schema.get("properties", {}) if depth < 6 else {}
        return {name: _named_example(name, part, spec, depth + 1) for name, part in properties.items()}
    if kind == "array":
        return [example_of(schema.get("items", {"type": "string"}), spec, depth + 1)] if depth < 6 else []
    if kind == "string":
        text = "text"[: schema.get("maxLength", 4)].ljust(schema.get("minLength", 0), "x")
        return FORMATS.get(schema.get("format", ""), text)
    return {"integer": schema.get("minimum", 1), "number": schema.get("minimum", 1.5), "boolean": True}.get(kind)
