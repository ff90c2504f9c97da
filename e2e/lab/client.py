"""A client of the pool: it knows a name, asks for its address when the TTL is over, and fetches a page from there."""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Self

import dns.exception
import dns.message
import dns.query
import dns.rdatatype

from .shell import LabError


@dataclass(frozen=True, slots=True)
class Visit:
    """One attempt. `at` is time.monotonic() at its start; `answer` is the page, or None with the `error`."""

    at: float
    address: str | None
    answer: str | None
    error: str | None
    took_sec: float


class Client:
    """Visits `http://<name>/whoami` again and again from a thread of its own, until the context ends.

    It asks the authoritative server itself and keeps the answer for its TTL (at most `ttl_cap_sec`), as a resolver
    does that honours it; so what it sees is what a user of the pool would see.
    """

    def __init__(
        self,
        name: str,
        name_server: str,
        *,
        dns_port: int = 53,
        port: int = 80,
        path: str = "/whoami",
        every_sec: float = 0.25,
        timeout_sec: float = 1.0,
        ttl_cap_sec: float = 3600,
        within: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.name, self.name_server, self.dns_port = name, name_server, dns_port
        self.port, self.path = port, path
        self.every_sec, self.timeout_sec, self.ttl_cap_sec = every_sec, timeout_sec, ttl_cap_sec
        self._within = within
        self._known: tuple[str, float] | None = None  # address, when it must be asked for again
        self._visits: list[Visit] = []
        self._news = threading.Condition()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    # --- one visit ----------------------------------------------------------------------------------------------

    def visit(self) -> Visit:
        begin, address = time.monotonic(), None
        try:
            address = self._address()
            answer, error = self._fetch(address), None
        except (OSError, http.client.HTTPException, dns.exception.DNSException, LookupError) as caught:
            answer, error = None, f"{type(caught).__name__}: {caught}"
        return Visit(begin, address, answer, error, time.monotonic() - begin)

    def _address(self) -> str:
        if self._known is None or time.monotonic() >= self._known[1]:
            self._known = None
            self._known = self._resolve()
        return self._known[0]

    def _resolve(self) -> tuple[str, float]:
        query = dns.message.make_query(self.name, "A")
        answer = dns.query.udp(query, self.name_server, port=self.dns_port, timeout=self.timeout_sec)
        for found in answer.answer:
            if found.rdtype == dns.rdatatype.A:
                return found[0].to_text(), time.monotonic() + min(found.ttl, self.ttl_cap_sec)
        raise LookupError(f"{self.name} has no address")

    def _fetch(self, address: str) -> str:
        line = http.client.HTTPConnection(address, self.port, timeout=self.timeout_sec)
        try:
            line.request("GET", self.path, headers={"Host": self.name, "Connection": "close"})
            answer = line.getresponse()
            text = answer.read(65536).decode(errors="replace").strip()
            if answer.status != 200:
                raise http.client.HTTPException(f"{answer.status} {text[:80]}")
            return text
        finally:
            line.close()

    # --- again and again ----------------------------------------------------------------------------------------

    @property
    def visits(self) -> tuple[Visit, ...]:
        with self._news:
            return tuple(self._visits)

    def wait_for(self, answer: str | None, *, timeout_sec: float, since: float | None = None) -> float:
        """Seconds from `since` (default: now) to the first visit begun after it that got this page (None: failed)."""
        begin = time.monotonic() if since is None else since

        def arrived() -> Visit | None:
            return next((visit for visit in self._visits if visit.at >= begin and visit.answer == answer), None)

        with self._news:
            found = self._news.wait_for(arrived, max(0.0, begin + timeout_sec - time.monotonic()))
            if found is None:
                last = [f"{visit.address}: {visit.answer or visit.error}" for visit in self._visits[-5:]]
                raise LabError(f"{self.name}: {answer!r} was not seen within {timeout_sec} s. Last visits: {last}")
            return found.at + found.took_sec - begin

    def outage_sec(self, since: float) -> float:
        """Longest time after `since` between two pages; the time until now counts when none came."""
        times = [since, *(visit.at for visit in self.visits if visit.at >= since and visit.answer), time.monotonic()]
        return max(later - earlier for earlier, later in itertools.pairwise(times))

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._work, name=f"client of {self.name}", daemon=True)
        self._thread.start()
        return self

    def _work(self) -> None:
        with self._within():
            while not self._stop.is_set():
                done = self.visit()
                with self._news:
                    self._visits.append(done)
                    self._news.notify_all()
                self._stop.wait(max(0.0, self.every_sec - done.took_sec))

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(10)
