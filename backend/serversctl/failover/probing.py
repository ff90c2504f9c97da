"""Whether the control plane may try a member's service at all: asked when a probe is saved, and before each try (R6)."""

from __future__ import annotations

import ipaddress

from ..kernel.address_kinds import kind_of
from ..kernel.errors import DomainError
from ..kernel.outbound import Outbound
from .observing import service_address
from .ports import DnsFacts, PoolRow

FIX = "Let the installation's operator add its network to SERVERSCTL_OUTBOUND_ALLOW, or choose no probe."
FIXES = {
    "outbound_forbidden": "SERVERSCTL_OUTBOUND_ALLOW cannot open this address: give the member another one.",
    "outbound_port": "Choose another port, or let the installation's operator add its network to "
    "SERVERSCTL_OUTBOUND_ALLOW.",
}


def refusal(outbound: Outbound, address: str, port: int) -> str:
    """The code of the outbound rule that forbids it, or empty."""
    try:
        outbound.addresses(address, port)
    except DomainError as why:
        return why.code
    return ""


def never_ready(pool: PoolRow, facts: DnsFacts | None, port: int, outbound: Outbound) -> list[str]:
    """A sentence for each member whose service we may not try: with a probe, it would never become ready."""
    found = []
    for member in pool.members:
        address = service_address(pool, member, facts)
        code = refusal(outbound, address, port) if address else ""
        if code:
            kind = kind_of(ipaddress.ip_address(address or ""))
            found.append(
                f"{member.name} would never be ready: the control plane may not try {address}, {kind.value}, "
                f"at port {port}. {FIXES.get(code, FIX)}"
            )
    return found
