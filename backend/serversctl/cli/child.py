"""Become another program that ends when its parent does.

Run by path, with the parent's process id and the program's argument list. It imports nothing of ours, so it costs a
bare interpreter's start and is gone after the exec.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2); kept across execve for programs without set-user-ID


def main() -> None:
    parent, argv = int(sys.argv[1]), sys.argv[2:]
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        sys.exit("cannot ask the kernel to end this process with its parent")
    if os.getppid() != parent:  # it died before we could ask
        sys.exit("the parent is gone")
    os.execv(argv[0], argv)  # noqa: S606  an argument list of ours, no shell


if __name__ == "__main__":
    main()
