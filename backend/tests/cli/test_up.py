"""The whole tree for real: a first start from nothing, a role that is killed, a second start, and the end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from serversctl.cli import migrate
from serversctl.cli.commands import up as upping
from serversctl.identity.tables import Account, User
from serversctl.kernel import embedded_redis
from serversctl.kernel.db import database_now, make_engine, make_sessions, unit_of_work
from serversctl.kernel.settings import from_env

Run = Callable[..., Any]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Installation:
    """`serversctl up` on a folder, as a child of the test."""

    def __init__(self, data_dir: Path, *flags: str) -> None:
        self.data_dir = data_dir
        self.log = data_dir.parent / f"{data_dir.name}.log"
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("SERVERSCTL_")} | {
            "SERVERSCTL_DATA_DIR": str(data_dir),
            "SERVERSCTL_LISTEN": f"127.0.0.1:{free_port()}",
            "SERVERSCTL_AGENT_DIST": str(data_dir),
        }
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "serversctl.cli.main", "up", *flags],
                env=self.environ, stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.until(lambda: "ServersCTL is up" in self.text(), seconds=60)

    def text(self) -> str:
        return self.log.read_text()

    def roles(self) -> dict[str, Any]:
        return dict(json.loads((self.data_dir / "tree.json").read_text())["roles"])

    def cli(self, *argv: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "serversctl.cli.main", *argv]
        env = environ or self.environ
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)

    def findings(self) -> dict[str, str]:
        return {found["what"]: found["level"] for found in json.loads(self.cli("doctor", "--json").stdout)}

    def until(self, holds: Callable[[], object], seconds: float = 30, says: Callable[[], str] = str) -> None:
        end = time.monotonic() + seconds
        while True:
            try:
                if holds():
                    return
            except (OSError, ValueError, KeyError):
                pass
            assert self.process.poll() is None, f"up ended with {self.process.returncode}:\n{self.text()}"
            assert time.monotonic() < end, f"it did not happen within {seconds} s: {says()}\n{self.text()}"
            time.sleep(0.1)


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    folder = Path(tempfile.mkdtemp(prefix="sc-up-"))
    made = Installation(folder / "data")
    yield made
    made.process.terminate()
    made.process.wait(timeout=60)
    shutil.rmtree(folder)


def test_the_first_start_makes_what_is_needed_and_nobody_else_may_read_it(installation: Installation) -> None:
    data = installation.data_dir
    modes = {name: stat.S_IMODE((data / name).stat().st_mode) for name in ("secret.key", "serversctl.db", "tls/ca.key")}
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert set(modes.values()) == {0o600}
    assert "Set-up token for the first user: " in installation.text()
    assert (data / "secret.key").read_text().strip() not in installation.text()


def test_the_doctor_finds_every_part_at_work(installation: Installation) -> None:
    roles = [f"{name} process" for name in ("redis", "web", "worker", "monitor")]
    wanted = {*roles, "Redis", "database", "migrations", "certificate", "monitor lease", "canary", "web", "worker"}
    bad: dict[str, str] = {}

    def all_well() -> bool:
        bad.update(installation.findings())
        return {name for name, level in bad.items() if level == "OK"} >= wanted

    installation.until(all_well, says=lambda: str(bad))


def test_the_doctor_sees_what_only_up_was_given(installation: Installation) -> None:
    running = installation.data_dir / "running.json"
    bare = {name: value for name, value in installation.environ.items() if name != "SERVERSCTL_LISTEN"}
    told = {found["what"]: found for found in json.loads(installation.cli("doctor", "--json", environ=bare).stdout)}
    assert (told["web"]["level"], installation.environ["SERVERSCTL_LISTEN"] in told["web"]["seen"]) == ("OK", True)
    assert told["certificate names"]["level"] == "OK"
    assert stat.S_IMODE(running.stat().st_mode) == 0o600
    assert (installation.data_dir / "secret.key").read_text().strip() not in running.read_text()


def test_the_doctors_own_environment_wins(installation: Installation) -> None:
    other = {**installation.environ, "SERVERSCTL_LISTEN": f"127.0.0.1:{free_port()}"}
    told = {found["what"]: found for found in json.loads(installation.cli("doctor", "--json", environ=other).stdout)}
    assert (told["web"]["level"], other["SERVERSCTL_LISTEN"] in told["web"]["seen"]) == ("FAIL", True)


def test_a_second_up_on_the_same_folder_refuses(installation: Installation) -> None:
    done = installation.cli("up")
    assert done.returncode == 1
    assert f"Another `serversctl up` (process {installation.process.pid}) runs" in done.stderr


def test_a_killed_role_comes_back_and_the_others_stay(installation: Installation) -> None:
    before = installation.roles()
    os.kill(before["worker"]["pid"], signal.SIGKILL)
    installation.until(
        lambda: installation.roles()["worker"]["restarts"] == 1 and installation.roles()["worker"]["pid"]
    )
    after = installation.roles()
    assert after["worker"]["pid"] != before["worker"]["pid"]
    assert {name: after[name]["pid"] for name in ("redis", "web", "monitor")} == {
        name: before[name]["pid"] for name in ("redis", "web", "monitor")
    }


def test_a_lost_redis_comes_back_empty_and_everybody_finds_it(installation: Installation) -> None:
    os.kill(installation.roles()["redis"]["pid"], signal.SIGKILL)
    installation.until(lambda: installation.roles()["redis"]["restarts"] == 1 and installation.roles()["redis"]["pid"])
    installation.until(lambda: installation.findings().get("canary") == "OK")
    assert installation.roles()["web"]["restarts"] == 0
    assert installation.roles()["monitor"]["restarts"] == 0


def test_sigterm_ends_all_in_order_and_leaves_no_process(installation: Installation) -> None:
    pids = [role["pid"] for role in installation.roles().values()]
    installation.process.send_signal(signal.SIGTERM)
    assert installation.process.wait(timeout=60) == 0
    text = installation.text()
    places = [text.index(f"stopping {name}") for name in ("monitor", "worker", "web", "redis")]
    assert places == sorted(places)
    assert "killing it" not in text
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert not (installation.data_dir / "running.json").exists()


def test_json_logs_are_objects_from_every_role(data_dir: Path) -> None:
    made = Installation(data_dir / "data", "--json-logs")
    made.until(lambda: "took the lease" in made.text())
    made.process.send_signal(signal.SIGTERM)
    assert made.process.wait(timeout=60) == 0
    lines = [line for line in made.text().splitlines() if line.startswith("{")]
    roles = {json.loads(line)["role"] for line in lines}
    assert roles >= {"redis", "web", "monitor", "up"}


# --- what stops a start ---------------------------------------------------------------------------------------------


def test_a_taken_port_is_said_before_anything_is_started(run: Run) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        done = run("up", settings={"LISTEN": f"127.0.0.1:{other.getsockname()[1]}"})
    assert done.code == 2
    assert "stop the program that has it, or choose another host:port" in done.err


def test_an_address_that_is_not_ours_is_said(run: Run) -> None:
    done = run("up", settings={"LISTEN": "192.0.2.77:8443"})
    assert (done.code, "SERVERSCTL_LISTEN: 192.0.2.77:8443 cannot be bound" in done.err) == (2, True)


def test_a_new_key_is_not_made_beside_an_old_database(run: Run, data_dir: Path) -> None:
    url = f"sqlite:///{data_dir / 'serversctl.db'}"
    migrate.upgrade(url)
    with unit_of_work(make_sessions(make_engine(url))) as session:
        now = database_now(session)
        account = Account(name="a", created_at=now)
        session.add(account)
        session.flush()
        session.add(User(account_id=account.id, email="a@example.com", role="owner", password_hash="x", created_at=now))
    done = run("up", settings={"LISTEN": f"127.0.0.1:{free_port()}"})
    assert (done.code, "put secret.key back" in done.err) == (2, True)
    assert not (data_dir / "secret.key").exists()


def test_a_data_folder_with_too_long_a_path_says_so(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 100)
    folder.mkdir()
    with pytest.raises(embedded_redis.NoEmbeddedRedis, match="shorter folder"):
        embedded_redis.command(folder, Path("/bin/true"))


def test_with_a_redis_of_ones_own_none_is_started() -> None:
    settings, _ = from_env({"SERVERSCTL_REDIS_URL": "redis://127.0.0.1:6379/0", "SERVERSCTL_DATA_DIR": "/nowhere"})
    assert [role.name for role in upping.roles(settings, json_logs=False)] == ["web", "worker", "monitor"]


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({"LISTEN": "127.0.0.1:9443"}, "https://127.0.0.1:9443"),
        ({"LISTEN": "[::1]:9443"}, "https://[::1]:9443"),
        ({"LISTEN": "ctl.example.com:443"}, "https://ctl.example.com:443"),
    ],
)
def test_the_public_address_is_guessed_from_the_listen_address(settings: dict[str, str], url: str) -> None:
    made, _ = from_env({f"SERVERSCTL_{name}": value for name, value in settings.items()})
    assert upping.guess_public_url(made) == url


def test_the_certificate_is_for_the_public_name_first() -> None:
    made, _ = from_env({"SERVERSCTL_PUBLIC_URL": "https://Ctl.Example.com", "SERVERSCTL_LISTEN": "10.1.2.3:443"})
    names = upping.certificate_names(made)
    assert (names[0], "10.1.2.3" in names, "localhost" in names) == ("ctl.example.com", True, True)
