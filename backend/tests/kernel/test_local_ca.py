"""The local authority: made once, its server certificate renewed for good reasons only."""

from __future__ import annotations

import socket
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from serversctl.kernel import local_ca

NOW = datetime.now(UTC)
NAMES = ["ctl.example.com", "localhost", "127.0.0.1", "2001:db8::5"]


def leaf(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(local_ca.files(folder).cert.read_bytes())


def test_a_client_that_trusts_the_authority_gets_through_by_each_name(tmp_path: Path) -> None:
    local_ca.ensure(tmp_path, NAMES, now=NOW)
    place = local_ca.files(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(place.cert, place.key)
    client = ssl.create_default_context(cafile=str(place.ca))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    for name in ("ctl.example.com", "127.0.0.1"):
        ours, theirs = socket.socketpair()
        thread = threading.Thread(target=lambda end=theirs: server.wrap_socket(end, server_side=True).close())
        thread.start()
        client.wrap_socket(ours, server_hostname=name).close()
        thread.join(5)


def test_keys_are_for_the_owner_alone(tmp_path: Path) -> None:
    local_ca.ensure(tmp_path, NAMES, now=NOW)
    place = local_ca.files(tmp_path)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (place.key, place.ca_key)} == {0o600}
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700


def test_nothing_is_made_again_while_it_serves(tmp_path: Path) -> None:
    assert local_ca.ensure(tmp_path, NAMES, now=NOW) is True
    assert local_ca.ensure(tmp_path, NAMES, now=NOW) is False


@pytest.mark.parametrize(
    ("days", "renewed"), [(local_ca.LEAF_DAYS - 31, False), (local_ca.LEAF_DAYS - 29, True), (500, True)]
)
def test_the_certificate_is_renewed_before_its_end_and_the_authority_stays(
    tmp_path: Path, days: int, renewed: bool
) -> None:
    local_ca.ensure(tmp_path, NAMES, now=NOW)
    authority = local_ca.files(tmp_path).ca.read_bytes()
    assert local_ca.ensure(tmp_path, NAMES, now=NOW + timedelta(days=days)) is renewed
    assert local_ca.files(tmp_path).ca.read_bytes() == authority


def test_a_new_name_makes_a_new_certificate_with_all_of_them(tmp_path: Path) -> None:
    local_ca.ensure(tmp_path, NAMES, now=NOW)
    assert local_ca.ensure(tmp_path, [*NAMES, "10.0.0.9"], now=NOW) is True
    assert local_ca.subject_names(leaf(tmp_path)) == {*NAMES, "10.0.0.9"}


@pytest.mark.parametrize("damage", ["cert", "key"])
def test_a_damaged_file_is_replaced(tmp_path: Path, damage: str) -> None:
    local_ca.ensure(tmp_path, NAMES, now=NOW)
    getattr(local_ca.files(tmp_path), damage).write_bytes(b"half")
    assert local_ca.ensure(tmp_path, NAMES, now=NOW) is True
    assert local_ca.why_renew(local_ca.files(tmp_path), NAMES, now=NOW) is None


def test_a_certificate_of_another_authority_is_replaced(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    local_ca.ensure(other, NAMES, now=NOW)
    local_ca.ensure(tmp_path, NAMES, now=NOW)
    for name in ("cert", "key"):
        getattr(local_ca.files(tmp_path), name).write_bytes(getattr(local_ca.files(other), name).read_bytes())
    assert local_ca.ensure(tmp_path, NAMES, now=NOW) is True


def test_the_certificate_never_outlives_its_authority(tmp_path: Path) -> None:
    local_ca.ensure(tmp_path, NAMES, now=NOW)
    late = NOW + timedelta(days=local_ca.CA_DAYS - 60)
    local_ca.ensure(tmp_path, NAMES, now=late)
    authority = x509.load_pem_x509_certificate(local_ca.files(tmp_path).ca.read_bytes())
    assert leaf(tmp_path).not_valid_after_utc <= authority.not_valid_after_utc


def test_members_with_a_clock_behind_accept_it_from_the_first_minute(tmp_path: Path) -> None:
    local_ca.ensure(tmp_path, NAMES, now=NOW)
    assert leaf(tmp_path).not_valid_before_utc <= NOW - timedelta(hours=1)


def test_this_machine_is_known_by_loopback_and_its_name() -> None:
    assert {"localhost", "127.0.0.1", "::1", socket.gethostname().lower()} <= set(local_ca.machine_names())
