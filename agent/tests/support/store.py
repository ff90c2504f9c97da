"""A store behind the control plane, by the protocol's text: it says where objects go, or takes them itself."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class ObjectStore:
    """Objects by key. `relay` False: a signed address on plain http instead, see `signed_base`."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.snapshot_of: dict[str, str] = {}  # job id -> the snapshot that it writes
        self.expected: dict[str, tuple[int, str]] = {}
        self.asked: list[tuple[str, str]] = []
        self.puts: list[str] = []
        self.signed_base = ""
        self.full = False

    def answer(self, method: str, path: str, raw: bytes) -> tuple[int, object]:
        call = path.partition("/api/agents/blobs/")[2]
        if call in ("uploads", "downloads"):
            asked = json.loads(raw)
            rows = [self._place(call, asked["jobId"], row) for row in asked["objects"]]
            missing = [row for row in rows if row is None]
            return (404, {"code": "object_not_found"}) if missing else (200, {call: rows})
        return self.transfer(method, call.partition("objects/")[2], raw)

    def _place(self, call: str, job_id: str, row: object) -> dict[str, object] | None:
        name = row if isinstance(row, str) else row["name"]  # type: ignore[index]
        self.asked.append((call, name))
        key = f"{self.snapshot_of.get(job_id, job_id)}/{name}" if call == "uploads" else name
        assert re.fullmatch(r"[0-9a-f-]+/(manifest|packs/[0-9a-f]{32})", key), key
        if call == "uploads":
            self.expected[key] = (row["sizeBytes"], row["sha256"])  # type: ignore[index]
            found = self.objects.get(key)
            if found is not None and hashlib.sha256(found).hexdigest() == row["sha256"]:  # type: ignore[index]
                return {"name": name, "done": True}
        elif key not in self.objects:
            return None
        method = "PUT" if call == "uploads" else "GET"
        base = self.signed_base or "/api/agents/blobs/objects/"
        return {"name": name, "url": base + key, "method": method, "headers": {}, "expiresAt": "2099-01-01T00:00:00Z"}

    def transfer(self, method: str, key: str, raw: bytes) -> tuple[int, object]:
        if method == "GET":
            found = self.objects.get(key)
            return (200, found) if found is not None else (404, b"<Error><Code>NoSuchKey</Code></Error>")
        if self.full:
            return 507, {"code": "storage_full", "detail": "The store is full. Free space."}
        if self.expected.get(key) != (len(raw), hashlib.sha256(raw).hexdigest()):
            return 422, {"code": "digest_mismatch"}
        self.objects[key] = raw
        self.puts.append(key)
        return 200, {}


class SignedServer:
    """A store of somebody else's on plain http: takes what a signed address names, and remembers every header."""

    def __init__(self, store: ObjectStore) -> None:
        self.store = store
        self.headers: list[dict[str, str]] = []
        self.answers: list[tuple[int, bytes, dict[str, str]]] = []  # given first, before it behaves
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}/bucket/"
        store.signed_base = self.base
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Answering(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_PUT(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                outer.headers.append({name.lower(): value for name, value in self.headers.items()})
                key = self.path.partition("/bucket/")[2]
                more: dict[str, str] = {}
                if outer.answers:
                    status, value, more = outer.answers.pop(0)
                else:
                    status, found = outer.store.transfer(self.command, key, raw)
                    value = found if isinstance(found, bytes) else b""
                self.send_response(status)
                for name, text in {"Content-Length": str(len(value)), **more}.items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(value)

            do_GET = do_PUT  # noqa: N815

        return Answering
