"""Settings of a command: the environment wins over the file, and a half-written file is named by line."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from serversctl.cli import environment, running
from serversctl.cli.lock import only_one
from serversctl.kernel.settings import BadSetting, Settings


def given(folder: Path, text: str, **environ: str) -> tuple[Settings, list[str]]:
    (folder / "serversctl.env").write_text(text)
    named = {f"SERVERSCTL_{name}": value for name, value in environ.items()}
    return environment.load({"SERVERSCTL_DATA_DIR": str(folder), **named})


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    settings, _ = given(tmp_path, "SERVERSCTL_BRAND=File\nSERVERSCTL_LOG_LEVEL=debug\n", BRAND="Environment")
    assert (settings.brand, settings.log_level) == ("Environment", "debug")


def test_comments_quotes_and_export_are_understood(tmp_path: Path) -> None:
    text = "# ours\n\nexport SERVERSCTL_BRAND='My brand'\nSERVERSCTL_SMTP_URL=\"smtp://u:p=w@h:25\"\n"
    settings, _ = given(tmp_path, text)
    assert (settings.brand, settings.smtp_url) == ("My brand", "smtp://u:p=w@h:25")


@pytest.mark.parametrize("text", ["SERVERSCTL_BRAND", "=x", "1x=2", "a b=c", "SERVERSCTL_BRAND='open"])
def test_a_half_written_line_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadSetting, match="line 2"):
        given(tmp_path, "# fine\n" + text)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "serversctl.env").write_bytes(b"\xff\xfe")
    with pytest.raises(BadSetting, match=r"serversctl\.env cannot be read"):
        environment.load({"SERVERSCTL_DATA_DIR": str(tmp_path)})


def test_beside_a_running_up_its_settings_stand_in_for_what_is_not_given(tmp_path: Path) -> None:
    upped, _ = given(tmp_path, "", LISTEN="127.0.0.1:9443", TLS="off", TRUSTED_PROXIES="10.0.0.0/8,192.0.2.0/24")
    mine = {"SERVERSCTL_DATA_DIR": str(tmp_path), "SERVERSCTL_TLS": "local"}
    with only_one(tmp_path), running.told(upped):
        seen, warnings = environment.load(mine, beside_running=True)
        alone, _ = environment.load(mine)
    assert (seen.listen, seen.trusted_proxies, seen.tls) == (upped.listen, upped.trusted_proxies, "local")
    assert (alone.listen, warnings) == ("0.0.0.0:8443", [])


def test_what_a_killed_up_left_behind_is_not_believed(tmp_path: Path) -> None:
    upped, _ = given(tmp_path, "", LISTEN="127.0.0.1:9443")
    with running.told(upped):  # nobody holds the folder's lock
        seen, _ = environment.load({"SERVERSCTL_DATA_DIR": str(tmp_path)}, beside_running=True)
    assert seen.listen == "0.0.0.0:8443"


def test_no_secret_is_told_to_the_commands_beside(tmp_path: Path) -> None:
    upped, _ = given(
        tmp_path, "", SECRET_KEY="k" * 32, SMTP_URL="smtp://u:hush1@h:25", DATABASE_URL="postgresql://u:hush2@h/db",
        REDIS_URL="redis://:hush3@h:6379/0", STORAGE_URL="s3://bucket?endpoint=https://s3.example.com",
    )  # fmt: skip
    with running.told(upped):
        text = (tmp_path / running.RUNNING_FILE).read_text()
    assert not any(secret in text for secret in ("hush", "kkkk"))
    assert "s3.example.com" in text
    assert not (tmp_path / running.RUNNING_FILE).exists()


def test_a_relative_data_folder_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings, _ = environment.load({"SERVERSCTL_DATA_DIR": "here"})
    assert settings.data_dir == tmp_path / "here"


def test_the_file_cannot_move_the_folder_that_it_lies_in(tmp_path: Path) -> None:
    settings, warnings = given(tmp_path, "SERVERSCTL_DATA_DIR=/elsewhere\n")
    assert settings.data_dir == tmp_path
    assert "is ignored" in warnings[0]


def test_the_key_is_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    settings, _ = given(tmp_path, "")
    assert environment.make_key(settings) is True
    assert environment.make_key(settings) is False
    path = tmp_path / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert environment.with_key(settings).secret_key == path.read_text().strip()


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    settings, _ = given(tmp_path, "")
    (tmp_path / "secret.key").write_text("short")
    with pytest.raises(BadSetting, match="fewer than 32"):
        environment.with_key(settings)


def test_the_data_folder_is_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    settings, _ = environment.load({"SERVERSCTL_DATA_DIR": str(folder)})
    environment.make_folder(settings)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_data_folder_that_cannot_be_made_says_the_fix(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings, _ = environment.load({"SERVERSCTL_DATA_DIR": str(tmp_path / "file" / "data")})
    with pytest.raises(BadSetting, match="name a folder of yours"):
        environment.make_folder(settings)
