"""What a job that was cut off left half done on this host is undone before anything else runs."""

from __future__ import annotations

import os
import signal

from .backup.tree_swap import TreeSwap
from .config import AgentConfig
from .file_swap import undo_swap
from .files import under
from .haproxy_config import running_pid
from .log import log
from .procs import find_program, run_program

SWAP_FOLDER = "haproxy-swap"
SWAPPING_RESOURCE = "haproxy"  # of every command that replaces configuration files


def undo_unfinished_swap(root: str, state_dir: str) -> bool:
    """Put back configuration files that were being replaced. True when there were any."""
    return undo_swap(root, os.path.join(state_dir, SWAP_FOLDER))


def undo_unfinished(config: AgentConfig, resource: str = SWAPPING_RESOURCE) -> None:
    """At the agent's start, and when a job was stopped in the middle, before the next one of its resource begins.

    A failure is logged: the heartbeat must go on whatever the disk says.
    """
    if resource != SWAPPING_RESOURCE:
        return  # it swaps nothing, and another job may be in the middle of its swap
    undone = False
    for what, undo in (
        ("change of HAProxy's configuration", lambda: undo_unfinished_swap(config.root, config.state_dir)),
        ("restore", lambda: TreeSwap(config.root, config.state_dir).clean_up()),
    ):
        try:
            found = undo()
        except (OSError, ValueError, KeyError, TypeError) as why:
            log.error(f"an unfinished {what} could not be undone: {why}")
            continue
        if found:
            log.warning(f"a {what} was cut off: the old files are back")
        undone = undone or found
    if not undone:
        return
    if not os.path.isdir(under(config.root, "/run/systemd/system")) or not find_program("systemctl"):
        pid = running_pid(config.root)
        if pid is not None:
            os.kill(pid, signal.SIGUSR2)
        return
    for argv in (["systemctl", "reload", "haproxy.service"], ["systemctl", "try-reload-or-restart", "ufw.service"]):
        done = run_program(argv, 60.0)
        if not done.ok:
            log.warning(f"{argv[2]} was not reloaded: {(done.reason or done.output.strip())[-300:]}")
