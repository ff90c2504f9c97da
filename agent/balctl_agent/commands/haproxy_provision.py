"""Install HAProxy from the distribution's packages and start it."""

from __future__ import annotations

import os
import time

from ..errors import NeedsRoot, StepFailed
from ..files import under, write_atomic
from ..first_start import STAMP
from ..haproxy_control import check_config, current_config, has_systemd
from ..jobchild import JobContext
from ..procs import find_program
from ..registry import command

APT_OPTIONS = [
    "-y",
    "-q",
    "--no-install-recommends",
    "-o",
    "Dpkg::Options::=--force-confold",
    "-o",
    "DPkg::Lock::Timeout=120",
]


@command(
    "haproxy.provision", title="Install HAProxy",
    description="Installs the distribution's HAProxy, checks its configuration, enables and starts it.",
    params={"force": {"type": "boolean", "title": "Install again", "help": "Installs again although HAProxy is here, and restarts it", "default": False}},
    danger="change", timeout_sec=900, idempotent=True, stops_haproxy=True, resource="haproxy",
)  # fmt: skip
def run_haproxy_provision(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    if os.getuid() != 0 and context.root == "/":
        raise NeedsRoot("installing packages needs root: run the agent's service as root")
    force = params.get("force") is True
    installed = False
    if force or find_program("haproxy") is None:
        context.step("Install the package", 10)
        install_package(context, force)
        installed = True
    if find_program("haproxy") is None:
        raise StepFailed("the package was installed and there is still no haproxy program")
    context.step("Check the configuration", 70)
    arguments, _ = current_config(context)
    check_config(context, arguments)
    if has_systemd(context.root):
        context.step("Enable and start", 80)
        context.need(["systemctl", "enable", "haproxy.service"], 60.0)
        context.need(["systemctl", "restart" if force else "start", "haproxy.service"], 90.0)
        state = context.run(["systemctl", "is-active", "haproxy.service"], 20.0).output.strip()
        if state != "active":
            raise StepFailed(f"HAProxy is {state or 'not active'} after the start: see journalctl -u haproxy")
    stamp = under(context.root, STAMP)
    os.makedirs(os.path.dirname(stamp), mode=0o700, exist_ok=True)
    write_atomic(stamp, f"{time.time():.0f}\n".encode(), 0o644)
    return {"installed": installed}


def install_package(context: JobContext, force: bool) -> None:
    apt, dnf = find_program("apt-get"), find_program("dnf", "yum")
    if apt:
        context.run(outliving(context, [apt, "update", "-q"], "update"), 300.0)  # a stale mirror must not stop us
        context.need(
            outliving(
                context, [apt, "install", *APT_OPTIONS, *(["--reinstall"] if force else []), "haproxy"], "install"
            ),
            600.0,
        )
    elif dnf:
        context.need(
            outliving(
                context,
                [dnf, "-y", "reinstall" if force and find_program("haproxy") else "install", "haproxy"],
                "install",
            ),
            600.0,
        )
    else:
        raise StepFailed("neither apt-get nor dnf is here: install haproxy by hand")


def outliving(context: JobContext, argv: list[str], part: str) -> list[str]:
    """In a unit of its own where there is systemd: a package manager must not be killed by the agent's restart."""
    runner = find_program("systemd-run")
    if context.root != "/" or not runner or not has_systemd("/"):
        return argv
    return [
        runner, f"--unit=balctl-job-{context.job_id[:36]}-{part}", "--collect", "--wait", "--pipe", "--quiet",
        "--setenv=DEBIAN_FRONTEND=noninteractive", "--setenv=LC_ALL=C.UTF-8", "--", *argv,
    ]  # fmt: skip
