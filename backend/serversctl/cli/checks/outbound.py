"""The way out, only when asked for: name resolution and HTTPS to where the DNS provider answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from ..diagnosis import Finding, Patient, fail, ok


def check(patient: Patient) -> Iterator[Finding]:
    if not patient.outbound:
        return
    target = urlsplit(patient.settings.cloudflare_api_base)
    host, port = target.hostname or "", target.port or 443
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as why:
        yield fail("outbound DNS", f"{host} does not resolve ({why})", "mend /etc/resolv.conf")
        return
    yield ok("outbound DNS", f"{host} resolves")
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError as why:
        yield fail("outbound HTTPS", f"{host}:{port} ({why})", f"let this machine reach {host} on port {port}")
        return
    yield ok("outbound HTTPS", f"{host}:{port} is reached")
