"""Nobody aims us at the inside: every address checked, the checked one connected to, nothing followed, all capped."""

from __future__ import annotations

import hashlib
import ipaddress
import ssl
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import trustme
from serversctl.kernel.errors import DomainError
from serversctl.kernel.outbound import CannotResolve, Outbound, OutboundRefused, parse_url, system_resolver

PUBLIC = "93.184.216.34"
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


def net(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text)


def resolver(**names: Sequence[str]):
    """Names of the test, and this machine's resolver for literals (it knows 127.1 and 0x7f000001)."""
    table = {name.replace("_", "."): list(found) for name, found in names.items()}

    def resolve(host: str, port: int) -> list[str]:
        return table[host] if host in table else system_resolver(host, port)

    return resolve


INSIDE = {
    "loop_example": ["127.0.0.1"], "loop6_example": ["::1"], "meta_example": ["169.254.169.254"],
    "private_example": ["10.0.0.1"], "mixed_example": [PUBLIC, "10.0.0.1"], "mapped_example": ["::ffff:10.0.0.1"],
    "ula_example": ["fd12::1"], "linklocal_example": ["fe80::1%eth0"], "good_example": [PUBLIC], "empty_example": [],
    "cgnat_example": ["100.64.0.1"], "any_example": ["0.0.0.0"],
}  # fmt: skip

REFUSED_URLS = [
    "https://127.0.0.1/",
    "https://127.0.0.1:443/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.255.255.254/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[::]/",
    "https://0.0.0.0/",
    "https://0/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://169.254.169.254/latest/meta-data/",
    "https://169.254.1.1/",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fd00:ec2::254]/",
    "https://100.100.100.200/",
    "https://10.0.0.1/",
    "https://10.255.255.255/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.0.1/",
    "https://192.168.1.1:8443/",
    "https://100.64.0.1/",
    "https://100.127.255.254/",
    "https://[fc00::1]/",
    "https://[fd12:3456::1]/",
    "https://[fec0::1]/",
    "https://224.0.0.1/",
    "https://239.255.255.255/",
    "https://[ff02::1]/",
    "https://255.255.255.255/",
    "https://240.0.0.1/",
    "https://192.0.0.1/",
    "https://192.0.2.1/",
    "https://198.51.100.1/",
    "https://203.0.113.1/",
    "https://198.18.0.1/",
    "https://[2001:db8::1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a9fe:a9fe::1]/",
    "https://[2001:0:7f00:1::]/",
    "https://[::ffff:0:127.0.0.1]/",
    "https://[100::1]/",
    "https://[4000::1]/",
    "https://192.88.99.1/",
    "https://loop.example/",
    "https://loop6.example/",
    "https://meta.example/",
    "https://private.example/",
    "https://mixed.example/",
    "https://mapped.example/",
    "https://ula.example/",
    "https://linklocal.example/",
    "https://empty.example/",
    "https://cgnat.example/",
    "https://any.example/",
    "https://user@good.example/",
    "https://user:password@good.example/",
    "https://good.example@127.0.0.1/",
    "https://127.0.0.1#@good.example/",
    "https://127.0.0.1?@good.example/",
    "https://good.example:22/",
    "https://good.example:25/",
    "https://good.example:53/",
    "https://good.example:445/",
    "https://good.example:6379/",
    "https://good.example:5432/",
    "https://good.example:11211/",
    "https://good.example:9200/",
    "https://good.example:2375/",
    "http://good.example/",
    "http://127.0.0.1/",
    "ftp://good.example/",
    "file:///etc/passwd",
    "gopher://good.example/",
    "dict://good.example:11211/",
    "unix:///run/redis.sock",
    "//good.example/",
    "good.example",
    "https://",
    "https:///path",
    "https://[::1",
    "https://good.example:99999/",
    "https://good.example:-1/",
    "javascript:alert(1)",
    "data:text/plain,x",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://%31%32%37.0.0.1/",
    "https://nowhere.invalid/",
]
REFUSED_URLS += [
    "https://good.example/\r\nX: y",
    "https://good .example/",
    "https://good.example\\@127.0.0.1/",
    " https://good.example/",
]


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_an_address_that_leads_inside_is_refused(url: str):
    rules = Outbound(resolver=resolver(**INSIDE))
    with pytest.raises(DomainError) as refused:
        rules.check_url(parse_url(url))
    assert refused.value.code.startswith("outbound_")


def test_there_are_enough_forms():
    assert len(set(REFUSED_URLS)) >= 80


@pytest.mark.parametrize(
    "url", ["https://good.example/", "https://good.example:2087/json-api/", "https://good.example:8443/", f"https://{PUBLIC}/", "https://[2606:4700::1111]/"]
)  # fmt: skip
def test_public_addresses_are_allowed(url: str):
    assert Outbound(resolver=resolver(**INSIDE)).check_url(parse_url(url))


