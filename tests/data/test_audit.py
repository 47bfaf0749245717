"""The chain of the audit log: written with the act or not at all, without a gap, kept by the database."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from api.services.audit import record
from api.services.audit_check import verify
from api.services.context import Context
from data.audit import GENESIS, Entry, canonical, key_id, mac_of
from data.base import new_id
from data.errors import ConstraintBroken
from data.models.audit import AuditEvent, AuditHead
from data.models.organisation import Organisation
from data.session import reading, retrying, transaction
from tests import builders as b

SECRET = b"a secret of thirty-two bytes or so"
# Few signs, those of JSON among them: a form that ran its fields together would soon show two that are alike.
TEXT = st.text('a",\\', max_size=2)
ENTRIES = st.builds(
    Entry,
    at=st.sampled_from([b.NOW, b.NOW.astimezone(timezone(timedelta(hours=2))), b.NOW + timedelta(microseconds=1)]),
    organisation_id=st.none() | TEXT,
    role=st.none() | TEXT,
    token_id=st.none() | TEXT,
    act=TEXT,
    subject_table=TEXT,
    subject_id=TEXT,
    details=st.dictionaries(TEXT, st.none() | TEXT | st.integers(0, 1) | st.booleans(), max_size=2),
)


def do(engine: Engine, *acts: str, identifier: str | None = None) -> None:
    """One transaction that does something and records acts."""
    with transaction(engine) as session:
        session.add(b.organisation(id=identifier or new_id()))
        context = Context(session, b.NOW, b"", SECRET)
        for act in acts:
            record(context, None, act, ("organisation", "1"), {"n": 1, "s": "x", "b": True, "z": None})


def numbers(engine: Engine) -> list[int]:
    with reading(engine) as session:
        return list(session.scalars(select(AuditEvent.seq).order_by(AuditEvent.seq)))


def typed(value: object) -> object:
    """A value told from its look-alikes: True == 1 in Python."""
    if isinstance(value, dict):
        return {name: typed(content) for name, content in value.items()}
    return type(value), value


@given(ENTRIES, ENTRIES, st.integers(1, 3), st.integers(1, 3))
def test_two_rows_have_one_form_only_when_they_are_equal(one: Entry, other: Entry, seq: int, next_seq: int) -> None:
    def facts(number: int, entry: Entry) -> list[object]:
        return [number, *(typed(getattr(entry, name)) for name in Entry.__slots__)]

    same = facts(seq, one) == facts(next_seq, other)
    forms = canonical(seq, one, "k", GENESIS), canonical(next_seq, other, "k", GENESIS)
    assert (forms[0] == forms[1]) is same


@given(ENTRIES, st.data())
def test_no_field_is_left_out_of_the_form(entry: Entry, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(Entry.__slots__))
    changed = data.draw(ENTRIES)
    values = {each: getattr(entry, each) for each in Entry.__slots__}
    other = Entry(**{**values, name: getattr(changed, name)})
    different = typed(getattr(entry, name)) != typed(getattr(other, name))
    assert (canonical(1, entry, "k", GENESIS) != canonical(1, other, "k", GENESIS)) is different
    whole = canonical(1, entry, "k", GENESIS)
    assert len({whole, canonical(2, entry, "k", GENESIS), canonical(1, entry, "l", GENESIS)}) == 3
    assert canonical(1, entry, "k", "1" * 64) != whole


def test_the_form_and_the_mac_are_these() -> None:
    """Written down once: a change of form would leave every log in use unreadable."""
    at = datetime(2026, 11, 21, 19, 0, tzinfo=timezone(timedelta(hours=1)))
    entry = Entry(
        at=at,
        organisation_id="o",
        role=None,
        token_id=None,
        act="a.b",
        subject_table="t",
        subject_id="i",
        details={"z": None, "a": "é"},
    )
    form = b'[1,"2026-11-21T18:00:00.000000+00:00","o",null,null,"a.b","t","i",{"a":"\\u00e9","z":null},"k","p"]'
    assert canonical(1, entry, "k", "p") == form
    assert key_id(bytes(32)) == "b3a84d6f7a4acfc5"
    assert mac_of(bytes(32), 1, entry, GENESIS) == "5ec2075c67ccb1d8de25b70e749b2321b812c15a4639191b5547e633aaba3e68"


def test_acts_are_written_in_order_with_the_work(engine: Engine) -> None:
    do(engine, "a.first", "a.second")
    do(engine)
    do(engine, "a.third")
    with reading(engine) as session:
        rows = session.scalars(select(AuditEvent).order_by(AuditEvent.seq)).all()
        head = session.scalars(select(AuditHead)).one()
    assert [(row.seq, row.act) for row in rows] == [(1, "a.first"), (2, "a.second"), (3, "a.third")]
    assert (head.seq, head.mac) == (3, rows[-1].mac)
    assert rows[0].details == {"n": 1, "s": "x", "b": True, "z": None}
    assert {row.key_id for row in rows} == {key_id(SECRET)}
    found = verify(engine, [SECRET])
    assert (found.rows, found.fault) == (3, None)


def test_what_is_rolled_back_leaves_no_row(engine: Engine) -> None:
    do(engine, "a.kept")

    def fail() -> None:
        with transaction(engine) as session:
            record(Context(session, b.NOW, b"", SECRET), None, "a.undone", ("organisation", "1"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with pytest.raises(ConstraintBroken):
        do(engine, "a.refused", identifier="short")
    do(engine, "a.next")
    assert numbers(engine) == [1, 2]
    assert verify(engine, [SECRET]).fault is None


def test_what_a_savepoint_undoes_is_not_recorded(engine: Engine) -> None:
    with transaction(engine) as session:
        noted(session, "a.before")
        with session.begin_nested():
            noted(session, "a.kept")
        with suppress(KeyError), session.begin_nested():
            noted(session, "a.undone")
            with session.begin_nested():
                noted(session, "a.within")
            raise KeyError
        noted(session, "a.after")
    with reading(engine) as session:
        acts = session.scalars(select(AuditEvent.act).order_by(AuditEvent.seq)).all()
    assert acts == ["a.before", "a.kept", "a.after"]


def test_when_the_act_cannot_be_recorded_it_is_not_done(engine: Engine) -> None:
    do(engine, "a.kept")
    with engine.begin() as connection:
        # Whoever takes the head away stops the service, and does not start the chain anew.
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            connection.execute(text("DROP TRIGGER audit_head_stays"))
        connection.execute(text("DELETE FROM audit_head"))
    with pytest.raises(ConstraintBroken) as refused:
        do(engine, "a.more")
    assert refused.value.constraint == "pk_audit_event"
    with reading(engine) as session:
        assert len(session.scalars(select(Organisation.id)).all()) == 1


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("UPDATE audit_event SET act = 'a.other' WHERE seq = 1", "audit_event_append_only"),
        ("DELETE FROM audit_event WHERE seq = 2", "audit_event_append_only"),
        ("DELETE FROM audit_head", "audit_head_stays"),
        ("UPDATE audit_head SET seq = 1", "audit_head_grows"),
        (
            """INSERT INTO audit_event (seq, at, act, subject_table, subject_id, details, key_id, mac)
            SELECT 9, at, act, subject_table, subject_id, details, key_id, mac FROM audit_event WHERE seq = 1""",
            "audit_event_gap",
        ),
        ("INSERT INTO audit_head (id, seq, mac) SELECT 2, seq, mac FROM audit_head", "ck_audit_head_one"),
    ],
)
def test_the_database_refuses_to_forget(engine: Engine, statement: str, refusal: str) -> None:
    do(engine, "a.first", "a.second")
    with pytest.raises(ConstraintBroken) as refused, transaction(engine) as session:
        session.execute(text(statement))
    assert refused.value.constraint == refusal


def test_truncation_is_refused_too(engine: Engine) -> None:
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    do(engine, "a.first")
    with pytest.raises(ConstraintBroken), transaction(engine) as session:
        session.execute(text("TRUNCATE audit_event"))
    assert numbers(engine) == [1]


def noted(session: Session, act: str = "a.b") -> None:
    record(Context(session, b.NOW, b"", SECRET), None, act, ("organisation", "1"))


def test_writers_at_once_leave_one_chain(engine: Engine) -> None:
    """Eight threads; every second act of each is undone: its number must not be missing."""

    class UndoneError(Exception):
        pass

    def undo(session: Session) -> None:
        noted(session)
        raise UndoneError

    def write() -> int:
        for _ in range(15):
            retrying(engine, noted)
            with suppress(UndoneError):
                retrying(engine, undo)
        return 15

    with ThreadPoolExecutor(8) as pool:
        written = sum(future.result() for future in [pool.submit(write) for _ in range(8)])
    assert numbers(engine) == list(range(1, written + 1))
    found = verify(engine, [SECRET])
    assert (found.rows, found.fault) == (written, None)


def test_the_head_is_the_last_lock_taken(engine: Engine) -> None:
    """Two have recorded before either takes another lock: were the head's taken first, one would wait for ever."""
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer, which waits for nobody")
    rows = [b.organisation(), b.organisation()]
    b.save(engine, *rows)
    both = threading.Barrier(2, timeout=20)

    def change(identifier: str) -> None:
        def work(session: Session) -> None:
            noted(session)
            both.wait()
            session.get_one(Organisation, identifier, with_for_update=True).name = "changed"

        retrying(engine, work, attempts=1)

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(change, row.id) for row in rows]:
            future.result()
    assert numbers(engine) == [1, 2]


@pytest.mark.parametrize(
    ("act", "subject", "details"),
    [
        ("accept", ("proposal", "1"), {}),
        ("proposal.accept", ("Proposal", "1"), {}),
        ("proposal.accept", ("proposal", "12 rue des Lilas"), {}),
        ("proposal.accept", ("proposal", "1"), {"why": "elle a peur"}),
        ("proposal.accept", ("proposal", "1"), {"why": "é"}),
        ("proposal.accept", ("proposal", "1"), {"why": "x" * 401}),
    ],
)
def test_words_of_people_are_not_recorded(
    engine: Engine, act: str, subject: tuple[str, str], details: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="codes and identifiers") as refused, transaction(engine) as session:
        record(Context(session, b.NOW, b"", SECRET), None, act, subject, details)
    assert "peur" not in str(refused.value)
    assert "Lilas" not in str(refused.value)
