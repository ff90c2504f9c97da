"""cPanel & WHM through WHM API 1: the zone is read with its serial, and edited only if that serial still holds."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from ..ports import (
    TEXT,
    WATCHED,
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
    check_host,
    check_port,
    check_token,
    option,
    plain_text,
    provider,
    quoted_text,
)
from ..wire import failure, refusal

WHO = "WHM"


def _user(value: str) -> str:
    if not value.isascii() or not value.replace("_", "a").replace("-", "a").replace(".", "a").isalnum():
        raise ValueError("Use the WHM user name, usually root.")
    return value


def _pin(value: str) -> str:
    text = value.replace(":", "").lower()
    if len(text) != 64 or any(ch not in "0123456789abcdef" for ch in text):
        raise ValueError("Use the certificate's SHA-256 fingerprint: 64 hexadecimal characters.")
    return text


@dataclass(frozen=True, slots=True)
class Config:
    host: str = option("Host", "Name of the WHM server", check=check_host)
    username: str = option("User", "WHM user that owns the token, usually root", check=_user)
    api_token: str = option("API token", "Made under Manage API Tokens with edit-dns", secret=True, check=check_token)
    port: int = option("Port", "2087, or 443 behind a service subdomain", default=2087, check=check_port)
    certificate_sha256: str = option(
        "Certificate fingerprint",
        "SHA-256 of a self-signed certificate; empty: an official one",
        default="",
        check=_pin,
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """One record of a parsed zone. `index` is only good together with the serial that it was read with."""

    index: int
    name: str
    record: Record


@provider
class Whm:
    kind: ClassVar[str] = "whm"
    title: ClassVar[str] = "cPanel & WHM"
    config_class: ClassVar[type[Any]] = Config
    limits: ClassVar[Limits] = Limits(ttl_min=60, ttl_max=86400)

    def __init__(self, config: Config, tools: Tools) -> None:
        host = f"[{config.host}]" if ":" in config.host else config.host
        self._base = f"https://{host}:{config.port}/json-api/"
        self._headers = {"Authorization": f"whm {config.username}:{config.api_token}"}
        self._meter = tools.meter
        self._http = tools.outbound.client(timeout_sec=tools.timeout_sec, pin_sha256=config.certificate_sha256)

    def zones(self, name: str | None = None) -> list[Zone]:
        data = self._call("listzones")
        entries = data.get("zone")
        if not isinstance(entries, list):
            raise ProviderUnavailable("WHM answered without a list of zones. Check host and port.")
        names = sorted(str(entry["domain"]).lower().rstrip(".") for entry in entries if "domain" in entry)
        return [Zone(zone, zone) for zone in names if name is None or zone == name]

    def read(self, zone: Zone, name: str) -> tuple[Record, ...]:
        _, lines = self._parse(zone)
        return tuple(line.record for line in lines if line.name == name)

    def apply(self, zone: Zone, name: str, plan: Plan, fence: Fence) -> None:
        serial, lines = self._parse(zone)
        held = [line for line in lines if line.name == name]
        if sorted(line.record.key for line in held) != sorted(record.key for record in plan.before):
            raise Stale("The zone changed in WHM since it was read.")
        indexes = {line.record.id: line.index for line in held}
        form: list[tuple[str, str]] = [("zone", zone.name), ("serial", str(serial))]
        for change in plan.changes:
            if change.kind is ChangeKind.DELETE and change.before:
                form.append(("remove", str(indexes[change.before.id])))
            elif change.kind is ChangeKind.CREATE and change.after:
                form.append(("add", json.dumps(_item(name, change.after))))
            elif change.before and change.after:
                item = {"line_index": indexes[change.before.id], **_item(name, change.after)}
                form.append(("edit", json.dumps(item)))
        fence()
        self._call("mass_edit_dns_zone", _numbered(form), write=True)

    def texts(self, zone: Zone, name: str) -> tuple[str, ...]:
        _, lines = self._parse(zone, kinds=(TEXT,))
        return tuple(line.record.content for line in lines if line.name == name)

    def add_text(self, zone: Zone, name: str, value: str, ttl: int, fence: Fence) -> None:
        quoted_text(value)  # only the check: WHM takes character strings as they are
        serial, lines = self._parse(zone, kinds=(TEXT,))
        if any(line.name == name and line.record.content == value for line in lines):
            return
        item = {"dname": name + ".", "ttl": max(ttl, self.limits.ttl_min), "record_type": TEXT, "data": [value]}
        fence()
        form = [("zone", zone.name), ("serial", str(serial)), ("add", json.dumps(item))]
        self._call("mass_edit_dns_zone", _numbered(form), write=True)

    def remove_text(self, zone: Zone, name: str, value: str, fence: Fence) -> None:
        serial, lines = self._parse(zone, kinds=(TEXT,))
        gone = [line.index for line in lines if line.name == name and line.record.content == value]
        if gone:
            fence()
            form = [("zone", zone.name), ("serial", str(serial)), *(("remove", str(index)) for index in gone)]
            self._call("mass_edit_dns_zone", _numbered(form), write=True)

    def check(self) -> CredentialReport:
        try:
            names = tuple(zone.name for zone in self.zones())
        except ProviderError as why:
            return CredentialReport(False, why.detail, "Make an API token in WHM with the privilege edit-dns.")
        if not names:
            return CredentialReport(False, "The token works but sees no zone.", "Give it edit-dns for your zones.")
        return CredentialReport(True, f"The token works and sees {len(names)} zones.", zones=names)

    def authorities(self, zone: Zone) -> Sequence[tuple[str, int]] | None:  # noqa: ARG002
        return None

    def close(self) -> None:
        self._http.close()

    def _parse(self, zone: Zone, *, kinds: Sequence[str] = WATCHED) -> tuple[int, list[_Line]]:
        """The zone's serial and its lines of these types; without more, the watched ones."""
        payload = self._call("parse_dns_zone", {"zone": zone.name}).get("payload")
        if not isinstance(payload, list):
            raise ProviderUnavailable("WHM answered a zone without lines.")
        serial: int | None = None
        lines: list[_Line] = []
        try:
            for entry in payload:
                if entry.get("type") != "record":
                    continue
                data = [_text(part) for part in entry["data_b64"]]
                if entry["record_type"] == "SOA":
                    serial = int(data[2])
                elif entry["record_type"] in kinds:
                    lines.append(_line(entry, data, zone.name, lines))
        except (KeyError, IndexError, ValueError, TypeError, binascii.Error) as why:
            raise ProviderUnavailable("WHM answered a zone that we cannot read.") from why
        if serial is None:
            raise Refused(f"WHM shows no SOA record in {zone.name}: the zone is broken.")
        return serial, lines

    def _call(self, function: str, form: Mapping[str, str] | None = None, *, write: bool = False) -> dict[str, Any]:
        self._meter()
        fields = {"api.version": "1", **(form or {})}
        try:
            answer = self._http.post(self._base + function, data=fields, headers=self._headers)
        except Exception as why:
            raise failure(WHO, why, write=write) from why
        if answer.status_code >= 400:
            raise refusal(WHO, answer.status_code, _said(answer.text), answer.headers.get("Retry-After"), write=write)
        try:
            body = answer.json()
            metadata = body["metadata"]
            good = str(metadata["result"]) == "1"
        except (ValueError, KeyError, TypeError) as why:
            text = "WHM answered something else than its API. Use port 2087, or 443 with a service subdomain."
            raise (OutcomeUnknown(text) if write else ProviderUnavailable(text)) from why
        if good:
            return body.get("data") or {}
        # HTTP says 200 for refusals too: only metadata.result decides.
        reason = " ".join(str(metadata.get("reason", "")).split())[:300]
        if "serial" in reason.lower():
            raise Stale(f"WHM says that the zone changed meanwhile: {reason}")
        if any(word in reason.lower() for word in ("access denied", "permission", "not authorized")):
            raise ProviderUnauthorized(f"WHM does not let this token call {function}: {reason}")
        raise Refused(f"WHM refuses {function}: {reason}")


