"""The ACME library's network under the house's rules: every request goes through the guarded client.

The library speaks through a `requests` session. Its adapter is the seam: ours hands each request to httpx with our
transport, so that addresses are checked, redirects refused, answers capped, and the extra CA file believed.
"""

from __future__ import annotations

import io
import secrets
import time
from collections.abc import Callable
from typing import Any

import httpx
import requests
from acme import errors, messages
from acme.client import ClientNetwork
from josepy.jwa import ES256
from josepy.jwk import JWK
from requests.adapters import BaseAdapter

from ..kernel.outbound import Outbound

USER_AGENT = "ServersCTL"
TIMEOUT_SEC = 15.0
# An authority that refuses every second nonce is met by the pebble tests; 0.5^25 is nothing.
NONCE_TRIES = 25


class GuardedAdapter(BaseAdapter):
    """A `requests` adapter on top of the guarded client. `retry_after` is what the last answer asked us to wait."""

    def __init__(self, outbound: Outbound) -> None:
        super().__init__()
        self._client = outbound.client(timeout_sec=TIMEOUT_SEC)
        self.retry_after: str | None = None

    def send(self, request: requests.PreparedRequest, *_args: Any, **_more: Any) -> requests.Response:
        """Whatever the caller says of verification or proxies is not heard: our rules hold."""
        body = request.body or b""
        if not isinstance(body, str | bytes):
            raise TypeError("the ACME library sends text")
        answer = self._client.request(
            request.method or "GET",
            request.url or "",
            headers=[(name, str(value)) for name, value in request.headers.items()],
            content=body,
        )
        self.retry_after = answer.headers.get("Retry-After")
        found = requests.Response()
        found.status_code = answer.status_code
        found.headers.update(answer.headers)
        found.reason = answer.reason_phrase
        found.url = request.url or ""
        found.request = request
        found.raw = io.BytesIO(answer.content)
        return found

    def close(self) -> None:
        self._client.close()


class GuardedNetwork(ClientNetwork):
    """The library's network with our adapter, and more patience with nonces than its one retry."""

    def __init__(self, key: JWK, outbound: Outbound, *, sleep: Callable[[float], None] = time.sleep) -> None:
        super().__init__(key, alg=ES256, user_agent=USER_AGENT)
        self.adapter = GuardedAdapter(outbound)
        self.session.trust_env = False
        self.session.mount("https://", self.adapter)
        self.session.mount("http://", self.adapter)
        self._sleep = sleep

    def post(self, *args: Any, **kwargs: Any) -> requests.Response:
        for left in range(NONCE_TRIES, 0, -1):
            try:
                return self._post_once(*args, **dict(kwargs))
            except messages.Error as why:
                if why.code != "badNonce" or left == 1:
                    raise
                # The ones in stock may be of the same bad batch.
                self._nonces.clear()
                self._sleep(0.05 * secrets.SystemRandom().random())
            except (errors.BadNonce, errors.MissingNonce):
                if left == 1:
                    raise
        raise AssertionError("unreachable")

    def close(self) -> None:
        self.session.close()


# What the network can raise besides the library's own errors.
TRANSPORT_ERRORS = (httpx.HTTPError, requests.RequestException, OSError)
