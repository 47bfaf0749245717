"""Transactions: one winner, bounded retries, readers that cannot write, pragmas that are really set."""

import threading
import warnings
from collections.abc import Callable
from itertools import pairwise

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from data import session as database
from data.errors import ConstraintBroken, DatabaseBusy, DatabaseLost, is_transient
from data.models.facility import Facility
from data.models.organisation import Organisation
from data.models.place import FreeInterval, Place
from data.session import reading, retrying, transaction
from tests import builders as b


def test_what_is_raised_inside_rolls_back(engine: Engine) -> None:
    def fail() -> None:
        with transaction(engine) as session:
            session.add(b.organisation())
            session.flush()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with reading(engine) as session:
        assert session.scalars(select(Organisation)).all() == []


def test_a_reader_cannot_write(engine: Engine) -> None:
    with pytest.raises(DBAPIError), reading(engine) as session:
        session.execute(text("DELETE FROM organisation"))
    with transaction(engine) as session:
        session.execute(text("DELETE FROM organisation"))


def test_a_reader_sees_one_state(engine: Engine) -> None:
    first = b.organisation()
    b.save(engine, first)
    with reading(engine) as session:
        assert len(session.scalars(select(Organisation.id)).all()) == 1
        if engine.dialect.name == "postgresql" or database.sqlite_version() >= database.WAL_SINCE:
            b.save(engine, b.organisation())
        assert len(session.scalars(select(Organisation.id)).all()) == 1


def test_sqlite_is_set_as_promised(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("SQLite's own settings")
    with engine.connect() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("foreign_keys", "synchronous", "secure_delete", "recursive_triggers", "busy_timeout")
        }
        journal = connection.execute(text("PRAGMA journal_mode")).scalar()
    assert found == {
        "foreign_keys": 1,
        "synchronous": 2,
        "secure_delete": 1,
        "recursive_triggers": 1,
        "busy_timeout": 10_000,
    }
    assert (journal == "wal") is (database.sqlite_version() >= (3, 51, 3))


def test_an_unknown_parent_is_refused(engine: Engine) -> None:
    ghost = b.operator()
    with pytest.raises(ConstraintBroken):
        b.save(engine, b.facility(ghost))


def test_errors_hide_what_was_sent(engine: Engine) -> None:
    with pytest.raises(DBAPIError) as caught, engine.connect() as connection:
        connection.execute(text("SELECT nothing FROM nowhere WHERE x = :x"), {"x": "a shelter's address"})
    assert "address" not in str(caught.value)


def test_only_what_may_pass_is_transient(engine: Engine) -> None:
    assert is_transient(DatabaseBusy())
    assert not is_transient(ValueError())
    with pytest.raises(DBAPIError) as caught, engine.connect() as connection:
        connection.execute(text("SELECT nothing FROM nowhere"))
    assert not is_transient(caught.value)


