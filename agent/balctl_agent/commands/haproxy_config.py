"""HAProxy's configuration: read whole, checked as a candidate, applied with a way back, and its traffic sampled."""

from __future__ import annotations

import json
import os

from ..config_set import InvalidConfig, candidate_from, check_candidate, read_set
from ..errors import StepFailed
from ..failpoint import failpoint
from ..file_swap import FileSwap
from ..haproxy_config import ConfigFacts
from ..haproxy_control import reload_haproxy, service_action
from ..haproxy_watch import (
    haproxy_runs,
    refuse_taken_addresses,
    sample_traffic,
    totals_now,
    wait_for_new_worker,
    watch_after,
    worker_pid,
)
from ..jobchild import JobContext
from ..registry import command
from ..unfinished import SWAP_FOLDER, undo_unfinished_swap

FINGERPRINT = {
    "type": "string", "title": "Fingerprint", "pattern": "[0-9a-f]{64}|",
    "help": "SHA-256 of the configuration that must be live; empty: whatever is live", "default": "",
}  # fmt: skip


@command(
    "haproxy.config_read", title="Read the configuration",
    description="Sends all configuration files of HAProxy to the control plane, which keeps them as a version.",
    applies={"stack": "haproxy"}, danger="read", timeout_sec=60, idempotent=True, resource="none",
)  # fmt: skip
def run_config_read(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    found = read_set(context)
    context.output("config", json.dumps(found).encode())
    return {"fingerprint": found["fingerprint"], "files": [str(file["path"]) for file in found["files"]]}  # type: ignore[attr-defined]


@command(
    "haproxy.config_check", title="Check a configuration",
    description="Validates a candidate with this host's own HAProxy, away from the live files. Nothing changes.",
    applies={"stack": "haproxy"}, danger="read", timeout_sec=90, idempotent=True, resource="none",
)  # fmt: skip
def run_config_check(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    files = candidate_from(context, context.input("config"))
    context.step("Check the candidate")
    try:
        return {"valid": True, "messages": check_candidate(context, files)}
    except InvalidConfig as why:
        context.say(str(why))
        return {"valid": False, "messages": why.messages, "error": str(why)}


@command(
    "haproxy.config_apply", title="Apply a configuration",
    description="Validates the candidate, puts it in place, reloads, watches HAProxy, and puts the old files back when anything is wrong.",
    params={
        "fingerprint": FINGERPRINT,
        "watchSec": {"type": "integer", "title": "Watch for", "min": 1, "max": 120, "default": 10, "help": "Seconds"},
    },
    applies={"stack": "haproxy"}, danger="change", timeout_sec=300, idempotent=True, resource="haproxy",
)  # fmt: skip
def run_config_apply(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    files = candidate_from(context, context.input("config"))
    live = read_set(context)
    texts = {str(file["path"]): file for file in live["files"]}  # type: ignore[attr-defined]
    if files == {path: file["text"] for path, file in texts.items()}:
        return {"changed": False, "fingerprint": live["fingerprint"]}
    if params["fingerprint"] and params["fingerprint"] != live["fingerprint"]:
        raise StepFailed("the live configuration is not the one that was edited: read it again, and look at both")
    context.step("Check the candidate", 10)
    check_candidate(context, files)
    running = haproxy_runs(context)
    before, worker = (totals_now(context), worker_pid(context)) if running else (None, "")
    if running:
        old = "\n".join(str(file["text"]) for file in texts.values())
        refuse_taken_addresses(ConfigFacts(old), ConfigFacts("\n".join(files.values())))
    if undo_unfinished_swap(context.root, context.config.state_dir):
        raise StepFailed(
            "an earlier change was cut off and is undone now: look at the configuration, then order it again"
        )
    swap = FileSwap(context.root, os.path.join(context.config.state_dir, SWAP_FOLDER))
    model = next(iter(texts.values()))
    for path, text in files.items():
        like = texts.get(path, model)
        if path not in texts or texts[path]["text"] != text:
            swap.write(path, text.encode(), int(like["mode"]), int(like["uid"]), int(like["gid"]))
    for path in texts:
        if path not in files:
            swap.remove(path)
    context.step("Put the files in place", 30)
    swap.begin()
    failpoint("config_swapped")
    try:
        if running:
            context.step("Reload HAProxy", 40)
            reload_haproxy(context)
            wait_for_new_worker(context, worker)
            context.step(f"Watch HAProxy for {params['watchSec']} s", 50)
            watch_after(context, before, int(str(params["watchSec"])))
    except StepFailed as why:
        context.say(f"putting the old configuration back: {why}")
        swap.undo()
        if haproxy_runs(context):
            reload_haproxy(context)
        else:
            service_action(context, "start")
        raise StepFailed(f"{why}. The old configuration is back.") from None
    failpoint("config_watched")
    swap.finish()
    return {"changed": True, "fingerprint": read_set(context)["fingerprint"], "reloaded": running}


@command(
    "haproxy.traffic_sample", title="Sample the traffic",
    description="Counts requests, errors and sessions for some seconds, and which backends are down.",
    params={"seconds": {"type": "integer", "title": "Seconds", "min": 1, "max": 600, "default": 15}},
    applies={"stack": "haproxy"}, danger="read", timeout_sec=660, idempotent=True, resource="none",
)  # fmt: skip
def run_traffic_sample(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    return sample_traffic(context, int(str(params["seconds"])))
