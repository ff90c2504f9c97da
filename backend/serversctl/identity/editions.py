"""Every plan gate, once. The API enforces this table and the dashboard draws its locks from it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Protocol

from ..kernel.errors import Forbidden
from ..kernel.settings import Settings


class Plan(Protocol):
    """What a gate looks at; an Account row is one."""

    @property
    def plan(self) -> str: ...
    @property
    def trial_until(self) -> datetime | None: ...


def gate(community: Any, pro: Any, title: str) -> Any:
    """One gate: its value on Community, its value on Pro and in a trial, and what the lock says."""
    return field(metadata={"community": community, "pro": pro, "title": title})


@dataclass(frozen=True, slots=True)
class Gates:
    """What an account may use now. False is locked; a number is a limit and None no limit."""

    failover_delay_min_sec: int = gate(120, 10, "Failover delays below 120 seconds")
    cross_member_restore: bool = gate(False, True, "Restore to another member")
    premium_dns: bool = gate(False, True, "Second DNS provider, Cloudflare import and records beyond A")
    replicate_now: bool = gate(False, True, "Replicate protected accounts now")
    cpanel_manage: bool = gate(False, True, "Change cPanel accounts")
    cpanel_accounts_shown_max: int | None = gate(5, None, "More than 5 cPanel accounts in the list")
    cpanel_live_migrate: bool = gate(False, True, "cPanel live migration and recovery")
    stack_restore: bool = gate(False, True, "Restore cPanel, OpenLiteSpeed and database backups")
    advanced_mariadb_recipes: bool = gate(False, True, "MariaDB hardening, Galera and replication recipes")
    advanced_recipes: bool = gate(False, True, "Advanced recipes")
    failover_banner_max_sec: int | None = gate(7200, None, "Failover banners longer than 2 hours")


@dataclass(frozen=True, slots=True)
class Lock:
    """A feature that stays visible with the reason why it is locked."""

    name: str
    title: str


def has_pro_rights(account: Plan, settings: Settings, now: datetime) -> bool:
    """Self-hosted nothing is gated; hosted, Pro and running trials are."""
    on_trial = account.trial_until is not None and account.trial_until > now
    return not settings.hosted or account.plan == "pro" or on_trial


def gates(account: Plan, settings: Settings, now: datetime) -> Gates:
    column = "pro" if has_pro_rights(account, settings, now) else "community"
    return Gates(**{spec.name: spec.metadata[column] for spec in fields(Gates)})


def locks(current: Gates) -> list[Lock]:
    """The gates that Pro would open, in table order."""
    return [
        Lock(spec.name, spec.metadata["title"])
        for spec in fields(Gates)
        if getattr(current, spec.name) != spec.metadata["pro"]
    ]


def require(current: Gates, name: str) -> None:
    """Raises Forbidden (`plan_locked`) unless this yes-or-no gate is open."""
    if not getattr(current, name):
        title = next(spec.metadata["title"] for spec in fields(Gates) if spec.name == name)
        raise Forbidden("plan_locked", f"{title}: this is part of Pro. Upgrade the account to use it.")
