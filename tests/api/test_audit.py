# ruff: noqa: S608 - statements with numbers of ours
"""The audit log is checked from outside: what was tampered with is named, with the help of anchors even a cut tail."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import Engine, select, text

from api.cli import cli
from api.config import DEMO_AUDIT_SECRET
from api.extensions.cursors import encode
from api.services import audit_check, tokens
from api.services.actor import Actor, OrganisationKind, Role
from api.services.audit import record
from api.services.audit_anchors import Anchor, UnknownAnchor, anchor, read_anchors
from api.services.audit_check import Fault, Verdict, verify
from api.services.audit_trail import REVEAL
from api.services.context import Context
from api.services.facilities import FacilityFacts
from data.audit import Entry, entry_of, mac_of
from data.models.audit import AuditEvent
from data.models.organisation import TokenRole
from data.session import reading, transaction
from tests import builders as b
from tests.api.conftest import Caller

OLD, NEW, FOREIGN = (bytes([number]) * 32 for number in (1, 2, 3))


def write(engine: Engine, count: int, secret: bytes = OLD) -> None:
    """Acts, in transactions of two."""
    for number in range(0, count, 2):
        with transaction(engine) as session:
            for each in range(number, min(number + 2, count)):
                details = {"number": each, "code": "x", "none": None, "yes": True}
                record(Context(session, b.NOW, b"", secret), None, "a.b", ("request", str(each)), details)


def tamper(engine: Engine, *statements: str) -> None:
    """As whoever owns the database can: its triggers do not stop them."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            for name in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                connection.execute(text(f"DROP TRIGGER {name[0]}"))
        for statement in statements:
            connection.exec_driver_sql(statement)


def line(engine: Engine, secret: bytes = OLD) -> str:
    with reading(engine) as session:
        return anchor(Context(session, b.NOW, b"", secret))


def outcome(found: Verdict) -> tuple[int, Fault | None]:
    return found.rows, found.fault


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ((), (5, None)),
        (("UPDATE audit_event SET act = 'a.c' WHERE seq = 3",), (2, Fault.CHANGED)),
        (("UPDATE audit_event SET details = '{\"number\":9}' WHERE seq = 1",), (0, Fault.CHANGED)),
        (("UPDATE audit_event SET role = '' WHERE seq = 5",), (4, Fault.CHANGED)),
        (("UPDATE audit_event SET mac = replace(mac, substr(mac, 1, 1), '_') WHERE seq = 2",), (1, Fault.CHANGED)),
        (("UPDATE audit_event SET key_id = 'x' WHERE seq = 2",), (1, Fault.UNKNOWN_KEY)),
        (("DELETE FROM audit_event WHERE seq = 3",), (2, Fault.MISSING)),
        (("DELETE FROM audit_event WHERE seq = 1",), (0, Fault.MISSING)),
        (("DELETE FROM audit_event WHERE seq = 5",), (4, Fault.HEAD)),
        (("DELETE FROM audit_event",), (0, Fault.HEAD)),
        (("DELETE FROM audit_head",), (5, Fault.HEAD)),
        (("UPDATE audit_head SET seq = 4",), (5, Fault.HEAD)),
        (
            # Taken out, and the rest moved up to hide it.
            ("DELETE FROM audit_event WHERE seq = 4", "UPDATE audit_event SET seq = 4 WHERE seq = 5"),
            (3, Fault.CHANGED),
        ),
        (
            (
                "UPDATE audit_event SET seq = 12 WHERE seq = 2",
                "UPDATE audit_event SET seq = 2 WHERE seq = 3",
                "UPDATE audit_event SET seq = 3 WHERE seq = 12",
            ),
            (1, Fault.CHANGED),
        ),
    ],
)
@pytest.mark.parametrize("batch", [2, 1000])
def test_the_first_row_that_does_not_hold_is_named(
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    statements: tuple[str, ...],
    expected: tuple[int, Fault | None],
    batch: int,
) -> None:
    monkeypatch.setattr(audit_check, "BATCH_ROWS", batch)
    write(engine, 5)
    tamper(engine, *statements)
    assert outcome(verify(engine, [OLD])) == expected


