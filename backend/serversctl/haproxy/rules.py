"""Decisions about configurations: values only."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FILES_MAX = 200
SIZE_MAX_BYTES = 900_000  # an edit has to fit into one request
PATH = re.compile(r"/(?:[A-Za-z0-9_][A-Za-z0-9_.-]*/)+[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}\.cfg")
DIFF_MAX_LINES = 20_000

# Fewer requests than this say nothing about a share of errors; fewer sessions a second nothing about their rate.
REQUESTS_MIN, SESSIONS_PER_SEC_MIN = 20, 5.0
ERROR_SHARE_FACTOR, ERROR_SHARE_SLACK, SESSION_DROP = 2.0, 0.02, 0.3


@dataclass(frozen=True, slots=True)
class File:
    """One configuration file."""

    path: str
    text: str


def wrong_files(files: Sequence[File]) -> dict[str, list[str]]:
    """Sentences by field about files that no host could take."""
    wrong: dict[str, list[str]] = {}
    if not 1 <= len(files) <= FILES_MAX:
        return {"files": [f"A configuration has 1 to {FILES_MAX} files."]}
    if sum(len(file.text.encode()) for file in files) > SIZE_MAX_BYTES:
        return {"files": [f"Together the files may have {SIZE_MAX_BYTES} bytes."]}
    seen: set[str] = set()
    for number, file in enumerate(files):
        if not PATH.fullmatch(file.path):
            wrong[f"files.{number}.path"] = [
                "Use a full path that ends in .cfg, for example /etc/haproxy/conf.d/10-app.cfg."
            ]
        elif file.path in seen:
            wrong[f"files.{number}.path"] = ["This file is there twice."]
        seen.add(file.path)
        if not file.text.strip():
            wrong[f"files.{number}.text"] = ["The file is empty: leave it out instead."]
    return wrong


def digest_of(files: Sequence[File]) -> str:
    """The same files have the same digest, in whatever order they come."""
    total = hashlib.sha256()
    for file in sorted(files, key=lambda one: one.path):
        total.update(file.path.encode() + b"\0" + hashlib.sha256(file.text.encode()).digest())
    return total.hexdigest()


def outline(files: Sequence[File]) -> list[dict[str, Any]]:
    """What lists show of the files: nothing of their text."""
    return [
        {"path": file.path, "lines": len(file.text.splitlines()), "sizeBytes": len(file.text.encode())}
        for file in files
    ]


def difference(before: Sequence[File], after: Sequence[File]) -> list[dict[str, Any]]:
    """Per file that differs: {path, change: added|removed|changed, added, removed, diff} with a unified diff."""
    old, new = {file.path: file.text for file in before}, {file.path: file.text for file in after}
    rows: list[dict[str, Any]] = []
    for path in sorted(old.keys() | new.keys()):
        if old.get(path) == new.get(path):
            continue
        lines = list(
            difflib.unified_diff(
                old.get(path, "").splitlines(), new.get(path, "").splitlines(), f"a{path}", f"b{path}", lineterm="", n=4
            )
        )
        kept = lines[:DIFF_MAX_LINES]
        rows.append(
            {
                "path": path,
                "change": "added" if path not in old else "removed" if path not in new else "changed",
                "added": sum(line.startswith("+") for line in lines[2:]),
                "removed": sum(line.startswith("-") for line in lines[2:]),
                "diff": "\n".join(kept),
            }
        )
    return rows


def regressions(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[str]:
    """Why the time after a change is worse than the time before it, as sentences; empty when it is not.

    Both are results of `haproxy.traffic_sample`; `before` is None when nothing could be measured then.
    """
    known_down = set((before or {}).get("backendsDown") or ())
    found = []
    down = [name for name in after.get("backendsDown") or () if name not in known_down]
    if down:
        found.append(f"Backends went down: {', '.join(down[:5])}.")
    if before is None:
        return found
    old, new = _share(before), _share(after)
    if old is not None and new is not None and new > old * ERROR_SHARE_FACTOR + ERROR_SHARE_SLACK:
        found.append(f"Answers with 5xx rose from {old:.1%} to {new:.1%} of the requests.")
    was, now = before.get("sessionsPerSec"), after.get("sessionsPerSec")
    if was is not None and now is not None and was >= SESSIONS_PER_SEC_MIN and now < was * SESSION_DROP:
        found.append(f"Sessions fell from {was:g} to {now:g} a second.")
    return found


def _share(sample: Mapping[str, Any]) -> float | None:
    requests, errors = sample.get("requests"), sample.get("errors5xx")
    if requests is None or errors is None or requests < REQUESTS_MIN:
        return None
    return float(errors) / float(requests)
