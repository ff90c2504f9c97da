"""Stand-in for WHM API 1: zone files as lines, serials that must match, HTTP 200 for its refusals."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator

from .misbehaving import Answer, MisbehavingServer, Request

SCHEMA = json.loads((Path(__file__).parent / "schema" / "whm.json").read_text())
ADDRESSES = {"A", "AAAA"}


@dataclass
class Line:
    name: str
    type: str
    data: list[str]
    ttl: int
    # How many lines of the file it takes: SOA records are written over several.
    height: int = 1


class Refusal(Exception):
    """metadata.result 0 with this reason."""


class FakeWhm(MisbehavingServer):
    def __init__(self, *, zone: str = "example.net", **more: Any) -> None:
        super().__init__(**more)
        self.username, self.token = "root", "WHMTOKEN0123456789ABCDEFGHIJKLMN"
        self.zone = zone
        self.serial = 2026010100
        self.can_write = True
        self.lines = [
            Line(
                zone + ".",
                "SOA",
                [f"ns1.{zone}.", f"hostmaster.{zone}.", "", "3600", "1800", "1209600", "86400"],
                86400,
                6,
            ),
            Line(zone + ".", "NS", [f"ns1.{zone}."], 86400),
            Line("ns1", "A", ["192.0.2.53"], 14400),
        ]

    def edit(self, name: str, kind: str, values: Sequence[str], *, ttl: int = 60) -> None:
        with self._lock:
            self.lines = [line for line in self.lines if (_full(line.name, self.zone), line.type) != (name, kind)]
            self.lines += [
                Line(name + ".", kind, value.split(" ") if kind == "HTTPS" else [value], ttl) for value in values
            ]
            self.serial += 1

    def look(self, name: str, kind: str) -> tuple[str, ...]:
        with self._lock:
            found = [x for x in self.lines if (_full(x.name, self.zone), x.type) == (name, kind)]
            return tuple(sorted(" ".join(line.data).rstrip(".") for line in found))

    def is_write(self, request: Request) -> bool:
        return request.path.endswith("/mass_edit_dns_zone")

    def without_effect(self, change: Callable[[], Answer]) -> Answer:
        kept = copy.deepcopy((self.lines, self.serial))
        answer = change()
        self.lines, self.serial = kept
        return answer

    def serve(self, request: Request) -> Answer:
        function = request.path.rpartition("/")[2]
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        if request.method != "POST" or request.query:
            self.violations.append("used the query string: values end in access logs")
        if form.pop("api.version", "") != "1":
            self.violations.append("left api.version=1 out")
        if request.headers.get("Authorization") != f"whm {self.username}:{self.token}":
            said = {
                "cpanelresult": {
                    "apiversion": "2",
                    "error": "Access denied",
                    "data": {"reason": "Access denied", "result": "0"},
                }
            }
            return Answer(403, json.dumps(said).encode(), {"Content-Type": "text/plain"})
        kept = copy.deepcopy((self.lines, self.serial))
        try:
            data = getattr(self, f"_{function}", self._unknown)(form)
        except Refusal as why:
            self.lines, self.serial = kept
            return _answer(function, None, 0, str(why))
        # Some versions answer the number as text.
        return _answer(function, data, "1" if self.serial % 2 else 1, "OK")

    def _unknown(self, _form: dict[str, str]) -> None:
        raise Refusal("Function not found")

    def _listzones(self, _form: dict[str, str]) -> dict[str, Any]:
        return {"zone": [{"domain": self.zone, "zonefile": f"{self.zone}.db"}]}

    def _parse_dns_zone(self, form: dict[str, str]) -> dict[str, Any]:
        self._known(form)
        payload: list[dict[str, Any]] = [
            {"line_index": 0, "type": "control", "text_b64": _b64("$TTL 14400")},
            {"line_index": 1, "type": "comment", "text_b64": _b64("; cPanel first:11.126")},
        ]
        index = 2
        for line in self.lines:
            data = list(line.data)
            if line.type == "SOA":
                data[2] = str(self.serial)
            payload.append(
                {"line_index": index, "type": "record", "dname_b64": _b64(line.name), "record_type": line.type,
                 "ttl": line.ttl, "data_b64": [_b64(part) for part in data]}
            )  # fmt: skip
            index += line.height
        return {"payload": payload}

    def _mass_edit_dns_zone(self, form: dict[str, str]) -> dict[str, Any]:
        self._known(form)
        if not self.can_write:
            raise Refusal("You do not have permission to edit this zone.")
        if form.get("serial") != str(self.serial):
            raise Refusal(
                f"The given serial number ({form.get('serial')}) does not match the DNS zone's ({self.serial})."
            )
        places, index = {}, 2
        for line in self.lines:
            places[index] = line
            index += line.height
        gone, adds = [], []
        for field, text in form.items():
            what = field.partition("-")[0]
            if what == "remove":
                gone.append(self._place(places, int(text)))
            elif what in {"add", "edit"}:
                item = json.loads(text)
                self._check(what, item)
                new = Line(item["dname"], item["record_type"], item["data"], item["ttl"])
                if what == "add":
                    adds.append(new)
                else:
                    self._place(places, item["line_index"]).__dict__.update(new.__dict__)
        had = self._with_addresses()
        self.lines = [line for line in self.lines if line not in gone] + adds
        self._clashes()
        self.violations += [f"{name} was left without an address" for name in had - self._with_addresses()]
        self.serial += 1
        return {"new_serial": str(self.serial)}

    def _place(self, places: dict[int, Line], index: int) -> Line:
        if index not in places:
            self.violations.append(f"edited line {index}, which is no record")
            raise Refusal(f"There is no record at line {index}.")
        return places[index]

    def _clashes(self) -> None:
        for line in self.lines:
            others = [
                x for x in self.lines if x is not line and _full(x.name, self.zone) == _full(line.name, self.zone)
            ]
            if line.type == "CNAME" and others:
                raise Refusal("A CNAME cannot stand beside other records.")

    def _with_addresses(self) -> set[str]:
        return {_full(line.name, self.zone) for line in self.lines if line.type in ADDRESSES}

    def _known(self, form: dict[str, str]) -> None:
        if form.get("zone") != self.zone:
            raise Refusal(f"The zone {form.get('zone')} does not exist.")

    def _check(self, what: str, item: Any) -> None:
        wrong = [e.message for e in Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{what}"}).iter_errors(item)]
        if wrong:
            self.violations.append(f"{what}: {wrong[0]}")
            raise Refusal(wrong[0])


def _full(name: str, zone: str) -> str:
    return name.rstrip(".") if name.endswith(".") else f"{name}.{zone}"


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _answer(function: str, data: Any, result: int | str, reason: str) -> Answer:
    metadata = {"command": function, "reason": reason, "result": result, "version": 1}
    return Answer(200, json.dumps({"data": data, "metadata": metadata}).encode())
