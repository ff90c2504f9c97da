"""A D-Bus that knows the state of units."""

from __future__ import annotations

import os
import socket
import threading

from .form import agent


class FakeBus:
    """D-Bus as systemd speaks it: SASL, Hello, Properties.Get, a signal in between."""

    def __init__(self, path: str, states: dict[str, str]) -> None:
        self.states = states
        self.connections = 0
        self.listener = socket.socket(socket.AF_UNIX)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self.listener.bind(path)
        self.listener.listen(2)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            link.recv(512)
            link.sendall(b"OK 0123\r\n")
            data = b""
            while chunk := link.recv(65536):
                data = (data + chunk).replace(b"BEGIN\r\n", b"", 1)
                while len(data) >= 16:
                    body, serial, fields = (int.from_bytes(data[i : i + 4], "little") for i in (4, 8, 12))
                    total = 16 + fields + (-fields % 8) + body
                    if len(data) < total:
                        break
                    message, data = data[:total], data[total:]
                    unit = next((u for u in self.states if agent.escape_unit(u).encode() in message), None)
                    self._reply(link, serial, self.states.get(unit or "", ""))

    def _reply(self, link: socket.socket, serial: int, state: str) -> None:
        body = b"\x01s\0\0" + len(state).to_bytes(4, "little") + state.encode() + b"\0"
        fields = b"\x05\x01u\0" + serial.to_bytes(4, "little")
        head = (
            b"l\x02\0\x01"
            + len(body).to_bytes(4, "little")
            + (99).to_bytes(4, "little")
            + len(fields).to_bytes(4, "little")
        )
        signal_head = (
            b"l\x04\0\x01"
            + (0).to_bytes(4, "little")
            + (1).to_bytes(4, "little")
            + (8).to_bytes(4, "little")
            + b"\x08\x01g\0\x01s\0\0"
        )
        link.sendall(signal_head + head + fields + body)
