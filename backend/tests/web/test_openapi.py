"""The document: complete, valid, with examples that fit; and the page that shows it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from serversctl.identity import policy
from serversctl.web.openapi import METHODS, document
from support.api import Api

Json = dict[str, Any]


@pytest.fixture
def spec(api: Api) -> Json:
    answer = api.anonymous().get("/api/openapi.json")
    assert answer.status_code == 200
    got: Json = answer.get_json()
    return got


def operations(spec: Json) -> list[tuple[str, Json]]:
    return [
        (f"{method.upper()} {path}", item[method])
        for path, item in spec["paths"].items()
        for method in METHODS
        if method in item
    ]


def test_every_operation_of_the_rooms_is_described(api: Api, spec: Json) -> None:
    described = {re.sub(r"\{[^}]+\}", "*", name) for name, _ in operations(spec)}
    unlisted = {"GET /api/openapi.json", "GET /api/docs", "GET /api/docs.css"}
    for line in policy.operations(api.app):
        name = f"{line.method} " + re.sub(r"<[^>]+>", "*", line.path)
        if name not in unlisted and line.path.startswith("/api"):
            assert name in described


def test_every_operation_has_an_id_a_summary_access_rules_and_refusals(spec: Json) -> None:
    ids = [operation["operationId"] for _, operation in operations(spec)]
    assert len(ids) == len(set(ids))
    for name, operation in operations(spec):
        assert operation.get("summary"), f"{name}: give its view a docstring"
        assert "security" in operation, name
        assert {"500", "503"} <= set(operation["responses"]), name
        assert any(status.startswith("2") for status in operation["responses"]), name
        if operation["security"]:
            assert {"401", "403"} <= set(operation["responses"]), name
        if not name.startswith("GET"):
            assert {"400", "409", "413", "415", "422", "429"} <= set(operation["responses"]), name


def test_path_parameters_are_camel_case_and_declared(spec: Json) -> None:
    for path, item in spec["paths"].items():
        names = re.findall(r"\{([^}]+)\}", path)
        assert not [name for name in names if "_" in name], path
        for method in METHODS:
            if method in item:
                declared = item.get("parameters", []) + item[method].get("parameters", [])
                assert set(names) == {p["name"] for p in declared if p["in"] == "path"}, path


def test_every_reference_leads_somewhere(spec: Json) -> None:
    def walk(node: Any) -> None:
        if isinstance(node, dict):
            target = node.get("$ref")
            if isinstance(target, str):
                place: Any = spec
                for step in target.removeprefix("#/").split("/"):
                    place = place[step]
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk(spec)


def test_every_body_has_an_example_that_fits_its_schema(spec: Json) -> None:
    root = Resource.from_contents({**spec, "$schema": "https://json-schema.org/draft/2020-12/schema"})
    registry: Registry[Any] = Registry().with_resource("urn:spec", root)
    bad = []
    for name, operation in operations(spec):
        contents = [operation.get("requestBody", {}).get("content", {})]
        shared = spec["components"]["responses"]
        for answer in operation["responses"].values():
            found = shared[answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
            contents.append(found.get("content", {}))
        for content in contents:
            for body in content.values():
                if "schema" not in body:
                    continue
                assert "example" in body or "examples" in body, name
                schema = _absolute(body["schema"])
                validator = Draft202012Validator(schema, registry=registry)
                if "example" in body:
                    bad += [f"{name}: {error.message[:200]}" for error in validator.iter_errors(body["example"])]
    assert not bad, "\n".join(sorted(set(bad)))


def _absolute(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: "urn:spec" + value if key == "$ref" and isinstance(value, str) else _absolute(value)
            for key, value in node.items()
        }
    return [_absolute(item) for item in node] if isinstance(node, list) else node


def test_secrets_are_never_in_an_answer(spec: Json) -> None:
    for name, schema in spec["components"]["schemas"].items():
        if name.endswith("Out"):
            leaks = [
                field
                for field in schema.get("properties", {})
                if re.search(r"(?i)^(password|passwordHash|secretHash|tokenHash|apiKey|tsigSecret|apiToken)$", field)
            ]
            assert not leaks, name


def test_the_document_is_made_once(api: Api) -> None:
    assert document(api.app) is document(api.app)


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.urls += [value or "" for name, value in attrs if name in {"src", "href", "action"}]
        assert not [name for name, _ in attrs if name.startswith("on") or name == "style"]


def test_the_page_shows_every_operation_and_asks_nobody_else(api: Api, spec: Json) -> None:
    answer = api.anonymous().get("/api/docs")
    text = answer.get_data(as_text=True)
    page = Links()
    page.feed(text)
    for name, operation in operations(spec):
        assert f'id="{operation["operationId"]}"' in text, name
    assert "script" not in page.tags
    assert "style" not in page.tags
    assert all(url.startswith(("/api/", "#")) for url in page.urls)
    assert api.anonymous().get("/api/docs.css").mimetype == "text/css"
