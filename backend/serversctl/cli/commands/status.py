"""`serversctl status`"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from typing import Any

import click
import redis
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from ...kernel.db import make_engine, make_sessions, reading
from ...kernel.logging import one_line
from ...wiring import database_url, redis_url
from .. import environment
from ..overview import EventLine, MemberLine, Overview, PoolLine, look

LATE_SEC = 3.0


@click.command()
@click.option("--watch", is_flag=True, help="Keep showing it until Ctrl-C.")
@click.option(
    "--every", default=1.0, show_default=True, type=click.FloatRange(0.2, 60), help="Seconds between two looks."
)
@click.option("--pool", "named", metavar="NAME", help="Only the pool with this name.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 5000), help="How many pools to show.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; with --watch one per look, each on a line.")
def command(watch: bool, every: float, named: str | None, limit: int, as_json: bool) -> None:
    """Show pools, their names and members: who is active, who is ready and why not, what holds automation.

    It reads the database and Redis itself, so it works while web is down; with Redis down it says so and shows the rest.
    """
    settings = environment.settings_or_exit(key=False, beside_running=True)
    engine = make_engine(database_url(settings), pool_size=1)
    store = redis.Redis.from_url(redis_url(settings), socket_timeout=2, socket_connect_timeout=2)
    sessions = make_sessions(engine)

    def now() -> Overview:
        with reading(sessions) as session:
            return look(session, store, named=named, limit=limit)

    try:
        show = show_json if as_json else show_tables
        show(now, watch=watch, every=every)
    finally:
        engine.dispose()
        store.close()


def show_json(now: Callable[[], Overview], *, watch: bool, every: float) -> None:
    while True:
        click.echo(json.dumps(wire(now()), indent=None if watch else 2))
        if not watch:
            return
        time.sleep(every)


def wire(overview: Overview) -> dict[str, Any]:
    """The overview with the names of the API: camelCase."""

    def camel(value: Any) -> Any:
        if isinstance(value, dict):
            return {_camel(name): camel(each) for name, each in value.items()}
        return [camel(each) for each in value] if isinstance(value, list | tuple) else value

    return {**camel(asdict(overview)), "at": overview.at.isoformat()}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def show_tables(now: Callable[[], Overview], *, watch: bool, every: float) -> None:
    console = Console()
    if not watch:
        console.print(drawn(now()))
        return
    live = Live(console=console, screen=True, auto_refresh=False) if console.is_terminal else nullcontext()
    try:
        with live as screen:
            while True:
                picture = careful(now)
                if screen is None:
                    console.print(picture)
                    sys.stdout.flush()
                else:
                    screen.update(picture, refresh=True)
                time.sleep(every)
    except KeyboardInterrupt:
        return


def careful(now: Callable[[], Overview]) -> RenderableType:
    """A database that is away for a moment does not end the watching."""
    try:
        return drawn(now())
    except SQLAlchemyError as why:
        reason = str(getattr(why, "orig", None) or why).splitlines()[0]
        return Text(f"The database does not answer: {one_line(reason)}", style="bold red")


def drawn(overview: Overview) -> RenderableType:
    parts: list[RenderableType] = [Text(f"ServersCTL  {overview.at:%Y-%m-%d %H:%M:%S} UTC", style="bold")]
    parts += [Text(f"! {one_line(note)}", style="bold red") for note in overview.notes]
    if not overview.pools:
        parts.append(Text("There is no pool yet."))
    for pool in overview.pools:
        parts += [Text(""), *pool_parts(pool)]
    if overview.left_out:
        parts.append(Text(f"\n… and {overview.left_out} more: --limit or --pool shows them"))
    return Group(*parts)


def pool_parts(pool: PoolLine) -> list[RenderableType]:
    head = Text(one_line(pool.name), style="bold cyan")
    head.append(f"   {pool.hostname or 'no name'}", style="bold")
    head.append(f" -> {', '.join(pool.answer) or 'no answer yet'} ({pool.dns})", style=_dns_style(pool.dns))
    head.append(f"   automatic, {pool.recovery_sec} s" if pool.automatic else "   by hand only", style="dim")
    parts: list[RenderableType] = [head, members_table(pool.members)]
    parts += [
        Text(f"  HOLD {hold.reason}, {span(hold.since_sec)}: {one_line(hold.sentence)}", style="bold yellow")
        for hold in pool.holds
    ]
    if pool.last_event:
        parts.append(event_text(pool.last_event))
    return parts


def members_table(members: tuple[MemberLine, ...]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("  member", "role", "heard", "HAProxy", "ready", ""):
        table.add_column(title, header_style="dim")
    for member in members:
        table.add_row(
            Text(f"  {one_line(member.name)}"),
            Text(member.role, style="bold green" if member.role == "active" else ""),
            age_text(member.age_sec),
            Text(member.haproxy, style={"active": "green", "down": "bold red"}.get(member.haproxy, "dim")),
            Text({True: "yes", False: "no", None: "?"}[member.ready], style="green" if member.ready else "yellow"),
            Text(one_line(member.reasons[0]) if member.reasons else "", style="dim"),
        )
    return table


def age_text(age_sec: float | None) -> Text:
    if age_sec is None:
        return Text("never", style="dim")
    return (
        Text(f"{age_sec:.1f} s", style="bold red" if age_sec > LATE_SEC else "")
        if age_sec < 100
        else Text(span(age_sec), style="bold red")
    )


def event_text(event: EventLine) -> Text:
    style = "bold magenta" if event.state in {"deciding", "switching"} else "dim"
    return Text(
        f"  last move: {one_line(event.moved)}, {event.kind}, {event.reason}, {event.state}, {span(event.ago_sec)} ago",
        style=style,
    )


def _dns_style(words: str) -> str:
    if words == "in sync":
        return "green"
    return "bold red" if words in {"conflict", "error"} else "yellow"


def span(seconds: float) -> str:
    """A length of time for people: 42 s, 7 min, 3 h, 2 d."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
