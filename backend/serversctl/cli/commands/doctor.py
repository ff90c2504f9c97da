"""`serversctl doctor`"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import click

from ...kernel.logging import one_line, redact
from ...kernel.plugins import load_all
from .. import checks, environment
from ..diagnosis import Finding, Level, Patient, fail, ok

COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="A list of {level, what, seen, fix}.")
@click.option("--outbound", is_flag=True, help="Also try name resolution and HTTPS to the outside.")
def command(as_json: bool, outbound: bool) -> int:
    """Check everything that this installation depends on, and say the fix for what is wrong.

    Settings that are not given here are those of the `up` that runs on the data folder.
    Exit codes: 0 nothing failed (warnings are allowed), 1 something failed, 2 bad setting.
    """
    settings, warnings = environment.load(beside_running=True)
    patient = Patient(settings, datetime.now(UTC), outbound)
    findings = [Finding(Level.WARN, "settings", text, "mend or remove it") for text in warnings]
    findings += examine(patient)
    if as_json:
        click.echo(json.dumps([{**_shown(each), "level": each.level.value} for each in findings], indent=2))
    else:
        show(findings)
    return 1 if any(each.level is Level.FAIL for each in findings) else 0


def examine(patient: Patient) -> Iterator[Finding]:
    """Every check in turn. A check that breaks is a finding too, and does not stop the next."""
    yield ok("settings", "can be used")
    for module in load_all(checks):
        name = module.__name__.rpartition(".")[2].replace("_", " ")
        try:
            yield from module.check(patient)
        except Exception as why:  # noqa: BLE001  the doctor must finish its round
            yield fail(name, f"the check itself broke: {type(why).__name__}: {why}", "report this with the version")


def show(findings: Sequence[Finding]) -> None:
    for finding in findings:
        line = _shown(finding)
        click.echo(
            f"{click.style(f'{finding.level:<4}', fg=COLOURS[finding.level])}  {line['what']:<18} {line['seen']}"
        )
        if line["fix"]:
            click.echo(f"{'':<25}-> {line['fix']}")


def _shown(finding: Finding) -> dict[str, str]:
    return {name: one_line(redact(getattr(finding, name))) for name in ("what", "seen", "fix")}
