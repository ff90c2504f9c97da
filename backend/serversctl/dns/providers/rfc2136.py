"""Any server that takes dynamic updates (RFC 2136) signed with TSIG (RFC 8945): BIND, Knot, PowerDNS and others.

Every update carries the whole watched set as a prerequisite, so an edit by somebody else in between is refused by
the server instead of being overwritten by us.
"""

from __future__ import annotations

import base64
import binascii
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring
import dns.update

from ...kernel.errors import DomainError
from ..names import clean_zone
from ..ports import (
    TEXT,
    WATCHED,
    CredentialReport,
    Fence,
    Limits,
    OutcomeUnknown,
    Plan,
    ProviderError,
    ProviderUnauthorized,
    ProviderUnavailable,
    Record,
    Refused,
    Stale,
    Tools,
    Zone,
    canonical,
    check_host,
    check_port,
    option,
    plain_text,
    provider,
    quoted_text,
)
from ..wire import failure

ALGORITHMS = ("hmac-sha256", "hmac-sha512", "hmac-sha384", "hmac-sha224", "hmac-sha1", "hmac-md5")
CHANGED_RCODES = frozenset({dns.rcode.NXRRSET, dns.rcode.YXRRSET, dns.rcode.NXDOMAIN, dns.rcode.YXDOMAIN})


def _zone(value: str) -> str:
    try:
        return clean_zone(value)
    except DomainError as why:
        raise ValueError(why.detail) from why


def _secret(value: str) -> str:
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as why:
        raise ValueError("Use the key's secret in Base64, as tsig-keygen prints it.") from why
    if not raw or len(value) > 400:
        raise ValueError("The secret is empty or far too long.")
    return value


def _key_name(value: str) -> str:
    try:
        return dns.name.from_text(value).to_text(omit_final_dot=True).lower()
    except dns.exception.DNSException as why:
        raise ValueError("Use the key's name as in the server's configuration.") from why


def _algorithm(value: str) -> str:
    if value.lower().rstrip(".") not in ALGORITHMS:
        raise ValueError("Use one of " + ", ".join(ALGORITHMS) + ".")
    return value.lower().rstrip(".")


@dataclass(frozen=True, slots=True)
class Config:
    server: str = option("Server", "Name or address of the zone's primary", check=check_host)
    zone: str = option("Zone", "The zone that the key may update, for example example.com", check=_zone)
    tsig_name: str = option("Key name", "Name of the TSIG key, as in the server's configuration", check=_key_name)
    tsig_secret: str = option("Key secret", "The key's secret in Base64", secret=True, check=_secret)
    tsig_algorithm: str = option("Algorithm", ", ".join(ALGORITHMS), default="hmac-sha256", check=_algorithm)
    port: int = option("Port", "DNS port of the server", default=53, check=check_port)


