"""Expiry and names of the certificates that this host serves."""

from __future__ import annotations

import os
import ssl

from ..clock import utc_stamp
from ..files import read_capped, under

FOLDERS = (
    "/etc/haproxy/certs",
    "/etc/haproxy/ssl",
    "/etc/ssl/haproxy",
    "/etc/letsencrypt/live",
    "/usr/local/lsws/conf/cert",
    "/etc/ssl/serversctl",
)
LIMIT_CERTIFICATES = 50
FILE_CAP_BYTES = 256 * 1024


def certificate_files(root: str) -> list[str]:
    """PEM files that may hold a server certificate, below the folders where HAProxy and ACME clients keep them."""
    found: list[str] = []
    for folder in FOLDERS:
        for where, folders, names in os.walk(under(root, folder)):
            folders.sort()
            if where.count("/") - under(root, folder).count("/") >= 2:
                folders.clear()
            in_acme = folder.endswith("/live")
            for name in sorted(names):
                if (name == "fullchain.pem") if in_acme else name.endswith((".pem", ".crt", ".cer")):
                    found.append(os.path.join(where, name))
            if len(found) >= LIMIT_CERTIFICATES:
                return found[:LIMIT_CERTIFICATES]
    return found


def read_certificates(root: str) -> list[dict[str, object]]:
    """Path, names and expiry of each. A file without a readable certificate is named with its fault."""
    rows: list[dict[str, object]] = []
    for path in certificate_files(root):
        shown = path[len(root) :] if root != "/" else path
        try:
            text = read_capped(path, FILE_CAP_BYTES).decode("ascii", "replace")
        except OSError:
            continue
        begin = text.find("-----BEGIN CERTIFICATE-----")
        end = text.find("-----END CERTIFICATE-----", begin)
        if begin < 0 or end < 0:
            continue
        try:
            names, not_after = read_der(ssl.PEM_cert_to_DER_cert(text[begin:end] + "-----END CERTIFICATE-----\n"))
        except (ValueError, IndexError, OverflowError):
            rows.append({"path": shown, "error": "not readable as a certificate"})
            continue
        rows.append({"path": shown, "names": names[:20], "notAfter": utc_stamp(not_after)})
    return rows


def read_der(data: bytes) -> tuple[list[str], float]:
    """Subject alternative names (else the common name) and the end of validity of a certificate (RFC 5280 section 4.1)."""
    _, certificate, _ = take_der(data, 0)
    _, body, _ = take_der(certificate, 0)
    parts: list[tuple[int, bytes]] = []
    at = 0
    while at < len(body):
        tag, value, at = take_der(body, at)
        parts.append((tag, value))
    if parts[0][0] == 0xA0:  # explicit version
        parts = parts[1:]
    validity, subject = parts[3][1], parts[4][1]
    _, _, second = take_der(validity, 0)
    tag, raw, _ = take_der(validity, second)
    names = []
    for tag_ext, value in parts[6:]:
        if tag_ext == 0xA3:
            names = alternative_names(value)
    return names or common_names(subject), der_time(tag, raw.decode("ascii"))


def take_der(data: bytes, at: int) -> tuple[int, bytes, int]:
    """One element: tag, value, where the next one starts."""
    tag, length = data[at], data[at + 1]
    at += 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4:
            raise ValueError("unusable length")
        length = int.from_bytes(data[at : at + count], "big")
        at += count
    if at + length > len(data):
        raise ValueError("cut short")
    return tag, data[at : at + length], at + length


def der_time(tag: int, text: str) -> float:
    """UTCTime has two digits of the year: 50 to 99 are of the last century (RFC 5280 section 4.1.2.5.1)."""
    if tag == 0x17:
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    return float(
        ssl.cert_time_to_seconds(
            f"{MONTHS[int(text[4:6]) - 1]} {int(text[6:8]):2d} {text[8:10]}:{text[10:12]}:{text[12:14]} {text[:4]} GMT"
        )
    )


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SUBJECT_ALT_NAME = b"\x55\x1d\x11"
COMMON_NAME = b"\x55\x04\x03"


def alternative_names(extensions: bytes) -> list[str]:
    _, rows, _ = take_der(extensions, 0)
    at = 0
    names: list[str] = []
    while at < len(rows):
        _, row, at = take_der(rows, at)
        _, kind, position = take_der(row, 0)
        if kind != SUBJECT_ALT_NAME:
            continue
        tag, value, position = take_der(row, position)
        if tag == 0x01:  # critical flag stands before the value
            _, value, _ = take_der(row, position)
        _, entries, _ = take_der(value, 0)
        position = 0
        while position < len(entries):
            tag, value, position = take_der(entries, position)
            if tag == 0x82:
                names.append(value.decode("ascii", "replace"))
            elif tag == 0x87 and len(value) == 4:
                names.append(".".join(str(octet) for octet in value))
    return names


def common_names(subject: bytes) -> list[str]:
    at = 0
    names = []
    while at < len(subject):
        _, row, at = take_der(subject, at)
        _, pair, _ = take_der(row, 0)
        _, kind, position = take_der(pair, 0)
        if kind == COMMON_NAME:
            names.append(take_der(pair, position)[1].decode("utf-8", "replace"))
    return names
