"""HAProxy's runtime socket: one question per connection, the answer ends when the peer closes."""

from __future__ import annotations

import socket

from .clock import boot_seconds
from .errors import StepFailed

ANSWER_CAP_BYTES_RUNTIME = 8 << 20


def ask_haproxy(path: str, question: str, timeout_sec: float) -> str:
    """The answer's text. OSError when nobody answers in time. A question is one line: no newline, no semicolon."""
    if any(c in question for c in "\n\r;"):
        raise StepFailed("a runtime command must be one line")
    deadline = boot_seconds() + timeout_sec
    parts: list[bytes] = []
    size_bytes = 0
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as link:
        link.settimeout(timeout_sec)
        link.connect(path)
        link.sendall(question.encode() + b"\n")
        while True:
            link.settimeout(max(deadline - boot_seconds(), 0.001))
            chunk = link.recv(65536)
            if not chunk:
                return b"".join(parts).decode("utf-8", "replace")
            parts.append(chunk)
            size_bytes += len(chunk)
            if size_bytes > ANSWER_CAP_BYTES_RUNTIME:
                raise OSError("the answer is too large")


def stat_rows(text: str) -> list[dict[str, str]]:
    """Rows of `show stat` by column name. Every line ends with a comma, and columns differ between versions."""
    lines = text.splitlines()
    if not lines or not lines[0].startswith("# "):
        return []
    names = lines[0][2:].split(",")
    return [dict(zip(names, split_csv(line))) for line in lines[1:] if line.count(",") > 17]


def split_csv(line: str) -> list[str]:
    if '"' not in line:
        return line.split(",")
    fields: list[str] = []
    field: list[str] = []
    quoted = False
    for c in line:
        if c == '"':
            quoted = not quoted
        elif c == "," and not quoted:
            fields.append("".join(field))
            field = []
        else:
            field.append(c)
    return [*fields, "".join(field)]


def first_word(status: str) -> str:
    """`UP 1/3` and `MAINT (via x/y)` count by their first word."""
    return status.split(" ", 1)[0].split("(", 1)[0] or "unknown"


def stat_count(row: dict[str, str], name: str) -> int:
    value = row.get(name, "")
    return int(value) if value.isdigit() else 0


def server_states(rows: list[dict[str, str]]) -> dict[tuple[str, str], str]:
    return {(row["pxname"], row["svname"]): first_word(row.get("status", "")) for row in rows if row.get("type") == "2"}


FORCED_MAINT, FORCED_DRAIN = 1, 8


def admin_states(text: str) -> dict[tuple[str, str], int]:
    """Administrative bits of each server from `show servers state`: what was ordered, also of a server that is down.

    `show stat` says DOWN for a drained server that fails its checks, so it cannot confirm an order.
    """
    lines = [line for line in text.splitlines() if line]
    header = next((line[2:].split() for line in lines if line.startswith("# ")), [])
    rows = [dict(zip(header, line.split())) for line in lines if line[:1].isdigit() and " " in line]
    return {
        (row["be_name"], row["srv_name"]): int(row["srv_admin_state"])
        for row in rows
        if row.get("srv_admin_state", "").isdigit()
    }


def stat_summary(rows: list[dict[str, str]]) -> dict[str, object]:
    """Totals over the proxies. Counters restart with each reload: whoever computes rates must expect that."""
    fronts = [row for row in rows if row.get("type") == "0"]
    backs = [row for row in rows if row.get("type") == "1"]
    servers = [first_word(row.get("status", "")) for row in rows if row.get("type") == "2"]
    backend_states = [first_word(row.get("status", "")) for row in backs]
    return {
        "sessions": sum(stat_count(row, "scur") for row in fronts),
        "sessionsTotal": sum(stat_count(row, "stot") for row in fronts),
        "sessionRate": sum(stat_count(row, "rate") for row in fronts),
        "requestRate": sum(stat_count(row, "req_rate") for row in fronts),
        "requestsTotal": sum(stat_count(row, "req_tot") for row in fronts),
        "bytesIn": sum(stat_count(row, "bin") for row in fronts),
        "bytesOut": sum(stat_count(row, "bout") for row in fronts),
        "http5xx": sum(stat_count(row, "hrsp_5xx") for row in fronts),
        "queued": sum(stat_count(row, "qcur") for row in backs),
        "connectErrors": sum(stat_count(row, "econ") for row in backs),
        "backendsUp": backend_states.count("UP"),
        "backendsDown": backend_states.count("DOWN"),
        "serversUp": servers.count("UP") + servers.count("no"),
        "serversDown": servers.count("DOWN"),
        "serversDrain": servers.count("DRAIN"),
        "serversMaint": servers.count("MAINT"),
    }
