"""Start, stop and restart HAProxy's unit."""

from __future__ import annotations

from ..haproxy_control import check_config, current_config, service_action
from ..jobchild import JobContext
from ..registry import command


@command(
    "haproxy.start", title="Start HAProxy", description="Checks the configuration, then starts the service.",
    applies={"stack": "haproxy"}, danger="change", timeout_sec=120, idempotent=True, resource="haproxy",
)  # fmt: skip
def run_haproxy_start(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    arguments, _ = current_config(context)
    check_config(context, arguments)
    service_action(context, "start")
    return {}


@command(
    "haproxy.stop", title="Stop HAProxy", description="This member serves nobody until HAProxy is started again.",
    applies={"stack": "haproxy"}, danger="dangerous", timeout_sec=120, idempotent=True, stops_haproxy=True, resource="haproxy",
)  # fmt: skip
def run_haproxy_stop(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    service_action(context, "stop")
    return {}


@command(
    "haproxy.restart", title="Restart HAProxy", description="Checks the configuration, then stops and starts. Connections are dropped.",
    applies={"stack": "haproxy"}, danger="dangerous", timeout_sec=180, idempotent=True, stops_haproxy=True, resource="haproxy",
)  # fmt: skip
def run_haproxy_restart(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    arguments, _ = current_config(context)
    check_config(context, arguments)
    service_action(context, "restart")
    return {}
