"""Signing in and out, and what a session may."""

from __future__ import annotations

from support.api import PASSWORD, Api


def test_a_user_signs_in_and_sees_who_they_are(api: Api) -> None:
    client = api.anonymous()
    answer = client.post("/api/auth/login", json={"email": "Owner@mine.example.com", "password": PASSWORD})
    assert answer.status_code == 200, answer.get_json()
    me = client.get("/api/auth/me").get_json()
    assert me["user"]["email"] == "owner@mine.example.com"
    assert me["csrfToken"] == answer.get_json()["csrfToken"]
