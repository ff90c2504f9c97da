"""The servers that other tests lean on do what they promise, and leave nothing."""

from __future__ import annotations

import csv
import io
import smtplib
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from email.message import EmailMessage
from pathlib import Path

import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.update
import psycopg
import pytest
import redis
import trustme
from sqlalchemy import create_engine, text

from support.servers import Bind, HaProxy, MissingPackage, Postgres, PowerDns, Redis, ServerFailed, Smtp
from support.servers.ports import accepts
from support.servers.process import ChildServer, program


def test_a_missing_program_names_its_package() -> None:
    with pytest.raises(MissingPackage, match="apt-get install -y made-up"):
        program("no-such-server", package="made-up")


def test_a_server_that_ends_at_once_shows_its_log() -> None:
    server = ChildServer()
    with pytest.raises(ServerFailed, match="cannot bind"):
        server.launch(["sh", "-c", "echo cannot bind; exit 1"], answers=lambda: False)


def test_a_server_that_never_answers_is_given_up_and_ended() -> None:
    server = ChildServer()
    with pytest.raises(ServerFailed, match=r"within 0\.2 s"):
        server.launch(["sleep", "60"], answers=lambda: False, timeout_sec=0.2)
    assert not server.running()
    assert not server.directory.exists()


def test_powerdns_serves_at_once_what_its_api_wrote() -> None:
    with PowerDns.start(zone="example.net") as server:
        server.set("example.net", "www.example.net", "A", ["45.90.1.1"], ttl=30)
        assert server.dig("www.example.net") == ("45.90.1.1",)
        server.set("example.net", "www.example.net", "A", ["45.90.1.2", "45.90.1.3"], ttl=60)
        assert server.dig("www.example.net") == ("45.90.1.2", "45.90.1.3")
        assert server.ttl("www.example.net") == 60
        server.set("example.net", "www.example.net", "A", [])
        assert server.dig("www.example.net") == ()
        assert server.ttl("www.example.net") is None
        assert server.dig("example.net", "NS") == ("ns1.example.net.",)
        pid = server.pid
    assert not Path(f"/proc/{pid}").exists()
    assert not server.directory.exists()


def test_powerdns_refuses_a_wrong_key() -> None:
    with PowerDns.start() as server:
        server.api_key = "wrong"
        with pytest.raises(urllib.error.HTTPError, match="401"):
            server.api("GET", "/zones")


def test_powerdns_keeps_its_zones_over_a_crash() -> None:
    with PowerDns.start(zone="example.net") as server:
        server.set("example.net", "www.example.net", "AAAA", ["2a0e:1::1"])
        server.kill()
        assert not accepts(server.address, server.api_port)
        server.restart()
        assert server.dig("www.example.net", "AAAA") == ("2a0e:1::1",)


def signed(server: Bind, zone: str = "example.net") -> dns.update.UpdateMessage:
    keyring = dns.tsigkeyring.from_text({server.tsig_name: server.tsig_secret})
    return dns.update.UpdateMessage(zone, keyring=keyring, keyalgorithm=server.tsig_algorithm)


def test_bind_takes_a_signed_update_and_refuses_an_unsigned_one() -> None:
    with Bind.start(zone="example.net", more_zones=("example.org",)) as server:
        change = signed(server)
        change.replace("www", 30, "A", "45.90.1.1")
        answer = dns.query.tcp(change, server.address, port=server.port, timeout=3)
        assert answer.rcode() == dns.rcode.NOERROR
        assert server.dig("www.example.net") == ("45.90.1.1",)
        assert server.ttl("www.example.net") == 30

        unsigned = dns.update.UpdateMessage("example.net")
        unsigned.replace("www", 30, "A", "45.90.1.9")
        answer = dns.query.tcp(unsigned, server.address, port=server.port, timeout=3)
        assert answer.rcode() == dns.rcode.REFUSED
        assert server.dig("www.example.net") == ("45.90.1.1",)
        assert server.dig("example.org", "NS") == ("ns1.example.org.",)


def test_bind_keeps_records_over_a_crash() -> None:
    with Bind.start() as server:
        change = signed(server)
        change.add("www", 30, "A", "45.90.1.1")
        dns.query.tcp(change, server.address, port=server.port, timeout=3)
        server.kill()
        server.restart()
        assert server.dig("www.example.net") == ("45.90.1.1",)


@pytest.mark.parametrize("flavour", ["bundled", "debian"])
def test_redis_answers_on_its_socket_and_forgets_over_a_restart(flavour: str) -> None:
    with Redis.start(flavour=flavour) as server:  # type: ignore[arg-type]
        with redis.from_url(server.url) as connection:
            connection.set("k", "v")
            assert connection.get("k") == b"v"
        server.restart()
        with redis.from_url(server.url) as connection:
            assert connection.get("k") is None


def test_a_paused_redis_is_silent_and_answers_again() -> None:
    with Redis.start(tcp=True) as server, redis.from_url(server.url, socket_timeout=0.2, retry=None) as connection:
        connection.ping()
        server.pause()
        with pytest.raises(redis.RedisError):
            connection.ping()
        server.resume()
        assert connection.ping()
        server.flush()


