"""Free ports that a server may take a moment later."""

from __future__ import annotations

import random
import socket
from pathlib import Path

# Below the kernel's range for outgoing connections (from 32768), so that no client socket takes the port meanwhile.
FIRST, LAST = 15000, 31999


def family_of(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def is_free(address: str, port: int) -> bool:
    """Can TCP and UDP both be bound? Name servers need the pair."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(family_of(address), kind) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def free_port(address: str = "127.0.0.1") -> int:
    for _ in range(200):
        port = random.randint(FIRST, LAST)
        if is_free(address, port):
            return port
    raise OSError(f"No free port between {FIRST} and {LAST} at {address}.")


def accepts(address: str, port: int) -> bool:
    """Does somebody listen there (TCP)?"""
    try:
        with socket.create_connection((address, port), timeout=0.5):
            return True
    except OSError:
        return False


def accepts_unix(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(0.5)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
