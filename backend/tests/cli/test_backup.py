"""A backup is consistent and whole; a restore is checked first, fenced, and never leaves half a state."""

from __future__ import annotations

import gzip
import io
import sqlite3
import stat
import tarfile
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from serversctl.cli import archive, migrate
from serversctl.cli.commands import restore as restoring
from serversctl.cli.lock import only_one
from serversctl.failover.tables import FailoverHalt
from serversctl.identity.tables import Account, User, UserSession
from serversctl.kernel.db import make_engine, make_sessions, unit_of_work
from serversctl.kernel.outbox import OutboxEvent, emit
from serversctl.members.tables import DirectoryRevision
from serversctl.pools.tables import Pool
from sqlalchemy import select
from sqlalchemy.orm import Session

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
Run = Callable[..., Any]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, data_dir: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{data_dir / 'serversctl.db'}"
    return str(request.getfixturevalue("postgres_database"))


@pytest.fixture
def lived(url: str, data_dir: Path) -> str:
    """An installation with a pool, a signed-in user and an unsent message."""
    migrate.upgrade(url)
    (data_dir / "secret.key").write_text("a" * 64)
    (data_dir / "serversctl.env").write_text("SERVERSCTL_BRAND=Ours\n# SERVERSCTL_SECRET_KEY=planted-in-a-comment\n")
    (data_dir / "tls").mkdir()
    (data_dir / "tls" / "ca.pem").write_text("authority")
    with edit(url) as session:
        account = Account(name="a", created_at=NOW)
        session.add(account)
        session.flush()
        user = User(account_id=account.id, email="a@example.com", role="owner", password_hash="x", created_at=NOW)
        session.add_all([user, Pool(account_id=account.id, name="site", template="haproxy", epoch=7, created_at=NOW)])
        session.flush()
        session.add(UserSession(user_id=user.id, token_hash="t", created_at=NOW, seen_at=NOW, proved_at=NOW))
        emit(session, "failover.promoted", account_id=account.id)
    return url


def edit(url: str) -> Any:
    return unit_of_work(make_sessions(make_engine(url)))


def epoch(session: Session) -> int:
    return session.scalars(select(Pool.epoch)).one()


def backed_up(run: Run, url: str, target: Path, *flags: str) -> Path:
    done = run("backup", "--to", str(target), *flags, settings={"DATABASE_URL": url})
    assert done.code == 0, done.err
    return target


def restored(run: Run, url: str, file: Path, *flags: str) -> Any:
    return run("restore", str(file), "--yes", *flags, settings={"DATABASE_URL": url})


def test_a_backup_is_for_its_owner_and_holds_no_key(run: Run, lived: str, tmp_path: Path) -> None:
    file = backed_up(run, lived, tmp_path / "b.tar.gz")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with tarfile.open(file) as tar:
        names = tar.getnames()
        env = tar.extractfile("serversctl.env")
        assert env is not None
        text = env.read().decode()
    assert names[0] == "manifest.json"
    assert "secret.key" not in names
    assert "tls/ca.pem" in names
    assert ("SERVERSCTL_BRAND=Ours" in text, "planted" in text) == (True, False)


def test_with_key_the_key_is_in_it(run: Run, lived: str, tmp_path: Path) -> None:
    file = backed_up(run, lived, tmp_path / "b.tar.gz", "--with-key")
    manifest = archive.unpack(file, _empty(tmp_path))
    assert "secret.key" in manifest.files


def test_a_restore_is_fenced(run: Run, lived: str, tmp_path: Path) -> None:
    file = backed_up(run, lived, tmp_path / "b.tar.gz")
    with edit(lived) as session:
        session.scalars(select(Pool)).one().epoch = 12
    done = restored(run, lived, file)
    assert done.code == 0, done.err
    with edit(lived) as session:
        assert epoch(session) == 1_000_007
        assert session.get_one(DirectoryRevision, 1).generation == 2
        assert "failover resume" in session.get_one(FailoverHalt, 1).reason
        assert session.scalars(select(UserSession)).all() == []
        assert session.scalars(select(OutboxEvent).where(OutboxEvent.done_at.is_(None))).all() == []


