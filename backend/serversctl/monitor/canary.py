"""R1: our own heartbeat through the public entry. While it does not arrive, silence of members means nothing."""

from __future__ import annotations

import logging
import ssl
import threading
from typing import Protocol

import httpx

from ..heartbeats import canary
from ..kernel import local_ca
from ..kernel.settings import Settings

log = logging.getLogger(__name__)

PERIOD_SEC, TIMEOUT_SEC = 1.0, 3.0
PATH = "/api/agents/heartbeat"


class Canary(Protocol):
    def post(self) -> bool:
        """Send one; True when the entry took it. That it arrived shows in `Liveness.canary_at`."""
        ...


class HttpCanary:
    """One kept-alive connection, like an agent's. Whatever goes wrong closes it: the next one is new."""

    def __init__(self, settings: Settings) -> None:
        self._url = entry_of(settings) + PATH
        self._token = canary.token(settings.secret_key)
        self._settings = settings
        self._client: httpx.Client | None = None
        self._well = True

    def post(self) -> bool:
        try:
            if self._client is None:
                self._client = httpx.Client(
                    verify=_trust(self._settings), timeout=TIMEOUT_SEC, trust_env=False, follow_redirects=False
                )
            headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
            answer = self._client.post(self._url, content=canary.BODY, headers=headers)
            well, why = answer.status_code == 200, f"answer {answer.status_code}"
        except (httpx.HTTPError, ssl.SSLError, OSError) as error:
            well, why = False, f"{type(error).__name__}: {error}"
        if well is not self._well:
            log.log(
                logging.INFO if well else logging.WARNING, "own heartbeat to %s: %s", self._url, "ok" if well else why
            )
        self._well = well
        if not well:
            self.close()
        return well

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


class CanaryThread:
    """Posts once a second beside the loop, so that a hanging entry never stops the loop."""

    def __init__(self, bird: Canary) -> None:
        self._bird = bird
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="canary", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(PERIOD_SEC):
            self._bird.post()


def entry_of(settings: Settings) -> str:
    """The address to post to: as set, else where this installation's web server listens."""
    if settings.canary_url:
        return settings.canary_url.rstrip("/")
    host = settings.listen_host
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104
    shown = f"[{host}]" if ":" in host else host
    return f"{'http' if settings.tls == 'off' else 'https'}://{shown}:{settings.listen_port}"


def _trust(settings: Settings) -> ssl.SSLContext:
    """The system's authorities and our own. A certificate that was given as files names the public host, not the
    address that we listen on: then its chain is checked and its name is not."""
    context = ssl.create_default_context()
    own = local_ca.files(settings.data_dir).ca
    if own.exists():
        context.load_verify_locations(own)
    if settings.tls not in {"local", "off"}:
        chain = settings.tls.partition(":")[0]
        context.load_verify_locations(chain)
        context.check_hostname = bool(settings.canary_url)
    return context
