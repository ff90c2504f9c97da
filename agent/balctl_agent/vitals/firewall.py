"""Which firewall this host has and whether it is on. A summary, not the rules."""

from __future__ import annotations

import os
import re

from ..files import read_text, under
from ..procs import find_program, run_program
from .services import systemctl_states


def read_firewall(root: str) -> dict[str, object]:
    """`kind` is ufw, firewalld, nftables or none; `rules` is a count where it is cheap to know."""
    if os.path.exists(under(root, "/etc/ufw/ufw.conf")):
        enabled = bool(
            re.search(r"^ENABLED=yes", read_text(under(root, "/etc/ufw/ufw.conf")), re.MULTILINE | re.IGNORECASE)
        )
        rules = read_text(under(root, "/etc/ufw/user.rules")).count("\n### tuple ###")
        if enabled or not os.path.isdir(under(root, "/etc/firewalld")):
            return {"kind": "ufw", "enabled": enabled, "rules": rules}
    if os.path.isdir(under(root, "/etc/firewalld")):
        summary: dict[str, object] = {"kind": "firewalld", "enabled": False}
        if root == "/":
            summary["enabled"] = systemctl_states(["firewalld"]).get("firewalld") == "active"
        zone = re.search(r"^DefaultZone=(\S+)", read_text(under(root, "/etc/firewalld/firewalld.conf")), re.MULTILINE)
        if zone:
            summary["zone"] = zone.group(1)
        return summary
    program = find_program("nft") if root == "/" else None
    if program:
        shown = run_program([program, "list", "ruleset"], 5.0)
        if shown.ok:
            rules = len(re.findall(r"^\t\t(?!type |policy ).+", shown.output, re.MULTILINE))
            return {"kind": "nftables" if rules else "none", "enabled": rules > 0, "rules": rules}
    return {"kind": "none", "enabled": False}
