"""Ask one name server what it holds, as `dig` would."""

from __future__ import annotations

import dns.flags
import dns.message
import dns.query
import dns.rdatatype


def dig(address: str, port: int, name: str, kind: str = "A", *, timeout_sec: float = 2) -> tuple[str, ...]:
    """The record set's values, sorted; empty when there is none. The wire is asked, no cache is used.

    Raises dns.exception.Timeout when the server is silent, OSError when it cannot be reached.
    """
    query = dns.message.make_query(name, kind)
    query.flags &= ~dns.flags.RD
    answer = dns.query.udp(query, address, port=port, timeout=timeout_sec, ignore_unexpected=True)
    wanted = dns.rdatatype.from_text(kind)
    return tuple(sorted(item.to_text() for found in answer.answer if found.rdtype == wanted for item in found))


def ttl_of(address: str, port: int, name: str, kind: str = "A", *, timeout_sec: float = 2) -> int | None:
    """TTL of the record set in seconds, or None when there is none."""
    answer = dns.query.udp(dns.message.make_query(name, kind), address, port=port, timeout=timeout_sec)
    wanted = dns.rdatatype.from_text(kind)
    return next((found.ttl for found in answer.answer if found.rdtype == wanted), None)


def serves(address: str, port: int) -> bool:
    """Does a name server answer at all? Any answer counts, a refusal too."""
    try:
        dns.query.udp(dns.message.make_query("ready.invalid", "SOA"), address, port=port, timeout=0.5)
    except (OSError, dns.exception.DNSException):
        return False
    return True