@provider
class Rfc2136:
    kind: ClassVar[str] = "rfc2136"
    title: ClassVar[str] = "DNS update (RFC 2136)"
    config_class: ClassVar[type[Any]] = Config
    limits: ClassVar[Limits] = Limits(ttl_min=1, ttl_max=86400)

    def __init__(self, config: Config, tools: Tools) -> None:
        self._config = config
        self._tools = tools
        self._keys = dns.tsigkeyring.from_text({config.tsig_name: (config.tsig_algorithm + ".", config.tsig_secret)})

    def zones(self, name: str | None = None) -> list[Zone]:
        if name is not None and name != self._config.zone:
            return []
        self._query(self._config.zone, "SOA")
        return [Zone(self._config.zone, self._config.zone)]

    def read(self, zone: Zone, name: str) -> tuple[Record, ...]:  # noqa: ARG002
        records = []
        for kind in WATCHED:
            answer = self._query(name, kind)
            wanted = dns.rdatatype.from_text(kind)
            for rrset in answer.answer:
                if rrset.rdtype == wanted and rrset.name == dns.name.from_text(name):
                    for rdata in rrset:
                        content = canonical(kind, rdata.to_text())
                        records.append(Record(f"{kind}/{content}", kind, content, rrset.ttl))
        return tuple(records)

    def apply(self, zone: Zone, name: str, plan: Plan, fence: Fence) -> None:
        update = dns.update.UpdateMessage(zone.name + ".", keyring=self._keys)
        owner = dns.name.from_text(name)
        for kind in WATCHED:
            held = [record for record in plan.before if record.type == kind]
            if held:
                update.present(owner, _rdataset(kind, held, ttl=0))  # a prerequisite with a TTL is a FORMERR
            else:
                update.absent(owner, kind)
        touched = {side.type for change in plan.changes for side in (change.before, change.after) if side}
        # Within one update the server works from top to bottom, and an address beside a CNAME is dropped silently
        # (RFC 2136 3.4.2.2): so removals come first. The message as a whole applies or does not.
        for kind in sorted(touched):
            update.delete(owner, kind)
        for kind in sorted(touched):
            left = [record for record in plan.after if record.type == kind]
            if left:
                update.add(owner, _rdataset(kind, left, ttl=min(record.ttl for record in left)))
        fence()
        self._check_update(self._exchange(update, write=True))

    def texts(self, zone: Zone, name: str) -> tuple[str, ...]:  # noqa: ARG002
        owner = dns.name.from_text(name)
        return tuple(
            plain_text(rdata.to_text())
            for rrset in self._query(name, TEXT).answer
            if rrset.rdtype == dns.rdatatype.TXT and rrset.name == owner
            for rdata in rrset
        )

    def add_text(self, zone: Zone, name: str, value: str, ttl: int, fence: Fence) -> None:
        """No prerequisite: adding one value touches no other, and a double is dropped (RFC 2136 3.4.2.2)."""
        update = dns.update.UpdateMessage(zone.name + ".", keyring=self._keys)
        update.add(dns.name.from_text(name), ttl, TEXT, quoted_text(value))
        fence()
        self._check_update(self._exchange(update, write=True))

    def remove_text(self, zone: Zone, name: str, value: str, fence: Fence) -> None:
        update = dns.update.UpdateMessage(zone.name + ".", keyring=self._keys)
        update.delete(dns.name.from_text(name), TEXT, quoted_text(value))
        fence()
        self._check_update(self._exchange(update, write=True))

    def check(self) -> CredentialReport:
        try:
            self._query(self._config.zone, "SOA")
            self._check_update(self._exchange(self._empty_update(), write=False))
        except ProviderError as why:
            return CredentialReport(
                False, why.detail, f"Allow the key {self._config.tsig_name} in the zone's update-policy or acl."
            )
        return CredentialReport(True, "The server knows the key and takes signed updates.", zones=(self._config.zone,))

    def authorities(self, zone: Zone) -> Sequence[tuple[str, int]] | None:  # noqa: ARG002
        return [(self._config.server, self._config.port)]

    def close(self) -> None:
        """Nothing is kept open."""

    def _empty_update(self) -> dns.update.UpdateMessage:
        """An update without content: proves the signature and the right to update, and changes nothing."""
        return dns.update.UpdateMessage(self._config.zone + ".", keyring=self._keys)

    def _query(self, name: str, kind: str) -> dns.message.Message:
        query = dns.message.make_query(name + ".", kind, flags=0)
        query.use_tsig(self._keys)
        answer = self._exchange(query, write=False)
        code = answer.rcode()
        if code in {dns.rcode.NOERROR, dns.rcode.NXDOMAIN}:
            if not answer.flags & dns.flags.AA:
                raise Refused(f"{self._config.server} is not authoritative for {self._config.zone}. Use the primary.")
            return answer
        raise self._refusal(code)

    def _check_update(self, answer: dns.message.Message) -> None:
        code = answer.rcode()
        if code in CHANGED_RCODES:
            raise Stale(f"{self._config.server} says that the name was changed by somebody else meanwhile.")
        if code != dns.rcode.NOERROR:
            raise self._refusal(code)

    def _refusal(self, code: dns.rcode.Rcode) -> ProviderError:
        text = f"{self._config.server} answers {dns.rcode.to_text(code)}"
        if code in {dns.rcode.REFUSED, dns.rcode.NOTAUTH}:
            return ProviderUnauthorized(f"{text}: it does not let this key work on {self._config.zone}.")
        if code == dns.rcode.SERVFAIL:
            return OutcomeUnknown(f"{text}: it has a problem with {self._config.zone}.")
        return Refused(f"{text}.")

    def _exchange(self, message: dns.message.Message, *, write: bool) -> dns.message.Message:
        """One message over TCP: no truncation, and a refused connection is known not to have been sent."""
        self._tools.meter()
        host, port, wait = self._config.server, self._config.port, self._tools.timeout_sec
        try:
            addresses = self._tools.outbound.addresses(host, port, also_port=53)
        except DomainError as why:
            raise failure(host, why, write=write) from why
        connection = self._connect(addresses)
        with connection:
            try:
                return dns.query.tcp(message, addresses[0], timeout=wait, port=port, sock=connection)
            except dns.tsig.PeerBadTime as why:
                raise ProviderUnauthorized(f"{host} says that our clock is off: set the time on both.") from why
            except (dns.tsig.PeerError, dns.tsig.BadSignature, dns.tsig.BadTime, dns.message.UnknownTSIGKey) as why:
                raise ProviderUnauthorized(
                    f"{host} does not accept the key {self._config.tsig_name}: check name, secret and algorithm."
                ) from why
            except (dns.exception.DNSException, OSError, EOFError) as why:
                raise failure(host, why, write=write) from why

    def _connect(self, addresses: Sequence[str]) -> socket.socket:
        for address in addresses:
            try:
                made = socket.create_connection((address, self._config.port), timeout=self._tools.timeout_sec)
            except OSError:
                continue
            made.setblocking(False)
            return made
        raise ProviderUnavailable(
            f"{self._config.server} port {self._config.port} (TCP) does not answer. Open it for us in the firewall."
        )


def _rdataset(kind: str, records: Sequence[Record], *, ttl: int) -> dns.rdataset.Rdataset:
    made = dns.rdataset.Rdataset(dns.rdataclass.IN, dns.rdatatype.from_text(kind))
    for record in records:
        text = record.content + ("." if kind == "CNAME" else "")
        made.add(dns.rdata.from_text(dns.rdataclass.IN, made.rdtype, text), ttl)
    return made
