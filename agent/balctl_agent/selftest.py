"""What a new version proves about itself before it replaces the old one. Offline, quick, changes nothing."""

from __future__ import annotations

import json
import ssl
import sys

from .beat import Beat, compose_beat
from .claim import job_mac
from .config import load_config
from .facts import HostFacts
from .registry import COMMANDS, command_catalogue
from .stack_registry import STACKS
from .version import AGENT_VERSION


def self_test() -> int:
    problems = []
    if sys.version_info < (3, 9):
        problems.append(f"Python {sys.version.split()[0]} is too old: 3.9 or newer is needed")
    if not ssl.HAS_TLSv1_2:
        problems.append("this Python has no TLS 1.2")
    if "agent.update" not in COMMANDS or "haproxy" not in STACKS:
        problems.append("commands or stacks are missing")
    json.dumps(command_catalogue())
    config = load_config(
        {
            "BALCTL_ENROLLMENT_SECRET": "0" * 48,
            "BALCTL_API_BASE": "https://control.invalid",
            "BALCTL_HOSTNAME": "self.test",
            "BALCTL_ROOT": "/nonexistent",
        }
    )
    beat = Beat(
        hostname=config.hostname, ip="", agent_version=AGENT_VERSION, boot_id="x", seq=1, wall_sec=0.0, echo=None, running_jobs=[],
        probe_results=[], degraded=[], extras={},
    )  # fmt: skip
    json.dumps(compose_beat(beat, HostFacts("/").read(0.0), {}, {}))
    seal = job_mac(
        "0" * 48, member_id="m", job_id="j", attempt=1, generation=1, expires_at="t", command="c", params={"a": "ä"}
    )
    if seal != KNOWN_SEAL:
        problems.append("the job seal is not computed as agreed")
    for problem in problems:
        sys.stdout.write(problem + "\n")
    return 1 if problems else 0


KNOWN_SEAL = "d23056c2f55bd404a6a4cfa9c79fc13c7e5cca1a3929187d2725d238d07ae1a4"
