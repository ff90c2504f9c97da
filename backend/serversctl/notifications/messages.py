"""Every message that goes out: which event causes it, how loud it is, and its words. One table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .news import News
from .ports import Message
from .rules import Topic

# A trouble that is over within this time is nobody's news: a restart of ours, an agent's update, a lost packet.
SETTLE_SEC = 15

Words = Callable[[News], tuple[str, Sequence[str], str]]  # subject, lines, link


@dataclass(frozen=True, slots=True)
class Letter:
    """How one kind of event is told."""

    topic: Topic
    severity: str
    words: Words
    wait_sec: int = 0
    # News with the same pair key are about one trouble; `ends` marks the good end of it.
    pair: str = ""
    ends: bool = False

    def write(self, news: News) -> Message:
        subject, lines, link = self.words(news)
        severity = "critical" if news.payload.get("reason") in LOUD_HOLDS and not self.ends else self.severity
        return Message(news.kind, subject, tuple(line for line in lines if line), severity, link)

    def pair_key(self, about: object, payload: Mapping[str, Any]) -> str | None:
        """One key for each trouble: holds are told apart by their reason, members and pools by their id."""
        return f"{self.pair}:{payload.get('reason', '')}:{about}" if self.pair else None


LOUD_HOLDS = frozenset({"no_candidate", "mass_silence", "record_fight"})
HOLD_SUBJECTS = {
    "agent_lost": "Agent lost, service still up: {pool}",
    "no_candidate": "No standby can take over: {pool}",
    "mass_silence": "Most members are silent at once: {pool}",
}


def _promoted(news: News) -> tuple[str, Sequence[str], str]:
    old, new = news.text("fromName", "none"), news.text("toName", news.member)
    addresses = news.payload.get("addresses")
    values = addresses.values() if isinstance(addresses, Mapping) else ()
    lines = [
        f"Pool {news.pool}: {old} → {new}.",
        "Why:",
        *[f"- {sentence}" for sentence in _texts(news.payload.get("sentences"))],
        "New address: " + ", ".join(str(entry) for found in values for entry in _texts(found)) if values else "",
        f"Decided at {news.at}. DNS is being moved now; a second message tells when it is done.",
    ]
    return f"Failover: {news.pool} moves to {new}", lines, news.pool_link()


def _completed(news: News) -> tuple[str, Sequence[str], str]:
    took = news.text("tookSec")
    lines = [
        f"Pool {news.pool}: the record points at {news.member}, written and read back at {news.at}.",
        f"That is {took} s after the decision." if took else "",
    ]
    return f"Failover done: {news.pool} is on {news.member}", lines, news.pool_link()


def _record_trouble(news: News) -> tuple[str, Sequence[str], str]:
    lines = [
        f"Pool {news.pool}: the DNS record cannot be changed now.",
        news.text("detail"),
        f"By hand: {news.text('manualStep')}" if news.payload.get("manualStep") else "",
        "It is tried again until it succeeds.",
    ]
    return f"DNS record not changed yet: {news.pool}", lines, news.pool_link()


def _held(news: News) -> tuple[str, Sequence[str], str]:
    reason = news.text("reason")
    lines = [
        f"Pool {news.pool}: automatic failover holds since {news.text('since', news.at)}.",
        f"Why: {news.text('sentence', reason)}",
        "Nothing is moved until this is over. A manual cutover is possible at any time.",
    ]
    subject = HOLD_SUBJECTS.get(reason, "On hold: {pool}").replace("{pool}", news.pool)
    return subject, lines, news.pool_link()


def _escalated(news: News) -> tuple[str, Sequence[str], str]:
    _, lines, link = _held(news)
    return f"Still on hold, the active member is down: {news.pool}", [*lines, "Somebody has to look now."], link


def _hold_ended(news: News) -> tuple[str, Sequence[str], str]:
    lines = [f"Pool {news.pool}: the hold ({news.text('reason')}) since {news.text('since')} is over."]
    return f"Hold over: {news.pool}", lines, news.pool_link()


def _member_lost(news: News) -> tuple[str, Sequence[str], str]:
    age = news.text("ageSec")
    lines = [
        f"{news.member} in pool {news.pool} is not heard any more.",
        news.text("why"),
        f"Last heard {age} s before {news.at}." if age else "",
        "Look at the host, and at its agent: systemctl status balctl-agent",
    ]
    return f"Member lost: {news.member}", lines, news.member_link()


def _recovered(news: News) -> tuple[str, Sequence[str], str]:
    away = news.text("awaySec")
    lines = [f"{news.member} in pool {news.pool} is heard again.", f"It was away for {away} s." if away else ""]
    return f"Back: {news.member}", lines, news.member_link()


def _dns(news: News) -> tuple[str, Sequence[str], str]:
    what = {
        "dns.conflict": "other records stand on the name",
        "dns.drift": "the record was changed by somebody else",
        "dns.restored": "a record that somebody changed was set back",
        "dns.error": "the DNS provider cannot be used",
    }.get(news.kind, "DNS needs a look")
    changes = [f"- {c.get('type')}: {c.get('old')} → {c.get('new')}" for c in _dicts(news.payload.get("changes"))]
    lines = [f"Pool {news.pool}, {news.text('fqdn', 'its name')}: {what}.", *changes, news.text("detail")]
    return f"DNS: {news.pool}: {what}", [line for line in lines if line], news.pool_link("/managed-dns")


def _preflight(news: News) -> tuple[str, Sequence[str], str]:
    colour = news.text("to", "red")
    if colour == "green":
        return (
            f"DNS ready again: {news.pool}",
            [f"Pool {news.pool}: a failover could change DNS now."],
            news.pool_link("/managed-dns"),
        )
    lines = [
        f"Pool {news.pool}: a failover could not change DNS now, or only with luck ({colour}).",
        news.text("detail"),
    ]
    return f"DNS not ready: {news.pool}", lines, news.pool_link("/managed-dns")


def _job(news: News) -> tuple[str, Sequence[str], str]:
    state = {"job.failed": "failed", "job.timed_out": "timed out", "job.unknown": "has an unknown outcome"}[news.kind]
    command = news.text("command")
    lines = [
        f"{command} on {news.member or news.pool} {state}.",
        news.text("error"),
        f"Ordered by {news.text('requestedBy')}.",
    ]
    link = news.page(f"/jobs/{news.text('jobId')}")
    return f"Job {state}: {command} on {news.member or news.pool}", [line for line in lines if line], link


def _certificate(news: News) -> tuple[str, Sequence[str], str]:
    hostname, ends = news.text("hostname", "a name"), news.text("notAfter")
    lines = [
        f"The certificate of {hostname} in pool {news.pool} could not be renewed.",
        news.text("error"),
        f"The present one serves until {ends}." if ends else "",
        f"It is tried again at {news.text('nextTryAt')}." if news.text("nextTryAt") else "",
    ]
    soon = "ends soon and " if news.kind == "certificate.expiring" else ""
    return f"Certificate {soon}is not renewed: {hostname}", lines, news.pool_link("/certificates")


def _texts(value: Any) -> list[str]:
    return [str(entry) for entry in value][:20] if isinstance(value, list) else []


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


LETTERS: dict[str, Letter] = {
    "failover.promoted": Letter(Topic.FAILOVER, "critical", _promoted),
    "failover.completed": Letter(Topic.FAILOVER, "info", _completed),
    "failover.record_blocked": Letter(Topic.FAILOVER, "critical", _record_trouble),
    "failover.record_slow": Letter(Topic.FAILOVER, "critical", _record_trouble),
    "failover.held": Letter(Topic.HOLD, "warning", _held, wait_sec=SETTLE_SEC, pair="hold"),
    "failover.hold_escalated": Letter(Topic.HOLD, "critical", _escalated),
    "failover.hold_ended": Letter(Topic.HOLD, "info", _hold_ended, pair="hold", ends=True),
    "member.lost": Letter(Topic.MEMBER, "critical", _member_lost, wait_sec=SETTLE_SEC, pair="presence"),
    "member.recovered": Letter(Topic.MEMBER, "info", _recovered, pair="presence", ends=True),
    "dns.conflict": Letter(Topic.DNS, "critical", _dns),
    "dns.drift": Letter(Topic.DNS, "warning", _dns),
    "dns.restored": Letter(Topic.DNS, "warning", _dns),
    "dns.error": Letter(Topic.DNS, "critical", _dns),
    "dns.preflight_changed": Letter(Topic.DNS, "warning", _preflight),
    "job.failed": Letter(Topic.JOB, "warning", _job),
    "job.timed_out": Letter(Topic.JOB, "warning", _job),
    "job.unknown": Letter(Topic.JOB, "warning", _job),
    "certificate.renewal_failing": Letter(Topic.CERTIFICATE, "warning", _certificate),
    "certificate.expiring": Letter(Topic.CERTIFICATE, "critical", _certificate),
}


def reset_letter(news: News) -> Message:
    """The mail with the link to a new password, or to a first one."""
    invited = news.kind == "identity.user_invited"
    link = f"{news.base_url}/app/reset?token={news.secret}"
    what = "You are invited" if invited else "Set a new password"
    why = (
        f"{news.text('invitedBy', 'Somebody')} invites you."
        if invited
        else "Somebody, hopefully you, asked for a new password."
    )
    lines = [
        why,
        f"The link works once, until {news.text('expiresAt')}.",
        "If you did not expect this, ignore it: nothing changes.",
    ]
    return Message(news.kind, what, tuple(lines), "info", link)


def trial_message(channel_name: str) -> Message:
    """What the test button sends."""
    return Message(
        "channel.test", f"Test of {channel_name}", (f"This is a test. The channel {channel_name} works.",), "info"
    )
