"""Tries of addresses that the control plane names: does a TCP, TLS or HTTP knock get an answer from here?"""

from __future__ import annotations

import socket
import ssl
import threading

from .answer import ProbeOrder
from .clock import boot_seconds
from .text import clean_line

AT_ONCE = 4
KEPT_RESULTS = 64


def knock(order: ProbeOrder) -> str:
    """Empty when the address answers, else what is wrong. Certificates are not judged: the question is whether it serves."""
    deadline = boot_seconds() + order.timeout_sec
    try:
        with socket.create_connection((order.host, order.port), order.timeout_sec) as plain:
            if order.kind == "tcp":
                return ""
            if order.kind == "tls":
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
                plain.settimeout(max(deadline - boot_seconds(), 0.01))
                with context.wrap_socket(plain, server_hostname=order.host_header):
                    return ""
            plain.sendall(
                f"GET {order.path} HTTP/1.1\r\nHost: {order.host_header}\r\nUser-Agent: balctl-probe\r\nConnection: close\r\n\r\n".encode()
            )
            head = b""
            while b"\n" not in head and len(head) < 1024:
                plain.settimeout(max(deadline - boot_seconds(), 0.01))
                chunk = plain.recv(1024)
                if not chunk:
                    break
                head += chunk
            fields = head.split(b"\n", 1)[0].split()
            if len(fields) < 2 or not fields[0].startswith(b"HTTP/") or not fields[1].isdigit():
                return "no HTTP answer"
            status = int(fields[1])
            return "" if 200 <= status < 400 else f"HTTP {status}"
    except socket.timeout:
        return "timeout"
    except (OSError, UnicodeError, ValueError) as why:
        return clean_line(why, 120) or type(why).__name__


class Prober:
    """Runs orders beside the heartbeat and keeps results until a heartbeat has delivered them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[str] = set()
        self._results: dict[str, tuple[float, dict[str, object]]] = {}

    def order(self, orders: list[ProbeOrder]) -> None:
        with self._lock:
            fresh = [order for order in orders if order.id not in self._running][
                : max(AT_ONCE * 8 - len(self._running), 0)
            ]
            self._running.update(order.id for order in fresh)
        for start in range(min(len(fresh), AT_ONCE)):
            threading.Thread(target=self._work, args=(fresh[start::AT_ONCE],), name="probe", daemon=True).start()

    def _work(self, orders: list[ProbeOrder]) -> None:
        for order in orders:
            started = boot_seconds()
            error = knock(order)
            done = boot_seconds()
            row: dict[str, object] = {"id": order.id, "ok": not error, "millis": round((done - started) * 1000)}
            if error:
                row["error"] = error
            with self._lock:
                self._running.discard(order.id)
                self._results[order.id] = (done, row)
                while len(self._results) > KEPT_RESULTS:
                    self._results.pop(next(iter(self._results)))

    def take(self, now: float) -> list[dict[str, object]]:
        """Results with their age; they stay until `delivered`."""
        with self._lock:
            return [{**row, "ageSec": round(max(now - at, 0.0), 3)} for at, row in self._results.values()]

    def delivered(self, rows: list[dict[str, object]], sent_at: float) -> None:
        with self._lock:
            for row in rows:
                kept = self._results.get(str(row["id"]))
                if kept and kept[0] <= sent_at:
                    del self._results[str(row["id"])]
