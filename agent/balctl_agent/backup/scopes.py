"""What belongs to a backup, by scope: which paths are read here, and where a restore may write."""

from __future__ import annotations

import os
import re

from ..files import read_text, under
from ..haproxy_config import MAIN_CONFIG, config_arguments, config_files, words_of

HAPROXY_FOLDER = "/etc/haproxy"
CONF_FOLDER = "/etc/haproxy/conf.d"
CERTS_FOLDER = "/etc/haproxy/certs"
LETSENCRYPT = "/etc/letsencrypt"
SCOPES_OF_KIND = {
    "haproxy": ("main_config", "conf_d", "certificates", "letsencrypt", "referenced"),
    "ufw": ("firewall",),
}
NOT_REFERENCED = ("/etc/letsencrypt/", "/etc/haproxy/certs/", "/etc/haproxy/conf.d/", "/etc/balctl/")
CERTIFICATE_FOLDERS = ("/etc/ssl/", "/etc/pki/")
CERTIFICATE_NAME = re.compile(r".*\.(pem|crt|cer|key|chain|fullchain|ocsp|issuer|sctl|rsa|dsa|ecdsa)")


def scope_allows(scope: str, path: str) -> bool:
    """May an entry of this scope have this path? The only places a restore touches."""
    parts = path.split("/")
    if not path.startswith("/etc/") or any(part in ("", ".", "..") for part in parts[1:]) or "\0" in path:
        return False
    if scope == "main_config":
        return path == MAIN_CONFIG
    if scope == "conf_d":
        return path == CONF_FOLDER or (path.startswith(CONF_FOLDER + "/") and path.count("/") == 4)
    if scope == "certificates":
        return path == CERTS_FOLDER or path.startswith(CERTS_FOLDER + "/")
    if scope == "letsencrypt":
        return path == LETSENCRYPT or path.startswith(LETSENCRYPT + "/")
    if scope == "firewall":
        return path in ("/etc/ufw", "/etc/default/ufw") or path.startswith("/etc/ufw/")
    if scope == "referenced":
        return path != MAIN_CONFIG and not path.startswith(NOT_REFERENCED) and may_be_referenced(path)
    return False


def may_be_referenced(path: str) -> bool:
    """Nothing that could run programs or let people in when a snapshot brings it: no drop-in folder, no other name."""
    if path.startswith(HAPROXY_FOLDER + "/"):
        return True
    if any(part.endswith(".d") for part in path.split("/")):
        return False
    inside = path.startswith(CERTIFICATE_FOLDERS) and not path.endswith((".cnf", ".conf"))
    return inside or CERTIFICATE_NAME.fullmatch(path) is not None


def left_out(kind: str, root: str) -> list[str]:
    """Files that the configuration names and that no backup may hold: the snapshot says so instead of looking whole."""
    if kind != "haproxy":
        return []
    return [
        path
        for path in referenced(root)
        if path != MAIN_CONFIG and not path.startswith(NOT_REFERENCED) and not may_be_referenced(path)
    ]


def paths_of(kind: str, root: str) -> list[tuple[str, str]]:
    """(scope, path) of everything that a backup of this kind holds, folders before what is in them, each path once."""
    if kind == "ufw":
        found = [("firewall", path) for path in [*tree(root, "/etc/ufw"), "/etc/default/ufw"]]
    else:
        found = [("main_config", MAIN_CONFIG)]
        found += [("conf_d", path) for path in folder_with(root, CONF_FOLDER, ".cfg")]
        found += [("certificates", path) for path in tree(root, CERTS_FOLDER)]
        found += [("letsencrypt", path) for path in tree(root, LETSENCRYPT)]
        found += [("referenced", path) for path in referenced(root)]
    seen: set[str] = set()
    once = []
    for scope, path in found:
        if path not in seen and os.path.lexists(under(root, path)) and scope_allows(scope, path):
            seen.add(path)
            once.append((scope, path))
    return once


def tree(root: str, top: str) -> list[str]:
    """The folder and everything below it; links are listed, never walked."""
    rows = [top]
    for where, folders, names in os.walk(under(root, top)):
        folders.sort()
        shown = where if root == "/" else where[len(root.rstrip("/")) :]
        rows += [f"{shown}/{name}" for name in sorted([*folders, *names])]
    return sorted(rows)


def folder_with(root: str, folder: str, ending: str) -> list[str]:
    try:
        names = sorted(name for name in os.listdir(under(root, folder)) if name.endswith(ending))
    except OSError:
        return []
    return [folder, *(f"{folder}/{name}" for name in names)]


def referenced(root: str) -> list[str]:
    """Files below /etc that the configuration names: certificates wherever they are, other files in HAProxy's folder."""
    files = config_files(root, config_arguments(root))
    found: list[str] = [path for path in files if path.startswith("/etc/")]
    base = ""
    for path in files:
        for line in read_text(under(root, path), 16 << 20).splitlines():
            words = [word.strip("\"'") for word in words_of(line)]
            if words[:1] == ["crt-base"] and len(words) > 1:
                base = words[1]
            for key, value in zip(["", *words], words):
                full = below_root(root, os.path.join(base, value) if key in ("crt", "crt-list") else value)
                if key == "crt":
                    found += plain_files(root, full)
                elif key == "crt-list":
                    found.append(full)
                    rows = read_text(under(root, full)).splitlines() if full.startswith("/etc/") else []
                    named = [row.split()[0] for row in rows if row.strip() and not row.startswith("#")]
                    found += [below_root(root, os.path.join(base, name)) for name in named]
                elif full.startswith(HAPROXY_FOLDER + "/"):
                    found.append(full)
    return sorted({path for path in found if os.path.isfile(under(root, path)) and path.startswith("/etc/")})


def below_root(root: str, path: str) -> str:
    full = os.path.normpath(path)
    return full[len(root) :] if root != "/" and full.startswith(root + "/") else full


def plain_files(root: str, path: str) -> list[str]:
    """The file, or what HAProxy loads of a folder."""
    if not os.path.isdir(under(root, path)):
        return [path]
    if not path.startswith("/etc/"):
        return []
    names = sorted(name for name in os.listdir(under(root, path)) if not name.startswith("."))
    return [f"{path}/{name}" for name in names]
