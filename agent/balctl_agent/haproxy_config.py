"""Which files HAProxy runs on, and the little of their text that the agent must understand."""

from __future__ import annotations

import hashlib
import os
import re
import time

from .files import read_capped, read_text, under

MAIN_CONFIG = "/etc/haproxy/haproxy.cfg"
UNIT_FILES = (
    "/etc/systemd/system/haproxy.service",
    "/usr/lib/systemd/system/haproxy.service",
    "/lib/systemd/system/haproxy.service",
)
OPTION_FILES = ("/etc/default/haproxy", "/etc/sysconfig/haproxy")
SECTIONS = {
    "global", "defaults", "frontend", "backend", "listen", "peers", "resolvers", "userlist", "mailers", "program", "cache", "http-errors",
    "ring", "fcgi-app", "log-forward", "crt-store", "traces", "log-profile", "acme",
}  # fmt: skip
CONFIG_CAP_BYTES = 16 << 20


def running_pid(root: str) -> int | None:
    """HAProxy's master process by its pid file, when that process is alive and is HAProxy."""
    for path in ("/run/haproxy.pid", "/var/run/haproxy.pid"):
        text = read_text(under(root, path), 64).split("\n")[0].strip()
        if text.isdigit() and read_text(f"/proc/{text}/comm", 64).strip() == "haproxy":
            return int(text)
    return None


def command_line(pid: int) -> list[str]:
    """The words with which a process was started. A master that reloads executes itself anew, and has none for a moment."""
    for _ in range(10):
        text = read_text(f"/proc/{pid}/cmdline", 65536)
        if text:
            break
        time.sleep(0.02)
    return text.split("\0")


def config_arguments(root: str) -> list[str]:
    """The `-f` files and folders in the order that HAProxy reads them: of the running process, else of the unit."""
    pid = running_pid(root)
    if pid is not None:
        words = command_line(pid)
        paths = [words[i + 1] for i, word in enumerate(words[:-1]) if word == "-f"]
        if paths and all(path.startswith("/") for path in paths):
            return [path[len(root) :] if root != "/" and path.startswith(root + "/") else path for path in paths]
    for unit in UNIT_FILES:
        text = read_text(under(root, unit), 65536)
        start = next((line for line in text.splitlines() if line.startswith("ExecStart=")), "")
        if start:
            known = {"CONFIG": MAIN_CONFIG, "CFGDIR": "/etc/haproxy/conf.d"}
            known.update(
                re.findall(
                    r'\b([A-Z]+)=([^"\s]+)', " ".join(x for x in text.splitlines() if x.startswith("Environment="))
                )
            )
            for path in OPTION_FILES:
                known.update(re.findall(r'^([A-Z]+)="?([^"\n]*)"?$', read_text(under(root, path), 65536), re.MULTILINE))
            words = [known.get(word.strip("${}"), "") if word.startswith("$") else word for word in start.split()]
            paths = [words[i + 1] for i, word in enumerate(words[:-1]) if word == "-f"]
            present = [path for path in paths if os.path.exists(under(root, path))]
            if present:
                return present
    return [MAIN_CONFIG]


def config_files(root: str, arguments: list[str]) -> list[str]:
    """Single files, folders opened up: a folder means its *.cfg in lexical order."""
    files: list[str] = []
    for argument in arguments:
        folder = under(root, argument)
        if os.path.isdir(folder):
            try:
                names = sorted(
                    name for name in os.listdir(folder) if name.endswith(".cfg") and not name.startswith(".")
                )
            except OSError:
                names = []
            files += [f"{argument.rstrip('/')}/{name}" for name in names]
        elif os.path.isfile(folder):
            files.append(argument)
    return files


def config_fingerprint(root: str, files: list[str]) -> str:
    """SHA-256 over the contents in reading order: two members with the same configuration have the same one."""
    digest = hashlib.sha256()
    try:
        for path in files:
            digest.update(hashlib.sha256(read_capped(under(root, path), CONFIG_CAP_BYTES)).digest())
    except OSError:
        return ""
    return digest.hexdigest()


def words_of(line: str) -> list[str]:
    """Words of a configuration line without its comment. Quotes only matter for the few lines that we read."""
    return re.sub(r"(?<!\\)#.*$", "", line).split()


class ConfigFacts:
    """Listeners, the admin socket and the proxies of a configuration."""

    def __init__(self, text: str) -> None:
        self.stats_sockets: list[tuple[str, bool]] = []  # (path, level admin)
        self.listeners: list[dict[str, object]] = []
        self.frontends: dict[str, dict[str, object]] = {}
        self.backends: dict[str, list[dict[str, object]]] = {}
        section, name = "", ""
        for line in text.splitlines():
            words = words_of(line)
            if not words:
                continue
            if words[0] in SECTIONS:
                section, name = words[0], words[1] if len(words) > 1 else ""
                if section in ("frontend", "listen"):
                    self.frontends[name] = {"name": name}
                if section in ("backend", "listen"):
                    self.backends[name] = []
            elif section == "global" and words[:2] == ["stats", "socket"] and len(words) > 2:
                self.stats_sockets.append((words[2], "admin" in words[3:]))
            elif words[0] == "bind" and len(words) > 1 and section in ("frontend", "listen"):
                for address in words[1].split(","):
                    self.listeners.append(listener(name, address, words[2:]))
            elif words[0] == "server" and len(words) > 2 and section in ("backend", "listen"):
                self.backends[name].append({"name": words[1], "address": words[2]})
            elif words[0] == "default_backend" and len(words) > 1 and section in ("frontend", "listen"):
                self.frontends[name]["defaultBackend"] = words[1]
            elif words[0] == "mode" and len(words) > 1 and name in self.frontends:
                self.frontends[name]["mode"] = words[1]

    @property
    def admin_socket(self) -> str:
        """Path of the first UNIX socket with admin level, or empty."""
        return next((path for path, admin in self.stats_sockets if admin and path.startswith("/")), "")

    def topology(self, states: dict[tuple[str, str], str]) -> dict[str, object]:
        """Frontends, and backends with their servers; `states` is (backend, server) → first word of the status."""
        backends = []
        for name, servers in list(self.backends.items())[:200]:
            if servers:
                rows = [
                    {**server, "state": states.get((name, str(server["name"])), "unknown")} for server in servers[:200]
                ]
                backends.append({"name": name, "servers": rows})
        return {"frontends": list(self.frontends.values())[:200], "backends": backends}


def listener(proxy: str, address: str, options: list[str]) -> dict[str, object]:
    host, colon, port = address.rpartition(":")
    row: dict[str, object] = {"proxy": proxy, "address": host or "*" if colon else address, "ssl": "ssl" in options}
    if colon and port.isdigit():
        row["port"] = int(port)
    elif colon:
        row["ports"] = port
    return row
