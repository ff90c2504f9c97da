"""A way in by SSH: the service, and one public key in or out."""

from __future__ import annotations

import os

from ..errors import StepFailed
from ..jobchild import JobContext
from ..registry import command
from ..ssh_host import install_sshd, ssh_banner, ssh_unit, sshd_settings
from ..ssh_keys import (
    KEY_PATTERN,
    HostUser,
    administrators,
    checked_key,
    host_users,
    key_identity,
    keys_of,
    open_ssh_folder,
    read_keys,
    write_keys,
)
from ..vitals.firewall import read_firewall

SSH_USER = {"type": "string", "title": "User", "help": "an account of this host", "pattern": r"[a-z_][a-z0-9_-]{0,31}", "default": "root"}  # fmt: skip
SSH_KEY = {"type": "string", "title": "Public key", "help": "one line of a .pub file", "pattern": KEY_PATTERN, "required": True}  # fmt: skip


@command(
    "ssh.access_enable", title="Enable SSH access",
    description="Lets one public key in: installs and starts the SSH server when needed and adds the key to the user's authorized_keys. Whoever holds the private key can then sign in.",
    params={"publicKey": SSH_KEY, "user": SSH_USER},
    danger="dangerous", timeout_sec=900, idempotent=True, resource="ssh",
)  # fmt: skip
def run_ssh_access_enable(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    user = account_of(context, str(params["user"]))
    line = str(params["publicKey"])
    identity = checked_key(line)
    context.step("Install and start the server", 20)
    installed = install_sshd(context)
    unit = ssh_unit(context)
    if unit is not None:
        context.need(["systemctl", "enable", "--now", unit], 90.0)
    settings = sshd_settings(context)
    context.step("Add the key", 60)
    folder = open_ssh_folder(context.root, user, make=True)
    try:
        old = read_keys(folder)
        added = identity not in [key_identity(known) for known in old.splitlines()]
        if added:
            write_keys(folder, user, old + ("" if not old or old.endswith("\n") else "\n") + line + "\n")
    finally:
        os.close(folder)
    notes = []
    if user.uid == 0 and settings.get("permitrootlogin") == ["no"]:
        notes.append("The server's settings let root not in (PermitRootLogin no).")
    firewall = read_firewall(context.root)
    if firewall.get("enabled"):
        notes.append(f"A firewall is on ({firewall['kind']}): see that it lets port {ssh_ports(settings)} in.")
    banner = ssh_banner(settings)
    if banner is None:
        notes.append("The server does not answer on this host yet.")
    return {"added": added, "installed": installed, "user": user.name, "banner": banner, "notes": notes}


@command(
    "ssh.access_disable", title="Remove an SSH key",
    description="Takes one public key out of the user's authorized_keys. Refused when nobody who administers this host could sign in any more.",
    params={"publicKey": SSH_KEY, "user": SSH_USER},
    danger="dangerous", timeout_sec=120, idempotent=True, resource="ssh",
)  # fmt: skip
def run_ssh_access_disable(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    user = account_of(context, str(params["user"]))
    identity = checked_key(str(params["publicKey"]))
    if identity not in [key_identity(line) for line in keys_of(context.root, user)]:
        return {"removed": False, "user": user.name}
    if sshd_settings(context).get("passwordauthentication") == ["no"]:
        others = [
            line
            for one in administrators(context.root)
            for line in keys_of(context.root, one)
            if one.name != user.name or key_identity(line) != identity
        ]
        if not others:
            raise StepFailed(
                "this is the last key of anybody who administers this host, and passwords are off: add another key first"
            )
    folder = open_ssh_folder(context.root, user, make=False)
    try:
        kept = [line for line in read_keys(folder).splitlines() if key_identity(line) != identity]
        write_keys(folder, user, "".join(line + "\n" for line in kept))
    finally:
        os.close(folder)
    return {"removed": True, "user": user.name}


def account_of(context: JobContext, name: str) -> HostUser:
    user = host_users(context.root).get(name)
    if user is None:
        raise StepFailed(f"there is no account {name} on this host: make it first, or choose another")
    if not user.can_log_in:
        raise StepFailed(f"the account {name} may not log in (its shell is {user.shell}): choose another")
    return user


def ssh_ports(settings: dict[str, list[str]]) -> str:
    return ", ".join(settings.get("port") or ["22"])
