"""The newest agent."""

from ...workflows.ports import Precondition
from ..ports import Facts, Recipe, RecipeStep, is_heard


def checks(facts: Facts) -> list[Precondition]:
    if facts.newest_agent == 0:
        newest = Precondition(False, "This control plane has an agent to offer.", "Build it with `make agent`.")
    else:
        newest = Precondition(
            facts.agent_version < facts.newest_agent,
            "The agent is outdated.",
            f"There is nothing to do: it runs version {facts.agent_version}, the newest is {facts.newest_agent}.",
        )
    return [is_heard(facts), newest]


RECIPE = Recipe(
    id="agent_update",
    title="Update the agent",
    description="Fetches the signed release, verifies it on the host, tries it out and restarts into it.",
    category="agent",
    checks=checks,
    steps=(
        RecipeStep(
            "update",
            "Fetch, verify and restart",
            "agent.update",
            "The agent's program file. A version that completes no heartbeat gives way to the one before.",
            no_undo_reason="An older agent is not installed again: it may not know what newer ones wrote.",
        ),
    ),
)
