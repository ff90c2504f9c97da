"""A database and a Redis with thousands of enrolled members, for benchmarks."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from serversctl.cli.migrate import upgrade
from serversctl.identity.tables import Account
from serversctl.kernel.clock import SystemClock
from serversctl.kernel.db import make_engine, make_sessions, unit_of_work
from serversctl.members.service import touch_directory
from serversctl.members.tables import Member
from serversctl.pools.tables import Pool
from sqlalchemy import insert
from support.servers.redis import Redis

SECRET_KEY = "a key for benchmarks only, 0123456789abcdef"


@dataclass
class Ground:
    folder: Path
    database_url: str
    redis: Redis
    account_id: UUID
    pool_id: UUID
    ids: list[UUID]


def secret_of(number: int) -> str:
    return hashlib.sha256(b"bench %d" % number).hexdigest()[:48]


def hostname_of(number: int) -> str:
    return f"node-{number:05d}.example.net"


def body_of(number: int) -> bytes:
    """A heartbeat of about 2 KB, as an agent on a balancer sends it each second."""
    load = [0.42, 0.38, 0.31]
    return json.dumps(
        {
            "hostname": hostname_of(number), "ip": "203.0.113.10", "agentVersion": 100, "seq": 0, "bootId": f"boot-{number}",
            "sentAt": "2026-01-02T03:04:05Z", "echo": None, "runningJobs": [], "probeResults": [], "generation": 1,
            "policy": {"present": False, "deny": []},
            "host": {
                "osFamily": "debian", "osName": "Debian GNU/Linux 12 (bookworm)", "kernel": "6.1.0-28-amd64", "uptimeSec": 1234567,
                "cpu": {"count": 4, "usedPct": 7.2}, "memory": {"totalBytes": 8346664960, "usedBytes": 2104000512},
                "swap": {"totalBytes": 2147479552, "usedBytes": 0}, "load": load,
                "disks": [{"mount": m, "totalBytes": 83886080000, "usedBytes": 31984197632} for m in ("/", "/var", "/home")],
                "network": [{"name": n, "rxBytes": 918273645 + number, "txBytes": 192837465, "rxErrors": 0, "txErrors": 0,
                             "addresses": ["203.0.113.10"]} for n in ("ens18", "ens19")],
                "services": [{"name": n, "active": "active", "sub": "running"} for n in ("haproxy", "ssh", "nftables", "cron", "rsyslog")],
            },
            "haproxy": {
                "monitored": True, "active": True, "version": "2.6.12", "configPath": "/etc/haproxy/haproxy.cfg",
                "configFingerprint": hashlib.sha256(b"%d" % number).hexdigest(), "adminSocket": True, "unitState": "active",
                "stats": {"sessions": 118, "bytesIn": 918273645, "bytesOut": 99182736455, "backends": [
                    {"name": f"be_app{b}", "status": "UP", "servers": [
                        {"name": f"srv{s}", "status": "UP", "check": "L7OK", "sessions": 12, "queue": 0} for s in range(3)]} for b in range(2)]},
            },
        },
        separators=(",", ":"),
    ).encode()  # fmt: skip


@contextmanager
def ground(members: int, *, pools: int = 10) -> Iterator[Ground]:
    """Everything on a fresh SQLite file and a fresh Redis, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="sctl-bench-", dir="/tmp"))
    url = f"sqlite:///{folder / 'bench.db'}"
    upgrade(url)
    engine = make_engine(url)
    now, account_id = SystemClock().now(), uuid4()
    pool_ids, ids = [uuid4() for _ in range(pools)], [uuid4() for _ in range(members)]
    with unit_of_work(make_sessions(engine)) as session:
        session.add(Account(id=account_id, name="Bench", created_at=now))
        session.flush()
        for number, pool_id in enumerate(pool_ids):
            session.add(
                Pool(id=pool_id, account_id=account_id, name=f"pool {number}", template="haproxy", created_at=now)
            )
        session.flush()
        rows: list[dict[str, Any]] = [
            {
                "id": ids[i], "account_id": account_id, "pool_id": pool_ids[i % pools], "hostname": hostname_of(i),
                "display_name": f"node {i}", "template": "haproxy_edge", "linux_family": "debian", "allowed_ips": ["127.0.0.1"],
                "public_ips": [], "priority": 100, "never_promote": False, "maintenance": False, "first_seen_at": now,
                "secret_hash": hashlib.sha256(secret_of(i).encode()).hexdigest(), "created_at": now,
            }
            for i in range(members)
        ]  # fmt: skip
        session.execute(insert(Member), rows)
        touch_directory(session)
    engine.dispose()
    try:
        with Redis.start() as server:
            yield Ground(folder, url, server, account_id, pool_ids[0], ids)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
