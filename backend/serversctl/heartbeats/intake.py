"""The way in of a heartbeat: the checks, what is kept of it, and the answer. No SQL and no vendor on this path."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from msgspec import UNSET

from ..kernel.errors import DomainError, Forbidden, TooMany, Unauthorized
from . import canary, rings
from .directory import Directory, Entry, Key, digest_of
from .messages import BODY_MAX_BYTES, Beat, read_beat
from .nonce import Nonces
from .readings import sessions_of
from .refused import Refusal, RefusalNotes
from .rules import interval_sec

SECRET = re.compile(r"[0-9a-f]{48}\Z")
UUID_SHAPE = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
BEATS_PER_SEC_MAX = 5
LOOK_AGAIN_SEC = 0.1
STACKS = ("haproxy", "openlitespeed", "mariadb", "cpanel")


class Sink(Protocol):
    """Where accepted heartbeats go; nothing in it may wait."""

    level: int  # of overload, see rules.interval_sec

    def add(self, entry: Entry, beat: Beat, body: bytes, *, source: str, issued: float | None, at: float) -> None: ...
    def canary(self, at: float) -> None: ...
    def store_now(self) -> float: ...


class LookAgain(Exception):
    """The secret is not in the directory of this process, which may be a second old: ask the database first."""


class Intake:
    """One per web process: the directory, the nonces of this second and the sink."""

    def __init__(self, secret_key: str, sink: Sink, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.directory = Directory()
        self.refusals = RefusalNotes()
        self.sink = sink
        self.nonces = Nonces(secret_key)
        self.monotonic = monotonic
        self._canary = canary.digest(secret_key)
        self._second = -1
        self._moment = b""
        self._look_again_at = float("-inf")

    def is_canary(self, digest: bytes) -> bool:
        return digest == self._canary

    def knows(self, authorization: str | None) -> bool:
        """Is this secret in the directory as it is loaded?"""
        return digest_of((authorization or "").partition(" ")[2]) in self.directory.keys

    def may_look_again(self, at: float) -> bool:
        """At most so often is the database asked for a secret that we do not know: a flood of wrong ones is cheap."""
        if at < self._look_again_at:
            return False
        self._look_again_at = at + LOOK_AGAIN_SEC
        return True

    def moment(self, at: float) -> bytes:
        """The part of the answer that all members share for a second: server time and nonce."""
        second = int(at)
        if second != self._second:
            now = datetime.now(UTC)
            nonce = self.nonces.issue(self.sink.store_now())
            self._moment = f'"serverTime":"{now:%Y-%m-%dT%H:%M:%SZ}","nonce":"{nonce}",'.encode()
            self._second = second
        return self._moment

    def interval_for(self, entry: Entry) -> int:
        return interval_sec(
            self.sink.level, base_sec=entry.base_interval_sec, active=entry.active, recovery_sec=entry.recovery_sec
        )

    def answer(self, entry: Entry, at: float, *, jobs: bytes = b"[]", cancel: bytes = b"[]") -> bytes:
        """The answer from prebuilt parts. The first one of a process also greets the member."""
        live = entry.live
        live.interval_sec = seconds = self.interval_for(entry)
        greeting = b""
        if not live.greeted:
            live.greeted, greeting = True, entry.greeting
        return b'{"heartbeatIntervalSec":%d,%b%b"jobs":%b,"cancelJobs":%b,%b}' % (
            seconds,
            self.moment(at),
            greeting,
            jobs,
            cancel,
            entry.tail,
        )


class UnsupportedBody(DomainError):
    """The body is of a kind that we do not read."""

    status = 415


class BodyTooLarge(DomainError):
    status = 413


def check_envelope(length: int | None, encoding: str | None) -> None:
    """What is refused before the body is read: too long, or compressed (that is how bombs come in)."""
    if encoding is not None and encoding.lower() != "identity":
        raise UnsupportedBody("compressed_body", "Send the body as it is, without Content-Encoding.")
    if length is not None and length > BODY_MAX_BYTES:
        raise too_large()


def too_large() -> DomainError:
    return BodyTooLarge("body_too_large", f"A heartbeat is at most {BODY_MAX_BYTES // 1024} KiB long.")


def find_key(
    intake: Intake, authorization: str | None, source: str | None, body: bytes, *, look_again: bool = False
) -> Key | None:
    """First check: the secret. None is the canary. Raises Unauthorized, or LookAgain where the caller can."""
    scheme, _, secret = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise Unauthorized("credential_missing", "Send the enrolment secret as `Authorization: Bearer <48 hex>`.")
    digest = digest_of(secret)
    key = intake.directory.keys.get(digest)
    if key is not None and (key.until is None or key.until > time.time()):
        return key
    if intake.is_canary(digest):
        return None
    if look_again and SECRET.match(secret) and intake.may_look_again(intake.monotonic()):
        raise LookAgain
    raise _unknown(intake, secret, source, body)


def check_source(entry: Entry, source: str | None) -> str:
    """Second check: where it comes from. Raises Forbidden."""
    if source is None:
        raise Forbidden(
            "source_ip_missing",
            "The client's address is not known: the proxy in front of the control plane has to send the header "
            "that SERVERSCTL_CLIENT_IP_HEADER names.",
        )
    if not entry.allows(source):
        raise Forbidden(
            "ip_not_allowed",
            f"This request came from {source}, which is not among the allowed addresses of {entry.hostname}: "
            "add it in the member's settings.",
            extra={"seenAddress": source},
        )
    return source


def check_hostname(entry: Entry, said: str) -> None:
    """Third check: the name, without regard to case. Raises Forbidden."""
    if said != entry.hostname and said.rstrip(".").lower() != entry.hostname:
        raise Forbidden(
            "hostname_mismatch",
            f"The agent says it is {said}, the member was enrolled as {entry.hostname}: "
            "change the member's host name, or set BALCTL_HOSTNAME on the host.",
            extra={"saidHostname": said, "typedHostname": entry.hostname},
        )


def check_pace(entry: Entry, at: float) -> None:
    """More than 5 a second is a fault of the agent. Raises TooMany."""
    live, second = entry.live, int(at)
    if live.second != second:
        live.second, live.in_second = second, 0
    live.in_second += 1
    if live.in_second > BEATS_PER_SEC_MAX:
        raise TooMany(
            "too_many_requests",
            f"More than {BEATS_PER_SEC_MAX} heartbeats in a second: keep to heartbeatIntervalSec.",
            retry_after_sec=1,
        )


def note(intake: Intake, entry: Entry, why: DomainError, source: str | None, said: str | None = None) -> None:
    refusal = Refusal(entry.id_text, why.code, why.detail, source, said)
    intake.refusals.take(refusal, intake.monotonic())


def _unknown(intake: Intake, secret: str, source: str | None, body: bytes) -> DomainError:
    """The refusal of a credential that opens nothing, noted with the member that it seems to be."""
    if UUID_SHAPE.match(secret):
        refusal = Unauthorized(
            "credential_unknown",
            "This is a member's id (UUID), not its enrolment secret: use the 48 hexadecimal characters that were "
            "shown when the member was made, or rotate the secret to get new ones.",
        )
        named = intake.directory.by_id.get(secret.lower())
        if named is not None and source is not None and named.allows(source):
            note(intake, named, refusal, source)
        return refusal
    shape = "" if SECRET.match(secret) else " It has to be 48 hexadecimal characters, 0-9 and a-f."
    refusal = Unauthorized(
        "credential_unknown",
        f"This enrolment secret is not known: rotate the member's secret and enrol again.{shape}",
    )
    try:
        said = read_beat(body).hostname
    except DomainError:
        return refusal
    # Only a member that could be this host hears of it: other tenants may use the same name.
    for entry in intake.directory.by_hostname.get(said.rstrip(".").lower(), ()):
        if source is not None and entry.allows(source):
            note(intake, entry, refusal, source, said)
    return refusal


def stacks_of(beat: Beat) -> str:
    """The stacks that a host reports, as one word list: `haproxy mariadb`."""
    found = [name for name in STACKS[1:] if getattr(beat, name) is not UNSET]
    if beat.haproxy is not None and beat.haproxy.monitored:
        found.insert(0, "haproxy")
    return " ".join(found)


def sample_of(beat: Beat) -> bytes:
    """The slot of the history rings."""
    host, haproxy = beat.host, beat.haproxy
    flags = 0
    if haproxy is not None and haproxy.monitored:
        flags = rings.MONITORED | (rings.ACTIVE if haproxy.active else 0)
    if host is None:
        return rings.pack(None, None, None, flags, load=None, sessions=None)
    memory = host.memory
    fullest = None
    for disk in host.disks or ():
        if disk.total_bytes and disk.used_bytes is not None:
            share = 100.0 * disk.used_bytes / disk.total_bytes
            fullest = share if fullest is None or share > fullest else fullest
    return rings.pack(
        host.cpu.used_pct if host.cpu else None,
        100.0 * (memory.used_bytes or 0) / memory.total_bytes if memory and memory.total_bytes else None,
        fullest,
        flags,
        load=host.load[0] if host.load else None,
        sessions=None if haproxy is None else sessions_of(haproxy.stats),
    )
