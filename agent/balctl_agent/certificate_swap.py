"""A certificate into a running HAProxy through its admin socket: no reload, so drained servers stay drained."""

from __future__ import annotations

import os
import socket

from .errors import StepFailed
from .files import under
from .haproxy_config import ConfigFacts
from .haproxy_socket import ask_haproxy
from .jobchild import JobContext

SOCKET_WAIT_SEC = 10.0
ANSWER_MAX_BYTES = 65536


def swap_in_memory(context: JobContext, facts: ConfigFacts, live: str, data: bytes) -> bool:
    """True when HAProxy serves from now on what the file holds; False when it has to be reloaded for that."""
    if not facts.admin_socket:
        return False
    path = under(context.root, facts.admin_socket)
    try:
        known = known_certificate(ask_haproxy(path, "show ssl cert", SOCKET_WAIT_SEC), live)
        if not known:
            return False
        said = tell_certificate(path, known, data)
        if "Transaction" in said:
            said = ask_haproxy(path, f"commit ssl cert {known}", SOCKET_WAIT_SEC)
        if "Success" in said:
            context.say("HAProxy took the certificate over its admin socket, without a reload")
            return True
        ask_haproxy(path, f"abort ssl cert {known}", SOCKET_WAIT_SEC)
    except (OSError, StepFailed) as why:
        said = str(why)
    context.say(f"the admin socket did not take it ({' '.join(said.split())[:200]}): HAProxy is reloaded instead")
    return False


def known_certificate(listed: str, live: str) -> str:
    """The file's name as HAProxy wrote it down when it loaded it; it keeps double slashes."""
    for line in listed.splitlines():
        name = line.strip().lstrip("*")
        if name.startswith("/") and os.path.normpath(name) == live and not any(c in name for c in " ;"):
            return name
    return ""


def tell_certificate(path: str, name: str, data: bytes) -> str:
    """`set ssl cert` with its payload: lines up to an empty one (HAProxy management guide, 9.3)."""
    lines = [line for line in data.split(b"\n") if line.strip()]
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as link:
        link.settimeout(SOCKET_WAIT_SEC)
        link.connect(path)
        link.sendall(f"set ssl cert {name} <<\n".encode() + b"\n".join(lines) + b"\n\n")
        answer = b""
        while len(answer) < ANSWER_MAX_BYTES:
            chunk = link.recv(65536)
            if not chunk:
                break
            answer += chunk
    return answer.decode("utf-8", "replace")
