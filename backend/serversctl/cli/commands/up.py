"""`serversctl up`: everything on this machine, as one supervised tree."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import click
from sqlalchemy import func, select

import serversctl

from ...identity.setup import ensure_token
from ...identity.tables import User
from ...kernel import embedded_redis, local_ca
from ...kernel import logging as log_lines
from ...kernel.clock import SystemClock
from ...kernel.db import make_engine, make_sessions, reading, unit_of_work
from ...kernel.settings import PREFIX, BadSetting, Settings
from ...wiring import database_url
from .. import environment, migrate, running
from ..lock import only_one
from ..supervisor import STATE_FILE, Chore, Role, Supervisor

COLOURS = {"redis": "magenta", "web": "cyan", "worker": "yellow", "monitor": "green", "up": "blue"}
RENEWAL_CHECK_SEC = 6 * 3600.0
ROOT = Path(serversctl.__file__).resolve().parents[2]


@click.command()
@click.option("--json-logs", is_flag=True, help="One JSON object per line instead of prefixed text.")
def command(json_logs: bool) -> int:
    """Run everything on this machine: Redis, web, worker and monitor in one supervised tree.

    The first start makes the data folder, the key, a local certificate authority and the database, and prints a
    set-up token. A role that dies is started again with a growing pause. SIGTERM or Ctrl-C drains and stops all:
    monitor, worker, web, Redis. Exit codes: 0 stopped, 1 cannot run, 2 bad setting.
    """
    settings, warnings = environment.load()
    log_lines.configure("up", level=settings.log_level, json_lines=json_logs)
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
    environment.make_folder(settings)
    environment.refuse_half_restored(settings)
    with only_one(settings.data_dir):
        settings = prepare(settings)
        with running.told(settings):
            return supervise(settings, json_logs=json_logs)


def prepare(settings: Settings) -> Settings:
    """What a first start makes and a later one checks; the settings as the roles will see them."""
    port_is_free(settings)
    if not settings.public_url and settings.tls != "off":
        settings = replace(settings, public_url=guess_public_url(settings))
    url = database_url(settings)
    key_is_not_lost(settings, url)
    if environment.make_key(settings):
        click.echo(f"Made the key of this installation: {settings.data_dir / environment.KEY_FILE}. Keep a copy apart.")
    settings = environment.with_key(settings)
    if settings.tls == "local":
        local_ca.ensure(settings.data_dir, certificate_names(settings), now=SystemClock().now())
    before, after = migrate.upgrade(url, copies=settings.data_dir / "before-upgrade")
    if before != after:
        click.echo(f"Database: {before or 'new'} -> {after}")
    build_agent(settings)
    return settings


def setup_token(settings: Settings) -> str | None:
    """A fresh token for the first user while nobody owns the installation; the one printed before is void."""
    engine = make_engine(database_url(settings))
    try:
        with unit_of_work(make_sessions(engine)) as session:
            return ensure_token(session)
    finally:
        engine.dispose()


def supervise(settings: Settings, *, json_logs: bool) -> int:
    token = setup_token(settings)
    supervisor = Supervisor(
        roles(settings, json_logs=json_logs),
        state_file=settings.data_dir / STATE_FILE,
        environ=child_environment(settings),
        print_line=line_printer(json_logs=json_logs),
        on_ready=lambda: announce(settings, token),
        chores=[Chore(RENEWAL_CHECK_SEC, lambda: renew(settings))] if settings.tls == "local" else [],
    )
    return supervisor.run()


def roles(settings: Settings, *, json_logs: bool) -> list[Role]:
    """The programs in the order in which they start; they end in the reverse order."""
    found = []
    if not settings.redis_url:
        place = embedded_redis.socket_path(settings.data_dir)
        argv = embedded_redis.command(settings.data_dir, embedded_redis.binary())
        found.append(Role("redis", argv, stop_sec=5, ready=lambda: embedded_redis.answers(place)))
    extra = ["--json-logs"] if json_logs else []
    own = [sys.executable, "-m", "serversctl.cli.main"]
    found.append(Role("web", [*own, "web", *extra], stop_sec=15, ready=lambda: port_answers(settings)))
    found.append(Role("worker", [*own, "worker", *extra], stop_sec=40))
    found.append(Role("monitor", [*own, "monitor", *extra], stop_sec=10))
    return found


def child_environment(settings: Settings) -> dict[str, str]:
    """Ours, with what we found out ourselves; the key stays in its file."""
    return {
        **os.environ,
        PREFIX + "DATA_DIR": str(settings.data_dir),
        PREFIX + "PUBLIC_URL": settings.public_url,
        "PYTHONUNBUFFERED": "1",
    }


def line_printer(*, json_logs: bool) -> Callable[[str, str], None]:
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    def text(role: str, line: str) -> None:
        prefix = click.style(f"{role:<7} |", fg=COLOURS.get(role)) if coloured else f"{role:<7} |"
        sys.stdout.write(f"{prefix} {log_lines.one_line(log_lines.redact(line))}\n")
        sys.stdout.flush()

    def machine(role: str, line: str) -> None:
        if not (line.startswith("{") and _is_object(line)):
            line = json.dumps({"role": role, "message": log_lines.redact(line)})
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    return machine if json_logs else text


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


# --- the steps of a first start -------------------------------------------------------------------------------------


def guess_public_url(settings: Settings) -> str:
    host = settings.listen_host
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104  compared, not bound
        host = local_ca.primary_address() or "localhost"
    return f"https://{f'[{host}]' if ':' in host else host}:{settings.listen_port}"


def certificate_names(settings: Settings) -> list[str]:
    names = [urlsplit(settings.public_url).hostname or "localhost", *local_ca.machine_names()]
    if settings.listen_host not in {"0.0.0.0", "::", ""}:  # noqa: S104  compared, not bound
        names.append(settings.listen_host)
    return list(dict.fromkeys(name.lower() for name in names))


def port_is_free(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.listen_host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.listen_host, settings.listen_port))
        except (OSError, OverflowError) as why:
            raise BadSetting(
                f"{PREFIX}LISTEN: {settings.listen} cannot be bound ({why}): stop the program that has it, "
                "or choose another host:port."
            ) from why


def port_answers(settings: Settings) -> bool:
    host = settings.listen_host
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  compared, not bound
    try:
        with socket.create_connection((host, settings.listen_port), timeout=1):
            return True
    except OSError:
        return False


def key_is_not_lost(settings: Settings, url: str) -> None:
    """A new key beside an old database would lock its sealed secrets for ever: refuse."""
    if settings.secret_key or (settings.data_dir / environment.KEY_FILE).exists() or migrate.current(url) is None:
        return
    engine = make_engine(url)
    try:
        with reading(make_sessions(engine)) as session:
            users = session.scalar(select(func.count()).select_from(User)) or 0
    finally:
        engine.dispose()
    if users:
        raise BadSetting(
            f"The database has users but its key is gone: put {environment.KEY_FILE} back into {settings.data_dir}, "
            f"or set {PREFIX}SECRET_KEY. With a new key the stored provider credentials would not open."
        )


def build_agent(settings: Settings) -> None:
    """Build `agent/dist/` when the sources are here and nobody has built it yet."""
    dist = ROOT / "agent" / "dist"
    if settings.agent_dist or (dist / "agent.zip").exists() or not (ROOT / "agent" / "balctl_agent").is_dir():
        return
    click.echo("Building the agent …")
    done = subprocess.run(["make", "--no-print-directory", "-C", str(ROOT), "agent"], check=False)
    if done.returncode != 0:
        raise click.ClickException("The agent could not be built: run `make agent` and see what it says.")


def renew(settings: Settings) -> str | None:
    """Renew the server certificate when it is time; web has to start again to use it."""
    renewed = local_ca.ensure(settings.data_dir, certificate_names(settings), now=SystemClock().now())
    return "web" if renewed else None


def announce(settings: Settings, token: str | None) -> None:
    click.echo(f"\nServersCTL is up: {settings.public_url or settings.listen}")
    if settings.public_url:
        click.echo(f"  Dashboard: {settings.public_url}/app/")
    if token:
        click.echo(f"  Nobody owns it yet. Set-up token for the first user: {token}")
    if settings.tls == "local":
        click.echo(f"  Certificate authority: {local_ca.files(settings.data_dir).ca}")
    if not re.match(r"https://(localhost|127\.|\[::1\])", settings.public_url):
        click.echo(f"  Not the right address for agents and browsers? Set {PREFIX}PUBLIC_URL.")
    click.echo("  Ctrl-C stops everything.\n")
