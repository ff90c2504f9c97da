"""BIND as an authoritative server that takes dynamic updates (RFC 2136) signed with a TSIG key (RFC 8945)."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path
from typing import Self

from . import lookup
from .ports import free_port
from .process import HERE, ChildServer, Within, program

CONFIG = """
options {{
    directory "{directory}";
    pid-file none;
    session-keyfile none;
    listen-on port {port} {{ {v4} }};
    listen-on-v6 port {port} {{ {v6} }};
    recursion no;
    dnssec-validation no;
    empty-zones-enable no;
    notify no;
    allow-transfer {{ key "{key}"; }};
}};
controls {{ }};
key "{key}" {{ algorithm {algorithm}; secret "{secret}"; }};
"""

ZONE_STATEMENT = """
zone "{zone}" {{
    type primary;
    file "{file}";
    update-policy {{ grant {key} zonesub ANY; }};
}};
"""

ZONE_FILE = """$TTL 30
@ IN SOA ns1.{zone}. hostmaster.{zone}. ( 1 3600 600 86400 30 )
@ IN NS ns1.{zone}.
ns1 IN {kind} {address}
"""


class Bind(ChildServer):
    """A real BIND with one key that may change every name of its zones; unsigned updates are REFUSED."""

    title = "BIND"
    address: str
    port: int
    tsig_name: str
    tsig_secret: str
    tsig_algorithm: str
    _binary: str

    @classmethod
    def start(
        cls,
        directory: Path | None = None,
        *,
        address: str = "127.0.0.1",
        port: int | None = None,
        zone: str = "example.net",
        more_zones: tuple[str, ...] = (),
        tsig_algorithm: str = "hmac-sha256",
        within: Within = HERE,
    ) -> Self:
        binary = program("named", package="bind9")
        server = cls(directory, within=within)
        server.address, server._binary = address, binary
        with within():
            server.port = port or free_port(address)
        server.tsig_name, server.tsig_algorithm = "serversctl", tsig_algorithm
        server.tsig_secret = base64.b64encode(secrets.token_bytes(32)).decode()
        server._write_files([zone, *more_zones])
        server.restart()
        return server

    @property
    def url(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"dns://{host}:{self.port}"

    def restart(self) -> None:
        """Start (again); zones keep their records in their journal files."""
        if self.running():
            self.kill()
        # -n 1: one worker is plenty, and the default is one per processor.
        self.launch(
            [self._binary, "-g", "-n", "1", "-c", str(self.directory / "named.conf")],
            answers=lambda: lookup.serves(self.address, self.port),
        )

    def dig(self, name: str, kind: str = "A") -> tuple[str, ...]:
        with self.within():
            return lookup.dig(self.address, self.port, name, kind)

    def ttl(self, name: str, kind: str = "A") -> int | None:
        with self.within():
            return lookup.ttl_of(self.address, self.port, name, kind)

    def _write_files(self, zones: list[str]) -> None:
        v6 = ":" in self.address
        parts = [
            CONFIG.format(
                directory=self.directory,
                port=self.port,
                v4="none;" if v6 else f"{self.address};",
                v6=f"{self.address};" if v6 else "none;",
                key=self.tsig_name,
                algorithm=self.tsig_algorithm,
                secret=self.tsig_secret,
            )
        ]
        for zone in (name.rstrip(".") for name in zones):
            path = self.directory / f"{zone}.zone"
            path.write_text(ZONE_FILE.format(zone=zone, kind="AAAA" if v6 else "A", address=self.address))
            parts.append(ZONE_STATEMENT.format(zone=zone, file=path, key=self.tsig_name))
        (self.directory / "named.conf").write_text("".join(parts))
