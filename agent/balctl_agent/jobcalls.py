"""The three requests about a job. Each says who the host is: the control plane checks the name as with heartbeats."""

from __future__ import annotations

from .config import AgentConfig
from .transport import Answer, HttpsClient

CLAIM_PATH = "/api/agents/jobs/claim"
PROGRESS_PATH = "/api/agents/jobs/progress"
COMPLETE_PATH = "/api/agents/jobs/complete"


class JobCalls:
    """One connection for requests about jobs. Not for use by two threads at once."""

    def __init__(self, config: AgentConfig) -> None:
        self._config = config
        self._client = HttpsClient(config)

    def claim(self, job_id: str) -> Answer:
        return self._post(CLAIM_PATH, {"jobId": job_id}, 10.0)

    def progress(self, body: dict[str, object]) -> Answer:
        return self._post(PROGRESS_PATH, body, 4.0)

    def complete(self, body: dict[str, object], total_sec: float = 20.0) -> Answer:
        return self._post(COMPLETE_PATH, body, total_sec)

    def close(self) -> None:
        self._client.close()

    def _post(self, path: str, body: dict[str, object], total_sec: float) -> Answer:
        # The name of today, not of the day when a completion was stored: the host may have been renamed since.
        return self._client.post_json(path, {**body, "hostname": self._config.hostname}, total_sec)
