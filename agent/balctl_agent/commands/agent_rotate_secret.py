"""Exchange the enrolment secret. The new one comes with the claim, over the session that the old one still opens."""

from __future__ import annotations

import os

from ..envfile import put_setting
from ..errors import StepFailed
from ..jobchild import JobContext
from ..registry import command
from ..state import StateFile


@command(
    "agent.rotate_secret",
    title="Rotate the enrolment secret",
    description="Gives this member a new secret. The old one stays valid for the grace time, and the agent returns to it should the new one be refused.",
    hidden_params={"newSecret": {"type": "string", "title": "New secret", "pattern": "[0-9a-f]{48}", "required": True}},
    danger="change", timeout_sec=60, idempotent=True, resource="agent",
)  # fmt: skip
def run_agent_rotate_secret(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    new, old = str(params["newSecret"]), context.config.secret
    if not os.path.exists(context.config.env_path):
        raise StepFailed(
            f"{context.config.env_path} does not exist: the secret comes from the environment and must be changed there"
        )
    if new != old:
        StateFile(os.path.join(context.config.state_dir, "previous-secret.json")).write({"secret": old})
        put_setting(context.config.env_path, "BALCTL_ENROLLMENT_SECRET", new)
    return {"after": "use_secret"}