@pytest.mark.parametrize(
    ("allow", "url"),
    [
        ("10.0.0.0/8", "https://10.0.0.1/"),
        ("10.0.0.0/8", "http://10.0.0.1:8081/"),
        ("10.0.0.0/8", "https://10.0.0.1:53/"),
        ("10.0.0.0/8", "https://mixed.example/"),
        ("127.0.0.1/32", "http://127.0.0.1:8081/"),
        ("fd00::/8", "https://[fd12::1]/"),
        ("203.0.113.0/24", "https://203.0.113.1/"),
        ("100.64.0.0/10", "https://cgnat.example/"),
    ],
)
def test_the_operator_may_list_private_networks(allow: str, url: str):
    assert Outbound(allow=(net(allow),), resolver=resolver(**INSIDE)).check_url(parse_url(url))


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1/", "https://169.254.169.254/", "https://0.0.0.0/", "https://224.0.0.1/", "https://240.0.0.1/", "https://100.100.100.200/",
     "https://[::1]/", "https://[fe80::1]/", "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/", "https://[fd00:ec2::254]/"],
)  # fmt: skip
def test_listing_everything_still_keeps_metadata_and_our_own_services_out(url: str):
    rules = Outbound(allow=(net("0.0.0.0/0"), net("::/0")), resolver=resolver(**INSIDE))
    with pytest.raises(OutboundRefused):
        rules.check_url(parse_url(url))


def test_a_name_that_is_not_found_is_worth_a_retry():
    with pytest.raises(CannotResolve) as refused:
        Outbound(resolver=resolver(empty_example=[])).addresses("empty.example", 443)
    assert not refused.value.permanent


# --- connections ----------------------------------------------------------------------------------------------


class Server:
    """A little HTTP server that remembers which host names it was asked for."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.hosts: list[str] = []
        self.answer: tuple[int, dict[str, str], bytes] = (200, {}, b"hello")
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.hosts.append(self.headers["Host"])
                status, headers, body = outer.answer
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=True)
        self.port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def test_a_name_server_that_changes_its_mind_is_asked_once_per_request(server: Server):
    answers = iter([["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1"]])
    asked = []

    def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    with Outbound(allow=LOOPBACK, resolver=rebinding).client() as client:
        url = f"http://rebind.example:{server.port}/"
        assert client.get(url).text == "hello"
        assert len(asked) == 1  # checked and connected to from one and the same answer
        with pytest.raises(OutboundRefused):
            client.get(url)  # an open connection to the old address does not help either
    assert server.hosts == [f"rebind.example:{server.port}"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(server: Server, status: int):
    server.answer = (status, {"Location": "http://169.254.169.254/"}, b"")
    with Outbound(allow=LOOPBACK).client() as client, pytest.raises(OutboundRefused) as refused:
        client.get(f"http://127.0.0.1:{server.port}/", follow_redirects=True)
    assert refused.value.code == "outbound_redirect"


def test_an_answer_over_the_cap_is_cut(server: Server):
    server.answer = (200, {}, b"x" * 200_000)
    with Outbound(allow=LOOPBACK, size_max_bytes=100_000).client() as client, pytest.raises(httpx.ReadError):
        client.get(f"http://127.0.0.1:{server.port}/")


def test_an_answer_that_drips_for_ever_is_cut(server: Server):
    server.answer = (200, {"Content-Length": "9999999"}, b"x" * 1000)
    with Outbound(allow=LOOPBACK, total_sec=-1).client(timeout_sec=1) as client, pytest.raises(httpx.TransportError):
        client.get(f"http://127.0.0.1:{server.port}/")


def test_a_compressed_answer_that_nobody_asked_for_is_refused(server: Server):
    server.answer = (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b" + b"x" * 20)
    with Outbound(allow=LOOPBACK).client() as client, pytest.raises(httpx.ReadError):
        client.get(f"http://127.0.0.1:{server.port}/")


def test_proxies_of_the_environment_are_ignored(server: Server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with Outbound(allow=LOOPBACK).client() as client:
        assert client.get(f"http://127.0.0.1:{server.port}/").status_code == 200


@pytest.fixture
def self_signed() -> Iterator[tuple[Server, str]]:
    """A server with a certificate of nobody we know, for another name, and its fingerprint."""
    ca = trustme.CA()
    issued = ca.issue_cert("panel.internal")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(issued.cert_chain_pems[0].bytes().decode())).hexdigest()
    made = Server(context)
    yield made, fingerprint
    made.close()


def test_a_certificate_of_nobody_is_refused_and_nothing_is_sent(self_signed: tuple[Server, str]):
    server, _ = self_signed
    with Outbound(allow=LOOPBACK).client() as client, pytest.raises(httpx.ConnectError):
        client.get(f"https://127.0.0.1:{server.port}/")
    assert server.hosts == []


def test_a_pinned_certificate_is_accepted(self_signed: tuple[Server, str]):
    server, fingerprint = self_signed
    with Outbound(allow=LOOPBACK).client(pin_sha256=fingerprint.upper()) as client:
        assert client.get(f"https://127.0.0.1:{server.port}/").status_code == 200


def test_another_certificate_than_the_pinned_one_is_refused_before_anything_is_sent(self_signed: tuple[Server, str]):
    server, _ = self_signed
    with Outbound(allow=LOOPBACK).client(pin_sha256="0" * 64) as client, pytest.raises(OutboundRefused) as refused:
        client.get(f"https://127.0.0.1:{server.port}/")
    assert (refused.value.code, server.hosts) == ("outbound_pin_mismatch", [])
