"""The furnishing: three pools with members in every state, a failover, jobs, channels and people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..stage import until
from .facts import SimHost
from .plane import ZONE, Furnished

CITIES = {
    "fra": ("Frankfurt", 50.11, 8.68), "ams": ("Amsterdam", 52.37, 4.90), "lon": ("London", 51.51, -0.13),
    "par": ("Paris", 48.86, 2.35), "waw": ("Warsaw", 52.23, 21.01), "mad": ("Madrid", 40.42, -3.70),
    "sto": ("Stockholm", 59.33, 18.07), "nyc": ("New York", 40.71, -74.01), "sin": ("Singapore", 1.35, 103.82),
    "syd": ("Sydney", -33.87, 151.21),
}  # fmt: skip
Say = Callable[[str], None]


@dataclass
class Scene:
    """Ids by name, for whoever wants to open a page."""

    place: Furnished
    pools: dict[str, str] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)

    # --- building blocks, also for stories ----------------------------------------------------------------------

    def pool(self, name: str, template: str = "haproxy") -> str:
        self.pools[name] = str(self.place.api.post("/pools", {"name": name, "template": template})["id"])
        return self.pools[name]

    def member(
        self, pool: str, name: str, city: str = "", *, template: str = "haproxy_edge", **how: Any
    ) -> dict[str, Any]:
        """Create a member; the answer that holds its secret."""
        number = len(self.addresses) + 11
        address = f"45.90.{28 + number // 200}.{number % 200}"
        place = CITIES.get(city)
        order = {
            "hostname": f"{name}.{ZONE}" if "." not in name else name, "displayName": how.pop("displayName", name),
            "allowedIps": [address], "linuxFamily": "debian", "template": template, **how,
        } | ({"location": {"name": place[0], "latitude": place[1], "longitude": place[2]}} if place else {})  # fmt: skip
        made: dict[str, Any] = self.place.api.post(f"/pools/{self.pools[pool]}/members", order)
        self.members[name], self.addresses[name] = str(made["member"]["id"]), address
        return made

    def enrol(self, made: dict[str, Any], name: str, *, agent: dict[str, Any] | None = None, **facts: Any) -> SimHost:
        host = SimHost(made["member"]["hostname"], **facts)
        self.place.fleet.enrol(host, made, self.addresses[name], **(agent or {}))
        return host

    def await_beats(self, *names: str) -> None:
        for name in names:
            until(
                lambda name=name: self.place.api.get(f"/members/{self.members[name]}/enrollment")["status"],  # type: ignore[misc]
                good=lambda status: status == "connected",
                within_sec=30,
                what=f"the first heartbeat of {name}",
            )

    def make_active(self, pool: str, name: str) -> None:
        until(
            lambda: bool(
                self.place.api.post(f"/pools/{self.pools[pool]}/failover/cutover", {"memberId": self.members[name]})
            ),
            within_sec=40,
            what=f"an accepted cutover to {name}",
        )
        self.await_active(pool, name)

    def await_active(self, pool: str, name: str, within_sec: float = 60) -> None:
        until(
            lambda: self.place.api.get(f"/pools/{self.pools[pool]}/failover"),
            good=lambda seen: seen["activeMemberId"] == self.members[name] and not seen["switching"],
            within_sec=within_sec,
            what=f"{name} active in {pool}",
        )

    def await_ready(self, pool: str, *names: str) -> None:
        wanted = {self.members[name] for name in names}
        until(
            lambda: self.place.api.get(f"/pools/{self.pools[pool]}/failover")["decision"]["members"],
            good=lambda rows: wanted <= {row["memberId"] for row in rows if row["ready"]},
            within_sec=40,
            what=f"{names} ready to take over",
        )

    def small_pool(
        self, pool: str, credential: str, *, members: int = 2, recovery_sec: int = 30, auto: bool = False
    ) -> list[str]:
        """A healthy HAProxy pool with its name in DNS, the first member active and the others ready; their names."""
        self.pool(pool)
        names = [f"{pool}-{number}" for number in range(1, members + 1)]
        for name in names:
            self.enrol(self.member(pool, name, "fra"), name)
        self.await_beats(*names)
        self.place.publish(self.pools[pool], credential, pool)
        self.place.api.put(f"/pools/{self.pools[pool]}/failover", {"auto": auto, "recoverySec": recovery_sec})
        self.make_active(pool, names[0])
        self.await_ready(pool, *names[1:])
        return names

    def order_of(self, pool: str) -> tuple[str, str]:
        """The active member of a small pool, and the first of the others once it may take over."""
        active_id = self.place.api.get(f"/pools/{self.pools[pool]}")["activeMemberId"]
        names = [name for name, member in self.members.items() if name.startswith(f"{pool}-")]
        active = next(name for name in names if self.members[name] == active_id)
        standby = next(name for name in names if name != active)
        self.await_ready(pool, standby)
        return active, standby

    def order(self, name: str, command: str, **params: Any) -> str:
        job = self.place.api.post(f"/members/{self.members[name]}/jobs", {"command": command, "params": params})
        return str(job["id"])


def furnish(place: Furnished, say: Say = lambda _: None) -> Scene:
    """About a minute: a real failover takes its time."""
    scene = Scene(place)
    credential = place.connect_name_server()
    place.api.patch("/account", {"alertEmail": "ops@example.com"})
    channel = {
        "kind": "email",
        "name": "Operations",
        "config": {"recipients": ["ops@example.com", "night@example.com"]},
    }
    channel_id = place.api.post("/notification-channels", channel)["id"]
    place.api.post(f"/notification-channels/{channel_id}/test")
    say("Pools and members are made, their agents begin to beat …")
    edge(scene, credential)
    api_gateway(scene, credential)
    hosting(scene)
    scene.pool("staging")
    say("A member falls silent and a standby takes over …")
    fall_silent(scene)
    say("Jobs are ordered …")
    some_jobs(scene)
    return scene


def edge(scene: Scene, credential: str) -> None:
    scene.pool("production-edge")
    beats: dict[str, dict[str, Any]] = {
        "edge-fra-1": {"sessions": 214, "cpu_pct": 21.0},
        "edge-ams-1": {"sessions": 0, "cpu_pct": 6.0},
        "edge-lon-1": {"haproxy_active": False, "cpu_pct": 3.0, "pending_updates": 14},
        "edge-par-1": {"sessions": 96},
        "edge-waw-1": {"sessions": 0, "certificate_days": 9},
        "edge-sto-1": {"sessions": 0, "admin_socket": False, "pending_updates": 3, "reboot_required": True},
    }
    for name, facts in beats.items():
        version = {"agent": {"version": 90}} if name == "edge-sto-1" else {}
        scene.enrol(scene.member("production-edge", name, name.split("-")[1]), name, **version, **facts)
    scene.enrol(
        scene.member("production-edge", "edge-mad-1", "mad"), "edge-mad-1", agent={"says": "madrid.example.net"}
    )
    scene.await_beats(*beats)
    pool_id = scene.pools["production-edge"]
    scene.place.publish(pool_id, credential, "www")
    scene.place.api.put(f"/pools/{pool_id}/failover", {"auto": True, "recoverySec": 10})
    scene.place.api.patch(f"/members/{scene.members['edge-sto-1']}", {"maintenance": True})
    for number, name in enumerate(("edge-fra-1", "edge-ams-1", "edge-waw-1", "edge-lon-1"), start=1):
        scene.place.api.patch(f"/members/{scene.members[name]}", {"priority": number * 10})
    scene.make_active("production-edge", "edge-par-1")


def api_gateway(scene: Scene, credential: str) -> None:
    scene.pool("api-gateway")
    for name in ("api-nyc-1", "api-nyc-2"):
        scene.enrol(scene.member("api-gateway", name, "nyc"), name, sessions=61 if name.endswith("1") else 0)
    scene.await_beats("api-nyc-1", "api-nyc-2")
    scene.place.publish(scene.pools["api-gateway"], credential, "api")
    scene.place.api.put(f"/pools/{scene.pools['api-gateway']}/failover", {"auto": True, "recoverySec": 30})
    scene.make_active("api-gateway", "api-nyc-1")


def hosting(scene: Scene) -> None:
    scene.pool("web-hosting", "generic")
    rows = (
        ("web-sin-1", "sin", "cpanel", "rhel"), ("web-sin-2", "sin", "openlitespeed", "debian"),
        ("db-syd-1", "syd", "mariadb", "debian"), ("tools-syd-1", "syd", "generic_linux", "debian"),
    )  # fmt: skip
    for name, city, template, family in rows:
        stack = "" if template == "generic_linux" else template
        made = scene.member("web-hosting", name, city, template=template, linuxFamily=family)
        scene.enrol(
            made, name, haproxy=False, stack=stack, family=family, disk_share=0.93 if name == "db-syd-1" else 0.4
        )
    scene.await_beats(*(row[0] for row in rows))


def fall_silent(scene: Scene) -> None:
    place = scene.place
    scene.await_ready("production-edge", "edge-fra-1")
    place.fleet.of(f"edge-par-1.{ZONE}").silent = True
    until(
        lambda: place.api.get(f"/pools/{scene.pools['production-edge']}")["activeMemberId"],
        good=lambda active: active != scene.members["edge-par-1"],
        within_sec=150,  # the pool rests for a minute after a move before it moves by itself
        what="a standby promoted in production-edge",
    )
    place.api.put(f"/pools/{scene.pools['production-edge']}/failover", {"recoverySec": 30})
    place.fleet.of(f"edge-waw-1.{ZONE}").pause_sec = 26.0  # late most of the time, never down


def some_jobs(scene: Scene) -> None:
    fleet, jobs = scene.place.fleet, scene.jobs
    jobs["completed"] = scene.order("edge-fra-1", "haproxy.reload")
    jobs["failed"] = scene.order("edge-lon-1", "haproxy.provision", force=True)
    jobs["drain"] = scene.order("edge-fra-1", "haproxy.server_drain", backend="be_app", server="app-3")
    jobs["pending"] = scene.order("edge-par-1", "haproxy.reload")
    jobs["cancelled"] = scene.order("edge-mad-1", "haproxy.reload")
    scene.place.api.post(f"/jobs/{jobs['cancelled']}/cancel")
    fleet.of(f"edge-ams-1.{ZONE}").slow_job_sec = 250.0
    jobs["running"] = scene.order("edge-ams-1", "agent.update")
