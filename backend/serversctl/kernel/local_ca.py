"""TLS without asking anybody: our own certificate authority in the data folder, and a server certificate from it.

Agents trust `ca.pem` (the install command carries its fingerprint); the server certificate may be renewed at any
time without touching a member.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_DAYS = 3650
LEAF_DAYS = 397
RENEW_DAYS_BEFORE = 30
BACKDATED = timedelta(days=1)  # members' clocks may be behind


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where the pieces lie. `cert` holds the chain, leaf first."""

    ca: Path
    ca_key: Path
    cert: Path
    key: Path


def files(data_dir: Path) -> TlsFiles:
    folder = data_dir / "tls"
    return TlsFiles(folder / "ca.pem", folder / "ca.key", folder / "cert.pem", folder / "key.pem")


def ensure(data_dir: Path, names: Sequence[str], *, now: datetime) -> bool:
    """Make what is missing and renew what runs out or lacks a name; True when the server certificate is a new one."""
    place = files(data_dir)
    place.ca.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (place.ca.exists() and place.ca_key.exists()):
        _make_ca(place, now)
    if why_renew(place, names, now=now) is None:
        return False
    _make_leaf(place, names, now)
    return True


def why_renew(place: TlsFiles, names: Iterable[str], *, now: datetime) -> str | None:
    """The reason for a new server certificate, or None while the present one serves."""
    try:
        leaf = x509.load_pem_x509_certificate(place.cert.read_bytes())
        key = serialization.load_pem_private_key(place.key.read_bytes(), None)
        ca = x509.load_pem_x509_certificate(place.ca.read_bytes())
        leaf.verify_directly_issued_by(ca)
    except (OSError, ValueError, TypeError) as why:
        return f"it cannot be used ({why})"
    except InvalidSignature:
        return "another authority issued it"
    if key.public_key() != leaf.public_key():
        return "its key is another one"
    if leaf.not_valid_after_utc - now < timedelta(days=RENEW_DAYS_BEFORE):
        return f"it ends on {leaf.not_valid_after_utc:%Y-%m-%d}"
    missing = {name.lower() for name in names} - subject_names(leaf)
    if missing:
        return f"it lacks {', '.join(sorted(missing))}"
    return None


def subject_names(leaf: x509.Certificate) -> set[str]:
    """The host names and addresses that a certificate is good for."""
    try:
        san = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    addresses = {str(address) for address in san.get_values_for_type(x509.IPAddress)}
    return {name.lower() for name in san.get_values_for_type(x509.DNSName)} | addresses


def machine_names() -> list[str]:
    """Names and addresses under which this machine is reached: loopback, its host name, its own addresses."""
    names = ["localhost", "127.0.0.1", "::1", socket.gethostname().lower(), socket.getfqdn().lower()]
    for probe in ("192.0.2.1", "2001:db8::1"):  # documentation addresses (RFC 5737, RFC 3849): nothing is sent
        own = _source_address(probe)
        if own:
            names.append(own)
    with contextlib.suppress(OSError):  # a host name that does not resolve has no addresses to add
        names += [str(info[4][0]).split("%")[0] for info in socket.getaddrinfo(socket.gethostname(), None)]
    return list(dict.fromkeys(name for name in names if _usable(name)))


def primary_address() -> str | None:
    """The address from which this machine reaches others, or None without a route."""
    return _source_address("192.0.2.1") or _source_address("2001:db8::1")


def _source_address(towards: str) -> str | None:
    family = socket.AF_INET6 if ":" in towards else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((towards, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return None


def _usable(name: str) -> bool:
    return bool(name) and len(name) <= 253 and "_" not in name and not name.startswith(".")


def _make_ca(place: TlsFiles, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"ServersCTL local CA {os.urandom(4).hex()}")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + timedelta(days=CA_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(place.ca_key, _pem(key), 0o600)
    _write(place.ca, certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def _make_leaf(place: TlsFiles, names: Sequence[str], now: datetime) -> None:
    ca = x509.load_pem_x509_certificate(place.ca.read_bytes())
    ca_key = serialization.load_pem_private_key(place.ca_key.read_bytes(), None)
    if not isinstance(ca_key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{place.ca_key} is not an ECDSA key")
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])]))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(max(now - BACKDATED, ca.not_valid_before_utc))
        .not_valid_after(min(now + timedelta(days=LEAF_DAYS), ca.not_valid_after_utc))
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    chain = certificate.public_bytes(serialization.Encoding.PEM) + place.ca.read_bytes()
    _write(place.key, _pem(key), 0o600)
    _write(place.cert, chain, 0o644)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("idna").decode() if not name.isascii() else name)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all: a crash leaves the old file."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
