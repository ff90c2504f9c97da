"""Every address of the dashboard, with the ids of the furnished installation put in."""

from __future__ import annotations

from e2e.showcase.scene import Scene

BEFORE_SIGN_IN = ("/login", "/register", "/reset")
ACROSS = (
    "/fleet", "/pools", "/pools?new=true", "/members", "/jobs", "/jobs/{running}", "/jobs/{failed}", "/alerts", "/dns",
    "/audit", "/docs", "/settings/api-providers", "/settings/channels", "/settings/tokens", "/settings/account",
    "/settings/team", "/settings/plan",
)  # fmt: skip
OF_A_POOL = (
    "/pools/{pool}", "/pools/{pool}?add=true", "/pools/{pool}?cut=next", "/pools/{pool}/members", "/pools/{pool}/managed-dns",
    "/pools/{pool}/monitoring", "/pools/{pool}/settings", "/pools/{pool}/events", "/pools/{pool}/events/{event}",
    "/pools/{pool}/certificates",
)  # fmt: skip
OF_A_MEMBER = (
    "/pools/{pool}/members/{member}/control-panel", "/pools/{pool}/members/{member}/status",
    "/pools/{pool}/members/{member}/cron-jobs", "/pools/{pool}/members/{member}/settings",
    "/pools/{pool}/members/{member}/haproxy", "/pools/{pool}/members/{member}/recipes",
)  # fmt: skip
OTHERS = (
    "/pools/{generic}", "/pools/{generic}/settings", "/pools/{generic}/members/{database}/control-panel",
    "/pools/{generic}/members/{database}/status", "/pools/{empty}", "/pools/{empty}/managed-dns",
    "/pools/{pool}/members/{down}/control-panel", "/pools/{pool}/members/{refused}/control-panel",
)  # fmt: skip
SIGNED_IN = (*ACROSS, *OF_A_POOL, *OF_A_MEMBER, *OTHERS)


def fill(route: str, scene: Scene) -> str:
    pool = scene.pools["production-edge"]
    names = {
        "pool": pool, "generic": scene.pools["web-hosting"], "empty": scene.pools["staging"],
        "member": scene.members["edge-fra-1"], "down": scene.members["edge-par-1"],
        "refused": scene.members["edge-mad-1"], "database": scene.members["db-syd-1"],
        "running": scene.jobs["running"], "failed": scene.jobs["failed"], "event": "",
    }  # fmt: skip
    if "{event}" in route:
        names["event"] = scene.place.api.items(f"/pools/{pool}/failover/events")[0]["id"]
    return route.format(**names)
