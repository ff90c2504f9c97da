"""The real web role as a child process: granian, the gate, the streams and the app, over a database and a Redis."""

from __future__ import annotations

import os
import ssl
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Self

from .ports import free_port
from .process import ChildServer


class ControlPlaneWeb(ChildServer):
    """`serversctl web` on a free port of 127.0.0.1."""

    title = "web"
    port: int
    scheme: str

    @classmethod
    def start(
        cls,
        *,
        database_url: str,
        redis_url: str,
        secret_key: str,
        tls: str = "off",
        ca: Path | None = None,
        **settings: str,
    ) -> Self:
        server = cls()
        server.port = free_port()
        server.scheme = "http" if tls == "off" else "https"
        server._ca = ca
        names = {
            "data_dir": str(server.directory), "database_url": database_url, "redis_url": redis_url,
            "listen": f"127.0.0.1:{server.port}", "tls": tls, "secret_key": secret_key, "web_threads": "2", **settings,
        }  # fmt: skip
        environ = {f"SERVERSCTL_{name.upper()}": value for name, value in names.items()}
        argv = [
            "env",
            *[f"{name}={value}" for name, value in environ.items()],
            sys.executable,
            "-m",
            "serversctl.cli.main",
            "web",
        ]
        os.environ.setdefault("PYTHONUNBUFFERED", "1")
        server.launch(argv, answers=server._answers)
        return server

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    _ca: Path | None = None

    def context(self) -> ssl.SSLContext | None:
        return ssl.create_default_context(cafile=str(self._ca)) if self._ca else None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2, context=self.context()) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False
