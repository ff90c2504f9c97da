"""What tests of backups share: a context as a job has it, hidden parameters, a folder that is hashed as a whole."""

from __future__ import annotations

import hashlib
import os
import stat

from .form import agent

KEY = "5b" * 32
SNAPSHOT = "11111111-1111-4111-8111-111111111111"
SECOND = "22222222-2222-4222-8222-222222222222"
SOURCE = "7d9a3a52-8d5c-4c1e-9a53-0f6f3c2d1b00"


class Job(agent.JobContext):  # type: ignore[name-defined]
    """A running attempt: the agent's own context, with its lines kept."""

    def __init__(self, host, job_id: str) -> None:  # type: ignore[no-untyped-def]
        super().__init__(agent.load_config({"BALCTL_ROOT": host.root}), job_id, -1)
        self.said: list[str] = []
        self.given: dict[str, bytes] = {}

    def event(self, value: dict[str, object]) -> None:
        pass

    def say(self, text: str) -> None:
        self.said.append(text)

    def output(self, name: str, data: bytes) -> None:
        self.given[name] = data


def hidden(snapshot_id: str = SNAPSHOT, base: str = "") -> dict[str, object]:
    return {"backupKey": KEY, "keyGeneration": 1, "snapshotId": snapshot_id, "memberId": SOURCE, "baseSnapshotId": base}


def tree_hash(top: str) -> str:
    """Names, kinds, modes, owners, times of change of contents, and contents of everything below a folder."""
    digest = hashlib.sha256()
    for where, folders, names in os.walk(top):
        folders.sort()
        for name in sorted([*folders, *names]):
            full = os.path.join(where, name)
            found = os.lstat(full)
            row = (os.path.relpath(full, top), found.st_mode, found.st_uid, found.st_gid)
            digest.update(repr(row).encode())
            if stat.S_ISLNK(found.st_mode):
                digest.update(os.readlink(full).encode())
            elif stat.S_ISREG(found.st_mode):
                with open(full, "rb") as source:
                    digest.update(hashlib.sha256(source.read()).digest() + str(found.st_mtime_ns).encode())
    return digest.hexdigest()


def fill(host) -> None:  # type: ignore[no-untyped-def]
    """A host as it is found: HAProxy with certificates, Let's Encrypt's links, a certificate somewhere else."""
    host.with_haproxy()
    host.write("/etc/haproxy/haproxy.cfg", "frontend web\n    bind :443 ssl crt /etc/ssl/own/site.pem\n")
    host.write("/etc/haproxy/conf.d/10-app.cfg", "backend app\n    server s1 127.0.0.1:9\n")
    host.write("/etc/haproxy/certs/a.example.com.pem", "certificate and key\n", 0o600)
    host.write("/etc/ssl/own/site.pem", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", 0o640)
    host.write("/etc/letsencrypt/archive/x/privkey1.pem", "key one\n", 0o600)
    os.makedirs(host.path("/etc/letsencrypt/live/x"))
    os.symlink("../../archive/x/privkey1.pem", host.path("/etc/letsencrypt/live/x/privkey.pem"))


class Folder:
    """A host's root folder alone, for a process of its own."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.config = agent.load_config({"BALCTL_ROOT": root})


def restored(host, scopes=frozenset(), paths=frozenset()):  # type: ignore[no-untyped-def]
    """The result of a restore of SNAPSHOT; HAProxy is not watched for seconds afterwards."""
    agent.Restore.run.__globals__["RESTORE_WATCH_SEC"] = 0
    job = Job(host, "r1")
    wire = agent.ObjectWire(job.config, "r1", 1)
    try:
        reader = agent.open_snapshot(job, {**hidden(), "sourceMember": SOURCE}, wire)
        wanted = set(scopes) or agent.chosen_scopes("", str(reader.manifest["kind"]))
        return agent.Restore(job, reader, wanted, set(paths)).run()
    finally:
        wire.close()
