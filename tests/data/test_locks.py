"""Locks are taken in one order and read the rows as they are now."""

from sqlalchemy import Engine

from data.models.place import Place
from data.queries.locks import lock
from data.session import transaction
from tests import builders as b


def test_locked_rows_are_read_as_they_are_now(engine: Engine) -> None:
    owner = b.operator()
    home = b.facility(owner)
    rooms = [b.place(home) for _ in range(3)]
    b.save(engine, owner, home, *rooms)
    wanted = [room.id for room in rooms]
    with transaction(engine) as session:
        before = session.get_one(Place, rooms[0].id)
        session.execute(Place.__table__.update().values(beds=7))
        found = lock(session, Place, [*wanted, wanted[0], b.new_id()])
        assert list(found) == sorted(wanted)
        assert found[rooms[0].id] is before
        assert before.beds == 7
