"""The line that people paste."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from serversctl.members.install import install_command

CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def command(family: str = "debian", ca_pem: str | None = CA, base: str = "https://cp.example.com:8443") -> str:
    return install_command(
        family=family, public_url=base, secret="ab" * 24, hostname="lb1.example.com", ca_pem=ca_pem
    )  # fmt: skip


@pytest.mark.parametrize("family", ["debian", "rhel"])
@pytest.mark.parametrize("ca_pem", [None, CA])
def test_it_is_one_line_of_clean_posix_shell(family: str, ca_pem: str | None) -> None:
    line = command(family, ca_pem)
    assert "\n" not in line
    name, flags, script = shlex.split(line)
    assert (name, flags) == ("sh", "-euc")
    parsed = subprocess.run(["sh", "-n"], input=script, text=True, capture_output=True, check=False)
    assert parsed.returncode == 0, parsed.stderr
    outer = subprocess.run(
        ["shellcheck", "-s", "sh", "-S", "warning", "-"], input=f"#!/bin/sh\n{line}\n", text=True, capture_output=True, check=False
    )  # fmt: skip
    assert outer.returncode == 0, outer.stdout
    inner = subprocess.run(
        ["shellcheck", "-s", "sh", "-S", "warning", "-"], input=f"#!/bin/sh\nset -eu\n{script}\n", text=True, capture_output=True, check=False
    )  # fmt: skip
    assert inner.returncode == 0, inner.stdout


def test_each_family_installs_with_its_own_programs() -> None:
    assert "apt-get" in command("debian")
    assert "dnf" not in command("debian")
    assert "dnf" in command("rhel")
    assert "yum" in command("rhel")
    assert "apt-get" not in command("rhel")


def test_our_own_authority_goes_along_and_nothing_is_fetched_without_it() -> None:
    script = shlex.split(command())[2]
    assert "--cacert ca.pem" in script
    assert "--ca-pem-base64" in script
    assert " -k " not in script
    assert "--insecure" not in script
    public = shlex.split(command(ca_pem=None))[2]
    assert "cacert" not in public
    assert "--ca-pem-base64" not in public


def test_it_enrols_with_what_the_dashboard_knows() -> None:
    script = shlex.split(command())[2]
    assert f"--enrol --key {'ab' * 24} --hostname lb1.example.com --api-base https://cp.example.com:8443" in script


def test_an_address_with_odd_signs_stays_one_word() -> None:
    script = shlex.split(command(base="https://cp.example.com/a b;id"))[2]
    assert "'https://cp.example.com/a b;id'" in script


def test_it_stops_with_a_sentence_when_not_root() -> None:
    script = shlex.split(command())[2].split("; set --")[0]
    ran = subprocess.run(
        ["sh", "-euc", script.replace("$(id -u)", "1000")], text=True, capture_output=True, check=False
    )
    assert ran.returncode == 4
    assert "root" in ran.stderr
