"""A host that is refused: the dialog says why, and one click mends it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from e2e.pages.enrolling import AddMember
from e2e.showcase.agents import Agent, built_version
from e2e.showcase.facts import SimHost
from e2e.showcase.scene import Scene

from .visitor import Visitor


def begin(build: Scene, secret: str, *, hostname: str, source: str) -> Agent:
    """An agent that starts with the secret that the page showed."""
    made = {"enrollment": {"secret": secret}}
    return build.place.fleet.enrol(SimHost(hostname), made, source, version=built_version())


def test_a_wrong_host_name_shows_both_names_and_the_fix_lets_the_member_in(visitor: Visitor, build: Scene) -> None:
    pool = build.pool("misnamed")
    dialog = AddMember(visitor.open(f"/pools/{pool}?add=true"))
    dialog.fill("edge-fra-1.example.net", "45.90.100.1")
    dialog.submit()
    begin(build, dialog.secret, hostname="edge-fra.example.net", source="45.90.100.1")
    expect(dialog.refused).to_be_visible()
    expect(dialog.dialog).to_contain_text("The agent says edge-fra.example.net, you typed edge-fra-1.example.net.")
    dialog.dialog.get_by_role("button", name="Change the hostname to edge-fra.example.net").click()
    expect(dialog.connected).to_be_visible(timeout=15_000)


def test_a_wrong_address_shows_the_one_that_was_seen_and_the_fix_lets_the_member_in(
    visitor: Visitor, build: Scene
) -> None:
    pool = build.pool("misplaced")
    dialog = AddMember(visitor.open(f"/pools/{pool}?add=true"))
    dialog.fill("edge-ams-9.example.net", "45.90.100.2")
    dialog.submit()
    begin(build, dialog.secret, hostname="edge-ams-9.example.net", source="45.90.100.77")
    expect(dialog.refused).to_be_visible()
    expect(dialog.dialog).to_contain_text("came from 45.90.100.77")
    dialog.dialog.get_by_role("button", name=re.compile("Allow 45.90.100.77")).click()
    expect(dialog.connected).to_be_visible(timeout=15_000)


def test_the_form_points_at_the_field_that_is_wrong(visitor: Visitor, build: Scene) -> None:
    pool = build.pool("mistyped")
    visitor.eyes.expect(r"422 .*/members$")
    dialog = AddMember(visitor.open(f"/pools/{pool}?add=true"))
    dialog.submit()
    expect(dialog.dialog.get_by_label("Hostname")).to_be_focused()
    dialog.fill("no host name at all", "45.90.100.3")
    dialog.submit()
    hostname = dialog.dialog.get_by_label("Hostname")
    expect(hostname).to_have_attribute("aria-invalid", "true")
    expect(hostname).to_be_focused()
    expect(hostname).to_have_value("no host name at all")
