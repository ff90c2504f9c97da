"""Self-update against a server that lies in every way, and with the plug pulled at every step."""

from __future__ import annotations

import io
import json
import os
import stat
import zipfile

import pytest
from support.certs import make_key
from support.control import stamp
from support.form import BUILT_FILE, agent
from support.update import PROGRAM, PYTHON, Release, version_of


@pytest.fixture
def installed(host):
    with open(BUILT_FILE) as built:
        host.write(PROGRAM, built.read(), 0o755)
    return [*PYTHON, host.path(PROGRAM)]


@pytest.fixture
def release(tmp_path):
    return Release(str(tmp_path))


def refuse(host, installed, code_or_words: str) -> None:
    done = host.run("--update", command=installed)
    assert done.returncode in (5, 6), done.stderr
    assert code_or_words in done.stderr
    assert version_of(installed) == "100"
    assert not os.path.exists(host.path(PROGRAM) + ".prev")


def test_a_good_release_is_installed_and_the_old_one_kept(control, host, installed, release):
    release.offer(control, host)
    done = host.run("--update", command=installed)
    assert done.returncode == 0, done.stderr
    assert version_of(installed) == "101"
    assert version_of([*PYTHON, host.path(PROGRAM) + ".prev"]) == "100"
    assert os.stat(host.path(PROGRAM)).st_mode & 0o777 == 0o755
    assert "restart" in done.stdout


def test_an_ed25519_release_is_accepted_where_openssl_can(control, host, installed, release):
    release.key, release.public = make_key(release.folder, "ed", "ed25519")
    release.algorithm = "ed25519"
    release.offer(control, host)
    assert host.run("--update", command=installed).returncode == 0
    assert version_of(installed) == "101"


def test_the_second_pinned_key_counts_as_well(control, host, installed, release):
    other = make_key(release.folder, "other")[1]
    with open(other) as key:
        host.write("/etc/balctl/update-keys/a-other.pem", key.read())
    release.offer(control, host)
    assert host.run("--update", command=installed).returncode == 0


def test_an_unsigned_release_is_refused(control, host, installed, release):
    _, document = release.offer(control, host)
    control.files["/download/agent.json"] = json.dumps({**document, "signatures": []}).encode()
    refuse(host, installed, "no signature")


def test_a_release_of_another_key_is_refused(control, host, installed, release):
    _, document = release.offer(control, host)
    document["signatures"] = release.sign(document["manifest"], make_key(release.folder, "thief")[0])
    control.files["/download/agent.json"] = json.dumps(document).encode()
    refuse(host, installed, "no pinned release key")


def test_a_host_without_keys_refuses_everything(control, host, installed, release):
    release.offer(control, host, pin=False)
    refuse(host, installed, "holds no release key")


def test_a_changed_manifest_is_refused(control, host, installed, release):
    _, document = release.offer(control, host)
    document["manifest"]["version"] = 999
    control.files["/download/agent.json"] = json.dumps(document).encode()
    refuse(host, installed, "no pinned release key")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"expires": stamp(-1)}, "has expired"),
        ({"created": stamp(5 * 86400)}, "in the future"),
        ({"version": 99}, "older than 100"),
        ({"minVersion": 101}, "needs at least 101"),
        ({"product": "another-product"}, "not of serversctl-agent"),
        ({"sizeBytes": 9 << 20}, "not between 1 and"),
        ({"sizeBytes": 10}, "larger than 10 bytes"),
        ({"sha256": "0" * 64}, "not the file that was signed"),
        ({"files": []}, "seven files"),
        ({"file": "../x"}, "lacks a version"),
        ({"version": True}, "lacks a version"),
        ({"expires": "soon"}, "not UTC times"),
    ],
)
def test_a_signed_manifest_that_is_wrong_is_refused(control, host, installed, release, changes, words):
    release.manifest_changes = changes
    release.offer(control, host)
    refuse(host, installed, words)


def test_an_older_version_needs_the_explicit_setting(control, host, installed, tmp_path):
    old = Release(str(tmp_path), version=99)
    old.manifest_changes = {"minVersion": 1}
    old.offer(control, host)
    refuse(host, installed, "BALCTL_ALLOW_AGENT_DOWNGRADE")
    assert host.run("--update", command=installed, BALCTL_ALLOW_AGENT_DOWNGRADE="1").returncode == 0
    assert version_of(installed) == "99"


