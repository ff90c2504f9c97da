"""The host's own veto: /etc/balctl/policy.json says which commands this host accepts. No job can change it.

{"allow": ["haproxy.*"], "deny": ["haproxy.provision"], "denyDanger": ["dangerous"]}
Without the file everything is accepted. A file that cannot be read or understood denies everything: a veto fails closed.
"""

from __future__ import annotations

import fnmatch
import json
import os

from .files import read_capped

POLICY_KEYS = {"allow", "deny", "denyDanger"}


class HostPolicy:
    def __init__(
        self, *, allow: list[str], deny: list[str], deny_danger: list[str], fault: str = "", present: bool = True
    ) -> None:
        self.allow = allow
        self.deny = deny
        self.deny_danger = deny_danger
        self.fault = fault
        self.present = present

    def refusal(self, command_id: str, danger: str) -> str:
        """Empty when the host accepts the command, else the reason."""
        if self.fault:
            return f"the host's policy file is faulty, so nothing is accepted: {self.fault}"
        if any(fnmatch.fnmatchcase(command_id, pattern) for pattern in self.deny):
            return f"the host's policy denies {command_id}"
        if danger in self.deny_danger:
            return f"the host's policy denies commands of class {danger}"
        if not any(fnmatch.fnmatchcase(command_id, pattern) for pattern in self.allow):
            return f"the host's policy does not allow {command_id}"
        return ""

    def report(self) -> dict[str, object]:
        if not self.present:
            return {"present": False}
        if self.fault:
            return {"present": True, "fault": self.fault}
        return {"present": True, "allow": self.allow, "deny": self.deny, "denyDanger": self.deny_danger}


def read_policy(path: str) -> HostPolicy:
    everything = HostPolicy(allow=["*"], deny=[], deny_danger=[], present=False)
    try:
        found = os.stat(path)
        raw = read_capped(path, 64 * 1024)
    except FileNotFoundError:
        return everything
    except OSError as why:
        return HostPolicy(allow=[], deny=[], deny_danger=[], fault=f"{path}: {why.strerror or why}")
    if found.st_uid not in (0, os.getuid()) or found.st_mode & 0o022:
        return HostPolicy(
            allow=[], deny=[], deny_danger=[], fault=f"{path} must belong to root and be writable by root alone"
        )
    try:
        return parse_policy(json.loads(raw.decode("utf-8")))
    except (ValueError, RecursionError) as why:
        return HostPolicy(allow=[], deny=[], deny_danger=[], fault=f"{path}: {str(why)[:200]}")


def parse_policy(value: object) -> HostPolicy:
    if not isinstance(value, dict) or set(value) - POLICY_KEYS:
        raise ValueError("it must be an object with allow, deny and denyDanger only")
    lists: dict[str, list[str]] = {}
    for key, default in (("allow", ["*"]), ("deny", []), ("denyDanger", [])):
        entries = value.get(key, default)
        if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
            raise ValueError(f"{key} must be a list of texts")
        lists[key] = entries
    return HostPolicy(allow=lists["allow"], deny=lists["deny"], deny_danger=lists["denyDanger"])
