"""Objects to a store that may be somebody else's: no secret goes there, no redirect is followed, refusals are told in words."""

from __future__ import annotations

import os

import pytest
from support.control import SECRET
from support.form import agent
from support.store import SignedServer

NAME = "packs/" + "ab" * 16
DATA = os.urandom(70_000)
EXPIRED = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
SKEWED = b"<Error><Code>RequestTimeTooSkewed</Code><Message>The difference is too large</Message></Error>"


@pytest.fixture
def naps(monkeypatch):
    taken: list[float] = []
    monkeypatch.setattr(agent.time, "sleep", taken.append)
    return taken


@pytest.fixture
def wire(host, naps):
    made = agent.ObjectWire(agent.load_config({"BALCTL_ROOT": host.root}), "aa-1", 1)
    yield made
    made.close()


@pytest.fixture
def signed(control):
    made = SignedServer(control.store)
    yield made
    made.close()


def test_a_signed_address_gets_the_object_and_never_our_secret(wire, signed, control):
    wire.put(NAME, DATA)
    assert control.store.objects == {f"aa-1/{NAME}": DATA}
    assert wire.get(f"aa-1/{NAME}") == DATA
    for headers in signed.headers:
        assert "authorization" not in headers and SECRET not in repr(headers)
        assert headers["content-type"] == "application/octet-stream"
        assert headers["host"] == signed.base.split("/")[2]


def test_an_expired_address_is_asked_for_again(wire, signed, control):
    signed.answers = [(403, EXPIRED, {})]
    wire.put(NAME, DATA)
    assert control.store.objects == {f"aa-1/{NAME}": DATA}
    assert [call for call, _ in control.store.asked] == ["uploads", "uploads"]


def test_a_store_with_another_clock_is_given_up_soon_and_told_why(wire, signed, naps):
    signed.answers = [(403, SKEWED, {})] * 20
    with pytest.raises(agent.StepFailed, match=r"RequestTimeTooSkewed.*Check the clocks"):
        wire.put(NAME, DATA)
    assert len(naps) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_busy_store_is_waited_for_longer_each_time(wire, signed, control, naps, status):
    signed.answers = [(status, b"", {})] * 4
    wire.put(NAME, DATA)
    assert f"aa-1/{NAME}" in control.store.objects and len(naps) == 4 and naps[3] > naps[0]


def test_a_redirect_is_not_followed(wire, signed, control):
    signed.answers = [(307, b"", {"Location": control.store.signed_base + "other"})]
    with pytest.raises(agent.StepFailed, match="redirect"):
        wire.put(NAME, DATA)
    assert len(signed.headers) == 1


def test_an_object_that_is_larger_than_it_may_be_is_cut_off(wire, signed, control):
    control.store.objects["aa-1/manifest"] = b"x" * 5000
    with pytest.raises(agent.StepFailed, match="larger than 4000"):
        wire.get("aa-1/manifest", 4000)


def test_an_object_that_is_not_there_is_said(wire, signed):
    with pytest.raises(agent.LostObject, match="not there"):
        wire.get(f"aa-1/{NAME}")


@pytest.mark.parametrize(
    "url",
    [
        "/etc/passwd",
        "/api/agents/heartbeat",
        "ftp://h/x",
        "file:///etc/shadow",
        "http://h:0/x",
        "http://a b/x",
        "//h/x",
        "",
    ],
)
def test_an_address_that_is_none_is_refused(wire, control, monkeypatch, url):
    monkeypatch.setattr(control.store, "_place", lambda call, job, row: {"name": NAME, "url": url, "method": "PUT"})
    with pytest.raises(agent.AgentError, match=r"address|port"):
        wire.put(NAME, DATA)


@pytest.mark.parametrize(
    "headers", [{"X-A": "b\r\nX-B: c"}, {"Authorization": "x"}, {"X A": "b"}, {"X-A": 7}, {"Cookie": "a"}]
)
def test_headers_that_could_do_something_else_are_refused(headers):
    with pytest.raises(agent.StepFailed, match="not allowed"):
        agent.header_lines(headers)


def test_what_arrived_although_its_answer_was_lost_is_not_sent_again(wire, signed, control):
    real = control.store.transfer

    def once(method, key, raw):  # type: ignore[no-untyped-def]
        real(method, key, raw)
        return 503, b""

    control.store.transfer = once
    wire.put(NAME, DATA)
    assert control.store.puts == [f"aa-1/{NAME}"]
