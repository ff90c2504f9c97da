"""Ceph's S3 gateway with its own tiny cluster in memory: a real server that checks signatures, expiry and clocks.

Starting takes 15 to 20 s and about 1.2 GB; one serves a whole test session, with a bucket for each test.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

from .ports import accepts, free_port
from .process import SEARCH_PATH, ChildServer, program, quick_folder

ACCESS_KEY, SECRET_KEY = "LABKEY", "LABSECRET"
CONF = """[global]
fsid = {fsid}
keyring = {home}/keyring
mon host = [v2:127.0.0.1:{mon2}/0,v1:127.0.0.1:{mon1}/0]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
osd pool default size = 1
osd pool default min size = 1
mon allow pool size one = true
osd crush chooseleaf type = 0
osd pool default pg num = 4
osd pool default pgp num = 4
mon max pg per osd = 2000
mon data avail crit = 1
mon data avail warn = 2
auth allow insecure global id reclaim = true
osd objectstore = memstore
memstore device bytes = 2147483648
run dir = {home}/run
admin socket = {home}/run/$name.asok
log file = {home}/$name.log
[mon.a]
mon data = {home}/mon
[osd.0]
osd data = {home}/osd0
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw data = {home}/rgw
"""


class Daemon(ChildServer):
    """One of Ceph's programs, in the foreground."""

    def __init__(self, title: str, home: Path) -> None:
        self.title = title
        super().__init__(home)


class RadosGw:
    """The gateway. `endpoint` takes requests signed with ACCESS_KEY and SECRET_KEY, and no others."""

    def __init__(self) -> None:
        self.home = quick_folder("rgw")
        self.port = free_port("127.0.0.1")
        self._daemons: list[Daemon] = []
        for name in ("mon", "osd0", "rgw", "run"):
            (self.home / name).mkdir()
        fsid = str(uuid.uuid4())
        mon1, mon2 = free_port("127.0.0.1"), free_port("127.0.0.1")
        text = CONF.format(fsid=fsid, home=self.home, mon1=mon1, mon2=mon2, port=self.port)
        (self.home / "ceph.conf").write_text(text)
        self._keys()
        self._do("monmaptool", "--create", "--fsid", fsid, "--addv", "a",
                 f"[v2:127.0.0.1:{mon2},v1:127.0.0.1:{mon1}]", "monmap")  # fmt: skip
        self._do("ceph-mon", "-c", "ceph.conf", "--mkfs", "-i", "a", "--monmap", "monmap", "--keyring", "keyring")
        self._run("mon", "ceph-mon", "-i", "a", answers=lambda: accepts("127.0.0.1", mon1))
        self._ceph("auth", "import", "-i", "keyring")
        osd = str(uuid.uuid4())
        self._ceph("osd", "new", osd, "0")
        self._do("ceph-osd", "-c", "ceph.conf", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._run("osd", "ceph-osd", "-i", "0", answers=self._osd_is_up)
        self._run("gateway", "radosgw", "-n", "client.rgw", answers=lambda: accepts("127.0.0.1", self.port))
        self._do("radosgw-admin", "-c", "ceph.conf", "user", "create", "--uid", "lab", "--display-name", "lab",
                 "--access-key", ACCESS_KEY, "--secret", SECRET_KEY)  # fmt: skip

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url(self, bucket: str, **options: str) -> str:
        more = "".join(f"&{name}={value}" for name, value in options.items())
        return f"s3://{bucket}?endpoint={self.endpoint}{more}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for daemon in reversed(self._daemons):
            daemon.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def _keys(self) -> None:
        make = ("ceph-authtool", "keyring")
        self._do(make[0], "--create-keyring", make[1], "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        for name in ("osd.0", "client.rgw"):
            self._do(*make, "--gen-key", "-n", name, "--cap", "mon", "allow *", "--cap", "osd", "allow *")
        caps = [word for part in ("mon", "osd", "mgr") for word in ("--cap", part, "allow *")]
        self._do(*make, "--gen-key", "-n", "client.admin", *caps)

    def _osd_is_up(self) -> bool:
        return int(json.loads(self._ceph("osd", "stat", "-f", "json")).get("num_up_osds", 0)) == 1

    def _ceph(self, *words: str) -> str:
        return self._do("ceph", "-c", "ceph.conf", *words)

    def _do(self, name: str, *words: str) -> str:
        binary = program(name, package="ceph-mon ceph-osd radosgw ceph-common")
        done = subprocess.run(
            [binary, *words], cwd=self.home, capture_output=True, text=True, timeout=60, check=False,
            env={**os.environ, "PATH": SEARCH_PATH},
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"{name} {' '.join(words[:4])}: {done.stderr[-600:]}")
        return done.stdout

    def _run(self, title: str, name: str, *words: str, answers: object) -> None:
        daemon = Daemon(title, self.home)
        binary = program(name, package="ceph-mon ceph-osd radosgw ceph-common")
        daemon.launch([binary, "-f", "-c", str(self.home / "ceph.conf"), *words], answers=answers, timeout_sec=90)  # type: ignore[arg-type]
        self._daemons.append(daemon)
