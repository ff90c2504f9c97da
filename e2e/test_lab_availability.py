"""A machine that cannot hold a lab is told why, in a sentence that carries the fix."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.lab import Lab, LabError
from e2e.lab import lab as lab_module
from e2e.lab.available import available


@pytest.fixture(autouse=True)
def ask_again() -> Iterator[None]:
    available.cache_clear()
    yield
    available.cache_clear()


def test_not_being_root_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "need root" in str(available())


def test_a_confined_root_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(Path, "read_text", lambda _self: "CapEff:\t00000000a80425fb\n")  # a default container's
    assert "CAP_SYS_ADMIN is missing" in str(available())


def test_missing_packages_are_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("as another user the first reason is another one")
    monkeypatch.setattr(shutil, "which", lambda name, **_: None if name == "systemd-nspawn" else name)
    assert "apt-get install -y --no-install-recommends systemd-container" in str(available())


def test_a_lab_is_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab_module, "available", lambda: "it is a toaster.")
    with pytest.raises(LabError, match="No lab on this machine: it is a toaster"):
        Lab(hosts=1).up()
