"""The failure table at length: the faults that the stories show once, done many times and counted.

`make soak` takes about a quarter of an hour; `.venv/bin/python -m e2e.soak --runs 200` the full table.
Needs root and network namespaces, as the stories do. Exit code 1 when a bound was broken.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from .faults.finding import Finding
from .lab.available import available
from .lab.shell import LabError

DEFAULT_RUNS = 9
FAULT_FILE = re.compile(r"[a-z]\d+_\w+")


def faults() -> dict[str, ModuleType]:
    """By code, found by their files."""
    names = sorted(path.stem for path in (Path(__file__).parent / "faults").glob("*.py") if FAULT_FILE.match(path.stem))
    found = [import_module(f"{__package__}.faults.{name}") for name in names]
    return {module.CODE: module for module in found}


def parser(known: dict[str, ModuleType]) -> argparse.ArgumentParser:
    lines = [f"  {code}  {fault.WHAT}; {fault.count(DEFAULT_RUNS)} by default" for code, fault in known.items()]
    made = argparse.ArgumentParser(
        prog="soak", description=__doc__, epilog="faults:\n" + "\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    made.add_argument("faults", nargs="*", metavar="FAULT[=COUNT]", help="only these, so often: F1=20 J2")
    made.add_argument("--runs", type=int, default=DEFAULT_RUNS, help=f"size of the table [{DEFAULT_RUNS}]")
    made.add_argument("--long", action="store_true", help="also the pauses that take ten minutes, and an hour away")
    return made


def chosen(options: argparse.Namespace, known: dict[str, ModuleType]) -> dict[str, int]:
    """How often each wanted fault is done. Raises ValueError with the fix."""
    counts = {}
    for word in options.faults or known:
        code, _, number = str(word).partition("=")
        if code.upper() not in known:
            raise ValueError(f"There is no fault {code}: choose from {', '.join(known)}.")
        if number and (not number.isdigit() or not int(number)):
            raise ValueError(f"{word}: write the count as a number, for example {code}=20.")
        counts[code.upper()] = int(number) if number else known[code.upper()].count(options.runs)
    return counts


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", file=sys.stderr, flush=True)


def play(fault: Any, count: int, *, long: bool) -> Finding:
    """A fault's runs; a lab that breaks down is a miss of that fault and not the end of the others."""
    begin = time.monotonic()
    try:
        found: Finding = fault.play(count, long=long, say=say)
    except (AssertionError, LabError, RuntimeError, OSError) as why:
        found = Finding(fault.CODE, fault.WHAT, "it can be played at all", misses=[str(why)])
    found.figures["took"] = f"{time.monotonic() - begin:.0f} s"
    return found


def table(findings: list[Finding]) -> str:
    lines = [f"{'':<4} {'fault':<48} {'runs':>5}  {'':<6} figures"]
    for found in findings:
        figures = ", ".join(f"{name} {value}" for name, value in found.figures.items())
        verdict = "kept" if found.kept else "BROKEN"
        lines.append(f"{found.code:<4} {found.what:<48} {found.runs:>5}  {verdict:<6} {figures}")
        lines.append(f"{'':<4} bound: {found.bound}")
        lines += [f"{'':<4} - {miss}" for miss in found.misses]
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    known = faults()
    made = parser(known)
    options = made.parse_args(argv)
    try:
        counts = chosen(options, known)
    except ValueError as why:
        made.error(str(why))
    if reason := available():
        print(f"soak: no hosts on this machine: {reason}", file=sys.stderr)
        return 2
    findings = [play(known[code], count, long=options.long) for code, count in counts.items()]
    print(table(findings))
    return 0 if all(found.kept for found in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
