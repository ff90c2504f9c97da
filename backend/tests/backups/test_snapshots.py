"""From the order of a backup to its restore: what is checked, what is refused, what is kept."""

from __future__ import annotations

import io
import tarfile
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from serversctl.backups import jobs as room
from serversctl.backups.rules import Keep, Kept, reasons_to_keep
from serversctl.jobs.objects import Access, key_for
from serversctl.jobs.tables import Job
from serversctl.kernel.db import unit_of_work
from serversctl.kernel.errors import NotFound
from serversctl.kernel.ids import new_id
from support.snapshots import SnapshotWriter

from .conftest import CONFIG, Site


def test_a_backup_is_checked_when_it_arrives_and_shown_with_its_sizes(site: Site):
    found = site.snapshot(site.back_up(files={"/etc/haproxy/haproxy.cfg": CONFIG, "/etc/haproxy/big": bytes(3 << 20)}))

    assert (found["state"], found["files"], found["bytes"]) == ("complete", 2, len(CONFIG) + (3 << 20))
    assert found["newBytes"] == found["storedBytes"] > 0
    assert (found["metadata"], found["object"], found["verification"]) == ("present", "present", "never")
    assert found["scopes"] == [
        {"id": "main_config", "title": "Main configuration", "files": 2, "bytes": found["bytes"]}
    ]
    assert found["keptBecause"] == ["one of the last 7", "the last of its day", "the last of its week",
                                    "the last of its month", "the newest complete one"]  # fmt: skip
    overview = site.ask("GET", site.member("backup-overview"))
    assert (overview["snapshotCount"], overview["calendar"][0]["count"], overview["keyGeneration"]) == (1, 1, 1)


def test_an_unchanged_second_backup_stands_on_the_first_one(site: Site):
    first, second = site.snapshot(site.back_up()), site.snapshot(site.back_up())

    assert second["state"] == "complete"
    assert second["newBytes"] < second["storedBytes"]
    assert site.row(second["id"]).packs == site.row(first["id"]).packs


def drop_pack(writer: SnapshotWriter, _result: dict[str, Any]) -> None:
    writer.objects.pop(next(name for name in writer.objects if name.startswith("packs/")))


def shorten_pack(writer: SnapshotWriter, _result: dict[str, Any]) -> None:
    name = next(name for name in writer.objects if name.startswith("packs/"))
    writer.objects[name] = writer.objects[name][:-1]


def flip_manifest(writer: SnapshotWriter, _result: dict[str, Any]) -> None:
    data = bytearray(writer.objects["manifest"])
    data[40] ^= 1
    writer.objects["manifest"] = bytes(data)


def other_snapshot(writer: SnapshotWriter, result: dict[str, Any]) -> None:
    result.update(writer.finish(snapshotId=str(new_id())))


def foreign_pack(writer: SnapshotWriter, result: dict[str, Any]) -> None:
    writer.packs[0] = {**writer.packs[0], "snapshotId": str(new_id())}
    result.update(writer.finish())


@pytest.mark.parametrize("spoil", [drop_pack, shorten_pack, flip_manifest, other_snapshot, foreign_pack])
def test_what_is_not_whole_or_not_its_own_does_not_count_as_a_backup(site: Site, spoil: Any):
    found = site.snapshot(site.back_up(change=spoil))

    assert found["state"] == "failed"
    assert "not usable" in found["error"]


def test_a_backup_that_could_not_read_everything_is_partial_and_says_what(site: Site):
    def unreadable(writer: SnapshotWriter, result: dict[str, Any]) -> None:
        writer.add("/etc/haproxy/certs/a.pem", b"", "certificates", status="unreadable", why="Permission denied")
        result.update(writer.finish(status="partial"))

    found = site.snapshot(site.back_up(change=unreadable))

    assert (found["state"], found["unreadable"]) == (
        "partial", [{"path": "/etc/haproxy/certs/a.pem", "why": "Permission denied"}],
    )  # fmt: skip


