"""Ways from this machine into a lab: a TCP port, and a name server that `dig` can ask from any terminal."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from typing import Self

from .proxy import FaultProxy, Within

BIGGEST_DATAGRAM = 65535


class UdpDoor:
    """Takes a datagram at `listen`, asks `target` from inside, and brings back the one answer that comes in 2 s."""

    def __init__(
        self, target: tuple[str, int], *, listen: tuple[str, int] = ("127.0.0.1", 0), dial_within: Within = nullcontext
    ) -> None:
        self._target, self._listen, self._dial_within = target, listen, dial_within
        self._socket: socket.socket | None = None
        self._workers: ThreadPoolExecutor | None = None

    @property
    def address(self) -> tuple[str, int]:
        assert self._socket is not None, "start it first"
        host, port = self._socket.getsockname()[:2]
        return host, port

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(self._listen)
        self._workers = ThreadPoolExecutor(16, thread_name_prefix="udp door")
        threading.Thread(target=self._take, args=(self._socket, self._workers), daemon=True).start()
        return self

    def _take(self, door: socket.socket, workers: ThreadPoolExecutor) -> None:
        while True:
            try:
                question, asker = door.recvfrom(BIGGEST_DATAGRAM)
                workers.submit(self._ask, door, question, asker)
            except (OSError, RuntimeError):
                return  # closed: the door is shut

    def _ask(self, door: socket.socket, question: bytes, asker: tuple[str, int]) -> None:
        with suppress(OSError):  # nobody answers: the asker sees a timeout, as it would without the door
            with self._dial_within():
                line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with line:
                line.settimeout(2)
                line.connect(self._target)
                line.send(question)
                door.sendto(line.recv(BIGGEST_DATAGRAM), asker)

    def __exit__(self, *_: object) -> None:
        if self._socket is not None and self._workers is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread; an unconnected socket says ENOTCONN
            self._socket.close()
            self._workers.shutdown(wait=True)
            self._socket = self._workers = None


class NameServerDoor:
    """Both halves of a name server's port, UDP and TCP, under one number: `dig @127.0.0.1 -p <port> …`."""

    def __init__(
        self, target: tuple[str, int], *, listen: tuple[str, int] = ("127.0.0.1", 0), dial_within: Within
    ) -> None:
        self._tcp = FaultProxy(target, listen=listen, dial_within=dial_within)
        self._target, self._listen, self._dial_within = target, listen, dial_within
        self._udp: UdpDoor | None = None

    @property
    def address(self) -> tuple[str, int]:
        return self._tcp.address

    def __enter__(self) -> Self:
        self._tcp.__enter__()
        try:
            self._udp = UdpDoor(self._target, listen=self._tcp.address, dial_within=self._dial_within).__enter__()
        except OSError:
            self._tcp.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._udp is not None:
            self._udp.__exit__()
        self._tcp.__exit__()
