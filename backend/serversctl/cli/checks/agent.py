"""The agent that members download: built, whole, and as its manifest says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import serversctl

from ..diagnosis import Finding, Patient, fail, ok


def dist_folder(patient: Patient) -> Path:
    named = patient.settings.agent_dist
    return Path(named) if named else Path(serversctl.__file__).resolve().parents[2] / "agent" / "dist"


def check(patient: Patient) -> Iterator[Finding]:
    folder = dist_folder(patient)
    missing = [
        name
        for name in ("balctl_heartbeat.py", "agent.zip", "agent.json", "commands.json")
        if not (folder / name).is_file()
    ]
    if missing:
        yield fail("agent", f"{folder} lacks {', '.join(missing)}", "make agent, or mend SERVERSCTL_AGENT_DIST")
        return
    try:
        manifest = json.loads((folder / "agent.json").read_text())
        wanted = str(manifest["sha256"])
    except (ValueError, KeyError, TypeError) as why:
        yield fail("agent", f"{folder / 'agent.json'} cannot be read ({why!r})", "make agent")
        return
    found = hashlib.sha256((folder / "agent.zip").read_bytes()).hexdigest()
    if found != wanted:
        yield fail("agent", "agent.zip is not the one that agent.json describes", "make agent")
        return
    yield ok("agent", f"version {manifest.get('version', manifest.get('latestVersion', '?'))}, whole")
