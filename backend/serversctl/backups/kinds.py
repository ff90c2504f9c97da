"""Kinds of backups and the parts that they consist of: what each is called, and what it brings back."""

from __future__ import annotations

from dataclasses import dataclass

from ..kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of a snapshot that can be restored alone."""

    id: str
    title: str
    help: str


@dataclass(frozen=True, slots=True)
class Kind:
    """`stack` is what the host has to have; None where it is asked when the job runs."""

    id: str
    title: str
    command: str
    stack: str | None
    scopes: tuple[Scope, ...]


KINDS = {
    kind.id: kind
    for kind in (
        Kind(
            "haproxy", "HAProxy", "backup.haproxy", "haproxy",
            (
                Scope("main_config", "Main configuration", "/etc/haproxy/haproxy.cfg"),
                Scope("conf_d", "Configuration folder", "/etc/haproxy/conf.d/*.cfg"),
                Scope("certificates", "Certificates", "/etc/haproxy/certs"),
                Scope("letsencrypt", "Let's Encrypt", "/etc/letsencrypt with accounts and keys"),
                Scope("referenced", "Other files that the configuration names", "certificates elsewhere below /etc"),
            ),
        ),
        Kind("ufw", "Firewall (ufw)", "backup.ufw", None, (Scope("firewall", "Firewall rules", "/etc/ufw"),)),
    )
}  # fmt: skip
BACKUPS = {kind.command: kind for kind in KINDS.values()}
# Commands that read one snapshot, named by their parameter `snapshotId`.
READERS = ("backup.restore", "backup.verify", "backup.compare", "standby.provision_from_backup")


def kind_of(kind_id: str) -> Kind:
    found = KINDS.get(kind_id)
    if found is None:
        known = ", ".join(KINDS)
        raise Invalid(
            "backup_kind_unknown", f"There are backups of: {known}.", errors={"kind": [f"Use one of {known}."]}
        )
    return found


def scope_title(scope_id: str) -> str:
    return next((scope.title for kind in KINDS.values() for scope in kind.scopes if scope.id == scope_id), scope_id)
