"""What a simulated host says of itself: the blocks that the agent sends, with numbers that wander believably."""

from __future__ import annotations

import hashlib
import math
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

GIB = 1 << 30
BACKENDS = {"be_app": ("app-1", "app-2", "app-3"), "be_static": ("static-1", "static-2"), "be_ws": ("ws-1",)}


@dataclass
class SimHost:
    """The changeable state of one pretended host; stories turn its knobs while it beats."""

    hostname: str
    haproxy: bool = True
    haproxy_active: bool = True
    admin_socket: bool = True
    stack: str = ""  # cpanel, openlitespeed or mariadb
    family: str = "debian"
    cpu_pct: float = 12.0
    memory_share: float = 0.38
    disk_share: float = 0.41
    sessions: int = 118
    certificate_days: int = 61
    pending_updates: int = 0
    reboot_required: bool = False
    firewall_enabled: bool = True
    booted_at: float = field(default_factory=lambda: time.time() - random.Random(7).uniform(3, 40) * 86400)
    server_states: dict[tuple[str, str], str] = field(default_factory=dict)

    def phase(self) -> float:
        return int(hashlib.sha256(self.hostname.encode()).hexdigest()[:6], 16) / 0xFFFFFF * 2 * math.pi

    def wave(self, period_sec: float) -> float:
        return math.sin(time.time() / period_sec * 2 * math.pi + self.phase())


def host_block(host: SimHost) -> dict[str, Any]:
    """The quick readings of the machine."""
    cpu = min(max(host.cpu_pct * (1 + 0.35 * host.wave(90)) + random.uniform(-1.5, 1.5), 0.3), 99.0)
    uptime = time.time() - host.booted_at
    rhel = host.family == "rhel"
    return {
        "osFamily": host.family,
        "osName": "AlmaLinux 9.5 (Teal Serval)" if rhel else "Debian GNU/Linux 12 (bookworm)",
        "kernel": "5.14.0-503.15.1.el9_5.x86_64" if rhel else "6.1.0-28-amd64",
        "uptimeSec": int(uptime),
        "cpu": {"count": 4, "usedPct": round(cpu, 1)},
        "memory": {"totalBytes": 8 * GIB, "usedBytes": int(8 * GIB * (host.memory_share + 0.02 * host.wave(240)))},
        "swap": {"totalBytes": 2 * GIB, "usedBytes": 0},
        "disks": [
            {"mount": "/", "totalBytes": 80 * GIB, "usedBytes": int(80 * GIB * host.disk_share), "inodesUsedPct": 9.4},
            {"mount": "/var", "totalBytes": 40 * GIB, "usedBytes": int(40 * GIB * host.disk_share * 0.6)},
        ],
        "load": [round(max(cpu / 25 * f, 0.01), 2) for f in (1.0, 0.92, 0.85)],
        "network": [{"name": "ens18", "rxBytes": int(uptime * 210_000), "txBytes": int(uptime * 940_000)}],
        "services": [{"name": name, "active": state} for name, state in service_states(host).items()],
    }


def service_states(host: SimHost) -> dict[str, str]:
    states = {"ssh": "active", "cron": "active", "chrony": "active", "fail2ban": "active"}
    states["firewalld" if host.family == "rhel" else "nftables"] = "active" if host.firewall_enabled else "inactive"
    if host.haproxy:
        states["haproxy"] = "active" if host.haproxy_active else "failed"
    named = {"cpanel": "cpanel", "openlitespeed": "lsws", "mariadb": "mariadb"}.get(host.stack)
    return states | ({named: "active"} if named else {})


