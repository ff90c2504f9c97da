"""Asks a zone's own servers what they answer: the proof that a write reached DNS, without sleeping for a TTL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver

from ..kernel.errors import DomainError
from ..kernel.outbound import Outbound
from .ports import ADDRESS_TYPES, TEXT, canonical, plain_text

SERVERS_MAX = 6
Server = tuple[str, int]
NameServers = Callable[[str], Sequence[str]]


def system_name_servers(zone: str) -> list[str]:
    """The names in the zone's NS records, asked through this machine's resolver."""
    try:
        answer = dns.resolver.resolve(zone + ".", "NS", lifetime=3.0)
    except dns.exception.DNSException:
        return []
    return sorted(rdata.target.to_text(omit_final_dot=True) for rdata in answer)


def system_alias(name: str) -> str | None:
    """The target of a CNAME at a name, asked through this machine's resolver; None without one."""
    try:
        answer = dns.resolver.resolve(name + ".", "CNAME", lifetime=3.0)
    except dns.exception.DNSException:
        return None
    return next((rdata.target.to_text(omit_final_dot=True).lower() for rdata in answer), None)


class Authority:
    """The zone's servers, within the rules for outbound connections."""

    def __init__(
        self, outbound: Outbound, *, timeout_sec: float = 1.5, name_servers: NameServers = system_name_servers
    ) -> None:
        self._outbound = outbound
        self._timeout_sec = timeout_sec
        self._name_servers = name_servers

    def agrees(
        self, zone: str, servers: Sequence[Server] | None, name: str, want: Mapping[str, Sequence[str]]
    ) -> bool | None:
        """True: every server that answered gives `want`; False: one gives something else; None: none answered."""
        verdicts = [self._asks(server, name, want) for server in (servers or self._servers(zone))[:SERVERS_MAX]]
        heard = [verdict for verdict in verdicts if verdict is not None]
        return all(heard) if heard else None

    def answers(self, server: Server, name: str, kind: str) -> tuple[str, ...] | None:
        """What one server says, sorted; None when it does not answer with authority."""
        host, port = server
        query = dns.message.make_query(name + ".", kind, flags=0)
        try:
            address = self._outbound.addresses(host, port, also_port=53)[0]
            answer, _ = dns.query.udp_with_fallback(query, address, timeout=self._timeout_sec, port=port)
        except (dns.exception.DNSException, OSError, EOFError, DomainError):
            return None
        if answer.rcode() not in {dns.rcode.NOERROR, dns.rcode.NXDOMAIN} or not answer.flags & dns.flags.AA:
            return None
        wanted, owner = dns.rdatatype.from_text(kind), dns.name.from_text(name)
        found = [
            r.to_text() for rrset in answer.answer if rrset.rdtype == wanted and rrset.name == owner for r in rrset
        ]
        return tuple(sorted(canonical(kind, text) for text in found))

    def holds_texts(
        self, zone: str, servers: Sequence[Server] | None, name: str, values: Collection[str]
    ) -> bool | None:
        """True: every server that answered has all these TXT values; False: one lacks some; None: none answered."""
        heard = [
            set(values) <= {plain_text(text) for text in found}
            for server in (servers or self._servers(zone))[:SERVERS_MAX]
            if (found := self.answers(server, name, TEXT)) is not None
        ]
        return all(heard) if heard else None

    def alias(self, zone: str, servers: Sequence[Server] | None, name: str) -> str | None:
        """The name that a CNAME there points to, or None; the first server that answers counts."""
        for server in (servers or self._servers(zone))[:SERVERS_MAX]:
            found = self.answers(server, name, "CNAME")
            if found is not None:
                return found[0] if found else None
        return None

    def _asks(self, server: Server, name: str, want: Mapping[str, Sequence[str]]) -> bool | None:
        for kind in ADDRESS_TYPES:
            found = self.answers(server, name, kind)
            if found is None:
                return None
            if found != tuple(sorted(want.get(kind, ()))):
                return False
        return True

    def _servers(self, zone: str) -> list[Server]:
        return [(name, 53) for name in self._name_servers(zone)]
