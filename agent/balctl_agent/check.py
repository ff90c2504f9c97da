"""`--check`: every requirement tried on this host, each with the fix."""

from __future__ import annotations

import os
import sys
import time

from .config import AgentConfig, load_config
from .errors import AgentError, ConfigError
from .files import under
from .manifest import pinned_keys
from .procs import find_program, run_program
from .server_view import date_offset_sec
from .transport import Address, HttpsClient, Resolver
from .version import AGENT_VERSION

GOOD, BAD, NOTE = "ok  ", "FAIL", "note"


class Checklist:
    def __init__(self) -> None:
        self.failed = False

    def say(self, mark: str, what: str, detail: str) -> None:
        self.failed = self.failed or mark == BAD
        sys.stdout.write(f"{mark}  {what:<14} {detail}\n")


def check_host(environ: dict[str, str]) -> int:
    """Print one line per requirement; 0 when none failed."""
    lines = Checklist()
    python = sys.version.split()[0]
    good = sys.version_info >= (3, 9)
    lines.say(
        GOOD if good else BAD,
        "python",
        python if good else f"{python}: 3.9 or newer is needed. Install the package python39.",
    )
    systemd = os.path.isdir("/run/systemd/system")
    lines.say(
        GOOD if systemd else NOTE,
        "systemd",
        "running" if systemd else "not running: nothing restarts the agent. Use a host with systemd.",
    )
    root = os.getuid() == 0
    lines.say(
        GOOD if root else NOTE,
        "root",
        "yes" if root else "no: heartbeats work, most jobs will not. Run the service as root.",
    )
    openssl = find_program("openssl")
    shown = run_program([openssl, "version"], 5.0).output.strip() if openssl else ""
    lines.say(
        GOOD if openssl else NOTE,
        "openssl",
        shown or "missing: updates cannot be verified. Install the package openssl.",
    )
    try:
        config = load_config(environ)
        config.need_secret()
    except ConfigError as why:
        lines.say(BAD, "settings", str(why))
        return 1
    check_settings(lines, config)
    check_network(lines, config)
    return 1 if lines.failed else 0


def check_settings(lines: Checklist, config: AgentConfig) -> None:
    for warning in config.warnings:
        lines.say(BAD if "has mode" in warning else NOTE, "settings", warning)
    if os.path.exists(config.env_path):
        lines.say(GOOD, "settings", f"{config.env_path}, mode {os.stat(config.env_path).st_mode & 0o777:03o}")
    else:
        lines.say(
            NOTE, "settings", f"from the environment alone; {config.env_path} is missing. Run balctl-agent.sh --enrol."
        )
    lines.say(GOOD, "host name", f"{config.hostname} (BALCTL_HOSTNAME overrides it)")
    keys = pinned_keys(config.keys_dir)
    lines.say(
        GOOD if keys else NOTE,
        "release keys",
        f"{len(keys)} pinned"
        if keys
        else f"none in {config.keys_dir}: updates are refused. Run balctl-agent.sh --enrol again.",
    )
    writable = os.access(config.state_dir, os.W_OK) or not os.path.exists(config.state_dir)
    lines.say(
        GOOD if writable else BAD,
        "state",
        config.state_dir if writable else f"{config.state_dir} cannot be written: jobs would be refused. Run as root.",
    )
    policy = under(config.root, "/etc/balctl/policy.json")
    lines.say(GOOD, "policy", policy if os.path.exists(policy) else "none: every command is accepted")


def check_network(lines: Checklist, config: AgentConfig) -> None:
    address = Address(config.api_base)
    if config.proxy:
        lines.say(NOTE, "proxy", "connections go through the proxy; it resolves the name")
    else:
        try:
            found = Resolver().lookup(address.host, address.port, 5.0)
            lines.say(GOOD, "DNS", f"{address.host} is {found[0][1][0]}")
        except AgentError as why:
            lines.say(BAD, "DNS", str(why))
            return
    client = HttpsClient(config)
    body = {"hostname": config.hostname, "agentVersion": AGENT_VERSION, "host": {"kernel": os.uname().release}}
    try:
        answer = client.post_json("/api/agents/heartbeat", body, 15.0)
    except AgentError as why:
        lines.say(BAD, "connection", str(why))
        return
    finally:
        client.close()
    lines.say(GOOD, "TCP and TLS", f"{address.authority}, certificate accepted")
    offset = date_offset_sec(client.last_date, time.time())
    if offset is None:
        lines.say(NOTE, "clock", "the server sent no date")
    else:
        wrong = abs(offset) > 60
        lines.say(
            BAD if wrong else GOOD,
            "clock",
            f"{offset:+.0f} s against the server"
            + (": switch time synchronisation on (timedatectl set-ntp true)" if wrong else ""),
        )
    good = answer.status == 200
    lines.say(GOOD if good else BAD, "heartbeat", "accepted" if good else f"refused: {answer.problem()}")
