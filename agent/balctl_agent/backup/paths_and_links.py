"""Which names and which links a snapshot may hold: the same rule for whoever writes one and whoever reads one."""

from __future__ import annotations

import os
import re

from .scopes import LETSENCRYPT

Entry = dict[str, object]
MOST_LINKS = 8
UNUSABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


def usable_path(path: str) -> bool:
    """No control characters, no bytes that are not UTF-8, no name longer than a file system takes."""
    if len(path) > 4096 or UNUSABLE.search(path):
        return False
    return all(len(part.encode()) <= 255 for part in path.split("/"))


def stays_inside(path: str, target: str) -> bool:
    """A relative link below /etc/letsencrypt that does not leave it: the only links that are kept as links."""
    if not path.startswith(LETSENCRYPT + "/") or not target or target.startswith("/") or not usable_path(target):
        return False
    folder = path.rsplit("/", 1)[0]
    return os.path.normpath(os.path.join(folder, target)).startswith(LETSENCRYPT + "/")


def link_end(path: str, entry: Entry, by_path: dict[str, Entry]) -> str | None:
    """The file or folder of the snapshot that a link ends at, over a few links. None: it ends nowhere."""
    for _ in range(MOST_LINKS):
        words = path.split("/")[:-1]
        for part in str(entry["target"]).split("/"):
            words = words[:-1] if part == ".." else words if part in ("", ".") else [*words, part]
        path = "/".join(words)
        found = by_path.get(path)
        if found is None or found["type"] != "link":
            return path if found is not None else None
        entry = found
    return None
