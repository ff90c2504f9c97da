"""The line of HAProxy's configuration that a certificate needs: added to what is there, never replacing anything. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..haproxy.rules import File
from ..kernel.errors import Conflict

_BIND = re.compile(r"^(?P<indent>\s*)bind\s+(?P<where>\S+)(?P<rest>[^#\n]*)(?P<note>#.*)?$")
_LISTENING = frozenset({"frontend", "listen"})
_SECTIONS = _LISTENING | {
    "global", "defaults", "backend", "peers", "resolvers", "userlist", "mailers", "program", "cache", "http-errors",
    "ring", "fcgi-app", "log-forward", "crt-store", "traces", "log-profile", "acme",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Bind:
    """One bind line of a frontend: where it stands and what it says."""

    file: int
    line: int
    indent: str
    where: str
    rest: str
    note: str

    @property
    def tls(self) -> bool:
        return "ssl" in self.rest.split()

    @property
    def port(self) -> str:
        return self.where.rpartition(":")[2]


def with_certificate(files: Sequence[File], path: str) -> list[File]:
    """The files with the certificate at every TLS listener, or with a new listener on port 443 beside the one on 80.

    Raises Conflict when a listener names it already, or when there is no frontend to add it to.
    """
    binds = list(_binds(files))
    tls = [bind for bind in binds if bind.tls]
    if any(_names(bind, path) for bind in tls):
        raise Conflict("certificate_in_use", f"The configuration names {path} already: there is nothing to add.")
    if tls:
        public = [bind for bind in tls if bind.port == "443"] or tls
        return _changed(files, {(bind.file, bind.line): [_with_crt(bind, path)] for bind in public})
    plain = next((bind for bind in binds if bind.port == "80"), binds[0] if binds else None)
    if plain is None:
        raise Conflict(
            "haproxy_without_frontend", "The configuration has no frontend with a bind line: add one, then try again."
        )
    address = plain.where.rpartition(":")[0]
    listener = f"{plain.indent}bind {address}:443 ssl crt {path}"
    return _changed(files, {(plain.file, plain.line): [_as_written(plain), listener]})


def _binds(files: Sequence[File]) -> Iterator[_Bind]:
    for number, file in enumerate(files):
        kind = ""
        for line, text in enumerate(file.text.split("\n")):
            first = text.split(maxsplit=1)[:1]
            if first and first[0] in _SECTIONS:
                kind = first[0]
            found = _BIND.match(text)
            if found and kind in _LISTENING and ":" in found["where"]:
                yield _Bind(number, line, found["indent"], found["where"], found["rest"].rstrip(), found["note"] or "")


def _names(bind: _Bind, path: str) -> bool:
    words = [word.strip("\"'").rstrip("/") for word in bind.rest.split()]
    folder = path.rpartition("/")[0]
    return any(key == "crt" and value in {path, folder} for key, value in itertools.pairwise(words))


def _with_crt(bind: _Bind, path: str) -> str:
    """Behind the certificates that are there: the first one stays what clients without a name get."""
    words = bind.rest.split()
    at = max((i + 2 for i, word in enumerate(words) if word in {"crt", "crt-list"}), default=words.index("ssl") + 1)
    return _as_written(replace(bind, rest=" " + " ".join([*words[:at], "crt", path, *words[at:]])))


def _as_written(bind: _Bind) -> str:
    note = f"  {bind.note}" if bind.note else ""
    return f"{bind.indent}bind {bind.where}{bind.rest}{note}"


def _changed(files: Sequence[File], lines: dict[tuple[int, int], list[str]]) -> list[File]:
    made = []
    for number, file in enumerate(files):
        rows: list[str] = []
        for line, text in enumerate(file.text.split("\n")):
            rows += lines.get((number, line), [text])
        made.append(File(file.path, "\n".join(rows)))
    return made
