"""What a backup costs beside `tar | gzip -1 | openssl enc -aes-256-ctr` to the same store over the same TLS, in one run.

    python3 agent/bench/backup.py [MEGABYTES] [--large]

Prints ratios (ours / the pipe's), what a second unchanged backup costs, and the peak memory of the job's process. `--large`
holds a few huge files instead of many small ones.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time

AGENT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(AGENT, "tests"))
os.environ.setdefault("BALCTL_TEST_FORM", "built")

from support.backups import KEY, SECOND, SNAPSHOT, SOURCE, Job, fill, hidden  # noqa: E402
from support.certs import TestAuthority  # noqa: E402
from support.control import SECRET, ControlServer  # noqa: E402
from support.form import agent  # noqa: E402
from support.host import Host  # noqa: E402
from support.store import ObjectStore  # noqa: E402

CHUNK = "8M"
PASS = "-pass pass:bench -pbkdf2 -iter 1"


class DiskStore(ObjectStore):
    """Objects as files: a bench of gigabytes must not fill the memory that it measures."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.folder = folder

    def _file(self, key: str) -> str:
        return os.path.join(self.folder, key.replace("/", "_"))

    def transfer(self, method: str, key: str, raw: bytes) -> tuple[int, object]:
        if method == "GET":
            with open(self._file(key), "rb") as source:
                return 200, source.read()
        hashlib.sha256(raw).hexdigest()  # what a real store does, for both sides
        with open(self._file(key), "wb") as out:
            out.write(raw)
        self.objects[key] = b""
        return 200, {}


class RootedHost:
    """What Job wants of a host, in the measured process."""

    def __init__(self, root: str) -> None:
        self.root = root


def measured(what: str, root: str) -> None:
    """In a process of its own, as a job has: seconds and peak memory on standard output."""
    job = Job(RootedHost(root), {"take": "b1", "again": "b2", "restore": "r1"}[what])
    began = time.monotonic()
    if what == "restore":
        params = {"backupKey": KEY, "keyGeneration": 1, "snapshotId": SNAPSHOT, "sourceMember": SOURCE}
        wire = agent.ObjectWire(job.config, job.job_id, 1)
        reader = agent.open_snapshot(job, params, wire)
        found = agent.Restore(job, reader, agent.chosen_scopes("", "haproxy"), set()).run()
    else:
        found = agent.take_snapshot(job, "haproxy", hidden() if what == "take" else hidden(SECOND, SNAPSHOT))
    seconds = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"seconds": seconds, "peakMb": peak, "result": found}) + "\n")


def child(what: str, host: Host) -> dict[str, object]:
    argv = [sys.executable, os.path.abspath(__file__), "--measured", what, host.root]
    done = subprocess.run(argv, env=host.environ(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{what}: {done.stderr[-2000:]}")
    row: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return row


def make_data(host: Host, megabytes: int, large: bool) -> None:
    """Half of it folds to nothing much, half to a half: keys and text."""
    dice = random.Random(4)
    size = (256 << 20) if large else 24_000
    for number in range(max((megabytes << 20) // size, 1)):
        path = host.path(f"/etc/letsencrypt/archive/d{number % 50}/f{number}.pem")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            for _ in range(0, size, min(size, 1 << 20)):
                half = dice.randbytes(min(size, 1 << 20) // 4)
                out.write(half.hex().encode() + (b"-- a line of text --" * (len(half) // 10)))
    old = time.time() - 3600
    for where, _, names in os.walk(host.path("/etc")):
        for name in names:
            os.utime(os.path.join(where, name), (old, old), follow_symlinks=False)


def pipe_there(host: Host, url: str, ca: str) -> float:
    put = f"curl -sS --fail --cacert {ca} -X PUT -H 'Authorization: Bearer {SECRET}' -H 'Content-Type: application/octet-stream' -H Expect: -o /dev/null --data-binary @- {url}/api/agents/blobs/objects/pipe-\\$FILE"
    return shell(
        f'tar -C {host.root}/etc -c haproxy letsencrypt ssl | gzip -1 | openssl enc -aes-256-ctr {PASS} | split -b {CHUNK} --filter="{put}"'
    )


def pipe_back(target: str, names: list[str], url: str, ca: str) -> float:
    os.makedirs(target)
    gets = " ".join(f"{url}/api/agents/blobs/objects/{name}" for name in names)
    return shell(
        f"curl -sS --fail --cacert {ca} -H 'Authorization: Bearer {SECRET}' {gets} | openssl enc -d -aes-256-ctr {PASS} | gzip -d | tar -C {target} -x"
    )


def shell(line: str) -> float:
    began = time.monotonic()
    subprocess.run(["bash", "-o", "pipefail", "-c", line], check=True)
    return time.monotonic() - began


def main(megabytes: int, large: bool) -> int:
    with tempfile.TemporaryDirectory(prefix="backup-bench-") as folder:
        authority = TestAuthority(folder)
        with ControlServer(authority.server, authority.key) as server:
            os.mkdir(os.path.join(folder, "store"))
            server.control.store = DiskStore(os.path.join(folder, "store"))
            server.control.store.snapshot_of = {"b1": SNAPSHOT, "b2": SECOND}
            host = Host(folder, server.url, authority.ca)
            fill(host)
            shutil.rmtree(host.path("/run/systemd"))  # no service to reload: the data's way is what is measured
            make_data(host, megabytes, large)
            time.sleep(2.1)
            pipe = pipe_there(host, server.url, authority.ca)
            ours, again = child("take", host), child("again", host)
            names = sorted(key for key in server.control.store.objects if key.startswith("pipe-"))
            pipe_restore = pipe_back(os.path.join(folder, "back"), names, server.url, authority.ca)
            shutil.rmtree(host.path("/etc/letsencrypt"))
            back = child("restore", host)
            host.close()
    size = ours["result"]["bytes"] / 1e6  # type: ignore[index]
    print(f"data                 {size:.0f} MB in {ours['result']['files']} files")  # type: ignore[index]
    print(
        f"backup               {ours['seconds']:.2f} s, pipe {pipe:.2f} s: ratio {float(str(ours['seconds'])) / pipe:.2f}"
    )
    print(
        f"second, unchanged    {again['seconds']:.2f} s: {100 * float(str(again['seconds'])) / float(str(ours['seconds'])):.1f} % of the first"
    )
    print(
        f"restore              {back['seconds']:.2f} s, pipe {pipe_restore:.2f} s: ratio {float(str(back['seconds'])) / pipe_restore:.2f}"
    )
    print(
        f"peak memory          backup {ours['peakMb']:.0f} MB, second {again['peakMb']:.0f} MB, restore {back['peakMb']:.0f} MB"
    )
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measured"]:
        measured(sys.argv[2], sys.argv[3])
        sys.exit(0)
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()]
    sys.exit(main(sizes[0] if sizes else 200, "--large" in sys.argv))
