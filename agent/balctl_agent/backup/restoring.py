"""A restore: staged, judged by HAProxy, swapped in, watched; the old files are back, inode by inode, when anything is wrong."""

from __future__ import annotations

import os
import re

from ..errors import NeedsRoot, StepFailed
from ..failpoint import failpoint
from ..files import read_text, under
from ..haproxy_config import ConfigFacts, config_arguments, config_files
from ..haproxy_control import check_config, has_systemd, reload_haproxy, service_action
from ..haproxy_watch import (
    haproxy_runs,
    refuse_taken_addresses,
    totals_now,
    wait_for_new_worker,
    watch_after,
    worker_pid,
)
from ..jobchild import JobContext
from ..unfinished import undo_unfinished_swap
from .firewall import firewall_is_active, reload_firewall
from .object_wire import ObjectWire
from .overlay_check import check_overlaid
from .reader import SnapshotReader
from .scopes import CONF_FOLDER, SCOPES_OF_KIND, folder_with
from .staging import Stage, select
from .tree_swap import TreeSwap
from .writer import Order

RESTORE_WATCH_SEC = 10
CONFIG_CAP_BYTES_RESTORE = 16 << 20
MOST_PATHS_TOLD = 50


def open_snapshot(context: JobContext, params: dict[str, object], wire: ObjectWire) -> SnapshotReader:
    order = Order({**params, "memberId": params["sourceMember"]})
    context.step("Open the snapshot", 5)
    return SnapshotReader(order, wire.get)


def chosen_scopes(text: str, kind: str) -> set[str]:
    """Scopes of a comma text; all of the kind when it is empty. StepFailed for one that the kind does not have."""
    known = SCOPES_OF_KIND[kind]
    wanted = {part.strip() for part in text.split(",") if part.strip()} or set(known)
    for scope in sorted(wanted - set(known)):
        raise StepFailed(f"a backup of {kind} has no scope {scope!r}; it has {', '.join(known)}")
    return wanted


def chosen_paths(text: str) -> set[str]:
    return {part.strip().rstrip("/") for part in re.split(r"[\n,]", text) if part.strip()}


class Restore:
    def __init__(self, context: JobContext, reader: SnapshotReader, scopes: set[str], paths: set[str]) -> None:
        if os.getuid() != 0 and context.root == "/":
            raise NeedsRoot("a restore needs root: run the agent's service as root")
        self._context = context
        self._reader = reader
        self._chosen = select(reader, scopes, paths)
        self._stage = Stage(context.root)
        self._swap = TreeSwap(context.root, context.config.state_dir)
        self._gone = self._extra_config() if "conf_d" in scopes and not paths else []
        self._firewall = any(entry["scope"] == "firewall" for entry in self._chosen)
        self._haproxy = any(entry["scope"] != "firewall" for entry in self._chosen)
        self._checked_first = False

    def _extra_config(self) -> list[str]:
        """Configuration files that are here and not in the snapshot: left alone, they would mix with the old ones."""
        saved = {entry["path"] for entry in self._reader.entries}
        return [path for path in folder_with(self._context.root, CONF_FOLDER, ".cfg")[1:] if path not in saved]

    def run(self, start_it: bool = False) -> dict[str, object]:
        """The result. StepFailed: every file is as it was before."""
        context = self._context
        if self._swap.undo() or undo_unfinished_swap(context.root, context.config.state_dir):
            context.say("an earlier change was cut off: its old files are back")
        context.step(f"Stage {len(self._chosen)} entries", 10)
        self._stage.fill(self._reader, self._chosen)
        failpoint("restore_staged")
        running = self._haproxy and haproxy_runs(context)
        try:
            if self._haproxy:
                context.step("Let HAProxy check the staged files", 40)
                self._checked_first = check_overlaid(context, self._stage, self._gone)
            if running:
                refuse_taken_addresses(ConfigFacts(self._config_text(False)), ConfigFacts(self._config_text(True)))
            before, worker = (totals_now(context), worker_pid(context)) if running else (None, "")
            context.step("Put the files in place", 50)
            self._swap.begin(self._chosen, self._gone)
        except BaseException:
            self._stage.clear()
            raise
        try:
            if self._haproxy:
                check_config(context, config_arguments(context.root))
            if running:
                context.step("Reload HAProxy", 60)
                reload_haproxy(context)
                wait_for_new_worker(context, worker)
                context.step(f"Watch HAProxy for {RESTORE_WATCH_SEC} s", 70)
                watch_after(context, before, RESTORE_WATCH_SEC)
            elif self._haproxy and start_it and has_systemd(context.root):
                context.step("Start HAProxy", 60)
                context.need(["systemctl", "enable", "haproxy.service"], 60.0)
                service_action(context, "start")
                watch_after(context, None, RESTORE_WATCH_SEC)
            if self._firewall:
                reload_firewall(context)
        except (StepFailed, OSError) as why:
            self._back(running, str(why))
            raise StepFailed(f"{why}. The old files are back.") from None
        failpoint("restore_watched")
        self._swap.finish()
        return self._result(running)

    def _back(self, running: bool, why: str) -> None:
        context = self._context
        context.step(f"Put the old files back: {why}", 95)
        self._swap.undo()
        if running and haproxy_runs(context):
            reload_haproxy(context)
        elif running:
            service_action(context, "start")
        if self._firewall and firewall_is_active(context):
            reload_firewall(context)

    def _config_text(self, staged: bool) -> str:
        """What HAProxy reads now, or will read."""
        root = self._context.root
        paths = set(config_files(root, config_arguments(root)))
        if staged:
            paths |= {str(e["path"]) for e in self._chosen if e["scope"] in ("main_config", "conf_d")}
            paths -= set(self._gone)
        texts = []
        for path in sorted(paths):
            place = self._stage.place(path) if staged and path.startswith("/etc/") else ""
            texts.append(read_text(place if os.path.isfile(place) else under(root, path), CONFIG_CAP_BYTES_RESTORE))
        return "\n".join(texts)

    def _result(self, running: bool) -> dict[str, object]:
        files = [str(entry["path"]) for entry in self._chosen if entry["type"] == "file"]
        torn = [str(entry["path"]) for entry in self._chosen if entry["status"] == "changed"]
        lost = [str(entry["path"]) for entry in self._reader.entries if entry["status"] == "unreadable"]
        return {
            "files": len(files), "bytes": sum(int(str(entry["sizeBytes"])) for entry in self._chosen),
            "paths": files[:MOST_PATHS_TOLD], "removed": self._gone[:MOST_PATHS_TOLD], "torn": torn[:MOST_PATHS_TOLD],
            "missing": lost[:MOST_PATHS_TOLD], "reloaded": running, "checkedFirst": self._checked_first, "note": self._note(),
        }  # fmt: skip

    def _note(self) -> str:
        read_here = config_arguments(self._context.root)
        has_conf_d = any(entry["scope"] == "conf_d" and entry["type"] == "file" for entry in self._chosen)
        if has_conf_d and CONF_FOLDER not in [path.rstrip("/") for path in read_here]:
            return (
                f"HAProxy is not started with {CONF_FOLDER} on this host: add it to EXTRAOPTS in /etc/default/haproxy."
            )
        return ""
