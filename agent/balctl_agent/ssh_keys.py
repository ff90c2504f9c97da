"""Who may come in by key: accounts that can administer this host, and their authorized_keys, without following links."""

from __future__ import annotations

import base64
import binascii
import os
import stat

from .errors import StepFailed
from .files import read_text, under

KEY_KINDS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)
KEY_PATTERN = r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com) [A-Za-z0-9+/]{40,3000}={0,2}( [A-Za-z0-9@._+-]{1,200})?"
ADMIN_GROUPS = ("sudo", "wheel", "admin")
RSA_LEAST_BITS = 2048
AUTHORIZED_KEYS = "authorized_keys"


class HostUser:
    __slots__ = ("gid", "home", "name", "shell", "uid")

    def __init__(self, name: str, uid: int, gid: int, home: str, shell: str) -> None:
        self.name = name
        self.uid = uid
        self.gid = gid
        self.home = home
        self.shell = shell

    @property
    def can_log_in(self) -> bool:
        return bool(self.home) and not self.shell.endswith(("/nologin", "/false"))


def host_users(root: str) -> dict[str, HostUser]:
    found = {}
    for line in read_text(under(root, "/etc/passwd")).splitlines():
        parts = line.split(":")
        if len(parts) >= 7 and parts[2].isdigit() and parts[3].isdigit():
            found[parts[0]] = HostUser(parts[0], int(parts[2]), int(parts[3]), parts[5], parts[6])
    return found


def administrators(root: str) -> list[HostUser]:
    """root and the members of the groups that may use sudo."""
    users = host_users(root)
    names = ["root"]
    for line in read_text(under(root, "/etc/group")).splitlines():
        parts = line.split(":")
        if len(parts) >= 4 and parts[0] in ADMIN_GROUPS:
            names += [name for name in parts[3].split(",") if name]
            names += [user.name for user in users.values() if parts[2].isdigit() and user.gid == int(parts[2])]
    return [users[name] for name in dict.fromkeys(names) if name in users and users[name].can_log_in]


def key_identity(line: str) -> tuple[str, str] | None:
    """(kind, base64) of a line of authorized_keys; options in front are skipped. None: no key, or a broken one."""
    words = line.strip().split()
    if not words or words[0].startswith("#"):
        return None
    for number, word in enumerate(words[:-1]):
        if word in KEY_KINDS:
            kind, text = word, words[number + 1]
            return (kind, text) if is_sound_key(kind, text) else None
    return None


def is_sound_key(kind: str, text: str) -> bool:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    parts = []
    while raw:
        size = int.from_bytes(raw[:4], "big")
        if len(raw) < 4 + size or len(parts) > 8:
            return False
        parts.append(raw[4 : 4 + size])
        raw = raw[4 + size :]
    if len(parts) < 2 or parts[0] != kind.encode():
        return False
    if kind == "ssh-ed25519":
        return len(parts) == 2 and len(parts[1]) == 32
    if kind == "ssh-rsa":
        return len(parts) == 3 and int.from_bytes(parts[2], "big").bit_length() >= RSA_LEAST_BITS
    return True


def checked_key(text: str) -> tuple[str, str]:
    found = key_identity(text)
    if found is None:
        raise StepFailed(
            f"this is no sound public key: use the line of a .pub file (RSA keys of at least {RSA_LEAST_BITS} bits)"
        )
    return found


def keys_of(root: str, user: HostUser) -> list[str]:
    """The lines with a sound key that let this user in."""
    try:
        folder = open_ssh_folder(root, user, make=False)
    except (OSError, StepFailed):
        return []
    try:
        return [line for line in read_keys(folder).splitlines() if key_identity(line)]
    finally:
        os.close(folder)


def open_ssh_folder(root: str, user: HostUser, *, make: bool) -> int:
    """The user's .ssh, opened without following a link out of the home. StepFailed when it is not theirs."""
    home = os.open(under(root, user.home), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if make:
            made = True
            try:
                os.mkdir(".ssh", 0o700, dir_fd=home)
            except FileExistsError:
                made = False
            if made:
                os.chown(".ssh", user.uid, user.gid, dir_fd=home, follow_symlinks=False)
        try:
            folder = os.open(".ssh", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=home)
        except NotADirectoryError:
            raise StepFailed(f"{user.home}/.ssh is a link or no folder: nothing is written there") from None
    finally:
        os.close(home)
    facts = os.fstat(folder)
    if facts.st_uid not in (user.uid, 0) or facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        os.close(folder)
        raise StepFailed(f"{user.home}/.ssh belongs to somebody else or others may write to it: sshd would ignore it")
    return folder


def read_keys(folder: int) -> str:
    try:
        handle = os.open(AUTHORIZED_KEYS, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        return ""
    with os.fdopen(handle, "rb") as source:
        if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
            raise StepFailed("authorized_keys is no ordinary file: nothing is written there")
        return source.read(1 << 20).decode("utf-8", "replace")


def write_keys(folder: int, user: HostUser, text: str) -> None:
    """The whole file anew: sshd sees the old one or this one."""
    beside = f".authorized_keys.{os.urandom(6).hex()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(beside, flags, 0o600, dir_fd=folder)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(text.encode())
            out.flush()
            os.fchown(out.fileno(), user.uid, user.gid)
            os.fsync(out.fileno())
        os.replace(beside, AUTHORIZED_KEYS, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        try:
            os.unlink(beside, dir_fd=folder)
        except OSError:
            pass
        raise
    os.fsync(folder)
