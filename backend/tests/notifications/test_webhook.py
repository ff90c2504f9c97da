"""Webhooks against a real little server, through the guarded client."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from serversctl.identity.audit import SYSTEM
from serversctl.kernel.db import unit_of_work
from serversctl.kernel.outbound import Outbound
from serversctl.notifications import service
from serversctl.notifications.channels.webhook import Config, Webhook, check_secret, check_url
from serversctl.notifications.ports import DeliveryFailed, Message, Parcel, Tools

from .conftest import MakePost, Post

SECRET = "a shared secret, long enough"
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@dataclass
class Receiver:
    """Keeps what it gets and answers what it is told to."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    def __init__(self, receiver: Receiver, *args: object) -> None:
        self.receiver = receiver
        super().__init__(*args)  # type: ignore[arg-type]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.receiver.got.append((dict(self.headers), body))
        self.send_response(self.receiver.answers.pop(0) if self.receiver.answers else 204)
        for name, value in self.receiver.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, made))
    made.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()


def a_webhook(url: str, outbound: Outbound | None = None) -> Webhook:
    tools = Tools(settings=None, outbound=outbound or Outbound(allow=LOOPBACK), now=lambda: 1_767_323_045.9)
    return Webhook(Config(url=url, secret=SECRET), tools)


PARCEL = Parcel(
    Message("failover.promoted", "Ümlaut", ("line",), "critical"), "event-1:channel-1", "2026-01-02T03:04:05Z", ""
)


def test_the_receiver_can_check_who_sent_it_and_drop_doubles(receiver: Receiver):
    a_webhook(receiver.url).send(PARCEL)

    ((headers, body),) = receiver.got
    expected = hmac.new(SECRET.encode(), b"1767323045." + body, hashlib.sha256).hexdigest()
    assert headers["X-ServersCTL-Signature"] == f"t=1767323045,v1={expected}"
    assert headers["Idempotency-Key"] == "event-1:channel-1"
    assert json.loads(body) | {"lines": []} == {
        "id": "event-1:channel-1", "kind": "failover.promoted", "severity": "critical", "subject": "Ümlaut",
        "lines": [], "link": None, "at": "2026-01-02T03:04:05Z",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(400, True), (404, True), (410, True), (408, False), (429, False), (500, False), (503, False)],
)
def test_an_answer_says_whether_another_try_helps(receiver: Receiver, status: int, permanent: bool):
    receiver.answers.append(status)

    with pytest.raises(DeliveryFailed, match=str(status)) as failed:
        a_webhook(receiver.url).send(PARCEL)

    assert failed.value.permanent is permanent


def test_a_redirect_is_not_followed(receiver: Receiver):
    receiver.answers.append(307)
    receiver.headers["Location"] = "http://127.0.0.1:1/elsewhere"

    with pytest.raises(DeliveryFailed, match="redirect"):
        a_webhook(receiver.url).send(PARCEL)

    assert len(receiver.got) == 1


def test_our_own_machine_is_refused_unless_the_operator_lists_it(receiver: Receiver):
    with pytest.raises(DeliveryFailed) as failed:
        a_webhook(receiver.url, Outbound()).send(PARCEL)

    assert failed.value.permanent
    assert receiver.got == []


def test_a_receiver_that_is_away_is_tried_again():
    with pytest.raises(DeliveryFailed) as failed:
        a_webhook("http://127.0.0.1:1/hook").send(PARCEL)

    assert not failed.value.permanent


@pytest.mark.parametrize("url", ["ftp://x.example", "x", 7, "https://a b", "https://", "https://x.example:99999/"])
def test_an_address_that_is_none_is_refused(url: object):
    with pytest.raises(ValueError, match=r"\w"):
        check_url(url)


@pytest.mark.parametrize("secret", ["", "short", "x" * 201, 7, "sixteen chars\n\n\n"])
def test_a_weak_secret_is_refused(secret: object):
    with pytest.raises(ValueError, match="16 to 200"):
        check_secret(secret)


@pytest.fixture
def hooked(make_post: MakePost, receiver: Receiver) -> Post:
    post = make_post(outbound_allow=LOOPBACK)
    with unit_of_work(post.wiring.sessions) as session:
        service.create_channel(
            session, post.wiring.sealer, SYSTEM, post.account_id,
            {"kind": "webhook", "name": "hook", "config": {"url": receiver.url, "secret": SECRET}},
        )  # fmt: skip
    return post


def test_each_event_reaches_the_receiver_once_under_one_id(hooked: Post, receiver: Receiver):
    receiver.answers += [500, 500]
    hooked.happens("failover.promoted", toName="lb2")
    for _ in range(5):
        hooked.work()
        hooked.pause_passes()

    assert len(receiver.got) == 3  # two refused, one taken
    assert len({headers["Idempotency-Key"] for headers, _ in receiver.got}) == 1
    assert [d.state for d in hooked.deliveries()] == ["sent"]


def test_the_secret_rests_sealed(hooked: Post):
    from serversctl.notifications.tables import NotificationChannel

    with unit_of_work(hooked.wiring.sessions) as session:
        row = session.query(NotificationChannel).one()

    assert SECRET not in str(row.sealed) + str(row.config)
    assert service.channel_config(hooked.wiring.sealer, row).secret == SECRET


def test_a_receiver_that_never_recovers_is_given_up_and_kept_in_sight(hooked: Post, receiver: Receiver):
    receiver.answers += [500] * 100
    hooked.happens("failover.promoted", toName="lb2")
    for _ in range(20):
        hooked.work()
        hooked.pause_passes()

    (given_up,) = hooked.deliveries()
    assert (given_up.state, given_up.attempts, len(receiver.got)) == ("failed", 16, 16)
