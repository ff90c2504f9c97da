"""Heartbeat intake as a share of the bare server's limit: interleaved rounds, CPU of whole process trees."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from support.servers.ports import free_port

from .cpu import cpu_sec
from .ground import SECRET_KEY, Ground, body_of, ground, secret_of

MEMBERS, CONNECTIONS = 5000, 16
LUA = Path(__file__).parent / "post.lua"


def measure(rounds: int = 5, seconds: int = 2) -> dict[str, Any]:
    """CPU microseconds per request of each variant, medians; the first round is warm-up."""
    if shutil.which("wrk") is None:
        raise SystemExit("bench: wrk is not on this machine. Install it: apt-get install -y wrk")
    with ground(MEMBERS) as place, ExitStack() as stack:
        data = place.folder / "beats.txt"
        data.write_bytes(b"".join(secret_of(i).encode() + b"\t" + body_of(i) + b"\n" for i in range(MEMBERS)))
        servers = {
            "bare, RSGI": stack.enter_context(bare("rsgi")),
            "bare, WSGI": stack.enter_context(bare("wsgi")),
            "bare Flask": stack.enter_context(bare("flask")),
            "ours": stack.enter_context(ours(place)),
        }
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in servers}
        for turn in range(rounds + 1):
            for name, (pid, port) in servers.items():
                before, redis_before = cpu_sec(pid), cpu_sec(place.redis.pid)
                requests = run_wrk(port, data, 1 if turn == 0 else seconds)
                spent = (cpu_sec(pid) - before) / requests * 1e6
                redis_spent = (cpu_sec(place.redis.pid) - redis_before) / requests * 1e6
                if turn:
                    found[name].append((spent, redis_spent if name == "ours" else 0.0))
    return summary(found)


def summary(found: dict[str, list[tuple[float, float]]]) -> dict[str, Any]:
    rows = {}
    for name, values in found.items():
        server = [value[0] for value in values]
        rows[name] = {
            "serverUs": round(statistics.median(server), 1),
            "spread": [round(min(server), 1), round(max(server), 1)],
            "redisUs": round(statistics.median(value[1] for value in values), 1),
        }
    own = rows["ours"]["serverUs"]
    return {
        "bodyBytes": len(body_of(1)),
        "variants": rows,
        "shareOfBareServer": round(rows["bare, RSGI"]["serverUs"] / own, 3),
        "shareOfBareWsgi": round(rows["bare, WSGI"]["serverUs"] / own, 3),
        "flaskOverOurs": round(rows["bare Flask"]["serverUs"] / own, 2),
        "beatsPerCoreSec": round(1e6 / (own + rows["ours"]["redisUs"])),
    }


def run_wrk(port: int, data: Path, seconds: int) -> int:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(LUA), f"http://127.0.0.1:{port}"]
    if (os.cpu_count() or 1) > 1:
        command = ["taskset", "-c", "1", *command]
    done = subprocess.run(
        command, env={**os.environ, "BENCH_DATA": str(data)}, capture_output=True, text=True, check=True
    )
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    requests = int(re.search(r"(\d+) requests in", done.stdout)[1])  # type: ignore[index]
    if bad and int(bad[1]) > requests * 0.02:
        raise SystemExit(f"bench: {bad[1]} of {requests} heartbeats were refused: the figures would mean nothing")
    return requests


@contextmanager
def bare(kind: str) -> Iterator[tuple[int, int]]:
    port = free_port()
    with child([sys.executable, "-m", "bench.bare", kind, str(port)], port) as pid:
        yield pid, port


@contextmanager
def ours(place: Ground) -> Iterator[tuple[int, int]]:
    port = free_port()
    settings = {
        "data_dir": str(place.folder), "database_url": place.database_url, "redis_url": place.redis.url, "tls": "off",
        "listen": f"127.0.0.1:{port}", "secret_key": SECRET_KEY,
    }  # fmt: skip
    environ = {f"SERVERSCTL_{name.upper()}": value for name, value in settings.items()}
    with child([sys.executable, "-m", "serversctl.cli.main", "web"], port, environ) as pid:
        yield pid, port


@contextmanager
def child(argv: list[str], port: int, environ: dict[str, str] | None = None) -> Iterator[int]:
    """A server on core 0 until the block ends."""
    pin = ["taskset", "-c", "0"] if (os.cpu_count() or 1) > 1 else []
    process = subprocess.Popen(
        [*pin, *argv], env={**os.environ, **(environ or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until(lambda: answers(port))
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def wait_until(done: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise SystemExit("bench: a server did not start")
        time.sleep(0.1)
