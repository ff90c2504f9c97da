"""Keys only: a drop-in for the SSH server that takes itself back when the server does not answer with it."""

from __future__ import annotations

import os
import re

from ..errors import StepFailed
from ..failpoint import failpoint
from ..files import read_text, remove_quietly, sync_folder, under, write_atomic
from ..jobchild import JobContext
from ..registry import command
from ..ssh_host import SSHD_CONFIG, answers_after_reload, reload_sshd, ssh_banner, sshd_program, sshd_settings
from ..ssh_keys import administrators, keys_of

SSH_DROP_IN_FOLDER = "/etc/ssh/sshd_config.d"
# The first value that sshd reads counts: this file has to sort before the others.
SSH_DROP_IN = SSH_DROP_IN_FOLDER + "/00-balctl-hardening.conf"
SSH_WANTED = {
    "passwordauthentication": "no",
    "kbdinteractiveauthentication": "no",
    "permitrootlogin": "prohibit-password",
    "permitemptypasswords": "no",
    "maxauthtries": "4",
    "x11forwarding": "no",
}
SSH_SAME = {"prohibit-password": "without-password"}  # what `sshd -T` calls it


@command(
    "ssh.hardening_enable", title="Harden SSH",
    description="Passwords off, keys only, fewer tries, no X11. Refused when nobody who administers this host has a key; taken back by itself when the server does not answer afterwards.",
    danger="dangerous", timeout_sec=180, idempotent=True, resource="ssh",
)  # fmt: skip
def run_ssh_hardening_enable(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    sshd_program()
    context.step("Look who could still sign in", 10)
    before = sshd_settings(context)
    with_keys = [user.name for user in administrators(context.root) if keys_of(context.root, user)]
    if before.get("permitrootlogin") == ["no"]:
        with_keys = [name for name in with_keys if name != "root"]
    if not with_keys:
        raise StepFailed(
            "nobody who administers this host (root, sudo, wheel) has a key in authorized_keys: passwords off would lock everybody out. Add a key first (ssh.access_enable)."
        )
    if not re.search(r"(?im)^\s*Include\s+\S*sshd_config\.d/", read_text(under(context.root, SSHD_CONFIG))):
        raise StepFailed(
            f"{SSHD_CONFIG} does not include {SSH_DROP_IN_FOLDER}: add 'Include {SSH_DROP_IN_FOLDER}/*.conf' as its first line"
        )
    wanted = dict(SSH_WANTED)
    if before.get("permitrootlogin") == ["no"]:
        wanted["permitrootlogin"] = "no"  # stricter already
    path = under(context.root, SSH_DROP_IN)
    old = read_text(path) if os.path.exists(path) else None
    new = "# Written by balctl-agent: undo with ssh.hardening_disable.\n" + "".join(
        f"{k} {v}\n" for k, v in wanted.items()
    )
    answered = ssh_banner(before, 2.0) is not None
    context.step("Write and check", 40)
    os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
    write_atomic(path, new.encode(), 0o600)
    failpoint("ssh_written")
    try:
        after = sshd_settings(context)
        deaf = [k for k, v in wanted.items() if k in after and after[k] not in ([v], [SSH_SAME.get(v, v)])]
        if deaf:
            raise StepFailed(
                f"other settings win over {', '.join(deaf)}: look for them in {SSHD_CONFIG} above its Include"
            )
        context.step("Reload and knock", 70)
        running = reload_sshd(context, after)
        if (running or answered) and not answers_after_reload(after):
            raise StepFailed("the SSH server did not answer after the reload")
    except StepFailed as why:
        put_ssh_back(context, path, old)
        raise StepFailed(f"{why}; the settings from before are back") from None
    return {"changed": old != new, "administratorsWithKeys": with_keys, "reloaded": running, "file": SSH_DROP_IN}


@command(
    "ssh.hardening_disable", title="Take SSH hardening back",
    description="Removes the file that hardening wrote and reloads: the server's own settings count again.",
    danger="change", timeout_sec=120, idempotent=True, resource="ssh",
)  # fmt: skip
def run_ssh_hardening_disable(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    path = under(context.root, SSH_DROP_IN)
    if not os.path.exists(path):
        return {"changed": False}
    put_ssh_back(context, path, None)
    return {"changed": True}


def put_ssh_back(context: JobContext, path: str, old: str | None) -> None:
    if old is None:
        remove_quietly(path)
        sync_folder(os.path.dirname(path))
    else:
        write_atomic(path, old.encode(), 0o600)
    settings = sshd_settings(context)
    if reload_sshd(context, settings):
        answers_after_reload(settings)
