"""Sealed objects to and from the store: each is asked for by name at the control plane, which says where it goes."""

from __future__ import annotations

import hashlib
import json
import random
import time

from ..config import AgentConfig
from ..errors import AgentError, StepFailed, Unreachable
from ..transport import Address, Answer, HttpsClient
from .object_address import RELAY_PREFIX, ObjectAddress, ObjectClient, OnceClient, header_lines, store_complaint

UPLOADS_PATH = "/api/agents/blobs/uploads"
DOWNLOADS_PATH = "/api/agents/blobs/downloads"
OBJECT_CAP_BYTES = 16 << 20
OBJECT_TRIES = 8
OBJECT_REQUEST_SEC = 120.0
BUSY = (408, 425, 429, 500, 502, 503, 504)


class LostObject(StepFailed):
    """The store has no such object."""


class ObjectWire:
    """The objects of one running attempt of a job. Not for use by two threads at once."""

    def __init__(self, config: AgentConfig, job_id: str, attempt: int) -> None:
        self._config = config
        self._who = {"jobId": job_id, "attempt": attempt, "hostname": config.hostname}
        self._api = HttpsClient(config)
        self._relay = OnceClient(config)
        self._store = ObjectClient(config)
        self._bearer = f"Authorization: Bearer {config.need_secret()}\r\n"

    def close(self) -> None:
        self._api.close()
        self._relay.close()
        self._store.close()

    def put(self, name: str, data: bytes) -> None:
        """Store an object. A broken try asks again first: what has arrived is not sent twice."""
        digest = hashlib.sha256(data).hexdigest()
        wanted = {"objects": [{"name": name, "sizeBytes": len(data), "sha256": digest}]}

        def once() -> str:
            place = self._place(UPLOADS_PATH, "uploads", name, wanted)
            if place.get("done") is True:
                return ""
            answer = self._exchange(place, "PUT", data, 1 << 20)
            return "" if answer.status in (200, 201, 204) else self._trouble(answer, name)

        self._patiently(once)

    def get(self, name: str, cap_bytes: int = OBJECT_CAP_BYTES) -> bytes:
        """The object's bytes. LostObject when it is not there."""
        found: list[bytes] = []

        def once() -> str:
            place = self._place(DOWNLOADS_PATH, "downloads", name, {"objects": [name]})
            answer = self._exchange(place, "GET", b"", cap_bytes)
            if answer.status != 200:
                return self._trouble(answer, name)
            found.append(answer.body)
            return ""

        self._patiently(once)
        return found[0]

    def _patiently(self, once) -> None:  # type: ignore[no-untyped-def]
        """Until `once` returns no trouble. Refusals that no waiting mends are raised by it."""
        trouble = ""
        for turn in range(OBJECT_TRIES):
            if turn:
                time.sleep(min(20.0, 2.0**turn) * random.uniform(0.5, 1.0))  # noqa: S311
            try:
                trouble = once()
            except Unreachable as why:
                trouble = str(why)
                continue
            if not trouble:
                return
            if trouble.startswith(("400", "403")) and turn >= 1:
                break  # a fresh address was refused too: it is not its age
        raise StepFailed(f"the store does not take part: {trouble}")

    def _trouble(self, answer: Answer, name: str) -> str:
        said = store_complaint(answer.body, answer.status)
        if answer.status == 404:
            raise LostObject(f"{name} is not in the store: {said}")
        if answer.status not in BUSY and answer.status not in (400, 403):
            raise StepFailed(f"the store refuses {name}: {said}")
        return f"{answer.status} {said}"

    def _place(self, path: str, field: str, name: str, wanted: dict[str, object]) -> dict[str, object]:
        """Where this object goes, by the control plane's word. Unreachable while it is away or busy."""
        body = json.dumps({**self._who, **wanted}).encode()
        address = Address(self._config.api_base)
        headers = self._bearer + "Content-Type: application/json\r\n"
        answer = self._api.request("POST", address, address.path + path, headers, body, 30.0, 1 << 20)
        if answer.status in BUSY:
            raise Unreachable(answer.problem())
        if answer.status == 404:
            raise LostObject(f"{name} is not there: {answer.problem()}")
        if answer.status != 200:
            raise StepFailed(f"the control plane refuses: {answer.problem()}")
        rows = answer.json_object().get(field)
        row = rows[0] if isinstance(rows, list) and len(rows) == 1 else None
        if not isinstance(row, dict) or row.get("name") != name:
            raise StepFailed("the control plane answers about another object")
        return row

    def _exchange(self, place: dict[str, object], method: str, body: bytes, cap_bytes: int) -> Answer:
        url = str(place.get("url") or "")
        if place.get("method", method) != method:
            raise StepFailed(f"the control plane wants {str(place.get('method'))[:10]!r} for a {method}")
        headers = header_lines(place.get("headers"))
        try:
            if url.startswith(RELAY_PREFIX):
                address = Address(self._config.api_base)
                target = address.path + url
                return self._relay.request(
                    method, address, target, self._bearer + headers, body, OBJECT_REQUEST_SEC, cap_bytes
                )
            store = ObjectAddress(url)
            return self._store.request(method, store, store.path, headers, body, OBJECT_REQUEST_SEC, cap_bytes)
        except Unreachable:
            raise
        except AgentError as why:
            raise StepFailed(f"the store's answer cannot be used: {why}") from None
