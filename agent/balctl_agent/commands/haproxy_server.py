"""Take one server of a backend out of the rotation and back in, through the admin socket. Lost with the next reload."""

from __future__ import annotations

from ..haproxy_control import set_server_state
from ..jobchild import JobContext
from ..registry import command

NAME_PATTERN = "[A-Za-z0-9_.:][A-Za-z0-9_.:-]{0,127}"
SERVER_PARAMS: dict[str, dict[str, object]] = {
    "backend": {
        "type": "string",
        "title": "Backend",
        "help": "Name of the backend as in the configuration",
        "pattern": NAME_PATTERN,
        "required": True,
    },
    "server": {
        "type": "string",
        "title": "Server",
        "help": "Name of the server in that backend",
        "pattern": NAME_PATTERN,
        "required": True,
    },
}


@command(
    "haproxy.server_drain", title="Drain a server", description="No new clients; sessions under way go on.",
    params=SERVER_PARAMS, applies={"stack": "haproxy"}, danger="change", timeout_sec=30, idempotent=True, resource="haproxy",
)  # fmt: skip
def run_server_drain(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    return set_server_state(context, params, "drain")


@command(
    "haproxy.server_ready", title="Put a server back", description="Takes clients again as soon as its checks pass.",
    params=SERVER_PARAMS, applies={"stack": "haproxy"}, danger="change", timeout_sec=30, idempotent=True, resource="haproxy",
)  # fmt: skip
def run_server_ready(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    return set_server_state(context, params, "ready")


@command(
    "haproxy.server_maint", title="Server into maintenance", description="No clients and no checks until it is put back.",
    params=SERVER_PARAMS, applies={"stack": "haproxy"}, danger="change", timeout_sec=30, idempotent=True, resource="haproxy",
)  # fmt: skip
def run_server_maint(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    return set_server_state(context, params, "maint")
