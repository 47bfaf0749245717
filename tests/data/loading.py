"""A night loaded the way runs load it."""

from datetime import date
from typing import Any

from sqlalchemy import Engine

from data.models.organisation import Organisation
from data.models.request import Request as RequestRow
from data.session import reading
from data.snapshots import Snapshot, load_snapshot
from matcher.place import Place
from matcher.request import Request
from tests import builders as b


def load(engine: Engine, night: date = b.NIGHT, **given: Any) -> Snapshot:  # noqa: ANN401 - as load_snapshot
    with reading(engine) as session:
        return load_snapshot(session, night=night, now=b.NOW, **given)


def loaded_request(engine: Engine, row: RequestRow, night: date = b.NIGHT) -> Request:
    b.save(engine, row)
    snapshot = load(engine, night)
    assert snapshot.set_aside == ()
    return next(request for request in snapshot.problem.requests if request.id == row.id)


def loaded_place(
    engine: Engine,
    owner: Organisation,
    kind: str = "chu",
    given: dict[str, Any] | None = None,
    **columns: Any,  # noqa: ANN401 - columns of the place
) -> Place:
    home = b.facility(owner, kind, **(given or {}))
    room = b.place(home, **columns)
    b.save(engine, home, room)
    return next(place for place in load(engine).problem.places if place.id == room.id)
