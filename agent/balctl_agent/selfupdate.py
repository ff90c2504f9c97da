"""Replacing this program with a newer one such that a working agent is left at every moment."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
import time

from .clock import boot_seconds
from .config import AgentConfig
from .errors import NeedsRoot, UpdateRefused
from .failpoint import failpoint
from .files import ScratchFolder, read_capped, read_text, remove_quietly, sync_folder, under, write_atomic, write_beside
from .log import log
from .manifest import Manifest, open_signed
from .procs import run_program
from .state import StateFile
from .transport import ANSWER_CAP_BYTES, HttpsClient
from .unitfile import UNIT_NAME, ServiceUnit, text_digest
from .unzip import unzip_bundle
from .version import AGENT_VERSION

PROGRAM = "/usr/local/bin/balctl_heartbeat.py"
INSTALLER = "/usr/local/bin/balctl-agent.sh"
MOST_TRIAL_STARTS = 4
PROGRAM_CAP_BYTES = 8 << 20


def update_state(config: AgentConfig) -> StateFile:
    return StateFile(os.path.join(config.state_dir, "update.json"))


def boot_mark(root: str) -> str:
    return (
        read_text(under(root, "/proc/sys/kernel/random/boot_id"), 64).strip()
        or read_text("/proc/sys/kernel/random/boot_id", 64).strip()
    )


def file_digest(path: str) -> str:
    try:
        return hashlib.sha256(read_capped(path, PROGRAM_CAP_BYTES)).hexdigest()
    except OSError:
        return ""


def manifest_url(update_url: str) -> str:
    return update_url.rpartition("/")[0] + "/agent.json"


def update_agent(config: AgentConfig) -> dict[str, object]:
    """Fetch, verify, try and install the offered release; the caller restarts the agent. UpdateRefused says why not.

    The result tells `changed`; False when the offered release is the installed one.
    """
    program = under(config.root, PROGRAM)
    if not os.access(os.path.dirname(program), os.W_OK):
        raise NeedsRoot(f"{os.path.dirname(program)} cannot be written: run the update as root")
    os.makedirs(config.state_dir, mode=0o700, exist_ok=True)
    with open(os.path.join(config.state_dir, "update.lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UpdateRefused("busy", "another update is under way") from None
        return install_offer(config, program)


def install_offer(config: AgentConfig, program: str) -> dict[str, object]:
    client = HttpsClient(config)
    try:
        manifest = fetch_manifest(config, client)
        installed = AGENT_VERSION if os.path.exists(program) else 0
        same_program = file_digest(program) == manifest.files["balctl_heartbeat.py"][1]
        same_unit = not ServiceUnit(config).differs_from(manifest.files[UNIT_NAME][1])
        if manifest.version == installed and same_program and same_unit:
            return {"version": installed, "changed": False}
        check_version(config, manifest, installed)
        failpoint("update.manifest_verified")
        answer = client.get(config.update_url, 120.0, manifest.size_bytes)
    finally:
        client.close()
    if answer.status != 200:
        raise UpdateRefused("not_available", f"{config.update_url}: HTTP {answer.status}")
    manifest.check_bundle(answer.body)
    files = unzip_bundle(answer.body, {name: size for name, (size, _) in manifest.files.items()})
    manifest.check_files(files)
    failpoint("update.bundle_verified")
    try_out(config, files["balctl_heartbeat.py"], manifest.version)
    failpoint("update.tried_out")
    put_in_place(config, program, files, manifest)
    return {"version": manifest.version, "previous": installed, "changed": True}


def fetch_manifest(config: AgentConfig, client: HttpsClient) -> Manifest:
    answer = client.get(manifest_url(config.update_url), 30.0, ANSWER_CAP_BYTES)
    if answer.status != 200:
        raise UpdateRefused("not_available", f"{manifest_url(config.update_url)}: HTTP {answer.status}")
    manifest = open_signed(answer.json_object(), config.keys_dir, config.state_dir)
    manifest.check_time(time.time())
    return manifest


def check_version(config: AgentConfig, manifest: Manifest, installed: int) -> None:
    kept = update_state(config).read()
    newest = kept.get("newestVersion")
    floor = max(installed, newest if isinstance(newest, int) else 0) if not config.allow_downgrade else 0
    if manifest.version < floor:
        raise UpdateRefused(
            "downgrade",
            f"version {manifest.version} is older than {floor}. BALCTL_ALLOW_AGENT_DOWNGRADE=1 would permit it.",
        )
    if installed and installed < manifest.min_version:
        raise UpdateRefused(
            "too_old",
            f"version {manifest.version} needs at least {manifest.min_version} installed. Install by hand: balctl-agent.sh --enrol.",
        )
    failed = kept.get("failed")
    if isinstance(failed, dict) and failed.get("sha256") == manifest.files["balctl_heartbeat.py"][1]:
        raise UpdateRefused(
            "failed_before",
            f"version {manifest.version} was tried here and put back ({failed.get('reason')}). Remove {update_state(config).path} to try again.",
        )


def try_out(config: AgentConfig, source: bytes, version: int) -> None:
    """The new program must compile and pass its own test with the interpreter that will run it."""
    with ScratchFolder(config.state_dir) as folder:
        staged = os.path.join(folder, "balctl_heartbeat.py")
        with open(staged, "wb") as out:
            out.write(source)
        for argv, what in (
            ([sys.executable, "-I", "-S", "-m", "py_compile", staged], "does not compile"),
            ([sys.executable, "-I", "-S", staged, "--self-test"], "fails its own test"),
        ):
            done = run_program(argv, 60.0)
            if not done.ok:
                raise UpdateRefused(
                    "self_test", f"version {version} {what} on this host: {(done.reason or done.output.strip())[-300:]}"
                )
        shown = run_program([sys.executable, "-I", "-S", staged, "--version"], 20.0).output.split()
        if shown[-1:] != [str(version)]:
            raise UpdateRefused(
                "wrong_version", f"the program says it is {' '.join(shown)[:40]!r}, the manifest says {version}"
            )


def put_in_place(config: AgentConfig, program: str, files: dict[str, bytes], manifest: Manifest) -> None:
    """Every step is durable before the next one starts; `trial_guard` can go on from any of them."""
    state = update_state(config)
    unit = ServiceUnit(config)
    new_unit = unit.adapted(files[UNIT_NAME]) if unit.differs_from(manifest.files[UNIT_NAME][1]) else ""
    beside = write_beside(program, files["balctl_heartbeat.py"], 0o755)
    failpoint("update.staged")
    old_digest = file_digest(program)
    if old_digest:
        write_atomic(program + ".prev", read_capped(program, PROGRAM_CAP_BYTES), 0o755)
    if new_unit:
        unit.keep()
    failpoint("update.previous_kept")
    kept = state.read()
    newest = kept.get("newestVersion")
    state.write({
        "state": "pending", "version": manifest.version, "sha256": manifest.files["balctl_heartbeat.py"][1],
        "previousSha256": old_digest, "previousVersion": AGENT_VERSION, "starts": 0, "failed": kept.get("failed"),
        "unitSha256": text_digest(new_unit) if new_unit else "",
        "newestVersion": max(manifest.version, newest) if isinstance(newest, int) and not config.allow_downgrade else manifest.version,
    })  # fmt: skip
    failpoint("update.state_pending")
    if new_unit:
        try:
            unit.replace(new_unit)
        except UpdateRefused:
            remove_quietly(beside)
            state.write(kept)
            raise
        unit.watch(program)
    os.replace(beside, program)
    failpoint("update.replaced")
    sync_folder(os.path.dirname(program))
    failpoint("update.synced")
    installer = under(config.root, INSTALLER)
    if os.path.exists(installer):
        write_atomic(installer, files["balctl-agent.sh"], 0o755)
    failpoint("update.done")


def restore_previous(config: AgentConfig, reason: str) -> None:
    """Put the last good program and its unit back and remember what failed."""
    program = under(config.root, PROGRAM)
    state = update_state(config)
    kept = state.read()
    ServiceUnit(config).put_back(kept.get("unitSha256"))
    write_atomic(program, read_capped(program + ".prev", PROGRAM_CAP_BYTES), 0o755)
    failpoint("update.rolled_back")
    failed = {"version": kept.get("version"), "sha256": kept.get("sha256"), "reason": reason}
    state.write({"state": "failed", "failed": failed, "newestVersion": kept.get("previousVersion", 0)})


def trial_guard(config: AgentConfig, invocation: str) -> str:
    """Before each start: count the starts of a version on trial, and end a trial that does not work out.

    Returns what was done, for the log. `invocation` is systemd's id of this start, so that two guards count it once.
    """
    state = update_state(config)
    kept = state.read()
    if kept.get("state") != "pending":
        return "no trial"
    if file_digest(under(config.root, PROGRAM)) != kept.get("sha256"):
        # The plug was pulled between the note and the rename: the previous program is still in place, or back.
        ServiceUnit(config).put_back(kept.get("unitSha256"))
        state.write({"state": "good", "failed": kept.get("failed"), "newestVersion": kept.get("previousVersion", 0)})
        return "the update was cut off before it was in place"
    if invocation and kept.get("invocation") == invocation:
        return "already counted"
    now, boot = boot_seconds(), boot_mark(config.root)
    starts = kept.get("starts")
    starts = (starts if isinstance(starts, int) else 0) + 1
    first = kept.get("firstStart")
    if kept.get("boot") != boot or not isinstance(first, float):
        first = now
    if starts >= MOST_TRIAL_STARTS or now - first > config.trial_sec:
        restore_previous(config, f"{starts - 1} starts and {now - first:.0f} s without an accepted heartbeat")
        return f"version {kept.get('version')} did not work out: the previous one is back"
    state.write({**kept, "starts": starts, "firstStart": first, "boot": boot, "invocation": invocation})
    return f"start {starts} of version {kept.get('version')} on trial"


def end_trial(config: AgentConfig) -> str:
    """After the time of a trial: a version that is still on trial goes, and the service starts anew.

    Needed where the update brought a unit that does not start, so that no guard of the unit ran.
    """
    kept = update_state(config).read()
    if kept.get("state") != "pending":
        return "no trial"
    restore_previous(config, "it did not become good within the trial time")
    ServiceUnit(config).restart()
    return f"version {kept.get('version')} did not work out: the previous one is back"


class UpdateTrial:
    """A new version watches itself: the first accepted heartbeat makes it good, the end of the trial time makes it go."""

    def __init__(self, config: AgentConfig) -> None:
        self._config = config
        self._file = update_state(config)
        self._kept = self._file.read()
        pending = self._kept.get("state") == "pending" and self._kept.get("version") == AGENT_VERSION
        pending = pending and file_digest(under(config.root, PROGRAM)) == self._kept.get("sha256")
        self._deadline = boot_seconds() + config.trial_sec if pending else None

    def healthy(self) -> None:
        if self._deadline is None:
            return
        self._deadline = None
        self._kept = {
            "state": "good",
            "version": AGENT_VERSION,
            "newestVersion": self._kept.get("newestVersion", AGENT_VERSION),
        }
        try:
            self._file.write(self._kept)
        except OSError as why:
            log.error(f"{self._file.path}: {why.strerror or why}; the new version stays on trial")
        log.info(f"version {AGENT_VERSION} is good")

    def out_of_time(self, now: float) -> bool:
        return self._deadline is not None and now > self._deadline

    def roll_back(self, reason: str) -> None:
        self._deadline = None
        try:
            restore_previous(self._config, reason)
        except OSError as why:
            log.error(f"the previous version cannot be put back: {why}")

    def report(self) -> dict[str, object]:
        """For the heartbeat: a trial under way, or the version that did not work out."""
        failed = self._kept.get("failed")
        report: dict[str, object] = {}
        if self._deadline is not None:
            report["state"] = "pending"
        if isinstance(failed, dict):
            report.update(
                state=report.get("state", "failed"), failedVersion=failed.get("version"), reason=failed.get("reason")
            )
        return report
