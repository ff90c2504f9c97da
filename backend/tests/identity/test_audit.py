"""The audit trail: nothing lost, nothing changed unnoticed, nothing dangerous without a line."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from serversctl.identity import audit, audit_trail
from serversctl.identity.audit import SYSTEM, Actor, record
from serversctl.identity.audit_tables import AuditEntry, AuditHead
from serversctl.identity.tables import Account
from serversctl.kernel.db import SessionFactory, reading, unit_of_work
from sqlalchemy import Engine, delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from support.api import SECRET_KEY, Api

ONE, TWO = uuid4(), uuid4()


def write(session: Session, action: str = "pool.created", account_id: UUID | None = ONE, **details: Any) -> None:
    record(session, SYSTEM, action, account_id=account_id, target_type="pool", target_id="p1", details=details)


@pytest.fixture
def trail(sessions: SessionFactory) -> SessionFactory:
    """Six entries in three chains."""
    for account in (ONE, TWO, ONE, None, ONE, TWO):
        with unit_of_work(sessions) as session:
            write(session, account_id=account, note="é")
    return sessions


def findings(sessions: SessionFactory) -> list[str]:
    with reading(sessions) as session:
        return [f"{found.seq}: {found.reason}" for found in audit_trail.verify(session)]


def without_triggers(engine: Engine) -> None:
    """What an attacker with the database's own rights does first."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            names = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
            for name in names:
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER ALL"))


def test_an_untouched_trail_has_no_findings(trail: SessionFactory) -> None:
    assert findings(trail) == []
    with reading(trail) as session:
        lines = session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
        assert [line.seq for line in lines] == [1, 2, 3, 4, 5, 6]
        assert [line.chain_seq for line in lines] == [1, 1, 2, 1, 3, 2]


@pytest.mark.parametrize(
    "change",
    [
        update(AuditEntry).where(AuditEntry.seq == 2).values(action="nothing.happened"),
        delete(AuditEntry).where(AuditEntry.seq == 6),
        delete(AuditEntry),
    ],
)
def test_the_database_refuses_to_change_or_remove_an_entry(trail: SessionFactory, change: Any) -> None:
    with pytest.raises(DBAPIError, match="append-only"), unit_of_work(trail) as session:
        session.execute(change)
    assert findings(trail) == []


COLUMNS = {
    "at": "2025-01-01 00:00:00.000000", "account_id": None, "actor_kind": "user", "actor_name": "eve",
    "actor_id": UUID(int=1), "action": "other", "target_type": "member", "target_id": "p2",
    "details": {"note": "e"}, "address": "203.0.113.9", "request_id": "x", "entry_hash": "f" * 64,
    "global_hash": "f" * 64, "prev_hash": "f" * 64, "chain_seq": 99, "chain": "elsewhere",
}  # fmt: skip


@pytest.mark.parametrize("column", sorted(COLUMNS))
def test_each_changed_column_is_found(trail: SessionFactory, engine: Engine, column: str) -> None:
    from datetime import UTC, datetime

    without_triggers(engine)
    value = datetime(2025, 1, 1, tzinfo=UTC) if column == "at" else COLUMNS[column]
    with unit_of_work(trail) as session:
        session.execute(update(AuditEntry).where(AuditEntry.seq == 3).values({column: value}))
    assert findings(trail)


@pytest.mark.parametrize("seq", [1, 3, 4, 6])
def test_each_removed_entry_is_found(trail: SessionFactory, engine: Engine, seq: int) -> None:
    without_triggers(engine)
    with unit_of_work(trail) as session:
        session.execute(delete(AuditEntry).where(AuditEntry.seq == seq))
    assert findings(trail)


def test_swapped_entries_are_found(trail: SessionFactory, engine: Engine) -> None:
    without_triggers(engine)
    with unit_of_work(trail) as session:
        for old, new in ((1, 100), (3, 1), (100, 3)):
            session.execute(update(AuditEntry).where(AuditEntry.seq == old).values(seq=new))
    assert findings(trail)


def test_an_emptied_trail_is_found_by_its_heads(trail: SessionFactory, engine: Engine) -> None:
    without_triggers(engine)
    with unit_of_work(trail) as session:
        session.execute(delete(AuditEntry))
    assert len(findings(trail)) == 4


def test_a_rewritten_trail_is_found_by_a_head_kept_elsewhere(trail: SessionFactory, engine: Engine, clock: Any) -> None:
    with reading(trail) as session:
        kept = audit_trail.signed_head(session, ONE, SECRET_KEY, clock.now())
        everything = audit_trail.signed_head(session, None, SECRET_KEY, clock.now())
        assert audit_trail.matches_head(session, kept)
        assert audit_trail.matches_head(session, everything)
        assert not audit_trail.matches_head(session, replace(kept, seq=2))
        assert not audit_trail.matches_head(session, replace(kept, hash="f" * 64))
    without_triggers(engine)
    with unit_of_work(trail) as session:
        session.execute(delete(AuditEntry))
        session.execute(delete(AuditHead))
    for account in (ONE, TWO, ONE, None, ONE, TWO):
        with unit_of_work(trail) as session:
            write(session, "nothing.happened", account_id=account)
    assert findings(trail) == []  # it hangs together by itself, so only the kept heads tell
    with reading(trail) as session:
        assert not audit_trail.matches_head(session, kept)
        assert not audit_trail.matches_head(session, everything)


def test_entries_written_at_once_form_one_chain(sessions: SessionFactory) -> None:
    def write_some(worker: int) -> None:
        for number in range(5):
            with unit_of_work(sessions) as session:
                write(session, account_id=ONE if worker % 2 else TWO, worker=worker, number=number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write_some, range(4)))
    assert findings(sessions) == []
    with reading(sessions) as session:
        assert len(session.scalars(select(AuditEntry.seq)).all()) == 20


