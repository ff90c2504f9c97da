"""The fault proxy is as bad as it says. Runs anywhere: loopback only."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from e2e.lab.proxy import FaultProxy


class Echo:
    """Answers each piece with itself and remembers what arrived."""

    def __init__(self) -> None:
        self.heard = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with line:
            try:
                while piece := line.recv(65536):
                    self.heard += piece
                    line.sendall(piece)
            except OSError:
                return

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    server = Echo()
    yield server
    server.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[FaultProxy]:
    with FaultProxy(echo.address) as started:
        yield started


@pytest.fixture
def line(proxy: FaultProxy) -> Iterator[socket.socket]:
    """A connection through the proxy that has worked once."""
    with socket.create_connection(proxy.address, timeout=2) as opened:
        assert say(opened, b"hello") == b"hello"
        opened.settimeout(0.2)
        yield opened


def say(line: socket.socket, piece: bytes) -> bytes:
    line.sendall(piece)
    return line.recv(65536)


def test_a_frozen_line_delivers_after_healing(proxy: FaultProxy, line: socket.socket) -> None:
    proxy.freeze()
    with pytest.raises(TimeoutError):
        say(line, b"late")
    proxy.heal()
    line.settimeout(2)
    assert line.recv(10) == b"late"


def test_dropped_bytes_never_arrive(proxy: FaultProxy, line: socket.socket, echo: Echo) -> None:
    proxy.drop()
    with pytest.raises(TimeoutError):
        say(line, b"lost")
    proxy.heal()
    line.settimeout(2)
    assert say(line, b"again") == b"again"
    assert echo.heard == b"helloagain"


def test_a_half_open_line_carries_requests_and_loses_answers(
    proxy: FaultProxy, line: socket.socket, echo: Echo
) -> None:
    proxy.drop_answers()
    with pytest.raises(TimeoutError):
        say(line, b"order")
    assert echo.heard == b"helloorder"


def test_a_delayed_line_is_slow_in_both_directions(proxy: FaultProxy, line: socket.socket) -> None:
    proxy.delay(0.1)
    line.settimeout(2)
    begin = time.monotonic()
    assert say(line, b"x") == b"x"
    assert time.monotonic() - begin >= 0.2


def test_reset_hits_open_lines_and_new_ones_are_served(proxy: FaultProxy, line: socket.socket) -> None:
    line.settimeout(2)
    proxy.reset_all()
    with pytest.raises(ConnectionResetError):
        line.recv(1)
    with socket.create_connection(proxy.address, timeout=2) as fresh:
        assert say(fresh, b"new") == b"new"
    assert proxy.accepted == 2


def test_refusing_hits_new_lines_and_open_ones_go_on(proxy: FaultProxy, line: socket.socket) -> None:
    proxy.refuse()
    with pytest.raises(ConnectionResetError):
        socket.create_connection(proxy.address, timeout=2).recv(1)
    line.settimeout(2)
    assert say(line, b"still here") == b"still here"


def test_a_dead_target_is_a_reset_for_the_caller() -> None:
    gone = Echo()
    gone.close()
    # The reset may be there as soon as the connection is.
    with FaultProxy(gone.address) as proxy, pytest.raises(ConnectionResetError):
        socket.create_connection(proxy.address, timeout=2).recv(1)


def test_the_end_of_one_side_reaches_the_other(proxy: FaultProxy, line: socket.socket) -> None:
    line.settimeout(2)
    line.shutdown(socket.SHUT_WR)
    assert line.recv(1) == b""


def test_nothing_listens_after_the_end(echo: Echo) -> None:
    with FaultProxy(echo.address) as proxy:
        address = proxy.address
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=1)
