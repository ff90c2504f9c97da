"""One workbench per DNS provider: the adapter, a server behind it, and a hand that edits the zone like a stranger."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from serversctl.dns.ports import Provider, Tools, make_config, nothing
from serversctl.dns.registry import all_providers
from serversctl.kernel.outbound import Outbound

ZONE = "example.net"
LOOPBACK = Outbound(allow=(ipaddress.ip_network("127.0.0.0/8"),))


@dataclass
class Bench:
    """`edit(name, type, values)` replaces a record set behind our back; `look` reads it at the server itself."""

    kind: str
    config: dict[str, Any]
    edit: Callable[[str, str, Sequence[str]], None]
    look: Callable[[str, str], tuple[str, ...]]
    cloudflare_api_base: str = ""
    outbound: Outbound = LOOPBACK
    # The fake vendor, where there is one.
    vendor: Any = None
    bad_secret: dict[str, Any] = field(default_factory=dict)

    def provider(self, *, meter: Callable[[], None] = nothing, timeout_sec: float = 5.0, **other: Any) -> Provider:
        cls = all_providers()[self.kind]
        config, errors = make_config(cls.config_class, {**self.config, **other})
        assert config is not None, errors
        tools = Tools(
            outbound=self.outbound,
            cloudflare_api_base=self.cloudflare_api_base,
            meter=meter,
            timeout_sec=timeout_sec,
        )
        return cls(config, tools)


def powerdns_bench(server: Any) -> Bench:
    return Bench(
        kind="powerdns",
        config={
            "api_url": server.url,
            "api_key": server.api_key,
            "dns_server": server.address,
            "dns_port": server.port,
        },
        edit=lambda name, kind, values: server.set(ZONE, name, kind, values, ttl=60),
        look=server.dig,
        bad_secret={"api_key": "not-the-key"},
    )


def rfc2136_bench(server: Any) -> Bench:
    import dns.query
    import dns.rcode
    import dns.tsigkeyring
    import dns.update

    keys = dns.tsigkeyring.from_text({server.tsig_name: (server.tsig_algorithm + ".", server.tsig_secret)})

    def edit(name: str, kind: str, values: Sequence[str]) -> None:
        update = dns.update.UpdateMessage(ZONE + ".", keyring=keys)
        update.delete(name + ".", kind)
        for value in values:
            update.add(name + ".", 60, kind, value)
        answer = dns.query.tcp(update, server.address, port=server.port, timeout=5)
        assert answer.rcode() == dns.rcode.NOERROR

    return Bench(
        kind="rfc2136",
        config={
            "server": server.address,
            "port": server.port,
            "zone": ZONE,
            "tsig_name": server.tsig_name,
            "tsig_secret": server.tsig_secret,
            "tsig_algorithm": server.tsig_algorithm,
        },
        edit=edit,
        look=server.dig,
        bad_secret={"tsig_secret": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
    )


def cloudflare_bench(server: Any) -> Bench:
    return Bench(
        kind="cloudflare",
        config={"api_token": server.token},
        edit=server.edit,
        look=server.look,
        cloudflare_api_base=server.base_url,
        vendor=server,
        bad_secret={"api_token": "not-the-token-at-all"},
    )


def whm_bench(server: Any, ca_file: str) -> Bench:
    return Bench(
        kind="whm",
        config={"host": "127.0.0.1", "port": server.port, "username": server.username, "api_token": server.token},
        edit=server.edit,
        look=server.look,
        outbound=Outbound(allow=LOOPBACK.allow, ca_file=ca_file),
        vendor=server,
        bad_secret={"api_token": "not-the-token-at-all"},
    )
