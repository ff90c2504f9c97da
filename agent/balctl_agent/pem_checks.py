"""What must hold before a PEM of certificate chain and key is put where HAProxy reads it."""

from __future__ import annotations

import hashlib
import re
import ssl

from .clock import utc_stamp
from .errors import StepFailed
from .vitals.certificates import read_der

PEM_CAP_BYTES = 256 * 1024
CERTIFICATE_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
KEY_BLOCK = re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----.+?-----END (?:[A-Z]+ )?PRIVATE KEY-----", re.DOTALL)
SHORTEST_CHAIN, LONGEST_CHAIN = 2, 10


class PemFacts:
    """The leaf of a PEM: its names, its end, its SHA-256, and how many certificates stand in the file."""

    def __init__(self, names: list[str], not_after: float, fingerprint: str, chain_length: int) -> None:
        self.names = names
        self.not_after = not_after
        self.fingerprint = fingerprint
        self.chain_length = chain_length


def check_pem(text: str, hostname: str, now: float) -> PemFacts:
    """Facts of a usable PEM; StepFailed with the first thing that is wrong. The key is checked by `check_key_fits`."""
    blocks = CERTIFICATE_BLOCK.findall(text)
    keys = KEY_BLOCK.findall(text)
    if not SHORTEST_CHAIN <= len(blocks) <= LONGEST_CHAIN:
        raise StepFailed(f"the PEM holds {len(blocks)} certificates; it needs the leaf and its issuers")
    if len(keys) != 1:
        raise StepFailed(f"the PEM holds {len(keys)} private keys; it needs exactly one")
    try:
        leaf = ssl.PEM_cert_to_DER_cert(blocks[0] + "\n")
        names, not_after = read_der(leaf)
        for block in blocks[1:]:
            read_der(ssl.PEM_cert_to_DER_cert(block + "\n"))
    except (ValueError, IndexError, OverflowError):
        raise StepFailed("the PEM holds something that is not a certificate") from None
    if not name_covered(hostname, names):
        raise StepFailed(f"the certificate is for {', '.join(names[:5]) or 'no name'}, not for {hostname}")
    if not_after <= now:
        raise StepFailed(f"the certificate ended at {utc_stamp(not_after)}")
    return PemFacts(names, not_after, hashlib.sha256(leaf).hexdigest(), len(blocks))


def check_key_fits(path: str) -> None:
    """OpenSSL loads chain and key of a file and compares them. StepFailed when they do not fit."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path)
    except ssl.SSLError as why:
        if "KEY_VALUES_MISMATCH" in str(why) or "key values mismatch" in str(why):
            raise StepFailed("the private key belongs to another certificate") from None
        raise StepFailed(f"the PEM cannot be loaded: {why.reason or why}") from None


def name_covered(hostname: str, names: list[str]) -> bool:
    """A wildcard stands for exactly one label (RFC 6125 section 6.4.3)."""
    host = hostname.lower()
    wild = "*." + host.partition(".")[2]
    return any(name.lower() in (host, wild) for name in names)