def test_a_failed_job_and_a_cut_off_attempt_end_their_snapshots(site: Site):
    ordered = site.ask("POST", site.member("snapshots"), {"kind": "haproxy"}, 202)
    job, params = site.claim(ordered["id"])
    site.finish(job, error="disk_full: there is no room")

    found = site.snapshot(params["snapshotId"])
    assert (found["state"], found["error"]) == ("failed", "disk_full: there is no room")


def test_a_member_writes_the_objects_of_its_own_running_backup_and_no_others(site: Site):
    first = site.back_up()
    ordered = site.ask("POST", site.member("snapshots"), {"kind": "haproxy"}, 202)
    job, _ = site.claim(ordered["id"])

    with unit_of_work(site.api.wiring.sessions) as session:
        row = session.get_one(Job, job.id)
        for name in ("manifest2", f"{first}/manifest", "packs/short", "packs/../manifest", "x/manifest"):
            with pytest.raises(NotFound):
                key_for(session, row, name, Access.WRITE)
        with pytest.raises(NotFound):
            key_for(session, row, "manifest", Access.READ)


def test_a_reading_job_gets_the_key_and_exactly_its_snapshots_objects(site: Site):
    first, second = site.back_up(), site.back_up()
    other = site.back_up(files={"/etc/haproxy/haproxy.cfg": b"other\n"})
    ordered = site.ask("POST", f"/api/snapshots/{second}/verify", status=202)

    job, params = site.claim(ordered["id"])
    assert (params["sourceMember"], len(params["backupKey"])) == (str(site.ids[0]), 64)
    assert "backupKey" not in site.ask("GET", f"/api/jobs/{job.id}")["params"]
    pack = site.row(second).packs[0]["id"]
    with unit_of_work(site.api.wiring.sessions) as session:
        row = session.get_one(Job, job.id)
        assert key_for(session, row, f"{second}/manifest", Access.READ).endswith(f"{second}/manifest")
        assert f"snapshots/{first}/packs/{pack}" in key_for(session, row, f"{first}/packs/{pack}", Access.READ)
        for name in (f"{first}/manifest", f"{other}/manifest", f"{second}/packs/{'0' * 32}"):
            with pytest.raises(NotFound):
                key_for(session, row, name, Access.READ)
        with pytest.raises(NotFound):
            key_for(session, row, f"{second}/manifest", Access.WRITE)


def test_files_are_listed_shown_and_downloaded_but_keys_are_not_shown(site: Site):
    pem = b"-----BEGIN PRIVATE KEY-----\nx\n"
    snapshot_id = site.back_up(files={"/etc/haproxy/haproxy.cfg": CONFIG, "/etc/haproxy/certs/a.pem": pem})
    base = f"/api/snapshots/{snapshot_id}"

    first = site.ask("GET", f"{base}/files?limit=1")
    rest = site.ask("GET", f"{base}/files?limit=1&cursor={first['nextCursor']}")
    assert [row["path"] for row in first["items"] + rest["items"]] == [
        "/etc/haproxy/certs/a.pem",
        "/etc/haproxy/haproxy.cfg",
    ]
    assert site.ask("GET", f"{base}/content?path=/etc/haproxy/haproxy.cfg")["text"] == CONFIG.decode()
    refused = site.ask("GET", f"{base}/content?path=/etc/haproxy/certs/a.pem", status=422)
    assert refused["code"] == "snapshot_file_not_shown"
    with tarfile.open(fileobj=io.BytesIO(site.ask("GET", f"{base}/download"))) as tar:
        assert {name: tar.extractfile(name).read() for name in tar.getnames()} == {  # type: ignore[union-attr]
            "etc/haproxy/haproxy.cfg": CONFIG, "etc/haproxy/certs/a.pem": pem,
        }  # fmt: skip
    assert site.api.client_as("viewer").get(f"{base}/files").status_code == 403
    assert site.api.client_as("operator").get(f"{base}/download").status_code == 403
    assert site.api.other_tenant().get(base).status_code == 404


