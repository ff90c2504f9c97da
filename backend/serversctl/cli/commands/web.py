"""`serversctl web`"""

from __future__ import annotations

import click

from ...kernel import logging as log_lines
from ...web.serve import run
from .. import environment


@click.command()
@click.option("--json-logs", is_flag=True, help="One JSON object per line.")
def command(json_logs: bool) -> int:
    """Serve HTTP: agents, the API and the dashboard.

    One role alone, for scale-out: give it SERVERSCTL_DATABASE_URL, SERVERSCTL_REDIS_URL and SERVERSCTL_SECRET_KEY.
    """
    settings = environment.settings_or_exit()
    log_lines.configure("web", level=settings.log_level, json_lines=json_logs)
    return run(settings)
