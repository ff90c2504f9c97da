"""The lab's wires: one switch in its own network namespace, and a cable from it to each station.

Nothing here touches the machine's own network. There is no uplink: a packet that leaves a station can reach another
station of the same lab or nobody. That is why the addresses may look public (the product refuses to publish private
and documentation addresses): they exist inside these namespaces alone, and the machine's routes never learn of them.
"""

from __future__ import annotations

import ipaddress
import zlib
from functools import partial

from .namespace import Namespace
from .shell import LabError, run

CONTROL, NAMES, WORLD = 1, 2, 200  # last numbers of the fixed stations
FIRST_HOST = 11


def default_net(lab_id: str) -> str:
    """A /24 that looks public. Its third number comes from the lab's id, which tells logs of two labs apart."""
    return f"45.90.{zlib.crc32(lab_id.encode()) % 250 + 1}.0/24"


class Station:
    """A place on the switch: a namespace with one cable. `inside()` lets the caller work from there."""

    def __init__(self, network: Network, name: str, number: int) -> None:
        self.network, self.name, self.number = network, name, number
        self.namespace = Namespace(f"{network.lab_id}-{name}")
        self.address = network.address(number)
        self.inside = self.namespace.inside
        self.run = self.namespace.run
        self.popen = self.namespace.popen
        self.is_cut = False

    def plug_in(self) -> None:
        """Make the namespace, its address and the cable. The hardware address is always the same, so that the others
        find a host that comes back without waiting for their neighbour tables to age.
        """
        self.namespace.create()
        switch, mine = self.network.switch.name, self.namespace.name
        mac = f"02:5c:{self.number:02x}:00:00:01"
        run(
            *("ip", "link", "add", self.name, "netns", switch, "type", "veth"),
            *("peer", "name", "eth0", "netns", mine, "address", mac),
        )
        self.namespace.ip("addr", "add", f"{self.address}/{self.network.prefix}", "dev", "eth0")
        self.namespace.ip("link", "set", "eth0", "up")
        # The default route leads to the control station, which forwards nothing: elsewhere is silence, as on a
        # network whose uplink is down.
        if self.number != CONTROL:
            self.namespace.ip("route", "add", "default", "via", self.network.address(CONTROL))
        port = self.network.switch.ip
        port("link", "set", self.name, "master", "br0")
        port("link", "set", self.name, "down" if self.is_cut else "up")

    def unplug(self) -> None:
        """Remove cable and namespace, at once and without a word to the others: not even a TCP reset gets out."""
        if self.network.switch.path.exists():
            # Not left to the namespace's end: the kernel removes that later, and a new cable needs the name now.
            run("ip", "-n", self.network.switch.name, "link", "del", self.name, check=False)
        self.namespace.destroy()

    def cut(self) -> None:
        """Pull the cable. Nothing gets through in either direction until `heal`."""
        self.is_cut = True
        self.network.switch_off(self.name)

    def heal(self) -> None:
        self.is_cut = False
        if self.namespace.path.exists():
            self.network.switch.ip("link", "set", self.name, "up")


class Network:
    """The switch and the three fixed stations: `control` (.1), `names` (.2) for name servers, `world` (.200) for
    clients. They are apart so that a fault can hit one of them alone.
    """

    def __init__(self, lab_id: str, net: str | None = None) -> None:
        self.lab_id = lab_id
        parsed = ipaddress.ip_network(net or default_net(lab_id))
        if not isinstance(parsed, ipaddress.IPv4Network) or parsed.prefixlen > 24:
            raise LabError(f"{net} cannot hold a lab: give an IPv4 network of /24 or larger.")
        self.net, self.prefix = parsed, parsed.prefixlen
        self.switch = Namespace(f"{lab_id}-switch")
        self.control = Station(self, "control", CONTROL)
        self.names = Station(self, "names", NAMES)
        self.world = Station(self, "world", WORLD)

    @property
    def stations(self) -> tuple[Station, ...]:
        return (self.control, self.names, self.world)

    def address(self, number: int) -> str:
        return str(self.net.network_address + number)

    def create(self) -> None:
        self.switch.create()
        self.switch.ip("link", "add", "br0", "type", "bridge")
        self.switch.ip("link", "set", "br0", "up")
        table = partial(self.switch.run, "nft")
        table("add", "table", "bridge", "lab")
        table("add chain bridge lab faults { type filter hook forward priority 0 ; policy accept ; }")
        for station in self.stations:
            station.plug_in()

    def switch_off(self, port: str) -> None:
        if self.switch.path.exists():
            run("ip", "-n", self.switch.name, "link", "set", port, "down", check=False)

    def block(self, sender: str, receiver: str, *, both_ways: bool = True) -> None:
        """Drop silently what `sender` sends to `receiver` (addresses), and the reverse: a partial partition."""
        self._drop(sender, receiver)
        if both_ways:
            self._drop(receiver, sender)

    def unblock_all(self) -> None:
        self.switch.run("nft", "flush", "chain", "bridge", "lab", "faults")

    def _drop(self, sender: str, receiver: str) -> None:
        rule = f"add rule bridge lab faults ip saddr {sender} ip daddr {receiver} drop"
        self.switch.run("nft", rule)

    def destroy(self) -> None:
        for station in self.stations:
            station.namespace.destroy()
        self.switch.destroy()
