"""Channels over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from serversctl.kernel.clock import SystemClock
from sqlalchemy import Engine
from support.api import Api, make_api
from support.servers.smtp import Smtp

HOOK = {"kind": "webhook", "name": "hook", "config": {"url": "https://hooks.example.com/x", "secret": "s" * 20}}


@pytest.fixture
def api(engine: Engine) -> Api:
    return make_api(engine, SystemClock())


def test_a_secret_is_written_and_never_read(api: Api):
    client = api.client_as("admin")

    made = client.post("/api/notification-channels", json=HOOK)
    listed = client.get("/api/notification-channels")

    assert made.status_code == 201
    assert (made.get_json()["secretsSet"], made.get_json()["config"]) == (
        ["secret"],
        {"url": "https://hooks.example.com/x"},
    )
    assert "s" * 20 not in made.text + listed.text


def test_a_change_keeps_the_secret_that_it_leaves_out(api: Api):
    client = api.client_as("admin")
    channel_id = client.post("/api/notification-channels", json=HOOK).get_json()["id"]

    changed = client.put(
        f"/api/notification-channels/{channel_id}",
        json={"name": "other", "topics": ["dns"], "config": {"url": "https://hooks.example.com/y"}},
    ).get_json()

    assert (changed["name"], changed["topics"], changed["secretsSet"]) == ("other", ["dns"], ["secret"])


def test_the_test_button_sends_one_and_says_how_it_went(engine: Engine):
    with Smtp.start() as smtp:
        client = make_api(engine, SystemClock(), smtp_url=f"{smtp.url}?from=panel@example.com").client_as("admin")
        made = client.post(
            "/api/notification-channels",
            json={"kind": "email", "name": "team", "config": {"recipients": ["ops@example.com"]}},
        ).get_json()

        good = client.post(f"/api/notification-channels/{made['id']}/test").get_json()
        smtp.refuse("550 no such user")
        bad = client.post(f"/api/notification-channels/{made['id']}/test").get_json()

        assert good["sent"] is True
        assert [mail.recipients for mail in smtp.mails] == [("ops@example.com",)]
        assert (bad["sent"], "550 no such user" in bad["detail"]) == (False, True)


def with_config(**config: Any) -> dict[str, Any]:
    return {**HOOK, "config": {**HOOK["config"], **config}}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({**HOOK, "name": ""}, "name"),
        ({**HOOK, "name": "   "}, "name"),
        ({**HOOK, "name": "x" * 81}, "name"),
        ({**HOOK, "name": 3}, "name"),
        ({**HOOK, "kind": "pigeon"}, "kind"),
        ({**HOOK, "topics": ["weather"]}, "topics.0"),
        ({**HOOK, "topics": "dns"}, "topics"),
        ({**HOOK, "enabled": "maybe"}, "enabled"),
        ({**HOOK, "poolId": "x"}, "poolId"),
        ({**HOOK, "poolId": "00000000-0000-4000-8000-000000000000"}, "poolId"),
        ({**HOOK, "extra": 1}, "extra"),
        ({**HOOK, "config": []}, "config"),
        ({**HOOK, "config": {}}, "config.url"),
        (with_config(url="javascript:alert(1)"), "config.url"),
        (with_config(url="https://user:pw@x.example"), "config.url"),
        (with_config(url=["https://x.example"]), "config.url"),
        (with_config(secret="short"), "config.secret"),
        (with_config(port=1), "config.port"),
        ({"kind": "email", "name": "m", "config": {"recipients": "a@example.com"}}, "config.recipients"),
        ({"kind": "email", "name": "m", "config": {"recipients": ["nobody"]}}, "config.recipients"),
        ({"kind": "email", "name": "m", "config": {"recipients": ["a@example.com\r\nBcc: x@example.com"]}}, "config.recipients"),
        ({"kind": "email", "name": "m", "config": {"recipients": [f"a{n}@example.com" for n in range(21)]}}, "config.recipients"),
    ],
)  # fmt: skip
def test_a_wrong_channel_names_its_field_and_changes_nothing(api: Api, body: dict[str, Any], field: str):
    client = api.client_as("admin")

    answer = client.post("/api/notification-channels", json=body)

    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert field in answer.get_json()["errors"]
    assert client.get("/api/notification-channels").get_json()["items"] == []


def test_a_second_channel_of_the_same_name_is_409(api: Api):
    client = api.client_as("admin")
    client.post("/api/notification-channels", json=HOOK)

    again = client.post("/api/notification-channels", json=HOOK)

    assert (again.status_code, again.get_json()["code"]) == (409, "channel_name_taken")


@pytest.mark.parametrize("call", ["get", "put", "delete"])
def test_another_accounts_channel_is_404(api: Api, call: str):
    channel_id = api.client_as("admin").post("/api/notification-channels", json=HOOK).get_json()["id"]
    stranger: Callable[..., Any] = getattr(api.other_tenant(), call)

    body = {} if call != "put" else {"json": {"name": "x"}}
    answer = stranger(f"/api/notification-channels/{channel_id}", **body)

    assert answer.status_code == 404
    assert api.other_tenant().post(f"/api/notification-channels/{channel_id}/test").status_code == 404


def test_viewers_look_and_do_not_touch(api: Api):
    viewer = api.client_as("viewer")

    assert viewer.get("/api/notification-channels").status_code == 200
    assert viewer.post("/api/notification-channels", json=HOOK).status_code == 403


def test_forms_can_be_drawn_from_the_kinds(api: Api):
    kinds = {
        kind["kind"]: kind
        for kind in api.client_as("viewer").get("/api/notification-channels/kinds").get_json()["items"]
    }

    assert sorted(kinds) == ["email", "webhook"]
    secret = next(field for field in kinds["webhook"]["fields"] if field["name"] == "secret")
    assert (secret["secret"], secret["required"], secret["type"]) == (True, True, "text")


def test_the_log_of_deliveries_is_a_page(api: Api):
    assert api.client_as("viewer").get("/api/notification-deliveries?limit=5").get_json() == {
        "items": [],
        "nextCursor": None,
    }
    assert api.client_as("viewer").get("/api/notification-deliveries?status=odd").status_code == 422