def test_a_restore_is_ordered_for_parts_that_the_snapshot_has(site: Site):
    snapshot_id = site.back_up()
    url = f"/api/snapshots/{snapshot_id}/restore"

    job = site.ask("POST", url, {"scopes": ["main_config"]}, 202)
    there = site.ask("POST", url, {"memberId": str(site.ids[1])}, 202)

    assert (job["command"], job["params"]["scopes"]) == ("backup.restore", "main_config")
    assert there["memberId"] == str(site.ids[1])
    assert site.ask("POST", url, {"scopes": ["letsencrypt"]}, 422)["code"] == "scope_not_in_snapshot"
    assert site.ask("POST", url, {"scopes": ["rm"]}, 422)["code"] == "validation_failed"
    assert site.ask("POST", url, {"memberId": str(new_id())}, 404)["code"] == "member_not_found"


def test_a_proof_is_shown_and_a_bad_one_too(site: Site):
    snapshot_id = site.back_up()
    for result, expected in (
        ({"proved": True, "checked": ["haproxy -c"]}, "proved"),
        ({"proved": False, "detail": "bit"}, "failed"),
    ):
        ordered = site.ask("POST", f"/api/snapshots/{snapshot_id}/verify", status=202)
        job, _ = site.claim(ordered["id"])
        with unit_of_work(site.api.wiring.sessions) as session:
            from serversctl.jobs import service as job_service
            from serversctl.jobs.rules import Ending

            report = job_service.Report(Ending.COMPLETED, result=result)
            job_service.complete(session, job.id, job.member_id, job.attempt, report)
            from serversctl.backups import service

            service.record_proof(session, job.id)
        assert site.snapshot(snapshot_id)["verification"] == expected


def test_deleting_is_held_for_a_day_and_taken_back(site: Site):
    first, second = site.back_up(), site.back_up()
    gone = site.ask("DELETE", f"/api/snapshots/{first}", status=202)
    kept = site.ask("POST", f"/api/snapshots/{first}/keep")
    assert (gone["state"], gone["deleteAfter"] is not None, kept["state"]) == ("deleting", True, "complete")

    site.ask("DELETE", f"/api/snapshots/{first}", status=202)
    room.sweep(site.api.wiring)
    assert site.snapshot(first)["state"] == "deleting"
    site.change(first, delete_after=datetime(2026, 1, 1, tzinfo=UTC))
    room.sweep(site.api.wiring)
    assert site.ask("GET", f"/api/snapshots/{first}", status=404)["code"] == "snapshot_not_found"
    # The second one stands on packs of the first: they stay as long as it does.
    assert site.ask("GET", f"/api/snapshots/{second}/content?path=/etc/haproxy/haproxy.cfg")["text"] == CONFIG.decode()
    site.ask("DELETE", f"/api/snapshots/{second}", status=202)
    site.change(second, delete_after=datetime(2026, 1, 1, tzinfo=UTC))
    room.sweep(site.api.wiring)
    assert list(site.store.list("")) == []


def test_the_only_proved_snapshot_is_not_deleted(site: Site):
    snapshot_id = site.back_up()
    site.change(snapshot_id, verification="proved")
    assert site.ask("DELETE", f"/api/snapshots/{snapshot_id}", status=409)["code"] == "snapshot_last_proved"


def test_a_missing_object_is_seen_by_the_daily_look(site: Site):
    snapshot_id = site.back_up()
    site.store.delete([site.row(snapshot_id).packs[0]["key"]])
    room.look(site.api.wiring)
    assert site.snapshot(snapshot_id)["object"] == "missing"
    assert (
        site.ask("GET", f"/api/snapshots/{snapshot_id}/content?path=/etc/haproxy/haproxy.cfg", status=404)["code"]
        == "object_missing"
    )


