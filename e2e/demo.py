"""`make demo`: the main job on this machine, for real. Ctrl-C ends it and leaves nothing running.

python -m e2e.demo            a live table; press a key to do harm
python -m e2e.demo --tour     does each harm by itself, prints the times and ends
python -m e2e.demo --local    no hosts: local processes on loopback addresses
"""

from __future__ import annotations

import argparse
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType

import httpx
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from .control_plane import EMAIL, PASSWORD
from .lab.available import available
from .lab.door import NameServerDoor
from .lab.proxy import FaultProxy
from .stage import FQDN, Stage

console = Console()
RECOVERY_SEC = 10
KEYS = {
    "1": "stop HAProxy on the active member",
    "2": "cut the active member's network",
    "3": "pull the active member's power",
    "4": "kill only the agent of the active member",
    "h": "heal everything",
    "q": "end",
}


class Demo:
    """The stage with its harms, and what the operator sees of them."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.told: list[str] = []

    def tell(self, text: str) -> None:
        self.told = [*self.told[-7:], f"{time.strftime('%H:%M:%S')}  {text}"]

    def harm(self, key: str) -> None:
        active = self.stage.host(self.stage.active())
        deeds: dict[str, Callable[[], object]] = {
            "1": lambda: active.service("stop", "haproxy"),
            "2": active.cut,
            "3": active.crash,
            "4": lambda: active.service("stop", "balctl-heartbeat"),
        }
        if key in deeds:
            self.tell(f"You {KEYS[key]}: {active.hostname}")
            deeds[key]()
        elif key == "h":
            self.heal()

    def heal(self) -> None:
        for host in self.stage.lab.hosts:
            if not host.is_on:
                host.boot()
            host.heal()
            host.service("start", "haproxy")
            host.service("start", "balctl-heartbeat")
        self.stage.api.post(f"/pools/{self.stage.pool_id}/failover/acknowledge")
        self.tell("Everything is healed; the members come back as standbys.")

    def view(self) -> Group:
        failover = self.stage.failover()
        ready = {m["memberId"]: m for m in failover["decision"]["members"]}
        overview = self.stage.api.get(f"/pools/{self.stage.pool_id}/overview")
        table = Table(title=f"{FQDN} → {', '.join(self.stage.dig()) or '(no answer)'}", expand=True)
        for column in ("member", "role", "address", "heartbeat", "HAProxy", "ready", "why"):
            table.add_column(column)
        for member in overview["members"]:
            gates = ready.get(member["id"], {})
            active = member["id"] == overview["pool"]["activeMemberId"]
            beat = member["heartbeat"]
            addresses = [text for found in gates.get("addresses", {}).values() for text in found]
            table.add_row(
                member["hostname"],
                Text("active", "bold magenta") if active else "standby",
                ", ".join(addresses) or "-",
                beat["state"] + ("" if beat["ageSec"] is None else f", {beat['ageSec']:.1f} s ago"),
                "active" if beat["haproxyActive"] else "down" if beat["haproxyMonitored"] else "-",
                "" if active else ("yes" if gates.get("ready") else "no"),
                Text("; ".join(g["reason"] for g in gates.get("gates", []) if g["blocking"] and not g["passed"])[:70]),
            )
        hold = next(iter(failover["holds"]), None)
        lines = [*self.told]
        if hold:
            lines.append(f"HOLD  {hold['reason']}: {hold['sentence']}")
        mails = self.stage.mail.mails[-3:]
        lines += [f"mail  {mail.subject}" for mail in mails]
        keys = "   ".join(f"[{k}] {what}" for k, what in KEYS.items())
        return Group(table, Panel("\n".join(lines) or "Press a key to do harm."), Text(keys, "dim"))


def tour(stage: Stage) -> None:
    """Each harm once, with its times."""
    demo = Demo(stage)
    for key in ("1", "2", "3"):
        active = stage.active()
        address = stage.host(active).address
        stage.mail.clear()
        console.print(f"\n[bold]{KEYS[key]}[/bold] ({active}, {address})")
        demo.harm(key)
        begin = time.monotonic()
        new, _ = stage.await_name_at_standby(not_address=address, within_sec=RECOVERY_SEC + 30)
        console.print(f"  +{time.monotonic() - begin:5.1f} s  dig {FQDN} → {new}")
        console.print(f"  +{time.monotonic() - begin:5.1f} s  a client gets the page of {stage.page()}")
        mail = stage.mail.wait_for(1, timeout_sec=30)[0]
        console.print(f"  +{time.monotonic() - begin:5.1f} s  mail: {mail.subject}")
        event = stage.events()[0]
        console.print(f"  why: {' '.join(event['sentences'])}")
        demo.heal()
        stage.await_ready(active, within_sec=60)
        console.print("[dim]  (healed; after an automatic move the pool rests for a minute)[/dim]")
        stage.rest()
    active = stage.active()
    console.print(f"\n[bold]{KEYS['4']}[/bold] ({active})")
    demo.harm("4")
    begin = time.monotonic()
    while not (hold := stage.hold()) and time.monotonic() - begin < RECOVERY_SEC + 30:
        time.sleep(0.2)
    console.print(f"  +{time.monotonic() - begin:5.1f} s  hold: {hold and hold['sentence']}")
    console.print(f"  {FQDN} still answers {stage.dig()}, the page is {stage.page()}'s")
    demo.heal()


@contextmanager
def single_keys() -> Iterator[Callable[[float], str]]:
    """A reader of single keys; without a terminal it only waits."""
    if not sys.stdin.isatty():
        yield lambda seconds: (time.sleep(seconds), "")[1]
        return
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)

    def read(seconds: float) -> str:
        return sys.stdin.read(1) if select.select([sys.stdin], [], [], seconds)[0] else ""

    try:
        yield read
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def watch(stage: Stage) -> None:
    demo = Demo(stage)
    with single_keys() as read, Live(console=console, auto_refresh=False) as live:
        while True:
            with suppress(AssertionError, OSError, httpx.HTTPError):  # the control plane itself may be the one harmed
                live.update(demo.view(), refresh=True)
            key = read(0.5)
            if key == "q":
                return
            if key:
                demo.harm(key)


@contextmanager
def doors(stage: Stage) -> Iterator[tuple[str, str]]:
    """Ways in from this machine: the address of the API, and the words after `dig`."""
    if stage.local:
        yield stage.plane.url, f"-p {stage.dns.port} @127.0.0.1"
        return
    lab = stage.lab
    with ExitStack() as open_doors:
        plane = FaultProxy((lab.control.address, 8443), listen=("127.0.0.1", 18443), dial_within=lab.control.inside)
        names = NameServerDoor((lab.names.address, 53), listen=("127.0.0.1", 15353), dial_within=lab.names.inside)
        try:
            open_doors.enter_context(plane)
            open_doors.enter_context(names)
        except OSError as why:
            console.print(
                f"[yellow]No way in from this machine ({why}); the hosts are reached as shown below.[/yellow]"
            )
        yield "https://127.0.0.1:18443", "-p 15353 @127.0.0.1"


def explain(stage: Stage, url: str, dig: str) -> None:
    lines = [
        f"\n[bold]Ready.[/bold]  Dashboard {url}/app/   sign-in {EMAIL} / {PASSWORD}",
        f"[dim]The certificate is of a local CA: {stage.plane.ca_file}.  API: {url}/api/docs[/dim]",
        "Do harm below and watch the pool's page, or ask from another terminal of this machine:",
        f"  dig +short {dig} {FQDN}",
    ]
    watching = f"SERVERSCTL_DATA_DIR={stage.plane.data_dir} .venv/bin/serversctl status --watch"
    if stage.local:
        lines.append(f"  {watching}")
    else:
        lines += [
            f"  ip netns exec {stage.lab.control.namespace.name} env {watching}",
            f"  .venv/bin/python -m e2e.lab --id {stage.lab.lab_id} cut h1      # or heal, crash, boot, exec h1 …",
        ]
    console.print("\n".join(lines) + "\n", soft_wrap=True, highlight=False)


def _ask_to_end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tour", action="store_true", help="do each harm by itself, print the times, end")
    parser.add_argument("--local", action="store_true", help="local processes in place of hosts")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _ask_to_end)
    reason = "you asked for --local." if options.local else available()
    if reason:
        console.print(f"[yellow]No hosts here: {reason}[/yellow]")
        console.print(
            "Local processes on loopback addresses play the hosts. Left out: an own systemd and address for each, the "
            "one-shot installer, and a cable to pull (the processes are frozen instead)."
        )
    try:
        with Stage.open(local=bool(reason), say=lambda text: console.print(f"[dim]{text}[/dim]")) as stage:
            stage.build(recovery_sec=RECOVERY_SEC, say=lambda text: console.print(f"[dim]{text}[/dim]"))
            with doors(stage) as (url, dig):
                explain(stage, url, dig)
                tour(stage) if options.tour else watch(stage)
    except KeyboardInterrupt:
        console.print("\nEnding: hosts, name server and control plane stop.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
