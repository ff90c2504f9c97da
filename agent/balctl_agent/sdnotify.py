"""Messages to systemd (sd_notify(3)). Without NOTIFY_SOCKET they go nowhere."""

from __future__ import annotations

import os
import socket


class Notifier:
    def __init__(self, environ: dict[str, str]) -> None:
        self._path = environ.get("NOTIFY_SOCKET", "")
        watchdog = environ.get("WATCHDOG_USEC", "")
        ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self.watchdog_sec = int(watchdog) / 1e6 if watchdog.isdigit() and ours else 0.0
        self._socket: socket.socket | None = None

    def send(self, message: str) -> None:
        if not self._path:
            return
        try:
            if self._socket is None:
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            address = "\0" + self._path[1:] if self._path.startswith("@") else self._path
            self._socket.sendto(message.encode(), address)
        except OSError:
            pass  # systemd itself is restarting: the next message will arrive
