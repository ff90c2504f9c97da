"""Bring a snapshot back onto this host, or onto a fresh one."""

from __future__ import annotations

from ..backup.object_wire import ObjectWire
from ..backup.restoring import Restore, chosen_paths, chosen_scopes, open_snapshot
from ..errors import StepFailed
from ..jobchild import JobContext
from ..procs import find_program
from ..registry import command
from .haproxy_provision import install_package

READ_PARAMS: dict[str, dict[str, object]] = {
    "backupKey": {"type": "string", "title": "Key", "pattern": "[0-9a-f]{64}", "required": True},
    "keyGeneration": {"type": "integer", "title": "Key generation", "min": 1, "required": True},
    "sourceMember": {"type": "string", "title": "Member of the snapshot", "pattern": "[0-9a-f-]{8,64}", "required": True},
}  # fmt: skip
SNAPSHOT_PARAM: dict[str, object] = {
    "type": "string", "title": "Snapshot", "help": "the id of a snapshot", "pattern": "[0-9a-f-]{8,64}", "required": True,
}  # fmt: skip
SCOPES_PARAM: dict[str, object] = {
    "type": "string", "title": "Scopes", "pattern": "[a-z_, ]*", "default": "",
    "help": "with commas between: main_config, conf_d, certificates, letsencrypt, referenced, firewall; empty: all that it has",
}  # fmt: skip


@command(
    "backup.restore", title="Restore a backup",
    description="Stages the chosen files, lets HAProxy check them, swaps them in, reloads and watches HAProxy for 10 s. The old files come back when anything is wrong.",
    params={
        "snapshotId": SNAPSHOT_PARAM, "scopes": SCOPES_PARAM,
        "paths": {"type": "string", "title": "Paths", "help": "only these files or folders, with commas or lines between", "default": ""},
    },
    hidden_params=READ_PARAMS, danger="dangerous", timeout_sec=1800, idempotent=True, resource="haproxy",
)  # fmt: skip
def run_backup_restore(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    wire = ObjectWire(context.config, context.job_id, context.attempt)
    try:
        reader = open_snapshot(context, params, wire)
        scopes = chosen_scopes(str(params["scopes"]), str(reader.manifest["kind"]))
        return Restore(context, reader, scopes, chosen_paths(str(params["paths"]))).run()
    finally:
        wire.close()


@command(
    "standby.provision_from_backup", title="Build a standby from a backup",
    description="Installs HAProxy where it is missing, restores another member's configuration and certificates, checks them and starts HAProxy.",
    params={"snapshotId": SNAPSHOT_PARAM, "scopes": SCOPES_PARAM},
    hidden_params=READ_PARAMS, danger="dangerous", timeout_sec=2700, idempotent=True, stops_haproxy=True, resource="haproxy",
)  # fmt: skip
def run_provision_from_backup(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    wire = ObjectWire(context.config, context.job_id, context.attempt)
    try:
        reader = open_snapshot(context, params, wire)  # before anything is installed: it may be damaged
        if reader.manifest["kind"] != "haproxy":
            raise StepFailed("this snapshot holds no HAProxy configuration: choose one of kind haproxy")
        scopes = chosen_scopes(str(params["scopes"]), "haproxy")
        installed = find_program("haproxy") is None
        if installed:
            context.step("Install HAProxy", 10)
            install_package(context, False)
        return {**Restore(context, reader, scopes, set()).run(start_it=True), "installed": installed}
    finally:
        wire.close()
