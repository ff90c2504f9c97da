"""A little real control plane: HTTPS, the agent's four calls, one member, jobs with leases. Misbehaves when told to."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import socket
import ssl
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .store import ObjectStore

SECRET = "0123456789abcdef" * 3
MEMBER = "7d9a3a52-8d5c-4c1e-9a53-0f6f3c2d1b00"


def stamp(offset_sec: float = 0.0) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + offset_sec))


def seal(secret: str, job: dict[str, object]) -> str:
    """Written from the protocol's text, not from the agent's code."""
    key = hmac.new(hashlib.sha256(secret.encode()).digest(), b"serversctl-job-v1", hashlib.sha256).digest()
    names = {
        "memberId": "memberId",
        "jobId": "id",
        "attempt": "attempt",
        "generation": "generation",
        "expiresAt": "expiresAt",
        "command": "command",
        "params": "params",
    }
    sealed = {name: job[field] for name, field in names.items()}
    return hmac.new(
        key, json.dumps(sealed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(), hashlib.sha256
    ).hexdigest()


class Control:
    """State of the control plane. Tests read `beats`, `completions`, `progress` and set the rest."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.secrets = {SECRET}
        self.seal_secret = SECRET
        self.beats: list[dict[str, object]] = []
        self.beat_times: list[float] = []
        self.connections = 0
        self.links: list[socket.socket] = []
        self.interval = 1
        self.cap = 1
        self.generation = 1
        self.nonce = 0
        self.jobs: dict[str, dict[str, object]] = {}
        self.completions: dict[str, list[dict[str, object]]] = {}
        self.progress: dict[str, list[dict[str, object]]] = {}
        self.cancel: set[str] = set()
        self.job_calls: list[tuple[str, dict[str, object]]] = []  # (claim | progress | complete, body)
        self.cargo: dict[tuple[str, str], bytes] = {}  # (job id, name) -> what the job carries
        self.outputs: dict[tuple[str, str], bytes] = {}
        self.store = ObjectStore()
        self.extra: dict[str, object] = {}
        self.refuse: tuple[int, dict[str, object]] | None = None
        self.files: dict[str, object] = {}  # GET path -> bytes, or a function of the handler
        self.lose = 0.0  # share of requests lost before and, again, of answers lost after the effect
        self.raw_answer: object = None  # function of (handler, path, body) that answers instead
        self.dice = random.Random(7)

    def add_job(
        self, job_id: str, command: str, params: dict[str, object] | None = None, **overrides: object
    ) -> dict[str, object]:
        job: dict[str, object] = {
            "id": job_id, "memberId": MEMBER, "attempt": 1, "generation": self.generation, "command": command, "params": params or {},
            "expiresAt": stamp(3600), "timeoutSec": 60,
        }  # fmt: skip
        job.update({k: v for k, v in overrides.items() if k != "mac"})
        job["mac"] = overrides.get("mac") or seal(self.seal_secret, job)
        with self.lock:
            self.jobs[job_id] = {"job": job, "state": "pending"}
        return job

    def state_of(self, job_id: str) -> object:
        with self.lock:
            return self.jobs[job_id]["state"]

    def wait(self, condition, timeout_sec: float = 15.0, what: str = "") -> None:  # type: ignore[no-untyped-def]
        deadline = time.monotonic() + timeout_sec
        while time.monotonic() < deadline:
            with self.lock:
                if condition():
                    return
            time.sleep(0.02)
        raise AssertionError(f"not within {timeout_sec} s: {what or condition}")

    def wait_done(self, job_id: str, timeout_sec: float = 20.0) -> dict[str, object]:
        self.wait(lambda: self.completions.get(job_id), timeout_sec, f"completion of {job_id}")
        return self.completions[job_id][0]

    def answer(self, path: str, body: dict[str, object]) -> tuple[int, dict[str, object]]:
        with self.lock:
            if path.endswith("/heartbeat"):
                return self._heartbeat(body)
            self.job_calls.append((path.rpartition("/")[2], body))
            record = self.jobs.get(str(body.get("jobId")))
            if record is None:
                return 404, {"code": "not_found"}
            if path.endswith("/claim"):
                if record["state"] in ("completed", "failed"):
                    return 409, {"code": "job_over"}
                record["state"] = "running"
                return 200, {"job": record["job"], "leaseSec": 30}
            if path.endswith("/progress"):
                self.progress.setdefault(str(body["jobId"]), []).append(body)
                return 200, {"cancel": body["jobId"] in self.cancel}
            if path.endswith("/complete"):
                rows = self.completions.setdefault(str(body["jobId"]), [])
                if rows and rows[0] != body:
                    rows.append(body)
                    return 409, {"code": "already_completed"}
                if not rows:
                    rows.append(body)
                record["state"] = body["status"]
                return 200, {}
            return 404, {}

    def blob(self, path: str, raw: bytes) -> tuple[int, object]:
        """Files of a job, in and out, as the protocol's text has them."""
        call, _, query = path.rpartition("/")[2].partition("?")
        with self.lock:
            if call == "input":
                asked = json.loads(raw)
                found = self.cargo.get((asked["jobId"], asked["name"]))
                return (200, found) if found is not None else (404, {"code": "cargo_not_found"})
            if call == "output":
                asked = dict(urllib.parse.parse_qsl(query))
                if hashlib.sha256(raw).hexdigest() != asked["sha256"]:
                    return 422, {"code": "digest_mismatch"}
                self.outputs[(asked["jobId"], asked["name"])] = raw
                return 200, {"sizeBytes": len(raw)}
            return self.store.answer("POST", path, raw)

    def _heartbeat(self, body: dict[str, object]) -> tuple[int, dict[str, object]]:
        if self.refuse:
            return self.refuse
        self.beats.append(body)
        self.beat_times.append(time.monotonic())
        self.nonce += 1
        waiting = [
            {"id": i, "command": r["job"]["command"]}
            for i, r in self.jobs.items()
            if r["state"] in ("pending", "running")
        ]  # type: ignore[index]
        return 200, {
            "heartbeatIntervalSec": self.interval, "serverTime": stamp(), "nonce": f"n{self.nonce}", "backoffCapSec": self.cap, "jobs": waiting,
            "cancelJobs": sorted(self.cancel), "agent": {"latestVersion": 100}, "probes": [], "memberId": MEMBER, "generation": self.generation,
            **self.extra,
        }  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def control(self) -> Control:
        return self.server.control  # type: ignore[attr-defined]

    def log_message(self, *_: object) -> None:
        pass

    def setup(self) -> None:
        super().setup()
        self.control.connections += 1
        self.control.links.append(self.connection)

    def do_POST(self) -> None:
        control = self.control
        raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if control.raw_answer is not None:
            control.raw_answer(self, self.path, raw)  # type: ignore[operator]
            return
        with control.lock:
            lost_before, lost_after = control.dice.random() < control.lose, control.dice.random() < control.lose
        if lost_before:
            self.cut()
            return
        if self.headers.get("Authorization", "").removeprefix("Bearer ") not in control.secrets:
            status, value = (
                401,
                {"code": "credential_unknown", "detail": "This secret is not known. Re-enrol the member."},
            )
        elif self.path.startswith("/api/agents/blobs/"):
            status, value = control.blob(self.path, raw)
        else:
            status, value = control.answer(self.path, json.loads(raw))
        if lost_after:
            self.cut()
            return
        if isinstance(value, bytes):
            self.reply(status, value, "application/octet-stream")
        else:
            self.reply(status, json.dumps(value).encode())

    def do_PUT(self) -> None:
        self._object(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def _object(self, raw: bytes) -> None:
        """The relay: the member's secret is needed here, and a lossy network loses objects too."""
        control = self.control
        with control.lock:
            lost_before, lost_after = control.dice.random() < control.lose, control.dice.random() < control.lose
            good = self.headers.get("Authorization", "").removeprefix("Bearer ") in control.secrets
            typed = self.command == "GET" or self.headers.get("Content-Type") == "application/octet-stream"
            status, value = (401, {}) if not good else (415, {}) if not typed else (0, {})
            if not status and not lost_before:
                status, value = control.store.answer(self.command, self.path, raw)
        if lost_before or lost_after:
            self.cut()
            return
        self.reply(status, value if isinstance(value, bytes) else json.dumps(value).encode())

    def do_GET(self) -> None:
        if self.path.startswith("/api/agents/blobs/objects/"):
            self._object(b"")
            return
        found = self.control.files.get(self.path)
        if callable(found):
            found(self)
        elif isinstance(found, bytes):
            self.reply(200, found, "application/octet-stream")
        else:
            self.reply(404, b"{}")

    def reply(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def cut(self) -> None:
        """The network eats it."""
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # agents are killed in the middle of things here


class ControlServer:
    """The control plane on a port of its own; `with` starts and stops it."""

    def __init__(self, certificate: str, key: str, port: int = 0) -> None:
        self.control = Control()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._server = QuietServer(("127.0.0.1", port), Handler)
        self._server.control = self.control  # type: ignore[attr-defined]
        self.port = self._server.server_address[1]
        plain_get = self._server.get_request

        def get_request():  # type: ignore[no-untyped-def]
            link, address = plain_get()
            link.settimeout(10.0)
            return self._context.wrap_socket(link, server_side=True, do_handshake_on_connect=False), address

        self._server.get_request = get_request  # type: ignore[method-assign]
        self.url = f"https://localhost:{self.port}"

    def __enter__(self) -> ControlServer:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        for link in self.control.links:
            try:
                link.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
