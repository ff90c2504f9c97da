"""Preferences: kept for each user, bounded, and told with who one is."""

from __future__ import annotations

from typing import Any

import pytest
from support.api import Api

DEFAULTS = {"timeZone": "utc", "theme": "auto", "savedFilters": []}
FILTER = {"page": "/members", "name": "Down in Frankfurt", "search": "q=fra&state=down"}
CHOSEN = {"timeZone": "utc", "theme": "dark", "savedFilters": [FILTER]}


def test_who_never_chose_has_the_defaults(api: Api) -> None:
    viewer = api.client_as("viewer")
    assert viewer.get("/api/auth/preferences").get_json() == DEFAULTS
    assert viewer.get("/api/auth/me").get_json()["preferences"] == DEFAULTS


def test_a_viewer_keeps_their_own_and_nobody_elses(api: Api) -> None:
    viewer = api.client_as("viewer")
    answer = viewer.put("/api/auth/preferences", json=CHOSEN)
    assert (answer.status_code, answer.get_json()) == (200, CHOSEN)
    assert api.client_as("viewer").get("/api/auth/me").get_json()["preferences"] == CHOSEN
    assert api.client_as("owner").get("/api/auth/preferences").get_json() == DEFAULTS


def test_signing_in_tells_them_too(api: Api) -> None:
    api.client_as("viewer").put("/api/auth/preferences", json=CHOSEN)
    answer = api.anonymous().post(
        "/api/auth/login", json={"email": "viewer@mine.example.com", "password": "seven green lamps hum"}
    )
    assert answer.get_json()["preferences"] == CHOSEN


def test_what_is_left_out_is_as_at_first(api: Api) -> None:
    viewer = api.client_as("viewer")
    viewer.put("/api/auth/preferences", json=CHOSEN)
    assert viewer.put("/api/auth/preferences", json={"theme": "light"}).get_json() == {**DEFAULTS, "theme": "light"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"theme": "pink"}, "theme"),
        ({"timeZone": "Europe/Berlin"}, "timeZone"),
        ({"colour": "red"}, "colour"),
        ({"savedFilters": [FILTER | {"name": f"f{i}"} for i in range(51)]}, "savedFilters"),
        ({"savedFilters": [FILTER, FILTER]}, "savedFilters"),
        ({"savedFilters": [FILTER | {"search": "x" * 1001}]}, "savedFilters.0.search"),
        ({"savedFilters": [FILTER | {"name": ""}]}, "savedFilters.0.name"),
        ({"savedFilters": [FILTER | {"name": "a\nb"}]}, "savedFilters.0.name"),
        ({"savedFilters": [{"page": "/members"}]}, "savedFilters.0.name"),
        ({"savedFilters": "all"}, "savedFilters"),
    ],
)
def test_they_are_bounded_and_checked(api: Api, wrong: Any, field: str) -> None:
    viewer = api.client_as("viewer")
    answer = viewer.put("/api/auth/preferences", json=wrong)
    assert answer.status_code == 422
    assert field in answer.get_json()["errors"]
    assert viewer.get("/api/auth/preferences").get_json() == DEFAULTS
