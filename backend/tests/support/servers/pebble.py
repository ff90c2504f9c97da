"""Pebble, the test authority of Let's Encrypt (RFC 8555), with real DNS validation through a name server of ours.

It forgets everything when it restarts, and its root changes with it.
"""

from __future__ import annotations

import json
import ssl
import urllib.request
from pathlib import Path
from typing import Self

import trustme

from .ports import accepts, free_port
from .process import HERE, ChildServer, Within, program


class Pebble(ChildServer):
    """`nonce_reject` is the share of good nonces that it refuses, in percent."""

    title = "Pebble"
    port: int
    management_port: int
    dns_server: str
    nonce_reject: int
    bindings: dict[str, str]
    ca_file: Path
    address: str

    @classmethod
    def start(
        cls,
        directory: Path | None = None,
        *,
        dns_server: str,
        nonce_reject: int = 5,
        bindings: dict[str, str] | None = None,
        address: str = "127.0.0.1",
        within: Within = HERE,
    ) -> Self:
        binary = program("pebble", package="pebble")
        server = cls(directory, within=within)
        with within():
            server.port, server.management_port = free_port(address), free_port(address)
        server.address, server.dns_server, server.nonce_reject = address, dns_server, nonce_reject
        server.bindings = bindings or {}
        server._binary = binary
        server._write_files()
        server.restart()
        return server

    _binary: str

    @property
    def directory_url(self) -> str:
        return f"https://{self.address}:{self.port}/dir"

    def restart(self) -> None:
        """Start (again), with an empty memory."""
        if self.running():
            self.kill()
        told = ["PEBBLE_VA_NOSLEEP=1", f"PEBBLE_WFE_NONCEREJECT={self.nonce_reject}", "PEBBLE_AUTHZREUSE=0"]
        config = str(self.directory / "pebble.json")
        self.launch(
            ["env", *told, self._binary, "-config", config, "-dnsserver", self.dns_server],
            answers=lambda: accepts(self.address, self.port) and accepts(self.address, self.management_port),
        )

    def root_pem(self) -> str:
        """The root of this run: what a TLS client has to trust."""
        context = ssl.create_default_context(cafile=str(self.ca_file))
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        with self.within(), opener.open(f"https://{self.address}:{self.management_port}/roots/0", timeout=5) as answer:
            text: str = answer.read().decode()
        return text

    def _write_files(self) -> None:
        authority = trustme.CA()
        leaf = authority.issue_cert(self.address, "localhost")
        self.ca_file = self.directory / "https-ca.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))
        leaf.private_key_pem.write_to_path(str(self.directory / "key.pem"))
        chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
        (self.directory / "cert.pem").write_bytes(chain)
        settings: dict[str, object] = {
            "listenAddress": f"{self.address}:{self.port}",
            "managementListenAddress": f"{self.address}:{self.management_port}",
            "certificate": str(self.directory / "cert.pem"),
            "privateKey": str(self.directory / "key.pem"),
            "httpPort": 5002,
            "tlsPort": 5001,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": bool(self.bindings),
            "externalAccountMACKeys": self.bindings,
        }
        (self.directory / "pebble.json").write_text(json.dumps({"pebble": settings}))
