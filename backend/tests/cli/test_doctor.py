"""The doctor finds what is wrong, says the fix, and finishes its round."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from serversctl.cli import checks, migrate
from serversctl.cli.checks import agent, clocks, data_folder, database, proxies, storage, tls, web
from serversctl.cli.checks import redis as redis_check
from serversctl.cli.commands import doctor
from serversctl.cli.diagnosis import Finding, Level, Patient
from serversctl.kernel import local_ca
from serversctl.kernel.settings import from_env
from support.servers.redis import Redis

NOW = datetime.now(UTC)


def patient(data_dir: Path, *, now: datetime = NOW, **settings: str) -> Patient:
    named = {f"SERVERSCTL_{name}": value for name, value in settings.items()}
    return Patient(from_env({"SERVERSCTL_DATA_DIR": str(data_dir), **named})[0], now)


def only(findings: Iterator[Finding], what: str) -> Finding:
    (found,) = [each for each in findings if each.what == what]
    return found


@contextmanager
def healthy_web(data_dir: Path, names: list[str]) -> Iterator[int]:
    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    local_ca.ensure(data_dir, names, now=NOW)
    place = local_ca.files(data_dir)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place.cert, place.key)
    server = HTTPServer(("127.0.0.1", 0), Health)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_a_missing_data_folder_fails(data_dir: Path) -> None:
    found = only(data_folder.check(patient(data_dir / "none")), "data folder")
    assert (found.level, "serversctl up" in found.fix) == (Level.FAIL, True)


def test_a_data_folder_open_to_others_fails(data_dir: Path) -> None:
    data_dir.chmod(0o755)
    found = only(data_folder.check(patient(data_dir)), "data folder")
    assert (found.level, found.fix) == (Level.FAIL, f"chmod 700 {data_dir}")


def test_a_key_that_others_may_read_fails(data_dir: Path) -> None:
    (data_dir / "secret.key").write_text("k" * 64)
    (data_dir / "secret.key").chmod(0o644)
    assert only(data_folder.check(patient(data_dir)), "secret key").level is Level.FAIL


def test_little_room_on_the_disk_is_said(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, level in ((1 << 62, Level.FAIL), (0, Level.WARN)):
        monkeypatch.setattr(data_folder, "FREE_FAIL_BYTES", limit)
        monkeypatch.setattr(data_folder, "FREE_WARN_BYTES", 1 << 62)
        assert only(data_folder.check(patient(data_dir)), "disk").level is level


def test_an_empty_database_wants_its_migrations(data_dir: Path) -> None:
    found = only(database.check(patient(data_dir)), "migrations")
    assert (found.level, found.fix) == (Level.FAIL, "serversctl db upgrade")
    assert not (data_dir / "serversctl.db").exists()


def test_an_upgraded_database_is_fine(data_dir: Path) -> None:
    migrate.upgrade(f"sqlite:///{data_dir / 'serversctl.db'}")
    assert {found.level for found in database.check(patient(data_dir))} == {Level.OK}


def test_a_database_that_does_not_answer_is_named_without_its_password(data_dir: Path) -> None:
    url = "postgresql://u:pa55word@127.0.0.1:1/x"
    (found,) = database.check(patient(data_dir, DATABASE_URL=url))
    assert found.level is Level.FAIL
    assert "pa55word" not in found.seen


def test_redis_with_the_right_policy_is_fine_and_another_policy_fails(data_dir: Path) -> None:
    with Redis.start(data_dir / "r") as server:
        at = patient(data_dir, REDIS_URL=server.url)
        assert {found.level for found in redis_check.check(at)} == {Level.OK}
        with at.redis() as client:
            client.config_set("maxmemory-policy", "allkeys-lru")
        assert only(redis_check.check(at), "Redis policy").level is Level.FAIL


def test_redis_nearly_full_is_warned_about(data_dir: Path) -> None:
    with Redis.start(data_dir / "r") as server:
        at = patient(data_dir, REDIS_URL=server.url)
        with at.redis() as client:
            client.config_set("maxmemory", "900kb")
        assert only(redis_check.check(at), "Redis memory").level is Level.WARN


def test_redis_away_says_who_runs_it(data_dir: Path) -> None:
    assert "serversctl up" in only(redis_check.check(patient(data_dir)), "Redis").fix


@pytest.mark.parametrize(
    ("days", "level"), [(0, Level.OK), (local_ca.LEAF_DAYS - 20, Level.WARN), (local_ca.LEAF_DAYS + 1, Level.FAIL)]
)
def test_the_certificate_is_judged_by_its_days(data_dir: Path, days: int, level: Level) -> None:
    local_ca.ensure(data_dir, ["localhost"], now=NOW)
    at = patient(data_dir, now=NOW + timedelta(days=days))
    assert only(tls.check(at), "certificate").level is level


def test_a_certificate_for_another_name_fails(data_dir: Path) -> None:
    local_ca.ensure(data_dir, ["localhost"], now=NOW)
    found = only(tls.check(patient(data_dir, PUBLIC_URL="https://ctl.example.com")), "certificate names")
    assert found.level is Level.FAIL


def test_a_key_that_does_not_belong_fails(data_dir: Path) -> None:
    local_ca.ensure(data_dir, ["localhost"], now=NOW)
    place = local_ca.files(data_dir)
    (found,) = tls.check(patient(data_dir, TLS=f"{place.cert}:{place.ca_key}"))
    assert found.level is Level.FAIL


@pytest.mark.parametrize(
    ("have", "wanted", "good"),
    [
        ({"a.example.com"}, "A.example.com", True),
        ({"*.example.com"}, "a.example.com", True),
        ({"*.example.com"}, "a.b.example.com", False),
        ({"*.example.com"}, "example.com", False),
    ],
)
def test_wildcards_stand_for_one_label(have: set[str], wanted: str, good: bool) -> None:
    assert tls.covers(have, wanted) is good


def test_web_answers_through_tls(data_dir: Path) -> None:
    with healthy_web(data_dir, ["ctl.example.com", "127.0.0.1"]) as port:
        at = patient(data_dir, LISTEN=f"127.0.0.1:{port}", PUBLIC_URL=f"https://ctl.example.com:{port}")
        assert only(web.check(at), "web").level is Level.OK


def test_web_under_a_name_that_the_certificate_lacks_fails(data_dir: Path) -> None:
    with healthy_web(data_dir, ["127.0.0.1"]) as port:
        at = patient(data_dir, LISTEN=f"127.0.0.1:{port}", PUBLIC_URL=f"https://ctl.example.com:{port}")
        assert only(web.check(at), "web").level is Level.FAIL


def test_web_that_is_down_fails(data_dir: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        at = patient(data_dir, LISTEN=f"127.0.0.1:{probe.getsockname()[1]}", TLS="off")
        assert only(web.check(at), "web").level is Level.FAIL


@pytest.mark.parametrize(
    ("settings", "level"),
    [
        ({}, Level.OK),
        ({"TRUSTED_PROXIES": "10.0.0.0/8", "CLIENT_IP_HEADER": "X-Forwarded-For"}, Level.OK),
        ({"TRUSTED_PROXIES": "0.0.0.0/0", "CLIENT_IP_HEADER": "X-Forwarded-For"}, Level.FAIL),
        ({"TRUSTED_PROXIES": "::/0", "CLIENT_IP_HEADER": "X-Forwarded-For"}, Level.FAIL),
        ({"CLIENT_IP_HEADER": "X-Forwarded-For"}, Level.WARN),
        ({"TRUSTED_PROXIES": "10.0.0.0/8"}, Level.WARN),
    ],
)
def test_proxies_are_judged(data_dir: Path, settings: dict[str, str], level: Level) -> None:
    assert only(proxies.check(patient(data_dir, **settings)), "trusted proxies").level is level


def test_storage_that_takes_no_files_fails(data_dir: Path) -> None:
    found = only(storage.check(patient(data_dir, STORAGE_URL="file:///proc/nowhere")), "storage")
    assert found.level is Level.FAIL


@pytest.mark.parametrize(
    ("ahead", "level"), [(0.1, Level.OK), (-1.9, Level.OK), (2.5, Level.WARN), (-3600, Level.WARN)]
)
def test_clocks_are_judged(ahead: float, level: Level) -> None:
    assert clocks.judge("database clock", ahead).level is level


def test_an_agent_bundle_that_was_changed_fails(data_dir: Path) -> None:
    for name in ("balctl_heartbeat.py", "commands.json", "agent.zip"):
        (data_dir / name).write_bytes(b"x")
    (data_dir / "agent.json").write_text(json.dumps({"version": 1, "sha256": "0" * 64}))
    found = only(agent.check(patient(data_dir, AGENT_DIST=str(data_dir))), "agent")
    assert found.level is Level.FAIL
    assert "is not the one" in found.seen


def test_a_check_that_breaks_is_a_finding_and_the_round_goes_on(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_patient: Patient) -> Iterator[Finding]:
        raise RuntimeError("surprise")

    monkeypatch.setattr(agent, "check", breaks)
    findings = list(doctor.examine(patient(data_dir)))
    assert any("surprise" in found.seen and found.level is Level.FAIL for found in findings)
    assert any(found.what == "web" for found in findings)


def test_a_sick_installation_is_exit_code_1_and_json_for_programs(run: Callable[..., Any]) -> None:
    done = run("doctor", "--json")
    findings = json.loads(done.out)
    assert done.code == 1
    assert all(found["fix"] for found in findings if found["level"] != "OK")


def test_every_check_is_found_by_its_file() -> None:
    folder = Path(checks.__file__).parent
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} >= {"agent", "database", "redis", "tls", "web"}
