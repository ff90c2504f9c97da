"""From an event to a mailbox, once."""

from __future__ import annotations

import ssl
from datetime import timedelta

import pytest
import trustme
from serversctl.kernel.failpoint import armed
from serversctl.kernel.outbox import OutboxEvent
from serversctl.notifications.channels.email import html_of, read_smtp_url
from serversctl.notifications.ports import DeliveryFailed, Message
from serversctl.notifications.tables import Delivery
from serversctl.worker.drain import drain
from serversctl.worker.tables import OutboxFailure
from sqlalchemy import select, update
from support.servers.smtp import Smtp

from .conftest import PAST, MakePost, Post


def promotion(post: Post) -> None:
    old, new = post.members
    post.happens(
        "failover.promoted", member=new, dedupe="promotion-1", fromMemberId=str(old.id), toMemberId=str(new.id),
        fromName="lb1", toName="lb2", reason="silent", addresses={"A": ["203.0.113.11"]},
        sentences=["lb1 was silent for 10.2 s, the limit is 10.0 s.", "The probe from lb2 failed as well."],
    )  # fmt: skip


def test_a_promotion_is_mailed_to_the_owner_with_the_reason(post: Post, smtp: Smtp):
    promotion(post)

    post.work()

    (mail,) = smtp.wait_for(1)
    assert mail.recipients == ("owner@mine.example.com",)
    assert mail.subject == "[ServersCTL] Failover: edge moves to lb2"
    for words in (
        "lb1 → lb2",
        "silent for 10.2 s",
        "The probe from lb2 failed as well.",
        "203.0.113.11",
        "Decided at 20",
    ):
        assert words in mail.text
    assert f"https://panel.example.com/app/pools/{post.pool.id}" in mail.text


def test_turns_of_the_worker_after_the_mail_send_nothing_more(post: Post, smtp: Smtp):
    promotion(post)
    promotion(post)  # the same news: its dedupe text is known

    for _ in range(4):
        post.work()
        post.pause_passes()

    assert len(smtp.mails) == 1


def test_a_worker_that_dies_after_planning_leads_to_one_mail(post: Post, smtp: Smtp):
    promotion(post)

    with armed("outbox_handled", die), pytest.raises(Died):
        drain(post.wiring, post.rooms)
    give_back(post)
    post.work()

    assert len(post.deliveries()) == 1
    assert len(smtp.wait_for(1)) == 1
    with post.wiring.sessions() as session:
        assert session.scalars(select(OutboxFailure)).all() == []  # known news are no trouble


class Died(BaseException):
    """A kill, as far as Python can show one."""


def die() -> None:
    raise Died


def give_back(post: Post) -> None:
    with post.wiring.sessions.begin() as session:
        session.execute(update(OutboxEvent).values(next_try_at=PAST))


def test_a_mail_server_that_is_busy_gets_the_same_message_id_again(post: Post, smtp: Smtp):
    smtp.refuse("451 try later")
    promotion(post)
    post.work()
    (waiting,) = post.deliveries()

    smtp.refuse(None)
    post.work()
    too_early = len(smtp.mails)
    post.pause_passes()
    post.work()

    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert "451 try later" in (waiting.last_error or "")
    assert timedelta(seconds=4) < waiting.next_try_at - waiting.created_at < timedelta(seconds=15)
    assert too_early == 0
    (mail,) = smtp.wait_for(1)
    assert mail.message["Message-ID"].endswith("@example.com>")
    assert [d.state for d in post.deliveries()] == ["sent"]


@pytest.mark.parametrize("state", ["sent", "failed", "dropped"])
def test_a_delivery_that_is_over_is_not_taken_by_a_late_queue_entry(post: Post, smtp: Smtp, state: str):
    promotion(post)
    drain(post.wiring, post.rooms)
    (delivery,) = post.deliveries()
    with post.wiring.sessions.begin() as session:
        session.execute(update(Delivery).values(state=state, next_try_at=PAST))

    post.rooms.tasks["notifications.deliver"](post.wiring, str(delivery.id))

    assert smtp.mails == ()


def test_a_mail_that_is_refused_for_good_is_kept_as_failed(post: Post, smtp: Smtp):
    smtp.refuse("554 no spam here")
    promotion(post)

    post.work()

    (failed,) = post.deliveries()
    assert (failed.state, failed.next_try_at) == ("failed", None)
    assert "554 no spam here" in (failed.last_error or "")


def test_a_mail_server_that_is_away_is_waited_for(make_post: MakePost):
    post = make_post(smtp_url="smtp://127.0.0.1:1?from=panel@example.com")
    promotion(post)

    post.work()

    (waiting,) = post.deliveries()
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert "127.0.0.1:1" in (waiting.last_error or "")


def test_without_a_mail_server_nothing_is_planned(make_post: MakePost):
    post = make_post()
    promotion(post)

    post.work()

    assert post.deliveries() == []


def test_a_password_is_sent_only_after_starttls(make_post: MakePost, tmp_path):
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with Smtp.start(tls=context, require_tls=True) as smtp:
        url = f"smtp://127.0.0.1:{smtp.port}?from=panel@example.com&starttls=1"
        good = make_post(smtp_url=url, outbound_ca_file=str(tmp_path / "ca.pem"))
        promotion(good)
        good.work()

        assert len(smtp.wait_for(1)) == 1
    assert read_smtp_url("smtp://ann:pw@mail.example.com").starttls is True
    assert read_smtp_url("smtps://mail.example.com").port == 465


def test_an_unknown_certificate_stops_the_mail(make_post: MakePost):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with Smtp.start(tls=context) as smtp:
        post = make_post(smtp_url=f"smtp://127.0.0.1:{smtp.port}?from=panel@example.com&starttls=1")
        promotion(post)
        post.work()

        assert smtp.mails == ()
        assert "CERTIFICATE_VERIFY_FAILED" in (post.deliveries()[0].last_error or "")


@pytest.mark.parametrize("url", ["mail.example.com", "http://mail.example.com", "smtp://"])
def test_an_smtp_address_that_is_none_says_the_form(url: str):
    with pytest.raises(DeliveryFailed, match=r"smtp://host:port"):
        read_smtp_url(url)


def test_hostile_words_stay_words_in_html_and_in_headers(post: Post, smtp: Smtp):
    post.happens(
        "failover.hold_escalated", sentence='<script>alert(1)</script> "&', since="line\r\nBcc: all@example.com",
    )  # fmt: skip
    with post.wiring.sessions.begin() as session:
        session.merge(post.pool).name = "edge\r\nBcc: evil@example.com <b>"

    post.work()

    (mail,) = smtp.wait_for(1)
    assert mail.message["Bcc"] is None
    assert mail.subject == "[ServersCTL] Still on hold, the active member is down: edge Bcc: evil@example.com <b>"
    page = html_of(Message("x", "<b>", ("<script>",), link='https://x/"><script>'), "B&C")
    assert "<script>" not in page
    assert "<script>" not in str(mail.message.get_body(("html",)).get_content())  # type: ignore[union-attr]