def test_without_the_chain_nothing_would_be_noticed(engine: Engine) -> None:
    """The tests above have teeth: where each MAC covers its row alone, a deleted or repeated row passes."""
    write(engine, 5)

    def alone(secret: bytes, seq: int, entry: Entry, previous: str) -> str:
        del seq, previous
        return mac_of(secret, 0, entry, "")

    with reading(engine) as session:
        rows = session.scalars(select(AuditEvent).order_by(AuditEvent.seq)).all()
    unchained = {row.seq: alone(OLD, row.seq, entry_of(row), "") for row in rows}
    tamper(
        engine,
        *(f"UPDATE audit_event SET mac = '{mac}' WHERE seq = {seq}" for seq, mac in unchained.items()),
        f"UPDATE audit_head SET mac = '{unchained[5]}'",
        "DELETE FROM audit_event WHERE seq = 3",
        "UPDATE audit_event SET seq = seq - 1 WHERE seq = 4",
        "UPDATE audit_event SET seq = seq - 1 WHERE seq = 5",
        "UPDATE audit_head SET seq = 4",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit_check, "mac_of", alone)
        assert outcome(verify(engine, [OLD])) == (4, None)
    assert outcome(verify(engine, [OLD])) == (0, Fault.CHANGED)


def cut(engine: Engine, seq: int) -> None:
    """The tail taken away and the head set back: the chain alone cannot tell."""
    tamper(
        engine,
        f"DELETE FROM audit_event WHERE seq > {seq}",
        f"UPDATE audit_head SET seq = {seq}, mac = (SELECT mac FROM audit_event WHERE seq = {seq})",
    )


def test_only_an_anchor_notices_a_cut_tail(engine: Engine) -> None:
    empty = line(engine)
    write(engine, 4)
    early = line(engine)
    write(engine, 4)
    late = line(engine)
    anchors = read_anchors([empty, "", early, late], [OLD])
    assert [made.seq for made in anchors] == [0, 4, 8]
    assert outcome(verify(engine, [OLD], anchors)) == (8, None)
    cut(engine, 6)
    assert outcome(verify(engine, [OLD])) == (6, None), "the chain alone"
    assert outcome(verify(engine, [OLD], anchors[:2])) == (6, None), "an anchor older than the cut"
    assert outcome(verify(engine, [OLD], anchors)) == (6, Fault.CUT)
    # Even with the key: what is written after a cut is not what was anchored.
    write(engine, 3)
    assert outcome(verify(engine, [OLD])) == (9, None)
    assert outcome(verify(engine, [OLD], anchors)) == (8, Fault.REWRITTEN)


def test_an_anchor_is_signed(engine: Engine) -> None:
    write(engine, 2)
    good = line(engine)
    assert read_anchors([good], [NEW, OLD]) == [Anchor(b.NOW, 2, verify(engine, [OLD]).mac)]
    for wrong in (
        good.replace('"seq":2', '"seq":1'),
        good[:-1],
        "[]",
        "3",
        '{"signature":null}',
        line(engine, FOREIGN),
    ):
        with pytest.raises(UnknownAnchor, match="line 2"):
            read_anchors(["", wrong], [OLD, NEW])


def test_keys_rotate(engine: Engine) -> None:
    write(engine, 2, OLD)
    write(engine, 2, NEW)
    assert outcome(verify(engine, [NEW, OLD])) == (4, None)
    assert outcome(verify(engine, [NEW])) == (0, Fault.UNKNOWN_KEY)
    assert outcome(verify(engine, [FOREIGN, OLD])) == (2, Fault.UNKNOWN_KEY)


