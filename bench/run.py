"""`make bench`: every measurement, its ratios beside the goals, and all figures in var/bench.json."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "backend"), str(ROOT / "backend" / "tests")]


def measurements() -> dict[str, Callable[[], dict[str, Any]]]:
    """Imported after the paths are set."""
    from . import dashboard, detection, heartbeats, listing  # noqa: PLC0415

    return {
        "heartbeats": heartbeats.measure,
        "detection": detection.measure,
        "listing": listing.measure,
        "dashboard": dashboard.measure,
    }


# (measurement, figure, goal, in words): the goals are ratios or bounds that hold on any machine of this class.
GOALS: tuple[tuple[str, str, Callable[[float], bool], str], ...] = (
    ("heartbeats", "shareOfBareServer", lambda value: value >= 0.55, "intake as a share of the bare server: >= 0.55"),
    ("heartbeats", "flaskOverOurs", lambda value: value >= 4, "bare Flask over ours: >= 4"),
    ("heartbeats", "beatsPerCoreSec", lambda value: value >= 10_000, "heartbeats a second and core, all processes: >= 10000"),
    ("detection", "p99Ms", lambda value: value <= 150, "silence noticed past the deadline, p99 ms: <= 150"),
    ("detection", "falseAlarms", lambda value: value == 0, "members that were wrongly found silent: 0"),
    ("detection", "evaluatorCpuPct", lambda value: value <= 1, "evaluator CPU, % of a core: <= 1"),
    ("listing", "rowsMs", lambda value: value <= 30, "list of 5,000 from the database, CPU ms: <= 30"),
    ("listing", "ordinaryOverRows", lambda value: value >= 10, "ORM and schemas over ours: >= 10"),
    ("dashboard", "firstRowsMs", lambda value: value < 2000, "first rows of 2,000 members in the browser, ms: < 2000"),
    ("dashboard", "filterMs", lambda value: value < 300, "filter over 2,000 members in the browser, ms: < 300"),
    ("dashboard", "rowsWhenOneTurns", lambda value: value <= 1, "rows repainted when one member turns: <= 1"),
    ("dashboard", "rowsInDocument", lambda value: value < 400, "rows in the document of 2,000: < 400"),
    ("dashboard", "firstJsKb", lambda value: value <= 200, "first load, JavaScript after gzip, kB: <= 200"),
    ("dashboard", "firstCssKb", lambda value: value <= 45, "first load, style sheets after gzip, kB: <= 45"),
    ("dashboard", "largestLazyKb", lambda value: value <= 90, "largest lazy part after gzip, kB: <= 90"),
)  # fmt: skip


def main(argv: list[str]) -> int:
    known = measurements()
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("only", nargs="*", choices=[*known, []], help="measure only these")
    wanted = parser.parse_args(argv).only or list(known)
    found: dict[str, Any] = {"python": platform.python_version(), "machine": platform.machine()}
    for name in wanted:
        print(f"measuring {name} …", flush=True)
        found[name] = known[name]()
        print(json.dumps(found[name], indent=1))
    if "listing" in found:
        found["listing"]["rowsMs"] = found["listing"]["cpuMs"]["rows, no heartbeats"]
    print()
    missed = 0
    for name, figure, reached, words in GOALS:
        if name in found:
            value = found[name][figure]
            missed += not reached(value)
            print(f"{'reached' if reached(value) else 'MISSED ':<8} {value:>10}  {words}")
    target = ROOT / "var" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(found, indent=1) + "\n")
    print(f"\nall figures: {target.relative_to(ROOT)}; goals missed: {missed}")
    return 0
