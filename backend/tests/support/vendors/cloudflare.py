"""Stand-in for Cloudflare's DNS API: zones in memory, every request checked against the schema beside this file.

Verified against the reference: list iteration ends at an empty page, a success=false answer comes with status 200,
proxied records read back ttl 1, a batch runs deletes, patches, puts, posts in one transaction, every answer tells the
allowance, and a user that is over it is refused until the window ends.
"""

from __future__ import annotations

import copy
import ipaddress
import itertools
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from .misbehaving import Answer, MisbehavingServer, Request

SCHEMA = json.loads((Path(__file__).parent / "schema" / "cloudflare.json").read_text())
PREFIX = "/client/v4"
Published = Callable[[str, list[dict[str, Any]]], None]


class ApiError(Exception):
    def __init__(self, status: int, code: int, message: str, pointer: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.pointer = status, code, message, pointer


class FakeCloudflare(MisbehavingServer):
    """`records[zone id]` is the zone. `publish(zone name, records)` may hand every state on to a real name server."""

    def __init__(self, *, zone: str = "example.net", publish: Published | None = None, **more: Any) -> None:
        super().__init__(**more)
        self.token = "cf-token-0123456789abcdef0123456789abcdef"
        self.account_id = "a" * 32
        self.token_status, self.expires_on = "active", None
        self.account_owned = False
        self.can_write = True
        self.quota_lies = 0
        self.quota, self.window_sec = 1200, 300
        self.used = 0  # requests of this window; tests add what other programs of the same user made
        self.window_ends = time.monotonic() + self.window_sec
        self.zones: dict[str, str] = {}
        self.records: dict[str, list[dict[str, Any]]] = {}
        self._ids = itertools.count(1)
        self._publish = publish
        self.zone_id = self.add_zone(zone)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PREFIX}"

    # --- the hand of a stranger --------------------------------------------------------------------------------

    def add_zone(self, name: str) -> str:
        zone_id = self._new_id()
        self.zones[zone_id] = name
        self.records[zone_id] = []
        return zone_id

    def edit(self, name: str, kind: str, values: Sequence[str], *, ttl: int = 60, proxied: bool = False) -> None:
        with self._lock:
            held = self.records[self.zone_id]
            old = [r for r in held if (r["name"], r["type"]) == (name, kind)]
            for record in old:
                if record["content"] not in values:
                    held.remove(record)
            for value in values:
                if value not in [r["content"] for r in old]:
                    held.append(
                        self._made(
                            {"name": name, "type": kind, "content": value.rstrip("."), "ttl": ttl, "proxied": proxied}
                        )
                    )

    def look(self, name: str, kind: str) -> tuple[str, ...]:
        with self._lock:
            held = self.records[self.zone_id]
            return tuple(sorted(r["content"] for r in held if (r["name"], r["type"]) == (name, kind)))

    # --- HTTP --------------------------------------------------------------------------------------------------

    def is_write(self, request: Request) -> bool:
        return request.method != "GET"

    def without_effect(self, change: Callable[[], Answer]) -> Answer:
        kept = copy.deepcopy(self.records)
        answer = change()
        self.records = kept
        return answer

    def too_many(self) -> Answer:
        wait = self.mischief.retry_after_sec
        return _failure(429, 10429, "rate limited", headers={"Retry-After": str(wait)})

    def answer(self, request: Request) -> Answer:
        with self._lock:
            if time.monotonic() >= self.window_ends:
                self.used, self.window_ends = 0, time.monotonic() + self.window_sec
            self.used += 1
            ends_sec = max(1, round(self.window_ends - time.monotonic()))
            if self.used > self.quota:
                self.requests.append(request)
                told = _failure(429, 10429, "rate limited", headers={"Retry-After": str(ends_sec)})
            else:
                told = super().answer(request)
            left = max(0, self.quota - self.used)
            headers = {
                "Ratelimit": f'"default";r={left};t={ends_sec}',
                "Ratelimit-Policy": f'"burst";q={self.quota};w={self.window_sec}',
            }
            return replace(told, headers={**headers, **told.headers})

    def serve(self, request: Request) -> Answer:
        kept = copy.deepcopy(self.records)
        try:
            if self.quota_lies:
                self.quota_lies -= 1
                raise ApiError(200, 10000, "quota")
            answer = self._route(request)
        except ApiError as why:
            self.records = kept
            return _failure(why.status, why.code, why.message, why.pointer)
        self._watch(kept)
        return answer

    def _route(self, request: Request) -> Answer:
        self._authenticate(request)
        parts = request.path.removeprefix(PREFIX).strip("/").split("/")
        match (request.method, *parts):
            case ("GET", "user", "tokens", "verify"):
                if self.account_owned:
                    raise ApiError(401, 1000, "Invalid API Token")
                return self._token()
            case ("GET", "accounts", account, "tokens", "verify"):
                if not self.account_owned or account != self.account_id:
                    raise ApiError(401, 1000, "Invalid API Token")
                return self._token()
            case ("GET", "zones"):
                return self._list_zones(request)
            case (method, "zones", zone_id, "dns_records", *rest):
                if zone_id not in self.zones:
                    raise ApiError(404, 7003, "Could not route, perhaps your object identifier is invalid?")
                return self._records(method, zone_id, rest, request)
        raise ApiError(404, 7003, f"no route {request.method} {request.path}")

    def _authenticate(self, request: Request) -> None:
        said = request.headers.get("Authorization", "")
        if "X-Auth-Key" in request.headers:
            self.violations.append("sent an API key beside the token")
        if not said.startswith("Bearer "):
            raise ApiError(400, 6003, "Invalid request headers")
        if said != f"Bearer {self.token}":
            raise ApiError(403, 9109, "Invalid access token")

    def _token(self) -> Answer:
        return _success({"id": "b" * 32, "status": self.token_status, "expires_on": self.expires_on})

    def _list_zones(self, request: Request) -> Answer:
        self._check("list_zones", request.query)
        if request.query.get("account.id", self.account_id) != self.account_id:
            return _page([], request, 20)
        wanted = request.query.get("name")
        found = [
            {"id": zone_id, "name": name, "status": "active", "account": {"id": self.account_id, "name": "lab"},
             "name_servers": [], "type": "full", "paused": False}
            for zone_id, name in self.zones.items() if wanted in {None, name}
        ]  # fmt: skip
        return _page(found, request, 20)

    def _records(self, method: str, zone_id: str, rest: list[str], request: Request) -> Answer:
        held = self.records[zone_id]
        body = json.loads(request.body) if request.body else {}
        if method != "GET" and not self.can_write:
            raise ApiError(403, 10000, "Authentication error")
        match (method, *rest):
            case ("GET",):
                self._check("list_records", request.query)
                found = [r for r in held if _matches(r, request.query)]
                return _page(found, request, 100)
            case ("POST",):
                self._check("create", body)
                return _success(self._create(held, body))
            case ("POST", "batch"):
                self._check("batch", body)
                return _success(self._batch(held, body))
            case ("PUT", record_id):
                self._check("overwrite", body)
                return _success(self._change(held, record_id, body, whole=True))
            case ("PATCH", record_id):
                self._check("edit", body)
                return _success(self._change(held, record_id, body, whole=False))
            case ("DELETE", record_id):
                held.remove(self._find(held, record_id))
                return _success({"id": record_id})
        raise ApiError(405, 10405, "Method not allowed")

    def _batch(self, held: list[dict[str, Any]], body: dict[str, Any]) -> dict[str, Any]:
        for item in body.get("deletes", []):
            held.remove(self._find(held, item["id"]))
        patches = [self._change(held, item["id"], _without_id(item), whole=False) for item in body.get("patches", [])]
        puts = [self._change(held, item["id"], _without_id(item), whole=True) for item in body.get("puts", [])]
        posts = [self._create(held, item) for item in body.get("posts", [])]
        return {"deletes": body.get("deletes", []), "patches": patches, "puts": puts, "posts": posts}

    def _create(self, held: list[dict[str, Any]], body: dict[str, Any]) -> dict[str, Any]:
        record = self._made(body)
        self._admit(held, record)
        held.append(record)
        return record

    def _change(
        self, held: list[dict[str, Any]], record_id: str, body: dict[str, Any], *, whole: bool
    ) -> dict[str, Any]:
        record = self._find(held, record_id)
        others = [r for r in held if r is not record]
        kept = {"id": record_id, "created_on": record["created_on"]}
        if not whole and body.get("type", record["type"]) != record["type"]:
            raise ApiError(400, 1004, "a PATCH cannot change the type")
        changed = self._made({**({} if whole else record), **body}) | kept
        self._admit(others, changed)
        record.clear()
        record.update(changed)
        return record

    def _admit(self, others: list[dict[str, Any]], record: dict[str, Any]) -> None:
        here = [r for r in others if r["name"] == record["name"]]
        same = [r for r in here if (r["type"], r["content"]) == (record["type"], record["content"])]
        if same:
            raise ApiError(400, 81058, "An identical record already exists.")
        exclusive = {"A", "AAAA", "CNAME"}
        clash = [r for r in here if "CNAME" in {r["type"], record["type"]} and {r["type"], record["type"]} <= exclusive]
        if clash:
            raise ApiError(400, 81053, "An A, AAAA, or CNAME record with that host already exists.")

    def _made(self, body: dict[str, Any]) -> dict[str, Any]:
        kind, content = body["type"], body["content"]
        if kind in {"A", "AAAA"}:
            try:
                content = str(ipaddress.ip_address(content))
            except ValueError as why:
                raise ApiError(400, 9005, f"Content for {kind} record must be a valid address.") from why
            if (":" in content) != (kind == "AAAA"):
                raise ApiError(400, 9005, f"Content for {kind} record must be a valid address.")
        proxied = bool(body.get("proxied", False))
        return {
            "id": self._new_id(), "name": body["name"].lower(), "type": kind, "content": content,
            "ttl": 1 if proxied else body.get("ttl", 1), "proxied": proxied, "proxiable": True,
            "comment": body.get("comment"), "tags": [], "meta": {}, "settings": {},
            "created_on": "2026-01-01T00:00:00Z", "modified_on": "2026-01-01T00:00:00Z",
        }  # fmt: skip

    def _find(self, held: list[dict[str, Any]], record_id: str) -> dict[str, Any]:
        for record in held:
            if record["id"] == record_id:
                return record
        raise ApiError(404, 81044, "Record does not exist.")

    def _check(self, what: str, value: Any) -> None:
        wrong = [e.message for e in Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{what}"}).iter_errors(value)]
        if wrong:
            self.violations.append(f"{what}: {wrong[0]}")
            raise ApiError(400, 1004, f"DNS Validation Error: {wrong[0]}")

    def _watch(self, before: dict[str, list[dict[str, Any]]]) -> None:
        """What our writes must never do, looked at after each one."""
        for zone_id, records in self.records.items():
            had = {r["name"] for r in before.get(zone_id, []) if r["type"] in {"A", "AAAA"}}
            have = {r["name"] for r in records if r["type"] in {"A", "AAAA"}}
            self.violations += [f"{name} was left without an address" for name in had - have]
            if self._publish is not None and before.get(zone_id) != records:
                self._publish(self.zones[zone_id], records)

    def _new_id(self) -> str:
        return f"{next(self._ids):032x}"


def _without_id(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "id"}


def _matches(record: dict[str, Any], query: dict[str, str]) -> bool:
    wanted = query.get("name.exact") or query.get("name")
    return wanted in {None, record["name"]} and query.get("type") in {None, record["type"]}


def _success(result: Any, info: dict[str, Any] | None = None) -> Answer:
    body = {"success": True, "errors": [], "messages": [], "result": result}
    return Answer(200, json.dumps(body | ({"result_info": info} if info else {})).encode())


def _page(found: list[dict[str, Any]], request: Request, per_page_default: int) -> Answer:
    page, per_page = int(request.query.get("page", 1)), int(request.query.get("per_page", per_page_default))
    items = found[(page - 1) * per_page : page * per_page]
    info = {"page": page, "per_page": per_page, "count": len(items), "total_count": len(found)}
    return _success(items, info)


def _failure(status: int, code: int, message: str, pointer: str = "", headers: dict[str, str] | None = None) -> Answer:
    error: dict[str, Any] = {"code": code, "message": message}
    if pointer:
        error["source"] = {"pointer": pointer}
    body = {"success": False, "errors": [error], "messages": [], "result": None}
    return Answer(status, json.dumps(body).encode(), headers or {})
