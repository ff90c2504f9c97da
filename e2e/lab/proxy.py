"""A TCP proxy in user space that can be as bad as a network: slow, silent, one-sided, cut, reset.

With two different namespaces it is also a way from the machine into a lab (`listen` on loopback, dial inside).
"""

from __future__ import annotations

import enum
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Self

Within = Callable[[], AbstractContextManager[None]]
RESET = struct.pack("ii", 1, 0)  # SO_LINGER 1, 0 s: close() sends a reset


class Fault(enum.Enum):
    """What happens to bytes now; it holds for open connections as well as new ones."""

    NONE = "none"
    FREEZE = "freeze"  # bytes wait and arrive after healing, as over a cable that was out for a while
    DROP = "drop"  # bytes vanish, connections look open
    DROP_ANSWERS = "drop answers"  # half open: requests arrive, answers do not
    REFUSE = "refuse"  # new connections are reset, open ones go on


class FaultProxy:
    """Forwards `address` to `target`; use as a context manager, set faults at any time."""

    def __init__(
        self,
        target: tuple[str, int],
        *,
        listen: tuple[str, int] = ("127.0.0.1", 0),
        listen_within: Within = nullcontext,
        dial_within: Within = nullcontext,
    ) -> None:
        self._target, self._listen = target, listen
        self._listen_within, self._dial_within = listen_within, dial_within
        self._change = threading.Condition()
        self._fault, self._delay_sec = Fault.NONE, 0.0
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self.accepted = 0

    # --- faults -------------------------------------------------------------------------------------------------

    def delay(self, seconds: float) -> None:
        """Hold back each piece for this long, in both directions."""
        with self._change:
            self._delay_sec = seconds

    def freeze(self) -> None:
        self._set(Fault.FREEZE)

    def drop(self) -> None:
        self._set(Fault.DROP)

    def drop_answers(self) -> None:
        self._set(Fault.DROP_ANSWERS)

    def refuse(self) -> None:
        self._set(Fault.REFUSE)

    def heal(self) -> None:
        with self._change:
            self._delay_sec = 0.0
        self._set(Fault.NONE)

    def reset_all(self) -> None:
        """Reset every open connection now; new ones are served."""
        with self._change:
            doomed, self._open = self._open, set()
        for line in doomed:
            _reset(line)

    def _set(self, fault: Fault) -> None:
        with self._change:
            self._fault = fault
            self._change.notify_all()

    # --- work ---------------------------------------------------------------------------------------------------

    @property
    def address(self) -> tuple[str, int]:
        assert self._listener is not None, "start it first"
        host, port = self._listener.getsockname()[:2]
        return host, port

    @property
    def port(self) -> int:
        return self.address[1]

    def __enter__(self) -> Self:
        with self._listen_within():
            self._listener = socket.create_server(self._listen)
        threading.Thread(target=self._accept, args=(self._listener,), name="fault proxy", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread in accept
            listener.close()
        self.heal()
        self.reset_all()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return  # closed: the proxy has ended
            self.accepted += 1
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        if self._fault is Fault.REFUSE:
            _reset(client)
            return
        self._pass_freeze()
        try:
            with self._dial_within():
                server = socket.create_connection(self._target, timeout=10)
        except OSError:
            _reset(client)
            return
        server.settimeout(None)
        with self._change:
            self._open |= {client, server}
        back = threading.Thread(target=self._pump, args=(server, client, True), daemon=True)
        back.start()
        self._pump(client, server, False)
        back.join()
        for line in (client, server):
            with self._change:
                self._open.discard(line)
            line.close()

    def _pump(self, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:
        try:
            while piece := source.recv(65536):
                if self._delay_sec:
                    time.sleep(self._delay_sec)
                self._pass_freeze()
                if self._fault is Fault.DROP or (is_answer and self._fault is Fault.DROP_ANSWERS):
                    continue
                sink.sendall(piece)
            self._pass_freeze()
            if source not in self._open:
                raise ConnectionResetError("by reset_all: the other side must not take it for an orderly end")
            if self._fault not in (Fault.DROP, Fault.DROP_ANSWERS):
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            # One side was reset or closed by a fault: the other must hear of it.
            _reset(source)
            _reset(sink)

    def _pass_freeze(self) -> None:
        with self._change:
            self._change.wait_for(lambda: self._fault is not Fault.FREEZE)


def _reset(line: socket.socket) -> None:
    with suppress(OSError):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        line.shutdown(socket.SHUT_RD)  # wakes a thread in recv
    with suppress(OSError):
        line.close()
