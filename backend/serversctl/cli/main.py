"""The entry point: finds the commands, and turns refusals into one sentence and an exit code."""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Sequence
from importlib import import_module

import click
import redis
from sqlalchemy.exc import DatabaseError

import serversctl

from ..kernel.embedded_redis import NoEmbeddedRedis
from ..kernel.errors import DomainError
from ..kernel.logging import redact
from ..kernel.settings import BadSetting
from . import commands

# 0 done · 1 refused or something failed · 2 wrong usage or a bad setting · 130 interrupted
FAILED, BAD_USAGE, INTERRUPTED = 1, 2, 130


class ByFolder(click.Group):
    """Finds each command by its file and imports it when it is asked for: `worker` needs no web framework."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(info.name for info in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.commands and cmd_name in self.list_commands(ctx):
            self.add_command(import_module(f"{commands.__name__}.{cmd_name}").command, name=cmd_name)
        return self.commands.get(cmd_name)

    def all_commands(self) -> dict[str, click.Command]:
        """Every command by name, imported: for tests and the generated page."""
        context = click.Context(self)
        return {name: found for name in self.list_commands(context) if (found := self.get_command(context, name))}


@click.group(cls=ByFolder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(serversctl.__version__, prog_name="serversctl")
def cli() -> None:
    """ServersCTL: keeps a pool's hostname on a live member by moving DNS.

    Settings come from SERVERSCTL_ variables and from `serversctl.env` in the data folder; docs/settings.md lists them.
    Exit codes: 0 done, 1 refused or failed, 2 wrong usage or a bad setting, 130 interrupted.
    """


def main(argv: Sequence[str] | None = None) -> None:
    """Run a command; the process ends here."""
    sys.exit(run(argv))


def run(argv: Sequence[str] | None = None) -> int:
    """The exit code of a command, with every expected failure said in one sentence on stderr."""
    try:
        code = cli.main(args=list(argv) if argv is not None else None, prog_name="serversctl", standalone_mode=False)
    except click.UsageError as why:
        why.show()
        return BAD_USAGE
    except EXPECTED as why:
        sentence, code = explain(why)
        click.echo(f"serversctl: {redact(sentence)}", err=True)
    return code if isinstance(code, int) else 0


EXPECTED = (
    click.exceptions.Abort, click.ClickException, BadSetting, NoEmbeddedRedis, DomainError, redis.RedisError, DatabaseError,
)  # fmt: skip


def explain(why: Exception) -> tuple[str, int]:
    """An expected failure as a sentence and an exit code."""
    match why:
        case click.ClickException():
            return why.format_message(), why.exit_code
        case BadSetting() | NoEmbeddedRedis():
            return str(why), BAD_USAGE
        case DomainError():
            fields = [f"{name}: {text}" for name, texts in why.errors.items() for text in texts]
            return "\n".join([why.detail, *fields]), FAILED
        case redis.RedisError():
            return f"Redis does not answer ({why}): start `serversctl up`, or check SERVERSCTL_REDIS_URL.", FAILED
        case DatabaseError():
            return f"The database refuses ({why.orig}): run `serversctl doctor`.", FAILED
        case _:
            return "interrupted", INTERRUPTED


if __name__ == "__main__":
    main()
