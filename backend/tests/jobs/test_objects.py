"""Objects of backups: exact ones of the running job, whole or not at all, through us or by signed addresses."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from serversctl.jobs import objects
from serversctl.jobs.objects import Access, objects_of
from serversctl.jobs.tables import Job
from serversctl.storage.ports import Presigned
from werkzeug.test import TestResponse

from .conftest import SECRET, Wire

PACK = bytes(range(256)) * 8192
NAME = "packs/00112233445566778899aabbccddeeff"


@pytest.fixture(autouse=True)
def authorised() -> Iterator[None]:
    @objects_of("haproxy.reload")
    def own(_session: Any, job: Job, name: str, access: Access) -> str | None:
        if access is Access.WRITE and not name.startswith(("packs/", "manifest")):
            return None
        return f"acc/{job.id}/{name}"

    yield
    objects._AUTHORISERS.pop("haproxy.reload")


def call(wire: Wire, method: str, path: str, secret: str = SECRET, **how: Any) -> TestResponse:
    headers = {"Authorization": f"Bearer {secret}", **how.pop("headers", {})}
    return wire.app.test_client().open(
        path, method=method, headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.1"}, **how
    )


def running(wire: Wire) -> str:
    job_id = wire.order()
    wire.house.claim(UUID(job_id))
    return job_id


def places(wire: Wire, job_id: str, what: str, wished: list[Any], attempt: int = 1, **how: Any) -> TestResponse:
    body = {"jobId": job_id, "attempt": attempt, "hostname": "lb1.example.com", "objects": wished}
    return call(wire, "POST", f"/api/agents/blobs/{what}", json=body, **how)


def announced(data: bytes = PACK, name: str = NAME) -> dict[str, Any]:
    return {"name": name, "sizeBytes": len(data), "sha256": sha256(data).hexdigest()}


def test_an_object_goes_up_through_us_and_comes_back_from_any_offset(wire: Wire):
    job_id = running(wire)
    (place,) = places(wire, job_id, "uploads", [announced()]).get_json()["uploads"]
    assert place["url"].startswith("/api/agents/blobs/objects/")

    assert call(wire, place["method"], place["url"], data=PACK, headers=place["headers"]).status_code == 204
    (again,) = places(wire, job_id, "uploads", [announced()]).get_json()["uploads"]
    (down,) = places(wire, job_id, "downloads", [NAME]).get_json()["downloads"]
    whole, rest = call(wire, "GET", down["url"]), call(wire, "GET", down["url"], headers={"Range": "bytes=2097000-"})

    assert again == {"name": NAME, "done": True}
    assert (whole.status_code, whole.data) == (200, PACK)
    assert (rest.status_code, rest.data, rest.headers["Content-Range"]) == (
        206,
        PACK[2097000:],
        "bytes 2097000-2097151/2097152",
    )


def test_other_bytes_than_announced_are_not_stored(wire: Wire):
    job_id = running(wire)
    (place,) = places(wire, job_id, "uploads", [announced()]).get_json()["uploads"]

    changed = call(wire, "PUT", place["url"], data=PACK[:-1] + b"!")
    short = call(wire, "PUT", place["url"], data=PACK[:-1])
    long = call(wire, "PUT", place["url"], data=PACK + b"!")
    unannounced = call(wire, "PUT", place["url"].partition("&sizeBytes")[0], data=PACK)

    assert [answer.get_json()["code"] for answer in (changed, short, long)] == ["object_mismatch"] * 3
    assert unannounced.get_json()["code"] == "object_unannounced"
    (down,) = places(wire, job_id, "downloads", [NAME]).get_json()["downloads"]
    assert call(wire, "GET", down["url"]).get_json()["code"] == "object_missing"


@pytest.mark.parametrize(
    "name", ["other/x", "../x", "packs/../../x", "/packs/x", "packs//x", "packs/.x", "packs/a b", "x" * 201]
)
def test_objects_that_the_job_may_not_write_are_refused(wire: Wire, name: str):
    job_id = running(wire)
    assert places(wire, job_id, "uploads", [announced(name=name)]).status_code in {404, 422}
    url = f"/api/agents/blobs/objects/{job_id}/{name}?attempt=1&sizeBytes=1&sha256={sha256(b'x').hexdigest()}"
    assert call(wire, "PUT", url, data=b"x").status_code in {404, 405, 308}


def test_only_the_member_whose_job_runs_gets_an_address(wire: Wire):
    job_id = running(wire)
    waiting = wire.order()

    assert places(wire, waiting, "uploads", [announced()]).get_json()["code"] == "attempt_over"
    assert places(wire, job_id, "uploads", [announced()], attempt=2).get_json()["code"] == "attempt_over"
    assert places(wire, job_id, "uploads", [announced()], secret="0" * 48).status_code == 401
    theirs = wire.house.order(member=wire.house.other)
    wire.house.claim(theirs, member=wire.house.other)
    assert places(wire, str(theirs), "downloads", [NAME]).status_code == 404


def test_a_command_for_which_nobody_says_what_it_may_touch_touches_nothing(wire: Wire):
    job_id = wire.order("facts.read")
    wire.house.claim(UUID(job_id))
    assert places(wire, job_id, "downloads", [NAME]).get_json()["code"] == "object_not_found"


def test_a_store_that_signs_is_used_directly(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    store = wire.app.extensions["serversctl"].store
    job_id = running(wire)
    asked: list[tuple[str, int]] = []

    def sign(key: str, *, size_bytes: int, sha256: str, ttl_sec: int) -> Presigned:
        asked.append((key, size_bytes))
        return Presigned(
            "https://s3.example.com/x", "PUT", wire.app.extensions["serversctl"].clock.now(), {"X": sha256}
        )

    monkeypatch.setattr(store, "presign_put", sign)
    (place,) = places(wire, job_id, "uploads", [announced()]).get_json()["uploads"]

    assert (place["url"], place["headers"]) == ("https://s3.example.com/x", {"X": sha256(PACK).hexdigest()})
    assert asked == [(f"acc/{job_id}/{NAME}", len(PACK))]
