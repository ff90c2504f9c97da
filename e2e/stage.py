"""The whole play of the main job: a lab, a name server, a mailbox, the control plane and one pool on three hosts."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx

from .control_plane import ROOT, Api, ControlPlane
from .lab.hosts import Host, HostSpec
from .lab.lab import Lab
from .local import PORT, LocalHost, LocalLab

sys.path[:0] = [p for p in (str(ROOT / "backend"), str(ROOT / "backend" / "tests")) if p not in sys.path]

from support.servers.bind import Bind  # noqa: E402
from support.servers.powerdns import PowerDns  # noqa: E402
from support.servers.smtp import Smtp  # noqa: E402

ZONE, LABEL = "example.net", "lb"
FQDN = f"{LABEL}.{ZONE}"
HOSTNAMES = ("edge-1", "edge-2", "edge-3")
COOLDOWN_SEC = 60
T = TypeVar("T")


class Late(AssertionError):
    """Something did not happen in time; the message says what was seen instead."""


def until(look: Callable[[], T], *, within_sec: float, what: str, good: Callable[[T], bool] = bool) -> T:
    """Poll until `good(look())`; the last thing seen goes into the failure."""
    end, seen = time.monotonic() + within_sec, None
    while True:
        try:
            seen = look()
            if good(seen):
                return seen
        except (AssertionError, RuntimeError, OSError, httpx.HTTPError) as why:
            seen = why  # type: ignore[assignment]
        if time.monotonic() > end:
            raise Late(f"not within {within_sec:g} s: {what}. Last seen: {seen!r}")
        time.sleep(0.1)


class Stage:
    """Use `Stage.open(…)`. Hosts are enrolled by the very command that the API hands out."""

    def __init__(self, lab: Any, folder: Path, dns: PowerDns | Bind, mail: Smtp, plane: ControlPlane) -> None:
        self.lab, self.folder, self.dns, self.mail, self.plane = lab, folder, dns, mail, plane
        self.api: Api = plane.api()
        self.local = isinstance(lab, LocalLab)
        self.service_port = PORT if self.local else 80
        self.pool_id = ""
        self.member_ids: dict[str, str] = {}

    @classmethod
    @contextmanager
    def open(
        cls,
        hosts: int | Sequence[HostSpec] = 3,
        *,
        local: bool = False,
        bind: bool = False,
        say: Callable[[str], None] = lambda _: None,
    ) -> Iterator[Stage]:
        """Everything up to a control plane that answers; no pool yet. `local`: processes in place of hosts; `bind`: BIND and
        RFC 2136 in place of PowerDNS.
        """
        specs = [HostSpec(hostname=name) for name in HOSTNAMES[:hosts]] if isinstance(hosts, int) else list(hosts)
        with ExitStack() as undo:
            folder = Path(tempfile.mkdtemp(prefix="serversctl-stage-", dir="/tmp"))
            undo.callback(shutil.rmtree, folder, ignore_errors=True)
            if local:
                say(f"{len(specs)} HAProxy processes start on loopback addresses …")
                lab: Any = undo.enter_context(LocalLab(folder, tuple(str(spec.hostname) for spec in specs)))
            else:
                say(f"{len(specs)} hosts boot, each with its own address, systemd and HAProxy …")
                lab = undo.enter_context(Lab(hosts=specs))
            say("A name server and a mailbox start …")
            server = Bind if bind else PowerDns
            dns = undo.enter_context(
                server.start(
                    folder / "dns",
                    address=lab.names.address,
                    port=None if local else 53,
                    zone=ZONE,
                    within=lab.names.inside,
                )
            )
            mail = undo.enter_context(Smtp.start(address=lab.control.address, within=lab.control.inside))
            say("The control plane starts with its embedded defaults …")
            plane = ControlPlane(
                folder / "data",
                address=lab.control.address,
                within=lab.control.inside,
                port=18443 if local else 8443,
                environ={
                    "SERVERSCTL_SMTP_URL": f"smtp://{mail.address}:{mail.port}?from=serversctl@{ZONE}",
                    # Its API speaks plain HTTP, which is refused unless the operator lists the network.
                    "SERVERSCTL_OUTBOUND_ALLOW": "127.0.0.0/8" if local else f"{lab.names.address}/32",
                },
            )
            undo.callback(plane.stop)
            plane.start()
            stage = cls(lab, folder, dns, mail, plane)
            undo.callback(stage.api.close)
            yield stage

    # --- building the pool --------------------------------------------------------------------------------------

    def host(self, hostname: str) -> Host:
        return self.lab.host(hostname)

    def create_pool(self, name: str = "production-edge", template: str = "haproxy") -> str:
        self.pool_id = str(self.api.post("/pools", {"name": name, "template": template})["id"])
        return self.pool_id

    def add_member(self, host: Host, **fields: Any) -> dict[str, Any]:
        """Create the member; the answer holds `member` and, this once, `enrollment`."""
        order = {
            "hostname": host.hostname,
            "allowedIps": ["127.0.0.1"] if self.local else [host.address],
            **({"publicIps": [host.address]} if self.local else {}),
            "linuxFamily": "debian",
            "template": "haproxy_edge",
            **fields,
        }
        made: dict[str, Any] = self.api.post(f"/pools/{self.pool_id}/members", order)
        self.member_ids[host.hostname] = str(made["member"]["id"])
        return made

    def enrol(self, host: Host, made: dict[str, Any], *, timeout_sec: float = 120) -> str:
        """Paste the one-shot command into the host's root shell."""
        if isinstance(host, LocalHost):
            host.enrol(made["enrollment"]["secret"], self.plane.url, self.plane.ca_file)
            return ""
        return host.exec("bash", "-c", made["enrollment"]["installCommand"], timeout_sec=timeout_sec).stdout

    def await_beats(self, *hostnames: str, within_sec: float = 20) -> None:
        for hostname in hostnames:
            until(
                lambda name=hostname: self.enrolment(name),
                good=lambda seen: seen["status"] == "connected",
                within_sec=within_sec,
                what=f"the first heartbeat of {hostname}",
            )

    def enrolment(self, hostname: str) -> dict[str, Any]:
        found: dict[str, Any] = self.api.get(f"/members/{self.member_ids[hostname]}/enrollment")
        return found

    def connect_dns(self, *, ttl: int = 60, label: str = LABEL) -> None:
        place = self._credential() | ({} if label == LABEL else {"name": f"lab name server for {label}"})
        credential = self.api.post("/provider-credentials", place)
        self.api.put(
            f"/pools/{self.pool_id}/dns",
            {
                "credentialId": credential["id"],
                "zone": ZONE,
                "label": label,
                "ttl": ttl,
                "proxied": False,
                "dynamicSync": False,
                "internal": self.local,
            },
        )

    def _credential(self) -> dict[str, Any]:
        # The zone is delegated from nowhere, so its server is named for the final look.
        place = {"name": "lab name server", "dnsServer": self.dns.address, "dnsPort": self.dns.port}
        if isinstance(self.dns, PowerDns):
            return {**place, "kind": "powerdns", "apiUrl": self.dns.url, "apiKey": self.dns.api_key}
        return {
            "kind": "rfc2136",
            "name": "lab name server",
            "server": self.dns.address,
            "port": self.dns.port,
            "zone": ZONE,
            "tsigName": self.dns.tsig_name,
            "tsigSecret": self.dns.tsig_secret,
            "tsigAlgorithm": self.dns.tsig_algorithm,
        }

    def set_failover(self, *, recovery_sec: int = 10, probe: bool = True, **more: Any) -> None:
        wanted: dict[str, Any] = {"auto": True, "recoverySec": recovery_sec, **more}
        if probe:
            wanted["probe"] = {"kind": "http", "port": self.service_port, "path": "/whoami"}
        self.api.put(f"/pools/{self.pool_id}/failover", wanted)

    def build(self, *, recovery_sec: int = 10, probe: bool = True, say: Callable[[str], None] = lambda _: None) -> None:
        """The usual pool: every host enrolled, the first one active, automatic failover on."""
        self.create_pool()
        for host in self.lab.hosts:
            say(f"{host.hostname} is enrolled by the one-shot command …")
            self.enrol(host, self.add_member(host))
        self.await_beats(*[host.hostname for host in self.lab.hosts])
        self.connect_dns()
        self.set_failover(recovery_sec=recovery_sec, probe=probe)
        first = self.lab.hosts[0]
        say(f"{first.hostname} becomes the active member …")
        self.make_active(first.hostname)
        self.await_ready(*[host.hostname for host in self.lab.hosts[1:]])

    def make_active(self, hostname: str, *, within_sec: float = 30) -> None:
        member = self.member_ids[hostname]
        until(
            lambda: self.api.post(f"/pools/{self.pool_id}/failover/cutover", {"memberId": member}) or True,
            within_sec=within_sec,
            what=f"an accepted cutover to {hostname}",
        )
        self.await_name(self.host(hostname).address, within_sec=within_sec)

    def rest(self) -> None:
        """Wait out the minute in which automation does not move the pool again."""
        moved = self.failover()["lastFailoverAt"]
        if moved:
            time.sleep(max(0.0, datetime.fromisoformat(moved).timestamp() + COOLDOWN_SEC + 1 - time.time()))

    # --- looking ------------------------------------------------------------------------------------------------

    def dig(self) -> tuple[str, ...]:
        """What the authoritative server answers for the pool's name."""
        return self.dns.dig(FQDN)

    def await_name(self, address: str, *, within_sec: float) -> float:
        """Seconds until the name server answers with this address."""
        begin = time.monotonic()
        until(self.dig, good=lambda seen: seen == (address,), within_sec=within_sec, what=f"{FQDN} at {address}")
        return time.monotonic() - begin

    def await_name_at_standby(self, *, not_address: str, within_sec: float) -> tuple[str, float]:
        begin = time.monotonic()
        seen = until(
            self.dig,
            good=lambda a: bool(a) and a != (not_address,),
            within_sec=within_sec,
            what=f"{FQDN} off {not_address}",
        )
        return seen[0], time.monotonic() - begin

    def page(self) -> str:
        """The page that a client gets that follows the name, asked afresh."""
        import urllib.request

        address = self.dig()[0]
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with self.lab.world.inside(), opener.open(f"http://{address}:{self.service_port}/whoami", timeout=2) as answer:
            return str(answer.read().decode().strip())

    def await_mail(self, *words: str, within_sec: float, count: int = 1) -> list[str]:
        """The subjects of the mails that hold all these words, as soon as there are `count`; others may come between."""
        return until(
            lambda: [
                m.subject for m in self.mail.mails if all(w.lower() in f"{m.subject} {m.text}".lower() for w in words)
            ],
            good=lambda found: len(found) >= count,
            within_sec=within_sec,
            what=f"{count} mail(s) with {words}",
        )

    def failover(self) -> dict[str, Any]:
        found: dict[str, Any] = self.api.get(f"/pools/{self.pool_id}/failover")
        return found

    def decision(self) -> dict[str, Any]:
        """What would be done now, with each member's readiness."""
        found: dict[str, Any] = self.failover()["decision"]
        return found

    def hold(self) -> dict[str, Any] | None:
        """The hold that stands now, if any."""
        return next(iter(self.failover()["holds"]), None)

    def events(self) -> list[dict[str, Any]]:
        return self.api.items(f"/pools/{self.pool_id}/failover/events")

    def active(self) -> str:
        """Hostname of the active member."""
        wanted = self.api.get(f"/pools/{self.pool_id}")["activeMemberId"]
        return next((name for name, member in self.member_ids.items() if member == wanted), "")

    def await_ready(self, *hostnames: str, within_sec: float = 40) -> None:
        """Wait until these standbys may take over; the reasons they may not go into the failure."""
        wanted = {self.member_ids[name] for name in hostnames}

        def not_ready() -> list[Any]:
            standings = self.decision()["members"]
            return [
                (m["name"], [gate["reason"] for gate in m["gates"] if gate["blocking"] and not gate["passed"]])
                for m in standings
                if m["memberId"] in wanted and not m["ready"]
            ]

        until(not_ready, good=lambda left: not left, within_sec=within_sec, what=f"{hostnames} ready to take over")
