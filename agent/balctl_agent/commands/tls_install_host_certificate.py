"""A certificate for the services of this host that are not HAProxy: one file, replaced as a whole."""

from __future__ import annotations

import os
import time

from ..clock import utc_stamp
from ..errors import StepFailed
from ..files import under
from ..jobchild import JobContext
from ..pem_checks import PEM_CAP_BYTES, check_pem
from ..registry import command
from .tls_install_certificate import HOSTNAME_PATTERN, old_pem, swap_in

HOST_CERTIFICATE_FOLDER = "/etc/ssl/serversctl"


@command(
    "tls.install_host_certificate", title="Install a host's certificate",
    description="Writes a certificate with its key to /etc/ssl/serversctl/<host name>.pem, for services other than HAProxy. They are not reloaded.",
    params={"hostname": {"type": "string", "title": "Host name", "help": "a host name in small letters", "pattern": HOSTNAME_PATTERN, "required": True}},
    danger="change", timeout_sec=60, idempotent=True, resource="host_certificate",
)  # fmt: skip
def run_tls_install_host_certificate(context: JobContext, params: dict[str, object]) -> dict[str, object]:
    hostname = str(params["hostname"])
    shown = f"{HOST_CERTIFICATE_FOLDER}/{hostname}.pem"
    live = under(context.root, shown)
    context.step("Check the certificate", 20)
    data = context.input("pem")
    if len(data) > PEM_CAP_BYTES:
        raise StepFailed("the PEM is far too large for a certificate")
    facts = check_pem(data.decode("ascii", "replace"), hostname, time.time())
    os.makedirs(os.path.dirname(live), 0o755, exist_ok=True)
    changed = old_pem(live) != data
    if changed:
        swap_in(context, live, data, try_haproxy=False)
    return {
        "path": shown, "changed": changed, "fingerprint": facts.fingerprint, "names": facts.names[:20],
        "notAfter": utc_stamp(facts.not_after), "note": f"Chain and key are in {shown}: name it in your services, and reload them after a renewal.",
    }  # fmt: skip