def test_a_change_that_rolls_back_leaves_no_entry(sessions: SessionFactory) -> None:
    with contextlib.suppress(RuntimeError), unit_of_work(sessions) as session:
        write(session)
        raise RuntimeError
    with sessions() as session:
        write(session)
        session.rollback()
        session.commit()
    assert len(findings(sessions)) == 0
    with reading(sessions) as session:
        assert session.scalars(select(AuditEntry)).all() == []


def test_a_savepoint_takes_its_own_entries_with_it(sessions: SessionFactory) -> None:
    with unit_of_work(sessions) as session:
        write(session, "kept.before")
        with contextlib.suppress(RuntimeError), session.begin_nested():
            write(session, "gone")
            with session.begin_nested():
                write(session, "gone.too")
            raise RuntimeError
        with session.begin_nested():
            write(session, "kept.inside")
    with reading(sessions) as session:
        assert session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)).all() == [
            "kept.before",
            "kept.inside",
        ]


def test_a_closed_session_takes_nothing_into_its_next_life(sessions: SessionFactory) -> None:
    session = sessions()
    write(session, "gone")
    session.close()
    with session.begin():
        write(session, "kept")
    with reading(sessions) as look:
        assert look.scalars(select(AuditEntry.action)).all() == ["kept"]


def test_a_change_whose_entry_cannot_be_written_does_not_happen(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    client = api.client_as("owner")

    def broken(*_: object) -> str:
        raise OSError("the trail's disk is full")

    monkeypatch.setattr(audit, "content_hash", broken)
    assert client.patch("/api/account", json={"name": "Changed"}).status_code == 500
    monkeypatch.undo()
    with reading(api.wiring.sessions) as session:
        assert session.get_one(Account, api.mine.account_id).name == "mine"
    assert client.get("/api/account").status_code == 200


def test_an_entry_names_the_request_behind_it(api: Api) -> None:
    client = api.client_as("owner")
    answer = client.patch("/api/account", json={"name": "Changed"}, headers={"X-Request-Id": "trace-0815"})
    assert answer.headers["X-Request-Id"] == "trace-0815"
    line = client.get("/api/audit").get_json()["items"][0]
    assert (line["action"], line["requestId"], line["address"]) == ("account.changed", "trace-0815", "198.51.100.7")
    assert line["details"] == {"name": "Changed"}
    assert line["actor"]["name"] == "owner@mine.example.com"


def test_the_list_is_newest_first_in_pages(api: Api) -> None:
    client = api.client_as("owner")
    for number in range(5):
        client.patch("/api/account", json={"name": f"Name {number}"})
    seen, cursor = [], ""
    while True:
        page = client.get(f"/api/audit?action=account.changed&limit=2{cursor}").get_json()
        seen += [line["details"]["name"] for line in page["items"]]
        if page["nextCursor"] is None:
            break
        cursor = f"&cursor={page['nextCursor']}"
    assert seen == [f"Name {number}" for number in reversed(range(5))]


def test_the_list_is_filtered(api: Api) -> None:
    client = api.client_as("owner")
    client.patch("/api/account", json={"name": "Changed"})

    def count(query: str) -> int:
        return len(client.get(f"/api/audit?{query}").get_json()["items"])

    assert count("action=account.changed") == 1
    assert count("action=pool.created") == 0
    assert count("actor=owner@mine.example.com&targetType=account") == 1
    assert count(f"targetId={api.mine.account_id}") == 1
    assert count("since=2099-01-01T00:00:00Z") == 0
    assert count("until=2000-01-01T00:00:00Z") == 0


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "|calc", "%0A=1", '"=1']


def test_a_spreadsheet_takes_no_cell_of_the_export_for_a_formula(api: Api) -> None:
    with unit_of_work(api.wiring.sessions) as session:
        for formula in FORMULAS:
            who = Actor("member", None, formula)
            record(session, who, "x", account_id=api.mine.account_id, target_type="t", target_id=formula)
    answer = api.client_as("admin").get("/api/audit/export?format=csv")
    assert answer.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True), newline="")))
    names = [row[rows[0].index("actorName")] for row in rows[1:]]
    for cell in names:
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", " =", "|", "%")), cell
    assert {f"'{formula}" for formula in FORMULAS[:-1]} <= set(names)


def test_the_export_holds_what_the_list_holds_and_nothing_of_others(api: Api) -> None:
    api.other_tenant("owner").patch("/api/account", json={"name": "Theirs, secret"})
    api.client_as("owner").patch("/api/account", json={"name": "Mine"})
    client = api.client_as("admin")
    exported = json.loads(client.get("/api/audit/export").data)
    listed = client.get("/api/audit").get_json()["items"]
    assert [line["seq"] for line in exported] == [line["seq"] for line in listed]
    assert "Theirs" not in json.dumps(exported) + json.dumps(listed)


def test_an_export_can_be_checked_by_its_signed_head(api: Api) -> None:
    client = api.client_as("admin")
    head = client.get("/api/audit/head").get_json()
    newest = json.loads(client.get("/api/audit/export").data)[0]
    assert head["hash"] == newest["entryHash"]
    signed = audit_trail.SignedHead(
        head["at"], head["chain"], head["seq"], head["hash"], head["publicKey"], head["signature"]
    )
    with reading(api.wiring.sessions) as session:
        assert audit_trail.matches_head(session, signed)
        assert not audit_trail.matches_head(session, replace(signed, at="2027-01-01T00:00:00Z"))