def test_a_plan_orders_each_slot_once(site: Site):
    plan = site.ask(
        "PUT", site.member("backup-plan"), {"enabled": True, "cron": "*/5 * * * *", "kinds": ["haproxy", "ufw"]}
    )
    assert plan["sentence"].startswith("Every 5 minutes")
    from serversctl.backups.tables import BackupPlan

    past = datetime.now(UTC) - timedelta(hours=3)
    with unit_of_work(site.api.wiring.sessions) as session:
        session.get_one(BackupPlan, site.ids[0]).next_slot = past
    room.keep_plans(site.api.wiring)
    room.keep_plans(site.api.wiring)

    assert [len(site.jobs(command)) for command in ("backup.haproxy", "backup.ufw")] == [1, 1]
    following = datetime.fromisoformat(site.ask("GET", site.member("backup-plan"))["nextSlot"])
    assert following > datetime.now(UTC)


@pytest.mark.parametrize(
    ("body", "code"),
    [({"cron": "0 0 31 2 *"}, "schedule_never_runs"), ({"cron": "soon"}, "cron_invalid"), ({"keepLast": 0}, "validation_failed"),
     ({"kinds": ["everything"]}, "validation_failed"), ({"enabled": True, "kinds": []}, "backup_plan_empty"), ({"x": 1}, "validation_failed")],
)  # fmt: skip
def test_plans_that_cannot_be_kept_are_refused(site: Site, body: dict[str, Any], code: str):
    assert site.ask("PUT", site.member("backup-plan"), body, 422)["code"] == code


def test_the_newest_snapshot_is_proved_once_a_week(site: Site):
    site.ask("PUT", site.member("backup-plan"), {"enabled": True})
    site.back_up()
    newest = site.back_up()
    room.prove(site.api.wiring)
    room.prove(site.api.wiring)

    (job,) = site.jobs("backup.verify")
    assert job.params == {"snapshotId": newest}


def test_a_rotated_key_leaves_older_snapshots_readable(site: Site):
    old = site.back_up()
    assert site.ask("POST", site.member("backup-key/rotate"), status=201) == {"generation": 2}
    new = site.back_up()

    assert site.row(new).key_generation == 2
    assert site.row(new).base_id is None
    for snapshot_id in (old, new):
        assert (
            site.ask("GET", f"/api/snapshots/{snapshot_id}/content?path=/etc/haproxy/haproxy.cfg")["text"]
            == CONFIG.decode()
        )


def test_a_removed_member_leaves_its_snapshots_behind(site: Site):
    snapshot_id = site.back_up()
    from serversctl.members.tables import Member

    with unit_of_work(site.api.wiring.sessions) as session:
        session.delete(session.get_one(Member, site.ids[0]))

    assert site.snapshot(snapshot_id)["state"] == "complete"
    assert site.ask("POST", f"/api/snapshots/{snapshot_id}/restore", {}, 409)["code"] == "snapshot_member_gone"
    there = site.ask("POST", f"/api/snapshots/{snapshot_id}/restore", {"memberId": str(site.ids[1])}, 202)
    _, params = site.claim(there["id"])
    assert params["sourceMember"] == str(site.ids[0])


def at(day: int, hour: int = 2, month: int = 1) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def test_grandfather_father_son_keep_one_of_each_span_and_never_lose_the_proved_one():
    ids = [UUID(int=number) for number in range(40)]
    daily = [Kept(ids[n], at(1) + timedelta(days=n), complete=True, proved=n == 3) for n in range(40)]

    kept = reasons_to_keep(daily, Keep(last=2, daily=3, weekly=2, monthly=2))

    days = {daily[n].at.date().isoformat() for n in range(40) if ids[n] in kept}
    assert {"2026-02-09", "2026-02-08", "2026-02-07", "2026-01-31", "2026-01-04"} <= days
    assert len(days) == 5
    assert "the newest one that was proved" in kept[ids[3]]
    assert reasons_to_keep([], Keep(1, 1, 1, 1)) == {}


def test_a_partial_one_does_not_push_the_last_complete_one_out():
    whole = Kept(UUID(int=1), at(1), complete=True, proved=False)
    parts = [Kept(UUID(int=n), at(n), complete=False, proved=False) for n in range(2, 9)]
    assert UUID(int=1) in reasons_to_keep([whole, *parts], Keep(1, 0, 0, 0))