def test_a_paused_server_can_be_stopped() -> None:
    server = Redis.start()
    server.pause()
    before = time.monotonic()
    server.stop()
    assert time.monotonic() - before < 5


def fill(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE things (name text)"))
        connection.execute(text("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"))
        connection.execute(text("CREATE TRIGGER guard BEFORE DELETE ON things FOR EACH ROW EXECUTE FUNCTION no()"))
    engine.dispose()


def test_a_fresh_postgres_database_is_dropped_whoever_is_connected() -> None:
    with Postgres.start() as server:
        with server.fresh_database() as first, server.fresh_database() as second:
            engines = [create_engine(first), create_engine(second)]
            fill(first)
            for engine, tables in zip(engines, (1, 0), strict=True):
                with engine.begin() as connection:
                    query = text("SELECT count(*) FROM pg_tables WHERE tablename = 'things'")
                    assert connection.execute(query).scalar() == tables
        # The engines above still hold connections: dropping went through all the same.
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            psycopg.connect(first.replace("+psycopg", ""))
        pid = server.pid
    assert not Path(f"/proc/{pid}").exists()
    assert not server.directory.exists()


def test_the_kept_postgres_database_is_empty_each_time_and_made_anew_when_a_guard_is_gone() -> None:
    with Postgres.start() as server:
        urls = []
        for harm in ("INSERT INTO things VALUES ('a')", "DROP TRIGGER guard ON things", "SELECT 1"):
            with server.emptied_database(fill) as url:
                urls.append(url)
                engine = create_engine(url)  # never disposed: a test that forgets to must not hold up the next one
                with engine.begin() as connection:
                    assert connection.execute(text("SELECT count(*) FROM things")).scalar() == 0
                    guards = connection.execute(text("SELECT count(*) FROM pg_trigger WHERE tgname = 'guard'")).scalar()
                    assert guards == 1
                    connection.execute(text(harm))
        assert urls[0] == urls[1] != urls[2]


def mail(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.net", "b@example.net", subject
    message.set_content("body ü")
    return message


def test_smtp_keeps_mail_and_refuses_on_demand() -> None:
    with Smtp.start() as server:
        with smtplib.SMTP(server.address, server.port, timeout=5) as client:
            client.send_message(mail("first"))
            kept = server.wait_for(1)
            assert (kept[0].subject, kept[0].text.strip(), kept[0].recipients) == (
                "first",
                "body ü",
                ("b@example.net",),
            )
            server.refuse("451 try later")
            with pytest.raises(smtplib.SMTPDataError, match="451"):
                client.send_message(mail("second"))
        assert len(server.mails) == 1
        with pytest.raises(ServerFailed, match="Wanted 2 mails"):
            server.wait_for(2, timeout_sec=0.05)
        port = server.port
    assert not accepts("127.0.0.1", port)


def test_smtp_offers_starttls() -> None:
    authority = trustme.CA()
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(serving)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with Smtp.start(tls=serving, require_tls=True) as server:
        with smtplib.SMTP(server.address, server.port, timeout=5) as client:
            with pytest.raises(smtplib.SMTPException):
                client.send_message(mail("in the clear"))
            client.starttls(context=trusting)
            client.send_message(mail("sealed"))
        assert [kept.subject for kept in server.mails] == ["sealed"]


def status_of(server: HaProxy, name: str) -> str:
    rows = list(csv.DictReader(io.StringIO(server.ask("show stat").lstrip("# "))))
    return next(row["status"] for row in rows if (row["pxname"], row["svname"]) == ("app", name))


def test_haproxy_says_who_it_is_and_serves_over_a_reload() -> None:
    with HaProxy.start(name="edge-1") as server:
        with urllib.request.urlopen(server.url + "/whoami", timeout=2) as answer:
            assert answer.read() == b"edge-1\n"
        assert status_of(server, "s1") == "UP"
        server.ask("set server app/s1 state drain")
        assert status_of(server, "s1") == "DRAIN"
        server.reload()
        with urllib.request.urlopen(server.url + "/whoami", timeout=2) as answer:
            assert answer.read() == b"edge-1\n"
        pid = server.pid
    assert not Path(f"/proc/{pid}").exists()


def test_a_server_dies_with_the_process_that_started_it() -> None:
    script = (
        "import os, pathlib, sys; sys.path.insert(0, sys.argv[1])\n"
        "from support.servers import Redis\n"
        "print(Redis.start(pathlib.Path(sys.argv[2])).pid, flush=True); os.kill(os.getpid(), 9)"
    )
    tests = str(Path(__file__).parents[1])
    with tempfile.TemporaryDirectory(prefix="sctl-", dir="/tmp") as folder:
        argv = [sys.executable, "-c", script, tests, folder]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
        pid = int(done.stdout)
        end = time.monotonic() + 5
        while time.monotonic() < end and _runs(pid):
            time.sleep(0.02)
        assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"
