"""SSH access and hardening against a real sshd on loopback with a configuration below a root folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time

import pytest
from support.form import agent

SSHD = shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin")
SSH = shutil.which("ssh")
pytestmark = pytest.mark.skipif(
    SSHD is None or SSH is None or os.getuid() != 0, reason="needs root, sshd and ssh: apt-get install openssh-server"
)
DROP_IN = "/etc/ssh/sshd_config.d/00-balctl-hardening.conf"


class Context:
    """What a command gets, without a wire; programs run for real."""

    def __init__(self, root: str) -> None:
        self.root = root

    def step(self, text: str, percent: int | None = None) -> None:
        pass

    def say(self, text: str) -> None:
        pass

    def run(self, argv, timeout_sec=60.0):  # type: ignore[no-untyped-def]
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return agent.Outcome(done.returncode, done.stdout)


class SshHost:
    """A root folder with accounts, keys and a running server."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.context = Context(root)
        for folder in ("/etc/ssh/sshd_config.d", "/root", "/run", "/home/ann"):
            os.makedirs(root + folder)
        self.write(
            "/etc/passwd",
            f"root:x:0:0:root:/root:/bin/bash\nann:x:{os.getuid()}:0:Ann:/home/ann:/bin/bash\nwww:x:33:33::/var/www:/usr/sbin/nologin\n",
        )
        self.write("/etc/group", "root:x:0:\nsudo:x:27:ann\n")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.keygen(root + "/etc/ssh/host_key")
        self.config = f"""Include {root}/etc/ssh/sshd_config.d/*.conf
Port {self.port}
ListenAddress 127.0.0.1:{self.port}
HostKey {root}/etc/ssh/host_key
PidFile {root}/run/sshd.pid
AuthorizedKeysFile {root}/root/.ssh/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication yes
"""
        self.write("/etc/ssh/sshd_config", self.config)
        os.makedirs("/run/sshd", exist_ok=True)
        self.process = subprocess.Popen(
            [str(SSHD), "-D", "-e", "-f", root + "/etc/ssh/sshd_config"], stderr=subprocess.DEVNULL
        )
        self.wait()

    def write(self, path: str, text: str) -> None:
        with open(self.root + path, "w") as out:
            out.write(text)

    def read(self, path: str) -> str:
        with open(self.root + path) as source:
            return source.read()

    def keygen(self, path: str, *kind: str) -> str:
        subprocess.run(
            ["ssh-keygen", "-q", "-N", "", "-f", path, *(kind or ("-t", "ed25519")), "-C", "me@home"], check=True
        )
        with open(path + ".pub") as source:
            return source.read().strip()

    def wait(self) -> None:
        ends = time.monotonic() + 10
        while time.monotonic() < ends:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as link:
                    if link.recv(4) == b"SSH-":
                        return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("sshd does not start")

    def offered(self) -> str:
        """The ways to sign in that the server offers to somebody without a key."""
        done = subprocess.run(
            [str(SSH), "-F", "none", "-o", "PreferredAuthentications=none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-p", str(self.port), "root@127.0.0.1", "true"],
            capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
        return done.stderr.rpartition("(")[2]

    def signs_in(self, key: str) -> bool:
        done = subprocess.run(
            [str(SSH), "-F", "none", "-i", key, "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-p", str(self.port), "root@127.0.0.1", "true"],
            capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
        return done.returncode == 0

    def enable(self, key: str, user: str = "root"):  # type: ignore[no-untyped-def]
        return agent.run_ssh_access_enable(self.context, {"publicKey": key, "user": user})

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture
def box(tmp_path):  # type: ignore[no-untyped-def]
    made = SshHost(str(tmp_path))
    yield made
    made.close()


def test_an_added_key_signs_in_and_is_added_once(box: SshHost):
    key = box.root + "/me"
    line = box.keygen(key)
    assert not box.signs_in(key)

    first, second = box.enable(line), box.enable(line)

    assert box.signs_in(key)
    assert (first["added"], second["added"]) == (True, False)
    assert first["banner"].startswith("SSH-2.0-")
    assert box.read("/root/.ssh/authorized_keys") == line + "\n"
    assert os.stat(box.root + "/root/.ssh/authorized_keys").st_mode & 0o777 == 0o600
    assert os.listdir(box.root + "/root/.ssh") == ["authorized_keys"]


def test_removing_a_key_keeps_the_others(box: SshHost):
    mine, theirs = box.keygen(box.root + "/me"), box.keygen(box.root + "/them")
    box.enable(mine)
    box.enable(theirs)

    agent.run_ssh_access_disable(box.context, {"publicKey": mine, "user": "root"})

    assert not box.signs_in(box.root + "/me")
    assert box.signs_in(box.root + "/them")


@pytest.mark.parametrize(
    "text",
    [
        "ssh-ed25519 " + "A" * 68,
        "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIE" + "A" * 43,
        "hello",
        'command="sh" x',
        "ssh-dss " + "A" * 80,
    ],
)
def test_what_is_no_sound_key_is_refused(box: SshHost, text: str):
    with pytest.raises(agent.StepFailed, match="no sound public key"):
        box.enable(text)


def test_a_short_rsa_key_is_refused(box: SshHost):
    with pytest.raises(agent.StepFailed, match="2048"):
        box.enable(box.keygen(box.root + "/weak", "-t", "rsa", "-b", "1024"))


@pytest.mark.parametrize("user", ["nobody-here", "www"])
def test_an_account_that_cannot_log_in_is_refused(box: SshHost, user: str):
    with pytest.raises(agent.StepFailed, match="account"):
        box.enable(box.keygen(box.root + "/me"), user)


def test_a_link_in_the_home_leads_nowhere(box: SshHost, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    os.symlink(outside, box.root + "/home/ann/.ssh")

    with pytest.raises(agent.StepFailed, match="link"):
        box.enable(box.keygen(box.root + "/me"), "ann")
    os.unlink(box.root + "/home/ann/.ssh")
    os.mkdir(box.root + "/home/ann/.ssh", 0o700)
    os.symlink(outside / "file", box.root + "/home/ann/.ssh/authorized_keys")
    with pytest.raises(OSError, match="symbolic links"):
        box.enable(box.keygen(box.root + "/me2"), "ann")

    assert os.listdir(outside) == []


def test_hardening_takes_passwords_off_and_keys_still_work(box: SshHost):
    key = box.root + "/me"
    box.enable(box.keygen(key))
    assert "password" in box.offered()

    result = agent.run_ssh_hardening_enable(box.context, {})
    box.wait()

    assert result["administratorsWithKeys"] == ["root"]
    assert "password" not in box.offered()
    assert box.signs_in(key)
    agent.run_ssh_hardening_disable(box.context, {})
    box.wait()
    assert "password" in box.offered()
    assert not os.path.exists(box.root + DROP_IN)


def test_hardening_without_any_key_is_refused_and_changes_nothing(box: SshHost):
    with pytest.raises(agent.StepFailed, match="lock everybody out"):
        agent.run_ssh_hardening_enable(box.context, {})

    assert not os.path.exists(box.root + DROP_IN)
    assert "password" in box.offered()


def test_a_key_of_root_does_not_count_where_root_may_not_sign_in(box: SshHost):
    box.enable(box.keygen(box.root + "/me"))
    box.write("/etc/ssh/sshd_config", box.config + "PermitRootLogin no\n")

    with pytest.raises(agent.StepFailed, match="lock everybody out"):
        agent.run_ssh_hardening_enable(box.context, {})


def test_hardening_that_others_overrule_is_taken_back(box: SshHost):
    box.enable(box.keygen(box.root + "/me"))
    box.write("/etc/ssh/sshd_config", "PasswordAuthentication yes\n" + box.config)

    with pytest.raises(agent.StepFailed, match=r"passwordauthentication.*are back"):
        agent.run_ssh_hardening_enable(box.context, {})

    assert not os.path.exists(box.root + DROP_IN)


def test_a_server_that_dies_on_the_reload_gets_its_settings_back(box: SshHost, monkeypatch):
    """Nobody listens after the reload: the file must be gone, so that the next start is as before."""
    box.enable(box.keygen(box.root + "/me"))

    def dies(_context, _settings):  # type: ignore[no-untyped-def]
        box.process.terminate()
        box.process.wait(10)
        return True

    names = agent.run_ssh_hardening_enable.__globals__
    monkeypatch.setitem(names, "reload_sshd", dies)
    monkeypatch.setitem(agent.answers_after_reload.__globals__, "BANNER_WAIT_SEC", 0.3)

    with pytest.raises(agent.StepFailed, match=r"did not answer.*are back"):
        agent.run_ssh_hardening_enable(box.context, {})

    assert not os.path.exists(box.root + DROP_IN)


def test_a_broken_configuration_is_named_and_nothing_is_written(box: SshHost):
    box.enable(box.keygen(box.root + "/me"))
    box.write("/etc/ssh/sshd_config", box.config + "NoSuchWord yes\n")

    with pytest.raises(agent.StepFailed, match="NoSuchWord"):
        agent.run_ssh_hardening_enable(box.context, {})

    assert not os.path.exists(box.root + DROP_IN)


def test_the_last_key_stays_while_passwords_are_off(box: SshHost):
    line = box.keygen(box.root + "/me")
    box.enable(line)
    agent.run_ssh_hardening_enable(box.context, {})

    with pytest.raises(agent.StepFailed, match="last key"):
        agent.run_ssh_access_disable(box.context, {"publicKey": line, "user": "root"})

    box.wait()
    assert box.signs_in(box.root + "/me")
