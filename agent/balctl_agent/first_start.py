"""BALCTL_PROVISION_HAPROXY=1: install HAProxy once, beside the first heartbeats."""

from __future__ import annotations

import os
import threading

from .config import AgentConfig
from .files import under
from .log import log
from .procs import run_program
from .program import program_command

STAMP = "/var/lib/balctl/.haproxy-provisioned"
INSTALL_SEC = 1800.0


def provision_once(config: AgentConfig) -> threading.Thread | None:
    """Start the installation in a process of its own when it is asked for and was not done yet. It stamps itself when done."""
    if not config.provision_haproxy or os.path.exists(under(config.root, STAMP)):
        return None
    if os.getuid() != 0:
        log.warning("BALCTL_PROVISION_HAPROXY=1 needs root: HAProxy is not installed")
        return None

    def install() -> None:
        log.info("installing HAProxy, as BALCTL_PROVISION_HAPROXY=1 asks")
        done = run_program([*program_command(), "--provision-haproxy"], INSTALL_SEC, settings=True)
        last = (done.reason or done.output.strip())[-500:]
        if done.ok:
            log.info("HAProxy is installed")
        else:
            log.error(f"HAProxy was not installed and is tried again at the next start: {last}")

    worker = threading.Thread(target=install, name="provision", daemon=True)
    worker.start()
    return worker
