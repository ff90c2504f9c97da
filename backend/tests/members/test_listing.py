"""Lists of members: filters, sorts, cursors; and the search across pools."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from serversctl.identity.audit import SYSTEM
from serversctl.kernel.db import unit_of_work
from serversctl.members.service import create_member
from serversctl.pools.service import create_pool
from support.api import Api

# host name, display name, address, template
HOSTS = [
    ("lb2.example.com", "Frankfurt two", "203.0.113.2", "haproxy_edge"),
    ("lb1.example.com", "Frankfurt one", "203.0.113.1", "haproxy_edge"),
    ("db1.example.net", "Zürich 100%", "198.51.100.1", "mariadb"),
    ("web2.example.net", "shop_1", "2001:db8::17", "generic_linux"),
    ("web1.example.net", "shopx1 blog", "198.51.100.77", "generic_linux"),
]


@pytest.fixture
def pool(api: Api) -> str:
    """A pool whose members were enrolled a minute apart, in the order of HOSTS."""
    return fill(api, api.mine.account_id, HOSTS)


def fill(api: Api, account_id: Any, hosts: list[tuple[str, str, str, str]], name: str = "edge") -> str:
    then = datetime(2026, 1, 2, tzinfo=UTC)
    with unit_of_work(api.wiring.sessions) as session:
        made = create_pool(session, account_id, SYSTEM, name=name, template="haproxy")
        for number, (hostname, display, address, template) in enumerate(hosts):
            member = create_member(
                session, made, SYSTEM, hostname=hostname, display_name=display, allowed_ips=[address],
                template=template, linux_family="debian",
            ).member  # fmt: skip
            member.created_at = then + timedelta(minutes=number // 2)  # two of the same age
        return str(made.id)


def listed(api: Api, path: str, **query: Any) -> Any:
    answer = api.client_as("viewer").get(path, query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def names(page: Any) -> list[str]:
    return [item["hostname"].split(".")[0] for item in page["items"]]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("LB", ["lb1", "lb2"]), ("frankfurt", ["lb1", "lb2"]), ("Zürich", ["db1"]), ("zürich", ["db1"]),
        ("100%", ["db1"]), ("p_1", ["web2"]), ("203.0.113", ["lb1", "lb2"]), ("2001:DB8::17", ["web2"]),
        ("\", \"", []), ("[", []), ("nowhere", []), ("", ["db1", "lb1", "lb2", "web1", "web2"]),
    ],
)  # fmt: skip
def test_a_part_of_a_name_or_address_finds_members(api: Api, pool: str, q: str, found: list[str]) -> None:
    for path in ("/api/members", f"/api/pools/{pool}/members"):
        assert sorted(names(listed(api, path, q=q))) == sorted(found)


def test_a_template_narrows_it_down(api: Api, pool: str) -> None:
    assert names(listed(api, "/api/members", template="mariadb")) == ["db1"]
    assert names(listed(api, "/api/members", template="generic_linux", q="blog")) == ["web1"]
    assert api.client_as("viewer").get("/api/members?template=router").status_code == 422


@pytest.mark.parametrize("sort", ["hostname", "-hostname", "createdAt", "-createdAt"])
def test_each_sort_is_paged_without_a_hole_or_a_double(api: Api, pool: str, sort: str) -> None:
    whole = listed(api, "/api/members", sort=sort)["items"]
    key = sort.lstrip("-")
    values = [item[key] for item in whole]
    assert values == sorted(values, reverse=sort.startswith("-"))
    paged: list[Any] = []
    cursor = ""
    while cursor is not None:
        page = listed(api, "/api/members", sort=sort, limit=2, cursor=cursor)
        paged, cursor = paged + page["items"], page["nextCursor"]
    assert [item["id"] for item in paged] == [item["id"] for item in whole]


@pytest.mark.parametrize("cursor", ["bm9uc2Vuc2U", "WyJob3N0bmFtZSIsIDUsIDVd", "WyJjcmVhdGVkQXQiLCAiMjAyNiIsICJ4Il0"])
def test_a_cursor_of_something_else_is_refused(api: Api, pool: str, cursor: str) -> None:
    theirs = listed(api, "/api/members", sort="createdAt", limit=1)["nextCursor"]
    for one in (cursor, theirs):
        answer = api.client_as("viewer").get("/api/members", query_string={"sort": "hostname", "cursor": one})
        assert (answer.status_code, answer.get_json()["code"]) == (422, "cursor_invalid")
    answer = api.client_as("viewer").get("/api/members", query_string={"sort": "createdAt", "cursor": cursor})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "cursor_invalid")


def test_another_filter_has_another_etag(api: Api, pool: str) -> None:
    viewer = api.client_as("viewer")
    tags = {
        viewer.get("/api/members", query_string={"heartbeat": "false", **more}).headers["ETag"]
        for more in ({}, {"q": "lb"}, {"template": "mariadb"}, {"sort": "-hostname"})
    }
    assert len(tags) == 4


def test_the_search_finds_pools_and_members_and_says_where(api: Api, pool: str) -> None:
    found = listed(api, "/api/search", q=" EDGE ")
    assert [(one["id"], one["name"], one["template"]) for one in found["pools"]] == [(pool, "edge", "haproxy")]
    (member,) = listed(api, "/api/search", q="blog")["members"]
    assert (member["hostname"], member["displayName"], member["poolId"], member["poolName"], member["state"]) == (
        "web1.example.net", "shopx1 blog", pool, "edge", "unknown",
    )  # fmt: skip


def test_names_that_begin_with_it_come_first(api: Api, pool: str) -> None:
    fill(api, api.mine.account_id, [("a-lb9.example.com", "x", "203.0.113.9", "haproxy_edge")], name="a ledge")
    found = listed(api, "/api/search", q="lb")
    assert [one["hostname"][:4] for one in found["members"]] == ["lb1.", "lb2.", "a-lb"]
    assert [one["name"] for one in listed(api, "/api/search", q="edge")["pools"]] == ["edge", "a ledge"]


def test_the_search_is_bounded_and_stays_in_the_account(api: Api, pool: str) -> None:
    many = [(f"node{i}.example.com", f"n{i}", "203.0.113.9", "generic_linux") for i in range(20)]
    fill(api, api.mine.account_id, many, name="nodes")
    fill(api, api.theirs.account_id, [("node-theirs.example.com", "t", "203.0.113.9", "generic_linux")], name="node")
    found = listed(api, "/api/search", q="node")
    assert (len(found["pools"]), len(found["members"])) == (1, 12)
    assert all("theirs" not in one["hostname"] for one in found["members"])
    assert listed(api, "/api/search", q="  ") == {"pools": [], "members": []}
    assert api.client_as("viewer").get("/api/search", query_string={"q": "x" * 121}).status_code == 422
