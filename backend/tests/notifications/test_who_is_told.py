"""Which way out gets which news, and which news are none."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from serversctl.identity.audit import SYSTEM
from serversctl.identity.tables import Account
from serversctl.kernel.db import unit_of_work
from serversctl.kernel.ids import new_id
from serversctl.notifications import service
from serversctl.notifications.messages import LETTERS
from serversctl.notifications.news import News
from serversctl.notifications.rules import Fate, fate_of_recovery, wants
from support.servers.smtp import Smtp

from .conftest import Post

POOL, OTHER = uuid4(), uuid4()


@pytest.mark.parametrize(
    ("pool_of_channel", "topics", "pool_id", "topic", "told"),
    [
        (None, [], POOL, "failover", True),
        (None, [], None, "job", True),
        (POOL, [], POOL, "failover", True),
        (OTHER, [], POOL, "failover", False),
        (OTHER, [], None, "failover", False),
        (None, ["dns"], POOL, "failover", False),
        (POOL, ["dns", "failover"], POOL, "failover", True),
    ],
)
def test_a_channel_takes_what_it_asked_for(
    pool_of_channel: UUID | None, topics: list[str], pool_id: UUID | None, topic: str, told: bool
):
    assert wants(pool_of_channel=pool_of_channel, topics=topics, pool_id=pool_id, topic=topic) is told


@pytest.mark.parametrize(
    ("before", "attempts", "fate"),
    [
        ("waiting", 0, Fate.DROP_BOTH), ("waiting", 1, Fate.TELL), ("sent", 1, Fate.TELL), ("failed", 16, Fate.TELL),
        ("dropped", 0, Fate.NOTHING), (None, 0, Fate.NOTHING),
    ],
)  # fmt: skip
def test_the_end_of_a_trouble_is_told_when_its_beginning_was(before: str | None, attempts: int, fate: Fate):
    assert fate_of_recovery(before, attempts) is fate


def test_an_agent_that_is_back_at_once_is_nobodys_news(post: Post, smtp: Smtp):
    member = post.members[0]
    post.happens("member.lost", member=member)
    post.work()
    post.happens("member.recovered", member=member)
    post.work()
    post.pause_passes()
    post.work()

    assert smtp.mails == ()
    assert [d.state for d in post.deliveries()] == ["dropped"]


def test_an_agent_that_stays_away_is_told_and_so_is_its_return(post: Post, smtp: Smtp):
    member = post.members[0]
    post.happens("member.lost", member=member)
    post.work()
    post.happens("member.lost", member=member)
    post.work()
    post.pause_passes()
    post.work()
    post.happens("member.recovered", member=member)
    post.work()
    post.happens("member.recovered", member=member)
    post.work()

    assert [mail.subject.partition("] ")[2] for mail in smtp.mails] == ["Member lost: lb1", "Back: lb1"]


def test_holds_for_two_reasons_are_two_troubles_and_each_ends_for_itself(post: Post, smtp: Smtp):
    post.happens("failover.held", reason="agent_lost", sentence="The service answers.", since="2026-01-02T03:04:05Z")
    post.happens("failover.held", reason="grace", sentence="We have just started.", since="2026-01-02T03:04:05Z")
    post.work()
    post.happens("failover.hold_ended", reason="grace", since="2026-01-02T03:04:05Z")
    post.work()
    post.pause_passes()
    post.work()

    assert [mail.subject.partition("] ")[2] for mail in smtp.mails] == ["Agent lost, service still up: edge"]
    assert "The service answers." in smtp.mails[0].text


def test_two_members_are_two_troubles(post: Post, smtp: Smtp):
    for member in post.members:
        post.happens("member.lost", member=member)
    post.work()
    post.happens("member.recovered", member=post.members[0])
    post.work()
    post.pause_passes()
    post.work()

    assert [mail.subject.partition("] ")[2] for mail in smtp.mails] == ["Member lost: lb2"]


def test_team_inboxes_of_a_pool_take_the_owners_place(post: Post, smtp: Smtp):
    with unit_of_work(post.wiring.sessions) as session:
        service.create_channel(session, post.wiring.sealer, SYSTEM, post.account_id, {
            "kind": "email", "name": "team", "pool_id": post.pool.id, "topics": ["failover"],
            "config": {"recipients": ["Ops@Example.com", "night@example.com", "ops@example.com"]},
        })  # fmt: skip

    post.happens("failover.promoted", toName="lb2")
    post.happens("job.failed", command="haproxy.reload")
    post.work()

    assert sorted(mail.recipients[0] for mail in smtp.mails) == ["night@example.com", "ops@example.com"]
    assert len({mail.message["Message-ID"] for mail in smtp.mails}) == 2


def test_without_a_mail_channel_the_account_inboxes_take_the_owners_place(post: Post, smtp: Smtp):
    with unit_of_work(post.wiring.sessions) as session:
        account = session.get_one(Account, post.account_id)
        account.alert_email, account.team_inboxes = "alerts@example.com", ["noc@example.com", "alerts@example.com"]

    post.happens("failover.promoted", toName="lb2")
    post.work()

    assert sorted(mail.recipients[0] for mail in smtp.wait_for(2)) == ["alerts@example.com", "noc@example.com"]


def test_the_log_can_be_asked_for_one_pool(post: Post):
    post.happens("failover.promoted", toName="lb2")
    post.work()

    with unit_of_work(post.wiring.sessions) as session:
        mine = service.deliveries_page(session, post.account_id, limit=5, cursor=None, pool_id=post.pool.id)
        other = service.deliveries_page(session, post.account_id, limit=5, cursor=None, pool_id=new_id())

    assert [row.kind for row in mine.items] == ["failover.promoted"]
    assert other.items == []


@pytest.mark.parametrize("kind", sorted(LETTERS))
def test_every_letter_can_be_written_even_from_an_empty_event(kind: str):
    message = LETTERS[kind].write(News(kind=kind, payload={}, at="2026-01-02T03:04:05Z", pool="edge", member="lb1"))

    assert message.subject
    assert all(isinstance(line, str) and line for line in message.lines)


@pytest.mark.parametrize("kind", sorted(LETTERS))
def test_every_letter_leads_to_a_page_of_the_dashboard(kind: str):
    base = "https://panel.example.com"
    news = News(kind=kind, payload={"jobId": "j"}, at="", pool_id="p", member_id="m", base_url=base)

    pages = {
        f"{base}/app{path}"
        for path in (
            "/pools/p",
            "/pools/p/managed-dns",
            "/pools/p/certificates",
            "/pools/p/members/m/control-panel",
            "/jobs/j",
        )
    }
    assert LETTERS[kind].write(news).link in pages
    assert LETTERS[kind].write(News(kind=kind, payload={}, at="", pool_id="p", member_id="m")).link == ""


def test_a_reset_link_rests_sealed_and_is_gone_once_it_is_sent(post: Post, smtp: Smtp):
    from datetime import UTC, datetime, timedelta

    from serversctl.identity.service.mailed import mail_token
    from serversctl.identity.tables import User

    with unit_of_work(post.wiring.sessions) as session:
        user = session.query(User).filter_by(role="viewer").one()
        token = mail_token(
            session, post.wiring.sealer, user, "identity.password_reset_requested",
            expires_at=datetime.now(UTC) + timedelta(hours=1), payload={},
        )  # fmt: skip
    smtp.refuse("451 later")
    post.work()
    (resting,) = post.deliveries()
    smtp.refuse(None)
    post.pause_passes()
    post.work()

    assert token not in str(resting.message)
    (mail,) = smtp.wait_for(1)
    assert f"https://panel.example.com/app/reset?token={token}" in mail.text
    assert mail.recipients == ("viewer@mine.example.com",)
    assert "sealed" not in post.deliveries()[0].message
