"""The control plane's API as a script uses it: a token, JSON in, JSON out, problems as exceptions."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, cast

import httpx


class Problem(AssertionError):
    """A problem+json answer."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {body.get('code')}: {body.get('detail')} {body.get('errors') or ''}")
        self.status, self.body, self.code = status, body, str(body.get("code"))


class Api:
    """`api.get("/pools")`, `api.post("/pools", name="edge", template="haproxy")` …"""

    def __init__(
        self, base: str, token: str, ca_file: Path, within: Callable[[], AbstractContextManager[None]] = nullcontext
    ) -> None:
        self.base = base
        self._within = within
        self._client = httpx.Client(
            base_url=f"{base}/api",
            headers={"Authorization": f"Bearer {token}"},
            verify=ssl.create_default_context(cafile=str(ca_file)),
            timeout=15,
            trust_env=False,
        )

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, **query: Any) -> Any:
        with self._within():
            answer = self._client.request(method, path, json=body, params=query or None)
        if answer.is_error:
            is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
            raise Problem(answer.status_code, answer.json() if is_problem else {"detail": answer.text[:500]})
        return answer.json() if answer.content else None

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", path, **query)

    def items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        return cast("list[dict[str, Any]]", self.get(path, **query)["items"])

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self.call("POST", path, body or {})

    def put(self, path: str, body: dict[str, Any]) -> Any:
        return self.call("PUT", path, body)

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        return self.call("PATCH", path, body)

    def delete(self, path: str, **query: Any) -> Any:
        return self.call("DELETE", path, **query)

    def close(self) -> None:
        self._client.close()
