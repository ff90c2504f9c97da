"""Where a command's settings come from: the environment, then `<data folder>/serversctl.env`, then the key file.

A command that looks at a running installation takes what `up` works with before the file.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from ..kernel.settings import PREFIX, BadSetting, Settings, from_env
from . import running

ENV_FILE = "serversctl.env"
KEY_FILE = "secret.key"
RESTORE_MARK = "restore-unfinished"


def data_folder(environ: Mapping[str, str]) -> Path:
    """The data folder as an absolute path; a relative one is taken from the working folder."""
    named = environ.get(PREFIX + "DATA_DIR", "").strip()
    return Path(named or from_env({})[0].data_dir).expanduser().absolute()


def read_env_file(path: Path) -> dict[str, str]:
    """NAME=value lines, as systemd's EnvironmentFile= takes them; `#` begins a comment line, quotes are dropped."""
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as why:
        raise BadSetting(f"{path} cannot be read ({why}): mend it or remove it.") from why
    values = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, separator, value = line.strip().removeprefix("export ").partition("=")
        if not separator or not name.strip().isidentifier():
            raise BadSetting(f"{path}, line {number}: write it as NAME=value.")
        values[name.strip()] = _unquote(value.strip(), f"{path}, line {number}")
    return values


def _unquote(value: str, where: str) -> str:
    if value[:1] not in {'"', "'"}:
        return value
    if len(value) < 2 or value[-1] != value[0]:
        raise BadSetting(f"{where}: the quote is not closed.")
    return value[1:-1]


def load(environ: Mapping[str, str] | None = None, *, beside_running: bool = False) -> tuple[Settings, list[str]]:
    """Settings and warnings. The key may still be missing: `with_key` reads it, `make_key` creates it.

    beside_running: where the environment is silent, as the `up` that runs on the folder has it.
    """
    environ = os.environ if environ is None else environ
    folder = data_folder(environ)
    from_file = read_env_file(folder / ENV_FILE)
    as_running = running.read(folder) if beside_running else {}
    merged = {**from_file, **as_running, **environ, PREFIX + "DATA_DIR": str(folder)}
    settings, warnings = from_env(merged)
    if from_file.get(PREFIX + "DATA_DIR", str(folder)) != str(folder):
        warnings.append(f"{PREFIX}DATA_DIR in {folder / ENV_FILE} is ignored: the environment names the folder.")
    return settings, warnings


def with_key(settings: Settings) -> Settings:
    """The settings with the key from the data folder. Raises BadSetting when there is none."""
    if settings.secret_key:
        return settings
    path = settings.data_dir / KEY_FILE
    try:
        key = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise BadSetting(
            f"{PREFIX}SECRET_KEY is not set and {path} does not exist: "
            "start `serversctl up` once, which makes it, or give the key of this installation."
        ) from None
    except (OSError, UnicodeDecodeError) as why:
        raise BadSetting(f"{path} cannot be read ({why}): run as its owner.") from why
    if len(key) < 32:
        raise BadSetting(f"{path} holds fewer than 32 characters: put the key of this installation back.")
    return replace(settings, secret_key=key)


def make_folder(settings: Settings) -> None:
    """The data folder, for its owner alone."""
    folder = settings.data_dir
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(folder.stat().st_mode) & 0o077:
            folder.chmod(0o700)
    except OSError as why:
        raise BadSetting(
            f"{PREFIX}DATA_DIR: {folder} cannot be used ({why.strerror}): run as root, or name a folder of yours."
        ) from why


def make_key(settings: Settings) -> bool:
    """Make the key file unless a key is there; True when it is new."""
    path = settings.data_dir / KEY_FILE
    if settings.secret_key or path.exists():
        return False
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(secrets.token_hex(32) + "\n")
        out.flush()
        os.fsync(out.fileno())
    return True


@contextmanager
def half_restored(settings: Settings) -> Iterator[None]:
    """Mark the folder while a restore is between two states; the mark stays when it breaks off."""
    mark = settings.data_dir / RESTORE_MARK
    mark.touch(mode=0o600)
    yield
    mark.unlink()


def refuse_half_restored(settings: Settings) -> None:
    if (settings.data_dir / RESTORE_MARK).exists():
        raise BadSetting(
            f"A restore into {settings.data_dir} broke off half-way: run `serversctl restore` again before anything else."
        )


def settings_or_exit(*, key: bool = True, beside_running: bool = False) -> Settings:
    """What every command starts with: the settings, warnings on stderr, a bad one as exit code 2."""
    settings, warnings = load(beside_running=beside_running)
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)
    refuse_half_restored(settings)
    return with_key(settings) if key else settings