def test_a_cut_archive_is_refused(control, host, installed, release):
    archive, _ = release.offer(control, host)
    control.files["/download/agent.zip"] = archive[:-100]
    refuse(host, installed, "bytes, the manifest says")


def test_an_archive_with_one_flipped_bit_is_refused(control, host, installed, release):
    archive, _ = release.offer(control, host)
    control.files["/download/agent.zip"] = archive[:500] + bytes([archive[500] ^ 1]) + archive[501:]
    refuse(host, installed, "not the file that was signed")


def test_swapped_files_are_refused(control, host, installed, release):
    other = Release(release.folder, version=102)
    good, _ = release.offer(control, host)
    control.files["/download/agent.zip"] = other.archive()
    refuse(host, installed, "manifest says" if len(good) != len(other.archive()) else "not the file")


def test_an_endless_download_is_cut_off(control, host, installed, release):
    release.offer(control, host)
    sent = []

    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 65536)
                sent.append(1)
        except OSError:
            handler.close_connection = True

    control.files["/download/agent.zip"] = endless
    refuse(host, installed, "larger than")
    assert len(sent) * 65536 < 16 << 20


@pytest.mark.parametrize("path", ["/download/agent.json", "/download/agent.zip"])
def test_a_redirect_is_not_followed(control, host, installed, release, path):
    release.offer(control, host)
    control.files[path] = lambda handler: handler.reply(302, b"", Location="https://localhost/elsewhere")
    refuse(host, installed, "follows no redirects")


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("../../etc/cron.d/x", 0),
        ("/etc/passwd", 0),
        ("extra.py", 0),
        ("README.md", 0),
        ("sub/README.md", 0),
        ("LICENSE", stat.S_IFLNK | 0o777),
    ],
)
def test_a_foreign_name_link_or_double_in_the_archive_is_refused(control, host, installed, release, name, mode):
    release.extra = [(name, b"text\n", mode)]
    release.offer(control, host)
    refuse(host, installed, "agent.zip holds")


def test_a_bomb_is_stopped_at_the_announced_size():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.md", b"\0" * (64 << 20))
    data = bytearray(packed.getvalue())
    with pytest.raises(agent.UpdateRefused, match="announced size"):
        agent.unzip_bundle(bytes(data), {"README.md": 100})
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")  # the table of contents lies too
    with pytest.raises(agent.UpdateRefused, match="expands to another size"):
        agent.unzip_bundle(bytes(data), {"README.md": 100})


def test_random_bytes_never_unpack(tmp_path):
    good = Release(str(tmp_path), source="x = 1\n").archive()
    sizes = {name: len(data) for name, data in Release(str(tmp_path), source="x = 1\n").files().items()}
    assert agent.unzip_bundle(good, sizes)
    for seed in range(300):
        broken = bytearray(good)
        broken[hash((seed, 1)) % len(good)] ^= 1 + seed % 255
        try:
            files = agent.unzip_bundle(bytes(broken), sizes)
        except agent.UpdateRefused:
            continue
        assert {name: len(data) for name, data in files.items()} == sizes


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def broken(:\n", "does not compile"),
        ("import sys; sys.exit(1)\n", "fails its own test"),
        ("print('balctl 7')\n", "says it is"),
    ],
)
def test_a_signed_release_that_does_not_work_here_is_refused(control, host, installed, tmp_path, source, words):
    Release(str(tmp_path), source=source).offer(control, host)
    refuse(host, installed, words)
    assert [name for name in os.listdir(host.path("/var/lib/balctl")) if name.startswith(".work")] == []


POINTS = [
    "update.manifest_verified", "update.bundle_verified", "update.tried_out", "update.staged", "update.previous_kept", "update.state_pending",
    "update.replaced", "update.synced", "update.done",
]  # fmt: skip


@pytest.mark.parametrize("point", POINTS)
def test_a_power_cut_at_any_step_leaves_a_working_agent(control, host, installed, release, point):
    release.offer(control, host)
    assert host.run("--update", command=installed, BALCTL_FAILPOINT=point).returncode == -9
    assert version_of(installed) == ("101" if POINTS.index(point) >= POINTS.index("update.replaced") else "100")
    assert host.run("--trial-guard", command=installed).returncode == 0
    host.start(installed)
    control.wait(lambda: control.beats, 15)
    expected = int(version_of(installed))
    control.wait(lambda: control.beats[-1]["agentVersion"] == expected)
    host.close()
    assert host.run("--update", command=installed).returncode == 0
    assert version_of(installed) == "101"


