"""`serversctl openapi`"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import click

from ...kernel.settings import Settings
from ...web import openapi
from ...web.app import create_app
from ...wiring import wire


@click.command()
def command() -> None:
    """Print the OpenAPI document of the REST API. It needs no database and no settings."""
    click.echo(json.dumps(document(), indent=2))


def document() -> dict[str, Any]:
    """The document of an app with default settings: nothing is opened to make it."""
    settings = replace(Settings(), database_url="sqlite:///:memory:", secret_key="0" * 64)
    return openapi.document(create_app(wire(settings)))
