"""What the agent knows of its control plane: who it is to it, the generation, the server's time, the valid secret."""

from __future__ import annotations

import os
import threading
import time

from .answer import BeatAnswer
from .clock import boot_seconds, parse_http_date, parse_stamp
from .config import AgentConfig, check_secret
from .envfile import put_setting
from .errors import ConfigError
from .log import log
from .state import StateFile


class ServerView:
    """Shared by the heartbeat and the jobs. Member id and generation are kept on disk."""

    def __init__(self, config: AgentConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._file = StateFile(os.path.join(config.state_dir, "server.json"))
        self._old_secret = StateFile(os.path.join(config.state_dir, "previous-secret.json"))
        kept = self._file.read()
        member, generation = kept.get("memberId"), kept.get("generation")
        self.member_id = member if isinstance(member, str) else ""
        self.generation = generation if isinstance(generation, int) else 0
        self.backoff_cap_sec = 30.0
        self._server_clock: tuple[float, float] | None = None  # server's time, boot seconds when it was read
        self._rotated = bool(self._old_secret.read())

    def learn(self, answer: BeatAnswer) -> None:
        """Take over what an accepted heartbeat says."""
        if answer.server_time:
            try:
                self._server_clock = (parse_stamp(answer.server_time), boot_seconds())
            except ValueError:
                pass
        if answer.backoff_cap_sec:
            self.backoff_cap_sec = answer.backoff_cap_sec
        if answer.member_id and answer.member_id != self.member_id:
            self._keep(member_id=answer.member_id)
        if answer.generation is not None and answer.generation > self.generation:
            self._keep(generation=answer.generation)
        if self._rotated:
            self._rotated = False
            self._old_secret.remove()  # the new secret was just accepted

    def raise_generation(self, generation: int) -> None:
        if generation > self.generation:
            self._keep(generation=generation)

    def _keep(self, member_id: str | None = None, generation: int | None = None) -> None:
        with self._lock:
            self.member_id = member_id or self.member_id
            self.generation = self.generation if generation is None else generation
            try:
                self._file.write({"memberId": self.member_id, "generation": self.generation})
            except OSError as why:
                log.warn_seldom("server.json", f"{self._file.path}: {why.strerror or why}", 600.0)

    def now(self) -> float:
        """Unix seconds by the server's clock, so that an own clock that is an hour off expires no job."""
        if self._server_clock is None:
            return time.time()
        stamp, read_at = self._server_clock
        return stamp + boot_seconds() - read_at

    def clock_hint(self, date_header: str) -> str:
        """A sentence about this host's clock when the last Date header shows it wrong by more than a minute."""
        offset = date_offset_sec(date_header, time.time()) if date_header else None
        if offset is None or abs(offset) < 60:
            return ""
        return f" This host's clock is {abs(offset):.0f} s {'ahead' if offset > 0 else 'behind'}: switch time synchronisation on."

    def old_secrets(self) -> list[str]:
        """The previous secret while a rotation is not confirmed: jobs sealed just before it are still good."""
        kept = self._old_secret.read().get("secret") if self._rotated else None
        return [kept] if isinstance(kept, str) else []

    def use_new_secret(self, secret: str) -> None:
        self._config.secret = check_secret(secret)
        self._rotated = True

    def fall_back_to_old_secret(self) -> bool:
        """After a 401 with a rotated secret: the old one again, also in the file. False when there is none."""
        kept = self._old_secret.read().get("secret")
        if not self._rotated or not isinstance(kept, str) or kept == self._config.secret:
            return False
        try:
            old = check_secret(kept)
            put_setting(self._config.env_path, "BALCTL_ENROLLMENT_SECRET", old)
        except (ConfigError, OSError) as why:
            log.error(f"cannot go back to the previous secret: {why}")
            return False
        self._config.secret = old
        self._rotated = False
        self._old_secret.remove()
        return True


def date_offset_sec(date_header: str, now_wall: float) -> float | None:
    """How far this host's clock is ahead of an HTTP Date header (resolution 1 s)."""
    try:
        return now_wall - parse_http_date(date_header)
    except (ValueError, OverflowError):
        return None
