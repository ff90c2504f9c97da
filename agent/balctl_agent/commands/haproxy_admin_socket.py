"""The UNIX socket that runtime control needs, on and off."""

from __future__ import annotations

import os

from ..errors import StepFailed
from ..files import read_text, under, write_atomic
from ..haproxy_config import SECTIONS, config_files, words_of
from ..haproxy_control import current_config, replace_config, socket_answers
from ..jobchild import JobContext
from ..registry import command

ADMIN_LINES = ("stats socket /run/haproxy/admin.sock mode 600 level admin expose-fd listeners", "stats timeout 2m")
SOCKET_FOLDER = "/run/haproxy"


def lines_with_socket(text: str) -> str:
    """The two lines in the global section; the section is made when there is none. An old `stats timeout` gives way."""
    kept = lines_without(text, lambda words: words[:2] == ["stats", "timeout"])
    lines = kept.split("\n")
    added = ["    " + line for line in ADMIN_LINES]
    for number, line in enumerate(lines):
        if words_of(line)[:1] == ["global"]:
            return "\n".join(lines[: number + 1] + added + lines[number + 1 :])
    return "\n".join(["global", *added, "", kept])


def lines_without_socket(text: str) -> str:
    wanted = [line.split() for line in ADMIN_LINES]
    return lines_without(text, lambda words: words in wanted)


def lines_without(text: str, unwanted) -> str:  # type: ignore[no-untyped-def]
    """The text without the lines of the global section that `unwanted` picks."""
    section = ""
    kept = []
    for line in text.split("\n"):
        words = words_of(line)
        if words and words[0] in SECTIONS:
            section = words[0]
        if not (section == "global" and words and unwanted(words)):
            kept.append(line)
    return "\n".join(kept)


def global_file(context: JobContext, arguments: list[str]) -> str:
    """The file that holds the global section. It must be named on HAProxy's command line, so that a candidate can stand in."""
    for path in config_files(context.root, arguments):
        if any(
            words_of(line)[:1] == ["global"] for line in read_text(under(context.root, path), 16 << 20).splitlines()
        ):
            if path not in arguments:
                raise StepFailed(
                    f"the global section is in {path}, inside a folder of configuration files: add the lines there by hand"
                )
            return path
    return arguments[0]


@command(
    "haproxy.admin_socket_enable", title="Enable the admin socket",
    description="Adds a UNIX socket for runtime control (drain, ready, maintenance) to the global section and reloads. It is not reachable over the network.",
    applies={"stack": "haproxy"}, danger="change", timeout_sec=120, idempotent=True, resource="haproxy",
)  # fmt: skip
def run_admin_socket_enable(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    arguments, facts = current_config(context)
    if facts.admin_socket:
        return {"changed": False, "socket": facts.admin_socket}
    folder = under(context.root, SOCKET_FOLDER)
    if not os.path.isdir(folder):
        os.makedirs(folder, 0o755)
        tmpfiles = under(context.root, "/etc/tmpfiles.d")
        if os.path.isdir(tmpfiles):  # /run is empty after a reboot
            write_atomic(tmpfiles + "/balctl-haproxy.conf", f"d {SOCKET_FOLDER} 0755 root root -\n".encode(), 0o644)
    path = global_file(context, arguments)
    old = read_text(under(context.root, path), 16 << 20)
    replace_config(context, path, lines_with_socket(old), arguments)
    if not socket_answers(folder + "/admin.sock", 10.0):
        context.say("the socket does not answer: putting the old configuration back")
        replace_config(context, path, old, arguments)
        raise StepFailed("HAProxy was reloaded but its admin socket does not answer; the old configuration is back")
    return {"changed": True, "socket": SOCKET_FOLDER + "/admin.sock"}


@command(
    "haproxy.admin_socket_disable", title="Disable the admin socket",
    description="Removes the two lines that enabling it added and reloads. Sockets that were configured otherwise stay.",
    applies={"stack": "haproxy"}, danger="change", timeout_sec=120, idempotent=True, resource="haproxy",
)  # fmt: skip
def run_admin_socket_disable(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    arguments, _ = current_config(context)
    path = global_file(context, arguments)
    old = read_text(under(context.root, path), 16 << 20)
    new = lines_without_socket(old)
    if new != old:
        replace_config(context, path, new, arguments)
    left = current_config(context)[1].admin_socket
    return {"changed": new != old, **({"stillOpen": left} if left else {})}
