"""Run the tools of the system: argument lists, a timeout, and an error that carries what the tool said."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable


class LabError(RuntimeError):
    """The lab could not do what was asked; the message says what and, where known, the fix."""


def run(*argv: object, check: bool = True, timeout_sec: float = 60, stdin: str | None = None) -> str:
    """Output (both streams) of one command. Raises LabError when it fails and `check` is set."""
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_sec,
            check=False,
        )
    except FileNotFoundError as error:
        raise LabError(
            f"{words[0]} is not on this machine. The packages are listed in e2e/lab/packages.txt."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{' '.join(words)} did not end within {timeout_sec} s.") from error
    if check and done.returncode:
        raise LabError(f"{' '.join(words)} failed with {done.returncode}:\n{done.stdout.strip()}")
    return done.stdout


def wait_until(true: Callable[[], bool], *, timeout_sec: float, what: str, every_sec: float = 0.05) -> float:
    """Seconds until `true()` was. Raises LabError with `what` when it did not happen in time."""
    begin = time.monotonic()
    while not true():
        if time.monotonic() - begin > timeout_sec:
            raise LabError(f"Not within {timeout_sec} s: {what}")
        time.sleep(every_sec)
    return time.monotonic() - begin
