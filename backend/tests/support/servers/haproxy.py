"""A real HAProxy that answers `GET /whoami` with a name, with two servers behind it and its admin socket open."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path
from typing import Self

from .ports import accepts, accepts_unix, free_port
from .process import HERE, ChildServer, Within, program

CONFIG = """global
    stats socket {socket} mode 660 level admin
    stats timeout 30s
defaults
    mode http
    timeout connect 1s
    timeout client 10s
    timeout server 10s
frontend web
    bind {address}:{port}
    http-request return status 200 content-type text/plain string "{name}\\n" if {{ path /whoami }}
    default_backend app
backend app
    server s1 127.0.0.1:{backend1} check inter 500ms
    server s2 127.0.0.1:{backend2} check inter 500ms
frontend the-servers
    bind 127.0.0.1:{backend1}
    bind 127.0.0.1:{backend2}
    http-request return status 200 content-type text/plain string "page of {name}\\n"
"""


class HaProxy(ChildServer):
    """Runs in master-worker mode as Debian's unit does, so `reload` is the real one (SIGUSR2)."""

    title = "HAProxy"
    stop_signal = signal.SIGTERM
    address: str
    port: int

    @classmethod
    def start(
        cls,
        directory: Path | None = None,
        *,
        name: str = "h1",
        address: str = "127.0.0.1",
        port: int | None = None,
        config: str | None = None,
        within: Within = HERE,
    ) -> Self:
        """`config` replaces the built-in one; it may use {socket}, {address}, {port}, {name}."""
        binary = program("haproxy", package="haproxy")
        server = cls(directory, within=within)
        server.address = address
        with within():
            server.port = port or free_port(address)
            values = {"backend1": free_port(), "backend2": free_port(), "name": name, "address": address}
        text = (config or CONFIG).format(socket=server.socket_path, port=server.port, **values)
        server.config_path.write_text(text)
        server.launch(
            [binary, "-W", "-db", "-f", str(server.config_path)],
            answers=lambda: accepts(address, server.port) and accepts_unix(server.socket_path),
        )
        return server

    @property
    def config_path(self) -> Path:
        return self.directory / "haproxy.cfg"

    @property
    def socket_path(self) -> Path:
        return self.directory / "admin.sock"

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.port}"

    def reload(self) -> None:
        """Ask for a reload; the old worker serves until the new one does."""
        os.kill(self.pid, signal.SIGUSR2)

    def ask(self, command: str) -> str:
        """One command over the admin socket, e.g. `show stat`."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            line.connect(str(self.socket_path))
            line.sendall(command.encode() + b"\n")
            parts = []
            while chunk := line.recv(65536):
                parts.append(chunk)
        return b"".join(parts).decode()
