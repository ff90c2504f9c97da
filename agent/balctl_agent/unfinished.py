"""What a job that was cut off left half done on this host is undone before anything else runs."""

from __future__ import annotations

import os

from .config import AgentConfig
from .file_swap import undo_swap
from .files import under
from .log import log
from .procs import find_program, run_program

SWAP_FOLDER = "haproxy-swap"


def undo_unfinished_swap(root: str, state_dir: str) -> bool:
    """Put back configuration files that were being replaced. True when there were any."""
    return undo_swap(root, os.path.join(state_dir, SWAP_FOLDER))


def undo_unfinished(config: AgentConfig) -> None:
    """At the agent's start. A failure is logged: the heartbeat must go on whatever the disk says."""
    try:
        undone = undo_unfinished_swap(config.root, config.state_dir)
    except (OSError, ValueError, KeyError) as why:
        log.error(f"an unfinished change of HAProxy's configuration could not be undone: {why}")
        return
    if not undone:
        return
    log.warning("a change of HAProxy's configuration was cut off: the old files are back")
    if os.path.isdir(under(config.root, "/run/systemd/system")) and find_program("systemctl"):
        done = run_program(["systemctl", "reload", "haproxy.service"], 60.0)
        if not done.ok:
            log.warning(f"HAProxy was not reloaded: {(done.reason or done.output.strip())[-300:]}")
