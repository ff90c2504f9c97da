"""All files of HAProxy's configuration as one thing: read, checked as a candidate, put in the place of the live ones."""

from __future__ import annotations

import json
import os
import re

from .errors import StepFailed
from .files import ScratchFolder, read_capped, under
from .haproxy_config import config_arguments, config_files, config_fingerprint
from .jobchild import JobContext
from .procs import find_program

SET_CAP_BYTES = 3 << 20
SET_MOST_FILES = 200
ALERT = re.compile(r"\[(ALERT|WARNING|NOTICE)\]\s*(?:\(\d+\)\s*:\s*|[\d/]+ \(\d+\)\s*:\s*)?(.*)")
PLACE = re.compile(r"\[([^\[\]:]+):(\d+)\]")
SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}\.cfg")


def read_set(context: JobContext) -> dict[str, object]:
    """{arguments, files: [{path, text, mode, uid, gid}], fingerprint} of what HAProxy runs on, or would start with."""
    arguments = config_arguments(context.root)
    paths = config_files(context.root, arguments)
    if not paths:
        raise StepFailed(f"{arguments[0]} is missing: install HAProxy with haproxy.provision, or restore a backup")
    if len(paths) > SET_MOST_FILES:
        raise StepFailed(f"{len(paths)} configuration files are more than the {SET_MOST_FILES} that can be handled")
    files = []
    for path in paths:
        live = under(context.root, path)
        found = os.stat(live)
        try:
            text = read_capped(live, SET_CAP_BYTES).decode()
        except UnicodeDecodeError:
            raise StepFailed(f"{path} is not UTF-8 text: convert it first") from None
        files.append(
            {"path": path, "text": text, "mode": found.st_mode & 0o777, "uid": found.st_uid, "gid": found.st_gid}
        )
    if sum(len(str(file["text"])) for file in files) > SET_CAP_BYTES:
        raise StepFailed(f"the configuration is larger than {SET_CAP_BYTES} bytes")
    return {"arguments": arguments, "files": files, "fingerprint": config_fingerprint(context.root, paths)}


def candidate_from(context: JobContext, data: bytes) -> dict[str, str]:
    """Path → text of a candidate. StepFailed for a file that HAProxy would not read on this host."""
    try:
        rows = json.loads(data)["files"]
        files = {str(row["path"]): str(row["text"]) for row in rows}
    except (ValueError, KeyError, TypeError):
        raise StepFailed("the candidate is not a list of files") from None
    if not files or len(files) != len(rows) or len(files) > SET_MOST_FILES:
        raise StepFailed(f"a configuration has 1 to {SET_MOST_FILES} files, each once")
    arguments = config_arguments(context.root)
    for path in files:
        place_of(path, arguments, context.root)
    missing = [path for path in arguments if path not in files and not os.path.isdir(under(context.root, path))]
    if missing:
        raise StepFailed(f"{missing[0]} is not in the candidate, and HAProxy is started with it")
    return files


def place_of(path: str, arguments: list[str], root: str) -> str:
    """The argument by which HAProxy reads this file. StepFailed when none does: we write nowhere else."""
    folder, _, name = path.rpartition("/")
    for argument in arguments:
        if path == argument:
            return argument
        if folder == argument.rstrip("/") and os.path.isdir(under(root, argument)) and SAFE_NAME.fullmatch(name):
            return argument
    raise StepFailed(
        f"HAProxy does not read {path} here. It reads {', '.join(arguments)}; in a folder, files that end in .cfg."
    )


def check_candidate(context: JobContext, files: dict[str, str]) -> list[dict[str, object]]:
    """`haproxy -c` over the candidate, away from the live files. Its messages; StepFailed when it is not valid."""
    program = find_program("haproxy")
    if program is None:
        raise StepFailed("the haproxy program is missing: run haproxy.provision")
    arguments = config_arguments(context.root)
    os.makedirs(context.config.state_dir, mode=0o700, exist_ok=True)
    with ScratchFolder(context.config.state_dir) as scratch:
        argv, names = [program, "-c"], {}
        for number, argument in enumerate(arguments):
            place = os.path.join(scratch, f"{number}")
            inside = [path for path in files if place_of(path, arguments, context.root) == argument]
            if argument in inside:
                place += ".cfg"
                write_candidate(place, files[argument])
                names[place] = argument
            else:
                os.mkdir(place, 0o700)
                for path in inside:
                    target = os.path.join(place, os.path.basename(path))
                    write_candidate(target, files[path])
                    names[target] = path
            argv += ["-f", place]
        done = context.run(argv, 60.0)
    messages = messages_of(done.output, names)
    if not done.ok:
        raise InvalidConfig(messages, done.reason or done.output[-300:])
    return messages


class InvalidConfig(StepFailed):
    """`haproxy -c` refuses the candidate; `messages` say where."""

    def __init__(self, messages: list[dict[str, object]], otherwise: str) -> None:
        alerts = [
            row for row in messages if row["level"] == "alert" and "found in configuration" not in str(row["text"])
        ]
        first = "; ".join(
            f"{row['path']}:{row['line']}: {row['text']}" if row.get("path") else str(row["text"]) for row in alerts[:3]
        )
        super().__init__(f"the configuration is not valid: {first or otherwise}")
        self.messages = messages


def write_candidate(path: str, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(text.encode())


def messages_of(output: str, names: dict[str, str]) -> list[dict[str, object]]:
    """Alerts and warnings with the file and line that they are about: {level, path?, line?, text}."""
    messages: list[dict[str, object]] = []
    for line in output.splitlines():
        matched = ALERT.match(line.strip())
        if not matched:
            continue
        text = matched.group(2).strip()
        row: dict[str, object] = {"level": matched.group(1).lower()}
        place = PLACE.search(text)
        if place and place.group(1) in names:
            row["path"], row["line"] = names[place.group(1)], int(place.group(2))
            text = text[place.end() :]
        for scratch, real in names.items():
            text = text.replace(scratch, real)
        row["text"] = text.strip(" :")[:400]
        messages.append(row)
    return messages[:100]
