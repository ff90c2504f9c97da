"""Every message that goes out: which event causes it, how loud it is, and its words. One table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .news import News
from .ports import Message
from .rules import Topic

# An agent that is back within this time is nobody's news.
SETTLE_SEC = 30

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
        return Message(news.kind, subject, tuple(line for line in lines if line), self.severity, link)


def _promoted(news: News) -> tuple[str, Sequence[str], str]:
    old, new = news.name("oldMemberId"), news.name("newMemberId")
    lines = [
        f"Pool {news.pool}: {old} → {new}.",
        f"Why: {_reason(news)}",
        *_evidence(news.payload.get("evidence")),
        f"Decided at {news.text('decidedAt', news.at)}. DNS is being moved now; a second message tells how that went.",
    ]
    return f"Failover: {news.pool} moves to {new}", lines, news.pool_link("/failover")


def _completed(news: News) -> tuple[str, Sequence[str], str]:
    new = news.name("newMemberId")
    lines = [f"Pool {news.pool}: DNS answers with {new}.", *_times(news)]
    return f"Failover done: {news.pool} is on {new}", lines, news.pool_link("/failover")


def _failed(news: News) -> tuple[str, Sequence[str], str]:
    lines = [
        f"Pool {news.pool}: the change of DNS to {news.name('newMemberId')} does not succeed.",
        f"Why: {_reason(news)}",
        news.text("fix", "It is tried again. Check the DNS link of the pool, or set the record by hand."),
    ]
    return f"Failover trouble: {news.pool}", lines, news.pool_link("/failover")


def _held(news: News) -> tuple[str, Sequence[str], str]:
    lines = [
        f"Pool {news.pool}: automatic failover holds since {news.text('since', news.at)}.",
        f"Why: {_reason(news)}",
        news.text("fix", "Nothing is moved until this is over. A manual cutover is possible at any time."),
    ]
    return f"On hold: {news.pool}", lines, news.pool_link("/failover")


def _released(news: News) -> tuple[str, Sequence[str], str]:
    return (
        f"Hold over: {news.pool}",
        [f"Pool {news.pool}: automatic failover works again."],
        news.pool_link("/failover"),
    )


def _no_candidate(news: News) -> tuple[str, Sequence[str], str]:
    reasons = news.payload.get("reasons")
    listed = (
        [f"- {news.names.get(str(k), str(k))}: {v}" for k, v in reasons.items()] if isinstance(reasons, Mapping) else []
    )
    lines = [
        f"Pool {news.pool}: the active member is down and no standby can take over. The record stays as it is.",
        *(listed or [f"Why: {_reason(news)}"]),
        "The first standby that becomes ready is promoted.",
    ]
    return f"No standby for {news.pool}", lines, news.pool_link("/failover")


def _agent_lost(news: News) -> tuple[str, Sequence[str], str]:
    lines = [
        f"{news.member} in pool {news.pool}: the agent is silent, and the service still answers.",
        "Nothing was moved. Look at the agent: systemctl status balctl-agent",
    ]
    return f"Agent lost, service up: {news.member}", lines, news.member_link()


def _member_lost(news: News) -> tuple[str, Sequence[str], str]:
    lines = [
        f"{news.member} in pool {news.pool} is not heard any more.",
        f"Last heard: {news.text('lastSeenAt', 'unknown')}.",
    ]
    return f"Member lost: {news.member}", lines, news.member_link()


def _recovered(news: News) -> tuple[str, Sequence[str], str]:
    return f"Back: {news.member}", [f"{news.member} in pool {news.pool} is heard again."], news.member_link()


def _dns(news: News) -> tuple[str, Sequence[str], str]:
    what = {
        "dns.conflict": "other records stand on the name",
        "dns.drift": "the record was changed by somebody else",
        "dns.restored": "a record that somebody changed was set back",
        "dns.error": "the DNS provider cannot be used",
    }.get(news.kind, "DNS needs a look")
    changes = [f"- {c.get('type')}: {c.get('old')} → {c.get('new')}" for c in _dicts(news.payload.get("changes"))]
    lines = [f"Pool {news.pool}, {news.text('fqdn', 'its name')}: {what}.", *changes, news.text("detail")]
    return f"DNS: {news.pool}: {what}", [line for line in lines if line], news.pool_link("/dns")


def _preflight(news: News) -> tuple[str, Sequence[str], str]:
    colour = news.text("to", "red")
    if colour == "green":
        return (
            f"DNS ready again: {news.pool}",
            [f"Pool {news.pool}: a failover could change DNS now."],
            news.pool_link("/dns"),
        )
    lines = [
        f"Pool {news.pool}: a failover could not change DNS now, or only with luck ({colour}).",
        news.text("detail"),
    ]
    return f"DNS not ready: {news.pool}", lines, news.pool_link("/dns")


def _job(news: News) -> tuple[str, Sequence[str], str]:
    state = {"job.failed": "failed", "job.timed_out": "timed out", "job.unknown": "has an unknown outcome"}[news.kind]
    command = news.text("command")
    lines = [
        f"{command} on {news.member or news.pool} {state}.",
        news.text("error"),
        f"Ordered by {news.text('requestedBy')}.",
    ]
    link = f"{news.base_url}/jobs/{news.text('jobId')}" if news.base_url else ""
    return f"Job {state}: {command} on {news.member or news.pool}", [line for line in lines if line], link


def _reason(news: News) -> str:
    return news.text("reason", "see the timeline")


def _evidence(evidence: Any) -> list[str]:
    if isinstance(evidence, Mapping):
        return [f"- {name}: {value}" for name, value in evidence.items()][:20]
    return [f"- {entry}" for entry in evidence][:20] if isinstance(evidence, list) else []


def _times(news: News) -> list[str]:
    names = {"decidedAt": "Decided", "writtenAt": "Written", "verifiedAt": "Verified at the name servers"}
    lines = [f"{title}: {news.payload[key]}" for key, title in names.items() if news.payload.get(key)]
    took = news.payload.get("tookSec")
    return lines + (
        [f"It took {took} s from the decision to the answer of the name servers."] if took is not None else []
    )


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


LETTERS: dict[str, Letter] = {
    "failover.promoted": Letter(Topic.FAILOVER, "critical", _promoted),
    "failover.completed": Letter(Topic.FAILOVER, "info", _completed),
    "failover.failed": Letter(Topic.FAILOVER, "critical", _failed),
    "failover.held": Letter(Topic.HOLD, "warning", _held, pair="hold"),
    "failover.released": Letter(Topic.HOLD, "info", _released, pair="hold", ends=True),
    "failover.no_candidate": Letter(Topic.HOLD, "critical", _no_candidate),
    "member.agent_lost": Letter(Topic.MEMBER, "warning", _agent_lost, wait_sec=SETTLE_SEC, pair="presence"),
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
}


def reset_letter(news: News) -> Message:
    """The mail with the link to a new password, or to a first one."""
    invited = news.kind == "identity.user_invited"
    page = "invite" if invited else "reset"
    link = f"{news.base_url}/{page}?token={news.secret}"
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


def test_message(channel_name: str) -> Message:
    """What the test button sends."""
    return Message(
        "channel.test", f"Test of {channel_name}", (f"This is a test. The channel {channel_name} works.",), "info"
    )
