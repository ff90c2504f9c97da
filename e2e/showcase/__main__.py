"""python -m e2e.showcase [--port 9443] [--members 2000]: the dashboard with believable data behind it; Ctrl-C ends it.

A SIGHUP starts the control plane anew on the same data, to try changed code.
"""

from __future__ import annotations

import argparse
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

import httpx

from ..control_plane import EMAIL, PASSWORD, Problem
from .crowd import many
from .plane import furnished
from .scene import Scene, furnish


def keep_busy(scene: Scene) -> None:
    """One job is always running, as in a place where people work. SIGHUP starts the control plane anew, on its data."""
    again = threading.Event()
    signal.signal(signal.SIGHUP, lambda *_: again.set())
    while True:
        if again.wait(20):
            again.clear()
            scene.place.plane.restart()
            remind(scene)
            print("The control plane was started anew.", flush=True)
        with suppress(Problem, httpx.HTTPError):
            if not scene.place.api.items("/jobs", status="running"):
                scene.jobs["running"] = scene.order("edge-ams-1", "agent.update")


def remind(scene: Scene) -> None:
    """A new store has never heard of the member that is down: one beat, and it falls silent again."""
    fallen = scene.place.fleet.of("edge-par-1.example.net")
    fallen.silent = False
    time.sleep(3)
    fallen.silent = True


def stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    parser = argparse.ArgumentParser(prog="e2e.showcase", description=__doc__)
    parser.add_argument("--port", type=int, default=9443)
    parser.add_argument("--members", type=int, default=0, help="also a pool with so many members")
    parser.add_argument("--folder", type=Path, help="keep everything here (it must be empty)")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, stop)
    say = lambda text: print(text, flush=True)  # noqa: E731
    with suppress(KeyboardInterrupt), furnished(args.port, folder=args.folder) as place:
        say(f"{place.url}/app/   {EMAIL}   {PASSWORD}\nAPI token: {place.plane.token}\nCA: {place.plane.ca_file}")
        scene = furnish(place, say)
        if args.members:
            say(f"{args.members} more members begin to beat …")
            many(scene, args.members)
        say("The place is furnished. Ctrl-C ends it.")
        keep_busy(scene)


if __name__ == "__main__":
    main()