def test_each_restore_is_a_new_generation(run: Run, lived: str, tmp_path: Path) -> None:
    file = backed_up(run, lived, tmp_path / "b.tar.gz")
    restored(run, lived, file)
    backed_up(run, lived, tmp_path / "c.tar.gz")
    restored(run, lived, tmp_path / "c.tar.gz")
    with edit(lived) as session:
        assert session.get_one(DirectoryRevision, 1).generation == 3
        assert epoch(session) == 2_000_007


def test_the_state_before_is_kept_aside(run: Run, lived: str, tmp_path: Path, data_dir: Path) -> None:
    file = backed_up(run, lived, tmp_path / "b.tar.gz")
    (data_dir / "serversctl.env").write_text("SERVERSCTL_BRAND=Newer\n")
    restored(run, lived, file)
    (aside,) = (data_dir / "before-restore").iterdir()
    assert (aside / "serversctl.env").read_text() == "SERVERSCTL_BRAND=Newer\n"
    assert any(path.name.startswith(("serversctl.db", "database.dump")) for path in aside.iterdir())
    assert "Ours" in (data_dir / "serversctl.env").read_text()


def test_nothing_is_restored_while_up_runs(run: Run, lived: str, tmp_path: Path, data_dir: Path) -> None:
    file = backed_up(run, lived, tmp_path / "b.tar.gz")
    with only_one(data_dir):
        done = restored(run, lived, file)
    assert done.code == 1
    assert "stop it" in done.err


def test_another_key_is_refused_and_a_lost_one_can_be_given_up(
    run: Run, lived: str, tmp_path: Path, data_dir: Path
) -> None:
    file = backed_up(run, lived, tmp_path / "b.tar.gz")
    (data_dir / "secret.key").write_text("b" * 64)
    done = restored(run, lived, file)
    assert (done.code, "--key-lost" in done.err) == (2, True)
    with edit(lived) as session:
        assert epoch(session) == 7
    assert restored(run, lived, file, "--key-lost").code == 0


