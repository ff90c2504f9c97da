"""`serversctl worker`"""

from __future__ import annotations

import click

from ...kernel import logging as log_lines
from ...worker.main import run
from .. import environment


@click.command()
@click.option("--json-logs", is_flag=True, help="One JSON object per line.")
def command(json_logs: bool) -> int:
    """Do the slow things: DNS calls, mail, the outbox.

    One role alone, for scale-out: give it SERVERSCTL_DATABASE_URL, SERVERSCTL_REDIS_URL and SERVERSCTL_SECRET_KEY.
    """
    settings = environment.settings_or_exit()
    log_lines.configure("worker", level=settings.log_level, json_lines=json_logs)
    return run(settings)
