"""PowerDNS authoritative server with its HTTP API, on an SQLite file."""

from __future__ import annotations

import json
import secrets
import sqlite3
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from . import lookup
from .ports import accepts, free_port
from .process import HERE, ChildServer, MissingPackage, Within, program

PACKAGES = "pdns-server pdns-backend-sqlite3"
SCHEMA = Path("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql")

CONFIG = """
launch=gsqlite3
gsqlite3-database={database}
gsqlite3-pragma-synchronous=0
local-address={address}
local-port={port}
socket-dir={directory}
webserver=yes
webserver-address={address}
webserver-port={api_port}
webserver-allow-from=0.0.0.0/0,::/0
webserver-loglevel=none
api=yes
api-key={api_key}
cache-ttl=0
negquery-cache-ttl=0
query-cache-ttl=0
zone-cache-refresh-interval=0
receiver-threads=1
distributor-threads=1
retrieval-threads=1
daemon=no
guardian=no
write-pid=no
version-string=anonymous
security-poll-suffix=
"""
# The last line: no question to PowerDNS's makers at start; it would leave the machine, and waits 2 s without a network.


class PowerDns(ChildServer):
    """A real PowerDNS. Its caches are off: what the API wrote is served by the next query."""

    title = "PowerDNS"

    @classmethod
    def start(
        cls,
        directory: Path | None = None,
        *,
        address: str = "127.0.0.1",
        port: int | None = None,
        api_port: int | None = None,
        api_key: str | None = None,
        zone: str | None = None,
        within: Within = HERE,
    ) -> Self:
        if not SCHEMA.exists():
            raise MissingPackage(f"PowerDNS has no SQLite backend here. Install it: apt-get install -y {PACKAGES}")
        binary = program("pdns_server", package=PACKAGES)
        server = cls(directory, within=within)
        with within():
            server.port = port or free_port(address)
            server.api_port = api_port or free_port(address)
        server.address, server.api_key = address, api_key or secrets.token_hex(16)
        server._write_files()
        server._binary = binary
        server.restart()
        if zone:
            server.create_zone(zone)
        return server

    address: str
    port: int
    api_port: int
    api_key: str
    server_id = "localhost"
    _binary: str

    @property
    def url(self) -> str:
        """Base of the HTTP API, without /api/v1: what a `powerdns` credential calls apiUrl."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"http://{host}:{self.api_port}"

    @property
    def api_url(self) -> str:
        return self.url

    def restart(self) -> None:
        """Start (again), with the zones that the database file holds."""
        if self.running():
            self.kill()
        self.launch(
            [self._binary, f"--config-dir={self.directory}"],
            answers=lambda: accepts(self.address, self.api_port) and lookup.serves(self.address, self.port),
        )

    def create_zone(
        self, zone: str, records: Mapping[tuple[str, str], Sequence[str]] | None = None, *, ttl: int = 30
    ) -> None:
        """Add a zone; `records` maps (full name, type) to values."""
        zone = _dotted(zone)
        self.api(
            "POST",
            "/zones",
            {"name": zone, "kind": "Native", "nameservers": [f"ns1.{zone}"], "soa_edit_api": "INCREASE"},
        )
        self.set(zone, f"ns1.{zone}", "A" if ":" not in self.address else "AAAA", [self.address], ttl=ttl)
        for (name, kind), values in (records or {}).items():
            self.set(zone, name, kind, values, ttl=ttl)

    def set(self, zone: str, name: str, kind: str, values: Sequence[str], *, ttl: int = 30) -> None:
        """Replace one record set by hand, as another operator would; no values deletes it."""
        change: dict[str, Any] = {"name": _dotted(name), "type": kind, "changetype": "REPLACE", "ttl": ttl}
        change["records"] = [{"content": value, "disabled": False} for value in values]
        self.api("PATCH", f"/zones/{_dotted(zone)}", {"rrsets": [change]})

    def api(self, method: str, path: str, body: object | None = None) -> Any:
        """One call below /api/v1/servers/localhost. Raises urllib.error.HTTPError on a refusal."""
        request = urllib.request.Request(
            f"{self.url}/api/v1/servers/{self.server_id}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-API-Key": self.api_key, "Content-Type": "application/json"},
        )
        # No proxy from the environment: the server is on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with self.within(), opener.open(request, timeout=5) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def dig(self, name: str, kind: str = "A") -> tuple[str, ...]:
        with self.within():
            return lookup.dig(self.address, self.port, name, kind)

    def ttl(self, name: str, kind: str = "A") -> int | None:
        with self.within():
            return lookup.ttl_of(self.address, self.port, name, kind)

    def _write_files(self) -> None:
        database = self.directory / "pdns.sqlite3"
        if not database.exists():
            with sqlite3.connect(database) as filled:
                filled.executescript(SCHEMA.read_text())
            filled.close()
        text = CONFIG.format(
            database=database,
            address=self.address,
            port=self.port,
            directory=self.directory,
            api_port=self.api_port,
            api_key=self.api_key,
        )
        (self.directory / "pdns.conf").write_text(text)


def _dotted(name: str) -> str:
    return name if name.endswith(".") else name + "."
