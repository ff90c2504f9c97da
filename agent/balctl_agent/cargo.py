"""Files that travel with a job: fetched from the control plane, and handed over to it, over a connection of the job's own."""

from __future__ import annotations

import hashlib
import json
import random
import time
import urllib.parse

from .config import AgentConfig
from .errors import AgentError, StepFailed, Unreachable
from .transport import Address, Answer, HttpsClient

INPUT_PATH = "/api/agents/blobs/input"
OUTPUT_PATH = "/api/agents/blobs/output"
PIECE_CAP_BYTES = 4 << 20
CARGO_TRIES = 6
CARGO_REQUEST_SEC = 60.0


class JobCargo:
    """The inputs that the sealed order names, and the outputs of this attempt."""

    def __init__(self, config: AgentConfig, job_id: str, attempt: int, named: dict[str, object]) -> None:
        self._config = config
        self._job_id = job_id
        self._attempt = attempt
        self._named = named

    def fetch(self, name: str) -> bytes:
        """One input. StepFailed when the order does not name it, or when what comes is not what was ordered."""
        wanted = self._named.get(name)
        if not isinstance(wanted, dict):
            raise StepFailed(f"the order carries no file {name!r}")
        body = json.dumps({**self._who(), "name": name}).encode()
        answer = self._ask("POST", INPUT_PATH, "application/json", body)
        if hashlib.sha256(answer.body).hexdigest() != wanted.get("sha256"):
            raise StepFailed(f"{name} is not the file that was ordered: its SHA-256 differs. Nothing was changed.")
        return answer.body

    def hand_over(self, name: str, data: bytes) -> None:
        """Give a file to the control plane; the same name again replaces it."""
        if len(data) > PIECE_CAP_BYTES:
            raise StepFailed(f"{name} has {len(data)} bytes; at most {PIECE_CAP_BYTES} can be handed over")
        query = urllib.parse.urlencode({**self._who(), "name": name, "sha256": hashlib.sha256(data).hexdigest()})
        self._ask("POST", OUTPUT_PATH + "?" + query, "application/octet-stream", data)

    def _who(self) -> dict[str, object]:
        return {"jobId": self._job_id, "attempt": self._attempt, "hostname": self._config.hostname}

    def _ask(self, method: str, path: str, kind: str, body: bytes) -> Answer:
        """Tries again with back-off while the control plane is away or busy; a refusal is final."""
        address = Address(self._config.api_base)
        headers = f"Authorization: Bearer {self._config.need_secret()}\r\nContent-Type: {kind}\r\n"
        trouble = ""
        for turn in range(CARGO_TRIES):
            if turn:
                time.sleep(min(15.0, 2.0**turn) * random.uniform(0.5, 1.0))  # noqa: S311
            client = HttpsClient(self._config)
            try:
                answer = client.request(
                    method, address, address.path + path, headers, body, CARGO_REQUEST_SEC, PIECE_CAP_BYTES + 4096
                )
            except Unreachable as why:
                trouble = str(why)
                continue
            except AgentError as why:
                raise StepFailed(str(why)) from None
            finally:
                client.close()
            if answer.status == 200:
                return answer
            trouble = answer.problem()
            if answer.status not in (408, 429, 502, 503, 504):
                raise StepFailed(f"the control plane refuses: {trouble}")
        raise StepFailed(f"the control plane could not be reached: {trouble}")
