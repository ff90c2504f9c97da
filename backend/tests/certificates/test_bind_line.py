"""Where the certificate comes into a configuration."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from serversctl.certificates.bind_line import with_certificate
from serversctl.haproxy.rules import File
from serversctl.kernel.errors import Conflict

PEM = "/etc/haproxy/certs/lb.example.com.pem"
HEAD = "global\n    maxconn 10\ndefaults\n    mode http\n"


def lines(text: str) -> list[str]:
    [file] = with_certificate([File("/etc/haproxy/haproxy.cfg", HEAD + text)], PEM)
    assert file.text.startswith(HEAD)
    return file.text.removeprefix(HEAD).split("\n")


def test_a_listener_on_443_is_added_beside_the_one_on_80():
    assert lines("frontend web\n    bind 192.0.2.1:80  # public\n    default_backend app\n") == [
        "frontend web",
        "    bind 192.0.2.1:80  # public",
        f"    bind 192.0.2.1:443 ssl crt {PEM}",
        "    default_backend app",
        "",
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("bind :443 ssl crt /a.pem alpn h2", f"bind :443 ssl crt /a.pem crt {PEM} alpn h2"),
        ("bind :443 ssl crt-list /l.txt", f"bind :443 ssl crt-list /l.txt crt {PEM}"),
        ("bind :::443 v4v6 ssl", f"bind :::443 v4v6 ssl crt {PEM}"),
    ],
)
def test_it_comes_behind_the_certificates_that_a_tls_listener_has(before: str, after: str):
    assert lines(f"frontend web\n    bind :80\n    {before}\n")[2] == f"    {after}"


def test_every_listener_on_443_gets_it_and_other_ports_do_not():
    found = lines("frontend a\n bind :443 ssl crt /a.pem\nfrontend b\n bind :8443 ssl crt /b.pem\n")
    assert found[1] == f" bind :443 ssl crt /a.pem crt {PEM}"
    assert found[3] == " bind :8443 ssl crt /b.pem"


@pytest.mark.parametrize("crt", [PEM, "/etc/haproxy/certs/", "/etc/haproxy/certs", f'"{PEM}"'])
def test_what_names_it_already_is_left_alone(crt: str):
    with pytest.raises(Conflict) as why:
        lines(f"frontend web\n    bind :443 ssl crt {crt}\n")
    assert why.value.code == "certificate_in_use"


def test_without_a_frontend_nothing_is_guessed():
    with pytest.raises(Conflict) as why:
        lines("backend app\n    server s1 192.0.2.1:80\n")
    assert why.value.code == "haproxy_without_frontend"


def test_the_file_that_holds_the_frontend_is_the_one_that_changes():
    main = File("/etc/haproxy/haproxy.cfg", HEAD)
    web = File("/etc/haproxy/conf.d/10-web.cfg", "frontend web\n    bind *:80\n")
    assert with_certificate([main, web], PEM) == [
        main,
        File(web.path, f"frontend web\n    bind *:80\n    bind *:443 ssl crt {PEM}\n"),
    ]


@pytest.mark.skipif(shutil.which("haproxy", path="/usr/sbin:/usr/bin") is None, reason="HAProxy is not installed")
def test_haproxy_takes_what_we_write(tmp_path: Path):
    import trustme

    pem = tmp_path / "lb.pem"
    leaf = trustme.CA().issue_cert("lb.example.com")
    pem.write_bytes(leaf.private_key_and_cert_chain_pem.bytes())
    timeouts = "    timeout connect 1s\n    timeout client 1s\n    timeout server 1s\n"
    text = HEAD + timeouts + "frontend web\n    bind 127.0.0.1:80\n    http-request return status 200\n"
    [file] = with_certificate([File("/etc/haproxy/haproxy.cfg", text)], str(pem))
    (tmp_path / "h.cfg").write_text(file.text)
    done = subprocess.run(
        ["/usr/sbin/haproxy", "-c", "-f", str(tmp_path / "h.cfg")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
