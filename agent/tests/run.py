"""Run the agent's tests: on the package, on the built file, and on the built file under Python 3.9.

    python3 agent/tests/run.py [pytest arguments]

Needs pytest for the interpreter that runs it. Python 3.9 is taken from BALCTL_PYTHON39, from `python3.9` on the PATH when that
works, or from pyenv or uv; a virtual environment with pytest is made for it once below .cache/. Where there is none, the third
run is left out with a loud line, and BALCTL_NEED_PYTHON39=1 makes that a failure.
"""

from __future__ import annotations

import glob
import importlib.util
import os
import shutil
import subprocess
import sys
import time

TESTS = os.path.dirname(os.path.abspath(__file__))
AGENT = os.path.dirname(TESTS)
CACHE = os.path.join(os.path.dirname(AGENT), ".cache")
IS_39 = "import sys; sys.exit(sys.version_info[:2] != (3, 9))"


def works(python: str) -> bool:
    try:
        return (
            subprocess.run(
                [python, "-c", IS_39], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=20, check=False
            ).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def find_python39() -> str | None:
    candidates = [os.environ.get("BALCTL_PYTHON39", ""), shutil.which("python3.9") or ""]
    candidates += sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/3.9*/bin/python3")))
    candidates += sorted(glob.glob(os.path.expanduser("~/.local/share/uv/python/cpython-3.9*/bin/python3.9")))
    return next((python for python in candidates if python and works(python)), None)


def python39_with_pytest() -> tuple[str | None, str]:
    """Interpreter with pytest, or None and why not."""
    ready = os.path.join(CACHE, "agent-py39", "bin", "python")
    if (
        works(ready)
        and subprocess.run([ready, "-c", "import pytest"], stderr=subprocess.DEVNULL, check=False).returncode == 0
    ):
        return ready, ""
    base = find_python39()
    if base is None:
        return None, "no Python 3.9 found: install python3.9, or name one in BALCTL_PYTHON39"
    made = subprocess.run(
        [base, "-m", "venv", "--clear", os.path.join(CACHE, "agent-py39")], capture_output=True, text=True, check=False
    )
    if made.returncode == 0:
        made = subprocess.run(
            [ready, "-m", "pip", "install", "-q", "pytest", "pytest-xdist"], capture_output=True, text=True, check=False
        )
    if made.returncode:
        return None, f"pytest could not be installed for {base}: {made.stderr.strip()[-300:]}"
    return ready, ""


def run(title: str, python: str, form: str, parallel: bool, more: list[str]) -> tuple[str, bool]:
    began = time.monotonic()
    environ = {**os.environ, "BALCTL_TEST_FORM": form, "PYTHONDONTWRITEBYTECODE": "1"}
    argv = [
        python,
        "-m",
        "pytest",
        "-c",
        os.path.join(TESTS, "pytest.ini"),
        "--rootdir",
        TESTS,
        TESTS,
        "-q",
        *(["-n", "4"] if parallel else []),
        *more,
    ]
    done = subprocess.run(argv, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        sys.stdout.write(done.stdout)
    skipped = [line for line in done.stdout.splitlines() if line.startswith("SKIPPED")]
    last = next(
        (
            line
            for line in reversed(done.stdout.splitlines())
            if " passed" in line or " failed" in line or "error" in line
        ),
        "no tests ran",
    )
    for line in skipped:
        sys.stdout.write(f"  {line}\n")
    summary = f"agent, {title}: {last.strip('= ')} ({time.monotonic() - began:.0f} s in all)"
    sys.stdout.write(summary + "\n")
    sys.stdout.flush()
    return summary, done.returncode == 0


def main(more: list[str]) -> int:
    built = subprocess.run([sys.executable, os.path.join(AGENT, "build", "build.py")], check=False)
    if built.returncode:
        return 1
    here = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
    parallel = importlib.util.find_spec("xdist") is not None
    results = [
        run(f"package, {here}", sys.executable, "package", parallel, more),
        run(f"built file, {here}", sys.executable, "built", parallel, more),
    ]
    python39, why = python39_with_pytest()
    if python39:
        results.append(run("built file, Python 3.9", python39, "built", True, more))
    else:
        need = os.environ.get("BALCTL_NEED_PYTHON39") == "1"
        sys.stdout.write(f"agent, built file, Python 3.9: {'FAILED' if need else 'LEFT OUT'}, {why}\n")
        results.append((why, not need))
    return 0 if all(good for _, good in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
