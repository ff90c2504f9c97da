"""Load the edited configuration without dropping connections."""

from __future__ import annotations

from ..haproxy_control import check_config, current_config, reload_haproxy
from ..jobchild import JobContext
from ..registry import command


@command(
    "haproxy.reload", title="Reload HAProxy", description="Checks the configuration, then reloads. An invalid one changes nothing.",
    applies={"stack": "haproxy"}, danger="change", timeout_sec=120, idempotent=True, resource="haproxy",
)  # fmt: skip
def run_haproxy_reload(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    arguments, _ = current_config(context)
    context.step("Check the configuration", 10)
    check_config(context, arguments)
    context.step("Reload", 60)
    reload_haproxy(context)
    return {}
