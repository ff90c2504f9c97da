"""Redis on a UNIX socket, nothing kept on disk."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal, Self

import redis as client

from .ports import free_port
from .process import ChildServer, program

Flavour = Literal["bundled", "debian"]


class Redis(ChildServer):
    """A real Redis. `bundled` is the binary that the product ships as its embedded default, `debian` the system's."""

    title = "Redis"
    port: int | None
    _argv: list[str]

    @classmethod
    def start(
        cls, directory: Path | None = None, *, flavour: Flavour = "bundled", tcp: bool = False, databases: int = 64
    ) -> Self:
        binary = _bundled() if flavour == "bundled" else program("redis-server", package="redis-server")
        server = cls(directory)
        server.port = free_port() if tcp else None
        server._argv = [
            binary,
            *("--port", str(server.port or 0), "--bind", "127.0.0.1"),
            *("--unixsocket", str(server.socket_path), "--unixsocketperm", "700"),
            *("--save", "", "--appendonly", "no"),
            *("--databases", str(databases), "--dir", str(server.directory)),
        ]
        server.restart()
        return server

    @property
    def socket_path(self) -> Path:
        return self.directory / "redis.sock"

    @property
    def url(self) -> str:
        if self.port:
            return f"redis://127.0.0.1:{self.port}/0"
        return f"unix://{self.socket_path}?db=0"

    def restart(self) -> None:
        """Start (again), empty: a restarted Redis here has lost everything, as an unsaved one in the field has."""
        if self.running():
            self.kill()
        self.socket_path.unlink(missing_ok=True)
        self.launch(self._argv, answers=self._answers)

    def flush(self) -> None:
        with client.Redis(unix_socket_path=str(self.socket_path)) as connection:
            connection.flushall()

    def _answers(self) -> bool:
        try:
            with client.Redis(unix_socket_path=str(self.socket_path), socket_timeout=1) as connection:
                return bool(connection.ping())
        except client.RedisError:
            return False


def _bundled() -> str:
    """The redis-server beside this Python, else the system's."""
    beside = Path(sys.prefix) / "bin/redis-server"
    return str(beside) if beside.exists() else program("redis-server", package="redis-server")
