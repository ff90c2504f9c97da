"""Backups of this host: HAProxy with its certificates, and the firewall's rules."""

from __future__ import annotations

from ..backup.writer import take_snapshot
from ..errors import StepFailed
from ..jobchild import JobContext
from ..procs import find_program
from ..registry import command

TOLD_BYTES = 4096
SNAPSHOT_PARAMS: dict[str, dict[str, object]] = {
    "backupKey": {"type": "string", "title": "Key", "pattern": "[0-9a-f]{64}", "required": True},
    "keyGeneration": {"type": "integer", "title": "Key generation", "min": 1, "required": True},
    "snapshotId": {"type": "string", "title": "Snapshot", "pattern": "[0-9a-f-]{8,64}", "required": True},
    "memberId": {"type": "string", "title": "Member", "pattern": "[0-9a-f-]{8,64}", "required": True},
    "baseSnapshotId": {"type": "string", "title": "Snapshot to build on", "pattern": "([0-9a-f-]{8,64})?", "default": ""},
}  # fmt: skip


@command(
    "backup.haproxy", title="Back up HAProxy",
    description="Seals HAProxy's configuration, its certificates, Let's Encrypt's folder and every certificate that the configuration names below /etc, and stores them. Nothing on the host changes.",
    hidden_params=SNAPSHOT_PARAMS, applies={"stack": "haproxy"}, danger="read", timeout_sec=3600, idempotent=True, resource="backup",
)  # fmt: skip
def run_backup_haproxy(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    return take_snapshot(context, "haproxy", params)


@command(
    "backup.ufw", title="Back up the firewall",
    description="Seals the rules of ufw (/etc/ufw and /etc/default/ufw) and stores them, with what `ufw status` says. Nothing on the host changes.",
    hidden_params=SNAPSHOT_PARAMS, danger="read", timeout_sec=900, idempotent=True, resource="backup",
)  # fmt: skip
def run_backup_ufw(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    program = find_program("ufw")
    if program is None:
        raise StepFailed("ufw is not installed on this host: there are no rules of it to back up")
    status = context.run([program, "status", "verbose"], 30.0)
    result = take_snapshot(context, "ufw", params)
    return {**result, "ufwStatus": status.output.strip()[:TOLD_BYTES]}
