"""PowerDNS Authoritative through its HTTP API (doc.powerdns.com, "HTTP API"): one PATCH replaces whole record sets.

Asked for one name, the server does not show its disabled records, so a set that we replace loses those. Asking for
the whole zone would show them, and would break down on large zones in the middle of a cutover.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import httpx

from ...kernel.outbound import OutboundRefused, parse_url
from ..ports import (
    TEXT,
    WATCHED,
    CredentialReport,
    Fence,
    Limits,
    Plan,
    ProviderError,
    ProviderUnavailable,
    Record,
    Refused,
    Tools,
    Zone,
    canonical,
    check_host,
    check_port,
    check_token,
    option,
    plain_text,
    provider,
    quoted_text,
)
from ..wire import failure, refusal


def _api_url(value: str) -> str:
    try:
        url = parse_url(value)
    except OutboundRefused as why:
        raise ValueError(why.detail) from why
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo or url.query or url.fragment:
        raise ValueError("Use the API's base address, for example https://ns1.example.com:8081.")
    return value.rstrip("/").removesuffix("/api/v1")


def _server_id(value: str) -> str:
    if not value.replace("-", "a").replace("_", "a").replace(".", "a").isalnum() or len(value) > 64:
        raise ValueError("Use letters, digits, dots, hyphens and underscores; usually it is localhost.")
    return value


@dataclass(frozen=True, slots=True)
class Config:
    api_url: str = option("API address", "Base address of the PowerDNS API, without /api/v1", check=_api_url)
    api_key: str = option("API key", "The value of api-key in pdns.conf", secret=True, check=check_token)
    server_id: str = option("Server id", "Almost always localhost", default="localhost", check=_server_id)
    dns_server: str = option(
        "DNS server", "Where answers are verified; empty: the zone's NS records", default="", check=check_host
    )
    dns_port: int = option("DNS port", "Port of that DNS server", default=53, check=check_port)


@provider
class PowerDns:
    kind: ClassVar[str] = "powerdns"
    title: ClassVar[str] = "PowerDNS"
    config_class: ClassVar[type[Any]] = Config
    limits: ClassVar[Limits] = Limits(ttl_min=1, ttl_max=86400)

    def __init__(self, config: Config, tools: Tools) -> None:
        self._config = config
        self._meter = tools.meter
        self._http = tools.outbound.client(timeout_sec=tools.timeout_sec)

    def zones(self, name: str | None = None) -> list[Zone]:
        found = self._call("GET", "/zones", params={"zone": name + "."} if name else None)
        if not isinstance(found, list):
            raise ProviderUnavailable("PowerDNS did not answer with a list of zones. Check the API address.")
        zones = [Zone(str(z["name"]).rstrip(".").lower(), str(z["id"])) for z in found if isinstance(z, dict)]
        return [zone for zone in zones if name is None or zone.name == name]

    def read(self, zone: Zone, name: str) -> tuple[Record, ...]:
        body = self._call("GET", f"/zones/{zone.ref}", params={"rrset_name": name + "."})
        if not isinstance(body, dict) or not isinstance(body.get("rrsets"), list):
            raise ProviderUnavailable("PowerDNS answered a zone without record sets. Check the API address.")
        records = []
        for rrset in body["rrsets"]:
            # Servers before 4.6 do not know rrset_name and send the whole zone.
            if str(rrset.get("name", "")).rstrip(".").lower() != name or rrset.get("type") not in WATCHED:
                continue
            kind = rrset["type"]
            for entry in rrset["records"]:
                if not entry.get("disabled"):
                    content = canonical(kind, entry["content"])
                    records.append(Record(f"{kind}/{content}", kind, content, int(rrset["ttl"])))
        return tuple(records)

    def apply(self, zone: Zone, name: str, plan: Plan, fence: Fence) -> None:
        touched = {side.type for change in plan.changes for side in (change.before, change.after) if side}
        rrsets = [self._rrset(name, kind, [r for r in plan.after if r.type == kind]) for kind in sorted(touched)]
        # A name with a CNAME takes nothing else, so removals stand first; the PATCH as a whole is one transaction.
        rrsets.sort(key=lambda rrset: rrset["changetype"] != "DELETE")
        fence()
        self._call("PATCH", f"/zones/{zone.ref}", json={"rrsets": rrsets}, write=True)

    def _rrset(self, name: str, kind: str, records: Sequence[Record]) -> dict[str, Any]:
        if not records:
            return {"name": name + ".", "type": kind, "changetype": "DELETE"}
        entries = [{"content": r.content + ("." if kind == "CNAME" else ""), "disabled": False} for r in records]
        ttl = min(record.ttl for record in records)
        return {"name": name + ".", "type": kind, "ttl": ttl, "changetype": "REPLACE", "records": entries}

    def texts(self, zone: Zone, name: str) -> tuple[str, ...]:
        return tuple(plain_text(content) for content in self._texts(zone, name)[1])

    def add_text(self, zone: Zone, name: str, value: str, ttl: int, fence: Fence) -> None:
        content = quoted_text(value)
        known_ttl, held = self._texts(zone, name)
        if value not in map(plain_text, held):
            fence()
            self._set_texts(zone, name, [*held, content], known_ttl or max(ttl, self.limits.ttl_min))

    def remove_text(self, zone: Zone, name: str, value: str, fence: Fence) -> None:
        ttl, held = self._texts(zone, name)
        left = [content for content in held if plain_text(content) != value]
        if left != held:
            fence()
            self._set_texts(zone, name, left, ttl)

    def _texts(self, zone: Zone, name: str) -> tuple[int, list[str]]:
        """TTL and contents, as they are written: what is not ours goes back exactly so."""
        body = self._call("GET", f"/zones/{zone.ref}", params={"rrset_name": name + ".", "rrset_type": TEXT})
        if not isinstance(body, dict) or not isinstance(body.get("rrsets"), list):
            raise ProviderUnavailable("PowerDNS answered a zone without record sets. Check the API address.")
        for rrset in body["rrsets"]:
            if str(rrset.get("name", "")).rstrip(".").lower() == name and rrset.get("type") == TEXT:
                return int(rrset["ttl"]), [r["content"] for r in rrset["records"] if not r.get("disabled")]
        return 0, []

    def _set_texts(self, zone: Zone, name: str, contents: Sequence[str], ttl: int) -> None:
        """The API replaces whole sets only, so two writers at one moment can lose a value: read back, add again."""
        change: dict[str, Any] = {"name": name + ".", "type": TEXT, "changetype": "DELETE"}
        if contents:
            entries = [{"content": content, "disabled": False} for content in contents]
            change |= {"changetype": "REPLACE", "ttl": ttl, "records": entries}
        self._call("PATCH", f"/zones/{zone.ref}", json={"rrsets": [change]}, write=True)

    def check(self) -> CredentialReport:
        try:
            zones = self.zones()
        except ProviderError as why:
            return CredentialReport(
                False, why.detail, "Check the API address, api-key and webserver-allow-from in pdns.conf."
            )
        names = tuple(zone.name for zone in zones)
        if not names:
            return CredentialReport(False, "The server has no zone.", "Create the zone in PowerDNS first.")
        return CredentialReport(True, f"The key opens {len(names)} zones.", zones=names, permissions=("zones:write",))

    def authorities(self, zone: Zone) -> Sequence[tuple[str, int]] | None:  # noqa: ARG002
        return [(self._config.dns_server, self._config.dns_port)] if self._config.dns_server else None

    def close(self) -> None:
        self._http.close()

    def _call(self, method: str, path: str, *, write: bool = False, **options: Any) -> Any:
        self._meter()
        url = f"{self._config.api_url}/api/v1/servers/{self._config.server_id}{path}"
        try:
            answer = self._http.request(method, url, headers={"X-API-Key": self._config.api_key}, **options)
        except Exception as why:
            raise failure("PowerDNS", why, write=write) from why
        if answer.status_code == 404:
            raise Refused("PowerDNS does not know this zone or server id. Check the zone's spelling.")
        if answer.status_code >= 400:
            raise refusal("PowerDNS", answer.status_code, answer.text, answer.headers.get("Retry-After"), write=write)
        return self._json(answer)

    def _json(self, answer: httpx.Response) -> Any:
        if answer.status_code == 204 or not answer.content:
            return None
        try:
            return answer.json()
        except ValueError as why:
            raise ProviderUnavailable("PowerDNS answered something else than JSON. Check the API address.") from why
