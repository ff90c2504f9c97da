"""The second hand: one heartbeat after the other, never waiting for a job or a slow reader."""

from __future__ import annotations

import os
import signal
import threading
import time

from .answer import BeatAnswer
from .beat import Beat, SlowBlocks, compose_beat
from .clock import boot_seconds
from .config import AgentConfig
from .errors import AgentError, BadAnswer
from .facts import HostFacts, SlowFacts
from .files import read_text, under
from .first_start import provision_once
from .log import log
from .pacing import backoff_sec, next_on_grid
from .probes import Prober
from .runner import JobRunner
from .sdnotify import Notifier
from .selfupdate import UpdateTrial
from .server_view import ServerView
from .transport import Answer, HttpsClient
from .version import AGENT_VERSION

HEARTBEAT_PATH = "/api/agents/heartbeat"
PUBLIC_IP_EVERY_SEC = 300.0


def fresh_boot_id(root: str) -> str:
    """The kernel's boot id and this start of the agent: a reboot changes the first part, a restart the second,
    and two machines with one secret show two first parts in turns."""
    kernel = read_text(under(root, "/proc/sys/kernel/random/boot_id"), 64).strip() or "unknown"
    return f"{kernel}.{os.urandom(4).hex()}"


class HeartbeatLoop:
    def __init__(self, config: AgentConfig, notifier: Notifier) -> None:
        self.config = config
        self._notifier = notifier
        self._wake = threading.Event()
        self._stopping = False
        self._client = HttpsClient(config)
        self._host = HostFacts(config.root)
        self._slow = SlowFacts(config)
        self._slow_blocks = SlowBlocks()
        self._prober = Prober()
        self.server = ServerView(config)
        self._trial = UpdateTrial(config)
        self.runner = JobRunner(config, self.server, self._wake.set, self._slow.look_again)
        self.boot_id = fresh_boot_id(config.root)
        self._seq = 0
        self._echo: str | None = None
        self._interval_sec = float(config.interval_sec)
        self._failures = 0
        self._public_ip_thread: threading.Thread | None = None
        self._public_ip_at = -PUBLIC_IP_EVERY_SEC

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    def run(self) -> int:
        """Beat until told to stop or to restart. Returns the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        log.info(f"agent {AGENT_VERSION} for {self.config.hostname}, control plane {self.config.api_base}")
        self._slow.start()
        self._slow.ready.wait(1.0)
        self.runner.start()
        provision_once(self.config)
        self._notifier.send(f"READY=1\nSTATUS=agent {AGENT_VERSION}: no heartbeat yet")
        planned = boot_seconds()
        while not self._stopping:
            self._notifier.send("WATCHDOG=1")
            good, wait_sec = self._beat_once()
            now = boot_seconds()
            planned = next_on_grid(planned, now, self._interval_sec) if good else now + wait_sec
            self._sleep_until(planned)
            if self.runner.restart_wanted():
                log.info("restarting to run the new version")
                break
        self._notifier.send("STOPPING=1")
        self.runner.stop()
        self._slow.stop()
        self._client.close()
        return 0

    def post_once(self) -> Answer:
        """A single heartbeat with what is known at once."""
        self._slow.detect()
        return self._client.post_json(HEARTBEAT_PATH, self._body(), 15.0)

    def _sleep_until(self, planned: float) -> None:
        """Sleep, feeding the watchdog, until the time or until a job wants to be told of at once."""
        pause = min(self._notifier.watchdog_sec / 3 or 3600.0, 3600.0)
        while not self._stopping:
            left = planned - boot_seconds()
            if left <= 0:
                return
            if self._wake.wait(min(left, pause)):
                self._wake.clear()
                if self.runner.restart_wanted():
                    return
            self._notifier.send("WATCHDOG=1")
            if self._trial.out_of_time(boot_seconds()):
                self._give_way()
                return

    def _give_way(self) -> None:
        log.error("the new version completed no heartbeat in time: putting the previous one back")
        self._trial.roll_back("no accepted heartbeat within the trial time")
        self.runner.want_restart()

    def _beat_once(self) -> tuple[bool, float]:
        """One heartbeat. Whether it was accepted, and how long to back off when not."""
        body = self._body()
        sent_at = boot_seconds()
        sent_probes: list[dict[str, object]] = body["probeResults"]  # type: ignore[assignment]
        try:
            answer = self._client.post_json(HEARTBEAT_PATH, body, max(5.0, min(self._interval_sec, 10.0)))
        except BadAnswer as why:
            return self._failed(f"heartbeat: {why}")
        except AgentError as why:
            return self._failed(f"heartbeat: {why}{self._clock_hint()}")
        if answer.status != 200:
            if answer.status in (401, 403):
                if answer.status == 401 and self.server.fall_back_to_old_secret():
                    log.warning("the new enrolment secret is not accepted: using the previous one again")
                    return False, 0.0
                log.warn_seldom("refused", f"the control plane refuses this agent: {answer.problem()}", 60.0)
                return self._failed("")
            retry = answer.headers.get("retry-after", "")
            good, wait_sec = self._failed(f"heartbeat: {answer.problem()}")
            return good, min(max(wait_sec, float(retry)), 60.0) if retry.isdigit() and len(retry) < 6 else wait_sec
        try:
            parsed = BeatAnswer(answer.json_object())
        except BadAnswer as why:
            return self._failed(f"heartbeat: {why}")
        self._accepted(parsed, sent_probes, sent_at)
        return True, 0.0

    def _failed(self, message: str) -> tuple[bool, float]:
        self._failures += 1
        if message:
            log.warn_seldom("beat." + message[:60], message, 30.0)
        if self._failures == 1:
            self._notifier.send("STATUS=heartbeats are not accepted, see the log")
        return False, backoff_sec(self._failures, self.server.backoff_cap_sec)

    def _clock_hint(self) -> str:
        return self.server.clock_hint(self._client.last_date)

    def _accepted(self, answer: BeatAnswer, sent_probes: list[dict[str, object]], sent_at: float) -> None:
        now = boot_seconds()
        if self._failures or self._seq == 1:
            log.info(f"heartbeat accepted{f' after {self._failures} failures' if self._failures else ''}")
            self._notifier.send(f"STATUS=agent {AGENT_VERSION}: heartbeats are accepted")
        self._failures = 0
        self._slow_blocks.accepted(now)
        if answer.full:
            self._slow_blocks.forget()
        self._prober.delivered(sent_probes, sent_at)
        self._echo = answer.nonce or self._echo
        if answer.interval_sec:
            self._interval_sec = float(answer.interval_sec)
        self.server.learn(answer)
        self._trial.healthy()
        if answer.probes:
            self._prober.order(answer.probes)
        self.runner.offer(answer.jobs, answer.cancel_jobs)

    def _body(self) -> dict[str, object]:
        self._seq += 1
        now = boot_seconds()
        states = self._slow.services.states()
        host = self._host.read(now)
        host["services"] = [
            {"name": name, "state": state, "active": state == "active"} for name, state in sorted(states.items())
        ]
        stacks: dict[str, dict[str, object]] = {}
        slow = self._slow.blocks()
        for each in self._slow.stacks:
            block = each.fast(states)
            if block is not None:
                stacks[each.name] = block
                slow.update({f"{each.name}.{key}": value for key, value in each.slow().items()})
        degraded = list(self.runner.troubles())
        if self._slow.disk_trouble:
            degraded.append(self._slow.disk_trouble)
        degraded += self.config.warnings[:5]
        beat = Beat(
            hostname=self.config.hostname, ip=self._ip(now), agent_version=AGENT_VERSION, boot_id=self.boot_id, seq=self._seq,
            wall_sec=time.time(), echo=self._echo, running_jobs=self.runner.running_ids(), probe_results=self._prober.take(now),
            degraded=degraded, extras=self._extras(),
        )  # fmt: skip
        return compose_beat(beat, host, stacks, self._slow_blocks.due(slow, now))

    def _extras(self) -> dict[str, object]:
        extras: dict[str, object] = {"policy": self._slow.policy, "generation": self.server.generation}
        update = self._trial.report()
        if update:
            extras["update"] = update
        return extras

    def _ip(self, now: float) -> str:
        if self.config.declared_ip or not self.config.probe_public_ip:
            return self.config.declared_ip
        running = self._public_ip_thread is not None and self._public_ip_thread.is_alive()
        if not running and now - self._public_ip_at >= PUBLIC_IP_EVERY_SEC:
            self._public_ip_at = now
            self._public_ip_thread = threading.Thread(target=self._slow.find_public_ip, name="public-ip", daemon=True)
            self._public_ip_thread.start()
        return self._slow.public_ip
