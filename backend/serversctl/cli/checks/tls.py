"""The server certificate: dates, names, and a key that belongs to it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from ...kernel import local_ca
from ...kernel.settings import Settings
from ..diagnosis import Finding, Patient, fail, ok, warn

SOON = timedelta(days=21)


def check(patient: Patient) -> Iterator[Finding]:
    settings = patient.settings
    if settings.tls == "off":
        if settings.trusted_proxies:
            yield ok("TLS", "off: the proxy does it")
        else:
            yield warn("TLS", "off, and no proxy is trusted", "set SERVERSCTL_TRUSTED_PROXIES to your proxy's network")
        return
    cert, key = certificate_files(settings)
    try:
        leaf = x509.load_pem_x509_certificate(cert.read_bytes())
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)
    except (OSError, ValueError) as why:
        fix = "start `serversctl up`, which makes it" if settings.tls == "local" else "mend SERVERSCTL_TLS"
        yield fail("certificate", f"{cert} with {key} cannot be used ({why})", fix)
        return
    left = leaf.not_valid_after_utc - patient.now
    ends = f"ends {leaf.not_valid_after_utc:%Y-%m-%d}"
    how = "restart `serversctl up`: it renews" if settings.tls == "local" else "renew it"
    if left <= timedelta(0):
        yield fail("certificate", f"{ends}: over", how)
    elif patient.now < leaf.not_valid_before_utc:
        yield fail(
            "certificate", f"begins {leaf.not_valid_before_utc:%Y-%m-%d}: not yet valid", "check this machine's clock"
        )
    elif left < SOON:
        yield warn("certificate", ends, how)
    else:
        yield ok("certificate", ends)
    yield from names(settings, leaf)


def names(settings: Settings, leaf: x509.Certificate) -> Iterator[Finding]:
    wanted = urlsplit(settings.public_url).hostname
    if wanted and not covers(local_ca.subject_names(leaf), wanted):
        yield fail(
            "certificate names", f"it is not for {wanted}", "use a certificate for the host of SERVERSCTL_PUBLIC_URL"
        )
    elif wanted:
        yield ok("certificate names", f"good for {wanted}")


def covers(have: set[str], wanted: str) -> bool:
    """Does a certificate with these names serve this one? A wildcard stands for one label (RFC 6125, 6.4.3)."""
    return wanted.lower() in have or f"*.{wanted.lower().partition('.')[2]}" in have


def certificate_files(settings: Settings) -> tuple[Path, Path]:
    if settings.tls == "local":
        place = local_ca.files(settings.data_dir)
        return place.cert, place.key
    cert, _, key = settings.tls.partition(":")
    return Path(cert), Path(key)