def test_a_release_without_a_heartbeat_gives_way_and_is_not_taken_again(control, host, installed, release):
    release.source = release.source.replace(
        'HEARTBEAT_PATH = "/api/agents/heartbeat"', 'HEARTBEAT_PATH = "/api/agents/nothing"'
    )
    release.offer(control, host)
    assert host.run("--update", command=installed).returncode == 0
    process = host.start(installed, BALCTL_UPDATE_TRIAL_SEC="5")
    control.wait(lambda: control.beats and control.beats[-1]["agentVersion"] == 100, 30)
    assert process.poll() is None  # without a service manager it started the previous program in its place
    assert control.beats[-1]["update"]["failedVersion"] == 101
    assert version_of(installed) == "100"
    again = host.run("--update", command=installed)
    assert again.returncode == 5
    assert "was tried here and put back" in again.stderr


def test_a_release_that_crashes_at_each_start_is_put_back_by_the_guard(control, host, installed, release):
    release.source = release.source.replace(
        "def serve(config: AgentConfig) -> int:", "def serve(config: AgentConfig) -> int:\n    raise SystemExit(9)"
    )
    release.offer(control, host)
    assert host.run("--update", command=installed).returncode == 0
    guard = [*PYTHON, host.path(PROGRAM) + ".prev"]
    for _ in range(agent.MOST_TRIAL_STARTS - 1):
        assert host.run("--trial-guard", command=guard).returncode == 0
        assert host.run(command=installed).returncode == 9
    host.run("--trial-guard", command=guard)
    assert version_of(installed) == "100"


def test_one_start_counts_once_for_both_guards_of_the_unit(control, host, installed, release):
    release.offer(control, host)
    host.run("--update", command=installed)
    for _ in range(6):
        host.run("--trial-guard", command=installed, INVOCATION_ID="a")
    assert json.loads(host.read("/var/lib/balctl/update.json"))["starts"] == 1


@pytest.mark.parametrize("point", ["update.rolled_back"])
def test_a_power_cut_while_putting_back_leaves_a_working_agent(control, host, installed, release, point):
    release.offer(control, host)
    host.run("--update", command=installed)
    state = json.loads(host.read("/var/lib/balctl/update.json"))
    host.write("/var/lib/balctl/update.json", json.dumps({**state, "starts": 9}))
    assert host.run("--trial-guard", command=installed, BALCTL_FAILPOINT=point).returncode == -9
    assert host.run("--trial-guard", command=installed).returncode == 0
    assert version_of(installed) == "100"


def test_the_update_job_restarts_into_the_new_version(control, host, installed, release):
    release.offer(control, host)
    control.add_job("j1", "agent.update")
    host.start(installed)
    done = control.wait_done("j1", 40)
    assert done["result"]["version"] == 101, done
    control.wait(lambda: control.beats[-1]["agentVersion"] == 101, 20)
    control.wait(lambda: json.loads(host.read("/var/lib/balctl/update.json"))["state"] == "good")


def test_keys_are_pinned_once_and_never_replaced_from_the_network(control, host, installed, tmp_path):
    def offer(name: str) -> str:
        with open(make_key(str(tmp_path), name)[1]) as source:
            pem = source.read()
        control.files["/download/agent.json"] = json.dumps(
            {"keys": [{"keyId": "x", "algorithm": "ecdsa-p256-sha256", "publicKey": pem}]}
        ).encode()
        return pem

    first = offer("first")
    assert host.run("--pin-update-keys", command=installed).returncode == 0
    assert host.read("/etc/balctl/update-keys/release-1.pem") == first
    offer("second")
    assert host.run("--pin-update-keys", command=installed).returncode == 0
    assert host.read("/etc/balctl/update-keys/release-1.pem") == first


def test_without_the_openssl_program_nothing_is_installed(control, host, installed, release):
    release.offer(control, host)
    done = host.run("--update", command=installed, PATH=host.bin)
    assert done.returncode == 5
    assert "install the package openssl" in done.stderr
    assert version_of(installed) == "100"
