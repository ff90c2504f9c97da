"""Install the release that the update address offers, then restart into it."""

from __future__ import annotations

from ..jobchild import JobContext
from ..registry import command
from ..selfupdate import update_agent


@command(
    "agent.update",
    title="Update the agent",
    description="Fetches the signed release, verifies it with this host's own keys, tries it out and restarts into it. A version that completes no heartbeat gives way to the one before.",
    danger="change", timeout_sec=300, idempotent=True, resource="agent",
)  # fmt: skip
def run_agent_update(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    context.step("Fetch, verify and try out the release")
    result = update_agent(context.config)
    return {**result, "after": "restart"} if result["changed"] else result
