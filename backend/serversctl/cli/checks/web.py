"""The web server: it answers /healthz through TLS, under a name that its certificate is for."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from ...kernel import local_ca
from ...kernel.settings import Settings
from ..diagnosis import Finding, Patient, fail, ok

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  compared, not bound


def check(patient: Patient) -> Iterator[Finding]:
    settings = patient.settings
    try:
        status = ask(settings)
    except (OSError, HTTPException) as why:
        yield fail(
            "web", f"{settings.listen} does not answer /healthz ({why})", "start `serversctl up`, and read its log"
        )
        return
    if status == 200:
        yield ok("web", f"{settings.listen} answers /healthz{'' if settings.tls == 'off' else ' through TLS'}")
    else:
        yield fail("web", f"/healthz answers {status}", "read the log of web")


def ask(settings: Settings) -> int:
    host = ANYWHERE.get(settings.listen_host, settings.listen_host)
    if settings.tls == "off":
        connection = HTTPConnection(host, settings.listen_port, timeout=5)
    else:
        trusted = local_ca.files(settings.data_dir).ca if settings.tls == "local" else None
        context = ssl.create_default_context(cafile=str(trusted) if trusted else None)
        connection = _Named(host, settings, context)
    connection.request("GET", "/healthz")
    return connection.getresponse().status


class _Named(HTTPSConnection):
    """Connects to the listen address and checks the certificate for the public name, as a client does."""

    def __init__(self, host: str, settings: Settings, context: ssl.SSLContext) -> None:
        super().__init__(host, settings.listen_port, timeout=5, context=context)
        self._name = urlsplit(settings.public_url).hostname or host
        self._tls = context

    def connect(self) -> None:
        plain = socket.create_connection((self.host, self.port), self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self._name)
