"""The lab by hand: python -m e2e.lab up -n 3 | status | exec h1 CMD… | cut h1 | heal h1 | crash h1 | boot h1 | down"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from . import state
from .hosts import HostSpec
from .lab import Lab
from .shell import LabError
from .tree import debian_tree

FAULTS = ("cut", "heal", "crash", "boot", "reboot", "poweroff")
STATIONS = ("control", "names", "world")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m e2e.lab", description=__doc__)
    top.add_argument("--id", default=os.environ.get("LAB_ID", "lab"), help="which lab (default: lab, or LAB_ID)")
    verbs = top.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser("up", help="make hosts h1, h2, … and boot them; they stay until `down`")
    up.add_argument("-n", type=int, default=3, help="how many")
    up.add_argument("--tree", default="/", help='"/" (this machine\'s system), a folder, or a Debian suite')
    up.add_argument("--net", help="an IPv4 /24; nothing of it is seen outside the lab")
    up.add_argument("--no-haproxy", action="store_true", help="hosts as they are before provisioning")
    execute = verbs.add_parser("exec", help="run a command in a host, or at a station: control, names, world")
    execute.add_argument("where")
    execute.add_argument("command", nargs=argparse.REMAINDER)
    for fault in FAULTS:
        verbs.add_parser(fault, help=f"{fault} a host").add_argument("where")
    verbs.add_parser("status", help="hosts, addresses, and what systemd says")
    verbs.add_parser("down", help="remove the lab wholly")
    verbs.add_parser("tree", help="make a Debian tree in the cache").add_argument(
        "suite", nargs="?", default="bullseye"
    )
    return top


def main(argv: list[str] | None = None) -> int:
    args = parser().parse_args(argv)
    try:
        return _do(args)
    except LabError as error:
        print(error, file=sys.stderr)
        return 1


def _do(args: argparse.Namespace) -> int:
    if args.verb == "tree":
        print(debian_tree(args.suite))
    elif args.verb == "up":
        _up(args)
    elif args.verb == "status":
        _status(Lab.open(args.id))
    elif args.verb == "down":
        Lab.open(args.id).destroy()
    elif args.verb == "exec":
        return _execute(Lab.open(args.id), args.where, args.command)
    else:
        getattr(Lab.open(args.id).host(args.where), args.verb)()
    return 0


def _up(args: argparse.Namespace) -> None:
    tree = Path(args.tree) if "/" in args.tree else debian_tree(args.tree)
    spec = HostSpec(tree=tree, haproxy=not args.no_haproxy)
    lab = Lab(args.id, args.net, hosts=[spec] * args.n, survives=True)
    lab.up()
    _status(lab)


def _status(lab: Lab) -> None:
    others = [record.lab_id for record in state.every() if record.lab_id != lab.lab_id]
    print(f"lab {lab.lab_id}, {lab.network.net}" + (f" (also here: {', '.join(others)})" if others else ""))
    for station in lab.network.stations:
        print(f"{station.name:10} {station.address}")
    for host in lab.hosts:
        print(f"{host.name:10} {host.address:15} {host.state():10} {host.hostname}")


def _execute(lab: Lab, where: str, command: list[str]) -> int:
    words = command or ["/bin/sh"]
    if where in STATIONS:
        os.execvp("nsenter", ["nsenter", f"--net={getattr(lab, where).namespace.path}", "--", *words])
    inside = lab.host(where).machine.command(words)
    os.execvpe(inside[0], inside, lab.host(where).machine.environ())


if __name__ == "__main__":
    sys.exit(main())
