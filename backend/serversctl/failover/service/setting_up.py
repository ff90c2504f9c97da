"""What a pool still needs before it fails over by itself: a checklist, as the server sees it now. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ...dns.tables import PoolDns
from ..rules.decide import Decision
from ..rules.view import PoolView, Standing


@dataclass(frozen=True, slots=True)
class Step:
    """One line. `detail` says what is there, or what to do."""

    id: str
    done: bool
    detail: str


def setup_steps(
    view: PoolView, decision: Decision, *, link: PoolDns | None, keys: Collection[str], auto: bool
) -> list[Step]:
    """The steps in their order. A generic pool moves no DNS, so it needs a member that reports and nothing else.

    `keys` are the names of the account's DNS keys, `auto` whether automation is on.
    """
    if not view.haproxy:
        return [_member(view)]
    return [
        _dns(link, keys),
        _member(view),
        _hostname(link),
        _active(view, decision),
        _standby(view, decision),
        _auto(view, auto=auto),
    ]


def _dns(link: PoolDns | None, keys: Collection[str]) -> Step:
    if link is not None:
        return Step("dns", True, f"The zone {link.zone} is connected.")
    if keys:
        return Step("dns", True, f"The key {min(keys)} is saved.")
    return Step("dns", False, "Save a key of the DNS provider that has your zone.")


def _member(view: PoolView) -> Step:
    heard = [member.name for member in view.members if member.ever_seen]
    if heard:
        return Step("member", True, f"{_names(heard)} reported in.")
    if view.members:
        silent = _names([member.name for member in view.members])
        return Step("member", False, f"{silent} did not report in yet: run the install command there.")
    return Step("member", False, "Enrol the first member.")


def _hostname(link: PoolDns | None) -> Step:
    if link is None:
        return Step("hostname", False, "Choose the zone and the label of the name that clients use.")
    held = ", ".join(text for texts in (link.observed or {}).values() for text in texts)
    if link.state == "in_sync" and link.verified is not False:
        asked = "" if link.verified else " The zone's own servers were not asked."
        return Step("hostname", True, f"{link.fqdn} holds {held}.{asked}")
    if link.state == "in_sync":
        return Step("hostname", False, f"{link.fqdn} holds {held}, and the zone's own servers do not say so yet.")
    if not link.wanted and link.state in {"unknown", "drift"}:
        return Step("hostname", False, f"{link.fqdn} is written when a member becomes active.")
    return Step("hostname", False, link.detail or f"{link.fqdn} was not looked at yet.")


def _active(view: PoolView, decision: Decision) -> Step:
    active = view.member(view.active_id)
    if active is None:
        return Step("active", False, "No member is active: cut over to the one that shall serve now.")
    failed = _heartbeat_problem(decision, active)
    if failed:
        return Step("active", False, f"{active.name} is active and not heard. {failed}")
    return Step("active", True, f"{active.name} is active and heard.")


def _standby(view: PoolView, decision: Decision) -> Step:
    others = [member for member in view.members if member.member_id != view.active_id]
    ready = [member.name for member in others if decision.readiness[member.member_id].ready]
    if ready:
        return Step("standby", True, f"{_names(ready)} could take over now.")
    if not others:
        return Step("standby", False, "Enrol a second member, so that there is one to move to.")
    # The one that lacks least is what somebody would mend first.
    first = min(others, key=lambda member: (len(decision.readiness[member.member_id].failed), member.name))
    reasons = " ".join(gate.reason for gate in decision.readiness[first.member_id].failed)
    return Step("standby", False, f"{first.name} is not ready. {reasons}")


def _auto(view: PoolView, *, auto: bool) -> Step:
    if not auto:
        return Step("auto", False, "Automatic failover is off: a standby takes over only when somebody orders it.")
    if view.policy.paused is not None:
        return Step("auto", False, "Automatic failover is paused for maintenance.")
    return Step("auto", True, f"A standby takes over after {view.policy.recovery_sec} s of silence.")


def _heartbeat_problem(decision: Decision, member: Standing) -> str:
    gates = decision.readiness[member.member_id].failed
    return next((gate.reason for gate in gates if gate.name == "heartbeat"), "")


def _names(names: Collection[str]) -> str:
    shown = sorted(names)
    more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
    return ", ".join(shown[:3]) + more