def test_verify_and_anchor_from_the_command_line(engine: Engine, database_url: str, tmp_path: Path) -> None:
    kept = tmp_path / "anchors"
    environment = {
        "ESCALE_DATABASE_URL": database_url,
        # The other keys may then be left out.
        "ESCALE_DEMO": "1",
        "ESCALE_AUDIT_SECRET": NEW.hex(),
        "ESCALE_AUDIT_SECRETS_OLD": OLD.hex(),
    }

    def command(*arguments: str) -> tuple[int, str]:
        with pytest.MonkeyPatch.context() as patch:
            # The tables are the models' own here, without a revision to compare.
            patch.setattr("api.commands.database.is_ready", lambda _: True)
            result = CliRunner().invoke(cli, ["audit", *arguments], env=environment, catch_exceptions=False)
        return result.exit_code, result.output

    write(engine, 3, OLD)
    write(engine, 2, NEW)
    assert command("anchor", "--out", str(kept)) == (0, "")
    assert command("anchor", "--out", str(kept)) == (0, "")
    assert len(kept.read_text().splitlines()) == 2
    assert command("verify", "--anchor", str(kept)) == (0, "5 rows hold, 2 anchors agree.\n")
    printed = command("anchor")[1]
    assert [made.seq for made in read_anchors([printed], [NEW])] == [5]
    cut(engine, 4)
    assert command("verify") == (0, "4 rows hold, 0 anchors agree.\n")
    assert command("verify", "--anchor", str(kept)) == (
        1,
        "Error: the log ends at row 4, and an anchor knows later rows: its tail was cut\n",
    )
    tamper(engine, "UPDATE audit_event SET act = 'a.c' WHERE seq = 2")
    assert command("verify") == (1, "Error: row 2 is not what was written: it was changed or moved\n")
    kept.write_text(kept.read_text().replace('"seq":5', '"seq":4'))
    code, output = command("verify", "--anchor", str(kept))
    assert (code, "line 1" in output) == (1, True)


def reads(caller: Caller, query: str = "") -> list[tuple[str, str]]:
    answer = caller.get(f"/audit{query}")
    assert answer.status_code == 200, answer.json
    return [(row["act"], row["subject_id"]) for row in answer.json["items"]]


def test_each_role_reads_its_part(app: Flask, engine: Engine, enrol: Callable[..., Caller]) -> None:
    del app
    siao, other_siao = enrol(TokenRole.COORDINATOR), enrol(TokenRole.COORDINATOR, departement="93")
    shelter, other_shelter = enrol(TokenRole.SHELTER, departement=None), enrol(TokenRole.SHELTER, departement=None)
    auditor, admin = enrol(TokenRole.AUDITOR, departement=None), enrol(TokenRole.ADMIN, departement=None)
    homes = [b.facility(each.organisation) for each in (shelter, other_shelter) if each.organisation]
    b.save(engine, *homes)
    assert siao.organisation is not None
    with transaction(engine) as session:
        context = Context(session, b.NOW, b"")
        caller = Actor(siao.organisation.id, Role.COORDINATOR, "t" * 32, OrganisationKind.SIAO, "75")
        record(context, caller, REVEAL, ("facility", homes[0].id), {"proposal": "1"})
        record(context, None, "proposal.expire", ("proposal", "2"))
    reveal, expiry = (REVEAL, homes[0].id), ("proposal.expire", "2")
    assert reads(auditor)[-2:] == [expiry, reveal]
    assert reads(siao) == [reveal]
    assert reads(other_siao) == []
    assert reads(shelter) == [reveal]
    assert reads(other_shelter) == []
    row = shelter.get("/audit").json["items"][0]
    assert (row["organisation_id"], row["token_id"], row["details"]) == (siao.organisation.id, None, None)
    assert siao.get("/audit").json["items"][0]["details"] == {"proposal": "1"}
    assert reads(auditor, f"?act={REVEAL}&subject_id={homes[0].id}") == [reveal]
    assert reads(auditor, f"?subject_id={homes[1].id}") == []
    for refused in (admin, enrol(TokenRole.REFERRER), enrol(TokenRole.ANALYST)):
        assert refused.get("/audit").status_code == 403
    for status in (admin, auditor):
        told = status.get("/audit/status").json
        assert (told["ends_at_head"], told["rows"], told["last_at"]) == (True, 2, "2026-11-21T18:00:00+00:00")
        assert told["mac"] == verify(engine, [DEMO_AUDIT_SECRET]).mac
    tamper(engine, "DELETE FROM audit_event WHERE seq = 2")
    assert admin.get("/audit/status").json["ends_at_head"] is False


def test_pages_of_acts_neither_repeat_nor_hide(app: Flask, engine: Engine, enrol: Callable[..., Caller]) -> None:
    del app
    auditor = enrol(TokenRole.AUDITOR, departement=None)
    write(engine, 5, DEMO_AUDIT_SECRET)
    seen: list[int] = []
    cursor = ""
    while cursor is not None:
        page = auditor.get(f"/audit?limit=2{cursor and f'&cursor={cursor}'}").json
        seen += [row["seq"] for row in page["items"]]
        cursor = page["next"]
        # Written meanwhile: on no later page.
        write(engine, 1, DEMO_AUDIT_SECRET)
    assert seen == [5, 4, 3, 2, 1]
    for position in (("x",), ("9" * 19,), ("1", "2")):
        assert auditor.get(f"/audit?cursor={encode(position)}").status_code == 422