def test_a_lock_in_the_way_is_transient(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        holder = engine.connect()
        holder.exec_driver_sql("SELECT 1")  # begins, and so takes SQLite's write lock
        raw = database._sqlite.connect(engine.url.database, timeout=0, isolation_level=None)
        with pytest.raises(database._sqlite.OperationalError) as refused:
            raw.execute("BEGIN IMMEDIATE")
        raw.close()
        holder.close()
        assert is_transient(OperationalError("BEGIN IMMEDIATE", {}, refused.value))
        return
    row = b.organisation()
    b.save(engine, row)
    with engine.connect() as holder, engine.connect() as other:
        holder.execute(select(Organisation.id).with_for_update())
        with pytest.raises(OperationalError) as caught:
            other.execute(select(Organisation.id).with_for_update(nowait=True))
    assert is_transient(caught.value)


@pytest.mark.parametrize(("failures", "attempts", "succeeds"), [(0, 1, True), (2, 3, True), (3, 3, False)])
def test_retries_are_bounded(engine: Engine, failures: int, attempts: int, *, succeeds: bool) -> None:
    calls: list[int] = []
    pauses: list[float] = []

    def work(session: Session) -> str:
        calls.append(1)
        session.add(b.organisation(name=f"try {len(calls)}"))
        session.flush()
        if len(calls) <= failures:
            raise DatabaseBusy
        return "done"

    if succeeds:
        assert retrying(engine, work, attempts=attempts, sleep=pauses.append) == "done"
    else:
        with pytest.raises(DatabaseBusy):
            retrying(engine, work, attempts=attempts, sleep=pauses.append)
    assert len(calls) == min(failures + 1, attempts)
    assert len(pauses) == len(calls) - 1
    assert all(later > earlier * 0.6 for earlier, later in pairwise(pauses))
    with reading(engine) as session:
        names = session.scalars(select(Organisation.name)).all()
    assert names == ([f"try {failures + 1}"] if succeeds else [])


def test_a_refused_row_is_not_tried_again(engine: Engine) -> None:
    calls: list[int] = []

    def work(session: Session) -> None:
        calls.append(1)
        session.add(b.organisation(departement=None))
        session.flush()

    with pytest.raises(ConstraintBroken):
        retrying(engine, work)
    assert calls == [1]


def together(*works: Callable[[], None]) -> list[BaseException]:
    """Run works at once and give back what they raised."""
    barrier, raised = threading.Barrier(len(works)), []

    def start(work: Callable[[], None]) -> None:
        barrier.wait(timeout=10)
        try:
            work()
        except Exception as error:  # noqa: BLE001 - given back to the test
            raised.append(error)

    threads = [threading.Thread(target=start, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    return raised


def room_of(engine: Engine) -> Place:
    owner: Organisation = b.operator()
    home: Facility = b.facility(owner)
    room = b.place(home, free=[])
    b.save(engine, owner, home, room)
    return room


def test_two_overlapping_intervals_at_once_one_wins(engine: Engine) -> None:
    # Rows only: the trigger alone must forbid it, without the version of the place.
    for _ in range(10):
        room = room_of(engine)

        def add(room_id: str = room.id) -> None:
            with transaction(engine) as session:
                values = {"id": b.new_id(), "place_id": room_id, "from_night": b.NIGHT}
                session.execute(FreeInterval.__table__.insert().values(values))

        raised = together(add, add)
        assert [getattr(error, "constraint", error) for error in raised] == ["free_interval_private_overlap"]


def test_every_concurrent_counter_is_counted(engine: Engine) -> None:
    room = room_of(engine)

    def grow(session: Session) -> None:
        found = session.scalars(select(Place).where(Place.id == room.id).with_for_update()).one()
        found.beds += 1

    def five() -> None:
        for _ in range(5):
            retrying(engine, grow)

    assert together(five, five) == []
    with reading(engine) as session:
        row = session.get_one(Place, room.id)
        assert (row.beds, row.version) == (room.beds + 10, 11)


def test_nothing_is_left_open(engine: Engine) -> None:
    opened: list[object] = []
    event.listen(engine, "checkout", lambda *_: opened.append(1))
    event.listen(engine, "checkin", lambda *_: opened.pop())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        b.save(engine, b.organisation())
        with reading(engine) as session:
            session.scalars(select(Organisation)).all()
    assert opened == []


def test_a_broken_connection_is_told_and_nothing_is_tried_again(engine: Engine) -> None:
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite is a file")
    tries = []

    def work(session: Session) -> None:
        tries.append(1)
        session.add(b.organisation())
        session.flush()
        own = session.scalar(text("SELECT pg_backend_pid()"))
        with engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": own})

    with pytest.raises(DatabaseLost):
        retrying(engine, work)
    assert tries == [1]
    with reading(engine) as session:
        assert session.scalars(select(Organisation)).all() == []


def test_a_server_that_is_not_there_is_told() -> None:
    engine = database.make_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    for opened in (transaction, reading):
        with pytest.raises(DatabaseLost), opened(engine) as session:
            session.scalar(text("SELECT 1"))
    engine.dispose()