def test_a_fresh_machine_gets_everything_back_from_one_file(
    run: Run, tmp_path: Path, data_dir: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{data_dir / 'serversctl.db'}"
    migrate.upgrade(url)
    (data_dir / "secret.key").write_text("a" * 64)
    file = backed_up(run, url, tmp_path / "b.tar.gz", "--with-key")
    fresh = tmp_path / "fresh"
    done = run("restore", str(file), "--yes", settings={"DATA_DIR": str(fresh)})
    assert done.code == 0, done.err
    assert (fresh / "secret.key").read_text().strip() == "a" * 64
    assert migrate.current(f"sqlite:///{fresh / 'serversctl.db'}") == migrate.head()


def test_a_newer_schema_is_refused(run: Run, lived: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = backed_up(run, lived, tmp_path / "b.tar.gz")
    monkeypatch.setattr(migrate, "known", lambda _revision: False)
    done = restored(run, lived, file)
    assert (done.code, "install that version or a newer one" in done.err) == (2, True)
    with edit(lived) as session:
        assert epoch(session) == 7


def test_the_other_kind_of_database_is_refused(run: Run, lived: str, tmp_path: Path, data_dir: Path) -> None:
    file = backed_up(run, lived, tmp_path / "b.tar.gz")
    other = "postgresql://x@127.0.0.1:1/x" if lived.startswith("sqlite") else f"sqlite:///{data_dir / 'other.db'}"
    done = restored(run, other, file)
    assert (done.code, "the same kind of database" in done.err) == (2, True)


def test_a_restore_that_breaks_off_keeps_everything_from_starting(
    run: Run, lived: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = backed_up(run, lived, tmp_path / "b.tar.gz")
    with monkeypatch.context() as patch:
        patch.setattr(restoring, "move_aside", _power_cut)
        patch.setattr(restoring, "swap_postgres", _power_cut)
        assert restored(run, lived, file).code == 130
    done = run("worker", settings={"DATABASE_URL": lived})
    assert (done.code, "broke off half-way" in done.err) == (2, True)
    assert restored(run, lived, file).code == 0
    assert "half-way" not in run("db", "current", settings={"DATABASE_URL": lived}).err


def test_a_backup_made_while_others_write_is_consistent(run: Run, tmp_path: Path, data_dir: Path) -> None:
    url = f"sqlite:///{data_dir / 'serversctl.db'}"
    migrate.upgrade(url)
    (data_dir / "secret.key").write_text("a" * 64)
    with closing(sqlite3.connect(data_dir / "serversctl.db")) as writer:
        writer.execute("INSERT INTO installation (id) VALUES (1)")  # an open transaction, not committed
        file = backed_up(run, url, tmp_path / "b.tar.gz")
        writer.rollback()
    folder = _empty(tmp_path)
    archive.unpack(file, folder)
    with closing(sqlite3.connect(folder / "database.sqlite")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT count(*) FROM installation").fetchone() == (0,)


# --- archives that nobody of ours made ------------------------------------------------------------------------------


def entry(name: str, content: bytes = b"x", kind: bytes = tarfile.REGTYPE, link: str = "") -> tuple[Any, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, len(content) if kind == tarfile.REGTYPE else 0
    return info, content


def manifest(**files: str) -> bytes:
    return archive.Manifest("0", "0001", "2026", "sqlite", "k", files).as_json()


def packed(folder: Path, *entries: tuple[Any, bytes]) -> Path:
    path = folder / "hostile.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for info, content in entries:
            tar.addfile(info, io.BytesIO(content))
    return path


FRONT = entry("manifest.json", manifest())
HOSTILE = {
    "climbs out": [FRONT, entry("../evil")],
    "absolute": [FRONT, entry("/etc/evil")],
    "climbs inside a known name": [FRONT, entry("tls/../../evil")],
    "unknown name": [FRONT, entry("authorized_keys")],
    "symbolic link": [FRONT, entry("secret.key", kind=tarfile.SYMTYPE, link="/etc/passwd")],
    "hard link": [FRONT, entry("secret.key", kind=tarfile.LNKTYPE, link="/etc/passwd")],
    "device": [FRONT, entry("secret.key", kind=tarfile.CHRTYPE)],
    "pipe": [FRONT, entry("secret.key", kind=tarfile.FIFOTYPE)],
    "folder": [FRONT, entry("tls", kind=tarfile.DIRTYPE)],
    "twice": [FRONT, entry("secret.key"), entry("secret.key")],
    "too large": [FRONT, entry("serversctl.env", b"x" * (archive.SMALL_BYTES + 1))],
    "no manifest": [entry("secret.key")],
    "manifest is not JSON": [entry("manifest.json", b"{")],
    "manifest is a list": [entry("manifest.json", b"[]")],
    "manifest of another format": [entry("manifest.json", b'{"format": 2}')],
    "manifest is a link": [entry("manifest.json", kind=tarfile.SYMTYPE, link="/etc/passwd")],
    "another content": [entry("manifest.json", manifest(**{"secret.key": "0" * 64})), entry("secret.key")],
    "a file that is missing": [entry("manifest.json", manifest(**{"secret.key": "0" * 64}))],
    "a file that the manifest does not name": [FRONT, entry("secret.key")],
}


def _empty(near: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=near))


def _power_cut(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_archive_is_refused_and_writes_nothing_outside(tmp_path: Path, what: str) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    with pytest.raises(archive.BadArchive):
        archive.unpack(packed(tmp_path, *HOSTILE[what]), inner)
    outside = [path for path in tmp_path.rglob("*") if path.is_file() and inner not in path.parents]
    assert [path.name for path in outside] == ["hostile.tar.gz"]


@pytest.mark.parametrize("damage", ["cut", "flipped", "not gzip", "empty"])
def test_a_damaged_archive_is_refused_in_one_sentence(run: Run, tmp_path: Path, data_dir: Path, damage: str) -> None:
    url = f"sqlite:///{data_dir / 'serversctl.db'}"
    migrate.upgrade(url)
    (data_dir / "secret.key").write_text("a" * 64)
    whole = backed_up(run, url, tmp_path / "b.tar.gz").read_bytes()
    tar = bytearray(gzip.decompress(whole))
    at = tar.index(b"SQLite format 3") + 200
    tar[at] ^= 1
    broken = {"cut": whole[:-200], "flipped": gzip.compress(bytes(tar)), "not gzip": b"hello", "empty": b""}[damage]
    (tmp_path / "bad.tar.gz").write_bytes(broken)
    done = run("restore", str(tmp_path / "bad.tar.gz"), "--yes")
    assert done.code == 1
    assert "Nothing was changed" in done.err
    assert "Traceback" not in done.err
