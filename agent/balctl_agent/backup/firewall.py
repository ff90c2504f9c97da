"""ufw after its rules were restored: loaded anew, and taken back when this host cannot reach its control plane any more."""

from __future__ import annotations

import socket
import time

from ..errors import StepFailed
from ..jobchild import JobContext
from ..procs import find_program
from ..transport import Address, Proxy, bypasses_proxy

REACH_SEC = 15.0


def firewall_is_active(context: JobContext) -> bool:
    program = find_program("ufw")
    return program is not None and "Status: active" in context.run([program, "status"], 30.0).output


def reload_firewall(context: JobContext) -> None:
    """StepFailed when ufw refuses its rules, or when they shut us out of the control plane."""
    program = find_program("ufw")
    if program is None:
        context.say("ufw is not installed here: its rules are in place and do nothing")
        return
    if not firewall_is_active(context):
        context.say("ufw is not active: the rules count once somebody enables it")
        return
    context.step("Load the firewall's rules", 80)
    context.need([program, "reload"], 60.0)
    context.step("See that the control plane can be reached", 85)
    if not reaches_control_plane(context):
        raise StepFailed("with the restored rules this host does not reach the control plane")


def reaches_control_plane(context: JobContext) -> bool:
    """A new connection: those that are open would live on whatever the rules say."""
    address = Address(context.config.api_base)
    host, port = address.host, address.port
    if context.config.proxy and not bypasses_proxy(host, context.config.no_proxy):
        proxy = Proxy(context.config.proxy)
        host, port = proxy.host, proxy.port
    deadline = time.monotonic() + REACH_SEC
    while time.monotonic() < deadline:
        try:
            socket.create_connection((host, port), 3.0).close()
        except OSError:
            time.sleep(0.5)
        else:
            return True
    return False