def _line(entry: Mapping[str, Any], data: Sequence[str], zone: str, above: Sequence[_Line]) -> _Line:
    name = _text(entry["dname_b64"]).lower()
    # A name without a final dot is relative to the zone.
    name = name.rstrip(".") if name.endswith(".") else (zone if name in {"@", ""} else f"{name}.{zone}")
    kind = str(entry["record_type"])
    content = plain_text("".join(data)) if kind == TEXT else canonical(kind, " ".join(data))
    record = Record("", kind, content, int(entry["ttl"]))
    # A zone file may hold the same record twice; each needs an id of its own.
    doubles = sum(line.name == name and line.record.key == record.key for line in above)
    return _Line(int(entry["line_index"]), name, replace(record, id=record.key + (f"#{doubles}" if doubles else "")))


def _item(name: str, record: Record) -> dict[str, Any]:
    data = record.content + ("." if record.type == "CNAME" else "")
    return {"dname": name + ".", "ttl": record.ttl, "record_type": record.type, "data": [data]}


def _numbered(form: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Repeated parameters get numbers (`edit-0`, `edit-1`), as WHM wants its arrays."""
    seen: dict[str, int] = {}
    fields: dict[str, str] = {}
    for name, value in form:
        if name in {"add", "edit", "remove"}:
            number = seen.get(name, 0)
            seen[name] = number + 1
            fields[f"{name}-{number}"] = value
        else:
            fields[name] = value
    return fields


def _text(encoded: str) -> str:
    return base64.b64decode(encoded, validate=True).decode("utf-8", "replace")


def _said(text: str) -> str:
    """A denied call answers in an older envelope."""
    try:
        return str(json.loads(text)["cpanelresult"]["error"])
    except (ValueError, KeyError, TypeError):
        return text[:200]
