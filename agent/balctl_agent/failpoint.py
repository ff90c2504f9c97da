"""Places where a test may pull the plug. BALCTL_FAILPOINT names one; the process is then gone, as after a power cut."""

from __future__ import annotations

import os
import signal


def failpoint(name: str) -> None:
    if os.environ.get("BALCTL_FAILPOINT") == name:
        os.kill(os.getpid(), signal.SIGKILL)
