"""A control plane with a name server, a mailbox and a fleet of simulated agents, on one loopback address."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..control_plane import Api, ControlPlane
from ..stage import PowerDns, Smtp
from .agents import Fleet

ADDRESS, ZONE = "127.0.0.1", "example.net"


@dataclass
class Furnished:
    """What a story or the showcase works with. `fleet` reaches the plane as hosts behind a trusted proxy would."""

    plane: ControlPlane
    api: Api
    fleet: Fleet
    dns: PowerDns
    mail: Smtp
    folder: Path

    @property
    def url(self) -> str:
        return self.plane.url

    def connect_name_server(self, name: str = "Edge name server") -> str:
        """The provider key's id. The zone is delegated from nowhere, so its server is named for the final look."""
        order = {
            "kind": "powerdns", "name": name, "apiUrl": self.dns.url, "apiKey": self.dns.api_key,
            "dnsServer": self.dns.address, "dnsPort": self.dns.port,
        }  # fmt: skip
        return str(self.api.post("/provider-credentials", order)["id"])

    def publish(self, pool_id: str, credential_id: str, label: str) -> None:
        self.api.put(
            f"/pools/{pool_id}/dns",
            {
                "credentialId": credential_id, "zone": ZONE, "label": label, "ttl": 60, "proxied": False,
                "dynamicSync": False, "internal": False,
            },
        )  # fmt: skip


@contextmanager
def furnished(port: int | None = None, *, folder: Path | None = None, **environ: Any) -> Iterator[Furnished]:
    """Everything started and nothing in it but the owner. All of it is gone after the block. E2E_WEB_DIST names a dashboard
    that was built elsewhere.
    """
    from support.servers.ports import free_port  # found by the paths that `stage` sets

    with ExitStack() as undo:
        if folder is None:
            folder = Path(tempfile.mkdtemp(prefix="serversctl-showcase-", dir="/tmp"))
            undo.callback(shutil.rmtree, folder, ignore_errors=True)
        dns = undo.enter_context(PowerDns.start(folder / "dns", zone=ZONE))
        mail = undo.enter_context(Smtp.start())
        settings = {
            "SERVERSCTL_SMTP_URL": f"smtp://{mail.address}:{mail.port}?from=serversctl@{ZONE}",
            "SERVERSCTL_OUTBOUND_ALLOW": "127.0.0.0/8",  # the name server's API speaks plain HTTP on loopback
            "SERVERSCTL_CLIENT_IP_HEADER": "X-Forwarded-For",  # simulated hosts have public addresses this way
            "SERVERSCTL_TRUSTED_PROXIES": "127.0.0.1/32",
        }
        if built := os.environ.get("E2E_WEB_DIST"):
            settings["SERVERSCTL_WEB_DIST"] = built
        plane = ControlPlane(
            folder / "data", address=ADDRESS, port=port or free_port(ADDRESS), environ=settings | environ
        )
        undo.callback(plane.stop)
        plane.start()
        api = plane.api()
        undo.callback(api.close)
        fleet = undo.enter_context(Fleet(plane.url, plane.ca_file))
        yield Furnished(plane, api, fleet, dns, mail, folder)