def slow_host_facts(host: SimHost) -> dict[str, Any]:
    """What the agent sends when it changed and every five minutes."""
    day = datetime.now(UTC).replace(microsecond=0)
    certificates = [
        {
            "path": "/etc/haproxy/certs/www.pem",
            "names": ["www.example.net", "example.net"],
            "days": host.certificate_days,
        },
        {"path": "/etc/haproxy/certs/api.pem", "names": ["api.example.net"], "days": host.certificate_days + 23},
    ]
    kind = {"kind": "firewalld", "zone": "public"} if host.family == "rhel" else {"kind": "nftables", "rules": 34}
    return {
        "pendingUpdates": host.pending_updates,
        "securityUpdates": host.pending_updates // 4,
        "rebootRequired": host.reboot_required,
        "firewall": {**kind, "enabled": host.firewall_enabled},
        "certificates": [
            {
                "path": row["path"],
                "names": row["names"],
                "notAfter": f"{day + timedelta(days=float(str(row['days']))):%Y-%m-%dT%H:%M:%SZ}",
            }
            for row in (certificates if host.haproxy else certificates[:1])
        ],
    }


def haproxy_block(host: SimHost, *, slow: bool) -> dict[str, Any]:
    works = host.haproxy_active and host.admin_socket
    block: dict[str, Any] = {
        "monitored": True, "active": host.haproxy_active, "version": "2.6.12", "configPath": "/etc/haproxy/haproxy.cfg",
        "configFingerprint": hashlib.sha256(b"one configuration for all").hexdigest(), "adminSocket": works,
        "unitState": "active" if host.haproxy_active else "failed",
    }  # fmt: skip
    if works:
        block["stats"] = stats(host)
    if slow:
        block["listeners"] = [
            {"proxy": "fe_http", "address": "*", "port": 80, "ssl": False},
            {"proxy": "fe_https", "address": "*", "port": 443, "ssl": True},
            {"proxy": "stats", "address": "127.0.0.1", "port": 8404, "ssl": False},
        ]
        block["topology"] = topology(host)
    return block


def stats(host: SimHost) -> dict[str, Any]:
    sessions = max(0, int(host.sessions * (1 + 0.3 * host.wave(60))) + random.randint(-4, 4)) if host.sessions else 0
    up = time.time() - host.booted_at
    states = [state_of(host, backend, server) for backend, servers in BACKENDS.items() for server in servers]
    return {
        "sessions": sessions, "sessionsTotal": int(up * host.sessions / 6), "sessionRate": sessions // 6,
        "requestRate": sessions * 3, "requestsTotal": int(up * host.sessions / 2), "bytesIn": int(up * 210_000),
        "bytesOut": int(up * 940_000), "http5xx": int(up / 4000), "queued": 0, "connectErrors": int(up / 90_000),
        "backendsUp": len(BACKENDS), "backendsDown": 0, "serversUp": states.count("UP"), "serversDown": states.count("DOWN"),
        "serversDrain": states.count("DRAIN"), "serversMaint": states.count("MAINT"),
    }  # fmt: skip


def state_of(host: SimHost, backend: str, server: str) -> str:
    return host.server_states.get((backend, server), "UP")


def topology(host: SimHost) -> dict[str, Any]:
    return {
        "frontends": [
            {"name": "fe_http", "mode": "http", "defaultBackend": "be_app"},
            {"name": "fe_https", "mode": "http", "defaultBackend": "be_app"},
            {"name": "stats", "mode": "http"},
        ],
        "backends": [
            {
                "name": backend,
                "servers": [
                    {
                        "name": server,
                        "address": f"10.20.{row}.{place + 11}:8080",
                        "state": state_of(host, backend, server) if host.admin_socket else "unknown",
                    }
                    for place, server in enumerate(servers)
                ],
            }
            for row, (backend, servers) in enumerate(BACKENDS.items())
        ],
    }


def body_of(host: SimHost, *, slow: bool) -> dict[str, Any]:
    """Host and stacks of one heartbeat."""
    body: dict[str, Any] = {"host": host_block(host)}
    if slow:
        body["host"] |= slow_host_facts(host)
    if host.haproxy:
        body["haproxy"] = haproxy_block(host, slow=slow)
    if host.stack:
        version = {"cpanel": "11.124.0.21", "openlitespeed": "1.8.2", "mariadb": "10.11.6-MariaDB"}[host.stack]
        body[host.stack] = {"detected": True, "version": version}
    return body
