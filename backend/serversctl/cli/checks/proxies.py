"""The way a client's address reaches us: members are let in by it, so a wrong one locks them out or others in."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnosis import Finding, Patient, fail, ok, warn


def check(patient: Patient) -> Iterator[Finding]:
    settings = patient.settings
    wide = [network for network in settings.trusted_proxies if network.prefixlen == 0]
    if wide:
        yield fail(
            "trusted proxies", f"{wide[0]} is everybody: any client may claim any address",
            "list your proxies' networks only in SERVERSCTL_TRUSTED_PROXIES",
        )  # fmt: skip
    elif settings.client_ip_header and not settings.trusted_proxies:
        yield warn(
            "trusted proxies", f"{settings.client_ip_header} is named but nobody may send it",
            "set SERVERSCTL_TRUSTED_PROXIES to your proxies' networks",
        )  # fmt: skip
    elif settings.trusted_proxies and not settings.client_ip_header:
        yield warn(
            "trusted proxies", "listed, but no header carries the client's address",
            "set SERVERSCTL_CLIENT_IP_HEADER, for example X-Forwarded-For",
        )  # fmt: skip
    else:
        shown = ", ".join(str(network) for network in settings.trusted_proxies)
        yield ok("trusted proxies", shown or "none: the connection's own address counts")
