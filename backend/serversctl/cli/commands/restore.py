"""`serversctl restore`"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from ...kernel.db import make_engine, make_sessions, unit_of_work
from ...kernel.sealed import Sealer
from ...kernel.settings import BadSetting, Settings
from ...wiring import database_url
from .. import archive, dump, environment, fencing, migrate
from ..lock import only_one


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--key-lost", is_flag=True, help="Go on without the key of the backup: provider keys must be entered again."
)
def command(file: Path, yes: bool, key_lost: bool) -> None:
    """Put a backup in the place of the present state. Everything must be stopped first.

    What was there moves to `before-restore/` in the data folder. Since the world went on after the backup, nothing
    goes on by itself: automation is paused, open jobs are held, everybody has to sign in again, and agents refuse
    orders from before. docs/restore.md says how to start again.
    """
    settings, warnings = environment.load()
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
    environment.make_folder(settings)
    with only_one(settings.data_dir), tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.data_dir) as name:
        folder = Path(name)
        try:
            manifest = archive.unpack(file, folder)
        except archive.BadArchive as why:
            raise click.ClickException(f"{file} is not restored: {why}. Nothing was changed.") from why
        check(settings, manifest, folder, key_lost=key_lost)
        if not yes:
            click.confirm(
                f"Replace the state of {settings.data_dir} with the one of {manifest.created_at}?", abort=True
            )
        counts = put_back(settings, manifest, folder)
    click.echo(f"Restored the state of {manifest.created_at}; this is generation {counts['generation']} now.")
    click.echo(
        f"Automatic failover is stopped; fenced {counts['pools']} pools, held {counts['jobs']} jobs, ended {counts['sessions']} sessions, "
        f"dropped {counts['news']} unsent messages."
    )
    click.echo(
        "Next: start `serversctl up`, run `serversctl doctor`, see that each pool's record "
        "holds the member that serves, then run `serversctl failover resume`."
    )


def check(settings: Settings, manifest: archive.Manifest, folder: Path, *, key_lost: bool) -> None:
    """Every reason against it, before anything is touched."""
    if not migrate.known(manifest.revision):
        raise BadSetting(
            f"The backup was made by version {manifest.version} at revision {manifest.revision}, which this version "
            "does not know: install that version or a newer one, then restore."
        )
    url = database_url(settings)
    if manifest.database != dump.kind(url):
        raise BadSetting(
            f"The backup is of {manifest.database} and SERVERSCTL_DATABASE_URL names {dump.kind(url)}: "
            "restore into the same kind of database."
        )
    wanted = dump.file_name(url)
    if wanted not in manifest.files:
        raise click.ClickException(f"The backup has no {wanted}. Nothing was changed.")
    if manifest.database == "sqlite":
        dump.check_sqlite(folder / wanted)
    if not key_lost:
        key_belongs(settings, manifest, folder)


def key_belongs(settings: Settings, manifest: archive.Manifest, folder: Path) -> None:
    packed = folder / environment.KEY_FILE
    try:
        key = packed.read_text().strip() if packed.exists() else environment.with_key(settings).secret_key
        found = Sealer(key).key_id
    except BadSetting:
        found = "none"
    if found != manifest.key_id:
        raise BadSetting(
            f"The backup was sealed with the key {manifest.key_id}, and the key here is {found}: put the right "
            f"{environment.KEY_FILE} into {settings.data_dir} or set SERVERSCTL_SECRET_KEY. If it is lost, --key-lost "
            "goes on without the stored provider keys."
        )


def put_back(settings: Settings, manifest: archive.Manifest, folder: Path) -> Mapping[str, int]:
    """The database first, brought up to this version and fenced; then the small files."""
    url = database_url(settings)
    aside = settings.data_dir / "before-restore" / f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    aside.mkdir(mode=0o700, parents=True)
    restored, present = folder / dump.file_name(url), migrate.sqlite_file(url)
    counts = fenced(f"sqlite:///{restored}", manifest) if present else {}
    with environment.half_restored(settings):  # whoever starts after a crash in here finds the mark and refuses
        if present:
            swap_sqlite(restored, present, aside)
        else:
            counts = swap_postgres(url, restored, aside, manifest)
        for member in manifest.files:
            if not member.startswith("database."):
                target = settings.data_dir / member
                move_aside([target], aside)
                target.parent.mkdir(mode=0o700, exist_ok=True)
                (folder / member).replace(target)
    return counts


def swap_sqlite(restored: Path, present: Path, aside: Path) -> None:
    # An old write-ahead log beside a new file would be replayed into it (https://www.sqlite.org/howtocorrupt.html).
    move_aside([present, Path(f"{present}-wal"), Path(f"{present}-shm")], aside)
    present.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    restored.chmod(0o600)
    restored.replace(present)


def swap_postgres(url: str, restored: Path, aside: Path, manifest: archive.Manifest) -> Mapping[str, int]:
    if migrate.current(url) is not None:
        dump.save(url, aside / "database.dump")
    dump.load_postgres(url, restored)
    return fenced(url, manifest)


def fenced(url: str, manifest: archive.Manifest) -> Mapping[str, int]:
    migrate.upgrade(url)
    engine = make_engine(url)
    try:
        with unit_of_work(make_sessions(engine)) as session:
            counts = fencing.fence(session, made_at=manifest.created_at)
        if engine.dialect.name == "sqlite":  # one file, with nothing left in a log beside it
            with closing(engine.raw_connection()) as raw:
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        engine.dispose()
    return counts


def move_aside(paths: list[Path], aside: Path) -> None:
    for path in paths:
        if path.exists():
            path.replace(aside / path.name)
