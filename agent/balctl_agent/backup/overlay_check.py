"""HAProxy's own opinion of a staged tree before it is in place: `haproxy -c` sees it laid over /etc, nobody else does.

A private mount namespace with read-only overlays does that; it needs root and a kernel with overlayfs.
"""

from __future__ import annotations

import importlib
import os
import stat
import subprocess
from collections.abc import Callable

from ..errors import StepFailed
from ..files import remove_quietly, under
from ..haproxy_config import config_arguments
from ..jobchild import JobContext
from ..procs import child_environment, find_program
from ..text import clean_text
from .staging import Stage

NEW_MOUNTS = 0x00020000  # CLONE_NEWNS
READ_ONLY, RECURSIVE, PRIVATE = 1, 16384, 1 << 18  # sys/mount.h
CHECK_SEC = 60.0


def check_overlaid(context: JobContext, stage: Stage, gone: list[str]) -> bool:
    """True: HAProxy accepts the staged tree. False: this host cannot tell in advance. StepFailed: it does not accept it."""
    program = find_program("haproxy")
    tops = sorted(os.listdir(stage.new))
    etc = under(context.root, "/etc")
    if program is None or any(not os.path.isdir(os.path.join(etc, top)) for top in tops):
        return False
    layers = [(os.path.join(stage.new, top), os.path.join(etc, top)) for top in tops]
    if any(c in path for layer in layers for path in layer for c in ":,\\"):
        return False  # these mean something to mount
    arguments = config_arguments(context.root)
    argv = [program, "-c"]
    for argument in arguments:
        argv += ["-f", under(context.root, argument)]
    hidden = [stage.place(path) for path in gone]
    try:
        for path in hidden:
            os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
            os.mknod(path, stat.S_IFCHR, os.makedev(0, 0))  # overlayfs' sign for: not there
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=child_environment(),
            preexec_fn=lay_over(layers), timeout=CHECK_SEC, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise StepFailed(f"haproxy -c took longer than {CHECK_SEC:g} s. Nothing was changed.") from None
    except (OSError, subprocess.SubprocessError):
        context.say("this host cannot lay the staged files over /etc: HAProxy checks them in place instead")
        return False
    finally:
        for path in hidden:
            remove_quietly(path)
    output = clean_text(done.stdout[-65536:].decode("utf-8", "replace"))
    context.say(output)
    if done.returncode:
        alerts = [line.strip() for line in output.splitlines() if "[ALERT]" in line] or [output[-300:]]
        raise StepFailed(
            f"HAProxy does not accept the saved configuration here, nothing was changed: {' / '.join(alerts[:3])}"
        )
    return True


def lay_over(layers: list[tuple[str, str]]) -> Callable[[], None]:
    """What the child does between fork and exec. Everything that needs memory is made here, before the fork."""
    ctypes_module = importlib.import_module("ctypes")
    libc = ctypes_module.CDLL(None, use_errno=True)
    calls = [
        (new.encode(), live.encode(), f"lowerdir={new}:{live}".encode())
        for new, live in layers
    ]  # fmt: skip

    def enter() -> None:
        good = libc.unshare(NEW_MOUNTS) == 0 and libc.mount(b"none", b"/", None, RECURSIVE | PRIVATE, None) == 0
        for _, live, options in calls:
            good = good and libc.mount(b"overlay", live, b"overlay", READ_ONLY, options) == 0
        if not good:
            raise OSError("no private overlay")

    return enter
