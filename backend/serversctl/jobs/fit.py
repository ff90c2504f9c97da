"""Whether a command fits a member, from what its agent last reported: pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .ports import MemberFacts


def misfit(command_id: str, applies: Mapping[str, Any], facts: MemberFacts | None) -> tuple[str, str] | None:
    """(code, sentence) why the command cannot run there, or None.

    Without a report nothing is refused: the agent itself checks again before it runs anything.
    """
    if facts is None:
        return None
    if facts.commands is not None and command_id not in facts.commands:
        return (
            "command_not_supported",
            f"The agent on this member (version {facts.agent_version}) does not know {command_id}: update it first.",
        )
    since = applies.get("agentVersion")
    if isinstance(since, int) and facts.agent_version < since:
        return (
            "command_not_supported",
            f"{command_id} needs agent version {since}; this member runs {facts.agent_version}. Update it first.",
        )
    wanted = applies.get("stack")
    if wanted and not facts.stacks.intersection([wanted] if isinstance(wanted, str) else wanted):
        return ("stack_absent", f"{command_id} needs {wanted}, which this member does not report.")
    family = applies.get("osFamily")
    if family and facts.os_family and facts.os_family not in ([family] if isinstance(family, str) else family):
        return ("system_unfit", f"{command_id} runs on {family}; this member reports {facts.os_family}.")
    return None