def change(caller: Caller, method: str, path: str, body: object = None, of: str | None = None) -> dict[str, Any]:
    """Do something to a row whose version has just been read (``of``: its address, when it is another)."""
    versioned = {"If_Match": caller.get(of or path).headers["ETag"]} if of or method == "PATCH" else {}
    answer = caller.send(method, path, body, **versioned)
    assert answer.status_code in {200, 201}, answer.json
    found: dict[str, Any] = answer.json
    return found


def test_what_shelters_and_admins_change_is_recorded(engine: Engine, shelter: Caller, admin: Caller) -> None:
    home = change(shelter, "POST", "/facilities", {"kind": "chu"})["id"]
    change(shelter, "PATCH", f"/facilities/{home}", {"services": ["pets"], "age_min": 18, "age_max": 90})
    room = change(shelter, "POST", f"/facilities/{home}/places", {"label": "chambre", "beds": 1})["id"]
    path = f"/places/{room}"
    change(shelter, "PATCH", path, {"beds": 2, "label": "grande"})
    change(shelter, "PUT", f"{path}/availability", {"free": [{"from_night": "2026-11-21"}]}, of=path)
    change(shelter, "POST", f"{path}/confirmation", of=path)
    closed = change(shelter, "POST", f"{path}/closures", {"reason": "works", "from_night": "2026-12-01"}, of=path)
    closure = closed["closures"][0]["id"]
    change(shelter, "DELETE", f"{path}/closures/{closure}", of=path)
    other = change(admin, "POST", "/organisations", {"name": "Association", "kind": "operator"})["id"]
    change(admin, "PATCH", f"/organisations/{other}", {"verified": True})
    with transaction(engine) as session:
        context = Context(session, b.NOW, b"")
        made = tokens.create(context, organisation_id=other, role=Role.SHELTER, label="x", days=1)
        tokens.revoke(context, made.id)
        tokens.revoke(context, made.id)
    assert shelter.organisation is not None
    assert admin.organisation is not None
    with reading(engine) as session:
        rows = session.scalars(select(AuditEvent).order_by(AuditEvent.seq)).all()
    assert [(row.act, row.subject_table, row.subject_id, row.details) for row in rows] == [
        ("facility.create", "facility", home, {"kind": "chu"}),
        ("facility.amend", "facility", home, {"fields": "age_max,age_min,services"}),
        ("place.create", "place", room, {"facility": home}),
        ("place.amend", "place", room, {"fields": "beds,label"}),
        ("availability.replace", "place", room, {"intervals": 1}),
        ("availability.confirm", "place", room, {}),
        ("availability.close", "place", room, {"reason": "works"}),
        ("availability.reopen", "place", room, {"closure": closure}),
        ("organisation.create", "organisation", other, {"kind": "operator"}),
        ("organisation.amend", "organisation", other, {"fields": "verified", "verified": True}),
        ("token.create", "api_token", made.id, {"organisation": other, "role": "shelter"}),
        ("token.revoke", "api_token", made.id, {}),
    ]
    who = [(row.organisation_id, row.role, row.token_id is not None) for row in rows]
    assert who[:8] == [(shelter.organisation.id, "shelter", True)] * 8
    assert who[8:10] == [(admin.organisation.id, "admin", True)] * 2
    assert who[10:] == [(None, None, False)] * 2
    assert outcome(verify(engine, [DEMO_AUDIT_SECRET])) == (12, None)


def test_every_field_of_a_facility_can_be_recorded_at_once(engine: Engine) -> None:
    names = ",".join(sorted(field.name for field in fields(FacilityFacts)))
    with transaction(engine) as session:
        record(Context(session, b.NOW, b""), None, "facility.amend", ("facility", "1"), {"fields": names})


def test_what_is_refused_is_not_recorded(engine: Engine, shelter: Caller) -> None:
    assert shelter.post("/facilities", {"kind": "no such kind"}).status_code == 422
    home = change(shelter, "POST", "/facilities", {"kind": "chu"})["id"]
    assert shelter.patch(f"/facilities/{home}", {"services": ["pets"]}, If_Match='"9"').status_code == 412
    with reading(engine) as session:
        assert session.scalars(select(AuditEvent.act)).all() == ["facility.create"]
