"""`serversctl backup`"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click

import serversctl

from ...kernel.sealed import Sealer
from ...kernel.settings import PREFIX, Settings
from ...wiring import database_url
from .. import archive, dump, environment, migrate

KEY_LINE = f"{PREFIX}SECRET_KEY"


@click.command()
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write; default: here, with the time.",
)
@click.option("--with-key", is_flag=True, help="Put the secret key in too: then the file alone opens everything.")
def command(target: Path | None, with_key: bool) -> None:
    """Copy the control plane's own state into one file, while it runs.

    It holds the database, serversctl.env and the local certificate authority, but not the secret key: keep that
    apart, or give --with-key. Members' backups in the storage are not in it.
    """
    settings = environment.settings_or_exit()
    target = (target or Path(f"serversctl-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar.gz")).absolute()
    if not target.parent.is_dir():
        raise click.ClickException(f"{target.parent} is not a folder: make it, or name another file.")
    make(settings, target, with_key=with_key)
    click.echo(f"wrote {target} ({target.stat().st_size} bytes){'' if with_key else ', without the secret key'}")


def make(settings: Settings, target: Path, *, with_key: bool) -> archive.Manifest:
    """Write a backup and answer what is in it."""
    url = database_url(settings)
    revision = migrate.current(url)
    if revision is None:
        raise click.ClickException("The database is empty: there is nothing to back up.")
    with tempfile.TemporaryDirectory(prefix="backup-", dir=target.parent) as name:
        folder = Path(name)
        sources = {dump.file_name(url): folder / "database"}
        dump.save(url, folder / "database")
        sources |= settings_files(settings, folder, with_key=with_key)
        manifest = archive.Manifest(
            version=serversctl.__version__,
            revision=revision,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            database=dump.kind(url),
            key_id=Sealer(settings.secret_key).key_id,
            files={member: archive.sha256(path) for member, path in sources.items()},
        )
        archive.write(target, manifest, sources)
    return manifest


def settings_files(settings: Settings, folder: Path, *, with_key: bool) -> dict[str, Path]:
    """The data folder's small files by their name in the backup."""
    found = {}
    for path in sorted((settings.data_dir / "tls").glob("*")):
        found[f"tls/{path.name}"] = path
    env_file = settings.data_dir / environment.ENV_FILE
    if env_file.exists():
        lines = env_file.read_text().splitlines()
        kept = [line for line in lines if with_key or KEY_LINE not in line]
        (folder / "env").write_text("".join(f"{line}\n" for line in kept))
        found[environment.ENV_FILE] = folder / "env"
    if with_key:
        (folder / "key").write_text(settings.secret_key + "\n")
        found[environment.KEY_FILE] = folder / "key"
    return {member: path for member, path in found.items() if archive.KNOWN.fullmatch(member)}
