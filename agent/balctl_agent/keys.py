"""The release keys, pinned at enrolment: the first connection, over verified TLS, says whose updates count from then on."""

from __future__ import annotations

import os
import re
import sys

from .answer import objects_in
from .config import AgentConfig
from .errors import UpdateRefused
from .files import write_atomic
from .manifest import pinned_keys
from .selfupdate import manifest_url
from .transport import ANSWER_CAP_BYTES, HttpsClient

PEM_SHAPE = re.compile(r"-----BEGIN PUBLIC KEY-----\n[A-Za-z0-9+/=\n]{40,1000}\n-----END PUBLIC KEY-----\n?")
MOST_KEYS = 4


def pin_keys(config: AgentConfig) -> int:
    """Fetch `keys` of agent.json and keep them. Keys that are already there are never replaced from the network."""
    present = pinned_keys(config.keys_dir)
    if present:
        sys.stdout.write(f"{len(present)} release keys are pinned in {config.keys_dir}; nothing changed\n")
        return 0
    client = HttpsClient(config)
    try:
        answer = client.get(manifest_url(config.update_url), 30.0, ANSWER_CAP_BYTES)
    finally:
        client.close()
    if answer.status != 200:
        raise UpdateRefused(
            "not_available", f"{manifest_url(config.update_url)}: HTTP {answer.status}; no release key was pinned"
        )
    pems = []
    for entry in objects_in(answer.json_object().get("keys"), MOST_KEYS):
        pem = entry.get("publicKey") if isinstance(entry, dict) else None
        if isinstance(pem, str) and PEM_SHAPE.fullmatch(pem):
            pems.append(pem.rstrip("\n") + "\n")
    if not pems:
        raise UpdateRefused("no_keys", f"{manifest_url(config.update_url)} offers no release key; updates stay refused")
    os.makedirs(config.keys_dir, mode=0o755, exist_ok=True)
    for number, pem in enumerate(pems, 1):
        write_atomic(os.path.join(config.keys_dir, f"release-{number}.pem"), pem.encode(), 0o644)
    sys.stdout.write(f"{len(pems)} release keys pinned in {config.keys_dir}\n")
    return 0
