"""Which names a certificate may have, when it is renewed, and how its state is called: pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from ..dns.names import clean_zone
from ..kernel.errors import Invalid

NAMES_MAX = 20
# Two thirds of life: 60 of 90 days, 4 of 6. A fixed "30 days before" fails when authorities shorten lives.
RENEW_AT = 2 / 3
# Spread, so that certificates of one day do not all come back on one day: up to a tenth of the rest, earlier.
SPREAD = 0.1
# Let's Encrypt allows five failed validations per name and hour; the first pause keeps us below that.
RETRY_FIRST, RETRY_MAX = timedelta(minutes=15), timedelta(hours=12)
INSTALL_RETRY_FIRST, INSTALL_RETRY_MAX = timedelta(minutes=2), timedelta(hours=6)


class Shown(StrEnum):
    """The state of a certificate in one word."""

    NEW = "new"
    ISSUING = "issuing"
    VALID = "valid"
    FAILING = "failing"  # the last try failed; the present certificate, if any, still serves
    EXPIRED = "expired"


def clean_names(names: Sequence[str]) -> list[str]:
    """Names in punycode, in the order given, without doubles. A wildcard covers one level. Raises Invalid."""
    found: list[str] = []
    for name in names:
        star = name.startswith("*.")
        if "." not in name.removeprefix("*.").strip("."):
            raise _bad(f"{name[:60]!r}: give the full name, for example lb.example.com.")
        try:
            cleaned = clean_zone(name[2:] if star else name)
        except Invalid as why:
            raise _bad(f"{name[:60]!r}: {why.detail}") from why
        if len(cleaned) > 250:
            raise _bad(f"{name[:60]!r} is too long for a certificate.")
        whole = ("*." if star else "") + cleaned
        if whole not in found:
            found.append(whole)
    if not found:
        raise _bad("Name at least one host.")
    if found[0].startswith("*."):
        raise _bad("The first name is the file's name on the members: give a host name first, then the wildcard.")
    if len(found) > NAMES_MAX:
        raise _bad(f"A certificate takes at most {NAMES_MAX} names here.")
    return found


def renewal_at(not_before: datetime, not_after: datetime, chance: random.Random) -> datetime:
    """Two thirds of life, a little earlier by chance."""
    life = not_after - not_before
    rest = life * (1 - RENEW_AT)
    return not_before + life * RENEW_AT - rest * SPREAD * chance.random()


def is_old(not_before: datetime | None, not_after: datetime | None, now: datetime) -> bool:
    """From the earliest moment at which `renewal_at` may lie, and while there is none at all."""
    if not_before is None or not_after is None:
        return True
    life = not_after - not_before
    return now >= not_before + life * RENEW_AT - life * (1 - RENEW_AT) * SPREAD


def retry_at(now: datetime, failures: int, chance: random.Random) -> datetime:
    """After the nth failure: 15 min, doubling to 12 h, with up to a quarter added by chance."""
    pause = min(RETRY_MAX, RETRY_FIRST * (1 << min(max(failures - 1, 0), 10)))
    return now + pause * (1 + 0.25 * chance.random())


def install_retry_at(now: datetime, failures: int) -> datetime:
    return now + min(INSTALL_RETRY_MAX, INSTALL_RETRY_FIRST * (1 << min(max(failures - 1, 0), 10)))


def shown_state(*, ordering: bool, not_after: datetime | None, error: str, now: datetime) -> Shown:
    if ordering:
        return Shown.ISSUING
    if not_after is not None and not_after <= now:
        return Shown.EXPIRED
    if error:
        return Shown.FAILING
    return Shown.NEW if not_after is None else Shown.VALID


def is_late(not_before: datetime | None, not_after: datetime | None, now: datetime) -> bool:
    """Less than a third of life is left: from here on a failing renewal is worth waking somebody."""
    if not_before is None or not_after is None:
        return False
    return not_after - now < (not_after - not_before) * (1 - RENEW_AT)


def ends_soon(not_before: datetime | None, not_after: datetime | None, now: datetime) -> bool:
    """Less than a tenth of life is left, or nothing: 9 of 90 days."""
    if not_before is None or not_after is None:
        return False
    return not_after - now < (not_after - not_before) / 10


def covers(names: Sequence[str], host: str) -> bool:
    """Do these certificate names cover a host (RFC 6125: a wildcard stands for exactly one label)?"""
    host = host.lower()
    wild = "*." + host.partition(".")[2]
    return host in names or wild in names


def _bad(sentence: str) -> Invalid:
    return Invalid("certificate_names_invalid", sentence, errors={"names": [sentence]})
