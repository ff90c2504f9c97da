"""A certificate onto this host: checked on its own, swapped in by rename, the old one back when HAProxy does not take it."""

from __future__ import annotations

import hashlib
import os
import socket
import ssl
import time

from ..certificate_swap import swap_in_memory
from ..clock import utc_stamp
from ..errors import StepFailed
from ..failpoint import failpoint
from ..files import ScratchFolder, read_capped, read_text, remove_quietly, sync_folder, under, write_beside
from ..haproxy_config import ConfigFacts, config_arguments, config_files, running_pid, words_of
from ..haproxy_control import check_config, has_systemd, reload_haproxy
from ..jobchild import JobContext
from ..pem_checks import PEM_CAP_BYTES, PemFacts, check_key_fits, check_pem
from ..procs import find_program
from ..registry import command

CERTIFICATE_FOLDER = "/etc/haproxy/certs"
SERVED_WAIT_SEC = 4.0
HOSTNAME_PATTERN = r"(?=.{1,250}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)+"


@command(
    "tls.install_certificate", title="Install a certificate",
    description="Writes a certificate with its key to /etc/haproxy/certs/<host name>.pem and brings it into HAProxy when its configuration uses it. A certificate that does not fit changes nothing.",
    params={"hostname": {"type": "string", "title": "Host name", "help": "a host name in small letters", "pattern": HOSTNAME_PATTERN, "required": True}},
    applies={"stack": "haproxy"}, danger="change", timeout_sec=180, idempotent=True, resource="haproxy",
)  # fmt: skip
def run_tls_install_certificate(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    hostname = str(params["hostname"])
    shown = f"{CERTIFICATE_FOLDER}/{hostname}.pem"
    live = under(context.root, shown)
    context.step("Check the certificate", 10)
    data = context.input("pem")
    if len(data) > PEM_CAP_BYTES:
        raise StepFailed("the PEM is far too large for a certificate")
    facts = check_pem(data.decode("ascii", "replace"), hostname, time.time())
    folder = os.path.dirname(live)
    os.makedirs(folder, 0o755, exist_ok=True)
    old = old_pem(live)
    arguments, texts = configuration(context)
    used = uses_certificate(context.root, texts, shown)
    if old != data:
        swap_in(context, live, data, try_haproxy=used)
    failpoint("tls_swapped")
    served: bool | None = None
    if used:
        served = activate(context, arguments, texts, live=live, old=old, data=data, facts=facts)
    return {
        "path": shown, "changed": old != data, "inUse": used, "served": served, "fingerprint": facts.fingerprint,
        "names": facts.names[:20], "notAfter": utc_stamp(facts.not_after), "note": note_of(used, served, shown),
    }  # fmt: skip


def old_pem(live: str) -> bytes | None:
    try:
        return read_capped(live, PEM_CAP_BYTES)
    except FileNotFoundError:
        return None


def configuration(context: JobContext) -> tuple[list[str], str]:
    """The `-f` arguments and the text of all files; an empty text where HAProxy is not set up yet."""
    arguments = config_arguments(context.root)
    files = config_files(context.root, arguments)
    return arguments, "\n".join(read_text(under(context.root, path), 16 << 20) for path in files)


def uses_certificate(root: str, text: str, path: str) -> bool:
    """Does a `crt` name this file, its folder, or a list that names it? `crt-base` stands before relative names."""
    base = ""
    for line in text.splitlines():
        words = [word.strip("\"'") for word in words_of(line)]
        if words[:1] == ["crt-base"] and len(words) > 1:
            base = words[1]
        for key, value in zip(words, words[1:]):
            full = os.path.normpath(os.path.join(base or "/etc/haproxy", value))
            if root != "/" and full.startswith(root + "/"):
                full = full[len(root) :]
            if key == "crt" and full in (path, os.path.dirname(path)):
                return True
            if key == "crt-list" and any(
                os.path.normpath(os.path.join(base or "/etc/haproxy", entry.split()[0])) == path
                for entry in read_text(under(root, full)).splitlines()
                if entry.strip() and not entry.startswith("#")
            ):
                return True
    return False


def swap_in(context: JobContext, live: str, data: bytes, try_haproxy: bool) -> None:
    """The new file beside the old one, under a name with a dot, which HAProxy passes over; renamed once it is proven."""
    folder, name = os.path.split(live)
    beside = write_beside(os.path.join(folder, "." + name), data, 0o600)
    try:
        check_key_fits(beside)
        if try_haproxy:
            context.step("Let HAProxy check the file", 25)
            check_alone(context, beside)
        failpoint("tls_before_swap")
        keep_old(live)
        os.replace(beside, live)
        sync_folder(folder)
    finally:
        remove_quietly(beside)


def check_alone(context: JobContext, path: str) -> None:
    """`haproxy -c` over a configuration of one line that uses the file: its own opinion, before anything is swapped.

    Checking binds nothing, so the port does not matter.
    """
    program = find_program("haproxy")
    if program is None:
        return
    with ScratchFolder(os.path.dirname(path)) as scratch:
        probe = os.path.join(scratch, "probe.cfg")
        with open(probe, "w") as out:
            out.write(
                "defaults\n    mode http\n    timeout connect 1s\n    timeout client 1s\n    timeout server 1s\n"
                f"frontend probe\n    bind 127.0.0.1:443 ssl crt {path}\n"
            )
        done = context.run([program, "-c", "-f", probe], 30.0)
    if not done.ok:
        raise StepFailed(f"HAProxy does not take the certificate: {(done.reason or done.output)[-300:]}")


def keep_old(live: str) -> None:
    """A second name for the last good file: there before the rename, and after a crash still."""
    folder, name = os.path.split(live)
    kept = os.path.join(folder, f".{name}.old")
    if os.path.exists(live):
        remove_quietly(kept)
        os.link(live, kept)


def put_certificate_back(context: JobContext, live: str, old: bytes | None) -> None:
    context.say("putting the old certificate back" if old is not None else "taking the new file away again")
    if old is None:
        remove_quietly(live)
        return
    folder, name = os.path.split(live)
    os.replace(write_beside(os.path.join(folder, "." + name), old, 0o600), live)
    sync_folder(folder)


def activate(
    context: JobContext, arguments: list[str], text: str, *, live: str, old: bytes | None, data: bytes, facts: PemFacts
) -> bool | None:
    """Check the whole configuration, bring the file into HAProxy, look at what is served.

    The old file comes back on a failure. A certificate that HAProxy has loaded is exchanged over the admin socket: a
    reload would forget which servers were drained.
    """
    try:
        context.step("Check the configuration", 45)
        check_config(context, arguments)
        if running_pid(context.root) is None and not has_systemd(context.root):
            context.say("HAProxy does not run: it takes the certificate when it starts")
            return None
        context.step("Bring it into HAProxy", 70)
        if old is None or not swap_in_memory(context, ConfigFacts(text), live, data):
            reload_haproxy(context)
    except StepFailed:
        put_certificate_back(context, live, old)
        try:
            check_config(context, arguments)
            reload_haproxy(context)
        except StepFailed as why:
            context.say(f"HAProxy was not reloaded with the old certificate: {why}")
        raise
    context.step("Look at what is served", 90)
    return serves(text, facts)


def serves(text: str, facts: PemFacts) -> bool | None:
    """Does a TLS listener of this host show the new leaf for its name? None: there is no listener that we can ask."""
    places = [
        (reachable(str(row["address"])), int(str(row["port"])))
        for row in ConfigFacts(text).listeners
        if row["ssl"] and "port" in row and not str(row["address"]).startswith(("unix@", "abns@", "quic", "/"))
    ]
    if not places:
        return None
    name = facts.names[0].replace("*.", "any.", 1)
    deadline = time.monotonic() + SERVED_WAIT_SEC
    while True:
        if any(shown_leaf(place, name) == facts.fingerprint for place in places):
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.3)


def reachable(address: str) -> str:
    """An address of this host at which a bind line's listener answers."""
    bare = address.rpartition("@")[2].strip("[]")
    if bare.strip("0.") in ("", "*"):
        return "127.0.0.1"
    return "::1" if bare == "::" else bare


def shown_leaf(place: tuple[str, int], name: str) -> str:
    """SHA-256 of the certificate that a local listener shows for a name, or an empty text."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection(place, timeout=2.0) as raw, context.wrap_socket(raw, server_hostname=name) as tls:
            return hashlib.sha256(tls.getpeercert(binary_form=True) or b"").hexdigest()
    except (OSError, ValueError):
        return ""


def note_of(used: bool, served: bool | None, path: str) -> str:
    if not used:
        return f"HAProxy's configuration does not use it yet: add `ssl crt {path}` to a bind line, check, reload."
    if served is False:
        return "HAProxy was reloaded, and no listener here shows it: another certificate may come first for this name."
    return ""
