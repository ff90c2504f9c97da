"""Keys, signing requests, and what must hold before a certificate is believed."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ..kernel.errors import DomainError
from ..kernel.local_ca import subject_names

CHAIN_MAX = 8


@dataclass(frozen=True, slots=True)
class Leaf:
    """What is shown of a certificate."""

    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    fingerprint: str
    serial: str
    issuer: str


class Unusable(DomainError):
    """The authority sent a certificate that must not be installed."""

    status = 502


def new_key_pem() -> str:
    """An ECDSA P-256 key (PKCS#8): small, fast, and known to every client of the last ten years."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def signing_request(key_pem: str, names: Sequence[str]) -> bytes:
    """A CSR in PEM. The subject is empty: a common name has room for 64 characters only, and nobody reads it."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    made = builder.add_extension(alternatives, critical=False).sign(_private(key_pem), hashes.SHA256())
    return made.public_bytes(Encoding.PEM)


def checked_chain(chain_pem: str, key_pem: str, names: Sequence[str], now: datetime) -> Leaf:
    """The leaf of a chain that fits its key, covers the names, is in force and is signed link by link.

    Raises Unusable with the first thing that is wrong.
    """
    try:
        chain = x509.load_pem_x509_certificates(chain_pem.encode())
    except ValueError as why:
        raise Unusable("certificate_unreadable", f"The authority sent something else than certificates: {why}") from why
    leaf = chain[0]
    if leaf.public_key() != _private(key_pem).public_key():
        raise Unusable("certificate_key_mismatch", "The certificate was made for another key than the ordered one.")
    missing = [name for name in names if name not in subject_names(leaf)]
    if missing:
        raise Unusable("certificate_names_missing", f"The certificate lacks {', '.join(missing[:5])}.")
    if not leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc:
        raise Unusable(
            "certificate_not_in_force",
            f"The certificate is good from {leaf.not_valid_before_utc:%Y-%m-%d %H:%M} to "
            f"{leaf.not_valid_after_utc:%Y-%m-%d %H:%M} UTC, and it is {now:%Y-%m-%d %H:%M} here. Check the clock.",
        )
    if not 2 <= len(chain) <= CHAIN_MAX:
        raise Unusable("certificate_chain", f"The chain holds {len(chain)} certificates; it needs its issuer too.")
    for below, above in itertools.pairwise(chain):
        try:
            below.verify_directly_issued_by(above)
        except (ValueError, TypeError, InvalidSignature) as why:
            raise Unusable(
                "certificate_chain", "The chain is broken: a certificate is not signed by the next."
            ) from why
    return leaf_of(leaf)


def leaf_of(leaf: x509.Certificate) -> Leaf:
    return Leaf(
        names=tuple(sorted(subject_names(leaf))),
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        fingerprint=hashlib.sha256(leaf.public_bytes(Encoding.DER)).hexdigest(),
        serial=f"{leaf.serial_number:x}",
        issuer=leaf.issuer.rfc4514_string()[:300],
    )


def combined_pem(chain_pem: str, key_pem: str) -> bytes:
    """As HAProxy takes it: the leaf, its issuers, the key."""
    return (chain_pem.rstrip() + "\n" + key_pem.strip() + "\n").encode()


def _private(key_pem: str) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(key_pem.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("certificate keys are ECDSA keys")
    return key
