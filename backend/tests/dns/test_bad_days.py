"""Vendors on their bad days (F11): errors, lost replies, late effects, lies and waits still end in the right record."""

from __future__ import annotations

import pytest
from serversctl.dns.ports import ProviderUnavailable, Zone
from serversctl.dns.reconcile import Convergence, Outcome, Target, Want, converge
from support.vendors.benches import ZONE, Bench
from support.vendors.misbehaving import Mischief

NAME = f"lb.{ZONE}"
OLD, NEW, V6 = "203.0.113.10", "203.0.113.20", "2001:db8::20"


class Caller:
    """What the failover room does: call again while the intent is open, and remember what may be ours."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.owned: frozenset[str] = frozenset()
        self.zone: Zone | None = None

    def once(self, want: Want, *, fence: object = None) -> Convergence:
        provider = self.bench.provider()
        try:
            self.zone = self.zone or provider.zones(ZONE)[0]
            found = converge(provider, Target(self.zone, NAME, 60, owned=self.owned), want, fence or (lambda: None))  # type: ignore[arg-type]
        except ProviderUnavailable:
            return Convergence(Outcome.FAILED)
        except Exception as why:
            if getattr(why, "retry", False):
                return Convergence(Outcome.FAILED)
            raise
        finally:
            provider.close()
        if found.done:
            self.owned = frozenset(text for record in found.records for text in (record.id, record.key))
        self.owned |= {f"{write.type}/{write.new}" for write in found.writes if write.new}
        return found

    def until_done(self, want: Want, tries: int = 80) -> Convergence:
        for _ in range(tries):
            found = self.once(want)
            if found.done:
                return found
            assert found.outcome in {Outcome.UNKNOWN, Outcome.FAILED, Outcome.RATE_LIMITED}, found
        raise AssertionError(f"not there after {tries} tries: {found}")


@pytest.fixture(params=["cloudflare", "whm"])
def stand_in(request: pytest.FixtureRequest) -> Bench:
    made: Bench = request.getfixturevalue(f"{request.param}_bench")
    return made


@pytest.mark.parametrize("seed", range(6))
def test_it_converges_without_doubles_and_without_a_moment_of_nothing(stand_in: Bench, seed: int):
    vendor, caller = stand_in.vendor, Caller(stand_in)
    vendor._random.seed(seed)
    for want in ({"A": (OLD,)}, {"A": (NEW,), "AAAA": (V6,)}, {"A": (OLD,)}):
        vendor.mischief = Mischief.heavy()
        caller.until_done(want)
        vendor.mischief = Mischief.none()
        vendor.settle()  # late effects of earlier writes land now; the next steady check puts them right
        caller.until_done(want)
        assert stand_in.look(NAME, "A") == want["A"]
        assert stand_in.look(NAME, "AAAA") == want.get("AAAA", ())
    assert vendor.violations == []
    assert sum(vendor.happened.get(mode, 0) for mode in ("lost", "late", "no_effect", "500", "429")) > 0


def test_a_lost_create_is_read_back_and_never_sent_twice(stand_in: Bench):
    caller = Caller(stand_in)
    caller.zone = stand_in.provider().zones(ZONE)[0]
    at_write(stand_in, "lost")
    found = caller.once({"A": (OLD,)})
    assert found.outcome is Outcome.APPLIED
    assert [write.certain for write in found.writes] == [False]
    assert stand_in.look(NAME, "A") == (OLD,)


def test_a_create_that_lands_late_stays_the_only_record(stand_in: Bench):
    caller = Caller(stand_in)
    caller.zone = stand_in.provider().zones(ZONE)[0]
    stand_in.vendor.mischief = Mischief(0, 0, 0, 0, 0, late_sec=0.3)
    at_write(stand_in, "late")
    found = caller.once({"A": (OLD,)})
    assert found.outcome is Outcome.UNKNOWN
    assert writes_seen(stand_in) == 1
    stand_in.vendor.settle()
    assert caller.until_done({"A": (NEW,)}).observed == {"A": (NEW,)}
    assert stand_in.look(NAME, "A") == (NEW,)


def test_success_without_effect_is_seen_and_tried_again(stand_in: Bench):
    caller = Caller(stand_in)
    caller.until_done({"A": (OLD,)})
    at_write(stand_in, "no_effect")
    found = caller.once({"A": (NEW,)})
    assert found.outcome is Outcome.APPLIED
    assert len(found.writes) == 2
    assert stand_in.look(NAME, "A") == (NEW,)


def test_a_vendor_that_lies_for_ever_is_a_failure_after_two_writes(stand_in: Bench):
    caller = Caller(stand_in)
    caller.until_done({"A": (OLD,)})
    stand_in.vendor.mischief = Mischief(0, 0, 0, 1.0, 0)
    before = writes_seen(stand_in)
    found = caller.once({"A": (NEW,)})
    assert (found.outcome, writes_seen(stand_in) - before) == (Outcome.FAILED, 2)
    assert "unchanged" in found.detail


def test_a_wait_of_the_vendor_is_handed_to_the_caller(stand_in: Bench):
    caller = Caller(stand_in)
    caller.until_done({"A": (OLD,)})
    stand_in.vendor.mischief = Mischief(0, 0, 0, 0, 0, retry_after_sec=42)
    stand_in.vendor.next = ["429"]
    found = caller.once({"A": (NEW,)})
    assert (found.outcome, found.retry_after_sec, found.writes) == (Outcome.RATE_LIMITED, 42, ())


def test_the_fence_is_asked_again_before_a_second_write(stand_in: Bench):
    class LostLease(Exception):
        pass

    asked = []

    def once_open() -> None:
        asked.append(1)
        if len(asked) > 1:
            raise LostLease

    caller = Caller(stand_in)
    caller.until_done({"A": (OLD,)})
    at_write(stand_in, "no_effect")
    with pytest.raises(LostLease):
        caller.once({"A": (NEW,)}, fence=once_open)
    assert stand_in.look(NAME, "A") == (OLD,)


def test_a_key_that_may_only_read_is_unauthorized_at_the_write(stand_in: Bench):
    caller = Caller(stand_in)
    caller.until_done({"A": (OLD,)})
    stand_in.vendor.can_write = False
    assert caller.once({"A": (NEW,)}).outcome is Outcome.UNAUTHORIZED
    assert stand_in.look(NAME, "A") == (OLD,)


def at_write(bench: Bench, mode: str) -> None:
    """Let the next write go this way; reads before it go well."""
    vendor = bench.vendor
    usual = vendor._mode

    def mode_of(write: bool) -> str:
        if write and mode_of.__dict__.pop("armed", None):
            return mode
        return usual(write)

    mode_of.__dict__["armed"] = True
    vendor._mode = mode_of


def writes_seen(bench: Bench) -> int:
    return sum(bench.vendor.is_write(request) for request in bench.vendor.requests)
