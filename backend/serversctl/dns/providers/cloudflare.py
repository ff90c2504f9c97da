"""Cloudflare through its own SDK, with the SDK's retries, pagination and environment turned off.

Traps met (SDK 5.9): HTTP 200 with success=false raises nothing and yields None; the list iterator asks for pages
until one is empty; a POST is retried without an idempotency key. So every call here is one request, and None counts
as "no answer".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, cast

import cloudflare
import httpx

from ..ports import (
    TEXT,
    WATCHED,
    Allowance,
    Change,
    ChangeKind,
    CredentialReport,
    Fence,
    Limits,
    OutcomeUnknown,
    Plan,
    ProviderError,
    ProviderUnauthorized,
    ProviderUnavailable,
    Record,
    Refused,
    Stale,
    Tools,
    Zone,
    canonical,
    check_token,
    option,
    plain_text,
    provider,
    quoted_text,
)
from ..wire import allowance_of, failure, refusal

T = TypeVar("T")
WHO = "Cloudflare"
ZONES_PER_PAGE, RECORDS_PER_PAGE, PAGES_MAX = 50, 100, 40
# Codes are hints, the HTTP status is the rule; these two tell an existing record, and a vanished one.
EXISTS, VANISHED = frozenset({81053, 81057, 81058}), frozenset({81044})
UNAUTHORIZED_CODES = frozenset({6003, 9109, 10000})


def _account_id(value: str) -> str:
    text = value.lower()
    if len(text) != 32 or any(ch not in "0123456789abcdef" for ch in text):
        raise ValueError("An account id has 32 hexadecimal characters; it stands at the right of the account's page.")
    return text


@dataclass(frozen=True, slots=True)
class Config:
    api_token: str = option(
        "API token",
        "Made under My Profile, API Tokens: Zone · DNS · Edit and Zone · Zone · Read",
        secret=True,
        check=check_token,
    )
    account_id: str = option(
        "Account id", "Limits the zones to one account; needed for account-owned tokens", default="", check=_account_id
    )


@provider
class CloudflareDns:
    kind: ClassVar[str] = "cloudflare"
    title: ClassVar[str] = "Cloudflare"
    config_class: ClassVar[type[Any]] = Config
    limits: ClassVar[Limits] = Limits(
        ttl_min=60, ttl_max=86400, ttl_auto=1, ttl_auto_sec=300, can_proxy=True, requests=1200, window_sec=300
    )

    def __init__(self, config: Config, tools: Tools) -> None:
        self._config = config
        self._meter = tools.meter
        self._heard = tools.heard
        self._allowance: Allowance | None = None
        self._http = tools.outbound.client(timeout_sec=tools.timeout_sec)
        # The SDK hands out bodies only; the headers that tell what is left are on every answer, refusals too.
        self._http.event_hooks = {"response": [self._listen]}
        self._sdk = cloudflare.Cloudflare(
            api_token=config.api_token,
            base_url=tools.cloudflare_api_base,
            timeout=tools.timeout_sec,
            max_retries=0,
            http_client=self._http,
        )
        # The constructor takes these from CLOUDFLARE_* variables of the process, and would send them beside ours.
        self._sdk.api_key = self._sdk.api_email = self._sdk.user_service_key = None

    def zones(self, name: str | None = None) -> list[Zone]:
        options: dict[str, Any] = {"per_page": ZONES_PER_PAGE}
        if name is not None:
            options["name"] = name
        if self._config.account_id:
            options["account"] = {"id": self._config.account_id}
        found = self._pages(lambda page: self._sdk.zones.list(page=page, **options), ZONES_PER_PAGE)
        return [Zone(str(z.name).lower(), str(z.id), str(z.status or "active")) for z in found]

    def read(self, zone: Zone, name: str) -> tuple[Record, ...]:
        found = self._pages(
            lambda page: self._sdk.dns.records.list(
                zone_id=zone.ref, name={"exact": name}, per_page=RECORDS_PER_PAGE, page=page
            ),
            RECORDS_PER_PAGE,
        )
        records = []
        for entry in found:
            if str(entry.name).lower().rstrip(".") != name or entry.type not in WATCHED:
                continue
            content = canonical(entry.type, str(entry.content or ""))
            ttl, proxied = int(entry.ttl), bool(getattr(entry, "proxied", False))
            records.append(Record(str(entry.id), str(entry.type), content, ttl, proxied))
        return tuple(records)

    def apply(self, zone: Zone, name: str, plan: Plan, fence: Fence) -> None:
        """One change is one request; several go as one batch, which Cloudflare runs in one transaction."""
        if len(plan.changes) == 1:
            self._one(zone, name, plan.changes[0], fence)
            return
        body: dict[str, list[Any]] = {}
        for change in plan.changes:
            body.setdefault(_list_of(change), []).append(_item(change, name))
        fence()
        self._write(lambda: self._sdk.dns.records.batch(zone_id=zone.ref, **cast(Any, body)))

    def _one(self, zone: Zone, name: str, change: Change, fence: Fence) -> None:
        records = self._sdk.dns.records
        which = _list_of(change)
        item = _item(change, name)
        record_id = item.pop("id", "")
        fence()
        if which == "deletes":
            self._write(lambda: records.delete(record_id, zone_id=zone.ref))
        elif which == "posts":
            self._write(lambda: records.create(zone_id=zone.ref, **item))
        elif which == "puts":
            self._write(lambda: records.update(record_id, zone_id=zone.ref, **item))
        else:
            self._write(lambda: records.edit(record_id, zone_id=zone.ref, **item))

    def texts(self, zone: Zone, name: str) -> tuple[str, ...]:
        return tuple(value for _, value in self._texts(zone, name))

    def add_text(self, zone: Zone, name: str, value: str, ttl: int, fence: Fence) -> None:
        content, ttl = quoted_text(value), max(ttl, self.limits.ttl_min)
        fence()
        try:
            self._write(
                lambda: self._sdk.dns.records.create(zone_id=zone.ref, name=name, type=TEXT, content=content, ttl=ttl)
            )
        except Stale:
            # The identical record stands there already: an earlier add whose answer was lost.
            if value not in self.texts(zone, name):
                raise

    def remove_text(self, zone: Zone, name: str, value: str, fence: Fence) -> None:
        for record_id, found in self._texts(zone, name):
            if found == value:
                fence()
                try:
                    self._write(lambda record_id=record_id: self._sdk.dns.records.delete(record_id, zone_id=zone.ref))  # type: ignore[misc]
                except Stale:
                    continue  # somebody else removed it

    def _texts(self, zone: Zone, name: str) -> list[tuple[str, str]]:
        found = self._pages(
            lambda page: self._sdk.dns.records.list(
                zone_id=zone.ref, name={"exact": name}, type=TEXT, per_page=RECORDS_PER_PAGE, page=page
            ),
            RECORDS_PER_PAGE,
        )
        return [
            (str(entry.id), plain_text(str(entry.content or "")))
            for entry in found
            if str(entry.name).lower().rstrip(".") == name and entry.type == TEXT
        ]

    def check(self) -> CredentialReport:
        try:
            expires = self._verify_token()
            zones = self.zones()
        except ProviderError as why:
            return CredentialReport(False, why.detail, "Make a token with Zone · DNS · Edit and Zone · Zone · Read.")
        names = tuple(zone.name for zone in zones)
        if not names:
            # Without Zone · Read the list is empty and not an error.
            return CredentialReport(
                False,
                "The token is valid but sees no zone.",
                "Add Zone · Zone · Read to the token, and name your zones under Zone Resources.",
                expires_at=expires,
            )
        return CredentialReport(True, f"The token is active and sees {len(names)} zones.", "", names, expires)

    def _verify_token(self) -> str | None:
        try:
            found: Any = self._call(self._sdk.user.tokens.verify, write=False)
        except ProviderError:
            # Tokens that belong to an account are unknown at the user's address.
            account = self._config.account_id
            if not account:
                raise
            found = self._call(lambda: self._sdk.accounts.tokens.verify(account_id=account), write=False)
        status = str(getattr(found, "status", ""))
        if status != "active":
            raise ProviderUnauthorized(f"Cloudflare says that the token is {status or 'unknown'}.")
        expires = getattr(found, "expires_on", None)
        return expires.isoformat() if expires is not None else None

    def authorities(self, zone: Zone) -> Sequence[tuple[str, int]] | None:  # noqa: ARG002
        return None

    def close(self) -> None:
        self._sdk.close()

    def _pages(self, call: Callable[[int], Any], per_page: int) -> list[Any]:
        found: list[Any] = []
        for page in range(1, PAGES_MAX + 1):
            answer = self._call(lambda page=page: call(page), write=False)  # type: ignore[misc]
            items = getattr(answer, "result", None)
            if not isinstance(items, list):
                raise ProviderUnavailable("Cloudflare answered without a result; it does that when it is over quota.")
            found += items
            if len(items) < per_page:
                break
        return found

    def _write(self, call: Callable[[], Any]) -> None:
        self._call(call, write=True)

    def _listen(self, answer: httpx.Response) -> None:
        self._allowance = allowance_of(answer.headers)

    def _call(self, call: Callable[[], T], *, write: bool) -> T:
        self._meter()
        self._allowance = None
        try:
            return self._answer(call, write=write)
        finally:
            if self._allowance is not None:
                self._heard(self._allowance)

    def _answer(self, call: Callable[[], T], *, write: bool) -> T:
        try:
            found = call()
        except cloudflare.APIStatusError as why:
            raise self._status_error(why, write=write) from why
        except cloudflare.APIConnectionError as why:
            raise failure(WHO, _cause(why), write=write) from why
        except (cloudflare.CloudflareError, ValueError, TypeError) as why:
            raise failure(WHO, why, write=write) from why
        if found is None:
            text = "Cloudflare answered 200 without a result."
            raise OutcomeUnknown(text) if write else ProviderUnavailable(text)
        return found

    def _status_error(self, why: cloudflare.APIStatusError, *, write: bool) -> ProviderError:
        codes, said = _said(why)
        if write and codes & EXISTS:
            # A create that we lost the answer of, or somebody was first: reading tells which.
            return Stale("Cloudflare says that the record exists already.")
        if write and codes & VANISHED:
            return Stale("Cloudflare says that the record does not exist any more.")
        if why.status_code == 400 and codes & UNAUTHORIZED_CODES:
            return ProviderUnauthorized(f"Cloudflare does not accept the token ({said}).")
        if why.status_code == 404:
            return Refused(f"Cloudflare does not know this zone ({said}).")
        wait = why.response.headers.get("Retry-After")
        if wait is None and self._allowance is not None and self._allowance.left == 0:
            wait = str(self._allowance.reset_sec)
        return refusal(WHO, why.status_code, said, wait, write=write)


def _list_of(change: Change) -> str:
    if change.kind is ChangeKind.CREATE:
        return "posts"
    if change.kind is ChangeKind.DELETE:
        return "deletes"
    # PATCH cannot turn one type into another; PUT replaces the record under the same id.
    same = change.before and change.after and change.before.type == change.after.type
    return "patches" if same else "puts"


def _item(change: Change, name: str) -> dict[str, Any]:
    record = change.after or change.before
    assert record is not None  # noqa: S101
    if change.kind is ChangeKind.DELETE:
        return {"id": record.id}
    item: dict[str, Any] = {"name": name, "type": record.type, "ttl": record.ttl}
    if change.before != change.after:
        # The write that only proves the right to edit leaves the content out: it cannot undo a cutover.
        item |= {"content": record.content, "proxied": record.proxied}
    return item if change.kind is ChangeKind.CREATE else {"id": record.id, **item}


def _cause(why: cloudflare.APIConnectionError) -> Exception:
    """The SDK wraps whatever its HTTP client raised; the inside tells whether anything was sent."""
    inner = why.__cause__
    return inner if isinstance(inner, Exception) else httpx.ReadError(str(why))


def _said(why: cloudflare.APIStatusError) -> tuple[set[int], str]:
    body = why.body if isinstance(why.body, dict) else {}
    errors = [entry for entry in body.get("errors") or [] if isinstance(entry, dict)]
    chain = [inner for entry in errors for inner in entry.get("error_chain") or [] if isinstance(inner, dict)]
    codes = {int(entry["code"]) for entry in [*errors, *chain] if str(entry.get("code", "")).isdigit()}
    said = "; ".join(f"{entry.get('code')} {entry.get('message')}" for entry in [*errors, *chain])
    return codes, said or f"HTTP {why.status_code}"
