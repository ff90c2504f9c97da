"""`/api/docs`: the OpenAPI document as one readable page, with no script and no request to anybody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, current_app, render_template_string

from ..identity.access import public
from .openapi import METHODS, Json, document

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }} API</title><link rel="stylesheet" href="/api/docs.css"></head>
<body>
<header><h1>{{ title }} API {{ version }}</h1><p>{{ about }}</p>
<p>The same for programs: <a href="/api/openapi.json">openapi.json</a>.</p></header>
<nav aria-label="Rooms"><ul>{% for name, _ in groups %}<li><a href="#{{ name }}">{{ name }}</a></li>{% endfor %}</ul></nav>
<main>
{% for name, entries in groups %}<section id="{{ name }}"><h2>{{ name }}</h2>
{% for entry in entries %}<details id="{{ entry.id }}"><summary><span class="method {{ entry.method }}">
{{- entry.method | upper }}</span> <code>{{ entry.path }}</code> <span>{{ entry.summary }}</span></summary>
{% if entry.description %}<p>{{ entry.description }}</p>{% endif %}<p class="access">{{ entry.access }}</p>
{% if entry.parameters %}<table><caption>Parameters</caption><thead><tr><th>Name</th><th>Where</th><th>Type</th>
<th>Meaning</th></tr></thead><tbody>{% for row in entry.parameters %}<tr>{% for cell in row %}<td>{{ cell }}</td>
{% endfor %}</tr>{% endfor %}</tbody></table>{% endif %}
{% if entry.fields %}<table><caption>Body</caption><thead><tr><th>Field</th><th></th><th>Type</th><th>Meaning</th></tr>
</thead><tbody>{% for row in entry.fields %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}
</tbody></table><pre>{{ entry.example }}</pre>{% endif %}
<table><caption>Answers</caption><thead><tr><th>Status</th><th>Meaning</th></tr></thead><tbody>
{% for row in entry.answers %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</tbody></table>
{% if entry.answer %}<pre>{{ entry.answer }}</pre>{% endif %}</details>
{% endfor %}</section>{% endfor %}
</main></body></html>
"""

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1rem; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; list-style: none; padding: 0; }
details { border: 1px solid var(--line); border-radius: 6px; margin: 0.4rem 0; padding: 0.3rem 0.8rem; }
summary { cursor: pointer; overflow-wrap: anywhere; }
summary:focus-visible, a:focus-visible { outline: 2px solid; outline-offset: 2px; }
.method { display: inline-block; min-width: 4rem; font-weight: 700; }
.access { font-style: italic; }
table { border-collapse: collapse; margin: 0.6rem 0; width: 100%; }
caption { text-align: left; font-weight: 700; }
th, td { text-align: left; vertical-align: top; padding: 0.15rem 0.8rem 0.15rem 0; border-top: 1px solid var(--line); }
pre { background: var(--soft); padding: 0.6rem; overflow: auto; border-radius: 6px; }
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation, ready to be shown."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    access: str
    parameters: list[tuple[str, ...]]
    fields: list[tuple[str, ...]]
    example: str
    answers: list[tuple[str, str]]
    answer: str


def install(app: Flask) -> None:
    @app.get("/api/docs")
    @public
    def api_docs() -> str:
        """The documentation page"""
        spec = document(current_app._get_current_object())  # type: ignore[attr-defined]
        info = spec["info"]
        return render_template_string(
            PAGE, title=info["title"], version=info["version"], about=info["description"], groups=list(groups(spec))
        )

    @app.get("/api/docs.css")
    @public
    def api_docs_style() -> Response:
        """The page's style"""
        return Response(STYLE, mimetype="text/css")


def groups(spec: Json) -> Iterator[tuple[str, list[Entry]]]:
    """The operations by tag, in the order of their paths."""
    by_tag: dict[str, list[Entry]] = {}
    for path, item in spec["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method]
                shared = item.get("parameters", [])
                entry = _entry(spec, path, method, operation, shared)
                by_tag.setdefault((operation.get("tags") or ["other"])[0], []).append(entry)
    yield from sorted(by_tag.items())


def _entry(spec: Json, path: str, method: str, operation: Json, shared: list[Json]) -> Entry:
    body: Json = next(iter(operation.get("requestBody", {}).get("content", {}).values()), {})
    good = next((status for status in operation["responses"] if status.startswith("2")), "")
    answer: Json = next(iter(operation["responses"].get(good, {}).get("content", {}).values()), {})
    return Entry(
        id=operation["operationId"],
        method=method,
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        access=_access(path, operation),
        parameters=[
            (item["name"], item["in"], _kind(item.get("schema", {}), spec), item.get("description", ""))
            for item in [*shared, *operation.get("parameters", [])]
        ],
        fields=_fields(body.get("schema", {}), spec),
        example=_pretty(body["example"]) if "example" in body else "",
        answers=[(status, _meaning(item, spec)) for status, item in operation["responses"].items()],
        answer=_pretty(answer["example"]) if "example" in answer else "",
    )


def _access(path: str, operation: Json) -> str:
    if "x-role" not in operation:
        return "A member's secret." if path.startswith("/api/agents/") else "Open to everybody."
    words = f"Role {operation['x-role']} and above"
    words += "; browser session only" if operation["x-session-only"] else f"; scope {operation['x-scope']}"
    return words + ("; needs a recent step-up." if operation["x-step-up"] else ".")


def _resolve(schema: Json, spec: Json) -> Json:
    if "$ref" not in schema:
        return schema
    found: Json = spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def _kind(schema: Json, spec: Json) -> str:
    schema = _resolve(schema, spec)
    kinds = schema.get("type", "object")
    words = [" or ".join(kinds) if isinstance(kinds, list) else str(kinds)]
    if schema.get("enum"):
        words.append("one of " + ", ".join(map(str, schema["enum"])))
    for key, word in (("minimum", "from"), ("maximum", "to"), ("minLength", "at least"), ("maxLength", "at most")):
        if key in schema:
            words.append(f"{word} {schema[key]}")
    return ", ".join(words)


def _fields(schema: Json, spec: Json) -> list[tuple[str, ...]]:
    schema = _resolve(schema, spec)
    required = schema.get("required", [])
    return [
        (name, "required" if name in required else "", _kind(part, spec), part.get("description", ""))
        for name, part in schema.get("properties", {}).items()
    ]


def _meaning(answer: Json, spec: Json) -> str:
    if "$ref" in answer:
        answer = spec["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    return str(answer.get("description", ""))


def _pretty(example: Any) -> str:
    return json.dumps(example, indent=2, ensure_ascii=False)
